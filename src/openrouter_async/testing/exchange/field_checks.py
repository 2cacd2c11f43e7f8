"""Checks of single values, and the service's words for an invalid one: path, expected value, actual value."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

from pydantic import JsonValue

from .service_errors import ServiceError, bad_request

__all__ = [
    "Check",
    "boolean",
    "by_type",
    "expecting",
    "invalid",
    "is_number",
    "json_object",
    "kind_of",
    "list_of",
    "nullable",
    "number",
    "one_of",
    "record",
    "text",
    "whole_query",
]

Check: TypeAlias = Callable[[str, JsonValue], object]
"""Is given the path of a value and the value; raises a `ServiceError` where it is wrong."""


def expecting(wanted: str, fits: Callable[[JsonValue], bool]) -> Check:
    """Return a check for values that fit; `wanted` says what these are."""

    def check(path: str, value: JsonValue) -> None:
        if not fits(value):
            raise invalid(path, wanted, value)

    return check


def is_number(value: JsonValue) -> bool:
    """Whether a value is a finite number."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def number(low: float | None = None, high: float | None = None, *, whole: bool = False) -> Check:
    """Return a check for numbers within these bounds."""
    noun = "an integer" if whole else "a number"
    bounds = "" if low is None else f" >= {low:g}" if high is None else f" between {low:g} and {high:g}"
    return expecting(
        noun + bounds,
        lambda value: (
            isinstance(value, int | float)
            and is_number(value)
            and (not whole or value == math.floor(value))
            and (low is None or value >= low)
            and (high is None or value <= high)
        ),
    )


def text(longest: int | None = None, *, least: int = 0) -> Check:
    """Return a check for text of at least and at most so many characters."""
    bounds = f" of at most {longest} characters" if longest else " that is not empty" if least else ""
    return expecting(
        "a string" + bounds,
        lambda value: isinstance(value, str) and least <= len(value) <= (longest or len(value)),
    )


def one_of(*words: str) -> Check:
    """Return a check for one of these words."""
    wanted = "one of " + ", ".join(map(repr, words))
    return expecting(wanted, lambda value: isinstance(value, str) and value in words)


boolean = expecting("a boolean", lambda value: isinstance(value, bool))


def nullable(check: Check) -> Check:
    """Return a check that null passes as well."""
    return lambda path, value: None if value is None else check(path, value)


def json_object(path: str, value: JsonValue) -> dict[str, JsonValue]:
    """Return a value that is an object."""
    if not isinstance(value, dict):
        raise invalid(path, "an object", value)
    return value


def list_of(item: Check, *, least: int = 0, most: int | None = None) -> Check:
    """Return a check for an array whose items pass `item`."""

    def check(path: str, value: JsonValue) -> None:
        if not isinstance(value, list) or len(value) < least or (most is not None and len(value) > most):
            bounds = f" of at most {most} items" if most else " that is not empty" if least else ""
            raise invalid(path, f"an array{bounds}", value)
        for place, inner in enumerate(value):
            item(f"{path}.{place}", inner)

    return check


def record(needed: Mapping[str, Check] | None = None, /, **others: Check) -> Check:
    """Return a check for an object with these fields; others than the needed ones may be null or missing."""

    def check(path: str, value: JsonValue) -> None:
        held = json_object(path, value)
        for name, field in {**(needed or {}), **others}.items():
            if held.get(name) is not None or name in (needed or {}):
                field(f"{path}.{name}" if path else name, held.get(name))

    return check


def by_type(shapes: Mapping[str, Check], *, is_open: bool = False) -> Check:
    """Return a check for an object whose `type` decides its fields; other types pass only if it is open."""
    kind = text() if is_open else one_of(*shapes)

    def check(path: str, value: JsonValue) -> None:
        named = json_object(path, value).get("type")
        kind(f"{path}.type", named)
        if shape := shapes.get(str(named)):
            shape(path, value)

    return check


def invalid(path: str, expected: str, value: JsonValue) -> ServiceError:
    """Return the 400 for a value that is wrong."""
    return bad_request(f"{path}: Invalid input: expected {expected}, received {kind_of(value)}")


def kind_of(value: JsonValue) -> str:
    """Return what a value is, without showing what is in it; numbers and short words are shown."""
    if isinstance(value, bool) or value is None:
        return "null" if value is None else str(value).lower()
    if isinstance(value, int | float):
        return f"number {value:g}" if abs(value) < 1e300 else "a huge number"
    if isinstance(value, str):
        return repr(value) if len(value) <= 32 else f"a string of {len(value)} characters"
    return "array" if isinstance(value, list) else "object"


def whole_query(
    query: Mapping[str, str], name: str, default: int, *, least: int, most: int | None = None
) -> int:
    """Return a whole number of the query.

    Raises:
        ServiceError: 400; it is not a whole number, or out of bounds.
    """
    text = query.get(name)
    if text is None:
        return default
    value = int(text) if re.fullmatch(r"-?[0-9]{1,12}", text) else None
    if value is None or value < least or (most is not None and value > most):
        bounds = f"an integer >= {least}" if most is None else f"an integer between {least} and {most}"
        raise bad_request(f"{name}: Invalid input: expected {bounds}, received {text[:32]!r}")
    return value
