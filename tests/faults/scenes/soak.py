"""A service on a bad day, for the soak: it answers all kinds of calls, and one request in ten goes wrong."""

from __future__ import annotations

import json
import random
from typing import Any

from tests.faults.scenes.answers import DONE, WORD, chunk, completion, failure
from tests.faults.server import Stage, note
from tests.support.loopback import Connection, sse

__all__ = ["BadDay"]

SLOW_S = 10.0
"""How long an answer hangs that is there to be cancelled."""

WORDS = ("The", " quick", " brown", " fox", " jumps", " over", " the", " lazy", " dog.")
USAGE = {"prompt_tokens": 1, "completion_tokens": 9, "total_tokens": 10, "cost": 0.00001}


class BadDay:
    """Serves a connection; the share of `faults` goes wrong."""

    def __init__(self, faults: float) -> None:
        self.faults = faults

    def __call__(self, connection: Connection) -> None:
        """Serve it until it ends."""
        chance = random.Random()
        while not connection._closed and (request := connection.read_request(60)) is not None:
            assert isinstance(connection.server, Stage)
            connection.server.forget()
            body = json.loads(request.body)
            number = next(m["content"] for m in body["messages"] if m["role"] == "user").split()[1]
            note(connection, "request", float(number))
            if chance.random() < self.faults:
                self._fail(connection, chance, streaming=bool(body.get("stream")))
            elif self._answer(connection, body, chance) or connection._closed:
                note(connection, "gone", float(number))
                connection.close()

    def _fail(self, connection: Connection, chance: random.Random, *, streaming: bool) -> None:
        """Let something go wrong, before a piece is delivered or, in some streams, after.

        Refusals for now are rare, since the client's limiter answers them by sending less, to everyone.
        """
        how = "429" if chance.random() < 0.005 else chance.choice(("reset", "close", "502", "503", "inside"))
        if how in ("502", "503"):
            connection.send(failure(int(how)).encode())
        elif how == "429":
            connection.send(failure(429, headers={"retry-after": "0.01"}).encode())
        elif how == "inside" and streaming:
            connection.start_chunked()
            connection.event(chunk("The"))
            connection.pause(0.02)
            connection.reset()
        elif how == "inside":
            connection.respond(json={"error": {"code": 502, "message": "no"}})
        elif how == "reset":
            connection.reset()
        else:
            connection.close()

    def _answer(self, connection: Connection, body: dict[str, Any], chance: random.Random) -> bool:
        """Answer as was asked; True where the client went away meanwhile."""
        prompt = str(body["messages"][-1].get("content"))
        if prompt.startswith("slow"):
            if body.get("stream"):
                connection.start_chunked()
                connection.event(chunk("The"))
            return connection.wait_closed(SLOW_S)
        if connection.wait_closed(chance.random() / 50):
            return True
        if body.get("stream"):
            connection.start_chunked()
            for word in (WORD,) if "response_format" in body else WORDS:
                connection.event(chunk(word))
                if chance.random() < 0.1 and connection.wait_closed(chance.random() / 50):
                    return True
            connection.chunk(sse(chunk(finish="stop"), {"choices": [], "usage": USAGE}, DONE))
            connection.end_chunked()
        elif body.get("tools") and body["messages"][-1]["role"] != "tool":
            call = {
                "id": "call_1",
                "type": "function",
                "function": {"name": "double", "arguments": '{"n": 21}'},
            }
            message = {"role": "assistant", "content": None, "tool_calls": [call]}
            connection.respond(json=completion(choices=[{"message": message, "finish_reason": "tool_calls"}]))
        else:
            connection.respond(json=completion())
        return False
