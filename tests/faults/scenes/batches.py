"""Section 8 of the rows: a model that says the prompt again, in the ways its last words ask for."""

from __future__ import annotations

import json

from tests.faults.scenes.answers import completion, failure, stall
from tests.support.loopback import Connection, Request

__all__ = ["OutOfCredits", "Refusing", "echo", "prompt_of"]


def prompt_of(request: Request) -> str:
    """Return the prompt of a request."""
    return str(json.loads(request.body)["messages"][-1]["content"])


def echo(connection: Connection, request: Request) -> None:
    """Answer with the prompt; `hang` never, `fail` with an error."""
    prompt = prompt_of(request)
    if prompt.startswith("hang"):
        stall(connection, request)
    elif prompt.startswith("fail"):
        connection.send(failure(400).encode())
    else:
        connection.respond(json=completion(prompt), headers={"content-type": "application/json"})


class OutOfCredits:
    """Answers until the credits end, or the key dies."""

    def __init__(self, answered: int, status: int) -> None:
        self.left, self.status = answered, status

    def __call__(self, connection: Connection, request: Request) -> None:
        """Serve it."""
        self.left -= 1
        if self.left >= 0:
            echo(connection, request)
        else:
            connection.send(failure(self.status).encode())


class Refusing:
    """Refuses so many requests for now, then answers."""

    def __init__(self, refused: int, wait: float | None) -> None:
        self.left, self.wait = refused, wait

    def __call__(self, connection: Connection, request: Request) -> None:
        """Serve it."""
        self.left -= 1
        if self.left < 0:
            echo(connection, request)
        else:
            headers = {} if self.wait is None else {"retry-after": f"{self.wait}"}
            connection.send(failure(429, headers=headers).encode())
