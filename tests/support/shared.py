"""Where recordings of real exchanges lie: outside the repository, so tests that need them skip without them.

The environment variable `OPENROUTER_ASYNC_SHARED` names the folder; else it is `shared` beside the
repository.
"""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["ROOT", "SHARED"]

ROOT = Path(__file__).resolve().parents[2]
"""The root of the repository."""


def _find() -> Path | None:
    named = os.environ.get("OPENROUTER_ASYNC_SHARED")
    if named:
        folder = Path(named)
        if not folder.is_dir():
            raise FileNotFoundError(f"OPENROUTER_ASYNC_SHARED is {named!r}; expected a folder")
        return folder
    beside = ROOT.parent / "shared"
    return beside if (beside / "recorded").is_dir() else None


SHARED: Path | None = _find()
"""The folder that holds `recorded/`, or None."""
