"""The items of a Responses reply: typed for reading, and raw for sending back.

Every item can be read, whatever is missing, new or renamed: fields of the wrong type read as None, and an unknown
kind is a `ResponseItem`. A later request sends back `raw`, the JSON as it came: models sign their reasoning, and
check it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, JsonValue, TypeAdapter

from ..chat.model_reply import OutputItem
from ..chat.parts import Annotation, Image, ImageURL
from ..chat.settled_arguments import argument_text
from ..common import JsonObject, Lenient, MaybeStr, RawJson

__all__ = [
    "CustomToolCallItem",
    "FunctionCallItem",
    "HostToolCallItem",
    "ImageItem",
    "MessageItem",
    "ReasoningItem",
    "ResponseItem",
    "ServerToolItem",
    "WebSearchItem",
    "call_fields",
    "items_of",
    "read_annotation",
    "read_item",
    "texts_of",
]


def _as_parts(value: object) -> object:
    """Return the parts of a message that came as one, or as nothing but their text, as a list of objects."""
    parts = [value] if isinstance(value, str | dict) else value
    if not isinstance(parts, list):
        return parts
    return [{"type": "output_text", "text": part} if isinstance(part, str) else part for part in parts]


_Parts: TypeAlias = Annotated[list[RawJson] | None, Lenient()]


class ResponseItem(OutputItem):
    """An item of any kind; fields that have no name here are in `model_extra`."""

    id: MaybeStr = None
    status: MaybeStr = None
    """`in_progress`, `completed`, `incomplete`, `failed`, ..."""


class MessageItem(ResponseItem):
    """A message of the model."""

    role: MaybeStr = None
    content: Annotated[_Parts, BeforeValidator(_as_parts)] = None
    """Parts, `output_text` and `refusal`, as they came; a text in place of one is a part of its own."""
    phase: MaybeStr = None
    """`commentary`, or `final_answer`."""

    @property
    def text(self) -> str:
        """The text; empty without text."""
        return "".join(texts_of(self.content, "output_text"))

    @property
    def refusal(self) -> str | None:
        """Why the model declined, if it did."""
        return "".join(texts_of(self.content, "refusal")) or None

    @property
    def annotations(self) -> list[Annotation]:
        """Web pages cited, and files."""
        parts = [part for part in self.content or () if isinstance(part, dict)]
        given = [each for part in parts for each in _list(part.get("annotations"))]
        return [read_annotation(each) for each in given if isinstance(each, dict)]


class ReasoningItem(ResponseItem):
    """Reasoning of the model, readable or encrypted."""

    content: _Parts = None
    summary: _Parts = None
    encrypted_content: MaybeStr = None
    """Readable only by the provider; sent back, it lets the model continue its reasoning."""
    format: MaybeStr = None
    """Whose form it has, such as `anthropic-claude-v1`."""
    signature: MaybeStr = None

    @property
    def text(self) -> str:
        """The reasoning, or else its summary; empty where neither is shown."""
        return "\n\n".join(texts_of(self.content) or texts_of(self.summary))


class FunctionCallItem(ResponseItem):
    """A call of a function that the caller runs."""

    call_id: MaybeStr = None
    """What its result is to name."""
    name: MaybeStr = None
    arguments: RawJson = None
    """JSON text, as the model wrote it."""
    namespace: MaybeStr = None


class CustomToolCallItem(ResponseItem):
    """A call of a tool that takes free text."""

    call_id: MaybeStr = None
    name: MaybeStr = None
    input: MaybeStr = None
    namespace: MaybeStr = None


class WebSearchItem(ResponseItem):
    """A search that the service, or the provider, made."""

    action: Annotated[JsonObject | None, Lenient()] = None
    """The action: queries, sources, pages that were opened."""

    @property
    def queries(self) -> list[str]:
        """The queries of the search."""
        action = self.action or {}
        asked = [*_list(action.get("queries")), action.get("query")]
        return list(dict.fromkeys(each for each in asked if isinstance(each, str)))

    @property
    def sources(self) -> list[str]:
        """The addresses of the pages that were found or opened."""
        action = self.action or {}
        found = [each.get("url") for each in _list(action.get("sources")) if isinstance(each, dict)]
        return list(dict.fromkeys(each for each in (*found, action.get("url")) if isinstance(each, str)))


class ImageItem(ResponseItem):
    """An image that was made."""

    prompt: MaybeStr = None
    result: MaybeStr = None
    """Base64, or a `data:` URL."""

    @property
    def image(self) -> Image | None:
        """The image; None where it has not come."""
        held = [self.raw.get(name) for name in ("result", "imageB64", "imageUrl")]
        data = next((each for each in held if isinstance(each, str) and each), "")
        if not data:
            return None
        url = data if data.startswith(("data:", "http")) else f"data:image/png;base64,{data}"
        return Image(type="image_url", image_url=ImageURL(url=url))


class HostToolCallItem(ResponseItem):
    """A call of a tool of the caller's machine: a shell, a patch, a computer."""

    call_id: MaybeStr = None
    action: Annotated[JsonObject | None, Lenient()] = None
    operation: Annotated[JsonObject | None, Lenient()] = None


class ServerToolItem(ResponseItem):
    """A call of a tool that the service ran, such as `openrouter:web_fetch`; its own fields are in `model_extra`."""

    error: MaybeStr = None

    @property
    def tool(self) -> str:
        """The name of the tool, such as `web_fetch`."""
        return (self.type or "").partition(":")[2]


_KINDS: dict[str, type[ResponseItem]] = {
    "message": MessageItem,
    "reasoning": ReasoningItem,
    "function_call": FunctionCallItem,
    "custom_tool_call": CustomToolCallItem,
    "web_search_call": WebSearchItem,
    "openrouter:web_search": WebSearchItem,
    "image_generation_call": ImageItem,
    "openrouter:image_generation": ImageItem,
    "shell_call": HostToolCallItem,
    "apply_patch_call": HostToolCallItem,
    "computer_call": HostToolCallItem,
}


def read_item(raw: JsonObject) -> ResponseItem:
    """Return an item by its type; any object is one."""
    type_ = raw.get("type")
    kind = _KINDS.get(type_) if isinstance(type_, str) else None
    if kind is None:
        kind = ServerToolItem if isinstance(type_, str) and type_.startswith("openrouter:") else ResponseItem
    item = kind.model_validate(raw)
    item._raw = raw
    return item


def texts_of(parts: object, type_: str | None = None) -> list[str]:
    """Return the texts of content parts, of one type or of any; those that are none are left out."""
    texts: list[str] = []
    for part in _list(parts):
        if isinstance(part, dict) and (type_ is None or part.get("type") == type_):
            text = part.get("refusal" if type_ == "refusal" else "text")
            if isinstance(text, str) and text:
                texts.append(text)
    return texts


def call_fields(item: Mapping[str, JsonValue]) -> JsonObject | None:
    """Return the call of a tool that an item is, in the form of chat; None where it is none that the caller runs."""
    match item.get("type"):
        case "function_call":
            arguments = argument_text(item.get("arguments"))
        case "custom_tool_call":
            arguments = argument_text({"input": item.get("input")})
        case _:
            return None
    named: JsonObject = {"name": item.get("name"), "arguments": arguments}
    return {"id": item.get("call_id") or item.get("id"), "type": "function", "function": named}


_read_annotation = TypeAdapter[Annotation](Annotation).validate_python


def read_annotation(raw: JsonObject) -> Annotation:
    """Return an annotation in the form of chat, whose citations of pages have their fields one level deeper."""
    if raw.get("type") == "url_citation" and "url_citation" not in raw:
        return _read_annotation({"type": "url_citation", "url_citation": raw})
    return _read_annotation(raw)


def items_of(output: object) -> Iterator[JsonObject]:
    """Give the items of an output that are objects."""
    return (item for item in _list(output) if isinstance(item, dict))


def _list(value: object) -> list[JsonValue]:
    return value if isinstance(value, list) else []
