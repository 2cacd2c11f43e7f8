"""Names and their addresses: how often they are looked up, and which address is taken, under either event loop."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import httpcore
import pytest

from openrouter_async import AsyncOpenRouter, RequestTimeout, Retries, Timeouts
from openrouter_async._http.network.current import current_network
from openrouter_async._http.network.names import Names, Progress, _in_turn, first_of
from openrouter_async._http.network.stream import CallStream
from openrouter_async._http.pool.tls import TLSSettings
from tests.support.loopback import LoopbackServer, Reply, refused_port, serve_responses

GOOD = Reply(json={"ok": True})


class Resolver:
    """Stands in for the system's, which knows no name of these tests."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.addresses = ["127.0.0.1"]
        self._real = socket.getaddrinfo

    def __call__(self, host: str, port: int, *rest: Any, **named: Any) -> Any:
        if not host.endswith(".test"):
            return self._real(host, port, *rest, **named)
        self.asked.append(host)
        self.may_answer.wait(20)
        if host == "unknown.test":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [row for address in self.addresses for row in self._real(address, port, *rest, **named)]


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Resolver]:
    made = Resolver()
    monkeypatch.setattr(socket, "getaddrinfo", made)
    yield made
    made.may_answer.set()  # no thread waits on


@contextmanager
def silent_address(host: str) -> Iterator[int]:
    """An address that answers no connection: its queue is full. Gives the port."""
    with socket.socket() as listener:
        listener.bind((host, 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        queue = [socket.socket() for _ in range(8)]
        for each in queue:
            each.setblocking(False)
            each.connect_ex((host, port))
        try:
            yield port
        finally:
            for each in queue:
                each.close()


async def open_stream(names: Names, host: str, port: int) -> CallStream:
    return await names.connect(host, port, host, Progress())


@pytest.mark.loopback
async def test_one_look_up_serves_all_who_ask_at_once_and_those_who_come_soon(resolver: Resolver) -> None:
    resolver.may_answer.clear()
    found: list[list[tuple[str, int]]] = []
    names = Names(current_network())

    async def ask() -> None:
        found.append(await names.addresses("one.test", 80))

    async with anyio.create_task_group() as group:
        for _ in range(300):
            group.start_soon(ask)
        await anyio.wait_all_tasks_blocked()
        resolver.may_answer.set()
    await ask()
    assert found == [[("127.0.0.1", 80)]] * 301
    assert resolver.asked == ["one.test"]


@pytest.mark.loopback
async def test_a_look_up_goes_on_without_the_first_who_asked(resolver: Resolver) -> None:
    resolver.may_answer.clear()
    names = Names(current_network())
    found: list[object] = []

    async def ask() -> None:
        found.append(await names.addresses("one.test", 80))

    with anyio.move_on_after(0.01) as first:
        await ask()
    assert first.cancelled_caught
    async with anyio.create_task_group() as group:
        group.start_soon(ask)
        await anyio.wait_all_tasks_blocked()
        resolver.may_answer.set()
    assert found == [[("127.0.0.1", 80)]]
    assert len(resolver.asked) == 1


@pytest.mark.loopback
async def test_a_name_is_looked_up_again_when_it_is_old_unknown_or_does_not_answer(
    resolver: Resolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Names(current_network())
    for _ in range(2):
        with pytest.raises(httpcore.ConnectError, match="not known"):
            await asked.addresses("unknown.test", 80)
    assert len(resolver.asked) == 2
    for _ in range(2):
        with pytest.raises(httpcore.ConnectError, match=r"refused|failed"):
            await open_stream(asked, "one.test", refused_port())
    assert len(resolver.asked) == 4
    monkeypatch.setattr("openrouter_async._http.network.names.KEPT_S", 0.0)
    for _ in range(2):
        await asked.addresses("one.test", 80)
    assert len(resolver.asked) == 6


@pytest.mark.loopback
async def test_what_is_no_name_is_a_connect_error() -> None:
    with pytest.raises(httpcore.ConnectError):
        await Names(current_network()).addresses("x" * 300 + ".invalid", 80)


@pytest.mark.loopback
async def test_addresses_are_not_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "Thread", None)
    names = Names(current_network())
    for host in ("127.0.0.1", "::1", "fe80::1%1"):
        assert await names.addresses(host, 80) == [(host, 80)]


def test_families_take_turns_and_zones_are_kept() -> None:
    four, six = socket.AF_INET, socket.AF_INET6
    rows: list[Any] = [
        (six, 1, 6, "", ("::1", 80, 0, 0)),
        (six, 1, 6, "", ("fe80::1", 80, 0, 3)),
        (six, 1, 6, "", ("::1", 80, 0, 0)),
        (four, 1, 6, "", ("127.0.0.1", 80)),
    ]
    assert _in_turn(rows) == [("::1", 80), ("127.0.0.1", 80), ("fe80::1%3", 80)]


@pytest.mark.loopback
async def test_a_silent_first_address_costs_a_quarter_of_a_second(resolver: Resolver) -> None:
    """As many times in turn as cannot be had by chance; the clock of the connection is never reached."""
    resolver.addresses = ["127.0.0.2", "127.0.0.1"]
    with silent_address("127.0.0.2") as port, socket.create_server(("127.0.0.1", port)):
        names = Names(current_network())
        for _ in range(3):
            began = time.monotonic()
            with anyio.fail_after(5):
                stream = await open_stream(names, "two.test", port)
            assert time.monotonic() - began >= 0.2
            assert stream.get_extra_info("server_addr") == ("127.0.0.1", port)
            stream.abort()


@pytest.mark.loopback
async def test_a_first_address_that_refuses_costs_nothing(
    resolver: Resolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openrouter_async._http.network.names.RACE_DELAY_S", 30.0)
    resolver.addresses = ["127.0.0.2", "127.0.0.1"]
    with LoopbackServer(serve_responses([GOOD])) as server, anyio.fail_after(5):
        stream = await open_stream(Names(current_network()), "two.test", server.port)
        assert stream.get_extra_info("server_addr") == ("127.0.0.1", server.port)
        stream.abort()
        await anyio.lowlevel.checkpoint()  # asyncio closes the socket in its next round


@pytest.mark.loopback
async def test_of_two_that_answer_one_is_kept_and_none_when_cancelled() -> None:
    class Stream:
        aborted = 0

        def abort(self) -> None:
            Stream.aborted += 1

    both = anyio.Event()

    async def connect(host: str, port: int) -> Any:
        if port == 2:
            both.set()
        await both.wait()
        return Stream()

    assert isinstance(await first_of([("a", 1), ("b", 2)], connect), Stream)
    assert Stream.aborted <= 1

    Stream.aborted = 0
    with anyio.CancelScope() as scope:

        async def cancelled(host: str, port: int) -> Any:
            scope.cancel()
            return Stream()

        await first_of([("a", 1), ("b", 2)], cancelled)
    assert scope.cancelled_caught
    assert Stream.aborted >= 1


@pytest.mark.loopback
@pytest.mark.parametrize("is_named", [False, True], ids=["look-up", "connection"])
async def test_a_timeout_says_what_was_waited_for(resolver: Resolver, is_named: bool) -> None:
    resolver.addresses = ["127.0.0.2"]
    if not is_named:
        resolver.may_answer.clear()
    with silent_address("127.0.0.2") as port:
        async with AsyncOpenRouter(
            "k" * 20,
            base_url=f"http://slow.test:{port}/api/v1",
            allow_plain_http=["slow.test"],
            timeouts=Timeouts(connect=0.1),
            retries=Retries(attempts=1),
        ) as client:
            with pytest.raises(RequestTimeout) as caught:
                await client.chat.create("x", model="m")
    assert caught.value.phase == "connect"
    assert caught.value.may_have_been_billed is False
    waited_for = "the connection to slow.test" if is_named else "the look-up of the name of slow.test"
    assert f"{waited_for} took longer than 0.1 s" in str(caught.value)


async def test_busy_threads_of_the_program_delay_no_look_up_and_no_certificate(resolver: Resolver) -> None:
    over = threading.Event()
    loop = asyncio.get_running_loop()
    busy = [loop.run_in_executor(None, over.wait, 20) for _ in range(64)]
    try:
        async with anyio.create_task_group() as group:
            for _ in range(64):
                group.start_soon(anyio.to_thread.run_sync, over.wait, 20)
            await anyio.wait_all_tasks_blocked()
            with LoopbackServer(serve_responses([GOOD])) as server, anyio.fail_after(5):
                stream = await open_stream(Names(current_network()), "one.test", server.port)
                stream.abort()
                assert await TLSSettings(None).get()
                assert await server.eventually(
                    lambda: server.connections == 1 and not server.open_connections
                )
            over.set()
    finally:
        over.set()
        await asyncio.gather(*busy)


@pytest.mark.skipif(not hasattr(asyncio, "eager_task_factory"), reason="Python 3.12 and later have it")
def test_addresses_are_raced_where_tasks_run_to_their_first_wait_when_made(resolver: Resolver) -> None:
    resolver.addresses = ["127.0.0.2", "127.0.0.1"]

    async def main() -> None:
        asyncio.get_running_loop().set_task_factory(getattr(asyncio, "eager_task_factory"))  # noqa: B009
        with LoopbackServer(serve_responses([GOOD])) as server:
            stream = await open_stream(Names(current_network()), "two.test", server.port)
            stream.abort()
            await anyio.lowlevel.checkpoint()  # asyncio closes the socket in its next round

    asyncio.run(main())


def test_uvloop_races_addresses_too(resolver: Resolver) -> None:
    uvloop = pytest.importorskip("uvloop")
    resolver.addresses = ["127.0.0.2", "127.0.0.1"]

    async def main() -> None:
        with silent_address("127.0.0.2") as port, socket.create_server(("127.0.0.1", port)):
            async with asyncio.timeout(5):
                stream = await open_stream(Names(current_network()), "two.test", port)
            assert stream.get_extra_info("server_addr") == ("127.0.0.1", port)
            stream.abort()
            await asyncio.sleep(0)

    uvloop.run(main())
