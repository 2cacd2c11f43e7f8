"""`AnswerWriter`: the thread that writes to the file of a local cache, many answers in one transaction.

*Theory of operation.* A call hands its answer over and does not wait. The thread writes what came within a tenth of a
second together, since a transaction costs more than the answers in it; until then look-ups find an answer in memory.
Where another process locks the file, the answers wait for the next attempt. `close` writes what is left, and so does
the end of the interpreter; a process that is killed loses what was not written yet.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable

from ..special_options import LocalCache
from .store import AnswerStore, KeptAnswer, StoreFault

__all__ = ["FAULTS", "AnswerWriter", "is_locked"]

FAULTS = (sqlite3.Error, OSError, StoreFault, ValueError, KeyError)
"""Errors of a file that cannot be used."""
GATHER_S = 0.1
"""Seconds that the first answer of a transaction waits for others."""
MOST_WAITING = 64 * 2**20
"""Bytes of answers that wait for the file; above it, the newest are not kept."""
LEASE_S = 4.0
"""Seconds after which the lease of a process ends that does not renew it."""
_RENEW_S = 1.0


class AnswerWriter:
    """The only one who writes to a file for this process; its methods are quick but for `lease` and `close`."""

    def __init__(self, path: str, failed: Callable[[Exception, int], None]) -> None:
        """Open nothing yet.

        Args:
            path: The file.
            failed: Told in any thread of a fault, and how many answers are not kept for it.
        """
        self._state = _State(path, failed)
        self._end = weakref.finalize(self, self._state.end_here)

    def opened(self) -> None:
        """Open the file, and make its tables where it is new."""
        with self._state.file:
            self._state.store.connection()

    def find(self, key: bytes) -> KeptAnswer | None:
        """Return an answer that is not written yet."""
        state = self._state
        return state.waiting.get(key) or state.being_written.get(key)

    def keep(self, key: bytes, answer: KeptAnswer, cache: LocalCache) -> None:
        """Write an answer soon."""
        state, size = self._state, len(answer.body or b"")
        with state.lock:
            is_first = not state.waiting
            if state.bytes + size > MOST_WAITING:
                return
            state.waiting[key] = answer
            state.bytes += size
            state.cache = cache
        if is_first:
            state.wake()

    def note(self, hits: dict[bytes, tuple[int, float]]) -> None:
        """Write down hits with the next answers, or at the end."""
        with self._state.lock:
            for key, (count, at) in hits.items():
                self._state.hits[key] = (self._state.hits.get(key, (0, at))[0] + count, at)

    def forget(self, key: bytes) -> None:
        """Remove a damaged answer."""
        with self._state.lock:
            self._state.damaged.append(key)
        self._state.wake(at_once=True)

    def lease(self, key: bytes) -> bool:
        """Take the lease of a key, and renew it until `release`; False if another process has it. Blocks."""
        state, now = self._state, time.time()
        with state.file:
            is_ours = state.store.lease(key, state.owner, now=now, until=now + LEASE_S)
        if is_ours:
            with state.lock:
                state.leased.add(key)
            state.wake()
        return is_ours

    def release(self, key: bytes) -> None:
        """End a lease once what was kept before is in the file."""
        with self._state.lock:
            self._state.released.append(key)
        self._state.wake()

    def close(self) -> None:
        """Write what is left, end the thread, and close the file. Blocks; the next use opens it again."""
        self._state.end()


class _State:
    """State shared by the thread and the event loop. It does not refer to the writer, so a dropped one is
    collected."""

    def __init__(self, path: str, failed: Callable[[Exception, int], None]) -> None:
        self.store = AnswerStore(path)
        self.failed = failed
        self.owner = f"{os.getpid()} {os.urandom(8).hex()}"
        self.file = threading.Lock()
        """Of who uses the store."""
        self.lock = threading.Lock()
        """Of what follows."""
        self.cache: LocalCache | None = None
        self.waiting: dict[bytes, KeptAnswer] = {}
        self.being_written: dict[bytes, KeptAnswer] = {}
        self.bytes = 0
        self.hits: dict[bytes, tuple[int, float]] = {}
        self.damaged: list[bytes] = []
        self.leased: set[bytes] = set()
        self.released: list[bytes] = []
        self._process = os.getpid()
        self._thread: threading.Thread | None = None
        self._has_work = threading.Event()
        self._is_urgent = threading.Event()
        self._ends = False

    def wake(self, *, at_once: bool = False) -> None:
        """Let the thread work, which begins with its first work."""
        if self._thread is None:
            with self.lock:
                if self._thread is None:
                    self._ends = False
                    self._thread = threading.Thread(
                        target=self._run, name="openrouter-async cache", daemon=True
                    )
                    self._thread.start()
        self._has_work.set()
        if at_once:
            self._is_urgent.set()

    def end(self) -> None:
        """Write what is left, end the thread, and close the file."""
        thread = self._thread
        if thread is None:
            self._finish()
            return
        self._ends = True
        self.wake(at_once=True)
        if thread is not threading.current_thread():  # which may collect the last client as garbage
            thread.join()

    def end_here(self) -> None:
        """End as the process does, or as a client is dropped; in a fork the file is the parent's."""
        if os.getpid() == self._process:
            self.end()

    def _run(self) -> None:
        while True:
            if self._has_work.wait(_RENEW_S if self.leased else None):
                self._is_urgent.wait(GATHER_S)
            if self._ends:
                break
            self._has_work.clear()
            self._is_urgent.clear()
            with self.file:
                try:
                    self._write()
                except FAULTS as error:
                    if is_locked(error):
                        self.failed(error, 0)
                        self._has_work.set()  # once more, a moment later
                    else:
                        self._lost(error)
        self._thread = None
        self._finish()

    def _finish(self) -> None:
        with self.file:
            try:
                self._write()
                self.store.close()
            except FAULTS as error:
                self._lost(error)

    def _write(self) -> None:
        """Write all pending answers; those that could not be written stay pending."""
        store = self.store
        with self.lock:
            size, hits, damaged = self.bytes, self.hits, self.damaged
            self.hits, self.damaged = {}, []
            # In this order, since look-ups do not wait for the lock.
            self.being_written, self.waiting = {**self.being_written, **self.waiting}, {}
            released, self.released = self.released, []
        if damaged:
            store.forget(damaged)
        if self.being_written and self.cache is not None:
            store.keep(self.being_written, ttl=self.cache.ttl, max_bytes=self.cache.max_bytes)
            with self.lock:
                self.being_written = {}
                self.bytes -= size
        if hits:
            store.noted = hits
            store.write_notes()
        if released:
            with self.lock:
                self.leased.difference_update(released)
            store.release(released, self.owner)
        if self.leased:
            store.renew(self.owner, time.time() + LEASE_S)

    def _lost(self, error: Exception) -> None:
        with self.lock:
            lost = len(self.being_written) + len(self.waiting)
            self.being_written, self.waiting, self.bytes = {}, {}, 0
            self.leased.clear()
        self.failed(error, lost)


def is_locked(error: Exception) -> bool:
    """Whether another process uses the file, and it can be used once that is done."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
