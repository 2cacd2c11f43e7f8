"""`received_signals`: Ctrl-C and its like as something to wait for, in any event loop.

Loops of Windows cannot tell a task of signals. There the interpreter's own handlers note them, and a task looks for
that now and then, which also keeps the loop awake enough for the interpreter to call them.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

import anyio

__all__ = ["ENDING", "received_signals"]

_ALSO: tuple[signal.Signals, ...] = ()
if sys.platform == "win32":
    _ALSO = (signal.SIGBREAK,)

ENDING = (signal.SIGINT, signal.SIGTERM, *_ALSO)
"""The signals that ask a command to end."""

EVERY = 0.1
"""Seconds between two looks."""


@contextmanager
def received_signals() -> Iterator[AsyncIterator[int]]:
    """Give the signals of `ENDING` as they come, which then do nothing else, until the block is left."""
    with ExitStack() as stack:
        try:
            # anyio's type stands for one that is entered with `with`.
            receiver: AbstractContextManager[AsyncIterator[int]] = anyio.open_signal_receiver(*ENDING)
            received = stack.enter_context(receiver)
        except NotImplementedError:
            received = stack.enter_context(_noted_signals())
        yield received


@contextmanager
def _noted_signals() -> Iterator[AsyncIterator[int]]:
    noted: list[int] = []
    before = {each: signal.signal(each, lambda number, _: noted.append(number)) for each in ENDING}
    try:
        yield _each_of(noted)
    finally:
        for each, handler in before.items():
            signal.signal(each, signal.SIG_DFL if handler is None else handler)


async def _each_of(noted: list[int]) -> AsyncIterator[int]:
    while True:
        while not noted:  # noqa: ASYNC110 - a handler of signals may not touch the loop's events
            await anyio.sleep(EVERY)
        yield noted.pop(0)
