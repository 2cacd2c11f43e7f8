"""How the prompt is cached at the provider: marks on parts, and options of the whole request.

Whole answers are cached by OpenRouter itself, which is set in the options of a call (`ResponseCache`).
"""

from __future__ import annotations

from typing import Literal, Required

from typing_extensions import TypedDict

from ..requests.fields import closed

__all__ = ["CacheControl", "PromptCacheBreakpoint", "PromptCacheOptions"]


@closed
class CacheControl(TypedDict, total=False):
    """Marks the end of the cached prefix, in Anthropic's form; at most 4 marks per request there."""

    type: Required[Literal["ephemeral"]]
    ttl: Literal["5m", "1h"]
    """How long the entry lives. Default `5m`; `1h` costs more to write."""


@closed
class PromptCacheBreakpoint(TypedDict, total=False):
    """Marks the end of the cached prefix, in the form of GPT-5.6 and later; converted from and to `CacheControl`."""

    mode: Required[Literal["explicit"]]
    ttl: str | None
    """E.g. `30m`."""


@closed
class PromptCacheOptions(TypedDict, total=False):
    """Caches only what is marked (GPT-5.6 and later)."""

    mode: Required[Literal["explicit"]]
    ttl: str | None
    """E.g. `30m`."""
