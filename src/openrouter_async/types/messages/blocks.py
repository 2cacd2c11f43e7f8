"""The content blocks of a message that a model wrote: each keeps its JSON, since that is what has to be sent back.

A thinking block is signed, so one changed character spoils it. A block of a type without a class here is a `Block`,
with its fields in `raw`. Source: `ORAnthropicContentBlock` of the service's OpenAPI document.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, Discriminator, PrivateAttr, Tag, TypeAdapter, model_validator

from .._base import WireType
from ..bounds import MOST_CALLS, too_many
from ..chat.model_reply import OutputItem
from ..chat.parts import CitedPage, UrlCitation
from ..chat.settled_arguments import argument_text, settled_arguments
from ..common import JsonObject, Lenient, MaybeInt, MaybeStr, RawJson

if TYPE_CHECKING:
    from typing import Self

    from pydantic import ModelWrapValidatorHandler

__all__ = [
    "Block",
    "Blocks",
    "Citation",
    "CompactionBlock",
    "ContainerUploadBlock",
    "RedactedThinkingBlock",
    "ServerToolUseBlock",
    "TextBlock",
    "ThinkingBlock",
    "ToolResultBlock",
    "ToolUseBlock",
    "as_json",
    "read_block",
]

MOST_BLOCKS = 4 * MOST_CALLS
"""Content blocks of one message."""


class Block(OutputItem):
    """A content block of any type; `raw` is what it was read from."""

    @model_validator(mode="wrap")
    @classmethod
    def _keep_raw(cls, value: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
        made = handler(value)
        if isinstance(value, dict):
            made._raw = value
        return made


class Citation(WireType):
    """The source of a statement: part of a document, part of a search result, or a web page."""

    type: MaybeStr = None
    """`char_location`, `page_location`, `content_block_location`, `web_search_result_location`, ..."""
    cited_text: MaybeStr = None
    url: MaybeStr = None
    title: MaybeStr = None
    encrypted_index: MaybeStr = None
    """To be sent back as it came."""
    source: MaybeStr = None
    search_result_index: MaybeInt = None
    document_index: MaybeInt = None
    document_title: MaybeStr = None
    file_id: MaybeStr = None
    start_char_index: MaybeInt = None
    end_char_index: MaybeInt = None
    start_page_number: MaybeInt = None
    end_page_number: MaybeInt = None
    start_block_index: MaybeInt = None
    end_block_index: MaybeInt = None

    @property
    def page(self) -> UrlCitation | None:
        """The web page as an annotation of a chat reply; None where it is none."""
        if not self.url:
            return None
        cited = CitedPage(url=self.url, title=self.title, content=self.cited_text)
        return UrlCitation(url_citation=cited)


class TextBlock(Block):
    """A part of the answer's text."""

    text: MaybeStr = None
    citations: Annotated[list[Citation] | None, Lenient()] = None


class ThinkingBlock(Block):
    """A part of the reasoning; models need it back unchanged."""

    thinking: MaybeStr = None
    signature: MaybeStr = None
    """Proves that the text is the model's own."""


class RedactedThinkingBlock(Block):
    """Reasoning that only the model can read; it needs it back unchanged."""

    data: MaybeStr = None


class ServerToolUseBlock(Block):
    """A call of a tool that the service runs itself."""

    id: MaybeStr = None
    name: MaybeStr = None
    input: RawJson = None
    caller: Annotated[JsonObject | None, Lenient()] = None
    """Who called: the model (`direct`), or a program that it wrote."""


class ToolUseBlock(ServerToolUseBlock):
    """A call of a tool that the caller runs."""

    _written: str | None = PrivateAttr(None)

    @property
    def arguments(self) -> str:
        """The arguments as JSON text: of a stream as the model wrote them, which may be cut; blank if none came."""
        return settled_arguments([argument_text(self.input) if self._written is None else self._written])

    def as_written(self, text: str) -> ToolUseBlock:
        """Return the block with the arguments that a stream brought, in place of those of its `input`."""
        self._written = text
        return self


class ToolResultBlock(Block):
    """The result of a tool that the service ran; `type` names the tool: a search, a page, a program."""

    tool_use_id: MaybeStr = None
    content: RawJson = None
    caller: Annotated[JsonObject | None, Lenient()] = None
    container_id: MaybeStr = None
    files: Annotated[list[JsonObject] | None, Lenient()] = None
    """Files that the tool wrote into its container."""


class CompactionBlock(Block):
    """A summary in place of the earlier conversation."""

    content: RawJson = None
    encrypted_content: MaybeStr = None


class ContainerUploadBlock(Block):
    """A file in a container."""

    file_id: MaybeStr = None


_RESULTS = ("_tool_result", "_tool_search_result")
_Kind: TypeAlias = Literal[
    "text",
    "thinking",
    "redacted_thinking",
    "tool_use",
    "server_tool_use",
    "tool_result",
    "compaction",
    "container_upload",
    "other",
]
_KINDS: dict[str, _Kind] = {
    "text": "text",
    "thinking": "thinking",
    "redacted_thinking": "redacted_thinking",
    "tool_use": "tool_use",
    "server_tool_use": "server_tool_use",
    "mcp_tool_use": "server_tool_use",
    "compaction": "compaction",
    "container_upload": "container_upload",
}


def _kind(value: object) -> _Kind:
    type_ = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    if not isinstance(type_, str):
        return "other"
    return _KINDS.get(type_) or ("tool_result" if type_.endswith(_RESULTS) else "other")


_Block: TypeAlias = Annotated[
    Annotated[TextBlock, Tag("text")]
    | Annotated[ThinkingBlock, Tag("thinking")]
    | Annotated[RedactedThinkingBlock, Tag("redacted_thinking")]
    | Annotated[ToolUseBlock, Tag("tool_use")]
    | Annotated[ServerToolUseBlock, Tag("server_tool_use")]
    | Annotated[ToolResultBlock, Tag("tool_result")]
    | Annotated[CompactionBlock, Tag("compaction")]
    | Annotated[ContainerUploadBlock, Tag("container_upload")]
    | Annotated[Block, Tag("other")],
    Discriminator(_kind),
]

_adapter: TypeAdapter[Block] = TypeAdapter(_Block)
read_block: Callable[[object], Block] = _adapter.validate_python
"""Read a block from its JSON."""


def _as_list(value: object) -> object:
    """Return a content as a list of objects: text is a block of text, null is nothing."""
    if value is None:
        return []
    if isinstance(value, list):
        if len(value) > MOST_BLOCKS:  # before they are read
            raise too_many(MOST_BLOCKS, len(value), "content blocks")
        return [_as_block(item) for item in value if item is not None]
    return [_as_block(value)]


def _as_block(value: object) -> object:
    return {"type": "text", "text": value} if isinstance(value, str) else value


Blocks: TypeAlias = Annotated[list[_Block], BeforeValidator(_as_list)]
"""The content of a message."""


def as_json(blocks: list[Block]) -> list[JsonObject]:
    """Return blocks as they came."""
    return [block.raw for block in blocks]
