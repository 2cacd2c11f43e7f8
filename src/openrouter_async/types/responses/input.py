"""The input of a Responses request: its possible forms, and the items that are sent.

Input is a string (a user message), one item, or several: dicts in the form of Responses, messages made by `user()`,
`system()`, `tool_result()` and the like, items of earlier replies, or whole replies, which stand for their items.
Items from a model are sent back byte for byte; of messages only content and role are rewritten. Items of an unknown
kind are sent unchanged.

Each call is followed by a result: a call without one gets a result that says so, since the service would refuse it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Annotated, Any, Literal, Required, TypeAlias, cast

from pydantic import Field, TypeAdapter
from typing_extensions import TypedDict

from ..._checks import describe_value
from ...errors import ConfigurationError
from .._base import WireType
from ..chat.content_parts import Attachment, InputAudio, true_media_type
from ..chat.model_reply import ModelReply, OutputItem
from ..chat.prompt_cache import PromptCacheBreakpoint
from ..chat.sent_back import NO_RESULT
from ..common import JsonObject
from ..requests.check import check
from ..requests.fields import ByKey, ByKind, JSONObject, NonEmptyText, OneOfOrText, closed
from .items import items_of
from .response import Response

__all__ = [
    "CallItem",
    "InputFile",
    "InputImage",
    "InputItem",
    "InputLike",
    "InputMessage",
    "InputText",
    "InputVideo",
    "ResultItem",
    "fit_items",
    "wire_input",
    "wire_items",
]

_Fields: TypeAlias = Mapping[str, Any]


@closed
class InputText(TypedDict, total=False):
    """Text."""

    type: Required[Literal["input_text"]]
    text: Required[str]
    prompt_cache_breakpoint: PromptCacheBreakpoint | None


@closed
class InputImage(TypedDict, total=False):
    """An image."""

    type: Required[Literal["input_image"]]
    image_url: str | None
    """An http(s) or `data:` URL."""
    file_id: str | None
    detail: Annotated[Literal["auto", "low", "high", "original"] | str, OneOfOrText()]


@closed
class InputFile(TypedDict, total=False):
    """A document."""

    type: Required[Literal["input_file"]]
    filename: str
    file_data: NonEmptyText
    """A `data:` URL."""
    file_url: NonEmptyText
    file_id: str | None


@closed
class _InputAudio(TypedDict):
    type: Literal["input_audio"]
    input_audio: InputAudio


@closed
class InputVideo(TypedDict, total=False):
    """A video."""

    type: Required[Literal["input_video"]]
    video_url: Required[NonEmptyText]
    processing: Annotated[Literal["agentic", "static"] | str, OneOfOrText()]


_Part: TypeAlias = Annotated[
    InputText | InputImage | InputFile | _InputAudio | InputVideo | JSONObject, ByKey("type")
]
_Content: TypeAlias = Annotated[str | Annotated[list[_Part], Field(min_length=1)], ByKind()]


class InputMessage(TypedDict, total=False):
    """What somebody says; a reply that comes back has more fields."""

    type: Literal["message"]
    role: Required[Literal["user", "system", "developer", "assistant"]]
    content: Required[_Content | None]
    phase: str | None


class CallItem(TypedDict, total=False):
    """A call that the model made."""

    type: Required[Literal["function_call"]]
    call_id: Required[NonEmptyText]
    name: Required[NonEmptyText]
    arguments: Required[str]


class ResultItem(TypedDict, total=False):
    """The result of a tool for one call."""

    type: Required[Literal["function_call_output", "custom_tool_call_output"]]
    call_id: Required[NonEmptyText]
    output: Required[_Content]


InputItem: TypeAlias = InputMessage | CallItem | ResultItem | Mapping[str, object]

InputLike: TypeAlias = (
    str | InputItem | OutputItem | Response[object] | Sequence[InputItem | OutputItem | Response[object]]
)
"""A conversation: a text is what the user says."""

_ROLES = ("user", "system", "developer", "assistant")


def wire_input(given: object) -> str | list[JsonObject]:
    """Return the input as it is sent: validated, replies as they came.

    Raises:
        ConfigurationError: an item is wrong; its path is named, its text is not shown.
    """
    return given if isinstance(given, str) else fit_items(wire_items(given))


def wire_items(given: object) -> list[JsonObject]:
    """Return the items of an input one by one."""
    if isinstance(given, str):
        return [{"role": "user", "content": given}]
    items: list[JsonObject] = []
    for index, item in enumerate(_each(given)):
        items += _items(item, index)
    return items


def fit_items(items: Sequence[_Fields]) -> list[JsonObject]:
    """Return the items with a result for each call, and without what the service refuses.

    That are results of calls that are not there, and calls without a name: there is nothing to call.
    """
    calls = {
        item.get("call_id") or item.get("id"): _OUTPUT_OF[item["type"]]
        for item in items
        if item.get("type") in _OUTPUT_OF and item.get("name")
    }
    answered = {item.get("call_id") for item in items if item.get("type") in _OUTPUTS}
    fit: list[JsonObject] = []
    for item in items:
        kind = item.get("type")
        id = item.get("call_id") or (item.get("id") if kind in _OUTPUT_OF else None)
        if (kind in _OUTPUTS or kind in _OUTPUT_OF) and id not in calls:
            continue
        # The result of a custom tool is told by another name.
        fit.append({**item, "type": calls[id]} if kind in _OUTPUTS else dict(item))
        if kind in _OUTPUT_OF and id not in answered:
            fit.append({"type": calls[id], "call_id": id, "output": NO_RESULT})
    return fit


_OUTPUT_OF = {"function_call": "function_call_output", "custom_tool_call": "custom_tool_call_output"}
"""The type of the result of a call, by the type of the call."""
_OUTPUTS = frozenset(_OUTPUT_OF.values())


def _each(given: object) -> Iterable[object]:
    if isinstance(given, Mapping | WireType):
        return (given,)
    if not isinstance(given, Sequence) or isinstance(given, bytes):
        raise ConfigurationError(
            f"input is {describe_value(given)}; expected text, an item, or a list of items"
        )
    if not given:
        raise ConfigurationError("input is empty; expected at least one item")
    return cast("Iterable[object]", given)


def _items(item: object, index: int) -> Iterator[JsonObject]:
    """Give the items that one that was given stands for."""
    if isinstance(item, Response):
        yield from (dict(each) for each in items_of(item.raw_items))
    elif isinstance(item, OutputItem) and item.raw:
        yield item.raw
    elif isinstance(item, ModelReply | WireType):
        raise ConfigurationError(
            f"input[{index}] is a {type(item).__name__}; expected an item, a message such as user(...),"
            " or a reply of client.responses"
        )
    elif isinstance(item, str):
        raise ConfigurationError(f"input[{index}] is text; expected an item, or a message such as user(...)")
    elif not isinstance(item, Mapping):
        raise ConfigurationError(
            f"input[{index}] is {describe_value(item)}; expected an item, which is a dict"
        )
    else:
        for part in _of_chat(item):
            yield _checked(part, f"input[{index}]")


def _of_chat(item: _Fields) -> Iterator[_Fields]:
    """Give a message of chat as the items that it is here; anything else is given as it is."""
    if item.get("role") == "tool":
        content = item.get("content")
        yield {
            "type": "function_call_output",
            "call_id": item.get("tool_call_id"),
            "output": _parts(content, "input_text"),
        }
        return
    calls = item.get("tool_calls")
    message = {name: value for name, value in item.items() if name != "tool_calls"}
    if "role" in item and "content" in item:
        kind = "output_text" if item["role"] == "assistant" else "input_text"
        message["content"] = _parts(item["content"], kind)
    if not calls or message.get("content"):
        yield message
    for call in calls if isinstance(calls, list | tuple) else ():
        function = call.get("function") if isinstance(call, Mapping) else None
        if isinstance(function, Mapping):
            named = {"name": function.get("name"), "arguments": function.get("arguments") or "{}"}
            yield {"type": "function_call", "call_id": call.get("id"), **named}


def _parts(content: object, text_type: str) -> object:
    if not isinstance(content, list | tuple):
        return content
    return [_part(part, text_type) for part in content]


def _part(part: object, text_type: str) -> object:
    """Return a part of chat, or an attachment, in the form of Responses; parts in this form stay unchanged."""
    if isinstance(part, Attachment):
        if part.is_local:
            raise ConfigurationError(f"{part!r} is not encoded yet; await encode_attachments(input) first")
        part = part.encode()
    if not isinstance(part, Mapping):
        return part
    match part.get("type"):
        case "text":
            return {**part, "type": text_type}
        case "image_url" if isinstance(image := part.get("image_url"), Mapping):
            url = image.get("url")
            url = true_media_type(url) if isinstance(url, str) else url
            return {"type": "input_image", "image_url": url, "detail": image.get("detail", "auto")}
        case "video_url" if isinstance(video := part.get("video_url"), Mapping):
            others = {name: value for name, value in video.items() if name != "url"}
            return {"type": "input_video", "video_url": video.get("url"), **others}
        case "file" if isinstance(file := part.get("file"), Mapping):
            data = file.get("file_data")
            is_url = isinstance(data, str) and data.lower().startswith(("http://", "https://"))
            named = {("file_url" if name == "file_data" and is_url else name): file[name] for name in file}
            return {"type": "input_file", **named}
    return dict(part)


_CHECKED_AS: dict[str, Any] = {
    "message": InputMessage,
    "function_call": CallItem,
    "function_call_output": ResultItem,
    "custom_tool_call_output": ResultItem,
}


@cache
def _adapter(type_: str) -> TypeAdapter[object]:
    return TypeAdapter(_CHECKED_AS.get(type_, JSONObject))


def _checked(item: _Fields, path: str) -> JsonObject:
    type_ = item.get("type")
    if type_ is None and "role" not in item:
        raise ConfigurationError(f"{path} has neither 'type' nor 'role'; expected one of them")
    if type_ is not None and not isinstance(type_, str):
        raise ConfigurationError(f"{path}.type is {describe_value(type_)}; expected text")
    as_json = check(_adapter(""), item, path, private=True)
    check(_adapter(type_ or "message"), as_json, path, private=True)
    return cast("JsonObject", as_json)  # in the order in which it was given
