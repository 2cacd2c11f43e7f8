"""`UsageSamples`: the last prompts with a reply, each with the service's count of its tokens.

They are kept as they were sent, and read only when somebody asks for an estimate, so they cost a call no more than a
list entry. No I/O here.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from .observers import Observer

if TYPE_CHECKING:
    from .._sansio.request import RequestData
    from ..protocols import Sender
    from .observers import Attempt

__all__ = ["UsageSample", "UsageSamples"]

_PROMPTED = frozenset({"chat.create", "responses.create", "messages.create"})

KEPT = 32
"""Chosen: an estimate is a ratio of bytes to tokens, which more samples hardly change."""
KEPT_BYTES = 1024 * 1024
"""Chosen: the most memory that a client may use for it."""


class UsageSample(NamedTuple):
    """A prompt that was answered."""

    body: bytes
    """The request, as it was sent."""
    models: tuple[str, ...]
    """The one that answered and the one that was asked, as far as they are known."""
    tokens: int
    """As the service counted them."""


class UsageSamples(Observer):
    """At most 32 prompts, of at most a megabyte together; older ones give way."""

    def __init__(self) -> None:
        self._samples: deque[UsageSample] = deque()
        self._bytes = 0

    def observe(self, request: RequestData, _sender: Sender) -> Observer | None:
        """Watch requests of prompts, in every dialect."""
        return self if request.operation.name in _PROMPTED else None

    def ended(self, attempt: Attempt) -> None:
        """Keep a request whose answer says how many tokens it had."""
        answer, request = attempt.answer, attempt.request
        tokens = getattr(getattr(answer, "usage", None), "prompt_tokens", None)
        if request.content is None or not isinstance(tokens, int):
            return
        named = (getattr(answer, "model", None), request.model)
        models = tuple(name for name in named if isinstance(name, str))
        self._samples.append(UsageSample(request.content, models, tokens))
        self._bytes += len(request.content)
        while len(self._samples) > KEPT or self._bytes > KEPT_BYTES:
            self._bytes -= len(self._samples.popleft().body)

    def take(self) -> list[UsageSample]:
        """Return them, the oldest first, and keep them no longer."""
        samples = list(self._samples)
        self._samples.clear()
        self._bytes = 0
        return samples
