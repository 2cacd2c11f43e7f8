"""`AnswerCache`: the store of answers, used off the event loop; a fault of it costs a warning, never a call."""

from __future__ import annotations

import logging
import math
import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Generic, TypeVar

import anyio
from anyio import to_thread

from ..options import LocalCache
from .store import AnswerStore, KeptAnswer, StoreFault

__all__ = ["AnswerCache", "AnswerCaches"]

LOGGER = logging.getLogger("openrouter_async")

T = TypeVar("T")

PAUSE_S = 30.0
"""Seconds without the cache after a fault that may pass, such as a file that another process locks."""


class _Job(Generic[T]):
    """A piece of work for a thread, and its result."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._error: Exception | None = None
        self._value: T | None = None
        self.is_done = False

    def do(self) -> None:
        """Do it, and note its result."""
        try:
            self._value = self._work()
        except Exception as error:  # noqa: BLE001 - raised by `result`
            self._error = error
        self.is_done = True

    def result(self) -> T | None:
        """Return what it returned, or raise what it raised."""
        if self._error is not None:
            raise self._error
        return self._value


def _do_all(jobs: Sequence[_Job[Any]]) -> None:
    for job in jobs:
        job.do()


class AnswerCache:
    """The answers in one file.

    One thread at a time works on it, and does all that is waiting: to change the thread costs more than a look-up.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._store = AnswerStore(path)
        self._one_at_a_time = anyio.Lock(fast_acquire=True)
        self._waiting: list[_Job[Any]] = []
        self._off_until = -math.inf

    async def find(self, key: bytes, cache: LocalCache) -> KeptAnswer | None:
        """Return the answer of a key that is not too old; None if the file lacks one, or cannot be read."""
        return await self._run(partial(self._store.find, key, now=time.time(), ttl=cache.ttl))

    async def keep(self, key: bytes, answer: KeptAnswer, cache: LocalCache) -> None:
        """Keep an answer, as far as the file can be written."""
        await self._run(partial(self._store.keep, key, answer, ttl=cache.ttl, max_bytes=cache.max_bytes))

    async def aclose(self) -> None:
        """Close the file."""
        with anyio.CancelScope(shield=True):
            await self._run(self._store.close, always=True)

    async def _run(self, work: Callable[[], T], *, always: bool = False) -> T | None:
        if time.monotonic() < self._off_until and not always:
            return None
        job = _Job(work)
        self._waiting.append(job)
        async with self._one_at_a_time:
            if not job.is_done:
                jobs, self._waiting = self._waiting, []
                await to_thread.run_sync(_do_all, jobs)
        try:
            return job.result()
        except (sqlite3.Error, OSError, StoreFault, ValueError, KeyError) as error:
            self._failed(error)
            return None

    def _failed(self, error: Exception) -> None:
        """Warn, and do without the file: for a while if the fault may pass, else for good."""
        if time.monotonic() < self._off_until:
            return  # it was told already, by what was done together with this
        may_pass = isinstance(error, sqlite3.OperationalError | OSError)
        is_of_one_answer = isinstance(error, StoreFault) and "an answer" in str(error)
        reason = (error.strerror or str(error)).lower() if isinstance(error, OSError) else str(error)
        until = "" if is_of_one_answer else f" for {PAUSE_S:g} seconds" if may_pass else " by this client"
        consequence = "it is not used" if is_of_one_answer else f"the file is not used{until}"
        LOGGER.warning("the local cache %r: %s; %s, and calls are sent", self._path, reason, consequence)
        if not is_of_one_answer:
            self._off_until = time.monotonic() + PAUSE_S if may_pass else math.inf


class AnswerCaches:
    """The open files of the clients that share connections."""

    def __init__(self) -> None:
        self._by_path: dict[str, AnswerCache] = {}

    def of(self, cache: LocalCache) -> AnswerCache:
        """Return the answers in the file of a cache."""
        path = os.fspath(cache.path)
        if path not in self._by_path:
            self._by_path[path] = AnswerCache(path)
        return self._by_path[path]

    async def aclose(self) -> None:
        """Close every file."""
        for cache in self._by_path.values():
            await cache.aclose()
        self._by_path.clear()
