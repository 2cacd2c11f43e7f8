"""Selects the turns to send when a conversation grows long. No I/O here.

A policy is a function from the turns so far to those to send, in order. It decides about whole turns, so a call of a
tool always stays with its result, and it leaves the history unchanged. The system message and the new message are
always sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from .._checks import whole
from ..tokens.prompt import estimate_messages
from .history import Turn

__all__ = ["Trim", "keep_tokens", "keep_turns"]

Trim: TypeAlias = Callable[[Sequence[Turn]], Sequence[Turn]]
"""Returns which of the turns are sent."""


def keep_turns(count: int) -> Trim:
    """Return the policy that sends the last `count` turns.

    Raises:
        ConfigurationError: `count` is below 0.
    """
    whole("count of keep_turns()", count, least=0)
    return lambda turns: turns[max(0, len(turns) - count) :]


def keep_tokens(
    limit: int, *, model: str | None = None, count: Callable[[Mapping[str, object]], int] | None = None
) -> Trim:
    """Return the policy that sends the latest turns which have at most `limit` tokens together.

    Counting takes about 0.2 ms for a thousand tokens, each time that a message is sent.

    Args:
        limit: Tokens of the turns; system message, tools and the new message come on top.
        model: Whose tokens they are; default: those of newer GPT models, with a little more for others.
        count: Counts the tokens of one message, in place of the estimate.

    Raises:
        ConfigurationError: `limit` is below 0.
    """
    whole("limit of keep_tokens()", limit, least=0)

    def tokens_of(turn: Turn) -> int:
        if count is not None:
            return sum(map(count, turn.messages))
        return estimate_messages(turn.messages, model=model).tokens

    def trim(turns: Sequence[Turn]) -> Sequence[Turn]:
        room = limit
        kept = 0
        for turn in reversed(turns):
            room -= tokens_of(turn)
            if room < 0:
                break
            kept += 1
        return turns[len(turns) - kept :]

    return trim
