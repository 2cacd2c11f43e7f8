"""Messages of a conversation: their types, their constructors, and their form in a request.

Messages may be a string (one user message), one message, or a sequence of them; a message is a dict, a reply of the
model, or a whole completion, which stands for its first answer. Unknown fields are refused, except on assistant
messages, which are replies on their way back.

These parts of a reply are sent back: role, content, refusal, tool calls, reasoning details unchanged, including an
empty list; the plain reasoning only without details, which repeat it; images; the id of audio, or the audio itself
without an id; of annotations only parsed files, which saves parsing them again; unknown fields. `sent_back` lists the
corrections that providers need.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Annotated, Literal, Protocol, Required, TypeAlias, TypeGuard, TypeVar

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from ..._checks import describe_value
from ...errors import ConfigurationError
from .._base import WireType
from ..requests.check import check
from ..requests.fields import STRICT, ByKey, ByKind, JSONObject, NonEmptyText, ValidatedAs, check_json, closed
from .completion import AssistantMessage, ChatCompletion
from .content_parts import Attachment, Part, TextPart, WirePart
from .reasoning import ConfigurationUpdate, Effort
from .sent_back import fit_reply, fit_result, sent_back

__all__ = [
    "AssistantTurn",
    "CalledFunction",
    "Content",
    "DeveloperMessage",
    "HasId",
    "Message",
    "MessageLike",
    "MessagesLike",
    "SystemMessage",
    "TextContent",
    "ToolCallTurn",
    "ToolMessage",
    "UserMessage",
    "assistant",
    "configuration_update",
    "developer",
    "system",
    "tool_result",
    "user",
    "wire_messages",
]

_TextContent: TypeAlias = Annotated[str | Annotated[list[TextPart], Field(min_length=1)], ByKind()]
_Content: TypeAlias = Annotated[str | Annotated[list[WirePart], Field(min_length=1)], ByKind()]
TextContent: TypeAlias = Annotated[str | Sequence[TextPart], ValidatedAs(_TextContent)]
Content: TypeAlias = Annotated[str | Sequence[Part], ValidatedAs(_Content)]


@closed
class SystemMessage(TypedDict, total=False):
    """The instructions for the model."""

    role: Required[Literal["system"]]
    content: Required[TextContent]
    name: str
    configuration_update: ConfigurationUpdate | None
    """Changes the effort from here on; such a message has empty content, and precedes a user's."""


@closed
class DeveloperMessage(TypedDict, total=False):
    """The instructions for the model, under the name that newer OpenAI models use."""

    role: Required[Literal["developer"]]
    content: Required[TextContent]
    name: str
    configuration_update: ConfigurationUpdate | None


@closed
class UserMessage(TypedDict, total=False):
    """The user's text, images and files."""

    role: Required[Literal["user"]]
    content: Required[Content]
    name: str
    """Put before the content for models that know no names."""


@closed
class ToolMessage(TypedDict):
    """The result of a tool for one call."""

    role: Literal["tool"]
    tool_call_id: NonEmptyText
    content: Content


_REPLAYED = ConfigDict({**STRICT, "extra": "allow"})


@with_config(_REPLAYED)
class CalledFunction(TypedDict):
    """Name and arguments of a call."""

    name: str
    arguments: str
    """JSON text, as the model wrote it."""


@with_config(_REPLAYED)
class ToolCallTurn(TypedDict):
    """A call the model made."""

    id: str
    type: Literal["function"]
    function: CalledFunction


@with_config(_REPLAYED)
class AssistantTurn(TypedDict, total=False):
    """An earlier reply of the model, as a dict; you can also pass the reply of a call directly.

    If the last message is of this kind, the model continues it.
    """

    role: Required[Literal["assistant"]]
    content: Content | None
    name: str
    model: str
    """The model that said it; read by the auto router's `pin_model`."""
    refusal: str | None
    reasoning: str | None
    reasoning_content: str | None
    """Another name for `reasoning`."""
    reasoning_details: Sequence[JSONObject] | None
    tool_calls: Sequence[ToolCallTurn] | None
    images: Sequence[JSONObject] | None
    audio: JSONObject | None
    annotations: Sequence[JSONObject] | None


Message: TypeAlias = SystemMessage | DeveloperMessage | UserMessage | AssistantTurn | ToolMessage

MessageLike: TypeAlias = Message | AssistantMessage | ChatCompletion[object] | Mapping[str, object]
"""A message, a reply, or a whole completion, whatever its output is."""

MessagesLike: TypeAlias = str | MessageLike | Sequence[MessageLike]
"""A conversation: messages, or one text, which is one user message."""


class HasId(Protocol):
    """A tool call."""

    @property
    def id(self) -> str | None: ...


_PartT = TypeVar("_PartT", bound=Part)


def system(*content: str | TextPart, name: str | None = None) -> SystemMessage:
    """Return a system message of one text, or of several parts."""
    message: SystemMessage = {"role": "system", "content": _content(content)}
    if name is not None:
        message["name"] = name
    return message


def developer(*content: str | TextPart, name: str | None = None) -> DeveloperMessage:
    """Return a developer message of one text, or of several parts."""
    message: DeveloperMessage = {"role": "developer", "content": _content(content)}
    if name is not None:
        message["name"] = name
    return message


def user(*content: str | Part, name: str | None = None) -> UserMessage:
    """Return a user message of one text, or of several parts such as `image(...)`.

    >>> user("hi")
    {'role': 'user', 'content': 'hi'}
    """
    message: UserMessage = {"role": "user", "content": _content(content)}
    if name is not None:
        message["name"] = name
    return message


def assistant(content: str) -> AssistantTurn:
    """Return what the model is to have said, e.g. the beginning that it shall continue, or an example."""
    return {"role": "assistant", "content": content}


def tool_result(call: str | HasId, *content: str | Part) -> ToolMessage:
    """Return the result of a tool for `call`, which is the call or its id.

    Raises:
        ConfigurationError: the call does not have an id.
    """
    call_id = call if isinstance(call, str) else call.id
    if not call_id:
        raise ConfigurationError(f"tool_result() got a call whose id is {call_id!r}; expected text")
    return {"role": "tool", "tool_call_id": call_id, "content": _content(content)}


def configuration_update(effort: Effort) -> SystemMessage:
    """Return a message that changes the effort of reasoning from its place on, and keeps the prompt cache valid."""
    return {"role": "system", "content": "", "configuration_update": {"reasoning": {"effort": effort}}}


def _content(content: tuple[str | _PartT, ...]) -> str | list[_PartT | TextPart]:
    if len(content) == 1 and isinstance(content[0], str):
        return content[0]
    return [TextPart(type="text", text=part) if isinstance(part, str) else part for part in content]


def _each(messages: object) -> Iterable[object]:
    """Return the messages of a conversation, each unchanged.

    Raises:
        ConfigurationError: the conversation is empty, or an element is not a message.
    """
    if isinstance(messages, str | Mapping | WireType):
        return (messages,)
    if not isinstance(messages, Sequence) or isinstance(messages, bytes):
        raise ConfigurationError(
            f"messages is {describe_value(messages)}; expected text, a message, or a list of messages"
        )
    if not messages:
        raise ConfigurationError("messages is empty; expected at least one message")
    return messages


def wire_messages(messages: object) -> list[Message]:
    """Return the messages in the form of a request: validated, replies reduced to the useful parts.

    Raises:
        ConfigurationError: a message is wrong; the error names its path and does not show its text.
    """
    if isinstance(messages, str):
        return [{"role": "user", "content": messages}]
    given = [_plain(message, index) for index, message in enumerate(_each(messages))]
    return check(_validator(), given, "messages", private=True)


def _plain(message: object, index: int) -> object:
    """Return a message as a dict of plain parts, to be validated."""
    if isinstance(message, str):
        raise ConfigurationError(
            f"messages[{index}] is text; expected a message such as user(...) or system(...)"
        )
    if isinstance(message, ChatCompletion):
        if not message.choices:
            raise ConfigurationError(f"messages[{index}] is a completion without an answer; leave it out")
        return sent_back(message.message)
    if isinstance(message, AssistantMessage):
        return sent_back(message)
    if not isinstance(message, Mapping):
        return message
    content = message.get("content")
    if _has_attachment(content):
        message = {**message, "content": [_wire_part(part) for part in content]}
    match message.get("role"):
        case "assistant":
            return fit_reply(message)
        case "tool":
            return fit_result(message)
    return message


def _has_attachment(content: object) -> TypeGuard[Sequence[object]]:
    return isinstance(content, list | tuple) and any(isinstance(part, Attachment) for part in content)


def _wire_part(part: object) -> object:
    if not isinstance(part, Attachment):
        return part
    if part.is_local:
        raise ConfigurationError(f"{part!r} is not encoded yet; await encode_attachments(messages) first")
    return part.encode()


_ASSISTANT_FIELDS = frozenset(AssistantTurn.__annotations__)


def _extras_are_json(message: AssistantTurn) -> AssistantTurn:
    for name in message.keys() - _ASSISTANT_FIELDS:
        check_json(message[name])  # type: ignore[literal-required]  # the fields that the type does not know
    return message


_WireMessage: TypeAlias = Annotated[
    SystemMessage
    | DeveloperMessage
    | UserMessage
    | Annotated[AssistantTurn, AfterValidator(_extras_are_json)]
    | ToolMessage,
    ByKey("role"),
]


@cache
def _validator() -> TypeAdapter[list[Message]]:
    return TypeAdapter(list[_WireMessage])
