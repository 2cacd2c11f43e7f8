"""The tools that these tests need: whoever has one runs its tests, and `nox -s tools` has each."""

from __future__ import annotations

import importlib
import os
from types import ModuleType
from typing import cast

import pytest

__all__ = ["tool"]

NEEDED = "OPENROUTER_ASYNC_NEEDS_TOOL"
"""Names the modules that must be there, where the absence of a package is a failure; set by the session of nox."""


def tool(module: str) -> ModuleType:
    """Return a module of a tool; where it is not installed, its tests are skipped, or fail if it is needed."""
    if module.partition(".")[0] in os.environ.get(NEEDED, "").split(","):
        return importlib.import_module(module)
    return cast(ModuleType, pytest.importorskip(module))
