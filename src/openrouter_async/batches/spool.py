"""`Spool`: a large body, written piece by piece and sent from the disk, so it is never whole in memory."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from typing import IO

from anyio import to_thread

__all__ = ["Spool"]

IN_MEMORY = 4 * 1024 * 1024
"""Bytes that are kept before a file is made."""
PIECE = 64 * 1024


class Spool:
    """A temporary file that is gone once it is closed. It can be sent several times, once at a time."""

    def __init__(self) -> None:
        self.length = 0
        """Bytes written so far."""
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed by its owner

    def write(self, data: bytes) -> None:
        """Append to it; the system's buffers make that quick."""
        self._file.write(data)
        self.length += len(data)

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Return all of it in pieces, from its beginning."""
        self._file.seek(0)
        return _Pieces(self._file)

    def close(self) -> None:
        """Remove it."""
        self._file.close()


class _Pieces(AsyncIterator[bytes]):
    """No generator, which would be closed late where the sending of a body breaks off."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    async def __anext__(self) -> bytes:
        piece = await to_thread.run_sync(self._file.read, PIECE)
        if not piece:
            raise StopAsyncIteration
        return piece
