"""HTTP/1.1 without a socket: what the bytes of a peer become, by each of the two parsers, and by httpcore."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import httpcore
import httpx

from openrouter_async._http.http11.answer import Answer
from openrouter_async._http.http11.parsers import HTTPParser, answers_by
from openrouter_async._http.http11.request import SeenRequest
from openrouter_async._http.network.stream import CallStream

__all__ = [
    "ScriptedStream",
    "check_alike",
    "outcome",
    "outcome_by_httpcore",
    "send",
    "send_by_httpcore",
]

ORIGIN = httpcore.Origin(b"http", b"api.test", 80)


class ScriptedStream(CallStream):
    """Gives pieces of bytes, one for each read, and then the end; keeps what is written."""

    def __init__(self, pieces: Iterable[bytes] = (), *, failing_write: int | None = None) -> None:
        self._pieces = [piece for piece in pieces if piece]
        self._failing_write = failing_write
        self._has_ended = False
        self.writes: list[bytes] = []

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        piece = self._pieces.pop(0) if self._pieces else b""
        self._has_ended = not piece
        if len(piece) > max_bytes:
            self._pieces.insert(0, piece[max_bytes:])
            piece = piece[:max_bytes]
        self.received += len(piece)
        return piece

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if len(self.writes) == self._failing_write:
            raise httpcore.WriteError("the peer reads no more")
        self.writes.append(buffer)

    def get_extra_info(self, info: str) -> Any:
        return None

    def is_readable(self) -> bool:
        return bool(self._pieces) or self._has_ended

    def abort(self) -> None:
        self._pieces.clear()


@dataclass(frozen=True)
class Outcome:
    """What came of one request and its answer."""

    status: int = 0
    """0 where no head came."""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""
    """As much as came."""
    refusal: str = ""
    """Why reading ended before the end of the answer; empty where it did not."""
    is_reusable: bool = False
    """Whether another request may be sent."""


async def send(parser: HTTPParser, stream: CallStream, request: httpx.Request) -> Answer:
    """Return the answer with its head read."""
    answer = answers_by(parser)()(stream, SeenRequest(request))
    await answer.open()
    return answer


async def outcome(
    parser: HTTPParser, pieces: Iterable[bytes] | ScriptedStream, request: httpx.Request | None = None
) -> Outcome:
    """Send a request, and read its answer from these pieces."""
    stream = pieces if isinstance(pieces, ScriptedStream) else ScriptedStream(pieces)
    try:
        answer = await send(parser, stream, request or httpx.Request("GET", "http://api.test/"))
    except httpcore.ProtocolError as error:
        return Outcome(refusal=str(error))
    head, body = (answer.status, tuple(answer.fields)), b""
    try:
        async for chunk in answer:
            assert chunk, "an empty piece looks like the end"
            body += chunk
    except httpx.ProtocolError as error:
        return Outcome(*head, body, str(error))
    return Outcome(*head, body, is_reusable=answer.is_reusable and not stream.is_readable())


async def outcome_by_httpcore(pieces: Iterable[bytes], request: httpx.Request | None = None) -> Outcome:
    """Do the same with httpcore, which gives the pieces of h11 one by one."""
    stream, body = ScriptedStream(pieces), b""
    try:
        http, answer = await send_by_httpcore(request or httpx.Request("GET", "http://api.test/"), stream)
    except httpcore.ProtocolError as error:
        return Outcome(refusal=str(error))
    head = answer.status, tuple(answer.headers)
    try:
        async for chunk in answer.stream:  # type: ignore[union-attr]  # it is asynchronous
            body += chunk
    except httpcore.ProtocolError as error:
        return Outcome(*head, body, str(error))
    trailing = http._h11_state.trailing_data[0]
    await answer.aclose()
    return Outcome(*head, body, is_reusable=http.is_idle() and not trailing and not stream.is_readable())


async def send_by_httpcore(
    request: httpx.Request, stream: ScriptedStream
) -> tuple[httpcore.AsyncHTTP11Connection, httpcore.Response]:
    http = httpcore.AsyncHTTP11Connection(ORIGIN, stream)
    return http, await http.handle_async_request(
        httpcore.Request(
            request.method,
            httpcore.URL(
                scheme=ORIGIN.scheme, host=ORIGIN.host, port=ORIGIN.port, target=request.url.raw_path
            ),
            headers=request.headers.raw,
            content=request.stream,  # type: ignore[arg-type]  # it is asynchronous
            extensions=request.extensions,
        )
    )


_EMPTY_LINES = re.compile(rb"(?:\A|\r\n\r\n)[\r\n]+HTTP/")


async def check_alike(pieces: list[bytes], *, is_well_formed: bool = False) -> Outcome:
    """Check that httptools takes an answer for what h11 takes it for, or refuses it, and return what it takes it for.

    It may refuse more, but nothing that is well-formed. Only empty lines before a head it takes and h11 does not.
    With h11 an answer is what httpcore makes of it by h11.
    """
    by_httptools, by_h11 = await outcome("httptools", pieces), await outcome("h11", pieces)
    assert by_h11 == await outcome_by_httpcore(pieces)
    if is_well_formed:
        assert not by_httptools.refusal
        assert by_httptools == by_h11
    elif not by_httptools.refusal and not _EMPTY_LINES.search(b"".join(pieces)):
        assert not by_h11.refusal
        assert (by_httptools.status, by_httptools.headers, by_httptools.body) == (
            by_h11.status,
            by_h11.headers,
            by_h11.body,
        )
        assert by_h11.is_reusable or not by_httptools.is_reusable
    elif by_httptools.status and by_h11.status:
        assert (by_httptools.status, by_httptools.headers) == (by_h11.status, by_h11.headers)
        assert by_h11.body.startswith(by_httptools.body) or by_httptools.body.startswith(by_h11.body)
    return by_httptools
