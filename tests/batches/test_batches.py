"""`client.batches`: what is sent and in which order, and what is made of what comes back."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
from pydantic import JsonValue

from openrouter_async import (
    APIStatusError,
    AsyncOpenRouter,
    ChatCompletion,
    ConfigurationError,
    DeadlineExceeded,
    InsufficientCredits,
    InvalidResponseError,
    ProviderError,
    RateLimited,
)
from openrouter_async.batch.items import Item
from openrouter_async.types.embeddings.reply import Embeddings
from tests.resources.mocked import KEY, mocked
from tests.support.loopback import LoopbackServer, Reply, serve_responses

BATCH: dict[str, JsonValue] = {
    "id": "batch-1",
    "object": "batch",
    "endpoint": "/v1/chat/completions",
    "model": "a/model",
    "provider": None,
    "completion_window": "24h",
    "status": "validating",
    "created_at": 1_790_000_000,
    "finalized_at": None,
    "expires_at": None,
    "request_counts": {"total": 2, "completed": 0, "failed": 0},
    "usage": None,
    "results": None,
    "error": None,
}
REPLY: dict[str, JsonValue] = {
    "id": "gen-batch-1",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
}


def finished(*results: JsonValue, **fields: JsonValue) -> dict[str, JsonValue]:
    return {**BATCH, "status": "completed", "results": list(results), **fields}


def answered(custom_id: str, body: JsonValue, status: int = 200) -> JsonValue:
    response: JsonValue = {"status_code": status, "request_id": None, "body": body}
    return {"id": "r", "custom_id": custom_id, "response": response, "error": None}


async def test_what_says_how_to_read_the_requests_stands_before_them() -> None:
    async with mocked(BATCH, status=202) as service:
        batch = await service.client.batches.create(
            [Item("x", "Hello"), "Bye"],
            model="a/model",
            callback_url="https://example.com/done",
            completion_window="24h",
            temperature=0,
            provider={"only": ["anthropic"]},
        )
        assert (batch.id, batch.status, batch.is_finished) == ("batch-1", "validating", False)
        assert service.line == "POST /batches"
        assert service.key == KEY
        body = service.body
        assert isinstance(body, dict)
        assert list(body) == [
            "callback_url", "completion_window", "endpoint", "model", "provider", "requests"
        ]  # fmt: skip
        assert body["provider"] == {"only": ["anthropic"]}
        requests: Any = body["requests"]
        assert requests[0] == {
            "custom_id": "x",
            "body": {"messages": [{"role": "user", "content": "Hello"}], "temperature": 0},
        }
        assert requests[1]["custom_id"].endswith("-1")


async def test_requests_of_other_endpoints_are_sent_as_they_are() -> None:
    async def requests() -> AsyncIterator[Any]:
        for number in range(3):
            yield {"custom_id": f"text {number}", "body": {"input": f"text {number}"}}

    async with mocked(BATCH, status=202) as service:
        await service.client.batches.create(requests(), model="a/model", endpoint="/v1/embeddings")
        body: Any = service.body
        assert body["endpoint"] == "/v1/embeddings"
        assert [request["body"]["input"] for request in body["requests"]] == ["text 0", "text 1", "text 2"]


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([], "no requests"),
        ([Item("x", "a"), Item("x", "b")], "'x'"),
        ([Item("x", "a", model="b/model")], "asks 'b/model'"),
        ([Item("x", "a", temperature=9)], "temperature"),
        ([{"custom_id": "x", "body": {}}, {"custom_id": "x", "body": {}}], "twice"),
    ],
    ids=["empty", "key twice", "another model", "a parameter", "id twice"],
)
async def test_what_cannot_be_sent_is_refused_before_anything_is(items: Any, message: str) -> None:
    async with mocked(BATCH) as service:
        with pytest.raises(ConfigurationError, match=message):
            await service.client.batches.create(items, model="a/model")
        assert service.requests == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"provider": {"onyl": ["a"]}}, "provider.onyl is unknown"),
        ({"provider": {"only": "a"}}, "provider.only is 'a'; expected a list"),
        ({"callback_url": "http://a"}, "callback_url is 'http://a'; expected text .a URL by https"),
        ({"completion_window": ""}, "completion_window is ''; expected text that is not empty"),
        ({"endpoint": 3}, "endpoint is 3"),
        ({"model": ""}, "model is ''"),
    ],
)
async def test_settings_that_are_wrong_are_refused_before_anything_is_sent(
    settings: Any, message: str
) -> None:
    settings = {"model": "a/model", "endpoint": "/v1/chat/completions", **settings}
    async with mocked(BATCH) as service:
        with pytest.raises(ConfigurationError, match=message):
            await service.client.batches.submit([{"custom_id": "x", "body": {}}], **settings)
        assert service.requests == []


@pytest.mark.parametrize("given", [{"extra_body": {"dimensions": 5}}, {"max_tokens": 5}], ids=str)
async def test_what_is_for_chat_alone_is_refused_for_other_endpoints(given: dict[str, Any]) -> None:
    requests = [{"custom_id": "x", "body": {"input": "text"}}]
    async with mocked() as service:
        with pytest.raises(ConfigurationError, match=f"{next(iter(given))} cannot be added to requests of"):
            await service.client.batches.create(requests, model="a/m", endpoint="/v1/embeddings", **given)
        assert service.requests == []


async def test_a_batch_needs_a_model() -> None:
    async with mocked(BATCH) as service:
        with pytest.raises(ConfigurationError, match="needs a model"):
            await service.client.batches.create(["x"])


@pytest.mark.loopback
async def test_a_large_batch_is_sent_whole_and_again_only_after_a_rate_limit() -> None:
    answers = [
        Reply(429, json={"error": {"code": 429}}, headers={"retry-after": "0.01"}),
        Reply(202, json=BATCH),
    ]
    with LoopbackServer(serve_responses(answers)) as server:
        async with AsyncOpenRouter(KEY, base_url=server.url) as client:
            items = (Item(str(number), "x" * 10_000) for number in range(1_000))
            await client.batches.create(items, model="a/model")
        first, second = server.requests
        assert first.body == second.body
        assert len(json.loads(second.body)["requests"]) == 1_000
        assert second.headers["content-length"] == str(len(second.body))
        assert len(second.body) > 10_000_000


@pytest.mark.loopback
@pytest.mark.parametrize(
    "answer", [Reply(502, json={"error": {"code": 502}}), Reply(503, json={"error": {"code": 503}})]
)
async def test_a_batch_that_may_have_been_taken_is_not_submitted_twice(answer: Reply) -> None:
    with LoopbackServer(serve_responses([answer])) as server:
        async with AsyncOpenRouter(KEY, base_url=server.url) as client:
            with pytest.raises(APIStatusError):
                await client.batches.create(["x"], model="a/model")
        assert len(server.requests) == 1


async def test_a_list_is_paged_by_the_last_id() -> None:
    pages: list[JsonValue] = [
        {"object": "list", "data": [BATCH], "first_id": "batch-1", "last_id": "batch-1", "has_more": True},
        {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False},
    ]
    async with mocked(*pages) as service:
        since = datetime(2026, 11, 1, tzinfo=UTC)
        listed = service.client.batches.list(status=["failed", "expired"], created_after=since, limit=1)
        assert [batch.id async for batch in listed] == ["batch-1"]
        assert [request.url.query for request in service.requests] == [
            b"limit=1&status=failed&status=expired&created_after=1793491200",
            b"limit=1&after=batch-1&status=failed&status=expired&created_after=1793491200",
        ]


async def test_a_402_with_a_batch_is_a_finished_batch_whose_results_are_withheld() -> None:
    owed = finished(results=None, error={"code": 402, "message": "add credits"})
    async with mocked(owed, status=402) as service:
        batch = await service.client.batches.wait("batch-1")
        assert (batch.is_finished, batch.is_withheld) == (True, True)
        with pytest.raises(InsufficientCredits, match="add credits"):
            service.client.batches.results(batch)


async def test_a_402_without_a_batch_is_an_error() -> None:
    async with mocked({"error": {"code": 402, "message": "empty"}}, status=402) as service:
        with pytest.raises(InsufficientCredits):
            await service.client.batches.get("batch-1")


async def test_waiting_tells_what_changes_and_ends_with_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openrouter_async.resources.jobs.FIRST_LOOK", 0.001)
    states: list[JsonValue] = [
        BATCH,
        BATCH,
        {**BATCH, "status": "in_progress"},
        {**BATCH, "status": "in_progress", "request_counts": {"total": 2, "completed": 1, "failed": 0}},
        finished(answered("x", REPLY), usage={"prompt_tokens": 1, "cost": 0.5}),
    ]
    async with mocked(*states) as service:
        seen = [batch async for batch in service.client.batches.watch("batch-1")]
        assert [batch.status for batch in seen] == ["validating", "in_progress", "in_progress", "completed"]
        assert seen[-1].usage is not None
        assert seen[-1].usage.cost == Decimal("0.5")


async def test_waiting_ends_with_its_time() -> None:
    async with mocked(BATCH) as service:
        with pytest.raises(DeadlineExceeded, match="it continues"):
            await service.client.batches.wait("batch-1", timeout=0.05)


async def test_results_have_the_type_of_their_endpoint() -> None:
    failed: JsonValue = {
        "code": "x",
        "message": "no such thing",
        "type": "invalid_request_error",
        "param": None,
    }
    batch = finished(
        answered("x", REPLY),
        answered("y", {"error": {"code": 502, "message": "down"}}, status=502),
        {"id": "r", "custom_id": "z", "response": None, "error": failed},
        {"id": "r", "custom_id": "v", "response": None, "error": None},
        answered("w", {"choices": 5}),
        status="expired",
    )
    async with mocked(batch) as service:
        results = service.client.batches.results(await service.client.batches.get("batch-1"))
    assert [result.key for result in results] == ["x", "y", "z", "v", "w"]
    value = results[0].value
    assert isinstance(value, ChatCompletion)
    assert value.text == "Hi"
    assert isinstance(results[1].error, ProviderError)
    assert isinstance(results[2].error, APIStatusError)
    assert "no such thing" in str(results[2].error)
    assert isinstance(results[3].error, APIStatusError)
    assert isinstance(results[4].error, InvalidResponseError)
    with pytest.raises(ProviderError):
        _ = results[1].value


async def test_results_of_embeddings_and_of_what_has_no_type() -> None:
    vectors: JsonValue = {"object": "list", "data": [{"index": 0, "embedding": [1.0, 2.0]}]}
    async with mocked(finished(answered("x", vectors), endpoint="/v1/embeddings")) as service:
        batch = await service.client.batches.get("batch-1")
        (typed,) = service.client.batches.results(batch)
        assert isinstance(typed.value, Embeddings)
        (plain,) = service.client.batches.results(batch, into=dict[str, Any])
        assert plain.value == vectors
    async with mocked(finished(answered("x", {"output": []}), endpoint="/v1/responses")) as service:
        (result,) = service.client.batches.results(await service.client.batches.get("batch-1"))
        assert result.value == {"output": []}


async def test_a_batch_without_results_says_why() -> None:
    async with mocked(BATCH, {**BATCH, "status": "failed", "error": {"message": "bad line"}}) as service:
        with pytest.raises(ConfigurationError, match="'validating'"):
            service.client.batches.results(await service.client.batches.get("batch-1"))
        with pytest.raises(APIStatusError, match="bad line"):
            service.client.batches.results(await service.client.batches.get("batch-1"))


async def test_too_many_requests_in_the_end_are_raised() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(429, json={"error": {"code": 429}}, headers={"retry-after": "3600"})

    async with AsyncOpenRouter(KEY, transport=httpx.MockTransport(handler)) as client:
        with pytest.raises(RateLimited):
            await client.batches.create(["x"], model="a/model")
