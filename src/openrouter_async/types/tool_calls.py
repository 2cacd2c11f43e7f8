"""The calls of tools that a model asks for: how they came, and how they are given to the caller.

Providers send ids that are missing, empty or the same twice, and arguments as text, as an object or not at all. All of
that is put right once, where a message is read, so that the calls of a message and what is sent back always agree.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BeforeValidator, JsonValue
from pydantic_core import from_json, to_json

from ._base import WireType
from .common import MaybeInt, MaybeStr

__all__ = [
    "FunctionCall",
    "ToolCall",
    "ToolCallPart",
    "ToolCallParts",
    "argument_text",
    "read_tool_calls",
    "unique_ids",
]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call of a tool that the model asks for."""

    id: str
    """Unique within the message; `call_<n>` where the provider gave none."""
    index: int
    """Position within the message, from 0."""
    name: str
    arguments: str
    """JSON text as the model wrote it, which may be invalid or cut."""
    args: dict[str, JsonValue] | None = field(hash=False)
    """The arguments, parsed: `{}` where there are none, None where the text is no JSON object."""
    complete: bool = True
    """False where the reply ended before the call did; such a call must not be run."""
    choice: int = 0
    """Which of several answers it belongs to."""


def argument_text(value: object) -> str:
    """Return arguments as JSON text, whether they came as text, as an object, as null or not at all."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return to_json(value, inf_nan_mode="constants").decode()


class FunctionCall(WireType):
    """Name and arguments of a call."""

    name: MaybeStr = None
    arguments: Annotated[str, BeforeValidator(argument_text)] = ""
    """JSON text."""


class ToolCallPart(WireType):
    """A call of a tool as it stands in a message."""

    id: MaybeStr = None
    type: MaybeStr = None
    """`function`."""
    index: MaybeInt = None
    function: FunctionCall | None = None


def unique_ids(ids: Iterable[str | None]) -> list[str]:
    """Return the ids, with `call_<n>` for those that are missing, empty, or were there before."""
    wanted = list(ids)
    taken = {id for id in wanted if id}
    seen: set[str] = set()
    result: list[str] = []
    for position, id in enumerate(wanted):
        if not id or id in seen:
            numbers = itertools.count(position)
            id = next(name for number in numbers if (name := f"call_{number}") not in taken)
            taken.add(id)
        seen.add(id)
        result.append(id)
    return result


def _with_unique_ids(calls: list[ToolCallPart] | None) -> list[ToolCallPart] | None:
    """Return the calls, each with an id of its own."""
    if not calls:
        return calls
    ids = unique_ids(call.id for call in calls)
    return [
        call if call.id == id else call.model_copy(update={"id": id})
        for call, id in zip(calls, ids, strict=True)
    ]


ToolCallParts: TypeAlias = Annotated[list[ToolCallPart] | None, AfterValidator(_with_unique_ids)]
"""The calls of a message; each gets an id of its own."""


def read_tool_calls(
    parts: Sequence[ToolCallPart] | None, *, whole: bool, choice: int, finish_reason: str | None
) -> list[ToolCall]:
    """Return the calls of a message with their arguments parsed; an id, where missing, is made from the position.

    Args:
        whole: whether the reply is. Of one that was broken off no call is complete.
        finish_reason: `length` makes an empty last call incomplete. Cut arguments are recognised whatever it says,
            since providers also say `tool_calls` when the token limit cut the last call.
    """
    calls = []
    last = len(parts or ()) - 1
    for index, part in enumerate(parts or ()):
        function = part.function or FunctionCall()
        args, cut = _parse(function.arguments)
        cut = cut or (finish_reason == "length" and index == last and not function.arguments.strip())
        calls.append(
            ToolCall(
                id=part.id or f"call_{index}",
                index=index,
                name=function.name or "",
                arguments=function.arguments,
                args=None if cut else args,
                complete=whole and not cut,
                choice=choice,
            )
        )
    return calls


def _parse(text: str) -> tuple[dict[str, JsonValue] | None, bool]:
    """Return the arguments as an object, if they are one, and whether they are JSON that was cut off."""
    if not text.strip():
        return {}, False
    try:
        value = from_json(text)
    except ValueError:
        try:
            from_json(text, allow_partial="trailing-strings")
        except ValueError:
            return None, False
        return None, True
    return (value if isinstance(value, dict) else None), False
