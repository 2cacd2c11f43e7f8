"""OpenInference (Arize Phoenix) reads our spans: its own processor and its own names."""

from __future__ import annotations

from typing import Any

import pytest

from openrouter_async import AsyncOpenRouter, Telemetry
from openrouter_async import tool as tool_of
from openrouter_async.testing import Emulator, tool_call
from tests.tools_seen.needed import tool

processing = tool("openinference.instrumentation.pydantic_ai")
names = tool("openinference.semconv.trace")
sdk = tool("opentelemetry.sdk.trace")
export = tool("opentelemetry.sdk.trace.export")
in_memory = tool("opentelemetry.sdk.trace.export.in_memory_span_exporter")

MODEL = "openai/gpt-4.1-mini"


@tool_of
async def weather(city: str) -> str:
    """Current weather."""
    return f"{city}: clear"


async def told() -> tuple[dict[str, dict[str, Any]], Any]:
    """Make a run, and return the attributes of its spans as OpenInference's processor leaves them, and its result."""
    exporter = in_memory.InMemorySpanExporter()
    provider = sdk.TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(processing.OpenInferenceSpanProcessor())
    provider.add_span_processor(export.SimpleSpanProcessor(exporter))
    telemetry = Telemetry(content=True, tracer_provider=provider)
    with Emulator(strict=True) as emulator:
        emulator.reply(tool_call("weather", {"city": "Oslo"}))
        emulator.reply("Clear")
        async with AsyncOpenRouter(
            emulator.key, base_url=emulator.base_url, default_model=MODEL, telemetry=telemetry
        ) as client:
            run = await client.chat.run("Oslo?", tools=[weather], temperature=0.5)
    return {span.name: dict(span.attributes) for span in exporter.get_finished_spans()}, run


@pytest.mark.loopback
async def test_its_processor_reads_calls_runs_and_tools() -> None:
    spans, run = await told()
    kind, span = names.SpanAttributes.OPENINFERENCE_SPAN_KIND, names.SpanAttributes
    call = spans[f"chat {MODEL}"]
    assert (spans["invoke_agent"][kind], call[kind]) == ("AGENT", "LLM")
    assert spans["execute_tool weather"][kind] == "TOOL"
    assert call[span.LLM_MODEL_NAME] == MODEL
    assert call[span.LLM_PROVIDER] == "openrouter"
    last = run.completion.usage
    assert call[span.LLM_TOKEN_COUNT_PROMPT] == last.prompt_tokens
    assert call[span.LLM_TOKEN_COUNT_COMPLETION] == last.completion_tokens
    assert '"temperature": 0.5' in call[span.LLM_INVOCATION_PARAMETERS]
    assert (call[span.INPUT_VALUE], call[span.OUTPUT_VALUE]) == ("Oslo?", "Clear")
    content = f"{span.LLM_OUTPUT_MESSAGES}.0.{names.MessageAttributes.MESSAGE_CONTENT}"
    assert call[content] == "Clear"
    assert spans["execute_tool weather"][span.TOOL_NAME] == "weather"
