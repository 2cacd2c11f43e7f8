"""JSON text to JSON values, where nothing is changed without a word: no key lost, no number made infinite."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from math import isinf
from typing import TYPE_CHECKING

from pydantic_core import from_json

from .violations import SchemaViolation, Violation

if TYPE_CHECKING:
    from pydantic import JsonValue

    from .violations import Path

__all__ = ["KEPT_DIGITS", "DuplicateKeyError", "PreciseFloat", "are_equal", "decoded", "parsed"]

KEPT_DIGITS = 15
"""Significant digits that a float keeps, whatever they are."""

_MANTISSA = re.compile(r"[1-9][\d.]*")


class DuplicateKeyError(SchemaViolation):
    """An object has a key twice, with different values, of which parsers take one or the other (RFC 8259, 4)."""

    def __init__(self, violation: Violation, value: JsonValue) -> None:
        super().__init__([violation])
        self.value: JsonValue = value
        """The whole with the last of both, as parsers take it."""


class PreciseFloat(float):
    """A number with more digits than a float keeps, and the text that has them all."""

    __slots__ = ("text",)

    text: str

    def __new__(cls, text: str) -> PreciseFloat:
        made = super().__new__(cls, text)
        made.text = text
        return made

    def __getnewargs__(self) -> tuple[str]:  # type: ignore[override]  # that of float is a number
        return (self.text,)


def parsed(text: str) -> JsonValue:
    """Return the value that a text is.

    Raises:
        DuplicateKeyError: see there.
        ValueError: it is not JSON, nested too deeply, or has a number beyond all.
    """
    # It knows the depth it can bear, and refuses halves of surrogate pairs, as does the encoding.
    from_json(text.encode(), allow_inf_nan=False)
    return decoded(text)


def decoded(text: str) -> JsonValue:
    """Return the value that a text is which another parser has found to be JSON; raises as `parsed`."""
    try:
        # Nothing but blanks can be around it, and a decoder that is made once reads in a third of the time.
        value: JsonValue = _DECODER.raw_decode(text.lstrip())[0]
    except _KeyTwiceError:
        value = _without_duplicates(text)
    return value


def _without_duplicates(text: str) -> JsonValue:
    """Return the value of a text in which a key appears twice, where both have the same value."""
    twice: list[tuple[dict[str, JsonValue], str]] = []

    def joined(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
        holder = dict(pairs)
        if len(holder) < len(pairs):
            keys = (key for key, item in pairs if not are_equal(item, holder[key]))
            twice.extend((holder, key) for key in keys)
        return holder

    value: JsonValue = json.loads(text, object_pairs_hook=joined, parse_float=_number)
    if twice:
        places = {id(part): path for path, part in _objects(value)}
        path, key = min((places.get(id(holder), ()), key) for holder, key in twice)
        raise DuplicateKeyError(
            Violation(path, f"the key {key[:80]!r} appears twice, with different values"), value
        )
    return value


def _objects(value: JsonValue) -> Iterator[tuple[Path, JsonValue]]:
    """Give each object in a value, with its place."""
    waiting: list[tuple[Path, JsonValue]] = [((), value)]
    while waiting:
        path, item = waiting.pop()
        if isinstance(item, dict):
            yield path, item
            waiting += [((*path, key), inside) for key, inside in item.items()]
        elif isinstance(item, list):
            waiting += [((*path, index), inside) for index, inside in enumerate(item)]


def _number(text: str) -> float:
    number = float(text)
    if isinf(number):
        raise ValueError(f"the number {text[:40]} is beyond what can be read")
    if len(text) > KEPT_DIGITS:
        mantissa = _MANTISSA.search(re.split("[eE]", text)[0])
        if mantissa is not None and len(mantissa[0].replace(".", "")) > KEPT_DIGITS:
            return PreciseFloat(text)
    return number


class _KeyTwiceError(ValueError):
    """An object has a key twice."""


def _unique(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    holder = dict(pairs)
    if len(holder) < len(pairs):
        raise _KeyTwiceError
    return holder


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_float=_number)


def are_equal(a: JsonValue, b: JsonValue) -> bool:
    """Whether two values are the same JSON (JSON Schema 2020-12, core, 4.2.2); true is not 1, and all digits count."""
    waiting: list[tuple[JsonValue, JsonValue]] = [(a, b)]
    while waiting:
        match waiting.pop():
            case dict() as left, dict() as right:
                if left.keys() != right.keys():
                    return False
                waiting += [(item, right[key]) for key, item in left.items()]
            case list() as left, list() as right:
                if len(left) != len(right):
                    return False
                waiting += zip(left, right, strict=True)
            case left, right:
                if type(left) is not type(right) or left != right:
                    return False
                if getattr(left, "text", None) != getattr(right, "text", None):
                    return False
    return True
