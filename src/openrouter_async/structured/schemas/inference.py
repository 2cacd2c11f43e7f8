"""From examples to a schema: what all of them have in common, and no more than they show.

Required is what every object has, nullable what is null somewhere. Texts become an enum where several examples draw on
few of them, and get a format where every one is plainly of it. Objects are closed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["infer"]

MAX_CHOICES = 8
"""The most strings that become an enum."""

LEAST_REPEATS = 3
"""How often each string must occur on average to become an enum."""

MAX_CHOICE_LENGTH = 32
"""Characters of a text that may be one of an enum."""


def infer(examples: Sequence[JsonValue]) -> dict[str, JsonValue]:
    """Return a schema that all examples fit; there is at least one."""
    arms: list[dict[str, JsonValue]] = []
    if any(isinstance(example, bool) for example in examples):
        arms.append({"type": "boolean"})
    numbers = [
        example for example in examples if isinstance(example, int | float) and not isinstance(example, bool)
    ]
    if numbers:
        whole = all(isinstance(number, int) for number in numbers)
        arms.append({"type": "integer" if whole else "number"})
    if texts := [example for example in examples if isinstance(example, str)]:
        arms.append(_text(texts))
    if arrays := [example for example in examples if isinstance(example, list)]:
        arms.append(_array(arrays))
    if objects := [example for example in examples if isinstance(example, dict)]:
        arms.append(_object(objects))
    if any(example is None for example in examples):
        arms.append({"type": "null"})
    return arms[0] if len(arms) == 1 else {"anyOf": list(arms)}


def _object(objects: Sequence[dict[str, JsonValue]]) -> dict[str, JsonValue]:
    names = dict.fromkeys(name for each in objects for name in each)
    return {
        "type": "object",
        "properties": {name: infer([each[name] for each in objects if name in each]) for name in names},
        "required": [name for name in names if all(name in each for each in objects)],
        "additionalProperties": False,
    }


def _array(arrays: Sequence[list[JsonValue]]) -> dict[str, JsonValue]:
    items = [item for each in arrays for item in each]
    return {"type": "array", "items": infer(items)} if items else {"type": "array"}


def _text(texts: Sequence[str]) -> dict[str, JsonValue]:
    for name in _FORMATS:
        if all(_is_of_format(name, text) for text in texts):
            return {"type": "string", "format": name}
    choices = sorted(set(texts))
    is_enum = (
        len(choices) <= MAX_CHOICES
        and len(texts) >= LEAST_REPEATS * len(choices)
        and len(choices) > 1
        and all(0 < len(choice) <= MAX_CHOICE_LENGTH and "\n" not in choice for choice in choices)
    )
    return {"type": "string", "enum": list(choices)} if is_enum else {"type": "string"}


def _is_of_format(name: str, text: str) -> bool:
    pattern, read = _FORMATS[name]
    if re.fullmatch(pattern, text, re.ASCII) is None:
        return False
    try:
        read(text.upper())
    except ValueError:
        return False
    return True


_FORMATS: dict[str, tuple[str, Callable[[str], object]]] = {
    "date-time": (r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", datetime.fromisoformat),
    "date": (r"\d{4}-\d\d-\d\d", date.fromisoformat),
    "uuid": (r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", str),
    "email": (r"[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}", str),
    "uri": (r"https?://[A-Za-z0-9.-]+(:\d+)?(/[\w./?#=&%+~:-]*)?", str),
}
"""How texts of each are written, and what else reads them."""
