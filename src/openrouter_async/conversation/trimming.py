"""Which turns are sent when a conversation grows long. No I/O here.

A policy is a function from the turns so far to those that are sent, in order. It decides about whole turns, so no
call of a tool is ever parted from its result, and it leaves the history itself alone. The system message and the
message that is being sent always are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from pydantic_core import to_json

from ..errors import ConfigurationError
from .history import Turn

__all__ = ["Trim", "estimate_tokens", "keep_tokens", "keep_turns"]

Trim: TypeAlias = Callable[[Sequence[Turn]], Sequence[Turn]]
"""Returns which of the turns are sent."""

BYTES_A_TOKEN = 4
TOKENS_A_MESSAGE = 4
TOKENS_AN_ATTACHMENT = 1_000


def keep_turns(count: int) -> Trim:
    """Return the policy that sends the last `count` turns.

    Raises:
        ConfigurationError: `count` is below 0.
    """
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        raise ConfigurationError(f"keep_turns() got {count!r}; expected a whole number of at least 0")
    return lambda turns: turns[max(0, len(turns) - count) :]


def keep_tokens(limit: int, *, count: Callable[[Mapping[str, object]], int] | None = None) -> Trim:
    """Return the policy that sends the latest turns which have at most `limit` tokens together.

    Args:
        limit: Tokens of the turns; system message, tools and the new message come on top.
        count: Counts the tokens of one message; default: `estimate_tokens`.

    Raises:
        ConfigurationError: `limit` is below 0.
    """
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 0:
        raise ConfigurationError(f"keep_tokens() got {limit!r}; expected a whole number of at least 0")
    count_one = count or estimate_tokens

    def trim(turns: Sequence[Turn]) -> Sequence[Turn]:
        room = limit
        kept = 0
        for turn in reversed(turns):
            room -= sum(map(count_one, turn.messages))
            if room < 0:
                break
            kept += 1
        return turns[len(turns) - kept :]

    return trim


def estimate_tokens(message: Mapping[str, object]) -> int:
    """Return about how many tokens a message has: a quarter of its bytes, and 1,000 for an image or the like.

    Models differ, and other scripts than Latin ones have more; leave a margin, or count with a tokenizer.
    """
    content = message.get("content")
    rest = {name: value for name, value in message.items() if name != "content"}
    tokens = TOKENS_A_MESSAGE + len(to_json(rest)) // BYTES_A_TOKEN
    parts = content if isinstance(content, list) else [{"type": "text", "text": content or ""}]
    for part in parts:
        is_text = isinstance(part, Mapping) and part.get("type") == "text"
        tokens += len(str(part["text"]).encode()) // BYTES_A_TOKEN if is_text else TOKENS_AN_ATTACHMENT
    return tokens
