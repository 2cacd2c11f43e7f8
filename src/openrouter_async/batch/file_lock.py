"""A lock on an open file, which ends with the process that holds it, however that ends.

The standard library has it under two names; a package for it would bring a second file beside the journal.
"""

from __future__ import annotations

import os
import sys

__all__ = ["lock_file"]

FAR = 2**62
"""A byte that no file reaches: Windows locks bytes, and nobody else could read those that are locked."""


def lock_file(descriptor: int) -> None:
    """Lock an open file against all other processes, until it is closed.

    Raises:
        OSError: it is locked, or locks do not work there.
    """
    if sys.platform == "win32":
        import msvcrt

        os.lseek(descriptor, FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
