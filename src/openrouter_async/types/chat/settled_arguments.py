"""The meaning of a call's arguments, however often and however encoded they were sent. No I/O here.

Text that is one JSON object stays unchanged. Otherwise it is read as a sequence of JSON values:

| written | read as |
|---|---|
| `{}`, null or an empty JSON text beside an object | the object: they were placeholders |
| equal objects | one of them |
| a beginning, then in one piece the whole that begins so | the whole |
| a JSON text that contains one of these | its content |
| null, or an empty JSON text, alone | no arguments |
| these, and behind them a mark that ends a call, such as `</tool_call>` | without it |
| anything else | the text unchanged, with which nothing can be run |
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Sequence

from pydantic_core import from_json, to_json

__all__ = [
    "PLACEHOLDERS",
    "argument_text",
    "arguments_key",
    "is_begin",
    "is_object",
    "json_values",
    "placeholder",
    "settled_arguments",
]

PLACEHOLDERS = ("{}", "null", '""')
"""What some send before the arguments, or in place of none."""

MAX_ENCODED = 3
"""How often an object may have been encoded as JSON text."""


def argument_text(value: object) -> str:
    """Return arguments as JSON text, whether they came as text, as an object, as null or not at all."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return to_json(value, inf_nan_mode="constants").decode()


def settled_arguments(pieces: Sequence[str], *, encoded: int = 0) -> str:
    """Return the text of the one object that the pieces mean; as they are joined, where they mean none."""
    text = "".join(pieces)
    if not text or text.isspace() or is_object(text):
        return text
    values, rest = json_values(text)
    objects: list[str] = []
    placeholders: list[str] = []
    for written, value in values:
        if isinstance(value, str) and encoded < MAX_ENCODED:
            held = settled_arguments([value], encoded=encoded + 1)
            if not held.strip():
                placeholders.append("")
                continue
            written = held  # what is meant, in place of how it was sent
        elif value is None:
            placeholders.append("")
            continue
        if not is_object(written):
            return text
        (placeholders if arguments_key(written) == "{}" else objects).append(written)
    if rest:
        return rest if values and not objects and is_begin(rest) else _last_whole(pieces) or text
    if objects:
        return (
            objects[0] if len({arguments_key(each) for each in objects}) == 1 else _last_whole(pieces) or text
        )
    return max(placeholders, default=text)


def _last_whole(pieces: Sequence[str]) -> str | None:
    """Return the last piece, if it is the whole text that the earlier pieces start."""
    *before, last = [piece for piece in pieces if not piece.isspace()]
    if not before or not is_object(last):
        return None
    grows = all(later.startswith(earlier) for earlier, later in itertools.pairwise([*before, last]))
    return last if grows or last.startswith("".join(before)) else None


def json_values(text: str) -> tuple[list[tuple[str, object]], str]:
    """Return the JSON values that a text consists of, each as it is written and as it is, and what follows them."""
    values: list[tuple[str, object]] = []
    at = len(text) - len(text.lstrip())
    while at < len(text):
        try:
            value, end = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        if not isinstance(value, dict | str | None):
            break  # no arguments, so it does not matter what comes then
        values.append((text[at:end], value))
        space = _SPACE.match(text, end)
        at = space.end() if space else end
    from .template_marks import behind_call  # few calls have more than an object

    return values, "" if behind_call(text[at:]) else text[at:]


_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"\s*")


def is_begin(text: str) -> bool:
    """Whether arguments can start with this text; a continuation has another first character."""
    return text.lstrip()[:1] in ("{", '"')


def is_object(text: str) -> bool:
    """Whether a text is one JSON object."""
    try:
        return isinstance(from_json(text), dict)
    except ValueError:
        return False


def placeholder(text: str) -> str | None:
    """Return the object that a placeholder stands for; None for what is none."""
    return "{}" if text.strip() in PLACEHOLDERS else None


def arguments_key(text: str) -> str | None:
    """Return the common part of two texts of the same object; None if one is not an object."""
    settled = settled_arguments([text])
    if not is_object(settled):
        return None
    try:
        return json.dumps(json.loads(settled), sort_keys=True)
    except (ValueError, RecursionError):  # numbers of thousands of digits
        return settled
