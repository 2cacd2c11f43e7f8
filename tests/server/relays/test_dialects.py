"""The forms `messages` and `responses`: streams of any dialect, and runs, as clients of both read them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from pydantic import JsonValue
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from openrouter_async import AsyncOpenRouter, Retries, tool
from openrouter_async.server import client_of, openrouter_lifespan, relay
from openrouter_async.streaming.messages.accumulator import MessageAccumulator
from openrouter_async.streaming.responses.accumulator import ResponsesAccumulator
from openrouter_async.testing import Emulator, Fault, tool_call
from openrouter_async.testing.facts.judging import complaints
from openrouter_async.testing.facts.table import load_facts
from openrouter_async.types.chat.model_reply import ModelReply
from tests.server.serving import serve
from tests.support.emulated import MODEL
from tests.support.plain_http import PLAIN

FACTS = load_facts()
Make = Callable[[AsyncOpenRouter], Any]

both = pytest.mark.parametrize("form", ["messages", "responses"])

PAGE = {"type": "url_citation", "url_citation": {"url": "https://e.com", "title": "E", "content": "so"}}


@tool
def weather(city: str) -> str:
    """How the weather is in a city."""
    return f"rain in {city}"


def chat(client: AsyncOpenRouter) -> Any:
    return client.chat.stream("Hi")


def run(client: AsyncOpenRouter) -> Any:
    return client.chat.run_stream("Hi", tools=[weather])


def message_run(client: AsyncOpenRouter) -> Any:
    return client.messages.run_stream("Hi", tools=[weather], max_tokens=100)


def response_run(client: AsyncOpenRouter) -> Any:
    return client.responses.run_stream("Hi", tools=[weather])


def message(client: AsyncOpenRouter) -> Any:
    return client.messages.stream("Hi", max_tokens=100)


def response(client: AsyncOpenRouter) -> Any:
    return client.responses.stream("Hi")


def written(emulator: Emulator, form: Any, make: Make) -> httpx.Response:
    """Return what a handler writes that relays a stream in a form."""

    async def endpoint(request: Request) -> Response:
        return relay(make(client_of(request)), format=form)

    client = AsyncOpenRouter(
        emulator.key, base_url=emulator.base_url, default_model=MODEL, retries=Retries(attempts=1)
    )
    app = Starlette(routes=[Route("/", endpoint)], lifespan=openrouter_lifespan(client))
    with serve(app) as served:
        return httpx.get(served.url, verify=PLAIN)


def events_in(text: str) -> list[dict[str, Any]]:
    lines = [line[6:] for line in text.splitlines() if line.startswith("data: ")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


def read(form: str, text: str) -> ModelReply[Any]:
    """Return the reply that our own reader of the dialect makes of it; each event is one that the facts allow."""
    shape = FACTS.operations["createMessages" if form == "messages" else "createResponses"].event
    assert shape is not None
    accumulator: Any = MessageAccumulator() if form == "messages" else ResponsesAccumulator()
    for event in events_in(text):
        named: JsonValue = {"data": event, **({"event": event["type"]} if form == "messages" else {})}
        wrong = [
            each for each in complaints(named, shape, FACTS.shapes, "event") if each.kind in ("type", "value")
        ]
        assert [str(each) for each in wrong] == []
        accumulator.feed(accumulator.parse(json.dumps(event).encode()))
    assert accumulator.is_over
    reply: ModelReply[Any] = accumulator.finish("done", None)[1]
    return reply


@both
def test_a_chat_is_a_message_or_a_response(emulator: Emulator, form: str) -> None:
    call = tool_call("stock", {"item": "lamp"})
    emulator.reply("One ", "two", call, reasoning="Hm, yes.", annotations=[PAGE], usage={"cost": 0.5})
    answer = written(emulator, form, chat)
    reply = read(form, answer.text)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert (reply.text, reply.reasoning, reply.finish_reason) == ("One two", "Hm, yes.", "tool_calls")
    assert [(each.name, each.args, each.complete) for each in reply.tool_calls] == [
        ("stock", {"item": "lamp"}, True)
    ]
    assert reply.cost == emulator.spent
    assert reply.model == MODEL or form == "messages"
    assert answer.text.endswith("[DONE]\n\n") == (form == "responses")


runs = pytest.mark.parametrize("make", [run, message_run, response_run])


@both
@runs
def test_a_run_is_one_answer_without_its_calls(emulator: Emulator, form: str, make: Make) -> None:
    emulator.reply("Let me look. ", tool_call("weather", city="Oslo"))
    emulator.reply("It rains.")
    reply = read(form, written(emulator, form, make).text)
    assert (reply.text, reply.tool_calls, reply.finish_reason) == ("Let me look. It rains.", [], "stop")
    assert reply.cost == emulator.spent


@both
@pytest.mark.parametrize("make", [message, response], ids=["of messages", "of responses"])
def test_a_stream_of_either_dialect_is_written_in_either(emulator: Emulator, form: str, make: Make) -> None:
    emulator.reply("One ", "two", tool_call("stock", {"item": "lamp"}), reasoning="Hm.")
    reply = read(form, written(emulator, form, make).text)
    assert (reply.text, reply.reasoning, reply.tool_calls[0].args) == ("One two", "Hm.", {"item": "lamp"})
    assert reply.cost == emulator.spent


@pytest.mark.parametrize("form", ["events", "text", "openai", "ai-sdk"])
@pytest.mark.parametrize("make", [message, response], ids=["of messages", "of responses"])
def test_a_stream_of_either_dialect_is_written_in_the_other_forms(
    emulator: Emulator, form: str, make: Make
) -> None:
    emulator.reply("One ", "two", tool_call("stock", {"item": "lamp"}))
    text = written(emulator, form, make).text
    assert "One " in text
    assert "two" in text
    assert '"error"' not in text


@pytest.mark.parametrize("form", ["events", "text", "openai", "ai-sdk"])
@runs
def test_a_run_of_either_dialect_is_written_in_the_other_forms(
    emulator: Emulator, form: str, make: Make
) -> None:
    emulator.reply("Let me look. ", tool_call("weather", city="Oslo"))
    emulator.reply("It rains.")
    text = written(emulator, form, make).text
    assert text.index("look") < text.index("rains")
    assert '"error"' not in text
    assert ("rain in Oslo" in text) == (form in {"events", "ai-sdk"})


def a_count(client: AsyncOpenRouter) -> Any:
    return client.chat.stream("Hi", output=int)


def message_count(client: AsyncOpenRouter) -> Any:
    return client.messages.stream("Hi", output=int, max_tokens=100)


def response_count(client: AsyncOpenRouter) -> Any:
    return client.responses.stream("Hi", output=int)


@pytest.mark.parametrize(("form", "field"), [("events", "output"), ("ai-sdk", "data")])
@pytest.mark.parametrize("make", [a_count, message_count, response_count])
def test_a_value_of_either_dialect_is_told(emulator: Emulator, form: str, field: str, make: Make) -> None:
    emulator.reply("3")
    told = [event[field] for event in events_in(written(emulator, form, make).text) if field in event]
    assert told == [3]


@both
def test_a_length_limit_is_told(emulator: Emulator, form: str) -> None:
    emulator.reply("One", finish_reason="length")
    reply = read(form, written(emulator, form, chat).text)
    assert reply.finish_reason == "length"


@both
def test_an_empty_run_of_words_is_whole(emulator: Emulator, form: str) -> None:
    emulator.reply(tool_call("stock", {"item": "lamp"}))
    reply = read(form, written(emulator, form, chat).text)
    assert (reply.text, reply.tool_calls[0].name) == ("", "stock")


@both
@pytest.mark.parametrize("make", [chat, message, response], ids=["chat", "messages", "responses"])
def test_a_failure_in_the_midst_is_an_event(emulator: Emulator, form: str, make: Make) -> None:
    emulator.reply("one ", "two", fault=Fault.error_event(529, "Overloaded", error_type=None, after=5))
    answer = written(emulator, form, make)
    *_, last = events_in(answer.text)
    assert answer.status_code == 200
    assert "Overloaded" in str(last)
    assert last["type"] in ("error", "response.failed")


@both
@pytest.mark.parametrize("make", [chat, message, response], ids=["chat", "messages", "responses"])
def test_a_failure_before_the_first_piece_is_a_status(emulator: Emulator, form: str, make: Make) -> None:
    emulator.fail(429, "Slow down")
    answer = written(emulator, form, make)
    assert answer.status_code == 429
    assert "Slow down" in answer.text


@both
def test_an_answer_that_came_whole_is_a_stream(emulator: Emulator, form: str) -> None:
    if form == "messages":
        blocks = [{"type": "thinking", "thinking": "Hm.", "signature": "s"}, {"type": "text", "text": "Yes"}]
        body: Any = {
            "id": "gen-1",
            "content": blocks,
            "stop_reason": "end_turn",
            "usage": {"output_tokens": 1},
        }
        make: Make = message
    else:
        part = {"type": "output_text", "text": "Yes", "annotations": []}
        thought = {"type": "reasoning", "id": "r", "summary": [{"type": "summary_text", "text": "Hm."}]}
        output = [thought, {"type": "message", "id": "m", "role": "assistant", "content": [part]}]
        body, make = {"id": "gen-1", "status": "completed", "output": output}, response
    emulator.answer(f"/{form}", body)
    accumulator: Any = MessageAccumulator() if form == "messages" else ResponsesAccumulator()
    for event in events_in(written(emulator, form, make).text):
        accumulator.feed(accumulator.parse(json.dumps(event).encode()))
    reply: Any = accumulator.finish("done", None)[1]
    assert (reply.text, reply.reasoning) == ("Yes", "Hm.")
    if form == "messages":
        assert reply.as_param()["content"] == body["content"]
