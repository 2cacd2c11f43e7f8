"""The fault server: a process of its own that opens a socket for each test and answers on it as it is told.

`python -m tests.faults` takes pickled `Open`, `Ask` and `Close` at its standard input, and answers each at its
standard output. What a stage plays is named by the functions themselves, which pickle by reference: they live in
`tests.faults.scenes`, and run in this process. It ends with its input, so it cannot outlive the suite.
"""

from __future__ import annotations

import os
import pickle
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, TypeAlias

from tests.support.loopback import (
    Answer,
    Connection,
    Handler,
    LoopbackServer,
    Request,
    serve_responses,
    server_tls,
)

__all__ = ["Ask", "Close", "Command", "Note", "Open", "Report", "Stage", "note"]


@dataclass(frozen=True)
class Note:
    """What a scene wrote down."""

    name: str
    at: float
    """`time.monotonic()`, which is one clock for all processes of a machine."""
    value: float = 0.0


@dataclass(frozen=True)
class Report:
    """What a stage has seen so far."""

    requests: list[Request]
    connections: int
    open_connections: int
    notes: list[Note]

    def named(self, name: str) -> list[Note]:
        """Return the notes of that name, in order."""
        return [entry for entry in self.notes if entry.name == name]


class Stage(LoopbackServer):
    """One listening socket and what is played on it."""

    def __init__(self, handler: Handler, *, tls: bool = False) -> None:
        super().__init__(handler, ssl_context=server_tls() if tls else None)
        self.notes: list[Note] = []

    def forget(self) -> None:
        """Forget the requests, which of hours would fill the memory."""
        with self._lock:
            self._requests.clear()

    def report(self) -> Report:
        """Return what was seen so far."""
        return Report(self.requests, self.connections, self.open_connections, list(self.notes))


def note(connection: Connection, name: str, value: float = 0.0) -> None:
    """Write something down for the test that asks."""
    assert isinstance(connection.server, Stage)
    connection.server.notes.append(Note(name, time.monotonic(), value))


@dataclass(frozen=True)
class Open:
    """Begin a stage; answered with its number and its port."""

    answers: tuple[Answer, ...] = ()
    """In turn, over all connections; the last is repeated."""
    handler: Handler | None = None
    """Serves whole connections instead."""
    tls: bool = False

    def stage(self) -> Stage:
        """Return the stage."""
        return Stage(self.handler or serve_responses(self.answers), tls=self.tls)


@dataclass(frozen=True)
class Ask:
    """Ask what a stage has seen; answered with a `Report`."""

    stage: int


@dataclass(frozen=True)
class Close:
    """End a stage; answered with its last `Report`, or with what went wrong in a scene."""

    stage: int


Command: TypeAlias = Open | Ask | Close


def serve(commands: BinaryIO, answers: BinaryIO) -> None:
    """Obey until the commands end."""
    stages: dict[int, Stage] = {}
    count = 0

    def obey(command: Command) -> object:
        nonlocal count
        if isinstance(command, Open):
            stage = command.stage()
            stage.__enter__()
            count += 1
            stages[count] = stage
            return count, stage.port
        if isinstance(command, Ask):
            return stages[command.stage].report()
        stage = stages.pop(command.stage)
        stage.__exit__(None, None, None)
        return stage.report()

    while True:
        try:
            command = pickle.load(commands)
        except EOFError:
            return
        answer = _result(lambda command=command: obey(command))
        pickle.dump(answer, answers)
        answers.flush()


def _result(work: Callable[[], object]) -> object:
    try:
        return work()
    except Exception as error:  # noqa: BLE001 - raised again in the test that asked
        return error


def main() -> None:
    """Serve over the pipes of this process; what is printed goes to standard error."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(sys.stdin.buffer, answers)
