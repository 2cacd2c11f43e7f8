"""Sections 5 and 6 of the rows: event streams, good and bad."""

from __future__ import annotations

from tests.faults.scenes.answers import Then
from tests.loopback import Connection, Request

__all__ = ["Begun", "Chunked"]


class Chunked:
    """Serves a body as an event stream, in one chunk or in chunks of `size` bytes, and ends it cleanly."""

    def __init__(self, body: bytes, size: int | None = None) -> None:
        self.body, self.size = body, size

    def __call__(self, connection: Connection, request: Request) -> None:
        """Serve it."""
        connection.start_chunked()
        step = self.size or max(1, len(self.body))
        pieces = (self.body[start : start + step] for start in range(0, len(self.body), step))
        connection.send(b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces))
        connection.end_chunked()


class Begun:
    """Serves the beginning of an event stream, and goes on as told."""

    def __init__(self, body: bytes, then: Then) -> None:
        self.body, self.then = body, then

    def __call__(self, connection: Connection, request: Request) -> None:
        """Serve it."""
        connection.start_chunked()
        if self.body:
            connection.chunk(self.body)
        self.then(connection, request)
