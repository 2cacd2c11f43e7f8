"""Which origin is reached through which proxy, and calls through real ones."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import httpx
import pytest
from httpx._utils import URLPattern, get_environment_proxies

from openrouter_async._http.connections import ConnectionTransport
from openrouter_async._http.proxies import Proxies
from openrouter_async.errors import ConfigurationError
from openrouter_async.options import Limits
from tests.loopback import Connection, LoopbackServer, Reply, client_tls, serve_responses, server_tls

ENVIRONMENTS = {
    "none": {},
    "https": {"HTTPS_PROXY": "http://proxy:3128"},
    "http": {"HTTP_PROXY": "http://proxy:3128"},
    "all": {"ALL_PROXY": "http://proxy:3128"},
    "lower case, no scheme": {"https_proxy": "proxy:3128"},
    "each its own": {"HTTP_PROXY": "http://a:1", "HTTPS_PROXY": "http://b:2", "ALL_PROXY": "http://c:3"},
    "no domain": {"ALL_PROXY": "http://proxy:1", "NO_PROXY": "example.com, other.org"},
    "no subdomains": {"ALL_PROXY": "http://proxy:1", "NO_PROXY": ".example.com"},
    "no port": {"ALL_PROXY": "http://proxy:1", "NO_PROXY": "example.com:8443"},
    "no address": {"ALL_PROXY": "http://proxy:1", "NO_PROXY": "10.0.0.1,2001:db8::1"},
    "no network": {"ALL_PROXY": "http://proxy:1", "NO_PROXY": "10.0.0.0/8"},
    "no scheme and host": {"ALL_PROXY": "http://proxy:1", "NO_PROXY": "https://example.com"},
    "nothing": {"ALL_PROXY": "http://proxy:1", "NO_PROXY": "other.org,*"},
    "empty entries": {"ALL_PROXY": "http://proxy:1", "NO_PROXY": ",,example.com,"},
    "capitals": {"ALL_PROXY": "http://proxy:1", "NO_PROXY": "EXAMPLE.com"},
}
URLS = [
    "https://example.com",
    "http://example.com",
    "https://www.example.com",
    "https://wwwexample.com",
    "https://example.com:8443",
    "https://other.org/api/v1",
    "http://10.0.0.1",
    "http://10.0.0.0",
    "http://10.1.2.3:8080",
    "http://[2001:db8::1]",
]


@contextmanager
def environment(settings: dict[str, str]) -> Iterator[None]:
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    with mock.patch.dict(os.environ, {**kept, **settings}, clear=True):
        yield


@pytest.mark.parametrize("settings", ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def test_the_environment_means_what_it_means_to_httpx(settings: dict[str, str]) -> None:
    with environment(settings):
        ours = Proxies(None)
        patterns = sorted((URLPattern(key), proxy) for key, proxy in get_environment_proxies().items())
    for text in URLS:
        url = httpx.URL(text)
        expected = next((proxy for pattern, proxy in patterns if pattern.matches(url)), None)
        proxy = ours.of(url)
        assert (None if proxy is None else proxy.url) == (
            None if expected is None else httpx.URL(expected)
        ), text


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "[::1]", "api.localhost"])
def test_this_machine_is_never_reached_through_a_proxy_of_the_environment(host: str) -> None:
    with environment({"ALL_PROXY": "http://proxy:3128"}):
        assert Proxies(None).of(httpx.URL(f"http://{host}:8000/")) is None
    given = Proxies("http://proxy:3128").of(httpx.URL(f"http://{host}:8000/"))
    assert given is not None


def test_a_proxy_that_was_given_counts_alone() -> None:
    with environment({"ALL_PROXY": "http://other:1", "NO_PROXY": "*"}):
        proxy = Proxies("http://user:pass@proxy:3128").of(httpx.URL("https://example.com"))
    assert proxy is not None
    assert proxy.url.host == "proxy"
    assert proxy.auth == ("user", "pass")


@pytest.mark.parametrize("proxy", ["ftp://secret@proxy", "proxy:3128", ""])
def test_an_unusable_proxy_is_refused_without_showing_it(proxy: str) -> None:
    with pytest.raises(ConfigurationError, match=r"expected e\.g\. 'http://127\.0\.0\.1:3128'") as caught:
        Proxies(proxy)
    assert "secret" not in str(caught.value)


def test_a_socks_proxy_names_the_package_it_needs() -> None:
    with mock.patch("importlib.util.find_spec", return_value=None):
        with pytest.raises(ConfigurationError, match=r"pip install 'httpx\[socks\]'"):
            Proxies("socks5://proxy:1080")
        with environment({"ALL_PROXY": "socks5://proxy:1080"}):
            proxies = Proxies(None)
            with pytest.raises(ConfigurationError, match="socks5"):
                proxies.of(httpx.URL("https://example.com"))


def relay(connection: Connection) -> None:
    """Be an HTTP proxy: answer itself for plain requests, tunnel after CONNECT."""
    request = connection.read_head()
    if request is None:
        return
    if request.method != "CONNECT":
        connection.respond(json={"proxied": request.path})
        connection.wait_closed()
        return
    host, port = request.path.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=5) as upstream:
        connection.send(b"HTTP/1.1 200 Connected\r\n\r\n")

        def back() -> None:
            while data := receive(upstream):
                connection.sock.sendall(data)

        thread = threading.Thread(target=back)
        thread.start()
        while data := receive(connection.sock):
            upstream.sendall(data)
        upstream.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def receive(sock: socket.socket) -> bytes:
    try:
        return sock.recv(65536)
    except OSError:
        return b""


@pytest.mark.loopback
async def test_plain_requests_go_through_an_http_proxy() -> None:
    with LoopbackServer(relay) as proxy:
        transport = ConnectionTransport(limits=Limits(), proxy=proxy.origin)
        async with httpx.AsyncClient(transport=transport) as client:
            response = await client.get("http://api.invalid/models")
            assert response.json() == {"proxied": "http://api.invalid/models"}
            assert response.extensions["abort"]


@pytest.mark.loopback
async def test_tls_requests_go_through_a_tunnel() -> None:
    with (
        LoopbackServer(serve_responses([Reply(json={"secure": True})]), ssl_context=server_tls()) as server,
        LoopbackServer(relay) as proxy,
    ):
        transport = ConnectionTransport(limits=Limits(), proxy=proxy.origin, ssl_context=client_tls())
        async with httpx.AsyncClient(transport=transport) as client:
            for _ in range(3):
                response = await client.get(server.url)
                assert response.json() == {"secure": True}
        assert [request.method for request in proxy.requests] == ["CONNECT"]
        assert len(server.requests) == 3
        assert await proxy.eventually(lambda: proxy.open_connections == 0)


@pytest.mark.loopback
async def test_a_proxy_that_is_not_there_is_a_connect_error() -> None:
    transport = ConnectionTransport(limits=Limits(), proxy="http://127.0.0.1:1")
    async with httpx.AsyncClient(transport=transport) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get("http://api.invalid/")
