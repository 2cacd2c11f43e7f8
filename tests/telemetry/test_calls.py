"""The spans of calls, by a table of what each must hold, however the call goes."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import anyio
import pytest
from opentelemetry import context
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind, StatusCode

from openrouter_async import AsyncOpenRouter, OpenRouterError, StreamError, TextDelta
from openrouter_async.testing import Emulator, Fault
from tests.support.emulated import MODEL
from tests.support.loopback import LoopbackServer, Reply, serve_responses
from tests.telemetry.seen import Seen

pytestmark = pytest.mark.loopback

CHAT = f"chat {MODEL}"

AT_START = {
    "gen_ai.operation.name",
    "gen_ai.provider.name",
    "gen_ai.request.model",
    "gen_ai.request.stream",
    "server.address",
    "server.port",
}
ANSWERED = {
    "gen_ai.response.id",
    "gen_ai.response.model",
    "gen_ai.response.finish_reasons",
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.cost.amount",
    "gen_ai.usage.cost.currency",
    "gen_ai.usage.cost.source",
    "operation.cost",
    "openrouter.provider.name",
    "openrouter.generation.id",
    "openrouter.attempts",
    "openrouter.queue.duration",
}
STREAMED = {"gen_ai.response.time_to_first_chunk"}


async def plain(client: AsyncOpenRouter) -> None:
    await client.chat.create("Hi")


async def stream(client: AsyncOpenRouter) -> None:
    async with client.chat.stream("Hi") as events:
        await events.final()


async def abort(client: AsyncOpenRouter) -> None:
    async with client.chat.stream("Hi") as events:
        async for event in events:
            if isinstance(event, TextDelta):
                break


async def cancel(client: AsyncOpenRouter) -> None:
    with anyio.move_on_after(0.3) as scope:
        await client.chat.create("Hi")
    assert scope.cancelled_caught


async def fail(client: AsyncOpenRouter) -> None:
    with pytest.raises(OpenRouterError):
        await client.chat.create("Hi")


async def break_off(client: AsyncOpenRouter) -> None:
    with pytest.raises(StreamError):
        await stream(client)


@dataclass(frozen=True)
class Case:
    """A call, what the service answers, and what its span must hold."""

    make: Callable[[AsyncOpenRouter], Awaitable[None]]
    answer: Callable[[Emulator], None]
    told: set[str]
    statuses: list[int | None]


def busy_at_first(emulator: Emulator) -> None:
    emulator.fail(503)
    emulator.reply("Hello")


CASES = {
    "plain": Case(plain, lambda emulator: emulator.reply("Hello"), ANSWERED, [200]),
    "stream": Case(stream, lambda emulator: emulator.reply("Hello"), ANSWERED | STREAMED, [200]),
    "retry": Case(plain, busy_at_first, ANSWERED, [503, 200]),
    "failure": Case(fail, lambda emulator: emulator.fail(400), {"error.type", "openrouter.attempts"}, [400]),
    "cancel": Case(
        cancel, lambda emulator: emulator.reply("Hello", fault=Fault.stall()), {"openrouter.outcome"}, [None]
    ),
    "abort": Case(
        abort,
        lambda emulator: emulator.reply("Hello, you there", fault=Fault.stall(after=3)),
        {"openrouter.outcome", "openrouter.may_have_been_billed", "openrouter.generation.id"} | STREAMED,
        [200],
    ),
    "broken stream": Case(
        break_off,
        lambda emulator: emulator.reply("Hello, you there", fault=Fault.disconnect(after=3)),
        {"error.type", "openrouter.may_have_been_billed"} | STREAMED,
        [200],
    ),
}


def attributes(span: ReadableSpan) -> dict[str, object]:
    return dict(span.attributes or {})


@pytest.mark.parametrize("case", CASES)
async def test_each_call_is_a_span_with_its_requests_below(case: str, emulator: Emulator, seen: Seen) -> None:
    required, statuses = CASES[case].told, CASES[case].statuses
    CASES[case].answer(emulator)
    async with seen.client(emulator) as client:
        await CASES[case].make(client)
    call = seen.one(CHAT)
    told = attributes(call)
    assert call.kind is SpanKind.CLIENT
    assert call.parent is None
    assert AT_START | required <= told.keys()
    assert told["gen_ai.provider.name"] == "openrouter"
    assert (told["gen_ai.operation.name"], told["gen_ai.request.model"]) == ("chat", MODEL)
    requests = seen.named("POST")
    assert [attributes(span).get("http.response.status_code") for span in requests] == statuses
    for number, span in enumerate(requests):
        assert span.parent is not None
        assert span.parent.span_id == call.context.span_id
        assert attributes(span).get("http.request.resend_count", 0) == number
        assert attributes(span)["url.full"] == f"{emulator.base_url}/chat/completions"
    is_error = "error.type" in required
    assert (call.status.status_code is StatusCode.ERROR) == is_error
    if case in ("abort", "broken stream"):
        assert told["gen_ai.response.finish_reasons"] == ("error",)
        assert "gen_ai.usage.cost.amount" not in told


async def test_parameters_of_the_request_are_told(emulator: Emulator, seen: Seen) -> None:
    emulator.reply("{}")
    async with seen.client(emulator) as client:
        await client.chat.create(
            "Hi",
            temperature=0.5,
            max_tokens=20,
            top_p=1,
            seed=7,
            stop=["x", "y"],
            response_format={"type": "json_object"},
            options={"session_id": "mine"},
        )
    expected = {
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.max_tokens": 20,
        "gen_ai.request.top_p": 1.0,
        "gen_ai.request.seed": 7,
        "gen_ai.request.stop_sequences": ("x", "y"),
        "gen_ai.output.type": "json",
        "gen_ai.conversation.id": "mine",
    }
    assert expected.items() <= attributes(seen.one(CHAT)).items()


async def test_a_conversation_is_named(emulator: Emulator, seen: Seen) -> None:
    emulator.reply("Hello")
    async with seen.client(emulator) as client:
        chat = client.conversation()
        await chat.send("Hi")
    assert attributes(seen.one(CHAT))["gen_ai.conversation.id"] == chat.history.session_id


async def test_embeddings_and_others_have_spans_of_their_own(emulator: Emulator, seen: Seen) -> None:
    async with seen.client(emulator) as client:
        await client.embeddings.create("Hi", model="openai/text-embedding-3-small")
        await client.key.get()
    assert (
        attributes(seen.one("embeddings openai/text-embedding-3-small"))["gen_ai.operation.name"]
        == "embeddings"
    )
    other = attributes(seen.one("key.get"))
    assert other["openrouter.operation"] == "key.get"
    assert "gen_ai.operation.name" not in other


async def test_an_answer_that_says_nothing_of_its_usage_has_a_span_without_cost(seen: Seen) -> None:
    vector = {"object": "embedding", "index": 0, "embedding": [0.5]}
    with LoopbackServer(serve_responses([Reply(json={"object": "list", "data": [vector]})])) as server:
        async with seen.client_at(server.url) as client:
            reply = await client.embeddings.create("Hi", model=MODEL)
    assert reply.usage is None
    told = attributes(seen.one(f"embeddings {MODEL}"))
    assert "gen_ai.usage.cost.amount" not in told


async def test_nothing_secret_is_told_unless_content_is_asked_for(emulator: Emulator, seen: Seen) -> None:
    emulator.reply("Riddle")
    emulator.fail(400, "the Xylophone is wrong")
    async with seen.client(emulator) as client:
        await client.chat.create("Xylophone", stop=["end"], user="Zacharias")
        with pytest.raises(OpenRouterError):
            await client.chat.create("Xylophone")
    told = seen.everything
    for secret in ("Xylophone", "Riddle", "Zacharias", emulator.key):
        assert secret not in told


async def test_content_is_told_where_it_is_asked_for_and_the_key_never(
    emulator: Emulator, seen: Seen
) -> None:
    emulator.reply("Riddle")
    async with seen.client(emulator, content=True) as client:
        await client.chat.create("Xylophone")
    told = attributes(seen.one(CHAT))
    assert (
        told["gen_ai.input.messages"] == '[{"role":"user","parts":[{"type":"text","content":"Xylophone"}]}]'
    )
    assert told["gen_ai.output.messages"] == (
        '[{"role":"assistant","parts":[{"type":"text","content":"Riddle"}],"finish_reason":"stop"}]'
    )
    assert emulator.key not in seen.everything


async def test_calls_stand_below_the_span_of_the_task_and_name_themselves_to_the_service(
    emulator: Emulator, seen: Seen
) -> None:
    emulator.reply("Hello", times=3)
    tracer = seen.tracer_provider.get_tracer("test")
    given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    async with seen.client(emulator) as client:
        with tracer.start_as_current_span("mine") as mine:
            await client.chat.create("Hi")
            async with client.chat.stream("Hi") as events:
                await events.final()
        await client.chat.create("Hi", options={"headers": {"traceparent": given}})
    calls = seen.named(CHAT)
    assert [span.parent and span.parent.span_id for span in calls] == [
        mine.get_span_context().span_id
    ] * 2 + [None]
    sent = [request.headers["traceparent"] for request in emulator.requests]
    named = [f"00-{span.context.trace_id:032x}-{span.context.span_id:016x}" for span in seen.named("POST")]
    assert [header.rpartition("-")[0] for header in sent[:2]] == named[:2]
    assert sent[2] == given


async def test_nothing_is_told_where_tracing_is_suppressed(emulator: Emulator, seen: Seen) -> None:
    emulator.reply("Hello")
    async with seen.client(emulator) as client:
        token = context.attach(context.set_value("suppress_instrumentation", True))
        await client.chat.create("Hi")
        context.detach(token)
    assert seen.spans == []
    assert "traceparent" not in emulator.requests[0].headers


async def test_requests_need_not_be_spans_and_costs_have_the_names_that_are_asked_for(
    emulator: Emulator, seen: Seen
) -> None:
    emulator.reply("Hello")
    async with seen.client(emulator, attempts=False, cost_names=["operation.cost"]) as client:
        await client.chat.create("Hi")
    (call,) = seen.spans
    told = attributes(call)
    assert "operation.cost" in told
    assert "gen_ai.usage.cost.amount" not in told


@pytest.mark.filterwarnings("ignore:Async generator:ResourceWarning")  # trio says so of those within httpx
async def test_a_stream_that_is_collected_is_told_with_the_next_call(emulator: Emulator, seen: Seen) -> None:
    """Not at once: it may be collected while an exporter holds its lock."""
    emulator.reply("Hello, you there", fault=Fault.stall(after=3))
    emulator.reply("Hello")
    async with seen.client(emulator) as client:
        events = client.chat.stream("Hi")
        while not isinstance(await anext(events), TextDelta):
            pass
        with pytest.warns(ResourceWarning):  # noqa: PT031  # the warning comes from the collector
            del events
            gc.collect()
            assert seen.spans == []
            await client.chat.create("Hi")  # trio warns of generators in its own time
    left, answered = seen.named(CHAT)
    assert attributes(left)["openrouter.outcome"] == "left"
    assert left.end_time is not None
    assert answered.start_time is not None
    assert left.end_time <= answered.start_time


async def test_a_client_that_is_gone_leaves_nothing(emulator: Emulator, seen: Seen) -> None:
    emulator.reply("Hello")
    async with seen.client(emulator) as client:
        await client.chat.create("Hi")
    telemetry = weakref.ref(client._sender.transport.telemetry)
    del client
    gc.collect()
    assert telemetry() is None
