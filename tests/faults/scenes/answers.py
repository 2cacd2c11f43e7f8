"""Answers that all sections use: the good one, statuses, and ways to end a connection."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from tests.faults.scenes.dialects import spoken
from tests.faults.server import note
from tests.support.loopback import Connection, Reply, Request, sse

__all__ = [
    "DONE",
    "STREAM_HEADERS",
    "Then",
    "asks_for_stream",
    "chunk",
    "close",
    "completion",
    "failure",
    "good",
    "raw",
    "reset",
    "slow_at_first",
    "stall",
]

WORD = '{"word": "Hello"}'
"""As in `tests.faults.calls`, which this process need not import."""

USAGE = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "cost": 0.00001}
DONE = "[DONE]"
STREAM_HEADERS = {"content-type": "text/event-stream"}

STALL_S = 20.0
"""How long a scene waits for a client to give up."""

Then = Callable[[Connection, Request], None]
"""How an answer goes on."""


def completion(content: object = WORD, **fields: object) -> dict[str, object]:
    """Return the JSON of a whole reply; `fields` replace those of it."""
    message = {"role": "assistant", "content": content}
    return {
        "id": "gen-1",
        "provider": "P",
        "model": "a/b",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": USAGE,
        **fields,
    }


def chunk(text: str | None = None, *, finish: str | None = None, **fields: object) -> dict[str, object]:
    """Return the JSON of one chunk of a stream; `fields` replace those of it."""
    delta = {} if text is None else {"content": text}
    choices = [{"index": 0, "delta": delta, "finish_reason": finish}]
    return {"id": "gen-1", "provider": "P", "model": "a/b", "choices": choices, **fields}


GOOD_BODY = json.dumps(completion()).encode()
GOOD_STREAM = sse(chunk(WORD[:8]), chunk(WORD[8:]), chunk(finish="stop"), DONE)


def asks_for_stream(request: Request) -> bool:
    """Return whether a stream was asked for."""
    return request.method == "POST" and b'"stream":true' in request.body


def good(connection: Connection, request: Request) -> None:
    """Answer as the service does, with the word: whole, or as a stream where that was asked for."""
    if asks_for_stream(request):
        connection.start_chunked()
        connection.chunk(spoken(GOOD_STREAM, request))
        connection.end_chunked()
    else:
        connection.respond(200, spoken(GOOD_BODY, request))


def failure(
    status: int, message: str = "no", *, headers: Mapping[str, str] | None = None, **error: object
) -> Reply:
    """Return an error as the service reports one."""
    body = {"error": {"code": status, "message": message, **error}}
    return Reply(status, json=body, headers=headers or {})


def raw(data: bytes, then: Then | None = None) -> Callable[[Connection, Request], None]:
    """Return an answer of these bytes, after which the scene goes on as told; without, the connection is closed."""
    return Raw(data, then or close)


class Raw:
    """See `raw`; a class, since it has to be pickled."""

    def __init__(self, data: bytes, then: Then) -> None:
        self.data, self.then = data, then

    def __call__(self, connection: Connection, request: Request) -> None:
        """Send, and go on."""
        connection.send(self.data)
        self.then(connection, request)


def reset(connection: Connection, request: Request) -> None:
    """End with a TCP reset, once what was sent before can have been read."""
    connection.pause(0.02)  # a reset overtakes what has not been read
    connection.reset()


def close(connection: Connection, request: Request) -> None:
    """Close."""
    connection.close()


def stall(connection: Connection, request: Request) -> None:
    """Say nothing more; note `gone` when the client has left."""
    if connection.wait_closed(STALL_S):
        note(connection, "gone")
    connection.close()


def slow_at_first(connection: Connection, request: Request) -> None:
    """Answer well, after a while; as the first of answers it lets many connections be open at once."""
    connection.pause(0.5)
    good(connection, request)
