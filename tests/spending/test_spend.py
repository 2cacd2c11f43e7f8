"""`client.track`: what it adds up is what the service charges, whatever becomes of a call, and a budget holds."""

from __future__ import annotations

import gc
import itertools
import tracemalloc
from collections.abc import Iterator
from contextlib import aclosing
from decimal import Decimal
from functools import partial
from typing import Any

import anyio
import httpx
import pytest
from pydantic import JsonValue

from openrouter_async import (
    APIStatusError,
    AsyncOpenRouter,
    BudgetExceeded,
    ConfigurationError,
    ConnectionLost,
    Limits,
    Overloaded,
    ResponseCache,
    Retries,
    Timeouts,
    max_steps,
    open_ledger,
    tool,
)
from openrouter_async._http.observers import Attempt
from openrouter_async._sansio.request import build_request
from openrouter_async._secret import Secrets
from openrouter_async.operations import CREATE_CHAT
from openrouter_async.spending.spend import Spend
from openrouter_async.testing import Emulator, Fault, Reply, tool_call

pytestmark = pytest.mark.loopback

MODEL, OTHER = "openai/gpt-4o", "openai/gpt-4o-mini"
FREE = "local/free"
FAST = Retries(base=0.001, cap=0.001)


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


def client_of(emulator: Emulator, **settings: Any) -> AsyncOpenRouter:
    return AsyncOpenRouter(emulator.key, base_url=emulator.base_url, retries=FAST, **settings)


async def arrived(emulator: Emulator) -> None:
    """Wait for the first request."""
    with anyio.fail_after(10):
        while not emulator.requests:  # noqa: ASYNC110  # they arrive in another thread
            await anyio.sleep(0.005)


async def ask_until_refused(client: AsyncOpenRouter, model: str, **params: Any) -> None:
    for _ in range(100):
        await client.chat.create("hello", model=model, **params)


async def leave_until_refused(client: AsyncOpenRouter, model: str, **params: Any) -> None:
    for _ in range(100):
        async with (
            client.chat.stream("hello", model=model, **params) as stream,
            aclosing(stream.text()) as pieces,
        ):
            await anext(pieces)


async def test_plain_calls_streams_and_vectors_add_up_to_what_the_account_was_charged(
    emulator: Emulator,
) -> None:
    async with client_of(emulator) as client:
        async with client.track() as spend:
            first = await client.chat.create("one", model=MODEL)
            async with client.chat.stream("two", model=OTHER) as stream:
                second = await stream.final()
            await client.embeddings.create(["three"], model="openai/text-embedding-3-small")
            await client.completions.create("four", model=MODEL)
        assert spend.cost == emulator.spent > 0
        assert (spend.calls, spend.unsettled, spend.held) == (4, (), Decimal(0))
        assert first.usage.is_reported
        assert second.usage.is_reported
        assert spend.by_model[OTHER] == second.usage.cost
        assert sum(spend.by_model.values()) == spend.cost


async def test_operations_without_a_method_of_their_own_count(emulator: Emulator) -> None:
    body: dict[str, JsonValue] = {"model": MODEL, "messages": [{"role": "user", "content": "one"}]}
    async with client_of(emulator) as client, client.track() as spend:
        await client.request("POST", "/chat/completions", body=body, into=bytes)
        streamed = client.stream_request(
            "POST", "/chat/completions", body={**body, "stream": True}, into=dict[str, JsonValue]
        )
        async with streamed as events:
            async for _ in events:
                pass
    assert spend.cost == emulator.spent > 0
    assert spend.calls == 2


async def test_tasks_that_begin_inside_count_and_reads_do_not(emulator: Emulator) -> None:
    async with client_of(emulator) as client, client.track() as spend:
        async with anyio.create_task_group() as tasks:
            for number in range(20):
                tasks.start_soon(partial(client.chat.create, f"number {number}", model=MODEL))
        await client.key.get()
        await client.models.get(MODEL)
    assert spend.cost == emulator.spent
    assert spend.calls == 20


async def test_runs_conversations_and_batches_count(emulator: Emulator) -> None:
    @tool
    def weather(city: str) -> str:
        """Weather of a city."""
        return f"{city}: clear"

    async with client_of(emulator, default_model=MODEL) as client, client.track() as spend:
        emulator.reply(tool_call("weather", city="Oslo"))
        run = await client.chat.run("The weather in Oslo?", tools=[weather])
        assert len(run.steps) == 2
        await client.conversation().send("Hello")
        await client.chat.create("Ten words.", output=list[str])
        async with client.batch(["one", "two"]) as batch:
            async for _ in batch:
                pass
    assert spend.cost == emulator.spent
    assert spend.calls == 6


async def test_a_run_ends_where_its_next_step_would_pass_the_budget(emulator: Emulator) -> None:
    @tool
    def weather(city: str) -> str:
        """Weather of a city."""
        return f"{city}: clear"

    emulator.reply(tool_call("weather", city="Oslo"), times=None)
    async with client_of(emulator) as client, client.track(budget="0.0036") as spend:
        with pytest.raises(BudgetExceeded):
            await client.chat.run(
                "Again and again.", model=MODEL, tools=[weather], max_tokens=300, stop=max_steps(5)
            )
    assert spend.cost == emulator.spent <= Decimal("0.0036")
    assert spend.calls > 1


async def test_a_derived_client_counts_and_another_does_not(emulator: Emulator) -> None:
    async with client_of(emulator) as client, client_of(emulator) as other:
        async with client.track() as spend:
            await client.with_options(default_model=MODEL).chat.create("mine")
            mine = emulator.spent
            await other.chat.create("not mine", model=MODEL)
        await client.chat.create("later", model=MODEL)
    assert spend.cost == mine < emulator.spent


async def test_blocks_in_one_another_each_count(emulator: Emulator) -> None:
    async with client_of(emulator) as client, client.track() as outer:
        await client.chat.create("one", model=MODEL)
        async with client.track() as inner:
            await client.chat.create("two", model=MODEL)
        await client.chat.create("three", model=MODEL)
    assert outer.cost == emulator.spent
    assert (outer.calls, inner.calls) == (3, 1)


async def test_a_stream_counts_where_it_was_made(emulator: Emulator) -> None:
    async with client_of(emulator) as client:
        async with client.track() as spend:
            stream = client.chat.stream("hello", model=MODEL)
        assert spend.calls == 0
        async with stream:
            await stream.final()
    assert spend.cost == emulator.spent > 0


@pytest.mark.parametrize("misses", [0, 2])
async def test_a_stream_that_was_left_is_settled_by_its_record(misses: int) -> None:
    with Emulator(speed=100, generation_misses=misses) as emulator:
        emulator.reply("word " * 200)
        async with client_of(emulator) as client:
            async with client.track() as spend:
                async with client.chat.stream("a story", model=MODEL) as stream:
                    await stream.__anext__()
                (call,) = spend.unsettled
                assert (call.operation, call.model) == ("chat.create", MODEL)
                assert call.generation_id == stream.generation_id is not None
                assert spend.cost == 0
            assert spend.unsettled == ()
            assert spend.cost == emulator.spent > 0


async def test_tasks_of_their_own_can_join() -> None:
    """As the requests that a server answers, none of which is inside another's block; each record is asked for once."""
    with Emulator(speed=100, generation_misses=0) as emulator:
        emulator.reply("word " * 200, times=5)
        async with client_of(emulator) as client:
            spend = client.track()

            async def request() -> None:
                async with spend.join(), client.chat.stream("a story", model=MODEL) as stream:
                    await stream.__anext__()
                await spend.settle()

            async with anyio.create_task_group() as group:
                for _ in range(5):
                    group.start_soon(request)
            await client.chat.create("not counted", model=OTHER)
        # Where the emulator has not noticed yet that the reader left, there is no record at the first look.
        lookups = {request.query["id"] for request in emulator.requests if request.path == "/generation"}
    assert (len(lookups), spend.unsettled) == (5, ())
    assert (spend.calls, [*spend.by_model]) == (5, [MODEL])
    assert 0 < spend.cost < emulator.spent


async def test_what_is_not_settled_in_time_is_told() -> None:
    with Emulator(speed=100, generation_misses=1_000) as emulator:
        emulator.reply("word " * 200)
        async with client_of(emulator) as client, client.track(settle=0.3) as spend:
            stream = client.chat.stream("a story", model=MODEL)
            await stream.__anext__()
            await stream.aclose()
    (call,) = spend.unsettled
    assert call.generation_id is not None
    assert (spend.calls, spend.cost) == (1, Decimal(0))


@pytest.mark.filterwarnings("ignore:a stream was dropped:ResourceWarning")
@pytest.mark.filterwarnings("ignore:Async generator:ResourceWarning")  # trio says so too
async def test_a_stream_that_was_dropped_is_settled_too() -> None:
    with Emulator(speed=100) as emulator:
        emulator.reply("word " * 200)
        async with client_of(emulator) as client:
            async with client.track() as spend:
                stream = client.chat.stream("a story", model=MODEL)
                await stream.__anext__()
                del stream
                gc.collect()
            assert spend.cost == emulator.spent > 0


async def test_a_plain_call_that_was_cancelled_is_in_doubt() -> None:
    with Emulator(first_token_s=30) as emulator:
        async with (
            client_of(emulator) as client,
            client.track(settle=0) as spend,
            anyio.create_task_group() as tasks,
        ):
            tasks.start_soon(partial(client.chat.create, "hello", model=MODEL))
            await arrived(emulator)
            tasks.cancel_scope.cancel()
    assert [call.operation for call in spend.unsettled] == ["chat.create"]


async def test_a_call_that_was_cancelled_before_it_was_sent_costs_nothing() -> None:
    with Emulator(first_token_s=30) as emulator:
        one_at_a_time = client_of(emulator, limits=Limits(concurrency=1))
        async with (
            one_at_a_time as client,
            client.track(settle=0) as spend,
            anyio.create_task_group() as tasks,
        ):
            for _ in range(2):
                tasks.start_soon(partial(client.chat.create, "hello", model=MODEL))
            await arrived(emulator)
            tasks.cancel_scope.cancel()
        assert len(emulator.requests) == len(spend.unsettled) == 1


async def test_failures_that_are_sent_again_cost_nothing(emulator: Emulator) -> None:
    emulator.fail(503, times=2)
    async with client_of(emulator) as client, client.track() as spend:
        await client.chat.create("hello", model=MODEL)
    assert spend.cost == emulator.spent
    assert (spend.calls, spend.unsettled) == (1, ())


async def test_a_call_that_fails_costs_nothing(emulator: Emulator) -> None:
    emulator.fail(503, times=3)
    async with client_of(emulator) as client, client.track() as spend:
        with pytest.raises(Overloaded):
            await client.chat.create("hello", model=MODEL)
    assert (spend.calls, spend.cost, spend.unsettled) == (0, Decimal(0), ())


# budgets


async def test_a_budget_refuses_the_call_that_would_pass_it_before_it_is_made(emulator: Emulator) -> None:
    async with client_of(emulator) as client, client.track(budget="0.01") as spend:
        with pytest.raises(BudgetExceeded) as caught:
            await ask_until_refused(client, MODEL, max_tokens=300)
        made = len([request for request in emulator.requests if request.method == "POST"])
        assert made == spend.calls > 1
        assert spend.cost == emulator.spent <= Decimal("0.01")
        assert spend.remaining == Decimal("0.01") - spend.cost
        assert (caught.value.budget, caught.value.spent) == (Decimal("0.01"), spend.cost)
        assert caught.value.may_have_been_billed is False
        assert "chat.create would pass the budget of 0.01 US dollars" in str(caught.value)
        assert "0 held for calls in flight" in str(caught.value)
        assert "E-" not in str(caught.value)


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
async def test_calls_in_flight_hold_what_they_may_cost(streamed: bool) -> None:
    """A hundred calls at once, each of at most 0.003 dollars: a budget of 0.02 lets at most six of them out."""
    with Emulator(first_token_s=0.2) as emulator:
        refused = 0

        async def ask() -> None:
            nonlocal refused
            try:
                if streamed:
                    async with client.chat.stream("hello", model=MODEL, max_tokens=300) as stream:
                        await stream.final()
                else:
                    await client.chat.create("hello", model=MODEL, max_tokens=300)
            except BudgetExceeded:
                refused += 1

        async with (
            client_of(emulator) as client,
            client.track(budget="0.02") as spend,
            anyio.create_task_group() as tasks,
        ):
            for _ in range(100):
                tasks.start_soon(ask)
        assert spend.cost == emulator.spent <= Decimal("0.02")
        assert (spend.calls, refused) == (6, 94)
        assert spend.held == 0


async def test_a_budget_of_nothing_lets_free_models_through() -> None:
    free: dict[str, JsonValue] = {"id": FREE, "pricing": {"prompt": "0", "completion": "0"}}
    with Emulator(models=[free, "local/paid"]) as emulator:
        async with client_of(emulator) as client, client.track(budget=0) as spend:
            await client.chat.create("hello", model=FREE)
            with pytest.raises(BudgetExceeded):
                await client.chat.create("hello", model="local/paid")
    assert spend.cost == 0


async def test_of_an_unknown_price_the_dearest_so_far_is_held() -> None:
    router: dict[str, JsonValue] = {
        "id": "openrouter/auto",
        "pricing": {"prompt": "-1", "completion": "-1"},
    }
    with Emulator(models=[router, "local/paid"]) as emulator:
        emulator.reply("word " * 50, times=None)
        async with client_of(emulator) as client, client.track(budget="0.001") as spend:
            with pytest.raises(BudgetExceeded, match="it may cost"):
                await ask_until_refused(client, "openrouter/auto")
        assert spend.cost == emulator.spent <= Decimal("0.001")
        assert spend.calls > 1


async def test_a_budget_counts_across_retries_of_one_call(emulator: Emulator) -> None:
    """What failed holds nothing while the call waits to be sent again."""
    emulator.fail(503, times=2)
    async with client_of(emulator) as client, client.track(budget="0.004") as spend:
        await client.chat.create("hello", model=MODEL, max_tokens=300)
    assert spend.calls == 1


async def test_the_inner_budget_refuses_and_the_outer_block_holds_nothing_then(emulator: Emulator) -> None:
    async with client_of(emulator) as client, client.track(budget="1") as outer:
        async with client.track(budget="0.000001"):
            with pytest.raises(BudgetExceeded):
                await client.chat.create("hello", model=MODEL)
        assert (outer.held, outer.calls, outer.unsettled) == (Decimal(0), 0, ())


async def test_a_spent_budget_lets_no_call_through_whose_fallbacks_or_searches_cost(
    emulator: Emulator,
) -> None:
    emulator.reply_with(lambda _: Reply.of("word", model="openai/o1-pro", usage={"cost": 0.9}))
    free = "openai/gpt-oss-20b:free"
    async with client_of(emulator) as client:
        for asked in ({"models": ["openai/o1-pro"]}, {"plugins": [{"id": "web"}]}):
            async with client.track(budget="1.00") as spend:
                with pytest.raises(BudgetExceeded):
                    await ask_until_refused(client, free, max_tokens=10, **asked)
            assert (spend.cost, spend.calls) == (Decimal("0.9"), 1)


async def test_calls_of_unknown_cost_go_one_at_a_time_until_one_has_shown_it() -> None:
    with Emulator(first_token_s=0.1) as emulator:
        emulator.reply_with(lambda _: Reply.of("word", usage={"cost": 0.02}))
        refused = 0

        async def ask() -> None:
            nonlocal refused
            try:
                await client.chat.create("hello", model=MODEL, max_tokens=9, plugins=[{"id": "web"}])
            except BudgetExceeded:
                refused += 1

        async with (
            client_of(emulator) as client,
            client.track(budget="0.21") as spend,
            anyio.create_task_group() as tasks,
        ):
            for _ in range(30):
                tasks.start_soon(ask)
        posts = [request for request in emulator.requests if request.method == "POST"]
        second = posts[1].arrived_at - posts[0].arrived_at
    assert second > 0.1  # it waited for the first
    assert spend.cost == emulator.spent == Decimal("0.16")  # one, and seven that hold 0.025 each
    assert refused == 22


async def test_a_call_of_unknown_cost_inside_the_stream_of_another_is_refused_and_does_not_wait_for_ever() -> (
    None
):
    with Emulator(speed=100) as emulator:
        emulator.reply("word " * 200)
        plugins: Any = [{"id": "web"}]
        async with (
            client_of(emulator) as client,
            client.track(budget="1") as spend,
            client.chat.stream("a story", model=MODEL, plugins=plugins) as stream,
        ):
            await stream.__anext__()
            with (
                anyio.fail_after(20),
                pytest.raises(BudgetExceeded, match="before another such call is over"),
            ):
                await client.chat.create("hello", model=MODEL, plugins=plugins)
        assert spend.calls == 1


async def test_a_long_prompt_is_estimated_while_the_event_loop_goes_on(emulator: Emulator) -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await anyio.sleep(0.001)
            ticks += 1

    emulator.reply("fine")
    prompt = "The quick brown fox jumps over the lazy dog. " * 60_000
    async with client_of(emulator) as client, client.track(budget="10"), anyio.create_task_group() as tasks:
        meter = client.track(budget="10")
        await meter.prepare()
        body = b'{"model":"%s","messages":[{"role":"user","content":"%s"}]}' % (
            MODEL.encode(),
            prompt.encode(),
        )
        tasks.start_soon(tick)
        await anyio.sleep(0.01)
        before = ticks
        request = build_request(CREATE_CHAT, content=body, model=MODEL)
        observer = meter.observe(request, client._sender)
        assert observer is not None
        await observer.started(Attempt(request=request, number=1, began=0.0, secrets=Secrets()))
        assert ticks - before > 1, "none but one, if it waited"
        tasks.cancel_scope.cancel()
    assert meter.held > Decimal("1")


async def test_what_a_budget_refuses_that_would_have_fitted_is_little(emulator: Emulator) -> None:
    """Of answers whose bound is twice what they use, all but the last few of the budget are made."""
    emulator.reply_with(lambda _: Reply.of("word " * 50, usage={"cost": 0.001}))
    async with client_of(emulator) as client, client.track(budget="0.1") as spend:
        with pytest.raises(BudgetExceeded):
            await ask_until_refused(client, MODEL, max_tokens=200)
    assert spend.cost == Decimal("0.098")  # of 100 that would have fitted, 98 are made


async def test_a_key_of_ones_own_counts_in_the_budget_with_what_its_provider_charged(
    emulator: Emulator,
) -> None:
    usage: Any = {"cost": 0.01, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.6}}
    emulator.reply_with(lambda _: Reply.of("word", usage=usage))
    async with client_of(emulator) as client, client.track(budget="1") as spend:
        with pytest.raises(BudgetExceeded, match=r"0\.01 are spent and 0\.6 on keys of your own"):
            await ask_until_refused(client, MODEL, max_tokens=10)
    assert (
        (spend.cost, spend.byok_cost) == (emulator.spent, Decimal("0.6")) == (Decimal("0.01"), Decimal("0.6"))
    )


async def test_a_hit_of_the_response_cache_is_free(emulator: Emulator) -> None:
    options: Any = {"cache": ResponseCache()}
    async with client_of(emulator) as client, client.track() as spend:
        first = await client.chat.create("hello", model=MODEL, options=options)
        again = await client.chat.create("hello", model=MODEL, options=options)
    assert first.cache is not None
    assert again.cache is not None
    assert (first.cache.is_hit, again.cache.is_hit) == (False, True)
    assert (again.cache.source_id, again.cost) == (first.generation_id, Decimal(0))
    assert spend.cost == first.cost == emulator.spent > 0


# what is in doubt


@pytest.mark.parametrize("is_shared", [False, True])
@pytest.mark.parametrize("usage", [None, {"completion_tokens": 10}, {"cost": None}, {"cost": -4}])
async def test_a_service_that_tells_no_cost_passes_no_budget(
    emulator: Emulator, usage: dict[str, JsonValue] | None, is_shared: bool
) -> None:
    choice: dict[str, JsonValue] = {
        "index": 0,
        "message": {"role": "assistant", "content": "ok"},
        "finish_reason": "stop",
    }
    told: dict[str, JsonValue] = {} if usage is None else {"usage": usage}
    body: dict[str, JsonValue] = {"id": "gen-untold", "model": MODEL, "choices": [choice], **told}
    emulator.answer("/chat/completions", body, times=None)
    async with client_of(emulator) as client, open_ledger(":memory:") as ledger:
        budget = ledger.budget("user:42", "0.05") if is_shared else "0.05"
        async with client.track(budget=budget, settle=0.05) as spend:
            with pytest.raises(BudgetExceeded, match="would pass" if is_shared else "did not tell"):
                await ask_until_refused(client, MODEL, max_tokens=1000)
            await anyio.sleep(0.06)  # those that were answered last are let go too
            with pytest.raises(BudgetExceeded):
                await client.chat.create("hello", model=MODEL, max_tokens=1000)
        sent = sum(request.path == "/chat/completions" for request in emulator.requests)
        assert 2 <= sent <= 5  # each may cost 0.01
        assert spend.cost == spend.doubtful == 0
        assert Decimal("0.01") * sent <= spend.held <= Decimal("0.05")
        assert len(spend.unsettled) == sent


async def test_an_answer_whose_record_comes_late_is_counted_in_place_of_what_it_may_have_cost(
    emulator: Emulator,
) -> None:
    emulator.reply_with(lambda _: Reply.of("ok", usage={"cost": None}))
    async with client_of(emulator) as client:
        async with client.track(budget="1", settle=0) as spend:
            await client.chat.create("one", model=MODEL, max_tokens=1000)
            assert spend.held > spend.doubtful == 0
        spend._settle_s = 5.0
        await spend.settle(also_let_go=True)
    assert spend.cost == emulator.spent > 0
    assert (spend.held, spend.unsettled) == (0, ())


async def test_what_broke_off_is_looked_up_before_a_call_is_refused_that_would_fit(
    emulator: Emulator,
) -> None:
    """Ten aborted answers hold more than there is; their records say that they cost little."""
    async with client_of(emulator) as client, client.track(budget="0.03") as spend:
        await client.chat.create("hello", model=MODEL, max_tokens=5)
        emulator.reply("word " * 5, times=10, fault=Fault.disconnect(after=40))
        for _ in range(10):
            with pytest.raises(ConnectionLost):
                await client.chat.create("hello", model=MODEL, max_tokens=500)
        assert await client.chat.create("hello", model=MODEL, max_tokens=500)
        assert spend.doubtful == 0
    assert spend.cost == emulator.spent
    assert spend.unsettled == ()


@pytest.mark.parametrize("is_shared", [False, True])
async def test_nothing_is_asked_before_it_is_known_what_the_first_that_broke_off_cost(
    is_shared: bool,
) -> None:
    """Each costs ten thousand times what is listed, which only its record says."""
    with Emulator(credits="100", generation_misses=0) as emulator:
        emulator.reply_with(lambda _: Reply.of("word " * 9, usage={"cost": 0.1}, fault=Fault.stall(after=3)))
        async with client_of(emulator) as client, open_ledger(":memory:") as ledger:
            budget = ledger.budget("user:42", "0.15") if is_shared else "0.15"
            async with client.track(budget=budget) as spend:
                with pytest.raises(BudgetExceeded):
                    await leave_until_refused(client, OTHER, max_tokens=9)
        assert spend.cost == emulator.spent < Decimal("0.15")


@pytest.mark.parametrize("is_shared", [False, True])
async def test_a_call_without_room_beside_a_job_is_refused_also_where_no_record_is_waited_for(
    emulator: Emulator, is_shared: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It used to look for the job's again and again, and let nothing else run."""
    settle, looks = Spend.settle, 0

    async def counted(spend: Spend, **options: bool) -> None:
        nonlocal looks
        looks += 1
        assert looks < 100, "it looks without end"  # no timeout would end that
        await settle(spend, **options)

    monkeypatch.setattr(Spend, "settle", counted)
    async with client_of(emulator) as client, open_ledger(":memory:") as ledger:
        budget = ledger.budget("user:42", "0.000001") if is_shared else "0.000001"
        async with client.track(budget=budget, settle=0) as spend:
            await client.videos.create("A fox.", model="google/veo-3.1")
            assert len(spend.unsettled) == 1
            with pytest.raises(BudgetExceeded):
                await client.chat.create("hello", model=OTHER, max_tokens=5000)


async def test_what_has_no_record_is_let_go_after_its_time_and_still_told() -> None:
    with Emulator() as emulator:
        emulator.reply("word", times=None, fault=Fault.stall())
        async with client_of(emulator) as client, client.track(budget="0.01", settle=2) as spend:
            for _ in range(3):
                with anyio.move_on_after(0.1):
                    await client.chat.create("hello", model=MODEL, max_tokens=300)
            assert spend.doubtful == spend.held > Decimal("0.009")
            with pytest.raises(BudgetExceeded, match="for some that broke off"):
                await client.chat.create("hello", model=MODEL, max_tokens=300)
            await anyio.sleep(2)
            assert spend.doubtful == spend.held == 0
            with anyio.move_on_after(0.1):
                await client.chat.create("hello", model=MODEL, max_tokens=300)
            assert len([request for request in emulator.requests if request.method == "POST"]) == 4
    assert len(spend.unsettled) == 4


async def test_what_was_charged_is_not_asked_again_and_is_in_the_error(emulator: Emulator) -> None:
    """A plain 200 that carries text, a cost, and an error in its choice."""
    error: JsonValue = {"code": 502, "message": "the provider fell over"}
    body: dict[str, JsonValue] = {
        "id": "gen-1",
        "model": MODEL,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Half"}, "error": error}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 5, "total_tokens": 10, "cost": 0.01},
    }
    emulator.answer("/chat/completions", body, times=3)
    async with client_of(emulator) as client, client.track() as spend:
        with pytest.raises(APIStatusError) as caught:
            await client.chat.create("hello", model=MODEL)
    assert len(emulator.requests) == 1
    assert spend.cost == Decimal("0.01")
    (usage,) = caught.value.billed
    assert usage is not None
    assert usage.cost == Decimal("0.01")


async def test_a_failure_that_says_what_it_cost_is_counted_and_not_asked_again(emulator: Emulator) -> None:
    usage: JsonValue = {"prompt_tokens": 5, "completion_tokens": 5, "total_tokens": 10, "cost": 0.01}
    body: dict[str, JsonValue] = {"error": {"code": 502, "message": "the provider fell over"}, "usage": usage}
    emulator.answer("/chat/completions", body, status=502, times=3)
    async with client_of(emulator) as client, client.track() as spend:
        with pytest.raises(APIStatusError) as caught:
            await client.chat.create("hello", model=MODEL)
    assert len(emulator.requests) == 1
    assert spend.cost == Decimal("0.01")
    assert [usage and usage.cost for usage in caught.value.billed] == [Decimal("0.01")]


async def test_a_cost_below_nothing_is_none_that_is_known(emulator: Emulator) -> None:
    usage: JsonValue = {"prompt_tokens": 5, "completion_tokens": 5, "total_tokens": 10, "cost": -5}
    message: JsonValue = {"role": "assistant", "content": "word"}
    choices: JsonValue = [{"index": 0, "message": message, "finish_reason": "stop"}]
    emulator.answer(
        "/chat/completions", {"id": "gen-1", "model": MODEL, "choices": choices, "usage": usage}, times=1
    )
    async with client_of(emulator) as client, client.track(settle=0) as spend:
        reply = await client.chat.create("hello", model=MODEL)
    assert reply.cost is None
    assert (spend.cost, len(spend.unsettled)) == (0, 1)


# the block


async def test_a_block_that_is_cancelled_does_not_wait() -> None:
    with Emulator(speed=100, generation_misses=1_000) as emulator:
        emulator.reply("word " * 200)
        async with client_of(emulator, timeouts=Timeouts(total=30)) as client:
            began = anyio.current_time()
            spend = client.track(settle=20)
            with anyio.CancelScope() as scope:
                async with spend:
                    async with client.chat.stream("a story", model=MODEL) as stream:
                        await stream.__anext__()
                    scope.cancel()
                    await anyio.sleep(20)
            assert anyio.current_time() - began < 5
    assert len(spend.unsettled) == 1


async def test_an_exception_inside_passes_and_what_was_spent_is_known(emulator: Emulator) -> None:
    async with client_of(emulator) as client:
        spend = client.track()

        async def fail() -> None:
            async with spend:
                await client.chat.create("hello", model=MODEL)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fail()
    assert spend.cost == emulator.spent > 0


async def test_a_block_is_entered_once(emulator: Emulator) -> None:
    async with client_of(emulator) as client:
        spend = client.track()
        async with spend:
            pass
        with pytest.raises(ConfigurationError, match="used before"):
            async with spend:
                pass


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param({"budget": "-1"}, "budget is '-1'", id="below zero"),
        pytest.param({"budget": "much"}, "budget is 'much'", id="no number"),
        pytest.param({"budget": True}, "budget is True", id="a boolean"),
        pytest.param({"settle": -1}, "settle is -1", id="settle below zero"),
        pytest.param({"settle": float("inf")}, "settle is inf", id="settle for ever"),
    ],
)
async def test_wrong_arguments_are_refused(emulator: Emulator, arguments: dict[str, Any], told: str) -> None:
    async with client_of(emulator) as client:
        with pytest.raises(ConfigurationError, match=told):
            client.track(**arguments)


async def test_it_shows_what_was_spent(emulator: Emulator) -> None:
    async with client_of(emulator) as client, client.track(budget="1.00") as spend:
        assert repr(spend) == "<Spend 0 of 1.00 US dollars, 0 calls, 0 unsettled>"


async def test_no_body_is_kept_of_requests_and_answers() -> None:
    """Of calls that were paid for, and of those whose cost is not known, only figures stay until somebody asks."""
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "cost": 0.001}
    reply = {"id": "gen-1", "model": MODEL, "choices": [{"message": {"role": "assistant", "content": "ok"}}]}
    answers = [{**reply, "usage": usage}, reply]
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=answers[next(turn) % 2]))
    turn = itertools.count()
    async with AsyncOpenRouter("sk-or-v1-0000", transport=transport) as client:
        async with client.track(settle=0) as spend:
            for number in range(4):
                await client.chat.create("x" * 100_000 + str(number), model=MODEL)
            gc.collect()
            tracemalloc.start()
            try:
                for number in range(60):
                    await client.chat.create("x" * 100_000 + str(number), model=MODEL)
                gc.collect()
                kept, _ = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
        # The prompts that estimates learn from are bounded by themselves, to a megabyte.
        assert kept < 2 * 1024 * 1024
        assert (spend.calls, len(spend.unsettled)) == (64, 32)
        assert spend.cost == Decimal("0.032")


async def test_a_stream_counts_where_it_is_read_and_where_it_was_asked_for(emulator: Emulator) -> None:
    async with client_of(emulator, default_model=MODEL) as client:
        reading = client.track()
        async with client.track() as asking:
            inside = client.chat.stream("Hello")
        outside = client.chat.stream("Hello")
        async with reading:
            for stream in (inside, outside):
                async with stream:
                    await stream.final()
            async with client.chat.stream("Hello") as both:
                await both.final()
    assert (asking.calls, reading.calls) == (1, 3)
    assert asking.cost + reading.cost == emulator.spent * 4 / 3
