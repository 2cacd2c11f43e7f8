"""Proxies for tests, as handlers of a `LoopbackServer`: one of HTTP, which forwards and tunnels, and one of SOCKS5.

They pass on bytes as they come, and ends and resets of connections too, so that every fault of a server is seen
through them. Names end at this machine: a test can reach `far.invalid` and see that the proxy resolved it.
"""

from __future__ import annotations

import select
import socket
import ssl
import struct
import threading
from base64 import b64encode
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.support.loopback import Connection

__all__ = ["HTTPProxy", "SocksProxy"]

WAIT_S = 60.0


@dataclass(frozen=True)
class HTTPProxy:
    """A proxy that takes absolute targets and CONNECT."""

    wants: str = ""
    """User and password."""

    def __call__(self, connection: Connection) -> None:
        """Serve one connection."""
        request = connection.read_head(WAIT_S)
        if request is None:
            return
        if self.wants:
            basic = "Basic " + b64encode(self.wants.encode()).decode("ascii")
            if request.headers.get("proxy-authorization") != basic:
                connection.respond(407, headers={"proxy-authenticate": 'Basic realm="x"'})
                return
        if request.method == "CONNECT":
            host, _, port = request.path.rpartition(":")
            if (far := _reached(host.strip("[]"), int(port))) is None:
                connection.respond(502)
                return
            with far:
                connection.send(b"HTTP/1.1 200 Connected\r\n\r\n")
                _join(connection, far, b"")
            return
        url = urlsplit(request.path)
        assert url.hostname is not None
        if (far := _reached(url.hostname, url.port or 80)) is None:
            connection.respond(502)
            return
        target = request.path.removeprefix(f"{url.scheme}://{url.netloc}")
        lines = [f"{name}: {value}" for name, value in request.headers.items() if name[:6] != "proxy-"]
        head = "\r\n".join([f"{request.method} {target} HTTP/1.1", *lines, "", ""]).encode("latin-1")
        with far:
            _join(connection, far, head, prefix=f"{url.scheme}://{url.netloc}".encode())


@dataclass(frozen=True)
class SocksProxy:
    """A proxy of SOCKS5, which knows the command CONNECT."""

    wants: str = ""
    """User and password."""
    code: int = 0
    """What it answers to CONNECT; 0 is good."""

    def __call__(self, connection: Connection) -> None:
        """Serve one connection."""
        sock = connection.sock
        sock.settimeout(WAIT_S)
        methods = _exactly(sock, _exactly(sock, 2)[1])
        method = 2 if self.wants else 0
        if method not in methods:
            sock.sendall(b"\x05\xff")
            return
        sock.sendall(bytes([5, method]))
        if self.wants:
            user = _exactly(sock, _exactly(sock, 2)[1]).decode()
            password = _exactly(sock, _exactly(sock, 1)[0]).decode()
            is_right = f"{user}:{password}" == self.wants
            sock.sendall(b"\x01\x00" if is_right else b"\x01\x01")
            if not is_right:
                return
        kind = _exactly(sock, 4)[3]
        if kind == 3:
            host = _exactly(sock, _exactly(sock, 1)[0]).decode("ascii")
        else:
            family, size = (socket.AF_INET, 4) if kind == 1 else (socket.AF_INET6, 16)
            host = socket.inet_ntop(family, _exactly(sock, size))
        port = int.from_bytes(_exactly(sock, 2), "big")
        far = None if self.code else _reached(host, port)
        if far is None:
            sock.sendall(bytes([5, self.code or 5]))  # some end after it
            return
        with far:
            for byte in b"\x05\x00\x00\x03\x04name\x00\x00":  # in as many packets
                sock.sendall(bytes([byte]))
            _join(connection, far, b"")


def _reached(host: str, port: int) -> socket.socket | None:
    try:
        return socket.create_connection(("127.0.0.1" if host.endswith(".invalid") else host, port), WAIT_S)
    except OSError:
        return None


def _join(connection: Connection, far: socket.socket, head: bytes, *, prefix: bytes = b"") -> None:
    """Pass bytes in both directions until both have ended, or one is reset.

    With `prefix`, targets of requests lose it; a head is then in one packet with its first line.
    """
    near = connection.sock
    for sock in (near, far):
        sock.settimeout(WAIT_S)
    early = bytes(connection._buffer)
    connection._buffer.clear()
    far.sendall(head + early)
    if isinstance(near, ssl.SSLSocket):
        _join_in_turn(near, far, prefix)
        return
    back = threading.Thread(target=_pass_on, args=(far, near), daemon=True)
    back.start()
    _pass_on(near, far, prefix)
    back.join(WAIT_S)


def _join_in_turn(near: ssl.SSLSocket, far: socket.socket, prefix: bytes) -> None:
    """Do the same in one thread, until either has ended: two must not use one TLS connection at once."""
    try:
        while True:
            ready = [near] if near.pending() else select.select([near, far], [], [], WAIT_S)[0]
            for source, target in ((near, far), (far, near)):
                if source not in ready:
                    continue
                source.settimeout(0)
                try:
                    data = source.recv(65_536)
                except (ssl.SSLWantReadError, BlockingIOError):
                    continue
                finally:
                    source.settimeout(WAIT_S)
                if not data:
                    return
                if prefix and source is near:
                    data = _without_proxy_headers(data.replace(b" " + prefix, b" ", 1))
                target.sendall(data)
            if not ready:
                return
    except OSError:
        for sock in (near, far):
            _reset(sock)


def _pass_on(source: socket.socket, target: socket.socket, prefix: bytes = b"") -> None:
    try:
        while data := source.recv(65_536):
            if prefix:
                data = _without_proxy_headers(data.replace(b" " + prefix, b" ", 1))
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        for sock in (source, target):
            _reset(sock)


def _without_proxy_headers(data: bytes) -> bytes:
    lines = data.split(b"\r\n")
    return b"\r\n".join(line for line in lines if not line.lower().startswith(b"proxy-"))


def _reset(sock: socket.socket) -> None:
    """End a connection that another thread may be reading, and let its close be a reset."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.shutdown(socket.SHUT_RD)
    except OSError:
        return  # it is closed


def _exactly(sock: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = sock.recv(size - len(data))
        if not piece:
            raise ConnectionError("the client went away amid its greeting")
        data += piece
    return data
