"""What must hold in every row, whatever it is about: `checked` wraps each test, `check_error` looks at each error.

A hard limit of time, of memory, and of how long the event loop is blocked; no task and no socket left behind; not a
word from the event loop; and the key nowhere: not in an error, its causes, its attributes, its traceback with the local
variables, or its pickle, nor in a log record of any logger at any level.
"""

from __future__ import annotations

import logging
import math
import os
import pickle
import reprlib
import stat
import time
import traceback
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel

from openrouter_async import errors
from tests.faults.watchdog import unwatched, watched

__all__ = ["ROW_LIMIT_S", "check_error", "check_hidden", "checked"]

ROW_LIMIT_S = 40.0
"""The longest any row may take, on a busy machine."""

BLOCKED_LIMIT_S = 0.1
"""The longest that any step may keep the event loop to itself, in CPU seconds."""

MEMORY_LIMIT = 256 * 1024 * 1024
"""The most bytes a row may hold more than there were before it, the suite's own included."""

GOODBYE_S = 5.0
"""How long tasks and sockets may take to end after a test, on a busy machine."""

SECRET = "c0ffee0123456789"
"""The middle of the key of `calls`: what is shown of a key masked does not hold it."""

_SHOWN = reprlib.Repr()  # unlike `repr` it takes objects that are only half made
for _limit in (
    "level",
    "tuple",
    "list",
    "array",
    "dict",
    "set",
    "frozenset",
    "deque",
    "string",
    "long",
    "other",
):
    setattr(_SHOWN, f"max{_limit}", 20 if _limit == "level" else 100_000)


def checked(
    test: Callable[..., Awaitable[None]], figures: list[tuple[str, object]] | None = None
) -> Callable[..., Awaitable[None]]:
    """Return the test with the evidence gathered around it; `figures` is a list to which what was measured is added."""

    @wraps(test)
    async def run(**fixtures: Any) -> None:
        sockets, tasks = _sockets(), _tasks()
        before = _forget_peak()
        with _all_logs() as records:
            with anyio.fail_after(ROW_LIMIT_S), watched() as watchdog:
                await anyio.lowlevel.checkpoint()  # asyncio is watched from the next step on
                await test(**fixtures)
                await anyio.lowlevel.checkpoint()  # ends the last step
            more = _peak() - before
            if figures is not None:
                figures.append(("blocked_ms", f"{1_000 * watchdog.longest_s:.1f}"))
            assert watchdog.longest_s < BLOCKED_LIMIT_S, (
                f"the loop was blocked for {watchdog.longest_s:.3f} s; at most {BLOCKED_LIMIT_S} s"
            )
            assert more < MEMORY_LIMIT, f"{more} bytes of memory more than before; at most {MEMORY_LIMIT}"
            await _until(lambda: _sockets() <= sockets, lambda: f"sockets left: {_sockets() - sockets}")
            await _until(lambda: _tasks() <= tasks, lambda: f"tasks left: {anyio.get_running_tasks()}")
        for record in records:
            text = logging.Formatter().format(record)
            # httpcore writes the headers of answers there as they are; it never writes those of requests.
            is_head = "receive_response_headers.complete" in text
            if not (is_head and record.name.startswith(("httpcore.", "httpcore2."))):
                check_hidden(text)
            assert record.name != "asyncio" or record.levelno < logging.WARNING, text

    return run


def check_error(error: BaseException, *, with_locals: bool = True) -> None:
    """Check what every error of the library promises, whatever it is.

    `with_locals` looks also at the local variables of its traceback, as tools show them.
    """
    with unwatched():
        _check_error(error, with_locals=with_locals)


def _check_error(error: BaseException, *, with_locals: bool) -> None:
    assert isinstance(error, errors.OpenRouterError)
    text = str(error)
    assert 0 < len(text) <= 2_000
    assert "\n" not in text
    assert not text.endswith(".")
    assert error.attempts >= 0
    assert error.may_have_been_billed in (True, False, None)
    assert error.retry_after is None or (math.isfinite(error.retry_after) and error.retry_after >= 0)
    pickled = pickle.dumps(error)
    again = pickle.loads(pickled)
    assert (type(again), str(again), vars(again).keys()) == (type(error), text, vars(error).keys())
    check_hidden(text, repr(error), pickled.decode("latin-1"), *traceback.format_exception(error))
    for each in _causes(error):
        check_hidden(str(each), repr(each), repr(vars(each)), *map(repr, each.args))
        for frame, _line in traceback.walk_tb(each.__traceback__ if with_locals else None):
            check_hidden(*map(_SHOWN.repr, frame.f_locals.values()))


def check_hidden(*texts: str) -> None:
    """Check that the key stands in none of the texts."""
    for text in texts:
        assert SECRET not in text, f"the key shows in {text[:500]!r}"


def _causes(error: BaseException) -> Iterator[BaseException]:
    pending, seen = [error], set[int]()
    while pending:
        each = pending.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        pending += [cause for cause in (each.__cause__, each.__context__) if cause is not None]
        if isinstance(each, BaseExceptionGroup):
            pending += each.exceptions


def _forget_peak() -> int:
    """Return the bytes of memory held now, and let `_peak` begin with them."""
    with suppress(OSError), Path("/proc/self/clear_refs").open("w") as refs:
        refs.write("5")
    return _status("VmRSS")


def _peak() -> int:
    return _status("VmHWM")


def _status(name: str) -> int:
    """Return a figure of memory of this process in bytes; 0 where the system has no such file."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    lines = status.read_text().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith(f"{name}:")).split()[1])


def _sockets() -> set[int]:
    """Return the sockets this process has open, by inode."""
    found = set()
    for descriptor in os.listdir("/dev/fd"):  # noqa: PTH208 - numbers, not paths
        try:
            status = os.fstat(int(descriptor))
        except OSError:  # the one that was opened for this look
            continue
        if stat.S_ISSOCK(status.st_mode):
            found.add(status.st_ino)
    return found


def _tasks() -> set[int]:
    return {task.id for task in anyio.get_running_tasks()}


async def _until(holds: Callable[[], bool], complaint: Callable[[], str]) -> None:
    deadline = time.monotonic() + GOODBYE_S
    while not holds():
        assert time.monotonic() < deadline, complaint()
        await anyio.sleep(0.005)


class _Keeper(logging.Handler):
    def __init__(self) -> None:
        super().__init__(level=0)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@contextmanager
def _all_logs() -> Iterator[list[logging.LogRecord]]:
    """Keep what all loggers say at all levels."""
    keeper, root = _Keeper(), logging.getLogger()
    level = root.level
    root.addHandler(keeper)
    root.setLevel(1)
    try:
        yield keeper.records
    finally:
        root.setLevel(level)
        root.removeHandler(keeper)
