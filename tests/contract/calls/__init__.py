"""The table of example calls: one of each wrapped operation, in a module for each room.

Each module has a list `CALLS`. A new module is found by its being here; a new operation is a new row in one of them.
"""

from __future__ import annotations

import importlib
import pkgutil

from ..call import Call

__all__ = ["calls_of", "every_call"]


def every_call() -> list[Call]:
    """Return all rows."""
    return [call for module in pkgutil.iter_modules(__path__) for call in calls_of(module.name)]


def calls_of(room: str) -> list[Call]:
    """Return the rows of a room."""
    calls: list[Call] = importlib.import_module(f"{__name__}.{room}").CALLS
    return calls
