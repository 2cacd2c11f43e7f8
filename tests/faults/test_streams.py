"""Rows S01 to S18: streams that are read, however odd they are."""

from __future__ import annotations

import json
import time
from functools import partial
from typing import Any

import anyio
import pytest

from openrouter_async import Timeouts
from openrouter_async.streaming.events import Keepalive, StreamEvent, TextDelta, UsageReported
from tests.faults.calls import CHAT_STREAMS, STREAM, STREAMS, WORD, Call, Ended, client_of, kinds, succeed
from tests.faults.scenes.answers import DONE, GOOD_BODY, USAGE, chunk, good
from tests.faults.scenes.bodies import untyped
from tests.faults.scenes.streams import (
    COMMENT,
    Chunked,
    bytewise,
    drip,
    extensions_and_trailers,
    flushed,
    kept_open,
    slow_comments,
    until_closed,
)
from tests.faults.service import FaultServer
from tests.support.loopback import Answer, Reply, sse

HEL, LO, STOP = chunk(WORD[:8]), chunk(WORD[8:]), chunk(finish="stop")
HELLO = sse(HEL, LO, STOP, DONE)

CUT = pytest.mark.parametrize("size", [None, 1], ids=["whole", "bytewise"])
"""How the body is cut into chunks."""


async def read(
    faults: FaultServer, call: Call, answer: Answer, *, text: str = WORD, **settings: object
) -> Ended:
    """Return how a stream of this answer ended, which is asked for once."""
    with faults.play(answer) as stage:
        async with client_of(stage, **settings) as client:
            ended = await succeed(call, client, text=text)
        assert len(stage.requests) == 1
    return ended


async def reply_to(
    faults: FaultServer, call: Call, body: bytes, size: int | None = None, **expected: str
) -> Any:
    """Return the reply of a stream with this body, in chunks of `size` bytes."""
    return (await read(faults, call, Chunked(body, size), **expected)).reply


def choice(**fields: object) -> dict[str, object]:
    return {"id": "gen-1", "choices": [{"index": 0, "delta": {}, **fields}]}


def tool_call(**fragment: object) -> dict[str, object]:
    return choice(delta={"tool_calls": [fragment]})


def is_piece(event: StreamEvent) -> bool:
    return not isinstance(event, Keepalive)


@kinds(STREAMS)
@CUT
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(HELLO, id="lf"),
        pytest.param(HELLO.replace(b"\n", b"\r\n"), id="cr lf"),
        pytest.param(HELLO.replace(b"\n", b"\r"), id="cr"),
        pytest.param(
            sse(HEL).replace(b"\n", b"\r") + sse(LO) + sse(STOP).replace(b"\n", b"\r\n") + sse(DONE),
            id="mixed",
        ),
    ],
)
async def test_S01_line_ends(faults: FaultServer, call: Call, body: bytes, size: int | None) -> None:
    ended = await read(faults, call, Chunked(body, size))
    assert [event.text for event in ended.events if isinstance(event, TextDelta)] == [WORD[:8], WORD[8:]]


@kinds(STREAMS)
async def test_S01_a_packet_for_each_byte(faults: FaultServer, call: Call) -> None:
    await read(faults, call, partial(bytewise, body=HELLO.replace(b"\n", b"\r\n")))


@kinds(STREAMS)
@CUT
async def test_S02_byte_order_mark(faults: FaultServer, call: Call, size: int | None) -> None:
    await reply_to(faults, call, b"\xef\xbb\xbf" + HELLO, size)
    await reply_to(
        faults, call, b"".join(b"\xef\xbb\xbf" + sse(each) for each in (HEL, LO, STOP, DONE)), size
    )
    # One more is part of a name that nobody knows, so the line is none.
    await reply_to(faults, call, b"\xef\xbb\xbf" * 3 + b"data: {\n\n" + HELLO, size)


@kinds((STREAM,))
@CUT
async def test_S02_separators_that_end_no_line(faults: FaultServer, call: Call, size: int | None) -> None:
    text = "a\u2028b\u2029c\x85d"
    await reply_to(
        faults, call, sse(json.dumps(chunk(text), ensure_ascii=False), STOP, DONE), size, text=text
    )
    # Vertical tab and form feed may not stand in JSON as they are, but some write them so.
    body = sse(HEL, LO) + b'data: {"choices": [{"delta": {"content": "\x0b\x0c"}}]}\n\n' + sse(STOP, DONE)
    await reply_to(faults, call, body, size, text=WORD + "\x0b\x0c")


@kinds((STREAM,))
async def test_S03_characters_in_two_packets(faults: FaultServer, call: Call) -> None:
    for text in ("é", "€", "😀"):
        body = sse(json.dumps(chunk(text), ensure_ascii=False), STOP, DONE)
        await reply_to(faults, call, body, 1, text=text)
    broken = sse(chunk("H#l"), STOP, DONE).replace(b"#", b"\xff")
    await reply_to(faults, call, broken, text="H\ufffdl")


@kinds(CHAT_STREAMS)
@CUT
async def test_S04_forms_of_data(faults: FaultServer, call: Call, size: int | None) -> None:
    hel = json.dumps(HEL).encode()[1:]
    rest = sse(LO, STOP, DONE)
    await reply_to(faults, call, HELLO.replace(b"data: ", b"data:"), size)
    await reply_to(faults, call, b"data: {\ndata:" + hel + b"\n\n" + rest, size)
    await reply_to(faults, call, b"data: {\n: still here\ndata: " + hel + b"\n\n" + rest, size)


@kinds(STREAMS)
async def test_S05_comments_everywhere(faults: FaultServer, call: Call) -> None:
    body = (
        COMMENT
        + b"id: 1\n: x\n"
        + sse(HEL)
        + COMMENT
        + b":\n"
        + sse(LO, STOP)
        + COMMENT
        + sse(DONE)
        + COMMENT
    )
    plain = list(filter(is_piece, (await read(faults, call, Chunked(HELLO))).events))
    for size in (None, 1):
        ended = await read(faults, call, Chunked(body, size))
        assert list(map(type, filter(is_piece, ended.events))) == list(map(type, plain))
        assert any(event == Keepalive("OPENROUTER PROCESSING") for event in ended.events)


@kinds(STREAMS)
async def test_S05_ten_thousand_comments(faults: FaultServer, call: Call) -> None:
    ended = await read(faults, call, Chunked(COMMENT * 10_000 + HELLO, 4_096))
    assert sum(isinstance(event, Keepalive) for event in ended.events) <= 10_000


@kinds(STREAMS)
@CUT
async def test_S06_empty_events(faults: FaultServer, call: Call, size: int | None) -> None:
    body = b"data:\n\n" + sse(HEL) + b"data\n\ndata: \n\n" + sse(LO, STOP, DONE)
    await reply_to(faults, call, body, size)


@kinds(CHAT_STREAMS)
@pytest.mark.parametrize(
    ("body", "end", "reason"),
    [
        pytest.param(HELLO, "done", "stop", id="both"),
        pytest.param(sse(HEL, LO, STOP), "finish_reason", "stop", id="no done"),
        pytest.param(sse(HEL, LO, DONE), "done", None, id="no reason"),
        pytest.param(sse(HEL, LO, STOP) + b"data: [DONE]", "done", "stop", id="no blank line"),
        pytest.param(sse(HEL, LO) + b"data: [DONE]\n", "done", None, id="neither"),
        pytest.param(sse(HEL, LO, STOP)[:-1], "finish_reason", "stop", id="no blank line after the reason"),
        pytest.param(sse(HEL, LO, STOP)[:-2], "finish_reason", "stop", id="no line end after the reason"),
        pytest.param(sse(HEL, LO, STOP)[:-2] + b"\nda", "finish_reason", "stop", id="half a line after it"),
    ],
)
async def test_S07_ends(faults: FaultServer, call: Call, body: bytes, end: str, reason: str | None) -> None:
    for size in (None, 1):
        reply = await reply_to(faults, call, body, size)
        assert (reply.end, reply.finish_reason) == (end, reason)


@kinds(STREAMS)
async def test_S08_after_done(faults: FaultServer, call: Call) -> None:
    reply = await reply_to(faults, call, HELLO + sse(chunk("more"), chunk("x", finish="length"), "{"))
    assert reply.finish_reason == "stop"
    with faults.play(kept_open, good) as stage:
        async with client_of(stage) as client:
            began = time.monotonic()
            await succeed(call, client)
            assert time.monotonic() - began < 3
            assert client._sender.transport.limiter.in_use == 0
            assert await stage.eventually(lambda report: bool(report.named("gone")))
            await succeed(call, client)
        assert stage.report().connections == 2


@kinds(CHAT_STREAMS)
async def test_S09_usage_once(faults: FaultServer, call: Call) -> None:
    last = {"id": "gen-1", "choices": [], "usage": USAGE}
    for body in (sse(HEL, LO, STOP, last, DONE), sse(HEL, LO, {**STOP, "usage": USAGE}, DONE)):
        ended = await read(faults, call, Chunked(body))
        assert ended.reply is not None
        assert ended.reply.usage.is_reported
        assert ended.reply.usage.total_tokens == 3
        assert sum(isinstance(event, UsageReported) for event in ended.events) == 1


@kinds(CHAT_STREAMS)
@CUT
async def test_S10_null_missing_and_late(faults: FaultServer, call: Call, size: int | None) -> None:
    body = sse(
        {"id": "gen-1", "choices": None},
        {"id": "gen-1"},
        choice(delta=None),
        choice(delta={"content": None}),
        choice(delta={"role": "assistant", "content": ""}),
        HEL,
        choice(finish_reason=""),
        choice(delta={"role": "assistant", "content": WORD[8:12]}),
        STOP,
        chunk(WORD[12:]),
        DONE,
    )
    reply = await reply_to(faults, call, body, size)
    assert reply.finish_reason == "stop"
    reply = await reply_to(faults, call, sse(HEL, LO, choice(finish_reason=""), DONE), size)
    assert reply.finish_reason is None
    reply = await reply_to(faults, call, sse(HEL, STOP, LO, chunk(finish="end_turn"), DONE), size)
    assert reply.finish_reason == "end_turn"


@kinds(CHAT_STREAMS)
async def test_S11_several_choices(faults: FaultServer, call: Call) -> None:
    body = sse(
        choice(index=1, delta={"content": "Bye"}),
        HEL,
        choice(index=1, delta={"content": "!"}, finish_reason="length"),
        LO,
        STOP,
        DONE,
    )
    reply = await reply_to(faults, call, body)
    assert [each.message.text for each in reply.choices] == [WORD, "Bye!"]
    assert [each.finish_reason for each in reply.choices] == ["stop", "length"]


FINISH = chunk(finish="tool_calls")

CALLS: dict[str, tuple[bytes, list[tuple[str, str, object]]]] = {
    "interleaved": (
        sse(
            tool_call(index=0, id="a", function={"name": "f", "arguments": '{"x":'}),
            tool_call(index=1, id="b", function={"name": "g", "arguments": None}),
            tool_call(index=0, function={"arguments": "1}"}),
            tool_call(index=1, function={"arguments": "{}"}),
            FINISH,
        ),
        [("a", "f", {"x": 1}), ("b", "g", {})],
    ),
    "no index": (
        sse(
            tool_call(id="a", function={"name": "f", "arguments": '{"x":'}),
            tool_call(id="b", function={"name": "f", "arguments": '{"y":'}),
            tool_call(id="a", function={"arguments": "1}"}),
            tool_call(id="b", function={"arguments": "2}"}),
            FINISH,
        ),
        [("a", "f", {"x": 1}), ("b", "f", {"y": 2})],
    ),
    "id and name in every fragment": (
        sse(
            tool_call(index=0, id="a", function={"name": "f", "arguments": '{"x"'}),
            tool_call(index=0, id="a", function={"name": "f", "arguments": ":1}"}),
            FINISH,
        ),
        [("a", "f", {"x": 1})],
    ),
    "cut by the limit": (
        sse(
            tool_call(index=0, id="a", function={"name": "f", "arguments": '{"x": [1,'}),
            chunk(finish="length"),
        ),
        [("a", "f", None)],
    ),
}


@kinds((STREAM,))
@CUT
@pytest.mark.parametrize("name", CALLS)
async def test_S12_tool_calls(faults: FaultServer, call: Call, name: str, size: int | None) -> None:
    body, expected = CALLS[name]
    reply = await reply_to(faults, call, body + sse(DONE), size, text="")
    assert [(each.id, each.name, each.args) for each in reply.tool_calls] == expected
    assert [each.complete for each in reply.tool_calls] == [args is not None for _, _, args in expected]
    if name == "cut by the limit":
        assert reply.tool_calls[0].arguments == '{"x": [1,'


@kinds(CHAT_STREAMS)
async def test_S13_reasoning(faults: FaultServer, call: Call) -> None:
    details = [
        {"type": "reasoning.text", "text": "H", "index": 0},
        {"type": "reasoning.encrypted", "data": "x"},
    ]
    body = sse(
        choice(delta={"reasoning": "H", "reasoning_details": details[:1]}),
        choice(delta={"reasoning": "m", "reasoning_details": [{**details[0], "text": "m"}]}),
        choice(delta={"reasoning_details": details[1:]}),
        HEL,
        LO,
        STOP,
        DONE,
    )
    reply = await reply_to(faults, call, body)
    assert reply.reasoning == "Hm"
    kept = reply.choices[0].message.reasoning_details
    assert [(each["type"], each.get("text")) for each in kept] == [
        ("reasoning.text", "Hm"),
        ("reasoning.encrypted", None),
    ]


@pytest.mark.slow
@kinds((STREAM,))
async def test_S13_an_image_of_eight_mebibytes_takes_linear_time(
    faults: FaultServer, call: Call, request: pytest.FixtureRequest
) -> None:
    if request.config.getoption("--trio"):
        pytest.skip("it is the same work, and takes a third longer within one step of trio")

    async def seconds(mebibytes: int) -> float:
        url = "data:image/png;base64," + "A" * mebibytes * 1024 * 1024
        image = {"type": "image_url", "image_url": {"url": url}}
        body = sse(choice(delta={"images": [image]}), HEL, LO, STOP, DONE)
        with faults.play(Chunked(body, 16_384)) as stage:
            async with client_of(stage) as client:
                began = time.process_time()
                ended = await succeed(call, client)
                taken = time.process_time() - began
        assert ended.reply is not None
        assert len(ended.reply.images[0].url) == len(url)
        return taken

    small = min([await seconds(4) for _ in range(2)])
    for _ in range(6):  # a machine at work adds to one of them, not to all
        if (large := await seconds(8)) < 3 * small + 0.02:
            break
    assert large < 3 * small + 0.02


@kinds(STREAMS)
@pytest.mark.parametrize(
    "content_type", ["text/event-stream", "text/plain", "text/event-stream; charset=latin-1", None]
)
async def test_S14_content_types(faults: FaultServer, call: Call, content_type: str | None) -> None:
    await read(faults, call, partial(untyped, content_type=content_type, body=HELLO))
    body = sse(json.dumps(chunk("é"), ensure_ascii=False), STOP, DONE)
    await read(faults, STREAM, partial(untyped, content_type=content_type, body=body), text="é")


async def test_S15_compressed_pieces_come_as_they_were_sent(faults: FaultServer) -> None:
    times: list[float] = []
    with faults.play(flushed) as stage:
        async with client_of(stage) as client, client.chat.stream("Hello") as stream:
            async for _text in stream.text():
                times.append(time.monotonic())  # noqa: PERF401 - the moment counts
            assert (await stream.final()).text == WORD
            end = time.monotonic()
    assert len(times) == 2
    assert times[1] - times[0] > 0.15
    assert end - times[1] > 0.15


@kinds(STREAMS)
async def test_S15_compressed(faults: FaultServer, call: Call) -> None:
    await read(faults, call, flushed)


@kinds(CHAT_STREAMS)
async def test_S16_a_whole_reply(faults: FaultServer, call: Call) -> None:
    for body in (GOOD_BODY, b"\n  \n" + GOOD_BODY, GOOD_BODY + b"\n\ndata: [DONE]\n\n"):
        ended = await read(faults, call, Reply(body=body))
        assert [event.text for event in ended.events if isinstance(event, TextDelta)] == [WORD]
        assert ended.reply is not None
        assert ended.reply.finish_reason == "stop"


@kinds(STREAMS)
async def test_S17_slow_but_alive(faults: FaultServer, call: Call) -> None:
    await read(faults, call, slow_comments, timeouts=Timeouts(idle=0.4))
    clocks = Timeouts(connect=0.4, headers=0.4, idle=0.4, event=0.4, body=0.4)
    await read(faults, call, drip, timeouts=clocks)


@kinds(STREAMS)
async def test_S18_framing(faults: FaultServer, call: Call) -> None:
    for answer in (extensions_and_trailers, until_closed, partial(until_closed, version="1.0")):
        with faults.play(answer) as stage:
            async with client_of(stage) as client:
                for _ in range(2):
                    await succeed(call, client)
                    await anyio.lowlevel.checkpoint()
            assert stage.report().connections == (1 if answer is extensions_and_trailers else 2)
