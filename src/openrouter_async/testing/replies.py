"""The answers you can script for the emulator: replies of a model, failures, and literal answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from pydantic import JsonValue
from typing_extensions import TypedDict

from ..errors import ConfigurationError
from .faults import Fault

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .received import ReceivedRequest

__all__ = [
    "Answer",
    "Failure",
    "Reply",
    "ReplyFields",
    "Replying",
    "Scripted",
    "ScriptedFields",
    "ToolCall",
    "When",
    "as_scripted",
    "tool_call",
]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call of a tool in a reply."""

    name: str
    arguments: str = "{}"
    """As the model writes them: JSON, usually."""
    id: str | None = None
    """Default: one like those of the service."""

    def __post_init__(self) -> None:
        for name, value in (("name", self.name), ("arguments", self.arguments)):
            if not isinstance(value, str):
                raise ConfigurationError(f"{name} of a tool call is {value!r}; expected text")


def tool_call(
    name: str, arguments: str | Mapping[str, JsonValue] | None = None, /, **named: JsonValue
) -> ToolCall:
    """Return a call of the tool `name`, with arguments as a dict or by name, or with text that stands for all of them.

    ```python
    from openrouter_async.testing import tool_call

    tool_call("weather", city="Oslo")
    tool_call("weather", {"city": "Oslo"})
    tool_call("weather", '{"city": "Os')  # cut off
    ```

    Raises:
        ConfigurationError: arguments are given in two ways, or are neither text nor a dict of JSON values.
    """
    if arguments is None:
        arguments = named
    elif named:
        raise ConfigurationError(
            f"arguments of {name!r} are given both together and by name; give them in one way"
        )
    if isinstance(arguments, Mapping):
        arguments = _json(f"arguments of {name!r}", dict(arguments))
    return ToolCall(name, arguments)


def _json(what: str, value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"{what} cannot be written as JSON: {error}") from error


class ScriptedFields(TypedDict, total=False):
    """The fields of a reply besides its text, its calls and its model; see `Reply` for each."""

    reasoning: str | None
    refusal: str | None
    images: Sequence[str]
    audio: bytes | None
    annotations: Sequence[Mapping[str, JsonValue]]
    finish_reason: str | None
    native_finish_reason: str | None
    provider: str | None
    usage: Mapping[str, JsonValue]
    fault: Fault | None


class ReplyFields(ScriptedFields, total=False):
    """Keyword arguments of `Reply.of`."""

    model: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One reply of a model; made by `Reply.of`."""

    pieces: tuple[str, ...] = ()
    """The text. One piece is streamed in chunks as models cut it; several are streamed as one chunk each."""
    tool_calls: tuple[ToolCall, ...] = ()
    reasoning: str | None = None
    refusal: str | None = None
    images: Sequence[str] = ()
    """URLs, usually data URLs."""
    audio: bytes | None = None
    """Speech, in the format of the request; the text is then its transcript, and the reply has no other content."""
    annotations: Sequence[Mapping[str, JsonValue]] = ()
    finish_reason: str | None = None
    """Default: `tool_calls` where there are any, `length` where `max_tokens` cut the text, else `stop`."""
    native_finish_reason: str | None = None
    model: str | None = None
    """The model that is said to have served it. Default: the one asked for."""
    provider: str | None = None
    usage: Mapping[str, JsonValue] = field(default_factory=dict)
    """Laid over the usage that is counted."""
    fault: Fault | None = None

    @classmethod
    def of(cls, *parts: str | ToolCall, **fields: Unpack[ReplyFields]) -> Reply:
        """Return a reply of text and calls of tools, in their order."""
        for part in parts:
            if not isinstance(part, str | ToolCall):
                raise ConfigurationError(f"a part of a reply is {part!r}; expected text or tool_call(...)")
        for name in ("annotations", "usage"):
            _json(f"{name} of a reply", fields.get(name))
        return cls(
            pieces=tuple(part for part in parts if isinstance(part, str)),
            tool_calls=tuple(part for part in parts if isinstance(part, ToolCall)),
            **fields,
        )

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(self.pieces)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An error status with the service's body."""

    status: int
    message: str = "Provider returned error"
    retry_after: float | None = None
    """Seconds; sent as the header `Retry-After`."""
    error_type: str | None = None
    metadata: Mapping[str, JsonValue] | None = None
    availability: Mapping[str, JsonValue] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: Fault | None = None

    def __post_init__(self) -> None:
        if not 400 <= self.status <= 599:
            raise ConfigurationError(f"status is {self.status!r}; expected an error status, 400 to 599")
        _json(f"the body of status {self.status}", self.body())

    def body(self) -> dict[str, JsonValue]:
        """Return the envelope that the service puts around errors."""
        error: dict[str, JsonValue] = {"code": self.status, "message": self.message}
        metadata = dict(self.metadata or {})
        if self.error_type is not None:
            metadata["error_type"] = self.error_type
        if metadata:
            error["metadata"] = metadata
        if self.availability is not None:
            error["availability"] = dict(self.availability)
        return {"error": error}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer given literally: JSON, or bytes with their content type."""

    body: JsonValue | bytes = None
    status: int = 200
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: Fault | None = None

    def __post_init__(self) -> None:
        self.encoded()

    def encoded(self) -> bytes:
        """Return the bytes of the body."""
        if isinstance(self.body, bytes):
            return self.body
        return _json("the body of an answer", self.body).encode()


Scripted: TypeAlias = Reply | Failure | Answer
"""An entry of the script."""

When: TypeAlias = "Callable[[ReceivedRequest], bool]"
"""Says whether a request gets an answer; it runs in the emulator's thread."""

Replying: TypeAlias = "Callable[[ReceivedRequest], Scripted | ToolCall | str | None]"
"""Chooses the answer to a request; None leaves it to the emulator."""


def as_scripted(value: Scripted | ToolCall | str) -> Scripted:
    """Return the answer of a function or of the caller as an entry of the script."""
    if isinstance(value, str | ToolCall):
        return Reply.of(value)
    if isinstance(value, Reply | Failure | Answer):
        return value
    raise ConfigurationError(
        f"{value!r} is not an answer; expected text, tool_call(...), Reply, Failure or Answer"
    )
