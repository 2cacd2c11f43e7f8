"""Section 3 of the rows: answers with an error status, and what they say about waiting."""

from __future__ import annotations

import time
from email.utils import formatdate

from tests.faults.scenes.answers import stall
from tests.support.loopback import Connection, Reply, Request

__all__ = ["PAGE", "asks_to_wait_until", "cut_error", "echo", "resets_soon", "stalling_error"]

PAGE = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n"
    b"<hr><center>nginx/1.27.0</center>\r\n</body>\r\n</html>\r\n"
)


def stalling_error(connection: Connection, request: Request, *, status: int) -> None:
    """Send the head of an error and a little of its body."""
    connection.send_head(status, {"content-length": "500", "content-type": "application/json"})
    connection.send(b'{"error": ')
    stall(connection, request)


def cut_error(connection: Connection, request: Request, *, status: int) -> None:
    """Send the head of an error and a little of its body, and close."""
    connection.send_head(status, {"content-length": "500", "content-type": "application/json"})
    connection.send(b'{"error": ')
    connection.close()


def echo(connection: Connection, request: Request, *, status: int) -> None:
    """Answer with what nobody should see: the key, in the message, its metadata, and headers."""
    key = request.headers["authorization"].removeprefix("Bearer ")
    error = {
        "code": status if status >= 400 else 502,
        "message": f"bad key {key}",
        "metadata": {
            "raw": f'{{"error": "no {key}"}}',
            "headers": {"authorization": f"Bearer {key}"},
            key: key,
        },
    }
    headers = {
        "x-generation-id": key,
        "x-request-id": f"for-{key}",
        "x-echo": key,
        "content-type": f"a/b; {key}",
    }
    connection.respond(status, json={"error": error, "id": key, "user": key}, headers=headers)


def asks_to_wait_until(
    connection: Connection, request: Request, *, status: int, ahead: int, wait: int
) -> None:
    """Answer with a moment `wait` seconds from now, by a clock that is `ahead` seconds ahead of everyone's."""
    now = int(time.time()) + ahead
    headers = {"date": formatdate(now, usegmt=True), "retry-after": formatdate(now + wait, usegmt=True)}
    connection.send(
        Reply(status, json={"error": {"code": status, "message": "wait"}}, headers=headers).encode()
    )


def resets_soon(connection: Connection, request: Request, *, milliseconds: int) -> None:
    """Answer 429, and say only when the limit begins anew."""
    reset = str(int(time.time() * 1_000) + milliseconds)
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": reset}
    connection.respond(429, json={"error": {"code": 429, "message": "wait"}}, headers=headers)
