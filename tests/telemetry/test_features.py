"""The spans of runs, tools and batches, and how those of calls stand to them."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind, StatusCode

from openrouter_async import OpenRouterError, tool
from openrouter_async.testing import Emulator, tool_call
from tests.support.emulated import MODEL
from tests.telemetry.seen import Seen

pytestmark = pytest.mark.loopback

CHAT = f"chat {MODEL}"


@tool
async def weather(city: str) -> str:
    """Current weather."""
    return f"{city}: clear"


@tool
async def broken(city: str) -> str:
    """Always fails."""
    raise LookupError("Xylophone")


def attributes(span: ReadableSpan) -> dict[str, object]:
    return dict(span.attributes or {})


def parent(span: ReadableSpan) -> int | None:
    return None if span.parent is None else span.parent.span_id


@pytest.mark.parametrize("is_streamed", [False, True])
async def test_a_run_has_its_calls_and_tools_below(is_streamed: bool, emulator: Emulator, seen: Seen) -> None:
    emulator.reply(tool_call("weather", {"city": "Oslo"}))
    emulator.reply("Clear")
    async with seen.client(emulator) as client:
        if is_streamed:
            async with client.chat.run_stream("Oslo?", tools=[weather]) as stream:
                run = await stream.final()
        else:
            run = await client.chat.run("Oslo?", tools=[weather])
    span = seen.one("invoke_agent")
    assert (span.kind, parent(span)) == (SpanKind.INTERNAL, None)
    told = attributes(span)
    assert told["gen_ai.operation.name"] == "invoke_agent"
    assert told["gen_ai.request.model"] == MODEL
    assert told["gen_ai.aggregated_usage.input_tokens"] == run.usage.prompt_tokens
    assert told["gen_ai.aggregated_usage.cost.amount"] == pytest.approx(float(run.usage.cost or 0))
    assert told["openrouter.run.steps"] == 2
    assert "gen_ai.usage.cost.amount" not in told
    assert [parent(call) for call in seen.named(CHAT)] == [span.context.span_id] * 2
    called = seen.one("execute_tool weather")
    assert parent(called) == span.context.span_id
    assert attributes(called) == {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "weather",
        "gen_ai.tool.type": "function",
        "gen_ai.tool.call.id": run.results[0].call.id,
    }
    assert seen.cost == emulator.spent
    found = seen.metrics()
    assert found["gen_ai.invoke_agent.duration"][0].count == 1
    assert found["gen_ai.execute_tool.duration"][0].count == 1


@pytest.mark.parametrize(
    ("content", "arguments", "result"),
    [(True, '{"city": "Oslo"}', "Oslo: clear"), ("events", None, None), (False, None, None)],
)
async def test_arguments_and_results_are_told_only_with_content(
    content: Any, arguments: str | None, result: str | None, emulator: Emulator, seen: Seen
) -> None:
    emulator.reply(tool_call("weather", {"city": "Oslo"}))
    emulator.reply("Clear")
    async with seen.client(emulator, content=content) as client:
        await client.chat.run("Oslo?", tools=[weather])
    told = attributes(seen.one("execute_tool weather"))
    assert told.get("gen_ai.tool.call.arguments") == arguments
    assert told.get("gen_ai.tool.call.result") == result


async def test_a_tool_that_fails_is_an_error_and_its_words_are_not_told(
    emulator: Emulator, seen: Seen
) -> None:
    emulator.reply(tool_call("broken", {"city": "Oslo"}))
    emulator.fail(400)
    async with seen.client(emulator) as client:
        with pytest.raises(OpenRouterError):
            await client.chat.run("Oslo?", tools=[broken])
    called, run = seen.one("execute_tool broken"), seen.one("invoke_agent")
    assert called.status.status_code is StatusCode.ERROR
    assert attributes(called)["error.type"] == "tool_error"
    assert run.status.status_code is StatusCode.ERROR
    assert attributes(run)["error.type"] == "BadRequest"
    assert "Xylophone" not in seen.everything


async def test_a_streamed_run_that_fails_is_an_error(emulator: Emulator, seen: Seen) -> None:
    emulator.fail(400)
    async with seen.client(emulator) as client:
        with pytest.raises(OpenRouterError):
            async with client.chat.run_stream("Oslo?", tools=[weather]) as stream:
                await stream.final()
    assert attributes(seen.one("invoke_agent"))["error.type"] == "BadRequest"


async def test_items_of_a_batch_are_linked_to_it_and_not_its_children(emulator: Emulator, seen: Seen) -> None:
    emulator.reply("Hello", times=3)
    tracer = seen.tracer_provider.get_tracer("test")
    async with seen.client(emulator) as client:
        with tracer.start_as_current_span("mine") as mine:
            await client.batch(["a", "b", "c"], concurrency=2)
    batch = seen.one("openrouter.batch")
    assert parent(batch) == mine.get_span_context().span_id
    told = attributes(batch)
    assert told.pop("openrouter.batch.cost") == pytest.approx(float(emulator.spent))
    assert told == {
        "openrouter.batch.items": 3,
        "openrouter.batch.done": 3,
        "openrouter.batch.failed": 0,
        "openrouter.batch.resumed": 0,
    }
    calls = seen.named(CHAT)
    assert [parent(call) for call in calls] == [None] * 3
    assert [link.context.span_id for call in calls for link in call.links] == [batch.context.span_id] * 3
    assert seen.cost == emulator.spent
