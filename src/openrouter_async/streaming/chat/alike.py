"""`AlikeChunks`: recognises chunks that differ from an earlier one in nothing but their text. No I/O here.

Most chunks of a stream are the same bytes around a few new characters, so only those characters have to be read.

Theory of operation. A shape is what surrounds the text in the bytes of a chunk that was read in full. If other data
starts and ends with the same bytes, and what remains is one JSON string, then it is the same JSON but for that
string, whatever else it contains; so no field needs a second look. A shape is learned only from a chunk that brings a
text and nothing else, and only after a test: with other characters in its place, the chunk must have them as its text.
Some send reasoning twice in a chunk; such a shape has two places, which must have equal bytes.

Chunks with a field that always changes fit no shape. After a few shapes that fitted nothing, none is learned any more.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pydantic_core import from_json

from ...types.chat.chunk import ChatChunk
from ...types.chat.completion import TEXT_FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...types.chat.chunk import ChunkChoice, Delta, ToolCallFragment
    from ...types.common import JsonObject

__all__ = ["AlikeChunks", "Shape"]

_read_chunk: Callable[[bytes], ChatChunk] = ChatChunk.__pydantic_validator__.validate_json

_MOST_SHAPES = 4
"""Text, reasoning and calls of a stream, and one more."""
_MOST_VAIN = 4
"""Shapes in a row that fitted nothing, after which no more are learned: they cost as much as two chunks each."""
_PROBE = "?!"
_MOST_BYTES = 4096
"""Of a chunk with one more piece; longer ones are rare, and cost little for a byte."""
_STRING = rb'\s*:\s*("[^"\\]*+(?:\\.[^"\\]*+)*+")'
_PLACES = {
    name: re.compile(b'"' + name.encode() + b'"' + _STRING)
    for name in ("content", "reasoning", "reasoning_content", "arguments", "text", "summary")
}


class Shape:
    """The bytes around the text of chunks that are alike, and what kind of text that is."""

    __slots__ = ("before", "between", "detail", "end", "field", "fits", "fragment", "index", "start", "then")

    def __init__(self, data: bytes, places: list[tuple[int, int]], choice: ChunkChoice, field: str) -> None:
        start, end = min(places)
        last = max(places)
        self.before: bytes = data[: start + 1]
        """Up to the quotation mark that opens the text, and with it."""
        self.then: bytes = data[last[1] - 1 :]
        """From the mark that closes it."""
        self.between: bytes | None = data[end - 1 : last[0] + 1] if last[0] > start else None
        """From the first text to the second, where there are two."""
        self.start: int = start
        self.end: int = 1 - len(self.then)
        self.fits = 0
        """How many chunks had this shape."""
        self.field: str = field
        self.index: int = choice.index or 0
        delta = choice.delta
        self.fragment: ToolCallFragment | None = (
            delta.tool_calls[0] if field == "arguments" and delta is not None and delta.tool_calls else None
        )
        details = delta.reasoning_details if delta is not None else None
        self.detail: JsonObject | None = details[0] if details else None
        """The entry of `reasoning_details` that says the same text."""

    def text_in(self, data: bytes) -> str | None:
        """Return the text in data with such a start and end; None if there is not one text, or an empty one."""
        string = data[self.start : self.end]
        if self.between is not None:
            size = (len(string) - len(self.between)) // 2
            string = b'"' + string[1:size] + b'"'
            if self.with_text(string) != data:
                return None
        try:
            text: str = from_json(string)
        except ValueError:  # several values, or half a character
            return None
        return text or None

    def with_text(self, string: bytes) -> bytes:
        """Return the data of a chunk with another text, given as JSON with its marks."""
        text = string[1:-1]
        middle = text if self.between is None else text + self.between + text
        return self.before + middle + self.then


class AlikeChunks:
    """The shapes of one stream."""

    def __init__(self) -> None:
        self.shapes: list[Shape] = []
        """Those learned last, the newest first."""
        self._vain = 0

    def learn(self, data: bytes, chunk: ChatChunk) -> None:
        """Remember the shape of a chunk, if it brings a text and nothing else."""
        if self._vain >= _MOST_VAIN or len(data) > _MOST_BYTES or not chunk.choices or len(chunk.choices) > 1:
            return
        choice = chunk.choices[0]
        field = _only_text(chunk, choice)
        if field is None or (shape := _shape(data, choice, field)) is None:
            return
        self._vain = 0 if not self.shapes or self.shapes[0].fits else self._vain + 1
        self.shapes = [shape, *self.shapes[: _MOST_SHAPES - 1]]


def _only_text(chunk: ChatChunk, choice: ChunkChoice) -> str | None:
    """Return the name of the field with the text that is all the chunk brings; None if it brings more, or no text."""
    delta = choice.delta
    if delta is None or chunk.usage is not None or chunk.error or choice.error:
        return None
    if choice.finish_reason or choice.native_finish_reason or choice.logprobs is not None:
        return None
    if choice.message is not None or choice.text or any((delta.__pydantic_extra__ or {}).values()):
        return None
    said = [name for name in delta.__pydantic_fields_set__ if name != "role" and getattr(delta, name, None)]
    if said == ["tool_calls"]:
        fragments = delta.tool_calls or []
        if len(fragments) > 1 or fragments[0].__pydantic_extra__ or fragments[0].function is None:
            return None
        return "arguments" if fragments[0].function.arguments else None
    if len(said) == 2 and "reasoning_details" in said:
        said.remove("reasoning_details")
        return said[0] if said[0].startswith("reasoning") and _detail_text(delta) else None
    return said[0] if len(said) == 1 and said[0] in ("content", "reasoning", "reasoning_content") else None


def _detail_text(delta: Delta) -> str | None:
    """Return the name of the text in the only entry of `reasoning_details`, if it says what the other field says."""
    if delta.reasoning_details is None or len(delta.reasoning_details) != 1:
        return None
    (detail,) = delta.reasoning_details
    name = TEXT_FIELDS.get(str(detail.get("type")))
    return name if name and detail.get(name) == (delta.reasoning or delta.reasoning_content) else None


def _text_of(choice: ChunkChoice, field: str) -> object:
    delta = choice.delta
    if delta is None:
        return None
    if field == "arguments":
        function = delta.tool_calls[0].function if delta.tool_calls else None
        return function.arguments if function else None
    return getattr(delta, field)


def _shape(data: bytes, choice: ChunkChoice, field: str) -> Shape | None:
    """Return what surrounds the text in the data, if its place is certain."""
    names = [field]
    if choice.delta is not None and field.startswith("reasoning") and (name := _detail_text(choice.delta)):
        names.append(name)
    places = [match.span(1) for name in names for match in _PLACES[name].finditer(data)]
    if len(places) != len(names) or len({data[start:end] for start, end in places}) != 1:
        return None
    shape = Shape(data, places, choice, field)
    try:
        (tested,) = _read_chunk(shape.with_text(b'"' + _PROBE.encode() + b'"')).choices or [choice]
    except ValueError:  # it is no chunk then, or not one of one choice
        return None
    if _text_of(tested, field) != _PROBE:
        return None
    if len(places) == 2 and (tested.delta is None or _detail_text(tested.delta) is None):
        return None
    return shape
