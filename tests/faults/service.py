"""The suite's side of the fault server: starts the process, and opens stages on it."""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self

import anyio

from tests.faults.server import Ask, Close, Command, Open, Report
from tests.faults.watchdog import unwatched
from tests.support.folders import ROOT
from tests.support.loopback import WAIT_S, Answer, Handler, Request

__all__ = ["FaultServer", "RunningStage"]


class RunningStage:
    """One socket of the fault server, for one test."""

    def __init__(self, server: FaultServer, number: int, port: int, *, tls: bool) -> None:
        self._server = server
        self._number = number
        self.port = port
        self.origin = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
        self.url = f"{self.origin}/api/v1"

    def report(self) -> Report:
        """Return what the server has seen on it so far."""
        report = self._server.ask(Ask(self._number))
        assert isinstance(report, Report)
        return report

    @property
    def requests(self) -> list[Request]:
        """The requests so far, in order."""
        return self.report().requests

    def wait_until(self, condition: Callable[[Report], bool], timeout: float = WAIT_S) -> bool:
        """Return True once `condition(report)` holds, False if it does not within `timeout` seconds. Blocks."""
        deadline = time.monotonic() + timeout
        while not condition(self.report()):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.005)
        return True

    async def eventually(self, condition: Callable[[Report], bool], timeout: float = WAIT_S) -> bool:
        """Do the same without blocking the event loop."""
        deadline = time.monotonic() + timeout
        while not condition(self.report()):
            if time.monotonic() > deadline:
                return False
            await anyio.sleep(0.005)
        return True


class FaultServer:
    """The process; one for the session."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
        )
        return self

    def __exit__(self, *exc_info: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(WAIT_S)
        self._process.stdout.close()

    def ask(self, command: Command) -> object:
        """Send a command and return its answer; blocks for the moment that takes."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock, unwatched():
            pickle.dump(command, self._process.stdin)
            self._process.stdin.flush()
            answer = pickle.load(self._process.stdout)
        if isinstance(answer, Exception):
            raise answer
        return answer

    @contextmanager
    def play(
        self, *answers: Answer, handler: Handler | None = None, tls: bool = False
    ) -> Iterator[RunningStage]:
        """Open a stage that gives these answers in turn, or serves connections with `handler`.

        Leaving the block ends the stage, and raises what went wrong in its scenes.
        """
        opened = self.ask(Open(answers, handler, tls))
        assert isinstance(opened, tuple)
        number, port = opened
        try:
            yield RunningStage(self, number, port, tls=tls)
        except BaseException:
            try:
                self.ask(Close(number))
            except Exception as error:  # noqa: BLE001 - the failure of the test itself matters more
                print(f"and in the scene: {error!r}", file=sys.stderr)
            raise
        self.ask(Close(number))
