"""`Violation`: one thing that is wrong with a value, and where, whoever has found it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

__all__ = ["DoesNotFit", "Path", "Violation", "outline", "path_text"]

Path: TypeAlias = tuple[str | int, ...]
"""Keys and indexes from the root of a value."""

MAX_SHOWN = 40
"""Characters of a value that is shown."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong with a value."""

    path: Path
    problem: str
    """What was expected, in words."""

    def __str__(self) -> str:
        return f"{path_text(self.path)}: {self.problem}"


class DoesNotFit(ValueError):
    """A value is not of the wanted type."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__("; ".join(map(str, violations[:3])))
        self.violations: tuple[Violation, ...] = tuple(violations)


def path_text(path: Path) -> str:
    """Return a path as it is written in code: `items[0].price`; the root is `value`.

    >>> path_text(("items", 0, "price"))
    'items[0].price'
    """
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif step.isidentifier():
            text += f".{step}"
        else:
            text += f"[{step!r}]"
    return text.removeprefix(".") or "value"


def outline(value: object) -> str:
    """Return what a value is in a few words; scalars are shown if they are short."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int() if value.bit_length() > 128:
            return "a very long number"
        case int() | float():
            return repr(value)
        case str():
            return repr(value) if len(value) <= MAX_SHOWN else f"text of {len(value):,} characters"
        case list() | tuple():
            return f"an array of {len(value)}"
        case dict():
            return f"an object of {len(value)} keys"
        case _:
            return f"a {type(value).__name__}"
