"""`ConversationPrompts`: whether the prompt of a conversation was still cached, for its hooks and the log."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .._sansio.prompt_cache import PromptCaches
    from ..hooks import RequestEvent

__all__ = ["ConversationPrompts"]

LOGGER = logging.getLogger("openrouter_async")


class ConversationPrompts:
    """The last prompts of a client's conversations, for a call of one of them."""

    __slots__ = ("_caches", "_session_id")

    def __init__(self, caches: PromptCaches, session_id: str) -> None:
        self._caches = caches
        self._session_id = session_id

    def compared(self, event: RequestEvent, content: bytes) -> RequestEvent:
        """Return the event of a call that was answered, with the collapse if there is one, which is logged too.

        `content` is the body of the request.
        """
        details = None if event.usage is None else event.usage.prompt_tokens_details
        if event.usage is None or details is None or details.cached_tokens is None:
            return event  # nobody said anything of a cache
        counts = {
            "input_tokens": event.usage.prompt_tokens or 0,
            "cache_read.input_tokens": details.cached_tokens,
            "cache_write.input_tokens": details.cache_write_tokens or 0,
        }
        collapse = self._caches.saw(
            self._session_id,
            event.model,
            event.provider,
            counts,
            content=content,
            now=time.monotonic(),
        )
        if collapse is None:
            return event
        where = "" if collapse.first_difference is None else f", first other byte {collapse.first_difference}"
        LOGGER.info(
            "%s: %d of %d tokens that a provider had cached were not cached any more: %s%s",
            event.operation,
            collapse.missed,
            collapse.established,
            collapse.reason,
            where,
        )
        return replace(event, prompt_cache_collapse=collapse)
