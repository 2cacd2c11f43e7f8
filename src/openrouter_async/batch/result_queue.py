"""`ResultQueue`: results between the workers of a batch and their reader, written down before they are seen.

Theory of operation: a reader that waits is woken by the first result, and runs after the tasks that are ready; it
then writes all results of that turn together. If the reader does not wait, being busy or gone, the worker writes
immediately. So nothing stays unwritten for longer than one turn of the event loop, and many simultaneous answers need
one write: separate writes took a tenth of the cost of an item. A worker whose result finds the queue full waits, and
takes no further item.
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
