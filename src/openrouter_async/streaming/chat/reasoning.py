"""Streamed pieces of `reasoning_details` become the list that a plain reply has, fit to be sent back. No I/O here.

Pieces of a text, and of a summary, come one after another and are joined where they are of the same type and block;
an encrypted block, and any type unknown here, comes whole. A signature may come alone and late: it goes to the text
it signs. An empty list is kept, since some models need it back. `type` decides first, since blocks of different types
share an `index`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...types.chat.completion import BETWEEN_BLOCKS, TEXT_FIELDS, readable_text

if TYPE_CHECKING:
    from ...types.common import JsonObject

__all__ = ["ReasoningBuilder"]


class _Block:
    """One entry that is being written."""

    def __init__(self, fields: JsonObject) -> None:
        self.fields = dict(fields)
        self.text_field = TEXT_FIELDS.get(str(fields.get("type")))
        self.pieces: list[str] = []
        text = fields.get(self.text_field) if self.text_field else None
        if isinstance(text, str):
            self.pieces.append(text)
        elif text is not None:
            self.text_field = None  # of no known shape, so nothing is joined to it

    def repeats(self, piece: JsonObject) -> bool:
        """Whether a piece says the whole text once more, as some do with the signature of it."""
        text = piece.get(self.text_field) if self.text_field else None
        return bool(text) and piece.get("signature") is not None and text == "".join(self.pieces)

    def add(self, piece: JsonObject) -> None:
        """Join a piece: its text is appended, of all else the first value that is not null stays."""
        for name, value in piece.items():
            if name == self.text_field:
                if isinstance(value, str):
                    self.pieces.append(value)
                self.fields.setdefault(name, value)
            elif self.fields.get(name) is None:
                self.fields[name] = value

    def as_fields(self) -> JsonObject:
        fields = dict(self.fields)
        if self.pieces and self.text_field:
            fields[self.text_field] = "".join(self.pieces)
        return fields


class ReasoningBuilder:
    """The reasoning of one message."""

    def __init__(self) -> None:
        self._blocks: list[_Block] = []
        self._read: _Block | None = None  # the block whose text was read last
        self._latest_text: dict[str, _Block] = {}  # by index
        self._alike: JsonObject | None = (
            None  # what the last piece was but for its text, if it continued a block
        )

    @property
    def blocks(self) -> int:
        """How many entries there are so far."""
        return len(self._blocks)

    def feed(self, details: Sequence[JsonObject]) -> str:
        """Add the entries of one chunk; return the characters that a person can read of them."""
        self._alike = None
        readable: list[str] = []
        for piece in details:
            block = self._continued_by(piece)
            if block is None:
                self._blocks.append(block := _Block(piece))
                if block.text_field == "text":
                    self._latest_text[repr(piece.get("index"))] = block
            else:
                if block.repeats(piece):  # twice the text would not be what was signed
                    piece = {**piece, str(block.text_field): ""}
                block.add(piece)
            if text := readable_text(piece):
                if self._read not in (None, block):
                    readable.append(BETWEEN_BLOCKS)
                readable.append(text)
                self._read = block
        return "".join(readable)

    def feed_alike(self, piece: JsonObject, text: str) -> str:
        """Add one entry, which is `piece` with another text; return that, with what `feed` puts before it."""
        if self._alike is piece:  # so it continues the block that the last one continued
            self._blocks[-1].pieces.append(text)
            return text
        blocks = len(self._blocks)
        readable = self.feed([{**piece, TEXT_FIELDS[str(piece["type"])]: text}])
        if (
            len(self._blocks) == blocks and piece.get("signature") is None
        ):  # behind a signature begins a block
            self._alike = piece
        return readable

    def as_fields(self) -> list[JsonObject]:
        """Return the entries so far, in order."""
        return [block.as_fields() for block in self._blocks]

    def _continued_by(self, piece: JsonObject) -> _Block | None:
        """Return the block that the piece belongs to; None if it begins one."""
        text_field = TEXT_FIELDS.get(str(piece.get("type")))
        text = piece.get(text_field) if text_field else None
        if text_field is None or not self._blocks or not (text is None or isinstance(text, str)):
            return None
        last, signature = self._blocks[-1], piece.get("signature")
        if last.text_field == text_field and _agree(last.fields, piece):
            # What follows a signature is the next text: joined, both would be refused when sent back.
            signed = last.fields.get("signature")
            return last if signed is None or (not text and signature in (None, signed)) else None
        if text_field == "text" and not text and signature is not None:
            unsigned = self._latest_text.get(repr(piece.get("index")))
            return unsigned if unsigned and unsigned.fields.get("signature") is None else None
        return None


def _agree(fields: JsonObject, piece: JsonObject) -> bool:
    """Whether a piece of the same type is of the same block, as far as both say."""
    if piece.get("type") == "reasoning.summary" and piece.get("index") is None:
        return False  # summaries are whole sentences; only a shared index shows that they are pieces of one
    return all(
        fields.get(name) is None or piece.get(name) is None or fields[name] == piece[name]
        for name in ("index", "id", "format")
    )
