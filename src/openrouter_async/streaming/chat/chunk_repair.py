"""`ChunkRepair`: repairs chunks that are almost valid. No I/O here.

It is used only for a chunk that could not be read. It repairs two things, without guesses. A character split into two
halves, at the end of one text and the start of the next, is joined; a half that stays alone becomes U+FFFD, as
everywhere. And an empty value of the wrong type (`"delta": []`, `"tool_calls": {}`) is dropped; an object in place of
a list of objects is a list of one.
"""

from __future__ import annotations

from collections.abc import Iterator
from json import JSONDecodeError
from typing import Any, TypeAlias

from ..._sansio.parse import ParseFailure, load, parse, written
from ...types.chat.chunk import ChatChunk

__all__ = ["ChunkRepair"]

_TEXTS = (
    "content", "reasoning", "reasoning_content", "refusal", "text", "summary", "arguments", "transcript"
)  # fmt: skip
"""Fields whose text continues in the next chunk."""

_Path: TypeAlias = tuple[object, ...]


class ChunkRepair:
    """The chunks of one stream that need it."""

    def __init__(self) -> None:
        self.halves: dict[_Path, str] = {}
        """First halves of characters, by the place of the text that they end; then the next chunk must be seen too."""

    def parse(self, data: bytes) -> ChatChunk:
        """Return the chunk in the data of an event; raises `ParseFailure`."""
        try:
            value = load(data)
        except (JSONDecodeError, RecursionError):
            value = None
        if not isinstance(value, dict):
            return parse(ChatChunk, data)  # which says what is wrong
        self._join(value)
        try:
            return parse(ChatChunk, written(value))
        except ParseFailure as failure:
            first = failure
        if not _leave_out_nothings(value):
            raise first
        return parse(ChatChunk, written(value))

    def _join(self, chunk: dict[str, Any]) -> None:
        for path, holder, name in _texts(chunk.get("choices"), ()):
            text = holder[name]
            before = self.halves.pop(path, "") if text else ""
            if before and not "\udc00" <= text[0] <= "\udfff":
                before = "\ufffd"
            text = before + text
            if before:
                # Only so do two halves become one character.
                text = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
            if text and "\ud800" <= text[-1] <= "\udbff":
                self.halves[path] = text[-1]
                text = text[:-1]
            holder[name] = text


def _texts(value: object, path: _Path) -> Iterator[tuple[_Path, dict[str, Any], str]]:
    """Yield the texts of choices that continue in the next chunk, each with its place."""
    if isinstance(value, list):
        for position, item in enumerate(value):
            index = item.get("index") if isinstance(item, dict) else None
            yield from _texts(item, (*path, position if index is None else repr(index)))
    elif isinstance(value, dict):
        for name, item in value.items():
            if isinstance(item, str) and name in _TEXTS:
                yield (*path, name), value, name
            elif isinstance(item, dict | list):
                yield from _texts(item, (*path, name))


def _leave_out_nothings(chunk: dict[str, Any]) -> bool:
    """Take out what is empty and of the wrong type; return whether there was such."""
    before = repr(chunk)
    chunk["choices"] = _objects(chunk.get("choices"))
    for choice in _dicts(chunk["choices"]):
        for name in ("delta", "message"):
            choice[name] = choice.get(name) or None
        for message in _dicts([choice["delta"], choice["message"]]):
            message.update({field: None for field, value in message.items() if value in ([], {}, "")})
            message["tool_calls"] = _objects(message.get("tool_calls"))
            for call in _dicts(message["tool_calls"]):
                call["function"] = call.get("function") or None
    return repr(chunk) != before


def _dicts(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _objects(value: object) -> object:
    """Return a list of objects without what is none; a lone one as a list of one."""
    if not value:
        return None
    if isinstance(value, dict):
        return [value]
    return [item for item in value if item is not None] if isinstance(value, list) else value
