"""`-o name value`: any parameter of a request, read and validated as the library does."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import cast

from pydantic import JsonValue

from .._checks import describe_value
from ..errors import ConfigurationError
from ..tools.settings import RunParams
from ..types.chat.request import REPLACED_PARAMS, ChatParams
from ..types.requests.check import check_params

__all__ = ["request_params"]


def request_params(
    given: Iterable[tuple[str, object]], reasoning: str | None = None
) -> tuple[RunParams, dict[str, JsonValue]]:
    """Return the parameters that options set, and those that a run takes only in its `extra_body`.

    A value is text, or JSON where the parameter takes something else; a dot in a name leads into an object. A name
    below `extra_body` is sent unchecked, its value as JSON where it is JSON, else as text.

    Raises:
        ConfigurationError: no such parameter, or its value is not allowed; the error names both.
    """
    params: dict[str, object] = {}
    besides: dict[str, object] = {}
    for name, value in given:
        top, *path = name.split(".")
        if top == "extra_body":
            changed = _with(besides, path, _json_or_text(value))
            if not isinstance(changed, dict):
                raise ConfigurationError(
                    f"-o extra_body is {describe_value(value)}; expected a name below it, as in"
                    " -o extra_body.some_parameter 3, or an object as JSON"
                )
            besides = changed
            continue
        if top == "tools":
            raise ConfigurationError("tools are not an option of -o; give --tool, --mcp or --web")
        readings = _readings(value)
        for number, reading in enumerate(readings):
            changed = _with(params.get(top), path, reading)
            try:
                checked = check_params(
                    ChatParams,
                    {top: changed},
                    elsewhere=REPLACED_PARAMS,
                    where="a chat request",
                    way_out="-o extra_body.NAME VALUE",
                )
            except ConfigurationError:
                if number == len(readings) - 1:
                    raise
            else:
                params[top] = checked[top]
                break
    if reasoning is not None:
        params["reasoning"] = {
            **cast("dict[str, object]", params.get("reasoning") or {}),
            "effort": reasoning,
        }
    stop = {"stop": params.pop("stop")} if "stop" in params else {}  # of a run it is another thing
    return cast("RunParams", params), cast("dict[str, JsonValue]", {**stop, **besides})


def _json_or_text(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return cast("object", json.loads(value))
    except ValueError:
        return value


def _readings(value: object) -> list[object]:
    """Return the possible meanings of a value, the likeliest last; the error names that one."""
    read = _json_or_text(value)
    return [read] if read is value or isinstance(read, dict | list) else [value, read]


def _with(value: object, path: list[str], new: object) -> object:
    """Return an object with another value at a place."""
    if not path:
        return new
    inside = value if isinstance(value, dict) else {}
    return {**inside, path[0]: _with(inside.get(path[0]), path[1:], new)}
