"""`clear_ended`: the locals in a traceback are let go of, so nobody keeps them or shows them."""

from __future__ import annotations

import gc
import sys
from contextlib import suppress
from types import FrameType, TracebackType

__all__ = ["clear_ended"]


def clear_ended(traceback: TracebackType | None) -> None:
    """Clear the frames of a traceback that have ended.

    `traceback.clear_frames` also closes coroutines that wait, before Python 3.13: of an error that was raised in
    several tasks, those of another task may.
    """
    while traceback is not None:
        if sys.version_info >= (3, 13) or _has_ended(traceback.tb_frame):
            with suppress(RuntimeError):  # it runs, or waits
                traceback.tb_frame.clear()
        traceback = traceback.tb_next


def _has_ended(frame: FrameType) -> bool:
    """Whether what a frame refers to is its own; that of a coroutine is the coroutine's until it ends."""
    return any(each is frame.f_code for each in gc.get_referents(frame))
