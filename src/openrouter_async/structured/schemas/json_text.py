"""JSON text to JSON values, where nothing is changed without a word: no key lost, no number made infinite."""

from __future__ import annotations

import json
import re
from math import isinf
from typing import TYPE_CHECKING

from pydantic_core import from_json

from .violations import Violation

if TYPE_CHECKING:
    from pydantic import JsonValue

    from .violations import Path

__all__ = ["KEPT_DIGITS", "KeyTwice", "Written", "are_equal", "decoded", "parsed"]

KEPT_DIGITS = 15
"""Significant digits that a float keeps, whatever they are."""

_MANTISSA = re.compile(r"[1-9][\d.]*")


class KeyTwice(ValueError):
    """An object has a key twice, with different values."""

    def __init__(self, violation: Violation, value: JsonValue) -> None:
        super().__init__(str(violation))
        self.violation = violation
        """What it is, and the path of the object."""
        self.value: JsonValue = value
        """The whole with the last of both, as parsers take it."""


class Written(float):
    """A number with more digits than a float keeps, and the text that has them all."""

    __slots__ = ("text",)

    text: str

    def __new__(cls, text: str) -> Written:
        made = super().__new__(cls, text)
        made.text = text
        return made

    def __getnewargs__(self) -> tuple[str]:  # type: ignore[override]  # that of float is a number
        return (self.text,)


def parsed(text: str) -> JsonValue:
    """Return the value that a text is.

    Raises:
        KeyTwice: see there.
        ValueError: it is no JSON, nested too deeply, or has a number beyond all.
    """
    # It knows the depth it can bear, and refuses halves of surrogate pairs, as does the encoding.
    from_json(text.encode(), allow_inf_nan=False)
    return decoded(text)


def decoded(text: str) -> JsonValue:
    """Return the value that a text is which another parser has found to be JSON; raises as `parsed`."""
    try:
        value: JsonValue = _DECODER.raw_decode(text.lstrip())[0]
    except _Twice as twice:
        key = str(twice)
    else:
        return value
    value = json.loads(text, parse_float=_number, object_pairs_hook=_marked)
    raise KeyTwice(_first_twice(value) or _twice((), key), value)


class _Twice(ValueError):
    """An object has a key twice, with different values."""


class _Doubled(dict[str, "JsonValue"]):
    """An object that has a key twice, with the last of its values."""

    key = ""


def _joined(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    holder = dict(pairs)
    for key, item in pairs if len(holder) < len(pairs) else ():
        if not are_equal(item, holder[key]):
            raise _Twice(key)
    return holder


def _marked(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    try:
        return _joined(pairs)
    except _Twice as twice:
        holder = _Doubled(pairs)
        holder.key = str(twice)
        return holder


def _twice(path: Path, key: str) -> Violation:
    return Violation(path, f"the key {key[:80]!r} stands twice, with different values")


def _first_twice(value: JsonValue) -> Violation | None:
    """Return the first such key with its place; None where it stands in what stands twice itself."""
    waiting: list[tuple[Path, JsonValue]] = [((), value)]
    while waiting:
        path, item = waiting.pop()
        match item:
            case _Doubled():
                return _twice(path, item.key)
            case dict():
                waiting += [((*path, key), inside) for key, inside in reversed(item.items())]
            case list():
                waiting += [((*path, index), item[index]) for index in reversed(range(len(item)))]
    return None


def _number(text: str) -> float:
    number = float(text)
    if isinf(number):
        raise ValueError(f"the number {text[:40]} is beyond what can be read")
    if len(text) > KEPT_DIGITS:
        mantissa = _MANTISSA.search(re.split("[eE]", text)[0])
        if mantissa is not None and len(mantissa[0].replace(".", "")) > KEPT_DIGITS:
            return Written(text)
    return number


_DECODER = json.JSONDecoder(object_pairs_hook=_joined, parse_float=_number)
"""Made once: `json.loads` makes one for every text."""


def are_equal(a: JsonValue, b: JsonValue) -> bool:
    """Whether two values are the same JSON, where true is not 1, and all digits of a number count."""
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
                written = (getattr(left, "text", None), getattr(right, "text", None))
                is_same = type(left) is type(right) and left == right and written[0] == written[1]
                if not is_same:
                    return False
    return True
