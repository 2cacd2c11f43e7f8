"""The formats of `relay` by their names, and the headers of all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from .ai_sdk import AISDK5Format, AISDKFormat
from .events import EventsFormat
from .messages import MessagesFormat
from .openai import OpenAIFormat
from .responses import ResponsesFormat
from .text import TextFormat

if TYPE_CHECKING:
    from ._format import Format

__all__ = ["FORMATS", "HEADERS", "FormatName"]

FormatName: TypeAlias = Literal["ai-sdk", "ai-sdk-5", "events", "messages", "openai", "responses", "text"]

FORMATS: dict[str, type[Format]] = {
    "ai-sdk": AISDKFormat,
    "ai-sdk-5": AISDK5Format,
    "events": EventsFormat,
    "messages": MessagesFormat,
    "openai": OpenAIFormat,
    "responses": ResponsesFormat,
    "text": TextFormat,
}

HEADERS = {
    # no-transform: neither a proxy nor a CDN compresses it, which would hold pieces back
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
    "x-content-type-options": "nosniff",
}
