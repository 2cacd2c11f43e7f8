"""Whole calls over a socket: what is sent, and when. What fails, and how, are the rows of tests/faults."""

from __future__ import annotations

import json
import time
from typing import Any

import anyio
import httpx
import pytest

from openrouter_async import AsyncOpenRouter, Limits, Retries, Timeouts, errors
from tests.support.loopback import Connection, LoopbackServer, Reply, Request, serve_responses

pytestmark = pytest.mark.loopback

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"
FAST = Retries(base=0.001, cap=0.002)
REPLY = {
    "id": "gen-1",
    "model": "a/b",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2, "cost": 0.00001},
}
GOOD = Reply(json=REPLY, headers={"x-generation-id": "gen-1", "cf-ray": "ray-1"})


def failure(status: int, message: str = "no", **error: object) -> Reply:
    return Reply(status, json={"error": {"code": status, "message": message, **error}})


def client_of(server: LoopbackServer, **arguments: object) -> AsyncOpenRouter:
    return AsyncOpenRouter(KEY, base_url=server.url, **{"retries": FAST, **arguments})  # type: ignore[arg-type]


async def test_a_good_call_sends_one_request_and_keeps_its_metadata() -> None:
    from openrouter_async import response_meta

    with LoopbackServer(serve_responses([GOOD])) as server:
        async with client_of(server) as client:
            reply = await client.chat.create("Hello", model="a/b")
        request = server.requests[0]
    assert (request.method, request.path) == ("POST", "/api/v1/chat/completions")
    assert request.json() == {"model": "a/b", "messages": [{"role": "user", "content": "Hello"}]}
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert reply.text == "Hi"
    meta = response_meta(reply)
    assert (meta.status, meta.attempts, meta.generation_id, meta.request_id) == (200, 1, "gen-1", "ray-1")
    assert 0 < meta.elapsed < 10
    assert len(server.requests) == 1


async def test_calls_go_by_the_method_of_httpx_that_tracing_tools_watch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With either parser."""
    seen: list[str] = []
    send = httpx.AsyncClient.send

    async def watched(self: httpx.AsyncClient, request: httpx.Request, **arguments: Any) -> httpx.Response:
        seen.append(request.url.path)
        return await send(self, request, **arguments)

    monkeypatch.setattr(httpx.AsyncClient, "send", watched)
    with LoopbackServer(serve_responses([GOOD] * 2)) as server:
        async with client_of(server) as client:
            await client.chat.create("Hello")
    assert seen == ["/api/v1/chat/completions"]


async def test_an_ambiguous_failure_is_repeated_where_the_caller_allows_it() -> None:
    def stall(connection: Connection, request: Request) -> None:
        connection.wait_closed(20)
        connection.close()

    with LoopbackServer(serve_responses([stall, GOOD])) as server:
        async with client_of(server, timeouts=Timeouts(headers=0.1)) as client:
            options = {"retries": Retries(retry_ambiguous=True)}
            reply = await client.chat.create("Hello", options=options)  # type: ignore[arg-type]
        assert len(server.requests) == 2
    assert reply.text == "Hi"


async def test_a_wait_beyond_the_total_time_is_not_begun() -> None:
    limited = Reply(503, json={"error": {"message": "later"}}, headers={"retry-after": "30"})
    with LoopbackServer(serve_responses([limited])) as server:
        async with client_of(server, timeouts=Timeouts(total=5)) as client:
            began = time.monotonic()
            with pytest.raises(errors.DeadlineExceeded) as caught:
                await client.chat.create("Hello")
    assert time.monotonic() - began < 4
    assert isinstance(caught.value.__cause__, errors.Overloaded)
    assert caught.value.retry_after == 30


async def test_calls_wait_their_turn_and_the_queue_clock_ends_the_wait() -> None:
    def slow(connection: Connection, request: Request) -> None:
        connection.pause(0.4)
        connection.send(GOOD.encode())

    with LoopbackServer(serve_responses([slow, GOOD])) as server:
        async with (
            client_of(server, limits=Limits(concurrency=1)) as client,
            anyio.create_task_group() as group,
        ):
            group.start_soon(client.chat.create, "Hello")
            assert await server.eventually(lambda: client._sender.transport.limiter.in_use == 1)
            with pytest.raises(errors.RequestTimeout) as caught:
                await client.chat.create("Hello", options={"timeouts": Timeouts(queue=0.05)})
            assert (await client.chat.create("Hello")).text == "Hi"
        assert server.connections == 1
    assert (caught.value.phase, caught.value.may_have_been_billed) == ("queue", False)


async def test_a_function_is_asked_for_a_key_for_each_request() -> None:
    asked: list[str] = []

    async def key() -> str:
        asked.append(f"key-number-{len(asked)}")
        return asked[-1]

    with LoopbackServer(serve_responses([failure(503), GOOD])) as server:
        async with AsyncOpenRouter(key, base_url=server.url, retries=FAST) as client:
            await client.chat.create("Hello")
        sent = [request.headers["authorization"] for request in server.requests]
    assert sent == ["Bearer key-number-0", "Bearer key-number-1"]


async def test_cancelling_closes_the_connection_and_frees_the_place() -> None:
    gone: list[bool] = []

    def stall(connection: Connection, request: Request) -> None:
        gone.append(connection.wait_closed(20))
        connection.close()

    with LoopbackServer(serve_responses([stall, GOOD])) as server:
        async with client_of(server, limits=Limits(concurrency=1)) as client:
            with anyio.move_on_after(0.1) as scope:
                await client.chat.create("Hello")
            assert scope.cancelled_caught
            assert (await client.chat.create("Hello")).text == "Hi"
            assert client._sender.transport.limiter.in_use == 0
    assert gone == [True]


async def test_cancelling_during_the_wait_for_a_retry_ends_it() -> None:
    limited = Reply(429, json={"error": {"message": "wait"}}, headers={"retry-after": "20"})
    with LoopbackServer(serve_responses([limited])) as server:
        async with client_of(server) as client:
            began = time.monotonic()
            with anyio.move_on_after(0.1):
                await client.chat.create("Hello")
            assert client._sender.transport.limiter.in_use == 0
    assert time.monotonic() - began < 5


async def test_closing_the_client_ends_running_and_waiting_calls() -> None:
    seen: list[Exception] = []

    def stall(connection: Connection, request: Request) -> None:
        connection.wait_closed(20)
        connection.close()

    with LoopbackServer(serve_responses([stall])) as server:
        client = client_of(server, limits=Limits(concurrency=1))

        async def call() -> None:
            try:
                await client.chat.create("Hello")
            except errors.OpenRouterError as error:
                seen.append(error)

        async with anyio.create_task_group() as group:
            group.start_soon(call)
            group.start_soon(call)
            assert await server.eventually(lambda: client._sender.transport.limiter.waiting == 1)
            assert await server.eventually(lambda: bool(server.requests))
            await client.aclose()
    assert len(seen) == 2
    assert all(isinstance(error, errors.ConfigurationError | errors.ConnectionLost) for error in seen)


def failing(error: object, *, in_choice: bool = False) -> dict[str, object]:
    choice = {"index": 0, "message": {"role": "assistant", "content": "Hel"}, "finish_reason": "error"}
    if in_choice:
        choice["error"] = error
    return {"id": "gen-1", "choices": [choice], **({} if in_choice else {"error": error})}


@pytest.mark.parametrize("shape", ["status", "200", "200, in the choice", "stream", "stream, in the choice"])
async def test_a_limit_that_lasts_is_told_at_once_with_its_end(shape: str) -> None:
    reset = str(int((time.time() + 7_200) * 1_000))
    quoted = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}
    error = {"code": 429, "message": "free-models-per-day", "metadata": {"headers": quoted}}
    body = failing(error, in_choice="choice" in shape)
    if shape.startswith("stream"):
        answer = Reply(body=f"data: {json.dumps(body)}\n\n", headers={"content-type": "text/event-stream"})
    else:
        answer = Reply(429 if shape == "status" else 200, json=body)
    with LoopbackServer(serve_responses([answer])) as server:
        async with client_of(server) as client:
            is_stream = shape.startswith("stream")
            with pytest.raises(errors.RateLimited) as caught:
                await (client.chat.stream("Hello").final() if is_stream else client.chat.create("Hello"))
        assert len(server.requests) == 1
    assert caught.value.retry_after == pytest.approx(7_200, abs=60)
    assert "asks to wait 7" in str(caught.value)


@pytest.mark.parametrize("in_choice", [True, False])
@pytest.mark.parametrize("streamed", [True, False])
async def test_what_there_is_of_a_reply_stays_and_the_key_in_its_error_does_not(
    in_choice: bool, streamed: bool
) -> None:
    body = failing({"code": 400, "message": f"wrong key {KEY}"}, in_choice=in_choice)
    with LoopbackServer(serve_responses([Reply(json=body)])) as server:
        async with client_of(server) as client:
            with pytest.raises(errors.BadRequest) as caught:
                await (client.chat.stream("Hello").final() if streamed else client.chat.create("Hello"))
    partial = caught.value.partial
    assert partial is not None
    assert partial.text == "Hel"
    assert KEY not in str(caught.value) + repr(partial) + partial.model_dump_json()
