"""Checks of single values, and how the service says what is wrong with one: path, what was expected, what came."""

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
    "either",
    "invalid",
    "is_number",
    "json_object",
    "kind_of",
    "list_of",
    "number",
    "one_of",
    "text",
    "whole_query",
]

Check: TypeAlias = Callable[[JsonValue], str | None]
"""Returns what was expected where a value is wrong, else None."""


def is_number(value: JsonValue) -> bool:
    """Whether a value is a finite number."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def number(low: float | None = None, high: float | None = None, *, whole: bool = False) -> Check:
    """Return a check for numbers within these bounds."""
    noun = "an integer" if whole else "a number"
    bounds = "" if low is None else f" >= {low:g}" if high is None else f" between {low:g} and {high:g}"

    def check(value: JsonValue) -> str | None:
        fits = (
            isinstance(value, int | float)
            and is_number(value)
            and (not whole or value == math.floor(value))
            and (low is None or value >= low)
            and (high is None or value <= high)
        )
        return None if fits else noun + bounds

    return check


def text(longest: int | None = None) -> Check:
    """Return a check for text of at most so many characters."""

    def check(value: JsonValue) -> str | None:
        if not isinstance(value, str):
            return "a string"
        return f"at most {longest} characters" if longest is not None and len(value) > longest else None

    return check


def boolean(value: JsonValue) -> str | None:
    """Expect true or false."""
    return None if isinstance(value, bool) else "a boolean"


def json_object(value: JsonValue) -> str | None:
    """Expect an object."""
    return None if isinstance(value, dict) else "an object"


def one_of(*words: str) -> Check:
    """Return a check for one of these words."""

    def check(value: JsonValue) -> str | None:
        return None if isinstance(value, str) and value in words else "one of " + ", ".join(map(repr, words))

    return check


def list_of(item: Check, *, longest: int | None = None) -> Check:
    """Return a check for an array whose items pass `item`."""

    def check(value: JsonValue) -> str | None:
        if not isinstance(value, list):
            return "an array"
        if longest is not None and len(value) > longest:
            return f"an array of at most {longest} items"
        return next((f"an array of {wrong}" for inner in value if (wrong := item(inner))), None)

    return check


def either(*checks: Check) -> Check:
    """Return a check that one of these must pass."""

    def check(value: JsonValue) -> str | None:
        wrong = [found for one in checks if (found := one(value))]
        return None if len(wrong) < len(checks) else " or ".join(wrong)

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
