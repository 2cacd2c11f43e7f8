"""`serve --workers N`: processes that accept from one socket, and the one that starts, replaces and ends them.

The workers share a budget, conversations and running answers, in files of a folder that lives as long as the command;
an emulator runs in the process of the command. Each worker has a pipe to it, for all that either tells the other:

- a worker says that it serves, or why it cannot, and at its end how many calls it made;
- the command asks it to end, and a second time to end immediately. A pipe that closes asks as well, so no worker
  outlives the command.

A worker that was killed is replaced; one that ends before it served anything would do so again, so that is an error.
"""

from __future__ import annotations

import multiprocessing
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from .._sansio.money import parse_usd
from ..batch.signals import received_signals
from ..client import AsyncOpenRouter
from ..errors import OpenRouterError
from ..ledger.opening import open_ledger
from .common import connect, emulated_here
from .output import Output, dollars
from .serving import Served, server_of

if TYPE_CHECKING:
    import uvicorn

__all__ = ["serve_by_workers"]

_PATIENCE = 2
"""Requests to end that a worker gets before it is killed."""

_BUDGET = "serve"
_SERVES = "serves"


@dataclass(frozen=True, slots=True)
class _Shared:
    """Where workers find what they share."""

    folder: Path
    base_url: str | None = None
    """Of the emulator; None: the service's."""
    key: str | None = field(default=None, repr=False)

    @property
    def ledger(self) -> Path:
        return self.folder / "spend.db"

    @property
    def streams(self) -> Path:
        return self.folder / "streams.db"

    @property
    def conversations(self) -> Path:
        return self.folder / "conversations.db"


async def serve_by_workers(
    served: Served, workers: int, listening: socket.socket, show: Callable[[Output], object]
) -> None:
    """Serve until a signal; `show` tells where.

    Raises:
        OpenRouterError: a worker cannot serve.
    """
    from ..server.chat.conversations import SQLiteConversations
    from ..server.relays.streams.sqlite import SQLiteStreams

    output = Output()
    if served.budget is not None:
        parse_usd("budget", served.budget)
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="openrouter-async-", ignore_cleanup_errors=True)
        )
        shared = _Shared(Path(folder))
        if served.is_emulator:
            emulator = stack.enter_context(emulated_here(output))
            shared = replace(shared, base_url=emulator.base_url, key=emulator.key)
        # Made before any worker looks for them.
        SQLiteConversations(served.database or shared.conversations)
        SQLiteStreams(shared.streams)
        ledger = await stack.enter_async_context(open_ledger(shared.ledger))
        signals = stack.enter_context(received_signals())
        team = _Team(lambda told: (served, shared, listening, told), workers, output)
        await anyio.to_thread.run_sync(show, output)
        try:
            await team.run(signals)
        finally:
            cost = await ledger.budget(_BUDGET, None).spent()
            killed = ", without those of killed workers" if team.killed else ""
            output.write(f"Answers: {team.calls}{killed}, which cost {dollars(cost)}", end="\n")


# The command


class _Member:
    """One worker, as the command sees it."""

    def __init__(self, arguments: Callable[[Connection], tuple[object, ...]]) -> None:
        context = multiprocessing.get_context("spawn")
        if sys.platform != "win32":
            resource_tracker.ensure_running()  # else the start of a process starts it, and lets Ctrl-C pass
        self._pipe, told = context.Pipe()
        self.process: SpawnProcess = context.Process(target=_run, args=arguments(told), daemon=True)
        with told, _without_interrupts():  # until the worker can obey one, without a traceback
            self.process.start()

    def end(self, times: int) -> None:
        """Ask it to end, for the first, second, ... time."""
        if times > _PATIENCE:
            self.process.kill()
            return
        with suppress(OSError):  # it has ended
            self._pipe.send(None)

    def heard(self) -> list[object]:
        """Return what it has told, once it has ended."""
        heard: list[object] = []
        with suppress(EOFError, OSError):
            while self._pipe.poll():
                heard.append(self._pipe.recv())
        self._pipe.close()
        return heard


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Block Ctrl-C in the processes that are started in the block; this one gets it afterwards."""
    if sys.platform == "win32":  # which has no such thing
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Team:
    """The workers of one command."""

    def __init__(
        self, arguments: Callable[[Connection], tuple[object, ...]], size: int, output: Output
    ) -> None:
        self._arguments = arguments
        self._size = size
        self._output = output
        self._members: set[_Member] = set()
        self._waits = anyio.CapacityLimiter(size)
        self._asked = 0
        """How often the workers were asked to end."""
        self._failure: OpenRouterError | None = None
        self.calls = 0
        """Calls of the workers that have ended."""
        self.killed = 0
        """Workers that did not tell."""

    async def run(self, signals: AsyncIterator[int]) -> None:
        """Keep all workers alive until the first signal, and return when they have ended.

        Raises:
            OpenRouterError: a worker cannot serve.
        """

        async def obey() -> None:
            async for _ in signals:
                self._end()

        async with anyio.create_task_group() as beside:
            beside.start_soon(obey)
            async with anyio.create_task_group() as members:
                for _ in range(self._size):
                    members.start_soon(self._keep_one)
            beside.cancel_scope.cancel()
        if self._failure is not None:
            raise self._failure

    def _end(self) -> None:
        self._asked += 1
        for member in self._members:
            member.end(self._asked)

    async def _keep_one(self) -> None:
        while not self._asked:
            member = _Member(self._arguments)
            self._members.add(member)
            await anyio.to_thread.run_sync(member.process.join, limiter=self._waits)
            self._members.discard(member)
            self._take_leave(member.process, member.heard())

    def _take_leave(self, process: SpawnProcess, heard: list[object]) -> None:
        counts = [each for each in heard if isinstance(each, int)]
        self.calls += sum(counts)
        self.killed += _SERVES in heard and not counts
        failures = [each for each in heard if isinstance(each, OpenRouterError)]
        code = process.exitcode or 0
        if self._asked:
            return
        if failures or (code >= 0 and _SERVES not in heard):
            self._failure = (
                failures[0]
                if failures
                else OpenRouterError(f"a worker ended with exit code {code} before it served anything")
            )
            self._end()
            return
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        self._output.warn(f"worker {process.pid} {how}; another takes its place")


# A worker


def _run(served: Served, shared: _Shared, listening: socket.socket, told: Connection) -> None:
    """Serve in this process until it is asked to end."""
    with listening, told:
        try:
            anyio.run(_work, served, shared, listening, told)
        except OpenRouterError as error:
            told.send(error)


async def _work(served: Served, shared: _Shared, listening: socket.socket, told: Connection) -> None:
    from ..server.relays.streams.sqlite import SQLiteStreams

    async with AsyncExitStack() as stack:
        if shared.base_url is None:
            client = await stack.enter_async_context(connect(Output(), emulated=False, model=served.model))
        else:
            client = await stack.enter_async_context(
                AsyncOpenRouter(shared.key, base_url=shared.base_url, default_model=served.model)
            )
        ledger = await stack.enter_async_context(open_ledger(shared.ledger))
        spend = client.track(ledger.budget(_BUDGET, served.budget))
        app = served.app(
            client,
            spend,
            database=served.database or shared.conversations,
            streams=SQLiteStreams(shared.streams),
        )

        def started(server: uvicorn.Server) -> None:
            servers.append(server)
            threading.Thread(target=_obey, args=(server, told), daemon=True).start()
            told.send(_SERVES)

        async def obey() -> None:
            async for (
                _
            ) in signals:  # Ctrl-C of a terminal, or a service manager: the command gets it too, and asks
                for each in servers:
                    each.should_exit = True

        servers: list[uvicorn.Server] = []
        signals = stack.enter_context(received_signals())
        if sys.platform != "win32":
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        async with anyio.create_task_group() as beside:
            beside.start_soon(obey)
            await server_of(app, served.grace, started).serve(sockets=[listening])
            beside.cancel_scope.cancel()
    told.send(spend.calls)


def _obey(server: uvicorn.Server, told: Connection) -> None:
    """End the server when the command asks for it, or has ended itself; in a thread."""
    with suppress(EOFError, OSError):
        told.recv()
        server.should_exit = True
        told.recv()
        server.force_exit = True
    server.should_exit = True
