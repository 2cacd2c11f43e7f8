"""Rows S30 to S40: streams that break off, say what they should not, or never end."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest

from openrouter_async import Timeouts, errors
from tests.faults.calls import (
    CHAT_STREAMS,
    STREAM,
    STREAMS,
    WORD,
    Call,
    Ended,
    client_of,
    fail,
    kinds,
    succeed,
)
from tests.faults.clients import outcome
from tests.faults.evidence import check_error
from tests.faults.measured import measure
from tests.faults.scenes.answers import DONE, STREAM_HEADERS, Then, chunk, close, good, reset, stall
from tests.faults.scenes.bodies import endless, untyped
from tests.faults.scenes.streams import (
    COMMENT,
    Begun,
    Chunked,
    bad_chunk,
    comments_for_ever,
    packed,
    until_closed,
)
from tests.faults.service import FaultServer
from tests.support.loopback import Answer, Reply, sse

HEL = sse(chunk("Hel"))
MIB = 1024 * 1024


async def refuse(
    faults: FaultServer,
    call: Call,
    answer: Answer,
    *,
    requests: int = 1,
    saying: str = "",
    **settings: object,
) -> Any:
    """Return the error in which a stream ends after so many requests."""
    with faults.play(answer) as stage:
        async with client_of(stage, **settings) as client:
            error = await fail(call, client, saying=saying)
        assert len(stage.requests) == error.attempts == requests
    return error


async def once_then_good(faults: FaultServer, call: Call, answer: Answer) -> None:
    """Check that after one such answer the next is taken."""
    with faults.play(answer, good) as stage:
        async with client_of(stage) as client:
            await succeed(call, client)
        assert len(stage.requests) == 2


@kinds(STREAMS)
@pytest.mark.parametrize(
    ("answer", "kind", "requests"),
    [
        pytest.param(
            Reply(json={"error": {"code": 502, "message": "no"}}), errors.ProviderError, 3, id="failure"
        ),
        pytest.param(
            Reply(json={"error": {"code": 400, "message": "no"}}), errors.BadRequest, 1, id="refusal"
        ),
        pytest.param(
            Reply(body="<html>Hi</html>", headers={"content-type": "text/html"}),
            errors.InvalidResponseError,
            2,
            id="html",
        ),
        pytest.param(Reply(body="[1]"), errors.InvalidResponseError, 2, id="array"),
        pytest.param(b"HTTP/1.1 204 No Content\r\n\r\n", errors.StreamTruncated, 2, id="204"),
        pytest.param(Chunked(b""), errors.StreamTruncated, 2, id="nothing"),
        pytest.param(Chunked(COMMENT * 3), errors.StreamTruncated, 2, id="only comments"),
        pytest.param(Reply(body="Hello"), errors.StreamTruncated, 2, id="plain text"),
    ],
)
async def test_S30_no_stream(
    faults: FaultServer, call: Call, answer: Answer, kind: type[errors.OpenRouterError], requests: int
) -> None:
    assert type(await refuse(faults, call, answer, requests=requests)) is kind
    if requests > 1:
        await once_then_good(faults, call, answer)


UPSTREAM = {
    "error": {"code": 502, "message": "upstream broke", "metadata": {"error_type": "provider_unavailable"}}
}


@kinds(STREAMS)
@pytest.mark.parametrize(
    ("payload", "kind", "requests"),
    [
        (UPSTREAM, errors.ProviderError, 3),
        ({"error": {"code": 429, "message": "slow down"}}, errors.RateLimited, 3),
        ({"error": {"code": 401, "message": "no"}}, errors.AuthenticationError, 1),
    ],
    ids=["502", "429", "401"],
)
async def test_S31_error_event_first(
    faults: FaultServer, call: Call, payload: object, kind: type[errors.APIStatusError], requests: int
) -> None:
    answer = Chunked(COMMENT + sse(chunk(""), payload, DONE))  # a role is no piece
    assert type(await refuse(faults, call, answer, requests=requests)) is kind
    if requests > 1:
        await once_then_good(faults, call, answer)


def failing_choice(**fields: object) -> dict[str, object]:
    return {"id": "gen-1", "choices": [{"index": 0, "delta": {}, "finish_reason": "error", **fields}]}


IN_THE_MIDDLE: dict[str, tuple[bytes, type[errors.APIStatusError], dict[str, object]]] = {
    "with done": (
        sse(chunk("", finish="error", **UPSTREAM), DONE),
        errors.ProviderError,
        {"status": 502, "code": 502, "error_type": "provider_unavailable"},
    ),
    "without done": (sse(chunk("", finish="error", **UPSTREAM)), errors.ProviderError, {"status": 502}),
    "without choices": (sse(UPSTREAM), errors.ProviderError, {"status": 502}),
    "in the choice": (
        sse(failing_choice(error={"code": 503, "message": "full"})),
        errors.Overloaded,
        {"status": 503},
    ),
    "of a limit": (
        sse({"error": {"code": 429, "message": "slow down"}}),
        errors.RateLimited,
        {"status": 429},
    ),
    "by its name": (b"event: error\n" + sse(UPSTREAM), errors.ProviderError, {"status": 502}),
    "by its name, bare": (
        b"event: error\n" + sse({"code": 502, "message": "broke"}),
        errors.ProviderError,
        {"status": 502},
    ),
    "by its name, as text": (b"event: error\ndata: it broke\n\n", errors.ServerError, {"status": 500}),
    "code as text": (
        sse({"error": {"code": "server_error", "message": "broke"}}),
        errors.ServerError,
        {"status": 500, "code": "server_error"},
    ),
    "unknown code": (
        sse({"error": {"code": "strange", "message": "broke"}}),
        errors.ServerError,
        {"code": "strange"},
    ),
    "by its type": (
        sse({"error": {"message": "full", "metadata": {"error_type": "provider_overloaded"}}}),
        errors.Overloaded,
        {"status": 503, "error_type": "provider_overloaded"},
    ),
    "as text": (sse({"error": "it broke"}), errors.ServerError, {"status": 500, "code": None}),
    "no event": (json.dumps(UPSTREAM).encode() + b"\n\n", errors.ProviderError, {"status": 502}),
    "no event, no line end": (json.dumps(UPSTREAM).encode(), errors.ProviderError, {"status": 502}),
    "no event, over several lines": (
        json.dumps(UPSTREAM, indent=1).encode() + b"\n" + sse(DONE),
        errors.ProviderError,
        {"status": 502},
    ),
    "only a reason": (
        sse(failing_choice(native_finish_reason="MALFORMED"), DONE),
        errors.ServerError,
        {"status": 500, "code": None},
    ),
}


@kinds(STREAMS)
@pytest.mark.parametrize("name", IN_THE_MIDDLE)
async def test_S32_error_event_in_the_middle(faults: FaultServer, call: Call, name: str) -> None:
    body, kind, facts = IN_THE_MIDDLE[name]
    error = await refuse(faults, call, Chunked(HEL + body), saying="Hel")
    assert type(error) is kind
    assert {fact: getattr(error, fact) for fact in facts} == facts
    assert error.generation_id == "gen-1"


@kinds(STREAMS)
@pytest.mark.parametrize("then", [reset, close, bad_chunk], ids=["reset", "no last chunk", "bad chunk"])
async def test_S33_broken_off(faults: FaultServer, call: Call, then: Then) -> None:
    error = await refuse(faults, call, Begun(HEL, then), saying="Hel")
    assert type(error) is errors.StreamInterrupted
    assert isinstance(error.__cause__, errors.ConnectionLost)
    assert error.generation_id == "gen-1"


@kinds(STREAMS)
@pytest.mark.parametrize("then", [reset, close, bad_chunk], ids=["reset", "no last chunk", "bad chunk"])
async def test_S33_broken_off_when_all_had_come(faults: FaultServer, call: Call, then: Then) -> None:
    body = sse(chunk(WORD), chunk(finish="stop", usage={"prompt_tokens": 1, "completion_tokens": 1}))
    with faults.play(Begun(body, then)) as stage:
        async with client_of(stage) as client:
            await succeed(call, client)
        assert len(stage.requests) == 1


@kinds(STREAMS)
async def test_S33_gzip_that_breaks_off(faults: FaultServer, call: Call) -> None:
    error = await refuse(faults, call, partial(packed, body=HEL), saying="Hel")
    assert type(error) is errors.StreamInterrupted
    assert isinstance(error.__cause__, errors.InvalidResponseError)
    assert error.generation_id == "gen-1"
    body = sse(chunk(WORD), chunk(finish="stop", usage={"prompt_tokens": 1, "completion_tokens": 1}))
    with faults.play(partial(packed, body=body)) as stage:
        async with client_of(stage) as client:
            await succeed(call, client)
        assert len(stage.requests) == 1


@kinds(STREAMS)
async def test_S36_garbage_first_is_asked_for_once_more(faults: FaultServer, call: Call) -> None:
    answer = Chunked(sse("{nonsense", chunk(WORD), DONE))
    assert type(await refuse(faults, call, answer, requests=2)) is errors.StreamDecodeError
    await once_then_good(faults, call, answer)


@kinds(STREAMS)
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Chunked(HEL), id="chunked"),
        pytest.param(partial(until_closed, body=HEL), id="closed"),
        pytest.param(partial(untyped, content_type="text/event-stream", body=HEL), id="length"),
    ],
)
async def test_S34_a_clean_end_without_a_finish(faults: FaultServer, call: Call, answer: Answer) -> None:
    error = await refuse(faults, call, answer, saying="Hel")
    assert type(error) is errors.StreamTruncated


@kinds((STREAM,))
async def test_S34_a_tool_call_of_a_cut_stream_is_not_complete(faults: FaultServer, call: Call) -> None:
    fragment = {"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}}
    body = sse({"id": "gen-1", "choices": [{"index": 0, "delta": {"tool_calls": [fragment]}}]})
    error = await refuse(faults, call, Chunked(body))
    assert type(error) is errors.StreamTruncated
    assert [(each.name, each.complete) for each in error.partial.tool_calls] == [("f", False)]
    assert error.may_have_been_billed is True


@kinds(STREAMS)
async def test_S35_last_event_cut(faults: FaultServer, call: Call) -> None:
    last = sse(chunk("lo", finish="stop"))
    for missing in (3, 20, len(last) - 8):  # the line ends alone are not missed
        error = await refuse(faults, call, Chunked(HEL + last[:-missing]), saying="Hel")
        assert type(error) is errors.StreamTruncated


@kinds(STREAMS)
@pytest.mark.parametrize("bad", ['{"id": "gen', "[1]", '"text"', "<html>", "{'id': 1}", "\x00"])
async def test_S36_garbage_in_the_middle(faults: FaultServer, call: Call, bad: str) -> None:
    error = await refuse(faults, call, Chunked(HEL + sse(bad, chunk("lo"))), saying="Hel")
    assert type(error) is errors.StreamDecodeError
    assert (error.data, error.generation_id) == (bad, "gen-1")
    assert bad not in str(error) or len(bad) < 10
    body = sse(chunk(WORD[:8]), bad, chunk(WORD[8:]), bad, chunk(finish="stop"), DONE)
    with faults.play(Chunked(body)) as stage:
        async with client_of(stage) as client:
            await succeed(call, client, on_bad_event="skip")
            stream = client.chat.stream("Hello", on_bad_event="skip")
            await stream.final()
            assert stream.skipped_events == 2


@kinds(STREAMS)
@pytest.mark.parametrize(
    ("body", "saying"),
    [
        pytest.param(b"", "", id="at once"),
        pytest.param(COMMENT, "", id="after a comment"),
        pytest.param(HEL, "Hel", id="after a piece"),
        pytest.param(HEL + COMMENT, "Hel", id="after both"),
        pytest.param(HEL + sse(chunk("lo"))[:-1], "Hel", id="in an event"),
    ],
)
async def test_S37_silence(faults: FaultServer, call: Call, body: bytes, saying: str) -> None:
    with faults.play(Begun(body, stall)) as stage:
        async with client_of(stage, timeouts=Timeouts(idle=0.2)) as client:
            error = await fail(call, client, saying=saying)
            assert await stage.eventually(lambda report: bool(report.named("gone")))
        assert len(stage.requests) == 1
    assert isinstance(error, errors.RequestTimeout)
    assert error.phase == "idle"
    assert error.may_have_been_billed is (True if saying else None)
    assert error.generation_id == ("gen-1" if saying else None)


@kinds(STREAMS)
@pytest.mark.parametrize(("body", "saying"), [(b"", ""), (HEL, "Hel")], ids=["at once", "after a piece"])
async def test_S38_comments_for_ever(faults: FaultServer, call: Call, body: bytes, saying: str) -> None:
    answer = Begun(body, comments_for_ever)
    error = await refuse(faults, call, answer, saying=saying, timeouts=Timeouts(idle=2, event=0.3))
    assert isinstance(error, errors.RequestTimeout)
    assert error.phase == "event"
    error = await refuse(faults, call, answer, saying=saying, timeouts=Timeouts(total=0.3))
    assert isinstance(error, errors.DeadlineExceeded)


@pytest.mark.slow
@kinds((STREAM,))
@pytest.mark.parametrize(
    ("block", "total", "result"),
    [
        pytest.param(b"x", "", "ResponseTooLarge", id="line"),
        pytest.param(b"data: " + b"x" * 200 + b"\n", "", "ResponseTooLarge", id="data lines"),
        pytest.param(sse(chunk("x" * 10)), "0.5", "DeadlineExceeded", id="events"),
    ],
)
async def test_S39_without_end(
    faults: FaultServer, call: Call, block: bytes, total: str, result: str
) -> None:
    first = b"data: " if block == b"x" else b""
    with faults.play(partial(endless, first=first, block=block, headers=STREAM_HEADERS)) as stage:
        measured = await measure(outcome, stage.url, call.name, total)
    assert measured.result == result
    assert measured.bytes_more < 400 * MIB


@kinds(CHAT_STREAMS)
async def test_S39_endless_events_keep_what_came(faults: FaultServer, call: Call) -> None:
    answer = partial(endless, first=b"", block=sse(chunk("x" * 10)), headers=STREAM_HEADERS)
    ended = Ended()
    with faults.play(answer) as stage:
        async with client_of(stage, timeouts=Timeouts(total=0.3)) as client:
            with pytest.raises(errors.DeadlineExceeded) as caught:
                await call.run(client, ended, {"messages": "Hello"})
        assert len(stage.requests) == 1
    assert caught.value.partial is not None
    assert caught.value.partial.text == ended.text != ""
    check_error(caught.value, with_locals=False)  # megabytes of them


@kinds(STREAMS)
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Begun(COMMENT * 3, reset), id="after comments"),
        pytest.param(Begun(b"", reset), id="after the headers"),
        pytest.param(Begun(sse(chunk("")), reset), id="after a role"),
        pytest.param(Begun(COMMENT, close), id="closed after a comment"),
    ],
)
async def test_S40_reset_before_any_piece(faults: FaultServer, call: Call, answer: Answer) -> None:
    await once_then_good(faults, call, answer)
