"""The text of messages, and how it is cut into tokens: simple rules that give the same count everywhere.

Real models count otherwise. What matters here is that a text has one length, that streams are cut where it is counted,
and that costs follow from it.
"""

from __future__ import annotations

import re

from pydantic import JsonValue

from .json_values import as_object, objects_in

__all__ = ["count_tokens", "cut", "prompt_tokens", "text_of"]

_TOKEN = re.compile(r"\s*(?:\w{1,8}|[^\w\s])|\s+")
_MESSAGE_TOKENS = 4
"""For the role and the borders of a message."""
_MEDIA_TOKENS = 85
"""For an image, a file, or sound."""


def cut(text: str) -> list[str]:
    """Return the tokens of a text; joined, they are the text."""
    return _TOKEN.findall(text)


def count_tokens(text: str) -> int:
    """Return the number of tokens of a text."""
    return sum(1 for _ in _TOKEN.finditer(text))


def text_of(content: JsonValue) -> str:
    """Return the text of a message's content, whichever form that has."""
    if isinstance(content, str):
        return content
    parts = (part.get("text") for part in objects_in(content))
    return "".join(text for text in parts if isinstance(text, str))


def prompt_tokens(messages: list[dict[str, JsonValue]]) -> int:
    """Return the number of tokens of a conversation."""
    return sum(_message_tokens(message) for message in messages)


def _message_tokens(message: dict[str, JsonValue]) -> int:
    content = message.get("content")
    media = sum(part.get("type") != "text" for part in objects_in(content))
    count = _MESSAGE_TOKENS + count_tokens(text_of(content)) + media * _MEDIA_TOKENS
    for call in objects_in(message.get("tool_calls")):
        if function := as_object(call.get("function")):
            count += count_tokens(f"{function.get('name')} {function.get('arguments')}")
    return count
