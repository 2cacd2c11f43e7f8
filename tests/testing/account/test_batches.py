"""The emulator's batches, by the real client over a socket."""

from __future__ import annotations

import httpx
import pytest

from openrouter_async import (
    AsyncOpenRouter,
    BadRequest,
    ChatCompletion,
    Conflict,
    InsufficientCredits,
    NotFound,
)
from openrouter_async.batch.items import Item
from openrouter_async.testing import Emulator
from tests.support.plain_http import PLAIN

MODEL = "openai/gpt-4o-mini"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openrouter_async.resources.jobs.FIRST_LOOK", 0.001)


def client_of(emulator: Emulator) -> AsyncOpenRouter:
    return AsyncOpenRouter(emulator.key, base_url=emulator.base_url, default_model=MODEL)


@pytest.mark.loopback
async def test_a_batch_is_worked_on_and_costs_half() -> None:
    with Emulator() as emulator:
        emulator.reply_with(lambda request: f"echo {request.prompt}")
        async with client_of(emulator) as client:
            submitted = await client.batches.create([Item(str(number), f"n{number}") for number in range(20)])
            seen = [batch.status async for batch in client.batches.watch(submitted.id)]
            batch = await client.batches.wait(submitted.id)
            results = client.batches.results(batch)
            plain = await client.chat.create("n1")
        assert seen == ["in_progress", "completed"]
        assert {result.key for result in results} == {str(number) for number in range(20)}
        for result in results:
            assert isinstance(result.value, ChatCompletion)
            assert result.value.text == f"echo n{result.key}"
        assert batch.usage is not None
        assert plain.usage is not None
        assert batch.usage.cost is not None
        assert plain.usage.cost is not None
        assert batch.usage.cost < 20 * plain.usage.cost
        assert emulator.spent >= batch.usage.cost


@pytest.mark.loopback
async def test_embeddings_and_failures_of_single_requests() -> None:
    with Emulator() as emulator:
        async with client_of(emulator) as client:
            requests = [{"custom_id": "a", "body": {"input": "x"}}, {"custom_id": "b", "body": {"input": 5}}]
            created = await client.batches.create(
                requests, model="openai/text-embedding-3-small", endpoint="/v1/embeddings"
            )
            results = client.batches.results(await client.batches.wait(created.id))
        assert results[0].error is None
        assert isinstance(results[1].error, BadRequest)


@pytest.mark.loopback
async def test_lists_lookups_and_deletion() -> None:
    with Emulator() as emulator:
        async with client_of(emulator) as client:
            ids = [(await client.batches.create(["x"])).id for _ in range(5)]
            assert [batch.id async for batch in client.batches.list(limit=2)] == ids[::-1]
            with pytest.raises(Conflict):
                await client.batches.delete(ids[0])
            await client.batches.wait(ids[0])
            assert [batch.id async for batch in client.batches.list(status="completed")] == [ids[0]]
            await client.batches.delete(ids[0])
            with pytest.raises(NotFound):
                await client.batches.get(ids[0])


@pytest.mark.loopback
async def test_results_are_withheld_from_an_account_that_owes() -> None:
    with Emulator(credits="0.0001") as emulator:
        emulator.reply_with(lambda request: "word " * 50)
        async with client_of(emulator) as client:
            created = await client.batches.create(
                [Item(str(number), "x") for number in range(40)], max_tokens=50
            )
            batch = await client.batches.wait(created.id)
            assert batch.is_withheld
            with pytest.raises(InsufficientCredits):
                client.batches.results(batch)


@pytest.mark.parametrize(
    ("before", "after", "status"),
    [
        pytest.param(
            {}, {"endpoint": "/v1/chat/completions", "model": MODEL}, 400, id="all but the requests"
        ),
        pytest.param({"endpoint": "/v1/chat/completions"}, {"model": MODEL}, 400, id="the model"),
        pytest.param(
            {"endpoint": "/v1/chat/completions", "model": MODEL},
            {"completion_window": "24h"},
            202,
            id="the window, as the official SDK sends it",
        ),
    ],
)
def test_what_the_requests_need_comes_before_them(
    before: dict[str, str], after: dict[str, str], status: int
) -> None:
    with Emulator() as emulator:
        headers = {"authorization": f"Bearer {emulator.key}"}
        body = {**before, "requests": [{"custom_id": "a", "body": {}}], **after}
        answer = httpx.post(
            f"{emulator.base_url}/batches", json=body, headers=headers, trust_env=False, verify=PLAIN
        )
        assert answer.status_code == status
