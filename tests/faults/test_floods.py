"""Rows F: little on the wire that is a lot of work, or a lot of memory.

That no step of any of them blocks the loop is looked at by `checked`, as in every row.
"""

from __future__ import annotations

import time
from functools import partial

import pytest

from openrouter_async import Limits, Timeouts, errors
from openrouter_async._sansio.json_work import json_work
from tests.faults.calls import ALL, CHAT_STREAMS, STREAMS, WHOLE, Call, Ended, client_of, kinds, succeed
from tests.faults.clients import outcome
from tests.faults.evidence import check_error
from tests.faults.measured import measure
from tests.faults.scenes.answers import GOOD_BODY, STREAM_HEADERS, chunk, completion
from tests.faults.scenes.bodies import endless
from tests.faults.scenes.floods import (
    COMMENTS,
    EVENTS,
    MEMBERS,
    begun,
    inflating,
    no_body_for_ever,
    one_byte_chunks_for_ever,
)
from tests.faults.scenes.streams import Chunked
from tests.faults.service import FaultServer
from tests.faults.watchdog import unwatched
from tests.support.loopback import Answer, Reply, sse

HEL = sse(chunk("Hel"))
MIB = 1024 * 1024


async def refused(
    faults: FaultServer, call: Call, answer: Answer, **settings: object
) -> tuple[errors.OpenRouterError, Ended]:
    """Return the error in which a call ends after one request, and what was handed out before."""
    ended = Ended()
    with faults.play(answer) as stage:
        async with client_of(stage, **settings) as client:
            with pytest.raises(errors.OpenRouterError) as caught:
                await call.run(client, ended, {"messages": "Hello"})
            assert client._sender.transport.limiter.in_use == 0
        assert len(stage.requests) == 1
    check_error(caught.value, with_locals=False)  # there are megabytes of them
    return caught.value, ended


@pytest.mark.slow
@kinds(ALL)
@pytest.mark.parametrize(
    ("block", "layers"),
    [
        pytest.param(COMMENTS, 1, id="comments"),
        pytest.param(COMMENTS, 2, id="comments packed twice"),
        pytest.param(EVENTS, 1, id="events"),
        pytest.param(MEMBERS, 2, id="empty members"),
    ],
)
async def test_F01_it_grows_when_it_is_unpacked(
    faults: FaultServer, call: Call, block: bytes, layers: int
) -> None:
    error, ended = await refused(faults, call, partial(inflating, block=block, layers=layers))
    assert isinstance(error, errors.ResponseTooLarge)
    assert not call.is_stream or "100 times its size" in error.message
    if ended.text:
        assert error.partial is not None
        assert error.partial.text == ended.text


@pytest.mark.slow
@kinds(STREAMS)
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(partial(endless, first=b"", block=COMMENTS, headers=STREAM_HEADERS), id="comments"),
        pytest.param(partial(endless, first=b"", block=b"\r", headers=STREAM_HEADERS), id="line ends"),
        pytest.param(partial(endless, first=b"", block=b"data:\n\n", headers=STREAM_HEADERS), id="no data"),
        pytest.param(partial(endless, first=b"", block=EVENTS, headers=STREAM_HEADERS), id="events"),
        pytest.param(one_byte_chunks_for_ever, id="chunks of one byte"),
    ],
)
async def test_F02_it_comes_faster_than_it_is_read(faults: FaultServer, call: Call, answer: Answer) -> None:
    began = time.monotonic()
    error, _ = await refused(faults, call, answer, timeouts=Timeouts(total=1))
    assert isinstance(error, errors.DeadlineExceeded)
    assert time.monotonic() - began < 1 + 3  # what a busy machine adds included


@kinds(ALL)
@pytest.mark.parametrize(
    ("first", "block"),
    [
        pytest.param(b"5;", b"x=y;", id="extensions of a chunk"),
        pytest.param(b"", b"0", id="digits of a size"),
        pytest.param(b"2\r\n: \r\n0\r\n", b"x: y\r\n", id="trailers"),
    ],
)
async def test_F02_it_adds_nothing_to_the_body(
    faults: FaultServer, call: Call, first: bytes, block: bytes
) -> None:
    answer = partial(no_body_for_ever, first=first, block=block)
    error, _ = await refused(faults, call, answer, timeouts=Timeouts(idle=0.5))
    assert isinstance(error, errors.RequestTimeout)
    assert error.phase == "idle"


HEAD = GOOD_BODY[:-1] + b', "new": ['
"""A good answer, but for a field that is not known and does not end."""


@kinds(ALL)
@pytest.mark.parametrize(
    "block",
    [
        pytest.param(b"[],", id="arrays"),
        pytest.param(b"{},", id="objects"),
        pytest.param(b"1,", id="numbers"),
        pytest.param(b'"a",', id="texts"),
        pytest.param(b'{"a":1},', id="fields"),
    ],
)
async def test_F03_more_values_than_can_be_parsed(faults: FaultServer, call: Call, block: bytes) -> None:
    answer = partial(begun, first=HEAD, block=block, size=8 * MIB)
    error, _ = await refused(faults, call, answer)
    assert isinstance(error, errors.ResponseTooLarge)
    assert "Limits(values=1000000)" in error.message
    assert error.limit == 1_000_000


@kinds(CHAT_STREAMS)
async def test_F03_more_values_in_one_event(faults: FaultServer, call: Call) -> None:
    answer = partial(begun, first=HEL + b'data: {"choices": [], "new": [', block=b"[],", size=8 * MIB)
    error, ended = await refused(faults, call, answer)
    assert isinstance(error, errors.ResponseTooLarge)
    assert "an event of the stream contains more values" in error.message
    assert error.partial is not None
    assert error.partial.text == ended.text == "Hel"


@kinds(WHOLE)
async def test_F03_as_many_as_may_be(faults: FaultServer, call: Call) -> None:
    """Just below the limit it is an answer, and the loop is not blocked too long (see `checked`)."""
    body = HEAD + b"[]," * 85_000 + b"[]]}"
    assert 0.9 * Limits().values < json_work(body) < Limits().values
    with faults.play(Reply(body=body)) as stage:
        async with client_of(stage) as client:
            await succeed(call, client)


@kinds(CHAT_STREAMS)
async def test_F04_a_stream_that_is_too_long(faults: FaultServer, call: Call) -> None:
    answer = partial(endless, first=b"", block=sse(chunk("x" * 1_000)), headers=STREAM_HEADERS)
    error, ended = await refused(faults, call, answer, limits=Limits(stream_bytes=4 * MIB))
    assert isinstance(error, errors.ResponseTooLarge)
    assert error.limit == 4 * MIB
    assert error.partial is not None
    assert error.partial.text == ended.text
    assert 3 * MIB < len(ended.text) < 4 * MIB


@pytest.mark.slow
async def test_F04_the_limit_that_is_set_by_itself(faults: FaultServer) -> None:
    answer = partial(endless, first=b"", block=sse(chunk("x" * 60_000)), headers=STREAM_HEADERS)
    with faults.play(answer) as stage:
        measured = await measure(outcome, stage.url, "stream")
    assert measured.result == "ResponseTooLarge"
    assert measured.bytes_more < 400 * MIB


def _flood(kind: str, number: int) -> dict[str, object]:
    """Return one of the chunks that never end."""
    call = {"index": number, "id": f"c{number}", "function": {"name": "f", "arguments": "{}"}}
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{number}"}}
    choices: dict[str, list[dict[str, object]]] = {
        "choices": [{"index": number, "delta": {"content": "a"}}],
        "tool calls": [{"index": 0, "delta": {"tool_calls": [call]}}],
        "values": [{"index": 0, "delta": {"content": "a", "images": [{**image, "new": [[]] * 30_000}]}}],
    }
    return {**chunk("a"), "choices": choices[kind]}


@pytest.mark.slow
@kinds(CHAT_STREAMS)
@pytest.mark.parametrize("kind", ["choices", "tool calls", "values"])
async def test_F05_parts_without_end(faults: FaultServer, call: Call, kind: str) -> None:
    with unwatched():
        body = b"".join(sse(_flood(kind, number)) for number in range(40 if kind == "values" else 2_000))
    error, ended = await refused(faults, call, Chunked(HEL + body, 65_536))
    assert isinstance(error, errors.ResponseTooLarge)
    assert kind in error.message
    assert error.partial is not None
    assert error.partial.text.startswith("Hel")
    assert error.partial.text == ended.text


@kinds(WHOLE)
async def test_F05_parts_of_a_whole_answer(faults: FaultServer, call: Call) -> None:
    calls = [{"id": f"c{n}", "type": "function", "function": {"name": "f"}} for n in range(1_025)]
    for body in (
        completion(choices=[{"index": n, "message": {"content": "a"}} for n in range(257)]),
        completion(choices=[{"index": 0, "message": {"content": "a", "tool_calls": calls}}]),
    ):
        error, _ = await refused(faults, call, Reply(json=body))
        assert isinstance(error, errors.ResponseTooLarge)
