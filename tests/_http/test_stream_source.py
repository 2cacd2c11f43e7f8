"""Streams over a socket: what must be read, what must fail and with what it keeps, and what is sent again."""

from __future__ import annotations

import json
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from openrouter_async import AsyncOpenRouter, Limits, Retries, Timeouts, errors
from openrouter_async.streaming.events import Keepalive, StreamEvent, TextDelta
from openrouter_async.streaming.stream import EventStream
from openrouter_async.types.chat import ChatCompletion
from tests.loopback import Answer, Connection, LoopbackServer, Reply, Request, serve_responses, sse

pytestmark = pytest.mark.loopback

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"
FAST = Retries(base=0.001, cap=0.002)


def chunk(text: str | None = None, *, finish: str | None = None, **fields: object) -> dict[str, object]:
    delta = {} if text is None else {"content": text}
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "gen-1", "provider": "P", "model": "a/b", "choices": [choice], **fields}


USAGE = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "cost": 0.5}
HEL, LO, STOP, DONE = chunk("Hel"), chunk("lo"), chunk(finish="stop"), "[DONE]"
HELLO = sse(HEL, LO, STOP, DONE)

Script = Callable[[Connection, Request], None]


def chunked(body: bytes, size: int | None = None, **head: Any) -> Script:
    """Serve a body as an event stream, in one chunk or in chunks of `size` bytes, and end it cleanly."""

    def script(connection: Connection, request: Request) -> None:
        connection.start_chunked(**head)
        step = size or max(1, len(body))
        packed = (body[start : start + step] for start in range(0, len(body), step))
        connection.send(b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in packed))
        connection.end_chunked()

    return script


def begun(body: bytes, then: Script) -> Script:
    """Serve the beginning of an event stream, and go on with `then`."""

    def script(connection: Connection, request: Request) -> None:
        connection.start_chunked()
        if body:
            connection.chunk(body)
        then(connection, request)

    return script


def reset(connection: Connection, request: Request) -> None:
    connection.pause(0.02)  # a reset overtakes what has not been read
    connection.reset()


def close(connection: Connection, request: Request) -> None:
    connection.close()


def stall(connection: Connection, request: Request) -> None:
    assert connection.wait_closed(5)
    connection.close()


def client_of(server: LoopbackServer, **arguments: Any) -> AsyncOpenRouter:
    return AsyncOpenRouter(KEY, base_url=server.url, **{"retries": FAST, **arguments})


async def events_of(client: AsyncOpenRouter, **options: Any) -> tuple[list[StreamEvent], ChatCompletion[str]]:
    async with client.chat.stream("Hello", **options) as stream:
        return [event async for event in stream], await stream.final()


async def read(*answers: Answer, **arguments: Any) -> ChatCompletion[str]:
    """Return the reply that a stream gives of these answers."""
    with LoopbackServer(serve_responses(answers)) as server:
        async with client_of(server, **arguments) as client:
            return (await events_of(client))[1]


async def fail(*answers: Answer, **arguments: Any) -> tuple[errors.OpenRouterError, list[StreamEvent], int]:
    """Return the error that a stream of these answers ends in, the events before it, and the number of requests."""
    events: list[StreamEvent] = []
    with LoopbackServer(serve_responses(answers)) as server:
        async with client_of(server, **arguments) as client:
            stream = client.chat.stream("Hello")
            with pytest.raises(errors.OpenRouterError) as caught:
                await _collect(stream, events)
            transport = client._sender.transport
            assert await server.eventually(lambda: transport.open_exchanges == transport.limiter.in_use == 0)
            with pytest.raises(type(caught.value)):
                await anext(stream)
        return caught.value, events, len(server.requests)


async def _collect(stream: EventStream, events: list[StreamEvent]) -> None:
    async with stream:
        async for event in stream:
            events.append(event)  # noqa: PERF401  # those before an error are wanted


def text_of(events: list[StreamEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def partial_text(error: errors.OpenRouterError) -> str | None:
    partial = getattr(error, "partial", None)
    return None if partial is None else partial.text


# What must be read


def lines_of(ending: bytes) -> bytes:
    return HELLO.replace(b"\n", ending)


def with_fields(**fields: object) -> bytes:
    return sse({**HEL, **fields}, LO, STOP, DONE)


def choice(**fields: object) -> dict[str, object]:
    return {"id": "gen-1", "choices": [fields]}


def call(**fragment: object) -> dict[str, object]:
    return chunk(choices=[{"index": 0, "delta": {"tool_calls": [fragment]}}])


COMMENT = b": OPENROUTER PROCESSING\n\n"

READ: dict[str, tuple[bytes, dict[str, object]]] = {
    "lf": (HELLO, {"text": "Hello", "finish_reason": "stop", "end": "done", "id": "gen-1"}),
    "cr lf": (lines_of(b"\r\n"), {"text": "Hello", "end": "done"}),
    "cr": (lines_of(b"\r"), {"text": "Hello", "end": "done"}),
    "mixed ends": (
        sse(HEL).replace(b"\n", b"\r") + sse(LO) + sse(STOP).replace(b"\n", b"\r\n") + sse(DONE),
        {"text": "Hello", "end": "done"},
    ),
    "byte order mark": (b"\xef\xbb\xbf" + HELLO, {"text": "Hello"}),
    "separators that end no line": (
        sse(json.dumps(chunk("a\u2028b\u2029c\x85d"), ensure_ascii=False), STOP, DONE),
        {"text": "a\u2028b\u2029c\x85d"},
    ),
    "two-byte and four-byte characters": (
        sse(json.dumps(chunk("é😀"), ensure_ascii=False), STOP, DONE),
        {"text": "é😀"},
    ),
    "bytes that are no utf-8": (
        sse(chunk("Hel")).replace(b"Hel", b"H\xffl") + sse(STOP, DONE),
        {"text": "H\ufffdl"},
    ),
    "data over several lines": (
        b"data: {\ndata:" + json.dumps(HEL).encode()[1:] + b"\n\n" + sse(LO, STOP, DONE),
        {"text": "Hello"},
    ),
    "a comment inside an event": (
        b"data: {\n: still here\ndata: " + json.dumps(HEL).encode()[1:] + b"\n\n" + sse(LO, STOP, DONE),
        {"text": "Hello"},
    ),
    "no space after the colon": (HELLO.replace(b"data: ", b"data:"), {"text": "Hello"}),
    "comments everywhere": (
        COMMENT + b"id: 1\n: x\n" + sse(HEL) + COMMENT + b":\n" + sse(LO, STOP) + COMMENT + sse(DONE),
        {"text": "Hello"},
    ),
    "ten thousand comments": (COMMENT * 10_000 + HELLO, {"text": "Hello"}),
    "empty data": (b"data:\n\n" + sse(HEL) + b"data\n\n" + sse(LO, STOP, DONE), {"text": "Hello"}),
    "a finish reason, no [DONE]": (sse(HEL, LO, STOP), {"text": "Hello", "end": "finish_reason"}),
    "[DONE], no finish reason": (sse(HEL, LO, DONE), {"text": "Hello", "end": "done", "finish_reason": None}),
    "[DONE] without its blank line": (sse(HEL, LO, STOP) + b"data: [DONE]", {"text": "Hello", "end": "done"}),
    "events after [DONE]": (HELLO + sse(chunk("more"), chunk("x", finish="length")), {"text": "Hello"}),
    "usage in a last chunk": (
        sse(HEL, LO, STOP, {"id": "gen-1", "choices": [], "usage": USAGE}, DONE),
        {"text": "Hello", "usage.total_tokens": 3},
    ),
    "usage in the chunk that finishes": (
        sse(HEL, LO, {**STOP, "usage": USAGE}, DONE),
        {"text": "Hello", "usage.total_tokens": 3},
    ),
    "choices and deltas that are null or missing": (
        sse(
            {"id": "gen-1", "choices": None},
            {"id": "gen-1"},
            choice(index=0, delta=None),
            choice(index=0, delta={"content": None}),
            HEL,
            chunk(finish=""),
            choice(index=0, delta={"role": "assistant", "content": "lo"}),
            DONE,
        ),
        {"text": "Hello", "finish_reason": None},
    ),
    "text after the finish reason": (
        sse(HEL, STOP, LO, chunk(finish="length"), DONE),
        {"text": "Hello", "finish_reason": "length"},
    ),
    "several answers": (
        sse(
            choice(index=1, delta={"content": "Bye"}),
            HEL,
            choice(index=1, delta={"content": "!"}, finish_reason="stop"),
            LO,
            STOP,
            DONE,
        ),
        {"text": "Hello", "choices.1.message.text": "Bye!"},
    ),
    "interleaved tool calls": (
        sse(
            call(index=0, id="a", function={"name": "f", "arguments": '{"x":'}),
            call(index=1, id="b", function={"name": "g", "arguments": None}),
            call(index=0, function={"arguments": "1}"}),
            call(index=1, function={"arguments": "{}"}),
            chunk(finish="tool_calls"),
            DONE,
        ),
        {"tool_calls.0.args": {"x": 1}, "tool_calls.1.args": {}, "tool_calls.1.name": "g"},
    ),
    "names and ids in every fragment, no index": (
        sse(
            call(id="a", function={"name": "f", "arguments": '{"x"'}),
            call(id="a", function={"name": "f", "arguments": ":1}"}),
            chunk(finish="tool_calls"),
            DONE,
        ),
        {"tool_calls.0.name": "f", "tool_calls.0.args": {"x": 1}, "tool_calls.0.complete": True},
    ),
    "a tool call cut by the token limit": (
        sse(
            call(index=0, id="a", function={"name": "f", "arguments": '{"x": [1,'}),
            chunk(finish="length"),
            DONE,
        ),
        {"tool_calls.0.args": None, "tool_calls.0.complete": False, "tool_calls.0.arguments": '{"x": [1,'},
    ),
    "reasoning": (
        sse(
            choice(
                index=0,
                delta={"reasoning": "Hm", "reasoning_details": [{"type": "reasoning.text", "text": "Hm"}]},
            ),
            choice(index=0, delta={"reasoning": "m"}),
            HEL,
            LO,
            STOP,
            DONE,
        ),
        {"text": "Hello", "reasoning": "Hmm"},
    ),
}


@pytest.mark.parametrize("size", [None, 1], ids=["whole", "bytewise"])
@pytest.mark.parametrize("name", READ)
async def test_every_form_of_stream_is_read(name: str, size: int | None) -> None:
    body, expected = READ[name]
    if size and len(body) > 10_000:
        size = 7
    reply = await read(chunked(body, size))
    assert {path: _at(reply, path) for path in expected} == expected


def _at(value: Any, path: str) -> object:
    for name in path.split("."):
        value = value[int(name)] if name.isdigit() else getattr(value, name)
    return value


@pytest.mark.parametrize(
    "content_type", ["text/event-stream", "text/plain", "text/event-stream; charset=latin-1", None]
)
async def test_the_content_type_does_not_matter(content_type: str | None) -> None:
    body = sse(json.dumps(chunk("é"), ensure_ascii=False), STOP, DONE)

    def script(connection: Connection, request: Request) -> None:
        headers = {"content-length": str(len(body))}
        if content_type:
            headers["content-type"] = content_type
        connection.send_head(200, headers)
        connection.send(body)

    assert (await read(script)).text == "é"


@pytest.mark.parametrize("framing", ["until closed", "http/1.0", "extensions and trailers"])
async def test_every_framing_is_read(framing: str) -> None:
    def script(connection: Connection, request: Request) -> None:
        if framing == "extensions and trailers":
            connection.start_chunked(headers={"trailer": "x-checksum"})
            connection.send(b"%x;name=value\r\n%b\r\n0\r\nx-checksum: 1\r\n\r\n" % (len(HELLO), HELLO))
            return
        version = "1.0" if framing == "http/1.0" else "1.1"
        headers = {"content-type": "text/event-stream", "connection": "close"}
        connection.send_head(200, headers, version=version)
        connection.send(HELLO)
        connection.close()

    assert (await read(script)).text == "Hello"


async def test_a_whole_reply_in_place_of_a_stream_is_one_piece() -> None:
    whole = {
        "id": "gen-1",
        "choices": [{"message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}],
        "usage": USAGE,
    }
    with LoopbackServer(serve_responses([Reply(body="\n  \n" + json.dumps(whole))])) as server:
        async with client_of(server) as client:
            events, reply = await events_of(client)
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["Hello"]
    assert (reply.text, reply.finish_reason, reply.id) == ("Hello", "stop", "gen-1")


async def test_an_image_of_eight_mebibytes_in_one_event_is_read() -> None:
    url = "data:image/png;base64," + "A" * 8 * 1024 * 1024
    image = {"type": "image_url", "image_url": {"url": url}}
    reply = await read(chunked(sse(choice(index=0, delta={"images": [image]}), STOP, DONE), 16_384))
    assert [image.url for image in reply.images] == [url]


async def test_compressed_pieces_arrive_when_they_are_sent() -> None:
    was_read = threading.Event()

    def script(connection: Connection, request: Request) -> None:
        assert "gzip" in request.headers["accept-encoding"]
        packer = zlib.compressobj(wbits=31)
        connection.start_chunked(headers={"content-encoding": "gzip"})
        for payload in (HEL, LO, STOP, DONE):
            connection.chunk(packer.compress(sse(payload)) + packer.flush(zlib.Z_SYNC_FLUSH))
            if payload is HEL:
                assert was_read.wait(5), "the first piece was kept back"
        connection.chunk(packer.flush())
        connection.end_chunked()

    with LoopbackServer(serve_responses([script])) as server:
        async with client_of(server) as client, client.chat.stream("Hello") as stream:
            texts = [await anext(stream)]
            was_read.set()
            texts += [event async for event in stream]
    assert text_of(texts) == "Hello"


async def test_comments_keep_a_stream_alive_beyond_the_idle_clock() -> None:
    def script(connection: Connection, request: Request) -> None:
        connection.start_chunked()
        for _ in range(12):
            connection.chunk(COMMENT)
            connection.pause(0.05)
        connection.chunk(HELLO)
        connection.end_chunked()

    with LoopbackServer(serve_responses([script])) as server:
        async with client_of(server, timeouts=Timeouts(idle=0.3, headers=0.3)) as client:
            events, reply = await events_of(client)
    assert reply.text == "Hello"
    assert events[:12] == [Keepalive("OPENROUTER PROCESSING")] * 12


async def test_a_slow_drip_may_last_longer_than_any_clock_but_the_total() -> None:
    def script(connection: Connection, request: Request) -> None:
        connection.start_chunked()
        for payload in (*[chunk("x")] * 10, STOP, DONE):
            connection.event(payload)
            connection.pause(0.05)
        connection.end_chunked()

    clocks = Timeouts(connect=0.3, headers=0.3, idle=0.3, event=0.3, body=0.3)
    assert (await read(script, timeouts=clocks)).text == "x" * 10


# What the connection becomes


async def test_a_stream_whose_body_ends_leaves_its_connection_to_the_next_call() -> None:
    def late(connection: Connection, request: Request) -> None:
        connection.start_chunked()
        connection.chunk(HELLO)
        connection.pause(0.01)
        connection.end_chunked()

    with LoopbackServer(
        serve_responses([chunked(HELLO), late, chunked(sse(HEL, STOP)), chunked(HELLO)])
    ) as server:
        async with client_of(server) as client:
            for _ in range(4):
                await events_of(client)
            assert client._sender.transport.limiter.in_use == 0
        assert (server.connections, len(server.requests)) == (1, 4)


async def test_a_body_that_does_not_end_after_done_delays_nothing_and_is_not_reused() -> None:
    gone: list[float] = []

    def stay(connection: Connection, request: Request) -> None:
        connection.start_chunked()
        connection.chunk(HELLO)
        assert connection.wait_closed(5)
        gone.append(time.monotonic())
        connection.close()

    with LoopbackServer(serve_responses([stay, chunked(HELLO)])) as server:
        async with client_of(server) as client:
            began = time.monotonic()
            assert (await events_of(client))[1].text == "Hello"
            assert time.monotonic() - began < 1
            assert await server.eventually(lambda: bool(gone))
            assert (await events_of(client))[1].text == "Hello"
        assert server.connections == 2


# What must fail, and with what


@pytest.mark.parametrize(
    ("answer", "kind", "requests"),
    [
        pytest.param(
            Reply(json={"error": {"code": 502, "message": "no"}}), errors.ProviderError, 3, id="json error"
        ),
        pytest.param(
            Reply(json={"error": {"code": 400, "message": "no"}}), errors.BadRequest, 1, id="json refusal"
        ),
        pytest.param(
            Reply(body="<html>Hi</html>", headers={"content-type": "text/html"}),
            errors.InvalidResponseError,
            2,
            id="html",
        ),
        pytest.param(Reply(body='"text"'), errors.OpenRouterError, None, id="json text"),
        pytest.param(Reply(body="[1]"), errors.InvalidResponseError, 2, id="json array"),
        pytest.param(b"HTTP/1.1 204 No Content\r\n\r\n", errors.OpenRouterError, None, id="204"),
        pytest.param(chunked(b""), errors.StreamTruncated, 3, id="nothing"),
        pytest.param(chunked(COMMENT * 3), errors.StreamTruncated, 3, id="only comments"),
        pytest.param(Reply(503, json={"error": {"message": "no"}}), errors.Overloaded, 3, id="status 503"),
        pytest.param(
            Reply(401, json={"error": {"message": "no"}}), errors.AuthenticationError, 1, id="status 401"
        ),
    ],
)
async def test_what_is_no_stream_is_a_typed_error(
    answer: Answer, kind: type[errors.OpenRouterError], requests: int | None
) -> None:
    error, events, sent = await fail(answer)
    assert isinstance(error, kind)
    assert isinstance(error, errors.APIStatusError | errors.InvalidResponseError | errors.StreamTruncated)
    assert text_of(events) == ""
    assert requests in (None, sent)
    assert error.attempts == sent


ERROR_502 = {
    "error": {"code": 502, "message": "upstream broke", "metadata": {"error_type": "provider_unavailable"}}
}


@pytest.mark.parametrize(
    ("payload", "kind", "requests"),
    [
        (ERROR_502, errors.ProviderError, 3),
        ({"error": {"code": 429, "message": "slow down"}}, errors.RateLimited, 3),
        ({"error": {"code": 401, "message": "no"}}, errors.AuthenticationError, 1),
    ],
)
async def test_an_error_before_the_first_piece_is_treated_as_its_status(
    payload: object, kind: type[errors.APIStatusError], requests: int
) -> None:
    error, events, sent = await fail(chunked(COMMENT + sse(payload, DONE)))
    assert type(error) is kind
    assert (sent, error.attempts, text_of(events)) == (requests, requests, "")


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(chunked(sse(ERROR_502, DONE)), id="error event"),
        pytest.param(chunked(sse(chunk(""), ERROR_502)), id="error after a role"),
        pytest.param(begun(COMMENT * 3, reset), id="reset after comments"),
        pytest.param(begun(b"", reset), id="reset after the headers"),
        pytest.param(begun(COMMENT, close), id="end of the connection after comments"),
        pytest.param(chunked(COMMENT), id="nothing but comments"),
        pytest.param(lambda connection, request: connection.reset(), id="reset before the headers"),
    ],
)
async def test_after_a_failure_before_the_first_piece_the_next_answer_is_taken(bad: Answer) -> None:
    with LoopbackServer(serve_responses([bad, chunked(HELLO)])) as server:
        async with client_of(server) as client:
            events, reply = await events_of(client)
        assert len(server.requests) == 2
    assert (text_of(events), reply.text) == ("Hello", "Hello")
    assert reply._meta is not None
    assert reply._meta.attempts == 2


IN_THE_MIDDLE: dict[str, tuple[bytes, type[errors.APIStatusError], dict[str, object]]] = {
    "with [DONE]": (
        sse(chunk("", finish="error", **ERROR_502), DONE),
        errors.ProviderError,
        {"status": 502, "code": 502, "error_type": "provider_unavailable"},
    ),
    "without [DONE]": (sse(chunk("", finish="error", **ERROR_502)), errors.ProviderError, {"status": 502}),
    "without choices": (sse(ERROR_502), errors.ProviderError, {"status": 502}),
    "in the choice": (
        sse(choice(index=0, delta={}, finish_reason="error", error={"code": 503, "message": "full"})),
        errors.Overloaded,
        {"status": 503},
    ),
    "of a limit": (
        sse({"error": {"code": 429, "message": "slow down"}}),
        errors.RateLimited,
        {"status": 429},
    ),
    "by its name": (b"event: error\n" + sse(ERROR_502), errors.ProviderError, {"status": 502}),
    "by its name, without an envelope": (
        b"event: error\n" + sse({"code": 502, "message": "broke"}),
        errors.ProviderError,
        {"status": 502},
    ),
    "by its name, as plain text": (b"event: error\ndata: it broke\n\n", errors.ServerError, {"status": 500}),
    "code as text": (
        sse({"error": {"code": "server_error", "message": "broke"}}),
        errors.ServerError,
        {"status": 500, "code": "server_error"},
    ),
    "unknown code as text": (
        sse({"error": {"code": "strange", "message": "broke"}}),
        errors.ServerError,
        {"code": "strange"},
    ),
    "error as text": (sse({"error": "it broke"}), errors.ServerError, {"status": 500, "code": None}),
    "only a finish reason": (
        sse(choice(index=0, delta={}, finish_reason="error", native_finish_reason="MALFORMED"), DONE),
        errors.ServerError,
        {"status": 500, "code": None},
    ),
}


@pytest.mark.parametrize("name", IN_THE_MIDDLE)
async def test_an_error_in_the_middle_is_its_class_and_keeps_what_had_come(name: str) -> None:
    body, kind, facts = IN_THE_MIDDLE[name]
    error, events, sent = await fail(chunked(sse(HEL) + body))
    assert type(error) is kind
    assert {fact: getattr(error, fact) for fact in facts} == facts
    assert (text_of(events), partial_text(error), sent) == ("Hel", "Hel", 1)
    assert error.partial is not None
    assert error.partial.finish_reason is None
    assert (error.may_have_been_billed, error.attempts) == (True, 1)


def bad_chunk(connection: Connection, request: Request) -> None:
    connection.send(b"zz\r\nnonsense\r\n")
    connection.pause(0.02)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        pytest.param(begun(sse(HEL), reset), errors.StreamInterrupted, id="reset"),
        pytest.param(begun(sse(HEL), close), errors.StreamInterrupted, id="chunked body without its end"),
        pytest.param(begun(sse(HEL), bad_chunk), errors.StreamInterrupted, id="bad chunk"),
        pytest.param(chunked(sse(HEL)), errors.StreamTruncated, id="clean end"),
        pytest.param(chunked(sse(HEL) + sse(LO)[:-9]), errors.StreamTruncated, id="last event cut"),
        pytest.param(chunked(sse(HEL) + sse(LO)[:-1]), errors.StreamTruncated, id="last blank line missing"),
        pytest.param(
            Reply(body=sse(HEL), headers={"content-type": "text/event-stream"}),
            errors.StreamTruncated,
            id="length",
        ),
    ],
)
async def test_a_stream_that_breaks_off_keeps_what_had_come_and_is_not_repeated(
    answer: Answer, kind: type[errors.StreamError]
) -> None:
    error, events, sent = await fail(answer)
    assert type(error) is kind
    assert (text_of(events), partial_text(error), sent) == ("Hel", "Hel", 1)
    assert error.may_have_been_billed is True


async def test_an_error_names_the_generation_that_a_chunk_named() -> None:
    for answer in (chunked(sse(HEL)), begun(sse(HEL), reset), chunked(sse(HEL, "{")), begun(sse(HEL), stall)):
        error, _, _ = await fail(answer, timeouts=Timeouts(idle=0.1))
        assert error.generation_id == "gen-1"


async def test_a_body_that_ends_with_its_connection_is_cut_when_it_lacks_a_finish() -> None:
    def script(connection: Connection, request: Request) -> None:
        connection.send_head(200, {"content-type": "text/event-stream", "connection": "close"})
        connection.send(sse(HEL))
        connection.close()

    error, _, sent = await fail(script)
    assert type(error) is errors.StreamTruncated
    assert (partial_text(error), sent) == ("Hel", 1)


async def test_a_tool_call_of_a_broken_stream_is_not_complete() -> None:
    whole = call(index=0, id="a", function={"name": "f", "arguments": "{}"})
    error, _, sent = await fail(chunked(sse(whole)))
    assert isinstance(error, errors.StreamTruncated)
    assert error.partial is not None
    assert [(one.name, one.complete) for one in error.partial.tool_calls] == [("f", False)]
    assert sent == 1


async def test_an_event_that_is_no_chunk_raises_or_is_skipped() -> None:
    body = sse(HEL, '{"id": "gen', LO, STOP, DONE)
    error, events, sent = await fail(chunked(body))
    assert isinstance(error, errors.StreamDecodeError)
    assert error.data == '{"id": "gen'
    assert (text_of(events), partial_text(error), sent) == ("Hel", "Hel", 1)
    with LoopbackServer(serve_responses([chunked(body)])) as server:
        async with client_of(server) as client:
            stream = client.chat.stream("Hello", on_bad_event="skip")
            assert (await stream.final()).text == "Hello"
            assert stream.skipped_events == 1


# Clocks


@pytest.mark.parametrize(
    ("body", "text"),
    [(b"", None), (COMMENT, None), (sse(HEL), "Hel"), (sse(HEL) + COMMENT, "Hel")],
    ids=["before the first event", "after a comment", "after a piece", "after a piece and a comment"],
)
async def test_silence_ends_a_stream_by_the_idle_clock(body: bytes, text: str | None) -> None:
    error, _, sent = await fail(begun(body, stall), timeouts=Timeouts(idle=0.1))
    assert isinstance(error, errors.RequestTimeout)
    assert (error.phase, partial_text(error), sent) == ("idle", text, 1)
    assert error.may_have_been_billed is (True if text else None)


def comments_for_ever(connection: Connection, request: Request) -> None:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        connection.chunk(COMMENT)
        connection.pause(0.03)


@pytest.mark.parametrize(("body", "text"), [(b"", None), (sse(HEL), "Hel")], ids=["at once", "after a piece"])
async def test_comments_for_ever_end_by_the_event_clock(body: bytes, text: str | None) -> None:
    answer = begun(body, comments_for_ever)
    error, _, sent = await fail(answer, timeouts=Timeouts(idle=1, event=0.2))
    assert isinstance(error, errors.RequestTimeout)
    assert (error.phase, partial_text(error), sent) == ("event", text, 1)
    error, _, sent = await fail(answer, timeouts=Timeouts(total=0.2))
    assert isinstance(error, errors.DeadlineExceeded)
    assert (partial_text(error), sent) == (text, 1)


async def test_no_headers_end_by_the_headers_clock_after_three_requests() -> None:
    error, _, sent = await fail(stall, timeouts=Timeouts(headers=0.1))
    assert isinstance(error, errors.RequestTimeout)
    assert (error.phase, sent, error.attempts) == ("headers", 3, 3)


def for_ever(data: bytes) -> Script:
    def script(connection: Connection, request: Request) -> None:
        connection.send_head(200, {"content-type": "text/event-stream", "connection": "close"})
        try:
            while True:
                connection.send(data)
        except OSError:
            connection.close()

    return script


@pytest.mark.parametrize(
    "data",
    [b"x" * 65_536, b"data: " + b"x" * 65_530, b"data: x\n" * 8_192],
    ids=["line", "line of data", "event"],
)
async def test_an_endless_event_ends_at_the_limit_with_bounded_memory(data: bytes) -> None:
    limit = 2 * 1024 * 1024
    tracemalloc.start()
    try:
        error, _, sent = await fail(for_ever(data), limits=Limits(event_bytes=limit))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(error, errors.ResponseTooLarge)
    assert (error.limit, sent) == (limit, 1)
    assert peak < 4 * limit + 4 * 1024 * 1024


async def test_endless_events_end_by_the_total_clock() -> None:
    error, events, sent = await fail(for_ever(sse(chunk("x" * 1_000)) * 64), timeouts=Timeouts(total=0.2))
    assert isinstance(error, errors.DeadlineExceeded)
    assert sent == 1
    assert partial_text(error) == text_of(events) != ""


# A slow reader


async def test_a_slow_reader_slows_the_server_and_is_not_idle() -> None:
    sent = 0
    piece = sse(chunk("x" * 65_536))
    count = 640  # 40 MiB, more than all buffers of the system on the way

    def script(connection: Connection, request: Request) -> None:
        nonlocal sent
        connection.start_chunked()
        for _ in range(count):
            connection.chunk(piece)
            sent += 1
        connection.chunk(sse(STOP, DONE))
        connection.end_chunked()

    with LoopbackServer(serve_responses([script])) as server:
        async with client_of(server, timeouts=Timeouts(idle=0.3, event=0.3)) as client:
            length = 0
            stream = client.chat.stream("Hello")
            async for text in stream.text():
                if not length:
                    await anyio.sleep(0.6)
                    halted_at = sent
                length += len(text)
    assert halted_at < count / 2
    assert length == count * 65_536
