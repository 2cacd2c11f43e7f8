"""`Duplicates`: equal requests of a batch, of which only the first is sent; see `dedupe`.

Theory of operation: who comes with a request that is in flight waits for its result. An answer is kept for those that
come later; a failure is passed on to those that wait, and forgotten.
"""

from __future__ import annotations

from typing import Generic

import anyio

from ..types.chat.completion import OutputT
from .results import Done, Result

__all__ = ["Duplicates", "First"]


class First(Generic[OutputT]):
    """The first of several equal requests."""

    def __init__(self) -> None:
        self.result: Result[OutputT] | None = None
        """The result; None before it, and if the batch ended first."""
        self._ended = anyio.Event()

    async def ended(self) -> Result[OutputT] | None:
        """Return its result when it is there."""
        await self._ended.wait()
        return self.result

    def end(self, result: Result[OutputT] | None) -> None:
        """Tell those that wait."""
        self.result = result
        self._ended.set()


class Duplicates(Generic[OutputT]):
    """The requests of a batch so far, by what they ask."""

    def __init__(self) -> None:
        self._firsts: dict[str, First[OutputT]] = {}

    def find(self, hash: str) -> First[OutputT] | None:
        """Return the first equal request; None if this is it."""
        return self._firsts.get(hash)

    def begin(self, hash: str) -> None:
        """A request is about to be sent."""
        self._firsts[hash] = First()

    def end(self, hash: str, result: Result[OutputT] | None) -> None:
        """It has ended, or was read from the journal."""
        first = self._firsts.setdefault(hash, First())
        first.end(result)
        if not isinstance(result, Done):
            del self._firsts[hash]
