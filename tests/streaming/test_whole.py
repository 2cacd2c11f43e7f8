"""An event stream in place of a plain answer is read as what a plain answer is."""

from __future__ import annotations

import json

import httpx
import pytest
from pydantic_core import to_json

from openrouter_async import AsyncOpenRouter, Retries, errors
from tests.resources.mocked import KEY
from tests.streaming.fakes import chunk

pytestmark = pytest.mark.anyio

STOP = chunk({}, finish_reason="stop")
USAGE = json.dumps(
    {"choices": [], "usage": {"prompt_tokens": 2, "completion_tokens": 3, "cost": 0.25}}
).encode()


def stream(*events: bytes, end: bytes = b"\n\n") -> bytes:
    return end.join(b"data: " + event for event in events) + end


def answered(*bodies: bytes) -> AsyncOpenRouter:
    answers = iter(bodies)

    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=next(answers), headers={"content-type": "text/event-stream"})

    return AsyncOpenRouter(
        KEY,
        default_model="maker/model",
        http_client=httpx.AsyncClient(transport=httpx.MockTransport(answer)),
        retries=Retries(attempts=1),
    )


@pytest.mark.parametrize(
    "body",
    [
        stream(chunk({"content": "He"}), chunk({"content": "llo"}), STOP, USAGE, b"[DONE]"),
        b": hello\n\n" + stream(chunk({"content": "Hello"}), STOP, USAGE),
        b"\n\n" + stream(chunk({"content": "Hello"}), STOP, USAGE, b"[DONE]", end=b"\n"),
        stream(chunk({"content": "Hello"}), STOP, USAGE).rstrip(),
    ],
    ids=["in pieces", "without an end mark", "without blank lines", "without a last line end"],
)
async def test_a_plain_call_that_is_answered_with_a_stream_has_the_reply(body: bytes) -> None:
    async with answered(body) as client:
        reply = await client.chat.create("Hi")
    assert (reply.text, reply.finish_reason, str(reply.cost)) == ("Hello", "stop", "0.25")


async def test_what_it_cost_is_counted() -> None:
    async with answered(stream(chunk({"content": "Hello"}), STOP, USAGE)) as client, client.track() as spend:
        await client.chat.create("Hi")
    assert (str(spend.cost), spend.unsettled) == ("0.25", ())


async def test_a_call_of_a_tool_is_whole() -> None:
    call = {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "add", "arguments": '{"x": 1}'}}]}
    async with answered(stream(chunk(call), chunk({}, finish_reason="tool_calls"), b"[DONE]")) as client:
        reply = await client.chat.create("Hi")
    assert [(each.name, each.args, each.complete) for each in reply.tool_calls] == [("add", {"x": 1}, True)]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (stream(chunk({"content": "Hel"})), errors.StreamTruncated),
        (stream(chunk({"content": "Hel"})) + b'data: {"choices": [{"del', errors.StreamTruncated),
        (
            stream(chunk({"content": "Hel"}), b'{"error": {"code": 503, "message": "busy"}}'),
            errors.Overloaded,
        ),
        (stream(chunk({"content": "Hel"}), b"{broken"), errors.StreamDecodeError),
    ],
    ids=["cut", "cut within an event", "error", "no JSON"],
)
async def test_what_came_of_a_broken_one_is_kept(body: bytes, kind: type[errors.OpenRouterError]) -> None:
    async with answered(body) as client:
        with pytest.raises(kind) as caught:
            await client.chat.create("Hi")
    partial = getattr(caught.value, "partial", None)
    assert partial is not None
    assert (partial.text, caught.value.may_have_been_billed) == ("Hel", True)
    assert "Hel" not in str(caught.value)


MESSAGE = (
    {"type": "message_start", "message": {"id": "gen-1", "role": "assistant", "content": []}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"cost": 0.25}},
    {"type": "message_stop"},
)
PART = {"type": "output_text", "text": "Hello"}
RESPONSE = (
    {"type": "response.created", "response": {"id": "gen-1", "status": "in_progress", "output": []}},
    {
        "type": "response.completed",
        "response": {
            "id": "gen-1",
            "status": "completed",
            "output": [{"type": "message", "content": [PART]}],
            "usage": {"cost": 0.25},
        },
    },
)


@pytest.mark.parametrize(("dialect", "events"), [("messages", MESSAGE), ("responses", RESPONSE)])
async def test_so_is_a_plain_call_of_the_other_dialects(dialect: str, events: tuple[object, ...]) -> None:
    whole, cut = stream(*map(to_json, events)), stream(*map(to_json, events[:1]))
    async with answered(whole, cut) as client:
        resource, settings = getattr(client, dialect), {"max_tokens": 9} if dialect == "messages" else {}
        reply = await resource.create("Hi", **settings)
        assert (reply.text, reply.finish_reason, str(reply.cost)) == ("Hello", "stop", "0.25")
        with pytest.raises(errors.StreamTruncated):
            await resource.create("Hi", **settings)


async def test_half_a_megabyte_of_code_is_an_answer_whichever_way_it_comes() -> None:
    """Its brackets, colons and quotes are in a text, which takes no time to parse."""
    code = 'def f(a: dict[str, int]) -> list: return [{"key": a["b"], "c": {}}]\n' * 8_000
    choice = {"index": 0, "message": {"role": "assistant", "content": code}, "finish_reason": "stop"}
    whole = to_json({"id": "gen-1", "model": "maker/model", "choices": [choice]})
    events = stream(chunk({"content": code}), STOP, b"[DONE]")
    async with answered(whole, events, events) as client:
        assert (await client.chat.create("Write it.")).text == code
        async with client.chat.stream("Write it.") as written:
            assert (await written.final()).text == code
        assert (await client.chat.create("Write it.")).text == code
