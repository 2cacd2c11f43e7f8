"""The arguments of a call, between the text that a model wrote and the check against the tool's schema.

Two things are told apart here that look alike. No arguments at all are not `{}`: some got lost on the way, and the
tool's defaults are not what the model asked for. And a text that is the JSON of an object or a list is read as that
where the schema refuses a text, and stays a text where the schema takes one.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence

from pydantic import JsonValue
from pydantic_core import from_json

__all__ = ["MAX_LEVELS", "InvalidArguments", "object_text", "unwrapped"]

MAX_NAMED = 8
"""Parameters that are named to the model."""

MAX_LEVELS = 3
"""How many levels of texts within each other are read."""


class InvalidArguments(Exception):
    """The arguments of a call do not fit; the text says to the model what is wrong."""


def object_text(text: str, parameters: Mapping[str, object]) -> str:
    """Return the arguments of a call; `{}` for none at all, where the tool has no `parameters`.

    Raises:
        InvalidArguments: there are none, and the tool has some, be they all optional.
    """
    if text.strip() not in ("", "null"):
        return text
    if not parameters:
        return "{}"
    names = ", ".join(repr(name) for name in [*parameters][:MAX_NAMED])
    raise InvalidArguments(
        f"no arguments arrived; call again and write them, at least one of {names}, even if it is the default"
    )


def unwrapped(
    value: dict[str, JsonValue], problems: Iterable[Sequence[int | str]]
) -> dict[str, JsonValue] | None:
    """Return a copy of the arguments in which the texts that do not fit are what their JSON says.

    A problem is the path of a value that does not fit, and may go on beyond it. Only the JSON of an object, a list or
    null is read; None where there is no such text.
    """
    result = copy.deepcopy(value)
    found = False
    for path in problems:
        parent: JsonValue = None
        at: JsonValue = result
        key: int | str = ""
        for step in path:
            is_there = step in at if isinstance(at, dict) else isinstance(at, list) and step in range(len(at))
            if not is_there:
                break
            parent, key, at = at, step, at[step]  # type: ignore[index]  # it is there
        if not isinstance(at, str) or parent is None:
            continue
        try:
            read = from_json(at)
        except ValueError:
            continue
        if read is None or isinstance(read, dict | list):
            parent[key] = read  # type: ignore[index]  # where it was found
            found = True
    return result if found else None
