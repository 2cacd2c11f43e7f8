"""A socket server for tests that says exactly what a test tells it to, byte for byte.

*Theory of operation.* `LoopbackServer` listens on a free port of 127.0.0.1 and serves each connection in a
thread of its own, by a plain blocking function `handler(connection)`. It knows no event loop, so asyncio, trio
and plain tests use it alike. Every wait has a time limit. Leaving the `with` block ends all of it, and raises
what a handler raised; only a connection that the client broke off is taken as ordinary.

```python
def handler(connection: Connection) -> None:
    while connection.read_request() is not None:
        connection.respond(json={"ok": True})

with LoopbackServer(handler) as server:
    ...  # talk to server.url
    assert len(server.requests) == 1
```
"""

from __future__ import annotations

import json as jsonlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import TypeAlias

import anyio

__all__ = [
    "Connection",
    "LoopbackServer",
    "Reply",
    "Request",
    "client_tls",
    "refused_port",
    "serve_responses",
    "server_tls",
    "sse",
]

WAIT_S = 10.0
"""The longest any wait lasts unless told otherwise; long, because the machine may be busy."""

IDLE_S = 60.0
"""How long `serve_responses` waits for the next request on a connection."""

CERTIFICATE = Path(__file__).with_name("loopback_cert.pem")
"""Key and self-signed certificate for `localhost` and 127.0.0.1; they guard nothing."""


@dataclass(frozen=True)
class Request:
    """One request as it came."""

    method: str
    path: str
    """The target of the request line: path and query."""
    headers: Mapping[str, str]
    """By lower-case name; of a repeated header the last."""
    body: bytes
    at: float
    """`time.monotonic()` when it had been read."""
    connection: int
    """Number of the connection it came on, from 1."""

    def json(self) -> object:
        """Return the body parsed as JSON."""
        return jsonlib.loads(self.body)


class Connection:
    """The server's side of one connection, for use by its handler thread alone."""

    def __init__(self, server: LoopbackServer, sock: socket.socket, number: int) -> None:
        self.server = server
        self.number = number
        self.sock = sock
        self._buffer = bytearray()
        self._closed = False

    # Reading

    def read_request(self, timeout: float = WAIT_S) -> Request | None:
        """Return the next request with its whole body, or None when the client has gone."""
        request = self.read_head(timeout)
        if request is None:
            return None
        body = self._read_body(request, time.monotonic() + timeout)
        request = replace(request, body=body, at=time.monotonic())
        self.server._replace_last(request)
        return request

    def read_head(self, timeout: float = WAIT_S) -> Request | None:
        """Return the next request without reading its body, or None when the client has gone."""
        deadline = time.monotonic() + timeout
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            if not self._receive(deadline):
                return None
        head = bytes(self._buffer[:end]).decode("latin-1")
        del self._buffer[: end + 4]
        request_line, *lines = head.split("\r\n")
        method, path, _version = request_line.split(" ")
        pairs = (line.split(":", 1) for line in lines)
        headers = {name.strip().lower(): value.strip() for name, value in pairs}
        request = Request(method, path, headers, b"", time.monotonic(), self.number)
        self.server._record(request)
        return request

    def _read_body(self, request: Request, deadline: float) -> bytes:
        if request.headers.get("transfer-encoding", "").lower() == "chunked":
            body = bytearray()
            while size := int(self._read_line(deadline).split(b";")[0], 16):
                body += self._read_exactly(size, deadline)
                self._read_line(deadline)
            while self._read_line(deadline):
                pass
            return bytes(body)
        return self._read_exactly(int(request.headers.get("content-length", 0)), deadline)

    def _read_exactly(self, size: int, deadline: float) -> bytes:
        while len(self._buffer) < size:
            if not self._receive(deadline):
                raise ConnectionError(f"client went away after {len(self._buffer)} of {size} bytes")
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    def _read_line(self, deadline: float) -> bytes:
        while (end := self._buffer.find(b"\r\n")) < 0:
            if not self._receive(deadline):
                raise ConnectionError("client went away inside a line")
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        return line

    def _receive(self, deadline: float) -> bool:
        """Append what comes next to the buffer; return False when the client has gone."""
        try:
            self.sock.settimeout(max(0.001, deadline - time.monotonic()))
            data = self.sock.recv(65536)
        except TimeoutError:
            raise
        except (
            OSError
        ):  # reset, TLS cut off without its goodbye, closed on this side, or the server is stopping
            return False
        self._buffer += data
        return bool(data)

    # Waiting

    def wait_closed(self, timeout: float = WAIT_S) -> bool:
        """Return True as soon as the client has gone, False if it stays for `timeout` seconds."""
        deadline = time.monotonic() + timeout
        try:
            while self._receive(deadline):
                pass
        except TimeoutError:
            return False
        return True

    def pause(self, seconds: float) -> None:
        """Wait for `seconds`, or until the server is stopped. Does not see the client go; see `wait_closed`."""
        self.server._stopping.wait(seconds)

    # Writing

    def send(self, data: bytes, timeout: float = WAIT_S) -> None:
        """Send raw bytes."""
        self.sock.settimeout(timeout)
        self.sock.sendall(data)

    def send_head(
        self, status: int = 200, headers: Mapping[str, str] | None = None, *, version: str = "1.1"
    ) -> None:
        """Send the status line and headers, and nothing else."""
        self.send(_head(status, headers or {}, version))

    def respond(
        self,
        status: int = 200,
        body: bytes | str = b"",
        headers: Mapping[str, str] | None = None,
        *,
        json: object = None,
    ) -> None:
        """Send a whole answer with its length, in one write."""
        self.send(Reply(status, body, headers or {}, json=json).encode())

    def start_chunked(
        self,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        *,
        content_type: str = "text/event-stream",
    ) -> None:
        """Send the head of a chunked answer."""
        self.send_head(
            status, {"content-type": content_type, **(headers or {}), "transfer-encoding": "chunked"}
        )

    def chunk(self, data: bytes) -> None:
        """Send one chunk."""
        self.send(b"%x\r\n%b\r\n" % (len(data), data))

    def event(self, payload: object) -> None:
        """Send one server-sent event as one chunk; see `sse`."""
        self.chunk(sse(payload))

    def end_chunked(self) -> None:
        """Send the end of a chunked answer."""
        self.send(b"0\r\n\r\n")

    # Ending

    def half_close(self) -> None:
        """Send the end of the stream, and go on reading."""
        self.sock.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Close; where the client's bytes were not all read, the system makes a reset of it."""
        if not self._closed:
            self._closed = True
            self.sock.close()

    def reset(self) -> None:
        """Close with a TCP reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()


@dataclass(frozen=True)
class Reply:
    """A whole answer, prepared."""

    status: int = 200
    body: bytes | str = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    json: object = None
    """Sent as the body, if not None."""

    def encode(self) -> bytes:
        """Return the bytes on the wire."""
        body = self.body.encode() if isinstance(self.body, str) else self.body
        headers = {"content-type": "application/json", **self.headers}
        if self.json is not None:
            body = jsonlib.dumps(self.json).encode()
        if "transfer-encoding" not in headers:
            headers.setdefault("content-length", str(len(body)))
        return _head(self.status, headers, "1.1") + body


def _head(status: int, headers: Mapping[str, str], version: str) -> bytes:
    lines = [f"HTTP/{version} {status} Status", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def sse(*payloads: object) -> bytes:
    """Return server-sent events: text as it is (e.g. `"[DONE]"`), everything else as JSON."""
    texts = (payload if isinstance(payload, str) else jsonlib.dumps(payload) for payload in payloads)
    return b"".join(b"data: %b\n\n" % text.encode() for text in texts)


Handler: TypeAlias = Callable[[Connection], None]
Answer: TypeAlias = Reply | bytes | Callable[[Connection, Request], None]


def serve_responses(answers: Sequence[Answer]) -> Handler:
    """Return a handler that gives these answers in turn, over all connections; the last is repeated.

    An answer is a `Reply`, raw bytes, or a function of the connection and the request.
    A function that closes the connection ends its service.
    """
    lock = threading.Lock()
    served = 0

    def handler(connection: Connection) -> None:
        nonlocal served
        while not connection._closed and (request := connection.read_request(IDLE_S)) is not None:
            with lock:
                answer = answers[min(served, len(answers) - 1)]
                served += 1
            if isinstance(answer, Reply):
                connection.send(answer.encode())
            elif isinstance(answer, bytes):
                connection.send(answer)
            else:
                answer(connection, request)

    return handler


class LoopbackServer:
    """Serves each connection with `handler` in a thread of its own, from `with` until the block is left."""

    def __init__(
        self, handler: Handler, *, ssl_context: ssl.SSLContext | None = None, backlog: int = 2048
    ) -> None:
        self._handler = handler
        self._ssl_context = ssl_context
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=backlog)
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._requests: list[Request] = []
        self._open: dict[int, Connection] = {}
        self._threads: list[threading.Thread] = []
        self._count = 0
        self._errors: list[Exception] = []
        self._acceptor = threading.Thread(target=self._accept, name="loopback-accept", daemon=True)

    @property
    def origin(self) -> str:
        """`http://127.0.0.1:port`, or https where it speaks TLS."""
        return f"{'http' if self._ssl_context is None else 'https'}://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The base URL, as a client of the service is given it."""
        return f"{self.origin}/api/v1"

    @property
    def requests(self) -> list[Request]:
        """The requests so far, in order; one whose body is still being read has an empty body."""
        with self._lock:
            return list(self._requests)

    @property
    def connections(self) -> int:
        """How many connections were accepted so far."""
        with self._lock:
            return self._count

    @property
    def open_connections(self) -> int:
        """How many connections are being served: their handler has not returned."""
        with self._lock:
            return len(self._open)

    def wait_until(self, condition: Callable[[], bool], timeout: float = WAIT_S) -> bool:
        """Return True once `condition()` holds, False if it does not within `timeout` seconds. Blocks."""
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.002)
        return True

    async def eventually(self, condition: Callable[[], bool], timeout: float = WAIT_S) -> bool:
        """Do the same without blocking the event loop."""
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                return False
            await anyio.sleep(0.002)
        return True

    def __enter__(self) -> LoopbackServer:
        self._acceptor.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._stopping.set()
        # Closing a listening socket does not wake a thread that waits in accept(), a connection does.
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=WAIT_S).close()
        except OSError as failure:
            self._errors.append(failure)
        self._acceptor.join(WAIT_S)
        self._listener.close()
        with self._lock:
            threads = list(self._threads)
            for connection in self._open.values():
                _wake(connection.sock)
        for thread in threads:
            thread.join(WAIT_S)
        stuck = [thread.name for thread in threads if thread.is_alive()]
        if error is None:
            if stuck:
                raise AssertionError(f"handlers did not end within {WAIT_S:g} s: {stuck}")
            if self._errors:
                raise self._errors[0]

    def _accept(self) -> None:
        while True:
            try:
                sock, _address = self._listener.accept()
            except OSError as error:
                self._errors.append(error)
                return
            if self._stopping.is_set():
                sock.close()
                return
            with self._lock:
                self._count += 1
                number = self._count
                self._threads = [thread for thread in self._threads if thread.is_alive()]
                thread = threading.Thread(
                    target=self._serve, args=(sock, number), name=f"loopback-{number}", daemon=True
                )
                self._threads.append(thread)
                thread.start()

    def _serve(self, sock: socket.socket, number: int) -> None:
        connection = Connection(self, sock, number)
        with self._lock:
            self._open[number] = connection
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._ssl_context is not None:
                sock.settimeout(WAIT_S)
                if _is_reset(sock):  # which `wrap_socket` would leave open
                    return
                connection.sock = self._ssl_context.wrap_socket(sock, server_side=True)
            self._handler(connection)
        except (ConnectionError, ssl.SSLError):
            pass  # the client went away: what that means is for the test to judge
        except Exception as error:  # noqa: BLE001 - raised again in the test's own thread
            if not (self._stopping.is_set() and isinstance(error, OSError)):
                self._errors.append(error)
        finally:
            connection.close()
            with self._lock:
                del self._open[number]

    def _record(self, request: Request) -> None:
        with self._lock:
            self._requests.append(request)

    def _replace_last(self, request: Request) -> None:
        """Put the request with its body in the place of its head."""
        with self._lock:
            for index in range(len(self._requests) - 1, -1, -1):
                if self._requests[index].connection == request.connection:
                    self._requests[index] = request
                    return


def _is_reset(sock: socket.socket) -> bool:
    try:
        sock.getpeername()
    except OSError:
        return True
    return False


def _wake(sock: socket.socket) -> None:
    """End a connection that another thread is waiting on, without touching its TLS state."""
    try:
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
    except OSError:
        return  # already gone


def refused_port() -> int:
    """Return a port of 127.0.0.1 that refuses connections."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def server_tls() -> ssl.SSLContext:
    """Return the TLS settings of a server with the test certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


def client_tls() -> ssl.SSLContext:
    """Return the TLS settings of a client that trusts the test certificate, and nothing else."""
    return ssl.create_default_context(cafile=str(CERTIFICATE))
