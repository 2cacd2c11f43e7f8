"""`ResultQueue`: results on their way from the workers of a batch to their reader, written down before they are seen.

Theory of operation: where the reader waits for news, it is woken by the first result, and runs once the tasks that are
ready have had their turn; all that finished in that turn is then written down at once, by the reader. Where it does not
wait, being busy with an earlier result or gone, the worker writes at once. So nothing is left unwritten for longer than
a turn of the event loop, and where many answers come together there is one write for all of them: for each by itself
writing took a tenth of what an item costs. A worker whose result finds no room waits, and takes no further item.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic

import anyio

from ..types.chat.completion import OutputT
from .results import Result

__all__ = ["ResultQueue"]


class ResultQueue(Generic[OutputT]):
    """The results that are finished and not read."""

    def __init__(self, limit: int, write: Callable[[Sequence[bytes]], None]) -> None:
        """Make one that is empty.

        Args:
            limit: How many results may wait before workers wait too.
            write: Writes records down; raises nothing.
        """
        self._limit = limit
        self._write = write
        self._unwritten: list[tuple[bytes, Result[OutputT]]] = []
        self._ready: deque[Result[OutputT]] = deque()
        self._readers = 0
        self._news: anyio.Event | None = None
        self._room: anyio.Event | None = None
        self._is_closed = False

    async def put(self, result: Result[OutputT], record: bytes | None) -> None:
        """Hand a result over, and wait while there are too many; without a `record` it is not written down."""
        if record is None:
            self._ready.append(result)
        else:
            self._unwritten.append((record, result))
            if not self._readers:
                self.write_down()
        self._tell()
        while len(self._ready) + len(self._unwritten) > self._limit:
            if self._room is None:
                self._room = anyio.Event()
            await self._room.wait()

    async def get(self) -> Result[OutputT] | None:
        """Return the next result, waiting for one; None after the last."""
        while True:
            self.write_down()
            if self._ready:
                break
            if self._is_closed:
                return None
            await self._wait()
        if self._room is not None:
            self._room.set()
            self._room = None
        return self._ready.popleft()

    def write_down(self) -> None:
        """Write down what is finished, which makes it ready to be read."""
        if self._unwritten:
            finished, self._unwritten = self._unwritten, []
            self._write([record for record, _ in finished])
            self._ready += [result for _, result in finished]

    def close(self) -> None:
        """No further results come."""
        self._is_closed = True
        self._tell()

    def _tell(self) -> None:
        if self._news is not None:
            self._news.set()
            self._news = None

    async def _wait(self) -> None:
        if self._news is None:
            self._news = anyio.Event()
        self._readers += 1
        try:
            await self._news.wait()
        finally:
            self._readers -= 1
            self.write_down()  # also where the reader is cancelled just then
