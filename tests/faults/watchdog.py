"""How long one step of a task kept the event loop to itself, so that no other task could run.

Counted is the CPU time of the loop's thread: a busy machine, or a test that waits for the fault server, does not count.
Nor does what runs inside `unwatched`, which is for work of the suite itself, nor a full garbage collection, which looks
at all that the suite keeps, its log records above all.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

__all__ = ["Watchdog", "unwatched", "watched"]

_unwatched_s = 0.0


class Watchdog:
    """Looks at every step while it is watching."""

    def __init__(self) -> None:
        self.longest_s = 0.0
        """The longest step so far, in seconds."""
        self.before_task_step()

    def before_task_step(self, *_: object) -> None:
        """A step begins; trio calls it by this name."""
        self._began, self._unwatched = time.thread_time(), _unwatched_s

    def after_task_step(self, *_: object) -> None:
        """A step has ended."""
        taken = time.thread_time() - self._began - (_unwatched_s - self._unwatched)
        self.longest_s = max(self.longest_s, taken)


@contextmanager
def watched() -> Iterator[Watchdog]:
    """Watch the steps of the loop that is running; the one that enters is watched by trio only, from here on."""
    dog = Watchdog()
    with _uncollected():
        yield from _watch(dog)


def _watch(dog: Watchdog) -> Iterator[Watchdog]:
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        loop = None
    if loop is None:
        import trio

        trio.lowlevel.add_instrument(dog)  # type: ignore[arg-type]  # it looks for the methods there are
        try:
            yield dog
        finally:
            trio.lowlevel.remove_instrument(dog)  # type: ignore[arg-type]  # as above
        return
    run = asyncio.Handle._run  # type: ignore[attr-defined]  # by this the loop runs each step

    @wraps(run)
    def step(handle: asyncio.Handle) -> Any:
        dog.before_task_step()
        try:
            return run(handle)
        finally:
            dog.after_task_step()

    asyncio.Handle._run = step  # type: ignore[attr-defined]  # as above
    try:
        yield dog
    finally:
        asyncio.Handle._run = run  # type: ignore[attr-defined]  # as above


@contextmanager
def _uncollected() -> Iterator[None]:
    began = 0.0

    def collecting(phase: str, info: dict[str, int]) -> None:
        global _unwatched_s
        nonlocal began
        if info["generation"] < 2:
            return
        if phase == "start":
            began = time.thread_time()
        else:
            _unwatched_s += time.thread_time() - began

    gc.callbacks.append(collecting)
    try:
        yield
    finally:
        gc.callbacks.remove(collecting)


@contextmanager
def unwatched() -> Iterator[None]:
    """Leave out work of the suite itself."""
    global _unwatched_s
    began = time.thread_time()
    try:
        yield
    finally:
        _unwatched_s += time.thread_time() - began
