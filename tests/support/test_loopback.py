"""The loopback server itself: what other tests rely on."""

from __future__ import annotations

import http.client
import socket
import ssl
import time

import pytest

from tests.support.loopback import (
    Connection,
    LoopbackServer,
    Reply,
    client_tls,
    refused_port,
    serve_responses,
    server_tls,
    sse,
)


def connect(server: LoopbackServer) -> http.client.HTTPConnection:
    if server.origin.startswith("https"):
        return http.client.HTTPSConnection("127.0.0.1", server.port, timeout=5, context=client_tls())
    return http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)


@pytest.mark.parametrize("tls", [None, server_tls()], ids=["plain", "tls"])
def test_answers_come_in_turn_and_the_last_is_repeated(tls: ssl.SSLContext | None) -> None:
    answers = serve_responses([Reply(503, "busy", {"retry-after": "1"}), Reply(json={"n": 2})])
    with LoopbackServer(answers, ssl_context=tls) as server:
        client = connect(server)
        seen = []
        for _ in range(3):
            client.request("POST", "/api/v1/x?y=1", body=b'{"a": 1}')
            response = client.getresponse()
            seen.append((response.status, response.getheader("retry-after"), response.read()))
        client.close()
        assert seen == [(503, "1", b"busy"), (200, None, b'{"n": 2}'), (200, None, b'{"n": 2}')]
        assert (server.connections, len(server.requests)) == (1, 3)
        request = server.requests[0]
        assert (request.method, request.path, request.json()) == ("POST", "/api/v1/x?y=1", {"a": 1})


def test_chunked_requests_and_answers() -> None:
    def handler(connection: Connection) -> None:
        request = connection.read_request()
        assert request is not None
        connection.start_chunked()
        connection.event({"length": len(request.body)})
        connection.event("[DONE]")
        connection.end_chunked()

    with LoopbackServer(handler) as server:
        client = connect(server)
        client.request("POST", "/", body=iter([b"abc", b"defg"]), encode_chunked=True)
        assert client.getresponse().read() == sse({"length": 7}, "[DONE]")
        client.close()


def test_a_reset_is_a_reset_and_a_close_is_an_end() -> None:
    def handler(connection: Connection) -> None:
        connection.sock.recv(1)
        if connection.number == 1:
            connection.reset()
        else:
            connection.close()

    with LoopbackServer(handler) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
            client.sendall(b"x")
            with pytest.raises(ConnectionResetError):
                client.recv(1)
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
            client.sendall(b"x")
            assert client.recv(1) == b""


def test_the_server_sees_the_client_go() -> None:
    seen: list[tuple[bool, bool]] = []

    def handler(connection: Connection) -> None:
        early = connection.wait_closed(0.02)
        connection.send(b"now")
        seen.append((early, connection.wait_closed()))

    with LoopbackServer(handler) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
            assert client.recv(3) == b"now"
            assert server.open_connections == 1
        assert server.wait_until(lambda: server.open_connections == 0)
    assert seen == [(False, True)]


def test_what_a_handler_raises_reaches_the_test() -> None:
    def handler(connection: Connection) -> None:
        connection.read_request()
        raise LookupError("wrong script")

    server = LoopbackServer(handler)
    server.__enter__()
    client = connect(server)
    client.request("GET", "/")
    with pytest.raises(http.client.RemoteDisconnected):
        client.getresponse()
    client.close()
    with pytest.raises(LookupError, match="wrong script"):
        server.__exit__(None, None, None)


def test_leaving_the_block_ends_waiting_handlers_at_once() -> None:
    def handler(connection: Connection) -> None:
        if connection.number == 1:
            connection.pause(60)
        else:
            connection.read_request(60)

    began = time.monotonic()
    with LoopbackServer(handler) as server:
        sockets = [socket.create_connection(("127.0.0.1", server.port), timeout=5) for _ in range(2)]
        assert server.wait_until(lambda: server.open_connections == 2)
    assert time.monotonic() - began < 5
    for sock in sockets:
        sock.close()


def test_refused_port() -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", refused_port()), timeout=5)
