"""The table of example calls: one of each wrapped operation, in a module for each room.

Each module has a list `CALLS`. A new module is found by its being here; a new operation is a new row in one of them.
"""

from __future__ import annotations

import importlib
import pkgutil

from ..call import Call

__all__ = ["CALLS"]

CALLS: list[Call] = [
    call
    for module in pkgutil.iter_modules(__path__)
    for call in importlib.import_module(f"{__name__}.{module.name}").CALLS
]
"""All rows."""
