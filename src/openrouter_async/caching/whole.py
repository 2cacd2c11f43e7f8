"""Only whole, good answers are kept. Pure.

An answer that was cut off, is empty, or in which the model refused would be returned for ever after; another request
may do better.
"""

from __future__ import annotations

from .._sansio.request import RequestData
from ..types._base import WireType
from ..types.chat.model_reply import ModelReply

__all__ = ["is_reusable", "is_whole"]

_GOOD_ENDS = frozenset({"stop", "tool_calls"})


def is_reusable(data: RequestData) -> bool:
    """Whether the answer to a request can be kept: a model answers, and with JSON."""
    operation = data.operation
    return operation.repeat == "unanswered" and not operation.is_file and data.content is not None


def is_whole(answer: object) -> bool:
    """Whether an answer is worth keeping."""
    answer = getattr(answer, "reply", answer)  # a ranking has the reply that it was made of
    if not isinstance(answer, ModelReply):
        return isinstance(answer, WireType)
    choices = getattr(answer, "choices", None)
    if choices is None:
        if answer.refusal or answer.finish_reason not in _GOOD_ENDS:
            return False
    elif not choices:
        return False
    else:
        for choice in choices:
            if choice.finish_reason not in _GOOD_ENDS or getattr(choice.message, "refusal", None):
                return False
    has_sound = getattr(answer, "audio", None) is not None
    return bool(answer.text or answer.tool_calls or answer.images or has_sound)
