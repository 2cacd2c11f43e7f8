"""Calls through real proxies, and what is said where one of them fails, under either event loop."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from typing import Any

import anyio
import httpx
import pytest

from openrouter_async import AsyncOpenRouter, ConnectionLost, OpenRouterError, ProxyError, Retries, Timeouts
from openrouter_async import TLSError as OurTLSError
from openrouter_async._http.pool.connections import ConnectionTransport
from openrouter_async.errors import RequestTimeout
from openrouter_async.options import Limits
from tests.support.loopback import (
    Connection,
    LoopbackServer,
    Request,
    client_tls,
    refused_port,
    serve_responses,
    server_tls,
)
from tests.support.pools import GOOD, client, count_connections
from tests.support.proxies import HTTPProxy, SocksProxy

pytestmark = pytest.mark.loopback

USER = "us er:p@s/s:w%ö"
QUOTED = "us%20er:p%40s%2Fs%3Aw%25%C3%B6"


def served(tls: bool, answer: Any = GOOD) -> LoopbackServer:
    return LoopbackServer(serve_responses([answer]), ssl_context=server_tls() if tls else None)


def url_of(proxy: LoopbackServer, scheme: str, user: str = "") -> str:
    return f"{scheme}://{user}{'@' if user else ''}127.0.0.1:{proxy.port}"


def started(scheme: str, wants: str = "") -> AbstractContextManager[LoopbackServer]:
    if scheme.startswith("socks5"):
        return LoopbackServer(SocksProxy(wants))
    return LoopbackServer(HTTPProxy(wants), ssl_context=server_tls() if scheme == "https" else None)


def pooled(proxy: str, parser: Any = "h11") -> ConnectionTransport:
    return ConnectionTransport(limits=Limits(), proxy=proxy, ssl_context=client_tls(), http_parser=parser)


@pytest.mark.parametrize("parser", ["h11", "httptools"])
@pytest.mark.parametrize("user", ["", USER], ids=["open", "password"])
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("scheme", ["http", "https", "socks5", "socks5h"])
async def test_calls_share_the_connection_that_a_proxy_gave(
    scheme: str, tls: bool, user: str, parser: str
) -> None:
    quoted = QUOTED if user else ""
    with served(tls) as server, started(scheme, user) as proxy:
        transport = pooled(url_of(proxy, scheme, quoted), parser)
        async with client(transport) as calls:
            url = server.url.replace("127.0.0.1", "localhost")
            for _ in range(3):
                response = await calls.post(f"{url}/x?y=z", content=b"{}")
                assert response.json() == {"ok": True}
                assert response.extensions["network_stream"].abort_call
            assert count_connections(transport) == (1, 1)
            assert (server.connections, proxy.connections) == (1, 1)
        assert await server.eventually(lambda: server.open_connections == 0)
        for request in server.requests:
            assert request.path == "/api/v1/x?y=z"
            assert request.headers["host"] == f"localhost:{server.port}"
            assert "proxy-authorization" not in request.headers


@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_a_proxy_resolves_the_names(scheme: str) -> None:
    with served(False) as server, started(scheme) as proxy:
        async with client(pooled(url_of(proxy, scheme))) as calls:
            response = await calls.get(f"http://far.invalid:{server.port}/")
            assert response.json() == {"ok": True}


@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_every_call_at_once_gets_a_connection_of_its_own(scheme: str) -> None:
    def slow(connection: Connection, _request: Request) -> None:
        connection.pause(0.2)
        connection.send(GOOD.encode())

    with served(False, slow) as server, started(scheme) as proxy:
        transport = pooled(url_of(proxy, scheme))
        async with client(transport) as calls:
            for _ in range(2):
                async with anyio.create_task_group() as group:
                    for _ in range(50):
                        group.start_soon(calls.get, server.url)
                assert count_connections(transport) == (50, 50)
            assert proxy.connections == server.connections == 50


# `ssl` leaves the socket of a server open where the client resets it as TLS begins.
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
@pytest.mark.parametrize("scheme", ["http", "https", "socks5"])
async def test_cancelled_while_a_tunnel_is_made_nothing_is_left(scheme: str) -> None:
    with served(True) as server, started(scheme) as proxy:
        transport = pooled(url_of(proxy, scheme))
        async with client(transport) as calls:
            await calls.get(server.url)

            async def call() -> None:
                # A connection that was kept may have ended meanwhile; a client's calls are sent again then.
                with suppress(httpx.TransportError):
                    await calls.get(server.url)

            for number in range(100):
                with anyio.move_on_after(number / 5_000):
                    async with anyio.create_task_group() as group:
                        for _ in range(3):
                            group.start_soon(call)
            stats = count_connections(transport)
            assert stats.open == stats.idle
            assert await proxy.eventually(lambda: proxy.open_connections == stats.open)
            assert (await calls.get(server.url)).status_code == 200


async def failing(
    proxy: str, *, url: str = "https://far.invalid/api/v1", attempts: int = 3, was_sent: bool = False
) -> OpenRouterError:
    async with AsyncOpenRouter(
        "k" * 20,
        base_url=url,
        proxy=proxy,
        ssl_context=client_tls(),
        allow_plain_http=["far.invalid"],
        timeouts=Timeouts(connect=0.3),
        retries=Retries(attempts=attempts, base=0.001, cap=0.002),
    ) as client:
        with anyio.fail_after(10), pytest.raises(OpenRouterError) as caught:
            await client.chat.create("x", model="m")
    error = caught.value
    assert error.may_have_been_billed is (None if was_sent else False)
    assert "secret" not in f"{error} {error!r} {error.__cause__!r}"
    return error


def assert_chain_ends(error: BaseException) -> None:
    """Check that whoever follows the causes of an error comes to an end."""
    seen: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None:
        assert cause not in seen, "an error is its own cause"
        seen.append(cause)
        cause = cause.__cause__


def silent(connection: Connection) -> None:
    connection.wait_closed()


def after_request(answer: bytes) -> Callable[[Connection], None]:
    def handler(connection: Connection) -> None:
        if connection.read_head() is not None:
            connection.send(answer)

    return handler


@pytest.mark.parametrize("scheme", ["http", "https", "socks5"])
async def test_a_proxy_that_says_nothing_ends_with_the_clock_of_connecting(scheme: str) -> None:
    with LoopbackServer(silent) as proxy:
        error = await failing(url_of(proxy, scheme), attempts=1)
        assert isinstance(error, RequestTimeout)
        assert error.phase == "connect"
        assert f"the proxy 127.0.0.1:{proxy.port}" in str(error)
        assert await proxy.eventually(lambda: proxy.open_connections == 0)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 200", "speaks no HTTP, or broke off its answer"),
        (b"SSH-2.0-x\r\n\r\n", "speaks no HTTP, or broke off its answer"),
        (b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n", "bytes follow the answer"),
        (b"", "speaks no HTTP, or broke off its answer"),
        (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", "refused a connection to far.invalid: 502 Bad Gateway"),
        (b"HTTP/1.1 429 Slowly\r\n\r\n", "429 Slowly"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "broke off the TLS handshake with far.invalid"),
    ],
    ids=["cut", "nonsense", "more", "nothing", "502", "429", "tls"],
)
async def test_a_proxy_that_fails_is_named_and_asked_again(answer: bytes, words: str) -> None:
    with LoopbackServer(after_request(answer)) as proxy:
        error = await failing(url_of(proxy, "http", "user:secret"))
        assert isinstance(error, ProxyError)
        assert str(error).startswith(f"the proxy 127.0.0.1:{proxy.port} ")
        assert words in str(error)
        assert str(error).count("the proxy") == 1, "said twice"
        assert error.proxy == f"127.0.0.1:{proxy.port}"
        assert error.refused is False
        assert proxy.connections == 3
        assert_chain_ends(error)


@pytest.mark.parametrize("url", ["https://far.invalid/api/v1", "http://far.invalid/api/v1"])
@pytest.mark.parametrize("user", ["", "user:secret"], ids=["none", "wrong"])
async def test_a_password_is_asked_for_once(url: str, user: str) -> None:
    with LoopbackServer(HTTPProxy("user:right")) as proxy:
        error = await failing(url_of(proxy, "http", user), url=url)
        assert isinstance(error, ProxyError)
        assert (error.status, error.refused) == (407, True)
        assert ("does not accept" if user else "wants a user name and a password") in str(error)
        assert user or "user:password@" in str(error)
        assert proxy.connections == len(proxy.requests) == 1
        assert_chain_ends(error)


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"], ids=["nothing", "cut"]
)
async def test_a_connection_that_is_lost_names_the_proxy_it_went_through(answer: bytes) -> None:
    with LoopbackServer(after_request(answer)) as proxy:
        error = await failing(
            url_of(proxy, "http", "user:secret"), url="http://far.invalid/api/v1", was_sent=True
        )
        assert isinstance(error, ConnectionLost)
        assert f"the connection to far.invalid, through the proxy 127.0.0.1:{proxy.port}," in str(error)


async def test_a_proxy_that_forbids_is_asked_once() -> None:
    with LoopbackServer(after_request(b"HTTP/1.1 403 Forbidden\r\n\r\n")) as proxy:
        error = await failing(url_of(proxy, "http"))
        assert isinstance(error, ProxyError)
        assert (error.status, error.refused) == (403, True)
        assert proxy.connections == 1


@pytest.mark.parametrize(
    ("proxy", "user", "words", "asked"),
    [
        (SocksProxy("user:right"), "", "wants a user name and a password", 1),
        (SocksProxy("user:right"), "user:secret", "does not accept the user name", 1),
        (SocksProxy(code=2), "", "not allowed by its rules", 1),
        (SocksProxy(code=4), "", "host unreachable", 3),
        (SocksProxy(code=77), "", "code 77", 3),
        (after_request(b""), "", "closed the connection", 3),
    ],
    ids=["password", "wrong", "rules", "unreachable", "unknown", "closed"],
)
async def test_what_a_socks_proxy_says(
    proxy: Callable[[Connection], None], user: str, words: str, asked: int
) -> None:
    def ends(connection: Connection) -> None:
        connection.sock.recv(100)

    with LoopbackServer(ends if words == "closed the connection" else proxy) as server:
        error = await failing(url_of(server, "socks5", user))
        assert isinstance(error, ProxyError)
        assert words in str(error)
        assert str(error).count(words) == 1
        assert_chain_ends(error)
        assert error.refused is (asked == 1)
        assert server.connections == asked


@pytest.mark.parametrize(
    "said", [b"HTTP/1.1 400 Bad\r\n\r\n", b"\x05\x77", b"\x04\x00"], ids=["http", "x", "4"]
)
async def test_what_is_no_socks_proxy_is_told(said: bytes) -> None:
    def handler(connection: Connection) -> None:
        connection.sock.recv(100)
        connection.send(said)
        connection.wait_closed()

    with LoopbackServer(handler) as proxy:
        error = await failing(url_of(proxy, "socks5"))
        assert isinstance(error, ProxyError)
        assert "speaks no SOCKS5" in str(error)


@pytest.mark.parametrize("scheme", ["http", "https", "socks5"])
async def test_a_proxy_that_is_not_there_is_named(scheme: str) -> None:
    port = refused_port()
    error = await failing(f"{scheme}://127.0.0.1:{port}")
    assert isinstance(error, ProxyError)
    assert str(error) == f"no connection to the proxy 127.0.0.1:{port}: Connection refused"


async def test_the_certificate_of_a_proxy_is_looked_at() -> None:
    with LoopbackServer(HTTPProxy(), ssl_context=server_tls()) as proxy:
        transport = ConnectionTransport(
            limits=Limits(), proxy=url_of(proxy, "https"), ssl_context=ssl.create_default_context()
        )
        async with AsyncOpenRouter("k" * 20, transport=transport, retries=Retries(attempts=3)) as client:
            with pytest.raises(OurTLSError, match=rf"certificate of the proxy 127\.0\.0\.1:{proxy.port}"):
                await client.chat.create("x", model="m")
        await transport.aclose()


async def test_what_was_sent_through_a_proxy_may_have_been_billed() -> None:
    def drop(connection: Connection, _request: Request) -> None:
        connection.reset()

    for proxy in (HTTPProxy(), SocksProxy()):
        scheme = "http" if isinstance(proxy, HTTPProxy) else "socks5"
        with served(True, drop) as server, LoopbackServer(proxy) as running:
            async with AsyncOpenRouter(
                "k" * 20,
                base_url=server.url,
                proxy=url_of(running, scheme),
                ssl_context=client_tls(),
                retries=Retries(attempts=1),
            ) as client:
                with pytest.raises(ConnectionLost) as caught:
                    await client.chat.create("x", model="m")
            assert caught.value.may_have_been_billed is not False


async def test_closing_ends_what_waits_for_a_proxy() -> None:
    with LoopbackServer(silent) as proxy:
        transport = pooled(url_of(proxy, "http"))
        failed: list[str] = []

        async def call() -> None:
            with pytest.raises(httpx.ConnectError) as caught:
                await transport.handle_async_request(httpx.Request("GET", "https://far.invalid/"))
            failed.append(str(caught.value))

        async with anyio.create_task_group() as group:
            group.start_soon(call)
            assert await proxy.eventually(lambda: proxy.connections == 1)
            await transport.aclose()
        assert failed == ["the transport is closed"]
        assert await proxy.eventually(lambda: proxy.open_connections == 0)
