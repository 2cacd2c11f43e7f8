"""httptools as the parser: framing, what it refuses, and that it takes no answer for another than h11 does.

`nox -s httptools` runs the tests of connections and of faults over it as well.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import subprocess
import sys
from collections.abc import AsyncIterator

import httpcore
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openrouter_async import AsyncOpenRouter, ConfigurationError
from openrouter_async._http.http11.answer import OVERHEAD, READ
from openrouter_async._http.http11.parsers import HTTPParser
from openrouter_async._http.pool.connections import ConnectionTransport
from openrouter_async.options import Limits
from tests.support.examples import TIMES
from tests.support.http11 import (
    Outcome,
    ScriptedStream,
    check_alike,
    outcome,
    send,
    send_by_httpcore,
)
from tests.support.loopback import Connection, LoopbackServer, Reply, Request, serve_responses
from tests.support.pools import count_connections

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
CLOSED = "the server closed the connection amid the body"


def one_by_one(data: bytes) -> list[bytes]:
    return [data[start : start + 1] for start in range(len(data))]


# Answers


@pytest.mark.parametrize(
    ("data", "body", "is_reusable"),
    [
        pytest.param(HEAD + b"Content-Length: 5\r\n\r\nhello", b"hello", True, id="a length"),
        pytest.param(HEAD + b"content-LENGTH:\t5 \r\n\r\nhello", b"hello", True, id="any case, any blanks"),
        pytest.param(HEAD + b"Content-Length: 0\r\n\r\n", b"", True, id="nothing"),
        pytest.param(HEAD + b"Content-Length: 2\r\n\r\n\r\n", b"\r\n", True, id="a body of line ends"),
        pytest.param(CHUNKED + b"5\r\nhello\r\n0\r\n\r\n", b"hello", True, id="chunks"),
        pytest.param(
            CHUNKED + b"5;a=b;c\r\nhello\r\n00A\r\n0123456789\r\n0\r\n\r\n",
            b"hello0123456789",
            True,
            id="sizes with extensions and zeros",
        ),
        pytest.param(
            CHUNKED + b"5\r\nhello\r\n0\r\nX: 3\r\nSet-Cookie: a\r\n\r\n",
            b"hello",
            True,
            id="trailers",
        ),
        pytest.param(HEAD + b"\r\nhello", b"hello", False, id="until the end"),
        pytest.param(b"HTTP/1.0 200 OK\r\n\r\nhello", b"hello", False, id="HTTP/1.0"),
        pytest.param(
            b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello",
            b"hello",
            False,
            id="HTTP/1.0 that would stay",
        ),
        pytest.param(
            HEAD + b"Connection: close\r\nContent-Length: 5\r\n\r\nhello", b"hello", False, id="that goes"
        ),
        pytest.param(
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
            + HEAD
            + b"Content-Length: 5\r\n\r\nhello",
            b"hello",
            True,
            id="information first",
        ),
        pytest.param(b"HTTP/1.1 204 No Content\r\n\r\n", b"", True, id="204"),
        pytest.param(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", b"", True, id="304"),
        pytest.param(b"HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello", b"hello", True, id="no reason"),
        pytest.param(
            HEAD + b"Upgrade: h2c\r\nConnection: upgrade\r\nContent-Length: 5\r\n\r\nhello",
            b"hello",
            True,
            id="an upgrade offered",
        ),
    ],
)
@pytest.mark.parametrize("cut", [lambda data: [data], one_by_one], ids=["whole", "byte by byte"])
async def test_an_answer_is_what_h11_takes_it_for(
    data: bytes, body: bytes, is_reusable: bool, cut: type[list[bytes]]
) -> None:
    found = await check_alike(cut(data), is_well_formed=True)
    assert (found.body, found.is_reusable) == (body, is_reusable)
    if "Set-Cookie" in data.decode():
        assert len(found.headers) == 1, "a trailer is no header"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"HELLO\r\n\r\n", "Expected HTTP/", id="no HTTP"),
        pytest.param(b"HTTP/3.7 200 OK\r\n\r\n", "Invalid HTTP version", id="a version there is not"),
        pytest.param(b"HTTP/1.1 20 OK\r\n\r\n", "status", id="two digits"),
        pytest.param(b"HTTP/1.1 099 OK\r\n\r\n", "status 99", id="status 99"),
        pytest.param(
            b"HTTP/1.1 200 O\0K\r\nContent-Length: 0\r\n\r\n", "control", id="NUL in the status line"
        ),
        pytest.param(
            b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "status 101", id="101"
        ),
        pytest.param(
            HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            "Content-Length",
            id="a length and chunks",
        ),
        pytest.param(
            HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            "Content-Length",
            id="chunks and a length",
        ),
        pytest.param(
            HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", "Content-Length", id="two lengths"
        ),
        pytest.param(HEAD + b"Content-Length: -5\r\n\r\nhello", "Content-Length", id="a negative length"),
        pytest.param(HEAD + b"Content-Length: +5\r\n\r\nhello", "Content-Length", id="a signed length"),
        pytest.param(HEAD + b"Content-Length: 5, 6\r\n\r\nhello", "Content-Length", id="a list of lengths"),
        pytest.param(
            HEAD + b"Content-Length: 99999999999999999999999\r\n\r\nhello", "overflow", id="a huge length"
        ),
        pytest.param(HEAD + b"Transfer-Encoding: gzip\r\n\r\nhello", "encodings", id="another encoding"),
        pytest.param(
            HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "encodings", id="two encodings"
        ),
        pytest.param(
            HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "encodings",
            id="chunked twice",
        ),
        pytest.param(HEAD + b"Transfer-Encoding: xchunked\r\n\r\nhello", "encodings", id="like chunked"),
        pytest.param(HEAD + b"X: a\r\n b\r\nContent-Length: 0\r\n\r\n", "whitespace", id="a folded line"),
        pytest.param(HEAD + b"X : a\r\nContent-Length: 0\r\n\r\n", "header token", id="a blank after a name"),
        pytest.param(HEAD + b"X: a\0b\r\nContent-Length: 0\r\n\r\n", "header value", id="NUL in a value"),
        pytest.param(HEAD + b"X: a\rb\r\nContent-Length: 0\r\n\r\n", "LF", id="a bare CR"),
        pytest.param(HEAD + b"X: a\nContent-Length: 0\r\n\r\n", "CR", id="a bare LF"),
    ],
)
@pytest.mark.parametrize("cut", [lambda data: [data], one_by_one], ids=["whole", "byte by byte"])
async def test_a_head_that_could_be_read_in_two_ways_is_refused(
    data: bytes, reason: str, cut: type[list[bytes]]
) -> None:
    found = await outcome("httptools", cut(data))
    assert (found.status, found.body, found.is_reusable) == (0, b"", False)
    assert re.fullmatch("the answer is no HTTP/1.1: .+", found.refusal)
    assert reason in found.refusal


@pytest.mark.parametrize(
    "rest",
    [
        pytest.param(b"zz\r\nhello\r\n0\r\n\r\n", id="no size"),
        pytest.param(b"\r\nhello\r\n0\r\n\r\n", id="an empty size"),
        pytest.param(b"-5\r\nhello\r\n0\r\n\r\n", id="a negative size"),
        pytest.param(b"0x5\r\nhello\r\n0\r\n\r\n", id="a prefix"),
        pytest.param(b"5 \r\nhello\r\n0\r\n\r\n", id="a blank after a size"),
        pytest.param(b"fffffffffffffffff\r\nhello\r\n0\r\n\r\n", id="a size beyond 64 bits"),
        pytest.param(b"5\nhello\n0\n\n", id="bare LF"),
        pytest.param(b"4\r\nhello\r\n0\r\n\r\n", id="more than the size"),
    ],
)
async def test_a_bad_chunk_is_refused_after_the_good_ones_were_given(rest: bytes) -> None:
    for pieces in ([CHUNKED + b"4\r\ngood\r\n" + rest], one_by_one(CHUNKED + b"4\r\ngood\r\n" + rest)):
        found = await outcome("httptools", pieces)
        assert found.body[:4] == b"good"
        assert found.refusal.startswith("the answer is no HTTP/1.1: ")
        assert not found.is_reusable


@pytest.mark.parametrize(
    ("data", "body", "refusal"),
    [
        (b"", b"", "the server closed the connection without an answer"),
        (HEAD + b"Content-", b"", "the server closed the connection without an answer"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", b"", "the server closed the connection without an answer"),
        (HEAD + b"Content-Length: 5\r\n\r\nhel", b"hel", CLOSED),
        (CHUNKED + b"5\r\nhel", b"hel", CLOSED),
        (CHUNKED + b"5\r\nhello\r\n", b"hello", CLOSED),
        (CHUNKED + b"5\r\nhello\r\n0\r\n", b"hello", CLOSED),
    ],
)
async def test_a_cut_answer_is_not_taken_for_a_whole_one(data: bytes, body: bytes, refusal: str) -> None:
    for pieces in ([data], one_by_one(data)):
        found = await check_alike(pieces)
        assert (found.body, found.refusal, found.is_reusable) == (body, refusal, False)


@pytest.mark.parametrize("extra", [b"\n", b"\r\n", b"X", b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil"])
@pytest.mark.parametrize(
    "answer",
    [
        HEAD + b"Content-Length: 5\r\n\r\nhello",
        HEAD + b"Content-Length: 0\r\n\r\n",
        HEAD + b"Content-Length: 1\r\n\r\n\n",
        HEAD + b"Connection: close\r\nContent-Length: 5\r\n\r\nhello",
        CHUNKED + b"5\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
    ],
    ids=["a length", "nothing", "a line end", "close", "chunks", "204"],
)
async def test_what_follows_an_answer_is_no_part_of_it_and_ends_the_connection(
    answer: bytes, extra: bytes
) -> None:
    alone = await outcome("httptools", [answer])
    for pieces in ([answer + extra], [answer, extra], [*one_by_one(answer), extra]):
        found = await outcome("httptools", pieces)
        assert (found.status, found.body, found.refusal) == (alone.status, alone.body, "")
        assert not found.is_reusable


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param(itertools.chain([HEAD], itertools.repeat(b"X: a\r\n" * 1_000)), id="a head"),
        pytest.param([HEAD + b"X: " + b"a" * 300_000], id="a header"),
        pytest.param(itertools.repeat(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100), id="information"),
        pytest.param(
            itertools.chain([CHUNKED + b"0\r\n"], itertools.repeat(b"X: a\r\n" * 1_000)), id="trailers"
        ),
        pytest.param(itertools.chain([CHUNKED + b"5;"], itertools.repeat(b"a" * 1_000)), id="extensions"),
    ],
)
async def test_what_is_no_body_has_a_limit(pieces: itertools.chain[bytes]) -> None:
    stream = ScriptedStream(itertools.islice(pieces, 1_000))
    found = await outcome("httptools", stream)
    assert re.fullmatch(
        rf"the answer has \d+ bytes without a body; at most {OVERHEAD} are read", found.refusal
    )
    assert stream.received <= OVERHEAD + READ


async def test_a_long_stream_in_small_chunks_is_no_flood() -> None:
    chunks = [b"1;extension=long-enough\r\na\r\n"] * (2 * OVERHEAD // 27)
    assert len((await outcome("httptools", [CHUNKED, *chunks, b"0\r\n\r\n"])).body) == len(chunks)


async def test_the_answer_to_a_head_has_no_body() -> None:
    request = httpx.Request("HEAD", "http://api.test/")
    found = await outcome("httptools", [HEAD + b"Content-Length: 5\r\n\r\n"], request)
    assert (found.status, found.body, found.refusal) == (200, b"", "")
    assert found.headers == ((b"Content-Length", b"5"),)
    assert not found.is_reusable, "nothing says where the next answer would begin"


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(edges)]


PLACES = st.lists(st.integers(0, 1_000), max_size=6)
TEXT = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=12).map(str.encode)
NAME = st.from_regex(rb"[Xx]-[-!#$%&'*+.^_`|~0-9A-Za-z]{1,12}", fullmatch=True)


@st.composite
def well_formed(draw: st.DrawFn) -> bytes:
    """Return an answer that no one could take for another."""
    head = b"".join(
        draw(st.lists(st.sampled_from([b"HTTP/1.1 100 Go\r\n\r\n", b"HTTP/1.1 103 A\r\nA: b\r\n\r\n"])))
    )
    status = draw(st.sampled_from([200, 201, 204, 304, 400, 429, 503, 529]))
    head += b"HTTP/1.%d %d %b\r\n" % (draw(st.integers(0, 1)), status, draw(TEXT))
    fields = [
        b"%b:%b%b" % (draw(NAME), draw(st.sampled_from([b"", b" ", b"\t "])), draw(TEXT)) for _ in range(3)
    ]
    fields += draw(st.sampled_from([[], [b"Connection: close"], [b"connection: Keep-Alive"]]))
    pieces = draw(st.lists(st.binary(min_size=1, max_size=40), max_size=4))
    framing = draw(st.sampled_from(["length", "chunks", "end"]))
    if framing == "length":
        fields.append(b"Content-Length: %d" % sum(map(len, pieces)))
    elif framing == "chunks" and status not in (204, 304):
        fields.append(b"Transfer-Encoding: chunked")
        pieces = [b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces] + [b"0\r\n\r\n"]
    if status in (204, 304):
        pieces = []
    fields = draw(st.permutations(fields))
    return head + b"".join(field + b"\r\n" for field in fields) + b"\r\n" + b"".join(pieces)


@given(well_formed(), PLACES)
def test_however_a_good_answer_is_cut_it_is_what_h11_takes_it_for(data: bytes, places: list[int]) -> None:
    found = asyncio.run(check_alike(cut(data, places), is_well_formed=True))
    assert found.status
    assert found == asyncio.run(outcome("httptools", [data]))


TOKENS = st.sampled_from(
    [
        *(b"HTTP/1.1 200 OK\r\n", b"HTTP/1.0 ", b"HTTP/2.0 ", b"101", b"099", b"304", b"gzip", b"X: \r\n"),
        *(b"\r\n", b"\r\n\r\n", b"\n", b"\r", b" ", b"\t", b"\0", b"\f", b"\v", b"\xff", b"\x7f", b"\x01"),
        *(b"0", b"5", b"5\r\nhello\r\n", b"0\r\n\r\n", b",", b":", b";", b"-", b"+", b"_"),
        *(
            b"Content-Length:5\r\n",
            b"Transfer-Encoding:chunked\r\n",
            b"Connection:close\r\n",
            b"Upgrade:x\r\n",
        ),
    ]
)


@settings(max_examples=100 * TIMES)
@given(
    well_formed(),
    st.lists(st.tuples(st.integers(0, 1_000), st.integers(0, 9), TOKENS | st.binary(max_size=2)), max_size=4),
    PLACES,
)
def test_no_answer_is_taken_for_another_than_h11_takes_it_for(
    data: bytes, changes: list[tuple[int, int, bytes]], places: list[int]
) -> None:
    for place, length, token in changes:
        start = place % (len(data) + 1)
        data = data[:start] + token + data[start + length :]
    asyncio.run(check_alike(cut(data, places)))


# Requests


async def sent(request: httpx.Request, *, by_httpcore: bool = False) -> bytes | str:
    """Return what a request is on the wire, or why it is none."""
    stream = ScriptedStream([HEAD + b"Content-Length: 0\r\n\r\n"])
    try:
        if by_httpcore:
            await send_by_httpcore(request, stream)
        else:
            await send("httptools", stream, request)
    except httpcore.LocalProtocolError as error:
        return str(error)
    return b"".join(stream.writes)


async def in_pieces(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


@pytest.mark.parametrize(
    "make",
    [
        lambda: httpx.Request("GET", "http://api.test/a%20b?c=d"),
        lambda: httpx.Request("DELETE", "http://api.test:8080/"),
        lambda: httpx.Request(
            "POST", "http://api.test/", content=b"hello", headers={"X-CaSe": "a", "aB": "c, d"}
        ),
        lambda: httpx.Request(
            "POST", "http://api.test/", content=b"", headers=[("b", ""), (b"a", b"\xe9"), ("b", "2")]
        ),
        lambda: httpx.Request("POST", "http://api.test/", content=in_pieces(b"hel", b"", b"lo")),
        lambda: httpx.Request(
            "PUT", "http://api.test/", content=in_pieces(b"hel", b"lo"), headers={"Content-Length": "5"}
        ),
    ],
)
async def test_a_request_is_sent_as_httpcore_sends_it(make: type[httpx.Request]) -> None:
    found = await sent(make())
    assert isinstance(found, bytes)
    assert found == await sent(make(), by_httpcore=True)


@pytest.mark.parametrize(
    "headers",
    [
        {b"X": b"a\r\nEvil: b"},
        {b"X": b"a\nEvil: b"},
        {b"X": b"a\rEvil: b"},
        {b"X": b"a\0b"},
        {b"X": b" a"},
        {b"X": b"a "},
        {b"X: a\r\nEvil": b"b"},
        {b"X:": b"b"},
        {b"X ": b"b"},
        {b"": b"b"},
        {b"Content-Length": b"5"},
        {b"Content-Length": b"1, 1"},
        {b"Content-Length": b"-1"},
        {b"Transfer-Encoding": b"gzip"},
        {b"Content-Length": b"0", b"Transfer-Encoding": b"chunked"},
    ],
    ids=str,
)
async def test_a_header_that_would_be_more_than_one_is_not_sent(headers: dict[bytes, bytes]) -> None:
    stream = ScriptedStream([HEAD + b"Content-Length: 0\r\n\r\n"])
    request = httpx.Request("GET", "http://api.test/", headers=list(headers.items()))
    with pytest.raises(httpcore.LocalProtocolError) as caught:
        await send("httptools", stream, request)
    assert b"Evil" not in b"".join(stream.writes)
    if b"Content-Length" not in headers:
        assert stream.writes == []
    assert "Evil: b" not in str(caught.value) or b"X: a\r\nEvil" in headers


@given(st.dictionaries(NAME | st.binary(min_size=1, max_size=5), TEXT | st.binary(max_size=8), max_size=3))
def test_whatever_the_headers_they_are_sent_as_httpcore_sends_them_or_not_at_all(
    headers: dict[bytes, bytes],
) -> None:
    request = httpx.Request("GET", "http://api.test/", headers=list(headers.items()))
    ours, theirs = (asyncio.run(sent(request, by_httpcore=each)) for each in (False, True))
    if isinstance(ours, bytes):
        assert ours == theirs
    else:
        assert isinstance(theirs, str)


@pytest.mark.parametrize("method", ["GE T", "GET\r\nX: a", ""])
async def test_a_method_that_is_no_word_is_not_sent(method: str) -> None:
    stream = ScriptedStream([HEAD + b"Content-Length: 0\r\n\r\n"])
    with pytest.raises(httpcore.LocalProtocolError, match="no method"):
        await send("httptools", stream, httpx.Request(method, "http://api.test/"))
    assert stream.writes == []


@pytest.mark.parametrize(
    ("pieces", "word"), [((b"hel", b"lo", b"!"), "more"), ((b"hel",), "less"), ((), "less")]
)
async def test_a_body_is_as_long_as_it_says(pieces: tuple[bytes, ...], word: str) -> None:
    request = httpx.Request(
        "POST", "http://api.test/", content=in_pieces(*pieces), headers={"Content-Length": "5"}
    )
    stream = ScriptedStream([HEAD + b"Content-Length: 0\r\n\r\n"])
    with pytest.raises(httpcore.LocalProtocolError, match=f"{word} than the 5 bytes of its Content-Length"):
        await send("httptools", stream, request)
    body = b"".join(stream.writes).partition(b"\r\n\r\n")[2]
    assert body in b"hello", "what is too much would be another request"


@pytest.mark.parametrize("parser", ["h11", "httptools"])
@pytest.mark.parametrize(("size", "failing_write"), [(1_000, 0), (100_000, 0), (100_000, 1)])
async def test_an_answer_that_came_before_the_request_was_sent_is_read_and_ends_the_connection(
    parser: HTTPParser, size: int, failing_write: int
) -> None:
    answer = b"HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\n\r\nlarge"
    found = await outcome(
        parser,
        ScriptedStream([answer], failing_write=failing_write),
        httpx.Request("POST", "http://api.test/", content=b"x" * size),
    )
    assert found == Outcome(413, ((b"Content-Length", b"5"),), b"large", "", is_reusable=False)


# The choice


@pytest.mark.parametrize("parser", ["httptool", "", None, 1])
def test_another_parser_is_refused(parser: HTTPParser) -> None:
    with pytest.raises(ConfigurationError, match=f"http_parser is {parser!r}; expected 'h11' or 'httptools'"):
        AsyncOpenRouter(http_parser=parser)


def test_a_parser_is_of_the_connections_of_the_client() -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200))
    with pytest.raises(ConfigurationError, match="http_parser"):
        AsyncOpenRouter(http_parser="httptools", transport=transport)
    with pytest.raises(ConfigurationError, match="http_parser"):
        AsyncOpenRouter(http_parser="httptools", http_client=httpx.AsyncClient(transport=transport))
    with pytest.raises(ConfigurationError, match="http_parser belongs to the connections"):
        AsyncOpenRouter().with_options(http_parser="httptools")  # type: ignore[call-arg]


def test_without_its_package_it_says_what_to_install() -> None:
    script = (
        "import sys; sys.modules['httptools'] = None; from openrouter_async import AsyncOpenRouter;"
        " AsyncOpenRouter(); AsyncOpenRouter(http_parser='httptools')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60
    )
    expected = "http_parser='httptools' needs the package httptools; pip install 'openrouter-async[fast]'"
    assert expected in done.stderr


@pytest.mark.loopback
async def test_calls_go_over_it() -> None:
    """A folded header tells the parsers apart: h11 joins it."""
    folded = b"HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2\r\n\r\n{}"
    with LoopbackServer(serve_responses([folded])) as server:
        by_h11 = ConnectionTransport(limits=Limits(), http_parser="h11")
        response = await by_h11.handle_async_request(httpx.Request("GET", server.url))
        assert response.headers["x"] == "a b"
        await response.aclose()
        await by_h11.aclose()
        by_httptools = ConnectionTransport(limits=Limits(), http_parser="httptools")
        with pytest.raises(httpx.RemoteProtocolError, match="whitespace"):
            await by_httptools.handle_async_request(httpx.Request("GET", server.url))
        await by_httptools.aclose()


@pytest.mark.loopback
async def test_a_client_sends_over_it_past_httpx() -> None:
    """What httpx does beside sending costs a third of a call: its log shows whether it was asked."""
    completion = {"choices": [{"index": 0, "finish_reason": "stop", "message": {"content": "Hello"}}]}

    def answer(connection: Connection, request: Request) -> None:
        assert request.headers["authorization"] == "Bearer sk-or-v1-0000"
        connection.send(Reply(json=completion).encode())

    with LoopbackServer(serve_responses([answer])) as server:
        async with AsyncOpenRouter("sk-or-v1-0000", base_url=server.url, http_parser="httptools") as client:
            for _ in range(3):
                assert (await client.chat.create("Hi", model="acme/model")).text == "Hello"
            assert client._sender.transport._own is not None
            assert count_connections(client._sender.transport._own) == (1, 1)
        assert server.connections == 1
