"""Folders that tests read."""

from __future__ import annotations

from pathlib import Path

__all__ = ["EXCHANGES", "ROOT"]

ROOT = Path(__file__).resolve().parents[2]
"""The root of the repository."""

EXCHANGES = ROOT / "tests" / "recorded" / "exchanges"
"""Real exchanges with the service, a JSON file each; `NOTICE.md` there names their form, sources and licences."""
