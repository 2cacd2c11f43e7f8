"""SIGTERM and SIGHUP end a command as Ctrl-C does, so what had come is kept; the exit code tells which it was.

Each is passed on as SIGINT, which the command or its event loop obeys already. One that is ignored, as under `nohup`,
stays so, and a command that has a handler of its own, such as a server, is ended by that.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["ended_by", "obeying", "told_to_end"]

_OTHERS = [number for name in ("SIGTERM", "SIGHUP") if (number := getattr(signal, name, None)) is not None]

_told: list[int] = []


@contextmanager
def obeying() -> Iterator[None]:
    """Obey the signals within the block, where nobody else does."""
    _told.clear()
    is_main = threading.current_thread() is threading.main_thread()
    taken = [number for number in _OTHERS if is_main and signal.getsignal(number) is signal.SIG_DFL]
    for number in taken:
        signal.signal(number, _interrupt)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


def _interrupt(number: int, _: FrameType | None) -> None:
    told_to_end(number)
    signal.signal(number, signal.SIG_DFL)  # a second one ends the command at once
    if signal.getsignal(signal.SIGINT) in (signal.SIG_IGN, signal.SIG_DFL):
        raise KeyboardInterrupt
    signal.raise_signal(signal.SIGINT)


def told_to_end(number: int) -> None:
    """Note a signal that a command obeys itself."""
    if number != signal.SIGINT:
        _told.append(number)


def ended_by() -> int | None:
    """Return the first signal but Ctrl-C that told the command to end; None if there was none."""
    return _told[0] if _told else None
