"""Arguments that were not given ask for nothing: no confirmation, no wait, no item passed over."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

import pytest

from openrouter_async import resources


def defaults() -> Iterator[tuple[str, object]]:
    for module in pkgutil.walk_packages(resources.__path__, resources.__name__ + "."):
        for kind in vars(importlib.import_module(module.name)).values():
            if not isinstance(kind, type) or kind.__module__ != module.name:
                continue
            for name, method in inspect.getmembers(kind, inspect.isfunction):
                for parameter in inspect.signature(method).parameters.values():
                    if isinstance(parameter.default, bool | int) and not name.startswith("_"):
                        yield f"{kind.__name__}.{name}({parameter.name})", parameter.default


@pytest.mark.parametrize(("where", "default"), list(defaults()))
def test_flags_are_off_and_lists_begin_at_their_beginning(where: str, default: object) -> None:
    assert default in (False, 0), where
