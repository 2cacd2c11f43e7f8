"""`Violation`: one thing that is wrong with a value, and where, whoever has found it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = [
    "MAX_VIOLATIONS",
    "Path",
    "SchemaViolation",
    "Violation",
    "part_at",
    "path_text",
    "too_much_work",
    "with_parts",
]

Path: TypeAlias = tuple[str | int, ...]
"""Keys and indexes from the root of a value."""

MAX_VIOLATIONS = 100
"""The most violations reported for one value; the rest follows from them, or comes next."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong with a value."""

    path: Path
    problem: str
    """The expected value, in words."""
    is_of_type: bool = False
    """A value of another JSON type was expected, whatever it is."""

    def __str__(self) -> str:
        return f"{path_text(self.path)}: {self.problem}"


class SchemaViolation(ValueError):
    """A value is not of the wanted type."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__("; ".join(map(str, violations[:3])))
        self.violations: tuple[Violation, ...] = tuple(violations[:MAX_VIOLATIONS])


def too_much_work() -> Violation:
    """Return the violation of a value that would keep a validator busy for too long."""
    problem = "does not fit, or is nested too deeply in unions that hold themselves to find out; expected fewer levels"
    return Violation((), problem)


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


def part_at(value: JsonValue, path: Path) -> JsonValue:
    """Return the value at a path, None if it does not exist; names of arms of unions lead nowhere."""
    for step in path:
        match value, step:
            case dict() as holder, str() as key if key in holder:
                value = holder[key]
            case list() as items, int() as index if 0 <= index < len(items):
                value = items[index]
            case _:
                return None
    return value


def with_parts(value: JsonValue, parts: Iterable[tuple[Path, JsonValue]]) -> JsonValue:
    """Return a copy with other values at some paths, if those exist."""
    copy = deepcopy(value)
    for path, part in parts:
        if not path:
            return part
        match part_at(copy, path[:-1]), path[-1]:
            case dict() as holder, str() as key:
                holder[key] = part
            case list() as items, int() as index:
                items[index] = part
    return copy
