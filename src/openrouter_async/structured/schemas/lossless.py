"""Compares an output with the JSON value it came from: Python types may contain less than the value, or more.

pydantic drops keys that a model does not know, accepts `true` for the literal 1, a huge number as infinity, and a
string of digits as a date. This module detects that by walking both in parallel as far as the output allows.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Set
from dataclasses import dataclass, field, is_dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from types import NoneType
from typing import TYPE_CHECKING

from pydantic import BaseModel, RootModel

from .json_text import PreciseFloat, are_equal
from .strictness import Own
from .violations import Path, Violation

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["Losses", "find_losses", "is_lossless_copy"]

_KEPT = frozenset({str, int, bool, NoneType})
"""Types of JSON whose values pydantic keeps as they are where it makes the same type of them."""

_NUMBER = re.compile(r"[+-]?[\d_.]+(?:[eE][+-]?\d+)?")


@dataclass(slots=True)
class Losses:
    """The result."""

    violations: list[Violation] = field(default_factory=list)
    rounded: list[tuple[Path, str]] = field(default_factory=list)
    """Decimals that have lost digits, with the text that has them all."""


def is_lossless_copy(value: JsonValue, output: object) -> bool:
    """Whether an output contains each part of its value under the same key, with the same type; then nothing differs.

    False is inconclusive: `find_losses` then examines the details. Most values end here, in a third of the time.
    """
    if type(value) is dict:
        if (known := getattr(output, "__pydantic_fields_set__", None)) is not None:
            if not value.keys() <= known:
                return False
            output = vars(output)
        if not isinstance(output, dict) or not value.keys() <= output.keys():
            return False
        for key, item in value.items():
            copy = output[key]
            kind = type(copy)
            # Most parts are texts and numbers, for which a call is dear.
            if not (kind is type(item) and kind in _KEPT) and not is_lossless_copy(item, copy):
                return False
        return True
    if type(value) is list:
        if not isinstance(output, list) or len(value) != len(output):
            return False
        for item, copy in zip(value, output, strict=True):
            kind = type(copy)
            if not (kind is type(item) and kind in _KEPT) and not is_lossless_copy(item, copy):
                return False
        return True
    kind = type(output)
    return kind is type(value) and (kind in _KEPT or (kind is float and value == output))


def find_losses(value: JsonValue, output: object, own: Own = frozenset()) -> Losses:
    """Return where an output is not what its value says; fields that are the caller's `own` matter are passed over."""
    found = Losses()
    waiting: list[tuple[Path, JsonValue, object]] = [((), value, output)]
    while waiting:
        path, value, output = waiting.pop()
        while isinstance(output, RootModel):
            output = output.root
        if isinstance(value, dict):
            problem = _lost_keys(value, output, is_root=not path)
        elif isinstance(value, list):
            problem = _lost_in_set(value, output) if isinstance(output, set | frozenset) else ""
        else:
            problem = _scalar(value, output)
            if isinstance(value, PreciseFloat) and isinstance(output, Decimal):
                found.rounded.append((path, value.text))
        if problem:
            found.violations.append(Violation(path, problem))
            continue
        waiting += [
            ((*path, step), item, made)
            for step, item, made in _parts(value, output, own)
            if type(item) is not type(made) or type(made) not in _KEPT  # else nothing can differ
        ]
    return found


def _scalar(value: JsonValue, output: object) -> str:
    made = output.value if isinstance(output, Enum) else output
    if isinstance(value, bool) and isinstance(made, int | float) and not isinstance(made, bool):
        return f"expected a number, got {str(value).lower()}"
    if isinstance(value, int | float) and not isinstance(value, bool) and isinstance(made, bool):
        return f"expected true or false, got {value!r}"
    if isinstance(made, float) and math.isinf(made):
        return "is a number beyond all that can be kept"
    is_number = isinstance(value, int | float) or (isinstance(value, str) and _NUMBER.fullmatch(value))
    if is_number and isinstance(output, date | time | timedelta):
        return f"expected a date or time as ISO 8601 writes it, got {value!r}"
    return ""


@lru_cache(maxsize=256)
def _names(model: type[BaseModel]) -> dict[str, str]:
    """Return the field that each key stands for."""
    names: dict[str, str] = {}
    for name, info in model.model_fields.items():
        names[name] = name
        for alias in (info.alias, info.validation_alias):
            if isinstance(alias, str):
                names[alias] = name
    return names


def _lost_keys(value: dict[str, JsonValue], output: object, *, is_root: bool) -> str:
    if isinstance(output, BaseModel):
        names = _names(type(output))
        if not is_root and value and names and not output.model_fields_set:
            return "has none of the keys that are known there"
        seen: dict[str, JsonValue] = {}
        for key, item in value.items():
            if key not in names or (first := seen.setdefault(names[key], item)) is item:
                continue
            if not are_equal(first, item):
                return f"{names[key]!r} appears twice, by its name and by its alias"
    elif isinstance(output, dict):
        if value and not output:
            return "has none of the keys that are known there"
        if len(output) < len(value) and not all(isinstance(key, str) for key in output):
            return "two of its keys mean the same"
    return ""


def _lost_in_set(items: list[JsonValue], output: set[object] | frozenset[object]) -> str:
    """Return what is wrong with a set, whose members cannot be told from which item they are."""
    if any(isinstance(item, PreciseFloat) for item in items) and any(
        isinstance(made, Decimal) for made in output
    ):
        return "has numbers of more than 15 digits; expected them as texts"
    truths = [item for item in items if isinstance(item, bool)]
    item = truths[0] if truths and not any(isinstance(made, bool) for made in output) else None
    return next(filter(None, (_scalar(item, made) for made in output)), "")


def _parts(value: JsonValue, output: object, own: Own) -> Iterable[tuple[str | int, JsonValue, object]]:
    """Return a part of a value, and the part of the output that came from it."""
    if isinstance(value, dict):
        if isinstance(output, BaseModel):
            names = _names(type(output))
            return [
                (key, item, getattr(output, names[key], None))
                for key, item in value.items()
                if key in names and (type(output), names[key]) not in own
            ]
        if isinstance(output, dict):
            if any(key in output for key in value):
                return [(key, item, output[key]) for key, item in value.items() if key in output]
            if len(output) == len(value):  # their keys became something else
                return zip(value, value.values(), output.values(), strict=True)
        elif is_dataclass(output):
            return [
                (key, item, getattr(output, key, None))
                for key, item in value.items()
                if (type(output), key) not in own
            ]
    elif (
        isinstance(value, list)
        and isinstance(output, Collection)
        and not isinstance(output, Set | str | bytes)
        and len(output) == len(value)
    ):
        return zip(range(len(value)), value, output, strict=False)
    return ()
