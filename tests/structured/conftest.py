"""The emulator for the tests of this folder."""

from __future__ import annotations

from tests.support.emulated import _emulator, emulator

__all__ = ["_emulator", "emulator"]
