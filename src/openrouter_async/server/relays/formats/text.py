"""The form `text`: the text of the answer and nothing else.

A failure after the start can be told only by an end that is not clean, so the connection is broken off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ....streaming.events import TextDelta
from ._format import Format

if TYPE_CHECKING:
    from ._format import Event

__all__ = ["TextFormat"]


class TextFormat(Format):
    """Plain text, in UTF-8."""

    media_type = "text/plain"
    keepalive = b""
    has_partials = False

    def event(self, event: Event) -> bytes:
        return event.text.encode() if isinstance(event, TextDelta) and event.choice == 0 else b""
