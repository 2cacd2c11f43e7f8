"""Spans and events have the attributes of the table, however a call goes; so has the reference."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from openrouter_async import AsyncOpenRouter, Item, OpenRouterError, Recover, StreamError, TextDelta, tool
from openrouter_async.testing import Emulator, Fault, tool_call
from tests.support.folders import ROOT
from tests.support.loopback import Connection, LoopbackServer, Reply, Request, serve_responses, sse
from tests.telemetry.seen import Seen
from tests.telemetry.table import ATTRIBUTES, METRICS

PAGE = Path(ROOT) / "docs" / "reference" / "telemetry.md"

ASKS = "it asks a model"
BEGAN = {"an answer began", "an answer began, with an id"}
READ = {"an answer was read, or a part of it"}
ANSWERED = {ASKS, *BEGAN, *READ, "it is answered", "it is answered with text"}
REPLIED = {"it has an answer"}

Make = Callable[[AsyncOpenRouter], Awaitable[object]]
Holds = Mapping[str, set[str] | list[set[str]]]


def nothing(_emulator: Emulator) -> None:
    """Script nothing."""


def hello(emulator: Emulator) -> None:
    emulator.reply("Hello, you there")


@tool
async def weather(city: str) -> str:
    """Current weather."""
    return f"{city}: clear"


@tool
async def broken(city: str) -> str:
    """Always fails."""
    raise LookupError(city)


async def plain(client: AsyncOpenRouter) -> object:
    return await client.chat.create("Hi")


async def stream(client: AsyncOpenRouter) -> object:
    async with client.chat.stream("Hi") as events:
        return await events.final()


async def recovered(client: AsyncOpenRouter) -> object:
    async with client.chat.stream("Hi", recover=Recover(attempts=2)) as events:
        return await events.final()


async def left(client: AsyncOpenRouter) -> object:
    async with client.chat.stream("Hi") as events:
        async for event in events:
            if isinstance(event, TextDelta):
                break
    return None


async def failing(client: AsyncOpenRouter) -> object:
    with pytest.raises(OpenRouterError):
        await client.chat.create("Hi")
    return None


async def broken_off(client: AsyncOpenRouter) -> object:
    with pytest.raises(StreamError):
        await stream(client)
    return None


async def with_parameters(client: AsyncOpenRouter) -> object:
    return await client.chat.create(
        "Hi",
        max_tokens=20,
        temperature=0.5,
        top_p=1,
        top_k=3,
        seed=7,
        frequency_penalty=0.1,
        presence_penalty=0.1,
        stop=["x"],
        extra_body={"n": 2, "reasoning": {"effort": "low"}, "response_format": {"type": "json_object"}},
    )


async def embedded(client: AsyncOpenRouter) -> object:
    return await client.embeddings.create(
        "Hi", model="openai/text-embedding-3-small", dimensions=8, encoding_format="float"
    )


async def cached_twice(client: AsyncOpenRouter) -> object:
    await client.chat.create("Hi", options={"once": "key"})
    return await client.chat.create("Hi", options={"once": "key"})


async def value(client: AsyncOpenRouter) -> object:
    return await client.chat.create("Hi", output=list[int])


async def streamed_value(client: AsyncOpenRouter) -> object:
    async with client.chat.stream("Hi", output=list[int]) as events:
        return await events.final()


async def batch(client: AsyncOpenRouter) -> object:
    return await client.batch([Item("one", "Hi"), Item("two", "Hi")], concurrency=1)


async def failing_run(client: AsyncOpenRouter) -> object:
    with pytest.raises(OpenRouterError):
        await client.chat.run("Oslo?", tools=[broken])
    return None


def fails_at_first(emulator: Emulator) -> None:
    emulator.fail(503)
    hello(emulator)


def breaks_off_once(emulator: Emulator) -> None:
    emulator.reply("Hello, you there, how are you", fault=Fault.disconnect(after=3))
    emulator.reply(" today?")


def calls_weather(emulator: Emulator) -> None:
    emulator.reply(tool_call("weather", {"city": "Oslo"}))
    emulator.reply("Clear")


def calls_broken(emulator: Emulator) -> None:
    emulator.reply(tool_call("broken", {"city": "Oslo"}))
    emulator.fail(400)


@dataclass(frozen=True)
class Case:
    """Calls, the answers of the service, and the conditions that are met, by signal; a list: for each span."""

    make: Make
    holds: Holds
    answer: Callable[[Emulator], None] = hello
    settings: dict[str, Any] = field(default_factory=dict)


SESSION = {"it has a session id"}
CHANGED = "the prompt before is not repeated"

RUN = {"it names a model", "a reply came", "the answers say it"}
CASES = {
    "plain": Case(plain, {"call": ANSWERED, "request": REPLIED}),
    "streamed": Case(stream, {"call": ANSWERED | {"a chunk came"}, "request": REPLIED}),
    "of no model": Case(
        lambda client: client.key.get(), {"call": {"it asks no model"}, "request": REPLIED}, nothing
    ),
    "retried": Case(
        plain,
        {"call": ANSWERED, "request": [{"it failed"} | REPLIED, {"it is not the first"} | REPLIED]},
        fails_at_first,
    ),
    "failed": Case(
        failing,
        {
            "call": {ASKS, "it failed"},
            "request": {"it failed"} | REPLIED,
            "event gen_ai.client.operation.exception": {ASKS},
        },
        lambda emulator: emulator.fail(400),
    ),
    "failed, with content": Case(
        failing,
        {
            "call": {ASKS, "it failed", "content=True"},
            "request": {"it failed"} | REPLIED,
            "event gen_ai.client.operation.exception": {ASKS, "content=True"},
        },
        lambda emulator: emulator.fail(400),
        {"content": True},
    ),
    "left": Case(
        left,
        {
            "call": {
                ASKS,
                *BEGAN,
                "the caller left it",
                "its cost is not known",
                "a chunk came",
                "a stream ended early",
            },
            "request": REPLIED,
        },
        lambda emulator: emulator.reply("Hello, you there", fault=Fault.stall(after=3)),
    ),
    "broken off": Case(
        broken_off,
        {
            "call": {
                ASKS,
                *BEGAN,
                *READ,
                "it failed",
                "its cost is not known",
                "a chunk came",
                "a stream ended early",
            },
            "request": {"it failed"} | REPLIED,
            "event gen_ai.client.operation.exception": {ASKS},
        },
        lambda emulator: emulator.reply("Hello, you there", fault=Fault.disconnect(after=3)),
    ),
    "recovered": Case(
        recovered,
        {
            "call": ANSWERED
            | {"a chunk came", "a stream resumed in another request", "its cost is not known"},
            "request": [{"it failed"} | REPLIED, {"it is not the first"} | REPLIED],
        },
        breaks_off_once,
    ),
    "with parameters": Case(
        with_parameters, {"call": ANSWERED | {"the request sets it"}, "request": REPLIED}
    ),
    "embeddings": Case(
        embedded,
        {
            "call": {
                ASKS,
                *BEGAN,
                *READ,
                "it is answered",
                "it embeds, and the request sets it",
            },
            "request": REPLIED,
        },
        nothing,
    ),
    "response cache": Case(
        cached_twice,
        {
            "call": [
                ANSWERED | {"the response cache was asked"},
                ANSWERED | {"the response cache was asked", "the response cache answered"},
            ],
            "request": REPLIED,
        },
    ),
    "a value": Case(
        value,
        {"call": ANSWERED | {"it asks for a value of a type", "the request sets it"}, "request": REPLIED},
        lambda emulator: emulator.reply("[1]"),
    ),
    "a streamed value": Case(
        streamed_value,
        {
            "call": ANSWERED | {"it asks for a value of a type", "a chunk came", "the request sets it"},
            "request": REPLIED,
        },
        lambda emulator: emulator.reply("[1]"),
    ),
    "a conversation": Case(
        lambda client: client.conversation().send("Hi"),
        {
            "call": ANSWERED | {"it has a session id"},
            "request": REPLIED,
            "run": RUN | {"it has a session id"},
        },
    ),
    "a batch": Case(
        batch,
        {"call": ANSWERED | {"it is made for a batch"}, "request": REPLIED, "batch": set()},
        lambda emulator: emulator.reply("Hello", times=2),
    ),
    "a run": Case(
        lambda client: client.chat.run("Oslo?", tools=[weather]),
        {"call": ANSWERED | SESSION, "request": REPLIED, "run": RUN | SESSION, "tool": set()},
        calls_weather,
    ),
    "a run, with content": Case(
        lambda client: client.chat.run("Oslo?", tools=[weather]),
        {
            "call": ANSWERED
            | SESSION
            | {"content=True", "content=True, with tools", "content=True, and it is answered"},
            "request": REPLIED,
            "run": RUN | SESSION,
            "tool": {"content=True"},
        },
        calls_weather,
        {"content": True},
    ),
    "a run that failed": Case(
        failing_run,
        {
            "call": [ANSWERED | SESSION, {ASKS, "it failed"} | SESSION],
            "request": [REPLIED, {"it failed"} | REPLIED],
            "run": RUN | SESSION | {"it failed"},
            "tool": {"it failed"},
            "event gen_ai.client.operation.exception": {ASKS},
        },
        calls_broken,
    ),
    "details as events": Case(
        plain,
        {
            "call": ANSWERED,
            "request": REPLIED,
            "event gen_ai.client.inference.operation.details": {"it is answered"},
        },
        settings={"content": "events"},
    ),
}

DETAILED = {
    "id": "gen-1",
    "model": "acme/model",
    "provider": "Acme",
    "service_tier": "flex",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
    "usage": {
        "prompt_tokens": 9000,
        "completion_tokens": 9,
        "cost": 0.001,
        "is_byok": True,
        "cost_details": {"upstream_inference_cost": 0.002},
        "prompt_tokens_details": {
            "cached_tokens": 4000,
            "cache_write_tokens": 1,
            "audio_tokens": 1,
            "video_tokens": 1,
        },
        "completion_tokens_details": {"reasoning_tokens": 1, "audio_tokens": 1, "image_tokens": 1},
    },
}


def signal_of(name: str) -> str:
    kinds = {"POST": "request", "GET": "request", "invoke_agent": "run", "openrouter.batch": "batch"}
    return "tool" if name.startswith("execute_tool") else kinds.get(name, "call")


def told_by(seen: Seen) -> dict[str, list[dict[str, object]]]:
    """Return the attributes of each span and event, by signal, in the order of their beginnings."""
    told: dict[str, list[dict[str, object]]] = {}
    for span in sorted(seen.spans, key=lambda span: span.start_time or 0):
        told.setdefault(signal_of(span.name), []).append(dict(span.attributes or {}))
    for event in seen.events:
        record = event.log_record
        told.setdefault(f"event {record.event_name}", []).append(dict(record.attributes or {}))
    return told


BUCKETS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
"""Seconds; those that the conventions advise for each duration."""
ON_CALLS = {
    "gen_ai.provider.name",
    "gen_ai.operation.name",
    "gen_ai.request.model",
    "server.address",
    "server.port",
}
SOMETIMES = {"gen_ai.response.model", "gen_ai.token.modality", "error.type"}

OPTIONAL = {"the request sets it", "the answer says it", "the answers say it"}
"""Of these rows any may be there."""


def check(seen: Seen, holds: Holds, *, complete: bool = False) -> None:
    """Hold what was told against the table; `complete`: all that may be said is."""
    told = told_by(seen)
    assert told.keys() == holds.keys()
    for signal, of_signal in told.items():
        sets = holds[signal]
        each = sets if isinstance(sets, list) else [sets] * len(of_signal)
        assert len(each) == len(of_signal), signal
        for attributes, so in zip(of_signal, each, strict=True):
            rows = [row for row in ATTRIBUTES if row.signal == signal]
            is_so = {"always", *so}
            required = {row.name for row in rows if row.when in is_so - (set() if complete else OPTIONAL)}
            if signal.startswith("event gen_ai.client.inference"):  # it has what the span has
                rows += [row for row in ATTRIBUTES if row.signal == "call"]
                is_so |= ANSWERED | {"content=True", "content=True, and it is answered"}
            allowed = {row.name for row in rows if row.when in is_so | {"the answer says it"}}
            assert required <= attributes.keys(), (signal, required - attributes.keys())
            assert attributes.keys() <= allowed, (signal, attributes.keys() - allowed)


@pytest.mark.loopback
@pytest.mark.parametrize("case", CASES)
async def test_what_is_told_is_what_the_table_says(case: str, emulator: Emulator, seen: Seen) -> None:
    CASES[case].answer(emulator)
    async with seen.client(emulator, **CASES[case].settings) as client:
        client.chat.native_models.add("openai/gpt-4.1-mini")
        await CASES[case].make(client)
    check(seen, CASES[case].holds, complete=case == "with parameters")


@pytest.mark.loopback
async def test_all_that_an_answer_can_say_is_told(seen: Seen) -> None:
    with LoopbackServer(
        serve_responses([Reply(json=DETAILED, headers={"x-generation-id": "gen-1"})])
    ) as server:
        async with seen.client_at(server.url) as client:
            await client.chat.create("Hi")
    check(seen, {"call": ANSWERED | {"the answer says it"}, "request": REPLIED}, complete=True)


def usage(read: int, written: int, prompt: int) -> dict[str, object]:
    details = {"cached_tokens": read, "cache_write_tokens": written}
    return {"prompt_tokens": prompt, "completion_tokens": 1, "cost": 0.001, "prompt_tokens_details": details}


@pytest.mark.loopback
@pytest.mark.parametrize("way", ["conversation", "run", "changed"])
async def test_a_prompt_that_is_no_longer_cached_is_an_event(way: str, seen: Seen) -> None:
    first = {**DETAILED, "usage": usage(0, 8000, 8100)}
    second = {**DETAILED, "usage": usage(0, 8200, 8300)}
    if way == "run":
        call = {
            "id": "c1",
            "type": "function",
            "function": {"name": "weather", "arguments": '{"city": "Oslo"}'},
        }
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
        first = {**first, "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}
    with LoopbackServer(serve_responses([Reply(json=first), Reply(json=second)])) as server:
        async with seen.client_at(server.url) as client:
            if way == "run":
                await client.chat.run("Oslo? " * 1_000, tools=[weather])
            elif way == "changed":
                for minute in (1, 2):
                    await client.chat.create(
                        "Hi " * 1_000 + f"at 12:0{minute}", options={"session_id": "mine"}
                    )
            else:
                chat = client.conversation()
                await chat.send("Hi " * 1_000)
                await chat.send("And?")
    (event,) = seen.events
    assert event.log_record.span_id in [
        span.context.span_id for span in seen.spans if span.name.startswith("chat")
    ]
    told = dict(event.log_record.attributes or {})
    assert told["openrouter.prompt_cache.missed_tokens"] == 8000
    assert told["openrouter.prompt_cache.reason"] == ("prompt_changed" if way == "changed" else "unknown")
    signals = told_by(seen)
    name = "event openrouter.prompt_cache.collapse"
    is_so = {"always", CHANGED} if way == "changed" else {"always"}
    assert told.keys() == {row.name for row in ATTRIBUTES if row.signal == name and row.when in is_so}
    assert signals[name] == [told]


def test_each_row_is_met_by_a_case() -> None:
    met: dict[str, set[str]] = {
        "event openrouter.prompt_cache.collapse": {CHANGED},
        "call": {"the answer says it"},
    }
    for case in CASES.values():
        for signal, sets in case.holds.items():
            for each in sets if isinstance(sets, list) else [sets]:
                met.setdefault(signal, set()).update(each)
    assert [row for row in ATTRIBUTES if row.when not in {"always", *met[row.signal]}] == []


@pytest.mark.loopback
async def test_what_is_measured_is_what_the_table_says(emulator: Emulator, seen: Seen) -> None:
    hello(emulator)
    calls_weather(emulator)
    hello(emulator)
    emulator.fail(429, retry_after=0.01, times=3)
    async with seen.client(emulator, chunk_times=True) as client:
        async with client.track(budget="1.00"):
            await client.chat.create("Hi")
            await client.chat.run("Oslo?", tools=[weather])
            await stream(client)
            await embedded(client)
        with LoopbackServer(serve_responses([Reply(json=DETAILED)])) as server:
            async with seen.client_at(server.url) as other:
                await other.chat.create("Hi")
        await failing(client)  # so often that a rate is learned
        found = seen.measured()
    assert found.keys() == set(METRICS)
    for metric, points in found.items():
        for point in points:
            assert metric.kind != "histogram" or point.explicit_bounds == BUCKETS
            if metric.name.startswith("gen_ai.client"):
                assert ON_CALLS <= point.attributes.keys() <= ON_CALLS | SOMETIMES


@pytest.mark.loopback
async def test_times_between_chunks_are_measured_where_that_is_asked_for(seen: Seen) -> None:
    piece = {"id": "gen-1", "model": "a/b", "choices": [{"index": 0, "delta": {"content": "x"}}]}
    end = {**piece, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}

    def answer(connection: Connection, _request: Request) -> None:
        connection.send(Reply(200, sse(piece, piece, piece, end, "[DONE]"), STREAMED).encode())

    with LoopbackServer(serve_responses([answer])) as server:
        for chunk_times in (False, True):
            async with seen.client_at(server.url, chunk_times=chunk_times) as client:
                await stream(client)
    (point,) = seen.metrics()["gen_ai.client.inference.time_per_output_chunk"]
    assert point.count == 3


STREAMED = {"content-type": "text/event-stream"}


def rows_of_page(heading: str) -> list[tuple[str, ...]]:
    (_, section) = PAGE.read_text("utf-8").split(f"\n## {heading}\n")
    lines = re.findall(r"^\| (.*) \|$", section.partition("\n## ")[0], re.MULTILINE)
    return [tuple(cell.strip().strip("`") for cell in line.split(" | ")) for line in lines[1:]]


def test_the_reference_has_the_same_tables() -> None:
    assert rows_of_page("Attributes") == [tuple(row) for row in ATTRIBUTES]
    assert rows_of_page("Metrics") == [tuple(row) for row in METRICS]
