"""The arguments of a call, between the text that a model wrote and the validation by the tool's schema.

Similar cases differ here. Missing arguments are not `{}`: they may have been lost, and the tool's defaults are not
the model's request. Null for a parameter that may be left out, and whose schema refuses null, is that parameter left
out: models write it so that were trained on schemas in which all are required. And a string that contains the JSON of
an object or a list is decoded if the schema refuses a string, and stays a string if the schema accepts one.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Mapping, Sequence

from pydantic import JsonValue
from pydantic_core import from_json

__all__ = ["MAX_LEVELS", "InvalidArguments", "left_out", "object_text", "unwrapped"]

MAX_NAMED = 8
"""Parameters that are named to the model."""

MAX_LEVELS = 3
"""How many levels of texts within each other are read."""


class InvalidArguments(Exception):
    """The arguments of a call do not fit; the text says to the model what is wrong."""


def object_text(text: str, parameters: Mapping[str, object]) -> str:
    """Return the arguments of a call; `{}` for missing ones, if the tool has no `parameters`.

    Raises:
        InvalidArguments: they are missing, and the tool has parameters, even optional ones.
    """
    if text.strip() not in ("", "null"):
        return text
    if not parameters:
        return "{}"
    names = ", ".join(repr(name) for name in [*parameters][:MAX_NAMED])
    raise InvalidArguments(
        f"no arguments arrived; call again and write them, at least one of {names}, even if it is the default"
    )


def left_out(schema: Mapping[str, JsonValue]) -> frozenset[str]:
    """Return the properties of an object that may be left out."""
    properties, required = schema.get("properties"), schema.get("required")
    names = frozenset(properties if isinstance(properties, dict) else ())
    return (
        names.difference(name for name in required if isinstance(name, str))
        if isinstance(required, list)
        else names
    )


def unwrapped(
    value: dict[str, JsonValue], problems: Iterable[Sequence[int | str]], optional: Collection[str]
) -> dict[str, JsonValue] | None:
    """Return a copy of the arguments in which strings that do not fit are replaced by the JSON inside them.

    A problem is the path of a value that does not fit, and may extend beyond it. Only the JSON of an object, a list
    or null is decoded; a null among the `optional` arguments is left out. None if nothing changes.
    """
    result = copy.deepcopy(value)
    found = False
    for path in problems:
        if path and path[0] in optional and result.get(str(path[0]), "") is None:
            del result[str(path[0])]
            found = True
            continue
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
