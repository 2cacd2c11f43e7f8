"""What is sent of a request that nobody has made into one of httpx, beside what httpx makes of it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import httpcore
import httpx
import pytest

from openrouter_async import ConfigurationError
from openrouter_async._http.deadlines import CallTimeouts
from openrouter_async._http.http11.request import Head, OwnRequest, SeenRequest
from openrouter_async._http.transport import Transport
from openrouter_async._secret import Secret
from openrouter_async.options import Limits, Timeouts
from tests.support.http11 import ScriptedStream, outcome

KEY = Secret("sk-or-v1-0123456789abcdef")
FIELDS = ((b"accept", b"application/json"), (b"x-title", "Grüße".encode()))


class Pieces:
    """A body that is read while it is sent."""

    def __init__(self, length: int | None) -> None:
        self.length = length

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"hel"
        yield b""
        yield b"lo"


def head_of(method: str = "POST", fields: tuple[tuple[bytes, bytes], ...] = FIELDS) -> Head:
    return Head(httpx, method, httpx.URL("http://api.test:8080/a%20b?c=d"), fields)


def request_of(
    method: str = "POST",
    *,
    content: bytes | None = None,
    upload: Pieces | None = None,
    key: Secret | None = KEY,
) -> OwnRequest:
    timeouts = CallTimeouts.start(Timeouts(), streaming=False)
    return OwnRequest(head_of(method), timeouts, content=content, upload=upload, key=key)


async def wire(request: OwnRequest | SeenRequest) -> tuple[bytes, set[bytes], bytes]:
    """Return the first line, the other lines of the head, and the body."""
    stream = ScriptedStream()
    await request.write(stream, None)
    head, _, body = b"".join(stream.writes).partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    assert len(lines) == len(set(lines))
    return first, set(lines), body


@pytest.mark.parametrize(
    ("method", "content", "upload"),
    [
        ("POST", b"{}", None),
        ("POST", b"x" * 100_000, None),
        ("POST", b"", None),
        ("POST", None, None),
        ("PATCH", None, None),
        ("GET", None, None),
        ("DELETE", None, None),
        ("DELETE", b"{}", None),
        ("POST", None, Pieces(5)),
        ("POST", None, Pieces(None)),
    ],
)
@pytest.mark.parametrize("key", [KEY, None])
async def test_it_is_sent_as_httpx_has_it(
    method: str, content: bytes | None, upload: Pieces | None, key: Secret | None
) -> None:
    request = request_of(method, content=content, upload=upload, key=key)
    own = await wire(request)
    seen = await wire(SeenRequest(request_of(method, content=content, upload=upload, key=key).as_seen()))
    lowered = [{line.lower() for line in lines} for _, lines, _ in (own, seen)]
    assert lowered[0] == lowered[1]
    assert (own[0], own[2]) == (seen[0], seen[2])
    request.as_seen()
    assert {line.lower() for line in (await wire(request))[1]} == lowered[0]


async def test_a_header_that_was_added_is_sent_and_a_bad_one_refused() -> None:
    request = request_of(content=b"{}")
    request.headers["traceparent"] = "00-1-2-01"
    assert b"traceparent: 00-1-2-01" in (await wire(request))[1]
    request.headers["x-bad"] = "a\r\nEvil: b"
    stream = ScriptedStream()
    with pytest.raises(httpcore.LocalProtocolError, match="x-bad"):
        await request.write(stream, None)
    assert stream.writes == []


async def test_nothing_shows_the_key() -> None:
    request = request_of(content=b"{}")
    assert KEY.get() not in repr(request)
    assert KEY.get() not in repr(vars(type(request)))


def test_a_constant_part_that_would_be_more_than_one_line_is_refused() -> None:
    transport = Transport(limits=Limits(), proxy=None, ssl_context=None, transport=None, http_client=None)
    with pytest.raises(ConfigurationError, match=r"cannot be sent: the header b'x' has a character"):
        transport.head("GET", "http://api.test/", (), ((b"x", b"a\nEvil: b"),))


def test_the_constant_part_is_made_once() -> None:
    transport = Transport(limits=Limits(), proxy=None, ssl_context=None, transport=None, http_client=None)
    first = transport.head("GET", "http://api.test/", (("a", "b c"),), FIELDS)
    assert transport.head("GET", "http://api.test/", (("a", "b c"),), FIELDS) is first
    assert first.target == b"/?a=b+c"
    assert transport.head("GET", "http://api.test/", (), FIELDS) is not first


def test_what_is_left_until_the_answer_is_due_limits_every_timeout() -> None:
    request = request_of(content=b"{}")
    assert request.timeout("connect") == 5.0
    request.until = time.monotonic() + 1
    assert 0 < (request.timeout("connect") or 0) <= 1
    request.until = time.monotonic()
    with pytest.raises(httpcore.ReadTimeout):
        request.timeout("write")


@pytest.mark.parametrize("parser", ["h11", "httptools"])
async def test_ten_thousand_pieces_of_one_read_come_together_and_are_all_there(parser: str) -> None:
    chunks = b"1\r\na\r\n" * 10_000
    found = await outcome(
        parser,  # type: ignore[arg-type]  # one of the two
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"],
    )
    assert (found.body, found.is_reusable) == (b"a" * 10_000, True)
