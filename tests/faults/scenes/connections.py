"""Section 2 of the rows: heads of answers that are none, and what servers do to connections."""

from __future__ import annotations

import socket
import threading
from functools import partial

from tests.faults.scenes.answers import GOOD_BODY, GOOD_STREAM, Then, asks_for_stream, good
from tests.faults.scenes.dialects import spoken
from tests.faults.server import note
from tests.support.loopback import Connection, Request

__all__ = [
    "NONSENSE",
    "good_and_more",
    "header_flood",
    "no_tls",
    "redirect_to_itself",
    "relay",
    "stale",
    "too_large_before_the_end",
    "unframed",
    "unsolicited",
]

NONSENSE: dict[str, bytes] = {
    "two lengths": b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}",
    "negative length": b"HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n{}",
    "length that is no number": b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n{}",
    "unknown transfer encoding": b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n{}",
    "header that is none": b"HTTP/1.1 200 OK\r\nx: \x00\r\n\r\n",
}
"""Heads that contradict themselves."""

BAD_CHUNK_SIZE = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n"


def no_tls(connection: Connection) -> None:
    """Speak plain HTTP to whoever comes."""
    connection.sock.recv(1)
    connection.send(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")


def silent(connection: Connection) -> None:
    """Accept, and never say a word."""
    connection.wait_closed(20)


def header_flood(
    connection: Connection, request: Request, *, name: str = "x", size: int = 300 * 1024
) -> None:
    """Send headers without end: one that is long, or many that are short."""
    connection.send(b"HTTP/1.1 200 OK\r\n")
    block = b"x: y\r\n" * 10_000 if name == "many" else b"y" * 65_536
    for _ in range(size // len(block) + 1):
        connection.send(block)
    connection.send(b"\r\n\r\n")


def unframed(connection: Connection, request: Request, *, version: str) -> None:
    """Answer well, without a length: the end of the connection is the end of the answer."""
    body = spoken(GOOD_STREAM if asks_for_stream(request) else GOOD_BODY, request)
    connection.send_head(200, {"connection": "close"}, version=version)
    connection.send(body)
    connection.close()


def stale(connection: Connection, *, end: Then) -> None:
    """Answer one request well, and end the connection when the next has come."""
    for answer in (good, end):
        request = connection.read_request()
        if request is None:
            return
        answer(connection, request)


UNSOLICITED: dict[str, bytes] = {
    "408": b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
    "an answer": b'HTTP/1.1 200 OK\r\ncontent-length: 13\r\n\r\n{"evil":true}',
    "a byte": b"x",
}


def unsolicited(connection: Connection, request: Request, *, what: str) -> None:
    """Answer well, and then say something that nobody asked for."""
    good(connection, request)
    connection.pause(0.05)
    connection.send(UNSOLICITED[what])
    note(connection, "said")
    connection.wait_closed(20)
    connection.close()


def good_and_more(connection: Connection, request: Request) -> None:
    """Answer well, with a second answer in the same packet."""
    evil = UNSOLICITED["an answer"]
    body = spoken(GOOD_STREAM if asks_for_stream(request) else GOOD_BODY, request)
    connection.send(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body + evil)
    connection.wait_closed(20)
    connection.close()


def too_large_before_the_end(connection: Connection, *, stays: bool) -> None:
    """Answer 413 while the request is still being sent."""
    if connection.read_head() is None:
        return
    connection.respond(413, json={"error": {"code": 413, "message": "too much"}})
    if stays:
        connection.half_close()
        connection.wait_closed(20)


def redirect_to_itself(connection: Connection, request: Request) -> None:
    """Send the client where it is."""
    connection.respond(307, headers={"location": request.path})


def relay(connection: Connection, *, port: int) -> None:
    """Be a proxy whose every tunnel ends at `port` of this machine."""
    request = connection.read_head()
    if request is None:
        return
    with socket.create_connection(("127.0.0.1", port), timeout=20) as upstream:
        connection.send(b"HTTP/1.1 200 Connected\r\n\r\n")
        back = threading.Thread(target=partial(_pass_on, upstream, connection.sock))
        back.start()
        _pass_on(connection.sock, upstream)
        back.join(20)


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65_536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return  # one of them has gone; so will the other
