"""Rows C: connections that are not made, and heads of answers that are none."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import anyio
import pytest
from pydantic import JsonValue

from openrouter_async import AsyncOpenRouter, Timeouts, errors, response_meta
from tests.faults.calls import ALL, FAST, KEY, PLAIN, STREAM, Call, client_of, fail, kinds, succeed
from tests.faults.clients import few_descriptors, outcome
from tests.faults.evidence import check_error
from tests.faults.measured import measure
from tests.faults.scenes.answers import Then, close, good, raw, reset, slow_at_first, stall
from tests.faults.scenes.connections import (
    BAD_CHUNK_SIZE,
    NONSENSE,
    UNSOLICITED,
    good_and_more,
    header_flood,
    no_tls,
    redirect_to_itself,
    relay,
    silent,
    stale,
    too_large_before_the_end,
    unframed,
    unsolicited,
)
from tests.faults.service import FaultServer
from tests.support.loopback import CERTIFICATE, Handler, Reply, client_tls, refused_port

MIB = 1024 * 1024


@pytest.mark.direct("a proxy answers for a server that it cannot reach")
@kinds(ALL)
async def test_C01_refused(call: Call) -> None:
    began = time.monotonic()
    url = f"http://127.0.0.1:{refused_port()}"
    async with AsyncOpenRouter(KEY, base_url=url, retries=FAST) as client:
        error = await fail(call, client)
    assert type(error) is errors.ConnectError
    assert "refused" in str(error).lower()
    assert (error.attempts, error.may_have_been_billed) == (3, False)
    assert time.monotonic() - began < 3


@pytest.mark.direct("the proxy resolves names")
@kinds(ALL)
async def test_C02_unknown_name(call: Call) -> None:
    async with AsyncOpenRouter(KEY, base_url="https://x.invalid/api", retries=FAST) as client:
        error = await fail(call, client)
    assert type(error) is errors.ConnectError
    assert "x.invalid" in str(error)
    assert error.attempts == 3


@kinds(ALL)
@pytest.mark.parametrize("handler", [no_tls, silent])
async def test_C03_tls_to_a_server_that_speaks_none(
    faults: FaultServer, call: Call, handler: Handler
) -> None:
    with faults.play(handler=handler) as stage:
        url = stage.url.replace("http:", "https:")
        clocks = Timeouts(connect=0.5 if handler is silent else 5)
        async with AsyncOpenRouter(KEY, base_url=url, retries=FAST, timeouts=clocks) as client:
            error = await fail(call, client)
        assert error.attempts == stage.report().connections
    if handler is silent:
        assert isinstance(error, errors.RequestTimeout)
        assert (error.phase, error.attempts) == ("connect", 3)
    else:
        assert type(error) is errors.TLSError
        assert (error.attempts, error.may_have_been_billed) == (1, False)
        assert "handshake" in str(error)


@kinds(ALL)
async def test_C04_unknown_certificate(faults: FaultServer, call: Call) -> None:
    with faults.play(good, tls=True) as stage:
        async with client_of(stage) as client:
            error = await fail(call, client)
        report = stage.report()
        assert (report.connections, report.requests) == (1, [])
        async with client_of(stage, ssl_context=client_tls()) as client:
            await succeed(call, client)
    assert type(error) is errors.TLSError
    assert error.attempts == 1
    assert "certificate" in str(error)
    assert "ssl_context" in str(error)


@contextmanager
def deaf_port() -> Iterator[int]:
    """Listen on a port whose queue is full, so that the system answers nobody."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        fillers = [socket.socket() for _ in range(8)]  # the queue takes one or two
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]
        for filler in fillers:
            filler.close()


@pytest.mark.direct("a proxy that forwards has taken the request by then")
@kinds(ALL)
async def test_C05_connecting_is_never_answered(call: Call) -> None:
    began = time.monotonic()
    with deaf_port() as port:
        url = f"http://127.0.0.1:{port}/api/v1"
        clocks = Timeouts(connect=0.1)
        async with AsyncOpenRouter(KEY, base_url=url, timeouts=clocks, retries=FAST) as client:
            error = await fail(call, client)
    assert isinstance(error, errors.RequestTimeout)
    assert (error.phase, error.attempts, error.may_have_been_billed) == ("connect", 3, False)
    assert time.monotonic() - began < 3


async def lost_before_headers(faults: FaultServer, call: Call, answer: Then) -> errors.OpenRouterError:
    """Check three bad attempts, and one bad attempt before a good one; return the error of the former."""
    with faults.play(answer) as stage:
        async with client_of(stage) as client:
            error = await fail(call, client)
        report = stage.report()
        assert report.connections == len(report.requests) == error.attempts == 3
    with faults.play(answer, good) as stage:
        async with client_of(stage) as client:
            await succeed(call, client)
        assert len(stage.requests) == 2
    return error


@kinds(ALL)
async def test_C06_reset_before_headers(faults: FaultServer, call: Call) -> None:
    assert type(await lost_before_headers(faults, call, reset)) is errors.ConnectionLost


@kinds(ALL)
async def test_C07_closed_before_headers(faults: FaultServer, call: Call) -> None:
    assert type(await lost_before_headers(faults, call, close)) is errors.ConnectionLost


@kinds(ALL)
async def test_C08_no_http(faults: FaultServer, call: Call) -> None:
    error = await lost_before_headers(faults, call, raw(b"HELLO\r\n\r\n"))
    assert type(error) is errors.ConnectionLost


@kinds(ALL)
async def test_C09_headers_cut(faults: FaultServer, call: Call) -> None:
    error = await lost_before_headers(faults, call, raw(b"HTTP/1.1 200 OK\r\ncontent-ty"))
    assert type(error) is errors.ConnectionLost


@kinds(ALL)
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(stall, id="nothing"),
        pytest.param(raw(b"HTTP/1.1 200 OK\r\ncontent-ty", stall), id="half"),
    ],
)
async def test_C10_headers_stall(faults: FaultServer, call: Call, answer: Then) -> None:
    with faults.play(answer) as stage:
        async with client_of(stage, timeouts=Timeouts(headers=0.2)) as client:
            began = time.monotonic()
            error = await fail(call, client)
            assert time.monotonic() - began < 3
        assert len(stage.requests) == error.attempts == (3 if call.is_stream else 1)
        assert await stage.eventually(lambda report: len(report.named("gone")) == error.attempts)
    assert isinstance(error, errors.RequestTimeout)
    assert (error.phase, error.may_have_been_billed) == ("headers", None)


@kinds(ALL)
@pytest.mark.parametrize("name", ["one", "many"])
async def test_C11_header_flood(faults: FaultServer, call: Call, name: str) -> None:
    with faults.play(partial(header_flood, name=name)) as stage:
        async with client_of(stage) as client:
            error = await fail(call, client)
    assert type(error) is errors.ConnectionLost


@pytest.mark.slow
@kinds((PLAIN, STREAM))
async def test_C11_header_flood_leaves_memory_flat(faults: FaultServer, call: Call) -> None:
    with faults.play(partial(header_flood, size=256 * MIB)) as stage:
        measured = await measure(outcome, stage.url, call.name)
    assert measured.result == "ConnectionLost"
    assert measured.bytes_more < 24 * MIB  # most of it is what the first call imports


@kinds(ALL)
async def test_C12_informational_answers_first(faults: FaultServer, call: Call) -> None:
    hints = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"
    with faults.play(raw(hints, good)) as stage:
        async with client_of(stage) as client:
            for _ in range(2):
                await succeed(call, client)
        report = stage.report()
        assert (report.connections, len(report.requests)) == (1, 2)


@kinds(ALL)
async def test_C12_no_reason_phrase(faults: FaultServer, call: Call) -> None:
    with faults.play(raw(b"HTTP/1.1 100\r\n\r\n", good)) as stage:
        async with client_of(stage) as client:
            await succeed(call, client)


@kinds(ALL)
@pytest.mark.parametrize("version", ["1.0", "1.1"])
async def test_C13_no_length_closed_at_the_end(faults: FaultServer, call: Call, version: str) -> None:
    with faults.play(partial(unframed, version=version)) as stage:
        async with client_of(stage) as client:
            for _ in range(2):
                await succeed(call, client)
        assert stage.report().connections == 2


@kinds(ALL)
@pytest.mark.parametrize("end", [reset, close], ids=["reset", "close"])
async def test_C14_stale_connection(faults: FaultServer, call: Call, end: Then) -> None:
    with faults.play(handler=partial(stale, end=end)) as stage:
        async with client_of(stage) as client:
            for _ in range(3):
                ended = await succeed(call, client)
                assert ended.reply is not None
                assert response_meta(ended.reply).attempts == 1
        report = stage.report()
        assert (report.connections, len(report.requests)) == (3, 5)


@kinds(ALL)
@pytest.mark.parametrize("what", UNSOLICITED)
@pytest.mark.parametrize(
    "is_busy",
    [
        pytest.param(False, id="idle loop"),
        pytest.param(
            True,
            id="busy loop",
            marks=pytest.mark.direct("what was said may still be on its way in the proxy"),
        ),
    ],
)
async def test_C15_unsolicited_answer(faults: FaultServer, call: Call, what: str, is_busy: bool) -> None:
    with faults.play(partial(unsolicited, what=what), good) as stage:
        async with client_of(stage) as client:
            await succeed(call, client)
            if is_busy:  # the event loop does not come to see what arrives meanwhile
                stage.wait_until(lambda report: bool(report.named("said")))
            else:
                assert await stage.eventually(lambda report: bool(report.named("said")))
                await anyio.sleep(0.05)
            for _ in range(2):
                ended = await succeed(call, client)
                assert ended.reply is not None
                assert response_meta(ended.reply).attempts == 1
        report = stage.report()
        assert (report.connections, len(report.requests)) == (2, 3)


@kinds(ALL)
async def test_C16_bytes_after_the_body(faults: FaultServer, call: Call) -> None:
    with faults.play(good_and_more) as stage:
        async with client_of(stage) as client:
            for _ in range(3):
                await succeed(call, client)
        assert stage.report().connections == 3


@kinds(ALL)
@pytest.mark.parametrize("stays", [True, False], ids=["stays", "closes"])
async def test_C17_answer_before_the_body_is_read(faults: FaultServer, call: Call, stays: bool) -> None:
    with faults.play(handler=partial(too_large_before_the_end, stays=stays)) as stage:
        async with client_of(stage) as client:
            error = await fail(call, client, messages="x" * 8 * MIB)
    assert isinstance(error, errors.PayloadTooLarge | errors.ConnectionLost)
    if stays:
        assert type(error) is errors.PayloadTooLarge


@kinds(ALL)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_C18_redirect_to_another_origin(faults: FaultServer, call: Call, status: int) -> None:
    with faults.play(good) as other:
        away = Reply(status, headers={"location": f"{other.url}/chat/completions"})
        with faults.play(away) as stage:
            async with client_of(stage) as client:
                error = await fail(call, client)
                with pytest.raises(errors.APIStatusError) as caught:
                    await client.request("GET", "/x", into=dict[str, JsonValue])
            assert len(stage.requests) == 2
        assert other.report().connections == 0
    assert isinstance(error, errors.APIStatusError)
    assert error.status == caught.value.status == status
    check_error(caught.value)


@kinds(ALL)
async def test_C19_redirect_loop(faults: FaultServer, call: Call) -> None:
    with faults.play(redirect_to_itself) as stage:
        async with client_of(stage) as client:
            error = await fail(call, client)
        assert len(stage.requests) == 1
    assert isinstance(error, errors.APIStatusError)
    assert (error.status, error.attempts) == (307, 1)


@kinds(ALL)
@pytest.mark.parametrize("what", NONSENSE)
async def test_C20_contradictory_framing(faults: FaultServer, call: Call, what: str) -> None:
    error = await lost_before_headers(faults, call, raw(NONSENSE[what], stall))
    assert type(error) is errors.ConnectionLost


@kinds(ALL)
async def test_C20_bad_chunk_size(faults: FaultServer, call: Call) -> None:
    with faults.play(raw(BAD_CHUNK_SIZE, stall)) as stage:
        async with client_of(stage) as client:
            error = await fail(call, client)
        report = stage.report()
        assert report.connections == len(report.requests) == error.attempts
    assert type(error) is errors.ConnectionLost


def trusting_any_name() -> ssl.SSLContext:
    context = client_tls()
    context.check_hostname = False
    return context


@pytest.mark.direct("it brings proxies of its own")
@kinds(ALL)
async def test_C21_proxy_of_the_environment(
    faults: FaultServer, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    with faults.play(good, tls=True) as stage, faults.play(handler=partial(relay, port=stage.port)) as proxy:
        away = {"base_url": "https://api.invalid/api/v1", "ssl_context": trusting_any_name()}
        monkeypatch.setenv("HTTPS_PROXY", proxy.origin)
        async with AsyncOpenRouter(KEY, retries=FAST, **away) as client:  # type: ignore[arg-type]  # of two types
            await succeed(call, client)
        assert [request.method for request in proxy.requests] == ["CONNECT"]
        assert KEY not in str(proxy.requests[0].headers)
        monkeypatch.setenv("NO_PROXY", "api.invalid")
        async with AsyncOpenRouter(KEY, retries=FAST, **away) as client:  # type: ignore[arg-type]  # as above
            assert isinstance(await fail(call, client), errors.ConnectError)
        monkeypatch.delenv("NO_PROXY")
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
        async with client_of(stage) as client:  # on this machine, and trusted by the environment
            await succeed(call, client)
        assert proxy.report().connections == 1
        async with client_of(stage, proxy=proxy.origin) as client:
            await succeed(call, client)
        assert proxy.report().connections == 2


def test_C22_plain_http_to_a_remote_host() -> None:
    with pytest.raises(errors.ConfigurationError) as caught:
        AsyncOpenRouter(base_url="http://api.example.com/api/v1")
    check_error(caught.value)
    assert "in clear" in str(caught.value)
    assert "allow_plain_http=['api.example.com']" in str(caught.value)
    AsyncOpenRouter(base_url="http://api.example.com/api/v1", allow_plain_http=["api.example.com"])


async def test_C23_no_file_descriptor_left(faults: FaultServer) -> None:
    with faults.play(slow_at_first, good) as stage:
        measured = await measure(few_descriptors, stage.url)
    assert measured.result == ""
