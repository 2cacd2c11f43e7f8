"""`AnswerCache`: the answers in one file, as calls use them; a fault of it costs a warning, never a call.

A look-up reads the file in the event loop's own thread, which takes microseconds, and a file that another process locks
is not waited for. All that may wait is in another thread: opening the file, reading large answers, and writing.
"""

from __future__ import annotations

import logging
import math
import os
import sqlite3
import time

import anyio
from anyio import to_thread

from ..special_options import LocalCache
from .store import LARGE, AnswerStore, KeptAnswer, StoreFault
from .writer import FAULTS, AnswerWriter, is_locked

__all__ = ["AnswerCache", "AnswerCaches"]

LOGGER = logging.getLogger("openrouter_async")

PAUSE_S = 30.0
"""Seconds without the cache after a fault that may pass, such as a full disk."""
_MOST_NOTED = 256
"""Hits that are noted in memory, before they are handed to the writer."""


class AnswerCache:
    """The answers in one file."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._reader = AnswerStore(path, busy_s=0)
        self._faults = _Faults(path)
        self._writer = AnswerWriter(path, self._faults.failed)
        self.is_open = False
        """Whether `find` and `keep` can be used."""
        self._opening = anyio.Lock()

    async def opened(self) -> bool:
        """Open the file, where it can be used, and return whether it is open."""
        if self.is_open or self._faults.is_off:
            return self.is_open
        async with self._opening:
            if not self.is_open and not self._faults.is_off:
                try:
                    await to_thread.run_sync(self._open)
                except FAULTS as error:
                    self._faults.failed(error, 0)
                else:
                    self.is_open = True
        return self.is_open

    def find(self, key: bytes, cache: LocalCache) -> KeptAnswer | None:
        """Return the answer of a key that is not too old; None if the open file lacks one, or cannot be read.

        One that is large has no body, see `whole`.
        """
        kept = None if self._faults.is_off else self._writer.find(key)
        if kept is not None:
            return None if cache.ttl is not None and kept.created + cache.ttl < time.time() else kept
        return self._read(key, cache, LARGE)

    async def whole(self, kept: KeptAnswer, key: bytes, cache: LocalCache) -> KeptAnswer | None:
        """Return an answer that was found with its body."""
        if kept.body is not None:
            return kept
        return await to_thread.run_sync(self._read, key, cache, None)

    def keep(self, key: bytes, answer: KeptAnswer, cache: LocalCache) -> None:
        """Keep an answer; does not wait until it is written to the open file."""
        self._writer.keep(key, answer, cache)

    async def lease(self, key: bytes) -> bool:
        """Take the lease of a key, which `release` ends; False if another process has it."""
        if not await self.opened():
            return True
        is_ours = True
        with anyio.CancelScope(shield=True):  # else nobody would know whether it was taken
            try:
                is_ours = await to_thread.run_sync(self._writer.lease, key)
            except FAULTS as error:
                self._faults.failed(error, 0)
        return is_ours

    def release(self, key: bytes) -> None:
        """End the lease of a key, once its answer is written."""
        self._writer.release(key)

    async def aclose(self) -> None:
        """Write what is left, and close the file."""
        self._hand_over_notes()
        self.is_open = False
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(self._close)

    def _close(self) -> None:
        self._reader.close()
        self._writer.close()

    def _read(self, key: bytes, cache: LocalCache, most: int | None) -> KeptAnswer | None:
        if self._faults.is_off:
            self.is_open = False
            return None
        try:
            kept = self._reader.find(key, now=time.time(), ttl=cache.ttl, most=most)
        except FAULTS as error:
            if is_locked(error):
                LOGGER.debug("the local cache %r is locked, and the call is sent", self._path)
                return None
            if isinstance(error, StoreFault):
                self._writer.forget(key)
            self._faults.failed(error, 0)
            return None
        if len(self._reader.noted) > _MOST_NOTED:
            self._hand_over_notes()
        return kept

    def _open(self) -> None:
        self._writer.opened()
        self._reader.connection()

    def _hand_over_notes(self) -> None:
        notes, self._reader.noted = self._reader.noted, {}
        self._writer.note(notes)


class _Faults:
    """Says what is wrong with a file, once, and for how long it is not used."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._off_until = -math.inf
        self._told: set[str] = set()

    @property
    def is_off(self) -> bool:
        return time.monotonic() < self._off_until

    def failed(self, error: Exception, lost: int) -> None:
        """Warn, and do without the file: for a while if the fault may pass, else for good. Any thread may call it."""
        may_pass = isinstance(error, sqlite3.OperationalError | OSError)
        is_of_one_answer = isinstance(error, StoreFault) and "an answer" in str(error)
        reason = (error.strerror or str(error)).lower() if isinstance(error, OSError) else str(error)
        if is_of_one_answer:
            consequence = "it is not used, and calls are sent"
        elif is_locked(error):
            consequence = "answers are kept once it is free"
        else:
            until = f" for {PAUSE_S:g} seconds" if may_pass else " by this client"
            consequence = f"the file is not used{until}, and calls are sent"
            self._off_until = time.monotonic() + PAUSE_S if may_pass else math.inf
        if lost:
            consequence += f"; {lost} answers were not kept"
        LOGGER.log(
            logging.DEBUG if reason in self._told else logging.WARNING,
            "the local cache %r: %s; %s",
            self._path,
            reason,
            consequence,
        )
        self._told.add(reason)


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
