"""What a person can read of `reasoning_details`, which some replies have in place of `reasoning`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..common import JsonObject

__all__ = ["BETWEEN_BLOCKS", "TEXT_FIELDS", "readable_reasoning", "readable_text"]

TEXT_FIELDS = {"reasoning.text": "text", "reasoning.summary": "summary"}
"""Types of entries that can be read, with the field that holds the text; it may come in pieces."""

BETWEEN_BLOCKS = "\n\n"
"""Between the texts of two entries, each of which is a paragraph or more."""


def readable_text(entry: JsonObject) -> str:
    """Return the text of one entry; empty where it has none, because it is encrypted, or only a signature."""
    field = TEXT_FIELDS.get(str(entry.get("type")))
    text = entry.get(field) if field else None
    return text if isinstance(text, str) else ""


def readable_reasoning(details: Iterable[JsonObject] | None) -> str | None:
    """Return the reasoning in the entries as text; None if none of them can be read."""
    return BETWEEN_BLOCKS.join(filter(None, map(readable_text, details or ()))) or None
