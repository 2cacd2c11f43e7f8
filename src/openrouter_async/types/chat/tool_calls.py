"""The tool calls of a model: their wire form, and their form for the caller.

Providers send calls in many shapes. A message corrects all of them once, by the rules of `settled_calls`, so the
calls of a message and the messages sent back always agree.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, TypeAlias

from pydantic import AfterValidator, BeforeValidator, JsonValue, model_validator
from pydantic_core import from_json

from .._base import WireType
from ..bounds import MOST_CALLS, too_many
from ..common import MaybeInt, MaybeStr
from .settled_arguments import argument_text

if TYPE_CHECKING:
    from typing import Self

    from .settled_calls import CallFields

__all__ = [
    "FunctionCall",
    "ToolCall",
    "ToolCallPart",
    "ToolCallParts",
    "read_tool_calls",
]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call of a tool that the model asks for."""

    id: str
    """Unique within the message; `call_<n>` if the provider sent no id."""
    index: int
    """Position within the message, from 0."""
    name: str
    arguments: str
    """JSON text as the model wrote it, which may be invalid or cut; blank where no arguments arrived at all."""
    args: dict[str, JsonValue] | None = field(hash=False)
    """The parsed arguments: `{}` if none arrived, None if the text is not a JSON object."""
    complete: bool = True
    """False where the reply ended before the call did, or the call has no name; such a call must not be run."""
    choice: int = 0
    """Which of several answers it belongs to."""


class FunctionCall(WireType):
    """Name and arguments of a call."""

    name: MaybeStr = None
    arguments: Annotated[str, BeforeValidator(argument_text)] = ""
    """JSON text."""


_NO_FUNCTION = FunctionCall.model_construct()


class ToolCallPart(WireType):
    """A tool call in the form of a message."""

    id: MaybeStr = None
    type: MaybeStr = None
    """`function`."""
    index: MaybeInt = None
    function: FunctionCall | None = None

    @model_validator(mode="after")
    def _read_flat(self) -> Self:
        """Take what `function` lacks of name and arguments from a flat call, which has them beside its id."""
        extra = self.__pydantic_extra__
        if not extra:
            return self
        function = self.function or _NO_FUNCTION
        flat: dict[str, object] = {}
        if not function.name and isinstance(extra.get("name"), str):
            flat["name"] = extra.pop("name")
        if not function.arguments and "arguments" in extra:
            flat["arguments"] = extra.pop("arguments")
        if flat:
            fields = {**function.model_dump(exclude_unset=True), **flat}
            self._amend(function=FunctionCall.model_validate(fields))
        return self


def _settle(parts: list[ToolCallPart] | None) -> list[ToolCallPart] | None:
    """Return the calls by the rules of `settled_calls`; each then has an id of its own."""
    if not parts:
        return parts
    from .settled_calls import CallsBuilder  # most replies have no calls

    builder = CallsBuilder(ids={part.id for part in parts if part.id})
    for position, part in enumerate(parts):
        function = part.function or _NO_FUNCTION
        builder.feed(
            part.id or None, position, function.name or "", function.arguments, part.__pydantic_extra__
        )
    fields = builder.as_fields()
    if len(fields) == len(parts) and all(map(_is_same, parts, fields)):
        return parts
    return [ToolCallPart.model_validate(call) for call in fields]


def _is_same(part: ToolCallPart, fields: CallFields) -> bool:
    function = part.function
    return (
        function is not None
        and part.id == fields["id"]
        and function.name == fields["function"]["name"]
        and function.arguments == fields["function"]["arguments"]
    )


def _as_list(value: object) -> object:
    """Return the calls of a message as a list: nothing is none, an object is one, a null among them is none."""
    if isinstance(value, list):
        if len(value) > MOST_CALLS:  # before they are read
            raise too_many(MOST_CALLS, len(value), "tool calls")
        return [call for call in value if call is not None]
    if value in ("", {}):
        return None
    return [value] if isinstance(value, dict) else value


ToolCallParts: TypeAlias = Annotated[
    list[ToolCallPart] | None, BeforeValidator(_as_list), AfterValidator(_settle)
]
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
                complete=whole and not cut and bool((function.name or "").strip()),
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
        return None, _is_cut(text)
    return (value if isinstance(value, dict) else None), False


def _is_cut(text: str) -> bool:
    """Whether a text is the start of JSON; text after a whole value means that it is not."""
    try:
        from_json(text, allow_partial="trailing-strings")
    except ValueError:
        return False
    try:
        _DECODER.raw_decode(text.lstrip())
    except (ValueError, RecursionError):
        return True
    return False


_DECODER = json.JSONDecoder()
