"""Whole calls over a socket: what is sent, what is raised, what is sent again."""

from __future__ import annotations

import pickle
import time

import anyio
import pytest

from openrouter_async import AsyncOpenRouter, Limits, Retries, Timeouts, errors
from tests.loopback import Answer, Connection, LoopbackServer, Reply, Request, refused_port, serve_responses

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


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(failure(400), errors.BadRequest, id="400"),
        pytest.param(
            failure(400, metadata={"error_type": "context_length_exceeded"}),
            errors.ContextLengthExceeded,
            id="400 too long",
        ),
        pytest.param(failure(401), errors.AuthenticationError, id="401"),
        pytest.param(failure(402), errors.InsufficientCredits, id="402"),
        pytest.param(failure(403), errors.PermissionDenied, id="403"),
        pytest.param(
            failure(403, metadata={"reasons": ["x"], "flagged_input": "y"}),
            errors.ModerationError,
            id="403 mod",
        ),
        pytest.param(failure(403, metadata={"patterns": ["x"]}), errors.GuardrailError, id="403 guardrail"),
        pytest.param(failure(404), errors.NotFound, id="404"),
        pytest.param(failure(409), errors.Conflict, id="409"),
        pytest.param(failure(413), errors.PayloadTooLarge, id="413"),
        pytest.param(failure(418), errors.BadRequest, id="418"),
        pytest.param(failure(422), errors.UnprocessableRequest, id="422"),
        pytest.param(
            Reply(307, headers={"location": "http://127.0.0.1:1/"}), errors.APIStatusError, id="redirect"
        ),
    ],
)
async def test_a_refusal_is_its_own_class_and_is_not_repeated(
    answer: Reply, expected: type[errors.APIStatusError]
) -> None:
    with LoopbackServer(serve_responses([answer])) as server:
        async with client_of(server) as client:
            with pytest.raises(errors.APIStatusError) as caught:
                await client.chat.create("Hello")
        assert len(server.requests) == 1
    assert type(caught.value) is expected
    assert caught.value.status == answer.status
    assert (caught.value.attempts, caught.value.may_have_been_billed) == (1, False)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (408, errors.ServerError),
        (429, errors.RateLimited),
        (500, errors.ServerError),
        (502, errors.ProviderError),
        (503, errors.Overloaded),
        (504, errors.ProviderError),
        (520, errors.ServerError),
        (524, errors.ProviderError),
        (529, errors.Overloaded),
    ],
)
async def test_a_passing_failure_is_tried_three_times(
    status: int, expected: type[errors.APIStatusError]
) -> None:
    with LoopbackServer(serve_responses([failure(status)])) as server:
        async with client_of(server) as client:
            with pytest.raises(errors.APIStatusError) as caught:
                await client.chat.create("Hello")
        assert len(server.requests) == 3
    assert type(caught.value) is expected
    assert caught.value.attempts == 3


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(failure(503), id="status"),
        pytest.param(Reply(502, body="<html><title>502 Bad Gateway</title></html>"), id="html page"),
        pytest.param(Reply(json={"error": {"code": 502, "message": "no"}}), id="error in a 200"),
        pytest.param(Reply(body="\n\n\n"), id="nothing"),
        pytest.param(Reply(body="<html>hello</html>"), id="html in a 200"),
        pytest.param(lambda connection, request: connection.reset(), id="reset before the headers"),
        pytest.param(lambda connection, request: connection.close(), id="close before the headers"),
        pytest.param(b"HELLO\r\n\r\n", id="no http"),
        pytest.param(
            Reply(json={**REPLY, "choices": [], "usage": {"completion_tokens": 0}}), id="an empty reply"
        ),
    ],
)
async def test_after_a_passing_failure_the_next_answer_is_taken(bad: Answer) -> None:
    with LoopbackServer(serve_responses([bad, GOOD])) as server:
        async with client_of(server) as client:
            reply = await client.chat.create("Hello")
        assert len(server.requests) == 2
    assert reply.text == "Hi"


@pytest.mark.parametrize("cut", ["reset", "close", "chunked"])
async def test_a_cut_body_is_not_repeated_since_it_was_billed(cut: str) -> None:
    def handler(connection: Connection) -> None:
        while connection.read_request() is not None:
            if cut == "chunked":
                connection.start_chunked(content_type="application/json")
                connection.chunk(b'{"id": "gen-1", ')
                connection.close()
                return
            connection.send_head(200, {"content-type": "application/json", "content-length": "500"})
            connection.send(b'{"id": "gen-1", ')
            connection.pause(0.05)
            connection.reset() if cut == "reset" else connection.close()
            return

    with LoopbackServer(handler) as server:
        async with client_of(server) as client:
            with pytest.raises(errors.ConnectionLost) as caught:
                await client.chat.create("Hello")
        assert len(server.requests) == 1
    assert caught.value.attempts == 1


async def test_a_server_that_is_not_there_is_tried_three_times() -> None:
    async with AsyncOpenRouter(KEY, base_url=f"http://127.0.0.1:{refused_port()}", retries=FAST) as client:
        with pytest.raises(errors.ConnectError, match=r"(?i)refused") as caught:
            await client.chat.create("Hello")
    assert (caught.value.attempts, caught.value.may_have_been_billed) == (3, False)


async def test_a_silent_server_ends_by_the_headers_clock_with_one_request() -> None:
    def handler(connection: Connection) -> None:
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\ncontent-ty")
        assert connection.wait_closed(5)

    with LoopbackServer(handler) as server:
        async with client_of(server, timeouts=Timeouts(headers=0.1)) as client:
            with pytest.raises(errors.RequestTimeout) as caught:
                await client.chat.create("Hello")
        assert len(server.requests) == 1
    assert caught.value.phase == "headers"
    assert caught.value.may_have_been_billed is None


async def test_an_ambiguous_failure_is_repeated_where_the_caller_allows_it() -> None:
    def stall(connection: Connection, request: Request) -> None:
        connection.wait_closed(5)
        connection.close()

    with LoopbackServer(serve_responses([stall, GOOD])) as server:
        async with client_of(server, timeouts=Timeouts(headers=0.1)) as client:
            options = {"retries": Retries(retry_ambiguous=True)}
            reply = await client.chat.create("Hello", options=options)  # type: ignore[arg-type]
        assert len(server.requests) == 2
    assert reply.text == "Hi"


async def test_a_stall_inside_the_body_ends_by_the_idle_clock() -> None:
    def handler(connection: Connection) -> None:
        connection.read_request()
        connection.send_head(200, {"content-length": "100"})
        connection.send(b"{")
        assert connection.wait_closed(5)

    with LoopbackServer(handler) as server:
        async with client_of(server, timeouts=Timeouts(idle=0.1)) as client:
            with pytest.raises(errors.RequestTimeout) as caught:
                await client.chat.create("Hello")
        assert len(server.requests) == 1
    assert caught.value.phase == "idle"


async def test_padding_keeps_a_call_alive_but_not_beyond_the_body_clock() -> None:
    def handler(connection: Connection) -> None:
        while connection.read_request() is not None:
            connection.start_chunked(content_type="application/json")
            for _ in range(8):
                connection.chunk(b"\n         ")
                connection.pause(0.05)
            connection.chunk(Reply(json=REPLY).encode().partition(b"\r\n\r\n")[2])
            connection.end_chunked()

    with LoopbackServer(handler) as server:
        async with client_of(server, timeouts=Timeouts(idle=0.3)) as client:
            assert (await client.chat.create("Hello")).text == "Hi"
            with pytest.raises(errors.RequestTimeout) as caught:
                await client.chat.create("Hello", options={"timeouts": Timeouts(body=0.15)})
            with pytest.raises(errors.DeadlineExceeded):
                await client.chat.create("Hello", options={"timeouts": Timeouts(total=0.15)})
    assert caught.value.phase == "body"


@pytest.mark.parametrize("header", ["retry-after", "retry-after-ms"])
async def test_the_wait_the_service_asks_for_is_kept(header: str) -> None:
    value = "0.2" if header == "retry-after" else "200"
    limited = Reply(429, json={"error": {"code": 429, "message": "slow down"}}, headers={header: value})
    with LoopbackServer(serve_responses([limited, GOOD])) as server:
        async with client_of(server) as client:
            await client.chat.create("Hello")
        first, second = (request.at for request in server.requests)
    assert second - first >= 0.2


async def test_a_longer_wait_than_allowed_raises_at_once() -> None:
    limited = Reply(429, json={"error": {"message": "tomorrow"}}, headers={"retry-after": "86400"})
    with LoopbackServer(serve_responses([limited])) as server:
        async with client_of(server) as client:
            with pytest.raises(errors.RateLimited) as caught:
                await client.chat.create("Hello")
        assert len(server.requests) == 1
    assert caught.value.retry_after == 86400


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


async def test_a_body_beyond_the_limit_is_refused() -> None:
    big = Reply(body=b'{"x": "' + b"a" * 100_000 + b'"}')
    with LoopbackServer(serve_responses([big])) as server:
        async with client_of(server, limits=Limits(body_bytes=50_000)) as client:
            with pytest.raises(errors.ResponseTooLarge) as caught:
                await client.chat.create("Hello")
    assert caught.value.limit == 50_000


async def test_an_error_whose_body_stalls_is_still_the_error_of_its_status() -> None:
    def handler(connection: Connection) -> None:
        connection.read_request()
        connection.send_head(403, {"content-length": "500", "content-type": "application/json"})
        connection.send(b'{"error": ')
        connection.wait_closed(5)

    with LoopbackServer(handler) as server:
        async with client_of(server, timeouts=Timeouts(idle=0.1)) as client:
            with pytest.raises(errors.PermissionDenied):
                await client.chat.create("Hello")


async def test_a_key_that_is_echoed_shows_nowhere() -> None:
    key = "not-the-usual-form-of-a-key-1234567890"
    echo = Reply(
        400,
        json={
            "error": {"message": f"bad {key}", "code": 400, "metadata": {"raw": {"header": f"Bearer {key}"}}}
        },
        headers={"x-generation-id": key},
    )
    with LoopbackServer(serve_responses([echo])) as server:
        async with AsyncOpenRouter(key, base_url=server.url) as client:
            with pytest.raises(errors.BadRequest) as caught:
                await client.chat.create("Hello")
    error = caught.value
    shown = f"{error!s} {error!r} {vars(error)} {pickle.dumps(error)!r} {client!r} {vars(client)}"
    assert key not in shown


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
        gone.append(connection.wait_closed(5))
        connection.close()

    with LoopbackServer(serve_responses([stall, GOOD])) as server:
        async with client_of(server, limits=Limits(concurrency=1)) as client:
            with anyio.move_on_after(0.1) as scope:
                await client.chat.create("Hello")
            assert scope.cancelled_caught
            assert (await client.chat.create("Hello")).text == "Hi"
            assert client._sender.transport.open_exchanges == 0
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
        connection.wait_closed(5)
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
