"""What the pool of connections does under asyncio alone, where sockets and timers call back."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from openrouter_async._http.pool.connections import ConnectionTransport
from openrouter_async.options import Limits
from tests.support.loopback import (
    Connection,
    LoopbackServer,
    Request,
    client_tls,
    serve_responses,
    server_tls,
)
from tests.support.pools import GOOD, count_connections


def open_sockets() -> int:
    """Sockets that this process has open; 0 where the system does not tell."""
    links = []
    for file in Path("/proc/self/fd").glob("*"):
        with suppress(OSError):  # closed meanwhile
            links.append(str(file.readlink()))
    return sum(link.startswith("socket:") for link in links)


def timers() -> int:
    """Timers of the running loop that will still fire."""
    loop = asyncio.get_running_loop()
    return sum(not timer.cancelled() for timer in loop._scheduled)  # type: ignore[attr-defined]  # no public word


async def test_old_idle_connections_are_closed_without_traffic() -> None:
    with LoopbackServer(serve_responses([GOOD])) as server:
        transport = ConnectionTransport(limits=Limits(idle_expiry=0.05))
        async with httpx.AsyncClient(transport=transport) as client:
            await asyncio.gather(*(client.get(server.url) for _ in range(5)))
            assert count_connections(transport).open > 0
            assert await server.eventually(lambda: server.open_connections == 0, 2)
            assert count_connections(transport) == (0, 0)
            await client.get(server.url)
            assert await server.eventually(lambda: server.open_connections == 0, 2)


@pytest.mark.parametrize("end", [Connection.reset, Connection.half_close], ids=["reset", "end"])
async def test_an_idle_connection_that_ends_is_closed_at_once(end: object) -> None:
    def answer(connection: Connection, _request: Request) -> None:
        connection.send(GOOD.encode())
        connection.pause(0.02)
        assert callable(end)
        end(connection)

    with LoopbackServer(serve_responses([answer])) as server:
        transport = ConnectionTransport(limits=Limits())
        async with httpx.AsyncClient(transport=transport) as client:
            await client.get(server.url)
            assert await server.eventually(lambda: count_connections(transport) == (0, 0), 2)


async def test_closing_leaves_no_timer_and_no_task() -> None:
    before = timers()
    with LoopbackServer(serve_responses([GOOD])) as server:
        async with httpx.AsyncClient(transport=ConnectionTransport(limits=Limits())) as client:
            await asyncio.gather(*(client.get(server.url) for _ in range(5)))
            assert timers() > before
    assert timers() == before
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_the_answer_to_a_request_that_was_not_read_is_readable() -> None:
    """Where the server keeps the connection open: nothing overtakes the answer."""

    def handler(connection: Connection) -> None:
        connection.read_head()
        connection.respond(413, headers={"connection": "close"})
        connection.pause(5)

    with LoopbackServer(handler) as server:
        transport = ConnectionTransport(limits=Limits())
        async with httpx.AsyncClient(transport=transport, timeout=httpx.Timeout(5, write=0.1)) as client:
            response = await client.post(server.url, content=b"x" * (8 << 20))
            assert response.status_code == 413
            assert count_connections(transport) == (0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
async def test_a_storm_of_native_cancellations_leaves_no_socket(tls: bool) -> None:
    """Tasks cancelled by asyncio's own means, at any moment, some of them twice."""
    moments = random.Random(5)

    def answer(connection: Connection, _request: Request) -> None:
        connection.pause(0.005)
        connection.start_chunked()
        connection.chunk(b"piece")
        connection.pause(0.005)
        connection.end_chunked()

    with LoopbackServer(serve_responses([answer]), ssl_context=server_tls() if tls else None) as server:
        sockets = open_sockets()
        transport = ConnectionTransport(limits=Limits(), ssl_context=client_tls())
        async with httpx.AsyncClient(transport=transport) as client:
            await client.get(server.url)
            for _ in range(5 if tls else 15):
                tasks = [asyncio.create_task(client.get(server.url)) for _ in range(100)]
                for task in moments.sample(tasks, 100):
                    if not moments.randrange(20):
                        await asyncio.sleep(moments.uniform(0, 0.004))
                    task.cancel()
                for task in moments.sample(tasks, 30):
                    await asyncio.sleep(0)
                    task.cancel()
                await asyncio.wait(tasks)
            for _ in range(30):
                assert (await client.get(server.url)).content == b"piece"
            stats = count_connections(transport)
            assert stats.open == stats.idle
            assert await server.eventually(lambda: server.open_connections == stats.open)
        assert await server.eventually(lambda: server.open_connections == 0)
        assert await server.eventually(lambda: open_sockets() == sockets)


def test_a_stream_can_be_aborted_when_its_loop_is_gone() -> None:
    def handler(connection: Connection) -> None:
        connection.read_request()
        connection.start_chunked()
        connection.wait_closed()

    async def begin(server: LoopbackServer) -> tuple[ConnectionTransport, httpx.Response]:
        transport = ConnectionTransport(limits=Limits())
        response = await transport.handle_async_request(httpx.Request("GET", server.url))
        return transport, response

    with LoopbackServer(handler) as server:
        loop = asyncio.new_event_loop()
        transport, response = loop.run_until_complete(begin(server))
        loop.close()
        assert server.open_connections == 1
        response.extensions["network_stream"].abort_call()
        assert server.wait_until(lambda: server.open_connections == 0)
        asyncio.run(transport.aclose())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # of asyncio: the loop ended before its socket
            del transport, response
            gc.collect()


def test_no_file_descriptor_left_is_a_connect_error_and_leaks_nothing() -> None:
    script = """
import asyncio, resource, sys
import httpx
from openrouter_async._http.pool.connections import ConnectionTransport
from openrouter_async.options import Limits
from tests.support.pools import GOOD, count_connections

async def main():
    transport = ConnectionTransport(limits=Limits())
    async with httpx.AsyncClient(transport=transport, timeout=20) as client:
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        results = await asyncio.gather(*(client.get(sys.argv[1]) for _ in range(200)), return_exceptions=True)
        failed = [result for result in results if isinstance(result, Exception)]
        assert 100 < len(failed) < 200, len(failed)
        assert {type(error) for error in failed} == {httpx.ConnectError}, failed
        assert "Too many open files" in str(failed[0]), failed[0]
        for _ in range(5):
            assert (await client.get(sys.argv[1])).status_code == 200
        assert count_connections(transport).open == count_connections(transport).idle

asyncio.run(main())
"""
    pytest.importorskip("resource")
    import subprocess

    def answer(connection: Connection, _request: Request) -> None:
        connection.pause(0.3)
        connection.send(GOOD.encode())

    with LoopbackServer(serve_responses([answer])) as server:
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", script, server.url],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert time.monotonic() - began < 20


async def test_idle_connections_of_each_origin_are_closed_when_they_are_due() -> None:
    """The next look is at the oldest of all origins: another one, used later, does not put it off."""
    with (
        LoopbackServer(serve_responses([GOOD])) as server,
        LoopbackServer(serve_responses([GOOD])) as other,
    ):
        transport = ConnectionTransport(limits=Limits(idle_expiry=100))
        async with httpx.AsyncClient(transport=transport) as client:
            await client.get(server.url)
            await client.get(other.url)
            first, second = (next(iter(site.idle)) for site in transport._sites.values())
            first.idle_since, second.idle_since = time.monotonic() - 90, time.monotonic() - 10
            assert transport._sweep_cancel is not None
            transport._sweep_cancel()
            asked: list[float] = []

            class Network:
                def call_later(self, seconds: float, call: object) -> Callable[[], None]:
                    asked.append(seconds)
                    return lambda: None

            transport._network = Network()  # type: ignore[assignment]  # all that a sweep uses of it
            transport._sweep()
            assert count_connections(transport) == (2, 2)
        assert asked == [pytest.approx(10, abs=5)]
