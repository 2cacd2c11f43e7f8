"""Running a batch: what is asked, when, and what comes of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from itertools import count

import anyio
import pytest

from openrouter_async.batch.items import Item
from openrouter_async.batch.results import Done, Failed
from openrouter_async.errors import (
    AuthenticationError,
    Availability,
    BadRequest,
    BudgetExceeded,
    ConfigurationError,
    InsufficientCredits,
    NotFound,
    OpenRouterError,
    Overloaded,
    RateLimited,
    SpendingLimitExceeded,
)
from openrouter_async.types.chat.completion import ChatCompletion
from tests.batch.fakes import FakeModel, batch_of, completion, read, texts


def raising(*errors: OpenRouterError | None) -> FakeModel:
    """Return a model that fails its first calls with these errors; None is an answer."""
    left = list(errors)

    def answer(text: str, model: FakeModel) -> ChatCompletion:
        error = left.pop(0) if left else None
        if error is not None:
            raise error
        return completion(f"answer to {text}")

    return FakeModel(answer)


async def test_every_item_is_answered_once() -> None:
    model = FakeModel()
    async with batch_of(texts(100), model, concurrency=7) as batch:
        results = [result async for result in batch]
    assert sorted(model.asked) == sorted(texts(100))
    assert model.most_at_once == 7
    assert {result.index: result.output for result in results} == {
        number: f"answer to question {number}" for number in range(100)
    }
    assert len({result.key for result in results}) == 100
    summary = batch.summary
    assert (summary.done, summary.failed, summary.cost) == (100, 0, Decimal("0.100"))
    assert summary.models["a/model"].items == 100
    assert summary.models["a/model"].cost == Decimal("0.100")
    assert summary.models["a/model"].prompt_tokens == 100 * 10
    assert summary.models["a/model"].completion_tokens == 100 * 20


async def test_no_more_is_read_ahead_than_needed() -> None:
    """An endless iterator of which three results are read gives as many items as are in work or wait, and no more."""
    taken = 0

    def items() -> Iterator[str]:
        nonlocal taken
        for taken in count(1):
            yield f"question {taken}"

    async with batch_of(items(), FakeModel(), concurrency=4) as batch:
        for _ in range(3):
            await anext(batch)
        await anyio.sleep(0.02)
        assert taken <= 3 + 2 * 4
    assert taken <= 3 + 2 * 4


async def test_a_slow_reader_holds_up_the_asking() -> None:
    model = FakeModel()
    async with batch_of((f"question {number}" for number in count()), model, concurrency=3) as batch:
        for read_so_far in range(1, 11):
            await anext(batch)
            await anyio.sleep(0.005)
            assert len(model.asked) <= read_so_far + 2 * 3


async def test_items_may_come_one_by_one() -> None:
    async def items() -> AsyncIterator[str]:
        for text in texts(5):
            await anyio.sleep(0.001)
            yield text

    async with batch_of(items(), FakeModel()) as batch:
        assert len([result async for result in batch]) == 5


async def test_a_batch_that_waits_for_an_item_can_be_stopped() -> None:
    async def items() -> AsyncIterator[str]:
        yield "question 1"
        await anyio.sleep_forever()

    async with batch_of(items(), FakeModel()) as batch:
        results = []
        with anyio.fail_after(5):
            async for result in batch:
                results.append(result)
                batch.stop()
    assert len(results) == 1


async def test_the_generator_of_the_items_is_closed() -> None:
    is_closed = False

    async def items() -> AsyncIterator[str]:
        nonlocal is_closed
        try:
            for number in count():
                yield f"question {number}"
        finally:
            is_closed = True

    async with batch_of(items(), FakeModel()) as batch:
        await anext(batch)
    assert is_closed


async def test_results_in_order() -> None:
    async def answer(text: str, model: FakeModel) -> ChatCompletion:
        await anyio.sleep(0.03 if text.endswith("0") else 0.001)
        return completion(text)

    async with batch_of(texts(60), FakeModel(answer), concurrency=5) as batch:
        assert [result.index async for result in batch.ordered()] == list(range(60))


async def test_an_item_that_hangs_bounds_how_far_the_others_get() -> None:
    async def answer(text: str, model: FakeModel) -> ChatCompletion:
        if text == "question 0":
            await anyio.sleep_forever()
        return completion(text)

    model = FakeModel(answer)
    async with batch_of((f"question {number}" for number in count()), model, concurrency=2) as batch:
        with anyio.move_on_after(0.3):
            async for _ in batch.ordered():
                pytest.fail("the first item is not there")
        assert len(model.asked) <= 2 * 16 + 2


async def test_keys_are_the_callers_or_made_of_the_request() -> None:
    items = [Item("mine", "a"), "b", "b", "c"]
    async with batch_of(items, FakeModel()) as batch:
        keys = [result.key async for result in batch.ordered()]
    assert keys[0] == "mine"
    assert keys[1].endswith("-1")
    assert keys[2] == keys[1].removesuffix("-1") + "-2"
    assert keys[3].endswith("-1")
    async with batch_of(items, FakeModel(), temperature=0.5) as batch:
        others = [result.key async for result in batch.ordered()]
    assert others[0] == "mine"
    assert not {*keys[1:]} & {*others[1:]}


async def test_an_item_is_laid_over_the_batch() -> None:
    model = FakeModel()
    items = [Item("a", "x", model="b/model", temperature=0.5, extra_body={"z": 1}), "y"]
    async with batch_of(items, model, model="a/model", temperature=0.1, max_tokens=5) as batch:
        assert len([result async for result in batch]) == 2
    first, second = sorted(model.calls, key=lambda call: call["model"], reverse=True)
    assert (first["model"], first["temperature"], first["max_tokens"]) == ("b/model", 0.5, 5)
    assert first["extra_body"] == {"z": 1}
    assert (second["model"], second["temperature"], second["extra_body"]) == ("a/model", 0.1, None)


async def test_one_failure_stops_nothing() -> None:
    model = raising(BadRequest("no", status=400))
    async with batch_of(texts(10), model, concurrency=1) as batch:
        results = [result async for result in batch]
    failed = [result for result in results if isinstance(result, Failed)]
    assert [result.index for result in failed] == [0]
    with pytest.raises(BadRequest):
        _ = failed[0].output
    assert batch.summary.errors == {"BadRequest": 1}
    assert (batch.progress.done, batch.progress.failed, batch.progress.in_flight) == (9, 1, 0)


async def test_stop_on_error_delivers_the_failure_and_then_raises_it() -> None:
    model = raising(None, BadRequest("no", status=400))
    results: list[object] = []
    with pytest.raises(BadRequest):
        await read(batch_of(texts(10), model, concurrency=1, stop_on_error=True), results)
    assert [type(result) for result in results] == [Done, Failed]
    assert len(model.asked) == 2


@pytest.mark.parametrize("error", [RateLimited("slow down", status=429), Overloaded("full", status=503)])
async def test_rate_limits_and_overload_are_asked_again(
    error: OpenRouterError, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openrouter_async.batch.after_failure.BASE", 0.001)
    model = raising(error, error)
    async with batch_of(["x"], model) as batch:
        assert [type(result) async for result in batch] == [Done]
    assert len(model.asked) == 3


async def test_an_item_is_given_up_after_its_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openrouter_async.batch.after_failure.BASE", 0.001)
    model = raising(*[RateLimited("slow down", status=429)] * 9)
    async with batch_of(["x"], model, attempts=4) as batch:
        assert [type(result) async for result in batch] == [Failed]
    assert len(model.asked) == 4


async def test_fallback_models_are_asked_if_wanted() -> None:
    availability = Availability(fallback_models=("b/model", "c/model"))
    gone = NotFound("gone", status=404, availability=availability)
    model = raising(gone, gone)
    async with batch_of(["x"], model, model="a/model", fallback=True) as batch:
        assert [type(result) async for result in batch] == [Done]
    assert [call["model"] for call in model.calls] == ["a/model", "b/model", "c/model"]
    model = raising(gone, gone)
    async with batch_of(["x"], model, model="a/model") as batch:
        assert [type(result) async for result in batch] == [Failed]


@pytest.mark.parametrize(
    "error",
    [
        AuthenticationError("disabled", status=401),
        InsufficientCredits("empty", status=402),
        SpendingLimitExceeded("the key limit is exceeded", status=403),
        BudgetExceeded("that of client.track"),
        RateLimited("come back tomorrow", status=429, retry_after=86_400.0),
    ],
)
async def test_when_nothing_can_succeed_the_rest_is_left_undone(error: OpenRouterError) -> None:
    model = raising(None, None, error)
    results: list[object] = []
    batch = batch_of(texts(50), model, concurrency=1)
    with pytest.raises(type(error)):
        await read(batch, results)
    assert [type(result) for result in results] == [Done, Done]
    assert len(model.asked) == 3
    assert batch.summary.failed == 0


async def test_a_client_that_cannot_send_ends_the_batch() -> None:
    model = raising(ConfigurationError("the client is closed"))
    with pytest.raises(ConfigurationError, match="closed"):
        await read(batch_of(texts(50), model, concurrency=1))
    assert len(model.asked) == 1


async def test_an_item_that_cannot_be_sent_fails_alone() -> None:
    """A second use of a key, something that is no JSON, and a parameter that the client refuses."""

    def answer(text: str, model: FakeModel) -> ChatCompletion:
        if "temperature" in model.calls[-1]:
            raise ConfigurationError("temperature is 9")
        return completion(text)

    items = [Item("a", "x"), Item("a", "y"), [{"role": "user", "content": object()}]]
    items += [Item("c", "z", temperature=9), "w"]
    async with batch_of(items, FakeModel(answer), concurrency=1) as batch:
        results = [result async for result in batch.ordered()]
    assert [type(result) for result in results] == [Done, Failed, Failed, Failed, Done]
    assert [result.key for result in results[:4]] == ["a", "a", "#2", "c"]
    assert batch.summary.errors == {"ConfigurationError": 3}


async def test_an_error_of_the_callers_iterator_passes_unchanged() -> None:
    def items() -> Iterator[str]:
        yield from texts(3)
        raise ZeroDivisionError("mine")

    results: list[object] = []
    with pytest.raises(ZeroDivisionError):
        await read(batch_of(items(), FakeModel(), concurrency=1), results)
    assert len(results) == 3


async def test_an_error_of_the_callers_block_passes_unchanged() -> None:
    async def block() -> None:
        async with batch_of(texts(30), FakeModel(), concurrency=3) as batch:
            async for _ in batch:
                raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError):
        await block()


async def test_cancelling_the_block_cancels_what_is_in_flight() -> None:
    async def answer(text: str, model: FakeModel) -> ChatCompletion:
        await anyio.sleep_forever()
        raise AssertionError

    model = FakeModel(answer)
    with anyio.move_on_after(0.05) as scope:
        async with batch_of(texts(30), model, concurrency=3) as batch:
            async for _ in batch:
                pass
    assert scope.cancelled_caught
    assert model.at_once == 0


async def test_stop_finishes_what_is_in_flight() -> None:
    async def answer(text: str, model: FakeModel) -> ChatCompletion:
        await anyio.sleep(0.02)
        return completion(text)

    model = FakeModel(answer)
    async with batch_of(texts(100), model, concurrency=4) as batch:
        results = []
        async for result in batch:
            results.append(result)
            batch.stop()
    assert len(results) == len(model.asked)
    assert 4 <= len(results) <= 8


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"concurrency": 0}, "concurrency is 0"),
        ({"budget": "much"}, "budget is 'much'"),
        ({"on_change": "ask"}, "on_change is 'ask'"),
        ({"temperature": 9}, "temperature"),
        ({"temprature": 1}, "temprature"),
        ({"rate": 5}, "rate is 5"),
        ({"retry_on": [RateLimited]}, "retry_on"),
        ({"journal": 5}, "journal is 5"),
        ({"stop_on_error": 1}, "stop_on_error is 1"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_wrong_arguments_are_refused_at_once(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        batch_of(["x"], FakeModel(), **arguments)


@pytest.mark.parametrize("items", ["text", {"role": "user", "content": "x"}, 5, b"x"])
def test_what_is_no_list_of_items_is_refused(items: object) -> None:
    with pytest.raises(ConfigurationError, match="the items are a"):
        batch_of(items, FakeModel())  # type: ignore[arg-type]  # that is what is tested


async def test_a_batch_is_read_inside_its_block_and_once() -> None:
    batch = batch_of(["x"], FakeModel())
    with pytest.raises(ConfigurationError, match="inside its block"):
        await anext(batch)
    async with batch:
        pass
    with pytest.raises(ConfigurationError, match="used once"):
        async with batch:
            pass


async def test_awaiting_a_batch_gives_all_results_in_order() -> None:
    async def answer(text: str, model: FakeModel) -> ChatCompletion:
        await anyio.sleep(0.02 if text.endswith("0") else 0.001)
        return completion(text)

    batch = batch_of(texts(12), FakeModel(answer), concurrency=4)
    results = await batch
    assert [result.output for result in results] == texts(12)
    with pytest.raises(ConfigurationError, match="used once"):
        await batch
    with pytest.raises(AuthenticationError):
        await batch_of(texts(3), raising(AuthenticationError("disabled", status=401)))


async def test_progress_knows_what_is_left() -> None:
    seen = []
    async with batch_of(texts(50), FakeModel(), concurrency=2) as batch:
        assert batch.progress.total == 50
        async for _ in batch:
            await anyio.sleep(0.001)
            seen.append(batch.progress)
    assert seen[-1].rate > 0
    assert seen[30].time_left is not None
    assert seen[-1].time_left == pytest.approx(0.0)
    assert seen[-1].cost == Decimal("0.050")
    assert (seen[-1].prompt_tokens, seen[-1].completion_tokens) == (500, 1_000)
