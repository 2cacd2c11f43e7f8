"""Byte streams over real sockets: flow control and limits of time, under either event loop."""

from __future__ import annotations

import threading
import time

import anyio
import httpcore
import pytest

from openrouter_async._http.network.current import current_network
from openrouter_async._http.network.stream import CallStream
from tests.support.loopback import Connection, LoopbackServer, client_tls, refused_port, server_tls

pytestmark = pytest.mark.loopback


def wait_closed(connection: Connection) -> None:
    connection.wait_closed()


async def connect(server: LoopbackServer) -> CallStream:
    stream = await current_network().connect("127.0.0.1", server.port)
    if server.origin.startswith("https"):
        assert await stream.start_tls(client_tls(), "127.0.0.1") is stream
    return stream


async def read_exactly(stream: CallStream, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        piece = await stream.read(65536, 5)
        assert piece
        data += piece
    return bytes(data)


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
async def test_bytes_cross_whole_and_in_order(tls: bool) -> None:
    sent = bytes(range(256)) * 20_000

    def handler(connection: Connection) -> None:
        data = bytearray()
        while len(data) < len(sent):
            data += connection.sock.recv(65536)
        connection.send(bytes(data))
        connection.wait_closed()

    with LoopbackServer(handler, ssl_context=server_tls() if tls else None) as server:
        stream = await connect(server)
        for start in range(0, len(sent), 1_000_000):
            await stream.write(sent[start : start + 1_000_000], 5)
        received = await read_exactly(stream, len(sent))
        assert received == sent
        assert stream.received == len(sent)
        stream.abort()
        assert await server.eventually(lambda: server.open_connections == 0)


async def test_no_more_is_read_than_asked_for() -> None:
    with LoopbackServer(lambda connection: connection.send(b"0123456789")) as server:
        stream = await connect(server)
        assert [await stream.read(4, 5), await stream.read(4, 5), await stream.read(4, 5)] == [
            b"0123",
            b"4567",
            b"89",
        ]
        assert await stream.read(4, 5) == b""
        stream.abort()


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
async def test_a_slow_reader_slows_the_server(tls: bool) -> None:
    sent = 0

    def handler(connection: Connection) -> None:
        nonlocal sent
        for _ in range(1_000):
            connection.send(b"x" * 65536)
            sent += 65536

    with LoopbackServer(handler, ssl_context=server_tls() if tls else None) as server:
        stream = await connect(server)
        await stream.read(1, 5)
        stalled_at = -1
        with anyio.fail_after(10):
            while sent != stalled_at:
                stalled_at = sent
                await anyio.sleep(0.1)
        assert sent < 20_000_000  # what the buffers of the system hold, out of 65 MB
        assert stream.received < 2_000_000
        total = 1
        with anyio.fail_after(20):
            while data := await stream.read(65536, 5):
                total += len(data)
        assert total == 65536 * 1_000
        stream.abort()


async def test_waiting_has_an_end_and_can_be_repeated() -> None:
    def handler(connection: Connection) -> None:
        connection.sock.recv(1)
        connection.send(b"late")
        connection.wait_closed()

    with LoopbackServer(handler) as server:
        stream = await connect(server)
        for timeout in (0.05, 0.15, 0.05, 0.0):
            began = time.monotonic()
            with pytest.raises(httpcore.ReadTimeout):
                await stream.read(10, timeout)
            assert timeout <= time.monotonic() - began + 0.005 < timeout + 1
        await stream.write(b"x")
        assert await stream.read(10, 5) == b"late"
        stream.abort()


async def test_readability_tells_of_bytes_and_of_the_end() -> None:
    def handler(connection: Connection) -> None:
        for _ in range(2):
            connection.sock.recv(1)
            connection.send(b"y")
        connection.sock.recv(1)
        connection.half_close()
        connection.wait_closed()

    with LoopbackServer(handler) as server:
        stream = await connect(server)
        for _ in range(2):
            assert not stream.get_extra_info("is_readable")
            await stream.write(b"x")
            assert await server.eventually(lambda: bool(stream.get_extra_info("is_readable")))
            assert await stream.read(10, 5) == b"y"
        assert not stream.get_extra_info("is_readable")
        await stream.write(b"x")
        assert await server.eventually(lambda: bool(stream.get_extra_info("is_readable")))
        assert stream.get_extra_info("server_addr") == ("127.0.0.1", server.port)
        assert stream.get_extra_info("client_addr")[0] == "127.0.0.1"
        assert stream.get_extra_info("socket") is not None
        assert stream.get_extra_info("ssl_object") is None
        assert stream.get_extra_info("other") is None
        stream.abort()


async def test_a_reset_is_an_error_to_readers_and_writers() -> None:
    connected = threading.Event()  # a reset that comes sooner is an error of the connecting

    def handler(connection: Connection) -> None:
        connected.wait(5)
        connection.reset()

    with LoopbackServer(handler) as server:
        stream = await connect(server)
        connected.set()
        with pytest.raises(httpcore.ReadError):
            await stream.read(10, 5)
        with pytest.raises(httpcore.WriteError):
            await stream.write(b"x" * 10_000_000, 5)
        stream.abort()


async def test_aborting_wakes_the_reader() -> None:
    with LoopbackServer(wait_closed) as server:
        stream = await connect(server)

        async def read() -> None:
            with pytest.raises(httpcore.ReadError):
                await stream.read(10, 5)

        async with anyio.create_task_group() as group:
            group.start_soon(read)
            await anyio.sleep(0.01)
            stream.abort()
            stream.abort()


async def test_refused() -> None:
    with pytest.raises(httpcore.ConnectError):
        await current_network().connect("127.0.0.1", refused_port())


async def test_callbacks_from_another_thread_run_in_the_loop() -> None:
    called = anyio.Event()
    await anyio.to_thread.run_sync(current_network().call_soon, called.set)
    with anyio.fail_after(5):
        await called.wait()
