"""Section 7 of the rows: answers that take their time, and what they see of the client meanwhile."""

from __future__ import annotations

import random

from tests.faults.scenes.answers import STALL_S, chunk, good, stall
from tests.faults.server import note
from tests.support.loopback import Connection, Request, sse

__all__ = ["Later", "after_a_moment", "deaf", "flood", "hel_then_stall", "stall_inside_body"]

PIECE = sse(chunk("x" * 16_000))


class Later:
    """Gives the good answer after so many seconds, and notes when it came in and when it goes out."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __call__(self, connection: Connection, request: Request) -> None:
        """Serve it."""
        note(connection, "in")
        connection.pause(self.seconds)
        note(connection, "out")
        good(connection, request)


def after_a_moment(connection: Connection, request: Request) -> None:
    """Give the good answer after up to 10 ms."""
    connection.pause(random.random() / 100)
    good(connection, request)


def hel_then_stall(connection: Connection, request: Request) -> None:
    """Begin a stream, and say nothing more."""
    connection.start_chunked()
    connection.event(chunk("Hel"))
    note(connection, "said")
    stall(connection, request)


def stall_inside_body(connection: Connection, request: Request) -> None:
    """Begin a whole answer, and say nothing more."""
    connection.send_head(200, {"content-type": "application/json", "content-length": "100"})
    connection.send(b"{")
    stall(connection, request)


def deaf(connection: Connection, request: Request) -> None:
    """Begin a stream, and neither say nor hear anything more."""
    connection.start_chunked()
    connection.event(chunk("Hel"))
    connection.pause(STALL_S)
    connection.close()


def flood(connection: Connection, request: Request) -> None:
    """Send pieces as fast as they are taken, and note how many bytes went, as long as they go."""
    connection.start_chunked()
    sent = 0
    while True:
        connection.chunk(PIECE)
        sent += len(PIECE)
        note(connection, "sent", sent)
