"""`AnsweredPrompts`: the last prompts that were answered, each with how many tokens the service counted in it.

They are kept as they were sent, and read only when somebody asks for an estimate, so that a call pays for it no more
than an entry in a list. No I/O here.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .._sansio.request import RequestData

__all__ = ["AnsweredPrompt", "AnsweredPrompts"]

KEPT = 32
KEPT_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class AnsweredPrompt:
    """One of them."""

    body: bytes
    """The request, as it was sent."""
    models: tuple[str, ...]
    """The one that answered and the one that was asked, as far as they are known."""
    tokens: int
    """As the service counted them."""


class AnsweredPrompts:
    """At most 32 prompts, of at most a megabyte together; older ones give way."""

    def __init__(self) -> None:
        self._prompts: deque[AnsweredPrompt] = deque()
        self._bytes = 0

    def add(self, data: RequestData, answer: object) -> None:
        """Keep a chat request whose answer says how many tokens it had; nothing of any other."""
        tokens = getattr(getattr(answer, "usage", None), "prompt_tokens", None)
        if data.operation.name != "chat.create" or data.content is None or not isinstance(tokens, int):
            return
        named = (getattr(answer, "model", None), data.model)
        models = tuple(name for name in named if isinstance(name, str))
        self._prompts.append(AnsweredPrompt(data.content, models, tokens))
        self._bytes += len(data.content)
        while len(self._prompts) > KEPT or self._bytes > KEPT_BYTES:
            self._bytes -= len(self._prompts.popleft().body)

    def take(self) -> list[AnsweredPrompt]:
        """Return them, the oldest first, and keep them no longer."""
        prompts = list(self._prompts)
        self._prompts.clear()
        self._bytes = 0
        return prompts
