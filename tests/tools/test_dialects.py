"""Runs of tools by Responses and by Messages: the loop is that of chat, and what a model said goes back as it came."""

from __future__ import annotations

import json
from typing import Any, get_origin

import pytest

import openrouter_async
from openrouter_async import AsyncOpenRouter, PausedRun, Response, max_steps, tool
from openrouter_async.errors import ConfigurationError
from openrouter_async.testing import Emulator, tool_call
from openrouter_async.tools.events import StepFinished, ToolFinished
from openrouter_async.types.messages.reply import MessageReply

pytestmark = pytest.mark.loopback

DIALECTS = pytest.mark.parametrize("api", ["responses", "messages"])
REPLIES: dict[str, Any] = {"responses": Response, "messages": MessageReply}


@tool
async def stock(item: str) -> int:
    """How many there are."""
    return {"lamp": 3, "bulb": 5}[item]


@tool(needs_approval=True)
async def sell(item: str) -> str:
    """Sell one."""
    return f"{item} sold"


def asking(client: AsyncOpenRouter, api: str) -> Any:
    return getattr(client, api)


def client_of(emulator: Emulator) -> AsyncOpenRouter:
    return AsyncOpenRouter(emulator.key, base_url=emulator.base_url, default_model="openai/gpt-4.1-mini")


def sent(emulator: Emulator, index: int = -1) -> list[Any]:
    """Return the messages of a request."""
    body: Any = emulator.requests[index].body
    said = body.get("input", body.get("messages"))
    return said if isinstance(said, list) else [{"role": "user", "content": said}]


@DIALECTS
async def test_a_round_trip_with_reasoning_sends_back_what_came(emulator: Emulator, api: str) -> None:
    emulator.reply("Let me see.", tool_call("stock", {"item": "lamp"}), reasoning="Hm.")
    emulator.reply("Three.")
    async with client_of(emulator) as client:
        run = await asking(client, api).run("How many lamps?", tools=[stock])
    first = run.steps[0].completion
    assert (run.status, run.text, len(run.steps)) == ("complete", "Three.", 2)
    assert isinstance(run.completion, REPLIES[api])
    assert first.reasoning == "Hm."
    came = first.raw_items if api == "responses" else [first.as_param()]
    assert sent(emulator)[1 : 1 + len(came)] == came
    assert "signature" in json.dumps(came)
    assert "3" in json.dumps(sent(emulator)[-1])
    assert run.usage.cost == sum(step.completion.cost for step in run.steps)


@DIALECTS
async def test_a_streamed_run_with_two_calls_gives_one_sequence_of_events(
    emulator: Emulator, api: str
) -> None:
    emulator.reply(tool_call("stock", {"item": "lamp"}), tool_call("stock", {"item": "bulb"}))
    emulator.reply("Eight.")
    async with client_of(emulator) as client, asking(client, api).run_stream("?", tools=[stock]) as stream:
        events = [event async for event in stream]
        run = await stream.final()
    assert sorted(event.result.content for event in events if isinstance(event, ToolFinished)) == ["3", "5"]
    assert len([event for event in events if isinstance(event, StepFinished)]) == 2
    assert run.text == "Eight."
    results = sent(emulator)[-2:] if api == "responses" else sent(emulator)[-1]["content"]
    assert [each.get("output", each.get("content")) for each in results] == ["3", "5"]


@DIALECTS
async def test_a_paused_run_goes_through_a_file(emulator: Emulator, api: str) -> None:
    emulator.reply("I will.", tool_call("sell", {"item": "lamp"}), reasoning="Hm.")
    emulator.reply("Done.")
    async with client_of(emulator) as client:
        run = await asking(client, api).run("Sell a lamp.", tools=[sell])
        assert run.status == "paused"
        paused = PausedRun.from_json(run.paused.model_dump_json())
        assert paused.api == api
        with pytest.raises(ConfigurationError, match="resume it there"):
            await client.chat.run(paused.approve(), tools=[sell])
        resumed = await asking(client, api).run(paused.approve(), tools=[sell])
    assert (resumed.status, resumed.text) == ("complete", "Done.")
    came = run.steps[0].completion
    raw = came.raw_items if api == "responses" else [came.as_param()]
    assert sent(emulator)[1 : 1 + len(raw)] == raw


@DIALECTS
async def test_a_stopped_run_asks_for_an_answer_without_tools(emulator: Emulator, api: str) -> None:
    emulator.reply(tool_call("stock", {"item": "lamp"}), times=2)
    emulator.reply("That is all.")
    async with client_of(emulator) as client:
        run = await asking(client, api).run(
            "?", tools=[stock], stop=max_steps(1), final_answer="Answer now.", tool_choice="required"
        )
    choices = [json.loads(json.dumps(request.body)).get("tool_choice") for request in emulator.requests]
    assert run.status == "stopped"
    assert choices == (["required", "none"] if api == "responses" else [{"type": "any"}, {"type": "none"}])


@DIALECTS
async def test_a_value_is_asked_for_at_the_end_of_a_run(emulator: Emulator, api: str) -> None:
    emulator.reply(tool_call("stock", {"item": "lamp"}))
    emulator.reply("[3]")
    async with client_of(emulator) as client:
        run = await asking(client, api).run("How many lamps?", tools=[stock], output=list[int])
    assert run.output == [3]


@pytest.mark.parametrize("name", ["Run", "RunStream", "Conversation", "Step"])
def test_a_type_may_be_evaluated_with_what_it_holds(name: str) -> None:
    """As pydantic, and Python at the right of a `=`, do."""
    kind = getattr(openrouter_async, name)
    assert get_origin(kind[str]) is kind
