"""Rows B: whole answers that are not what was promised, or only just."""

from __future__ import annotations

import json
import time
import zlib
from functools import partial
from typing import Any

import pytest

from openrouter_async import Limits, Timeouts, errors
from tests.faults.calls import (
    PLAIN,
    STREAM,
    STRUCTURED,
    WHOLE,
    WORD,
    Call,
    Ended,
    client_of,
    fail,
    kinds,
    succeed,
)
from tests.faults.clients import outcome
from tests.faults.measured import measure
from tests.faults.scenes.answers import GOOD_BODY, GOOD_STREAM, completion, good
from tests.faults.scenes.bodies import (
    bomb,
    cut_chunks,
    cut_length,
    drip,
    endless,
    gzipped,
    one_byte_chunks,
    padded,
    reply,
    untyped,
)
from tests.faults.service import FaultServer
from tests.support.loopback import Answer, Reply

MIB = 1024 * 1024


async def read(
    faults: FaultServer, call: Call, answer: Answer, *, text: str = WORD, **settings: object
) -> Any:
    """Return the reply that a call makes of an answer, which is asked for once."""
    with faults.play(answer) as stage:
        async with client_of(stage, **settings) as client:
            ended = await succeed(call, client, text=text)
        assert len(stage.requests) == 1
    return ended.reply


async def refuse(
    faults: FaultServer, call: Call, answer: Answer, *, requests: int = 1, **settings: object
) -> Any:
    """Return the error in which a call ends after so many requests."""
    with faults.play(answer) as stage:
        async with client_of(stage, **settings) as client:
            error = await fail(call, client)
        assert len(stage.requests) == error.attempts == requests
    return error


async def once_then_good(faults: FaultServer, call: Call, answer: Answer) -> None:
    """Check that after one such answer the next is taken."""
    with faults.play(answer, good) as stage:
        async with client_of(stage) as client:
            await succeed(call, client)
        assert len(stage.requests) == 2


@kinds(WHOLE)
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Reply(body=b""), id="empty"),
        pytest.param(Reply(body=b"\n \r\n\t\n"), id="blank"),
        pytest.param(b"HTTP/1.1 204 No Content\r\n\r\n", id="204"),
    ],
)
async def test_B01_nothing(faults: FaultServer, call: Call, answer: Reply | bytes) -> None:
    error = await refuse(faults, call, answer, requests=2)
    assert type(error) is errors.InvalidResponseError
    await once_then_good(faults, call, answer)


@kinds(WHOLE)
async def test_B02_padding_first(faults: FaultServer, call: Call) -> None:
    clocks = Timeouts(idle=0.3, headers=0.3)  # it goes on for longer
    await read(faults, call, partial(padded, times=12), timeouts=clocks)


@kinds(WHOLE)
async def test_B03_padding_then_an_error(faults: FaultServer, call: Call) -> None:
    body = json.dumps({"error": {"code": 504, "message": "too slow"}}).encode()
    answer = partial(padded, body=body, times=2)
    error = await refuse(faults, call, answer, requests=3)
    assert type(error) is errors.ProviderError
    assert error.status == 504
    await once_then_good(faults, call, answer)


@kinds(WHOLE)
async def test_B04_padding_for_ever(faults: FaultServer, call: Call) -> None:
    answer = partial(padded, times=1_000)
    error = await refuse(faults, call, answer, timeouts=Timeouts(body=0.3))
    assert isinstance(error, errors.RequestTimeout)
    assert error.phase == "body"
    error = await refuse(faults, call, answer, timeouts=Timeouts(total=0.3))
    assert isinstance(error, errors.DeadlineExceeded)


@kinds(WHOLE)
@pytest.mark.parametrize(
    ("code", "kind", "status"),
    [
        (502, errors.ProviderError, 502),
        ("502", errors.ProviderError, 502),
        ("server_error", errors.ServerError, 500),
        ("strange", errors.ServerError, 500),
    ],
)
async def test_B05_error_object_in_a_200(
    faults: FaultServer, call: Call, code: object, kind: type[errors.APIStatusError], status: int
) -> None:
    answer = Reply(json={"error": {"code": code, "message": "it broke"}})
    error = await refuse(faults, call, answer, requests=3)
    assert type(error) is kind
    assert (error.status, error.code) == (status, code)
    assert "it broke" in str(error)
    await once_then_good(faults, call, answer)


@kinds(WHOLE)
async def test_B06_error_in_a_choice(faults: FaultServer, call: Call) -> None:
    message = {"role": "assistant", "content": "Hel"}
    for fields, kind in (
        ({"error": {"code": 400, "message": "it broke"}}, errors.BadRequest),
        ({"error": {"code": 503, "message": "it broke"}}, errors.Overloaded),
        ({}, errors.ServerError),
    ):
        choice = {"index": 0, "message": message, "finish_reason": "error", **fields}
        with faults.play(Reply(json=completion(choices=[choice]))) as stage:
            async with client_of(stage) as client:
                error = await fail(call, client)
        assert type(error) is kind
        assert isinstance(error, errors.APIStatusError)
        assert error.partial is not None
        assert error.partial.text == "Hel"


@kinds(WHOLE)
@pytest.mark.parametrize(
    "body", ["<html><body>Hello</body></html>", "[1, 2]", "null", '"text"', "12.5", "no JSON", "{'a': 1}"]
)
async def test_B07_something_else(faults: FaultServer, call: Call, body: str) -> None:
    answer = Reply(body=body + " " * 300, headers={"content-type": "text/x-odd"})
    error = await refuse(faults, call, answer, requests=2)
    assert type(error) is errors.InvalidResponseError
    assert error.content_type == "text/x-odd"
    assert "text/x-odd" in str(error)
    assert error.body.startswith(body)
    assert len(error.body) == 200
    await once_then_good(faults, call, answer)


@kinds(WHOLE)
@pytest.mark.parametrize(("cost", "requests"), [(0, 2), (1e-05, 1)], ids=["free", "charged"])
@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        pytest.param({"choices": []}, errors.EmptyReply, id="empty"),
        pytest.param({"choices": None}, errors.InvalidResponseError, id="null"),
        pytest.param({"choices": "text"}, errors.InvalidResponseError, id="text"),
        pytest.param({"choices": [{"message": None}]}, errors.InvalidResponseError, id="message null"),
        pytest.param({"choices": [{}]}, errors.InvalidResponseError, id="message missing"),
    ],
)
async def test_B08_no_choices(
    faults: FaultServer,
    call: Call,
    fields: dict[str, object],
    kind: type[errors.OpenRouterError],
    cost: float,
    requests: int,
) -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "cost": cost}
    answer = Reply(json=completion(**fields, usage=usage))
    error = await refuse(faults, call, answer, requests=requests)
    assert isinstance(error, kind)
    await once_then_good(faults, call, Reply(json={"id": "gen-1", "usage": {"completion_tokens": 0}}))


async def test_B09_content_that_is_no_text(faults: FaultServer) -> None:
    parts = [{"type": "text", "text": WORD[:5]}, {"type": "text", "text": WORD[5:]}]
    await read(faults, PLAIN, reply(None), text="")
    await read(faults, PLAIN, reply(parts))
    answer = await read(faults, PLAIN, reply(None, refusal="I will not"), text="")
    assert answer.refusal == "I will not"


@kinds((STRUCTURED,))
async def test_B09_content_that_is_no_value(faults: FaultServer, call: Call) -> None:
    parts = [{"type": "text", "text": WORD[:5]}, {"type": "text", "text": WORD[5:]}]
    await read(faults, call, reply(parts))
    for answer, kind in (
        (reply(None), errors.ReplyNotParsed),
        (reply(None, refusal="I will not"), errors.Refused),
    ):
        with faults.play(answer) as stage:
            async with client_of(stage) as client:
                error = await fail(call, client)
        assert type(error) is kind


@kinds(WHOLE)
async def test_B10_odd_types(faults: FaultServer, call: Call) -> None:
    choice = {
        "index": "0",
        "message": {"role": "assistant", "content": WORD, "mood": "good"},
        "finish_reason": "tired",
    }
    usage = {"prompt_tokens": "1", "completion_tokens": 2.0, "cost": None, "new": [1]}
    body = completion(choices=[choice], usage=usage, created="17", brand_new={"a": 1})
    answer = await read(faults, call, Reply(json=body))
    assert answer.finish_reason == "tired"
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.cost) == (1, 2, None)
    assert answer.brand_new == {"a": 1}
    assert answer.usage.new == [1]
    assert answer.choices[0].message.mood == "good"
    await read(faults, call, Reply(json=completion(usage=None)))
    await read(faults, call, Reply(json={"choices": [{"message": {"content": WORD}}]}))


@kinds(WHOLE)
async def test_B11_tool_arguments_as_an_object(faults: FaultServer, call: Call) -> None:
    tool_call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": {"x": [1]}}}
    answer = await read(faults, call, reply(None, tool_calls=[tool_call]), text="")
    (called,) = answer.tool_calls
    assert json.loads(called.arguments) == {"x": [1]}
    assert called.args == {"x": [1]}


@kinds(WHOLE)
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(partial(cut_length, end="close"), id="short"),
        pytest.param(partial(cut_length, end="reset"), id="reset"),
        pytest.param(cut_chunks, id="no last chunk"),
    ],
)
async def test_B12_cut(faults: FaultServer, call: Call, answer: Answer) -> None:
    error = await refuse(faults, call, answer)
    assert type(error) is errors.ConnectionLost
    assert error.may_have_been_billed is None


@kinds(WHOLE)
async def test_B13_stall_inside(faults: FaultServer, call: Call) -> None:
    error = await refuse(faults, call, partial(cut_length, end="stall"), timeouts=Timeouts(idle=0.2))
    assert isinstance(error, errors.RequestTimeout)
    assert (error.phase, error.may_have_been_billed) == ("idle", None)


@kinds(WHOLE)
async def test_B14_drip(faults: FaultServer, call: Call) -> None:
    await read(faults, call, drip)


async def test_B14_drip_takes_linear_time(faults: FaultServer) -> None:
    async def seconds(count: int) -> float:
        began = time.process_time()
        await read(faults, PLAIN, partial(one_byte_chunks, count=count))
        return time.process_time() - began

    await seconds(100)
    small = min([await seconds(1_500) for _ in range(3)])
    for _ in range(6):  # a machine at work adds to one of them, not to all
        if (large := await seconds(3_000)) < 3 * small:
            break
    assert large < 3 * small


@kinds(WHOLE)
@pytest.mark.parametrize(
    "content_type", ["application/json; charset=latin-1", "text/plain", "text/html; charset=x", None]
)
async def test_B15_another_content_type(faults: FaultServer, call: Call, content_type: str | None) -> None:
    await read(faults, call, partial(untyped, content_type=content_type, body=GOOD_BODY))
    text = "é😀 " + WORD
    body = json.dumps(completion(text), ensure_ascii=False).encode()
    await read(faults, PLAIN, partial(untyped, content_type=content_type, body=body), text=text)


@kinds(WHOLE)
async def test_B15_a_mark_and_bytes_that_are_no_utf_8(faults: FaultServer, call: Call) -> None:
    await read(faults, call, Reply(body=b"\xef\xbb\xbf" + GOOD_BODY))
    await read(faults, call, Reply(body=GOOD_BODY.replace(b'"a/b"', b'"a\xff/b"')))
    broken = json.dumps(completion("H#l")).encode().replace(b"#", b"\xff")
    await read(faults, PLAIN, Reply(body=broken), text="H\ufffdl")


@kinds(WHOLE)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("nan", "NaN"),
        ("huge exponent", "1e400"),
        ("6,000 digits", "9" * 6_000),
        ("nested", "[" * 100_000 + "]" * 100_000),
        ("nested without end", "[" * 100_000),
        ("nested objects", '{"a":' * 100_000 + "1" + "}" * 100_000),
        ("duplicate key", '1, "odd": 2'),
    ],
)
async def test_B16_odd_json(faults: FaultServer, call: Call, name: str, value: str) -> None:
    for place in (b'"odd"', b'"created"'):
        body = GOOD_BODY[:-1] + b", %b: %b}" % (place, value.encode())
        ended = Ended()
        with faults.play(Reply(body=body)) as stage:
            async with client_of(stage) as client:
                try:
                    await call.run(client, ended, {"messages": "Hello"})
                except errors.InvalidResponseError:
                    assert len(stage.requests) == 2
                except errors.ResponseTooLarge:  # it could be a million arrays
                    assert name.startswith("nested")
                    assert len(stage.requests) == 1
                else:
                    assert ended.text == WORD
    if name.startswith("nested"):
        with faults.play(Reply(body=value)) as stage:
            async with client_of(stage) as client:
                error = await fail(call, client)
        assert isinstance(error, errors.InvalidResponseError | errors.ResponseTooLarge)


async def test_B17_lone_surrogates_and_nul(faults: FaultServer) -> None:
    body = json.dumps(completion("a\ud83db\x00c")).encode()
    assert rb"\ud83d" in body
    assert rb"\u0000" in body
    answer = await read(faults, PLAIN, Reply(body=body), text="a\ufffdb\x00c")
    answer.text.encode()
    answer = await read(faults, PLAIN, Reply(body=json.dumps(completion("\ud83d\ude00")).encode()), text="😀")


@kinds(WHOLE)
async def test_B18_an_event_stream(faults: FaultServer, call: Call) -> None:
    await read(faults, call, Reply(body=GOOD_BODY + b"\n\ndata: [DONE]\n\n"))
    await read(faults, call, Reply(body=GOOD_STREAM))
    reported = b'data: {"error": {"code": 402, "message": "no credits"}}\n\ndata: [DONE]\n\n'
    error = await refuse(faults, call, Reply(body=reported))
    assert type(error) is errors.InsufficientCredits


@kinds(WHOLE)
@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "deflate", "bare deflate", "gzip, gzip", "identity"])
async def test_B19_encodings_that_were_offered(faults: FaultServer, call: Call, encoding: str) -> None:
    bare = zlib.compressobj(wbits=-15)
    body = {
        "deflate": zlib.compress(GOOD_BODY),
        "bare deflate": bare.compress(GOOD_BODY) + bare.flush(),
        "gzip, gzip": gzipped(gzipped(GOOD_BODY)),
        "identity": GOOD_BODY,
    }.get(encoding, gzipped(GOOD_BODY))
    headers = {"content-encoding": encoding.removeprefix("bare ")}
    with faults.play(Reply(body=body, headers=headers)) as stage:
        async with client_of(stage) as client:
            await succeed(call, client)
        assert stage.requests[0].headers["accept-encoding"] == "gzip, deflate"


@kinds(WHOLE)
@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        pytest.param("gzip", GOOD_BODY, id="false gzip"),
        pytest.param("gzip", gzipped(GOOD_BODY)[:-9], id="cut gzip"),
        pytest.param("deflate", b"\xff\xff", id="false deflate"),
        pytest.param("br", b"xx", id="not offered"),
        pytest.param("x-nonsense", b"xx", id="unknown"),
        pytest.param(", ".join(["gzip"] * 10), b"xx", id="ten times"),
    ],
)
async def test_B20_encodings_that_are_none(
    faults: FaultServer, call: Call, encoding: str, body: bytes
) -> None:
    answer = Reply(body=body, headers={"content-encoding": encoding})
    error = await refuse(faults, call, answer, requests=2)
    assert type(error) is errors.InvalidResponseError
    await once_then_good(faults, call, answer)


@pytest.mark.slow
@kinds((PLAIN, STREAM))
async def test_B21_gzip_bomb(faults: FaultServer, call: Call) -> None:
    with faults.play(bomb) as stage:
        measured = await measure(outcome, stage.url, call.name)
        assert len(stage.requests) == 1
    assert measured.result == "ResponseTooLarge"
    assert measured.bytes_more < 400 * MIB
    assert measured.cpu_seconds < 5


@kinds(WHOLE)
async def test_B22_endless_body(faults: FaultServer, call: Call) -> None:
    answer = partial(endless, first=b'{"id": "', block=b"x")
    error = await refuse(faults, call, answer, limits=Limits(body_bytes=4 * MIB))
    assert isinstance(error, errors.ResponseTooLarge)
    assert error.limit == 4 * MIB


@pytest.mark.slow
@kinds((PLAIN,))
async def test_B22_endless_body_within_bounded_memory(faults: FaultServer, call: Call) -> None:
    with faults.play(partial(endless, first=b'{"id": "', block=b"x")) as stage:
        measured = await measure(outcome, stage.url, call.name)
    assert measured.result == "ResponseTooLarge"
    assert measured.bytes_more < 400 * MIB


@kinds(WHOLE)
async def test_B23_nothing_in_it(faults: FaultServer, call: Call) -> None:
    nothing = {"prompt_tokens": 1, "completion_tokens": 0, "total_tokens": 1}
    empty = completion(choices=[{"message": {"content": ""}, "finish_reason": "stop"}], usage=nothing)
    for body in (completion(choices=[], usage=nothing), empty):
        error = await refuse(faults, call, Reply(json=body), requests=2)
        assert type(error) is errors.EmptyReply
        await once_then_good(faults, call, Reply(json=body))


async def test_B23_without_text_but_with_something(faults: FaultServer) -> None:
    nothing = {"prompt_tokens": 1, "completion_tokens": 0, "total_tokens": 1}
    something = [
        {"reasoning": "Hm"},
        {"tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
        {"images": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]},
        {"audio": {"id": "a", "data": "AAAA"}},
        {"refusal": "no"},
        {"annotations": [{"type": "url_citation", "url_citation": {"url": "https://example.com"}}]},
    ]
    for message in something:
        choice = {"message": {"role": "assistant", "content": None, **message}, "finish_reason": "stop"}
        await read(faults, PLAIN, Reply(json=completion(choices=[choice], usage=nothing)), text="")
    choice = {"message": {"content": ""}, "finish_reason": "length"}
    await read(faults, PLAIN, Reply(json=completion(choices=[choice])), text="")
