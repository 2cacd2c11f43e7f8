"""`BlockBuilder`: one content block of a streamed message, collected as it comes, joined when asked for. No I/O here.

A block begins with the object that `content_block_start` brings, and deltas fill its fields in; all other
fields keep their values and their order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic_core import from_json

from ...types.chat.settled_arguments import settled_arguments
from ...types.common import JsonObject
from ...types.messages.blocks import Block, Citation, ToolUseBlock, read_block
from ..events import AnnotationAdded, ReasoningDelta, TextDelta, ToolCallDelta

if TYPE_CHECKING:
    from pydantic import JsonValue

    from ...types.messages.reply import MessageReply
    from ..chunk_reader import Growth
    from ..events import StreamEvent

__all__ = ["BLOCK_OF_DELTA", "BlockBuilder"]

BLOCK_OF_DELTA: dict[str, JsonObject] = {
    "text_delta": {"type": "text", "text": ""},
    "citations_delta": {"type": "text", "text": ""},
    "thinking_delta": {"type": "thinking", "thinking": ""},
    "signature_delta": {"type": "thinking", "thinking": ""},
    "input_json_delta": {"type": "tool_use", "input": {}},
    "compaction_delta": {"type": "compaction", "content": None},
}
"""The start of a block whose own start is missing, or has no type, by the type of its first delta."""


class BlockBuilder:
    """One block that is being written."""

    def __init__(self, start: JsonObject, index: int, call_index: int) -> None:
        """Begin; `call_index` is the number of calls of tools before it."""
        self.index = index
        self.is_finished: bool = False
        """Whether its end has come."""
        type_ = start.get("type")
        self.type: str = type_ if isinstance(type_, str) else ""
        """Empty if the start does not tell it."""
        self._start = {**start}
        self._call_index = call_index
        self._texts: dict[str, list[str]] = {}  # by field: what deltas brought
        self._json: list[str] = []
        self._citations: list[JsonObject] = []

    @property
    def start(self) -> JsonObject:
        """What it began with."""
        return self._start

    @property
    def is_call(self) -> bool:
        """Whether it is a call of a tool that the caller runs."""
        return self.type == "tool_use"

    def begin(self, events: list[StreamEvent[MessageReply]]) -> None:
        """Add what the block began with to `events`; usually that is empty."""
        if self.type == "text" and isinstance(text := self._start.get("text"), str) and text:
            events.append(TextDelta(text))
        if self.type == "thinking" and isinstance(text := self._start.get("thinking"), str) and text:
            events.append(ReasoningDelta(text))
        if self.is_call:
            events.append(self._call_delta(""))

    def add_text(self, text: str) -> None:
        """Add a piece of text, as most deltas are."""
        self._texts.setdefault("text", []).append(text)

    def add(self, delta: JsonObject, events: list[StreamEvent[MessageReply]], growth: Growth) -> bool:
        """Add a delta, and its events to `events`; return whether it is known here what it means."""
        match delta.get("type"):
            case "text_delta":
                if text := _text(delta, "text"):
                    self.add_text(text)
                    events.append(TextDelta(text))
            case "thinking_delta":
                if text := _text(delta, "thinking"):
                    self._texts.setdefault("thinking", []).append(text)
                    events.append(ReasoningDelta(text))
            case "signature_delta":
                self._sign(_text(delta, "signature"))
            case "input_json_delta":
                if text := _text(delta, "partial_json"):
                    self._json.append(text)
                    if self.is_call:
                        events.append(self._call_delta(text))
            case "citations_delta":
                if isinstance(citation := delta.get("citation"), dict):
                    growth.has_grown = True
                    self._citations.append(citation)
                    if page := Citation.model_validate(citation).page:
                        events.append(AnnotationAdded(page))
            case "compaction_delta":
                growth.has_grown = True
                fields = {name: delta.get(name) for name in ("content", "encrypted_content")}
                self._start |= {name: value for name, value in fields.items() if value is not None}
            case _:
                return False
        return True

    def as_block(self) -> Block:
        """Return the block as far as it has come."""
        raw = dict(self._start)
        for name, pieces in self._texts.items():
            before = raw.get(name)
            raw[name] = (before if isinstance(before, str) else "") + "".join(pieces)
        if self._citations:
            before = raw.get("citations")
            raw["citations"] = [*(before if isinstance(before, list) else ()), *self._citations]
        text = "".join(self._json)
        if self._json:
            raw["input"] = _read_input(text, raw.get("input"))
        block = read_block(raw)
        if isinstance(block, ToolUseBlock) and (self._json or not (self.is_finished or raw.get("input"))):
            block.as_written(text)
        return block

    def _sign(self, signature: str) -> None:
        """Add a piece of the signature; one that says all that is there again adds nothing."""
        pieces = self._texts.setdefault("signature", [])
        before = self._start.get("signature")
        if signature != (before if isinstance(before, str) else "") + "".join(pieces):
            pieces.append(signature)

    def _call_delta(self, text: str) -> ToolCallDelta:
        id, name = self._start.get("id"), self._start.get("name")
        return ToolCallDelta(
            id if isinstance(id, str) and id else f"call_{self._call_index}",
            self._call_index,
            name if isinstance(name, str) else "",
            text,
            _given=(self._json, 0, len(self._json)),
        )


def _text(delta: JsonObject, name: str) -> str:
    value = delta.get(name)
    return value if isinstance(value, str) else ""


def _read_input(text: str, before: JsonValue) -> JsonValue:
    """Return the arguments in a text; of one that is cut, as far as they can be read, since an object must go back."""
    for written, allow in ((settled_arguments([text]), False), (text, "trailing-strings")):
        try:
            value: JsonValue = from_json(written, allow_partial=allow)  # type: ignore[arg-type]  # one of its words
        except ValueError:
            continue
        if isinstance(value, dict):
            return value
    return before
