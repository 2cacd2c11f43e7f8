"""The messages of a Messages request: text, pictures, documents, tool results, and earlier replies.

Messages may be given as a text (one user message), as one message, or as a sequence of them; a message is a dict, or a
`MessageReply`, which goes back as it came. The blocks of an assistant's message are sent unchanged, whatever they are,
since models sign what they think. In those of a user, `image()` and `file()` take the place of pictures and documents.

Source: `MessagesMessageParam` of the service's OpenAPI document.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Annotated, Literal, Required, TypeAlias

from pydantic import Field, TypeAdapter
from typing_extensions import TypedDict

from ..._checks import describe_value
from ...errors import ConfigurationError
from ..chat.content_parts import Attachment
from ..chat.prompt_cache import CacheControl
from ..requests.check import check
from ..requests.fields import ByKey, ByKind, JSONObject, NonEmptyText, OneOfOrText, ValidatedAs, closed
from .chat_form import of_chat
from .reply import AnyBlock, AssistantParam, MessageReply

__all__ = [
    "Base64Source",
    "BlockParam",
    "ContentSource",
    "DocumentParam",
    "EnabledCitations",
    "FileSource",
    "ImageParam",
    "MessageParam",
    "MessageParamLike",
    "MessageParams",
    "SearchResultParam",
    "SystemParam",
    "TextParam",
    "TextSource",
    "ToolResultParam",
    "URLSource",
    "UserParam",
    "message_params",
]


@closed
class TextParam(TypedDict, total=False):
    """Text, and perhaps a mark of the prompt cache."""

    type: Required[Literal["text"]]
    text: Required[NonEmptyText]
    cache_control: CacheControl | None
    citations: Sequence[JSONObject] | None
    """As they came, where the text comes from a reply."""


@closed
class Base64Source(TypedDict):
    """A picture, or a PDF, inline."""

    type: Literal["base64"]
    media_type: Annotated[
        Literal["image/jpeg", "image/png", "image/gif", "image/webp", "application/pdf"] | str, OneOfOrText()
    ]
    data: NonEmptyText


@closed
class URLSource(TypedDict):
    """Where the picture, or the PDF, is."""

    type: Literal["url"]
    url: NonEmptyText


@closed
class FileSource(TypedDict):
    """A file that was uploaded before."""

    type: Literal["file"]
    file_id: NonEmptyText


@closed
class TextSource(TypedDict):
    """A document that is plain text."""

    type: Literal["text"]
    media_type: Literal["text/plain"]
    data: str


@closed
class ContentSource(TypedDict):
    """A document of text and pictures."""

    type: Literal["content"]
    content: str | Sequence[JSONObject]


@closed
class ImageParam(TypedDict, total=False):
    """A picture."""

    type: Required[Literal["image"]]
    source: Required[Annotated[Base64Source | URLSource | FileSource, ByKey("type")]]
    cache_control: CacheControl | None


@closed
class EnabledCitations(TypedDict, total=False):
    """Whether the model is to say what its text rests on."""

    enabled: bool


@closed
class DocumentParam(TypedDict, total=False):
    """A document."""

    type: Required[Literal["document"]]
    source: Required[
        Annotated[Base64Source | TextSource | ContentSource | URLSource | FileSource, ByKey("type")]
    ]
    title: str | None
    context: str | None
    """Background on the document; the model reads it and does not cite it."""
    citations: EnabledCitations | None
    cache_control: CacheControl | None


@closed
class SearchResultParam(TypedDict, total=False):
    """One result of your own search; the model can cite it."""

    type: Required[Literal["search_result"]]
    source: Required[str]
    title: Required[str]
    content: Required[Sequence[TextParam]]
    citations: EnabledCitations
    cache_control: CacheControl | None


_ResultPart: TypeAlias = Annotated[
    TextParam | ImageParam | DocumentParam | SearchResultParam | AnyBlock, ByKey("type")
]


@closed
class ToolResultParam(TypedDict, total=False):
    """The result of one tool call."""

    type: Required[Literal["tool_result"]]
    tool_use_id: Required[NonEmptyText]
    content: Annotated[
        str | Sequence[JSONObject | Attachment],
        ValidatedAs(Annotated[str | list[_ResultPart], ByKind()]),
    ]
    is_error: bool
    cache_control: CacheControl | None


BlockParam: TypeAlias = (
    TextParam
    | ImageParam
    | DocumentParam
    | SearchResultParam
    | ToolResultParam
    | Attachment
    | Mapping[str, object]
)
"""A block as a caller may give it; one that has no type here is sent as it is."""

_Block: TypeAlias = Annotated[
    TextParam | ImageParam | DocumentParam | SearchResultParam | ToolResultParam | AnyBlock, ByKey("type")
]
_Content: TypeAlias = Annotated[str | Annotated[list[_Block], Field(min_length=1)], ByKind()]
_Content_ = Annotated[str | Sequence[BlockParam], ValidatedAs(_Content)]


@closed
class UserParam(TypedDict, total=False):
    """A message of the user: text, pictures, documents, and tool results."""

    role: Required[Literal["user"]]
    content: Required[_Content_]
    clear_at: Literal["next_user_message", "never"] | None
    """When the service removes the message from the context."""
    output_config: JSONObject | None
    """`{"effort": ...}`: how hard the model works from here on."""


@closed
class SystemParam(TypedDict, total=False):
    """Instructions from this point of the conversation; for all of it, use the parameter `system`."""

    role: Required[Literal["system"]]
    content: Required[_Content_]
    clear_at: Literal["next_user_message", "never"] | None
    output_config: JSONObject | None


MessageParam: TypeAlias = UserParam | AssistantParam | SystemParam

MessageParamLike: TypeAlias = MessageParam | MessageReply[object] | Mapping[str, object]
"""A message, or a reply, whatever its output is."""

MessageParams: TypeAlias = str | MessageParamLike | Sequence[MessageParamLike]
"""A conversation; a text is one user message."""


def message_params(messages: object) -> list[MessageParam]:
    """Return messages as they are sent.

    Raises:
        ConfigurationError: an argument is wrong; the error names field and allowed values, and quotes no message.
    """
    if isinstance(messages, str):
        messages = [{"role": "user", "content": messages}]
    elif isinstance(messages, Mapping | MessageReply):
        messages = [messages]
    elif not isinstance(messages, Sequence) or isinstance(messages, bytes):
        raise ConfigurationError(
            f"messages is {describe_value(messages, private=True)}; expected text, a message, or a list of them"
        )
    if not messages:
        raise ConfigurationError("messages is empty; expected at least one message")
    given = [_as_dict(message) for message in messages]
    return check(_validator(), given, "messages", private=True)


@cache
def _validator() -> TypeAdapter[list[MessageParam]]:
    return TypeAdapter(list[Annotated[UserParam | AssistantParam | SystemParam, ByKey("role")]])


def _as_dict(message: object) -> object:
    if isinstance(message, MessageReply):
        return message.as_param()
    if not isinstance(message, Mapping):
        return message
    message = of_chat(message)
    content = message.get("content")
    if isinstance(content, list | tuple):
        return {**message, "content": [_as_block(block) for block in content]}
    return message


def _as_block(block: object) -> object:
    if isinstance(block, Attachment):
        return _attached(block)
    if isinstance(block, Mapping) and block.get("type") == "tool_result":
        content = block.get("content")
        if isinstance(content, list | tuple):
            return {**block, "content": [_as_block(part) for part in content]}
    return _attached_part(block)


def _attached(attachment: Attachment) -> object:
    """Return the block of an attachment whose data is at hand."""
    if attachment.is_local:
        raise ConfigurationError(
            f"{attachment!r} is not encoded yet; await encode_attachments(messages) first"
        )
    return _attached_part(attachment.encode())


def _attached_part(part: object) -> object:
    """Return the block for a part of a chat message; other blocks stay unchanged."""
    match part:
        case {"type": "image_url", "image_url": {"url": str(url)}}:
            return {"type": "image", "source": _source(url)}
        case {"type": "file", "file": {"file_id": str(id)}}:
            return {"type": "document", "source": {"type": "file", "file_id": id}}
        case {"type": "file", "file": {"file_data": str(url), **rest}}:
            title = {"title": rest["filename"]} if rest.get("filename") else {}
            return {"type": "document", "source": _source(url), **title}
        case {"type": "input_audio" | "video_url" | "input_video" as kind}:
            raise ConfigurationError(
                f"messages contains a part of type {kind!r}, and the Messages dialect takes text, pictures and"
                " documents; use client.chat for audio and video"
            )
    return part


def _source(url: str) -> dict[str, str]:
    """Return the source for a web URL or a `data:` URL."""
    if url[:5].lower() != "data:":
        return {"type": "url", "url": url}
    head, _, data = url.partition(",")
    media_type, *options = head[5:].split(";")
    if not media_type.startswith("text/"):
        return {"type": "base64", "media_type": media_type, "data": data}
    try:
        text = base64.b64decode(data, validate=True).decode() if "base64" in options else data
    except (binascii.Error, UnicodeDecodeError):
        raise ConfigurationError(
            f"a file of type {media_type!r} is not UTF-8 text; pass its media_type="
        ) from None
    return {"type": "text", "media_type": "text/plain", "data": text}
