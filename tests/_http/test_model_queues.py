"""The queues of models in the limiter: what one model is sent is paced, and the others pay nothing for it."""

from __future__ import annotations

import time

import anyio
import anyio.lowlevel
import pytest

from openrouter_async import AsyncOpenRouter, Rate
from openrouter_async._http.limiter import Admission, Limiter
from openrouter_async.errors import Overloaded, RateLimited, ServerError
from tests.support.loopback import LoopbackServer, Reply, serve_responses, sse

REPLY = {
    "id": "gen-1",
    "choices": [{"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 10, "completion_tokens": 90, "total_tokens": 100},
}
GOOD = Reply(json=REPLY)


class ClosedError(Exception):
    pass


def client_of(server: LoopbackServer, **settings: object) -> AsyncOpenRouter:
    return AsyncOpenRouter("sk-or-v1-test", base_url=server.url, default_model="a/model", **settings)  # type: ignore[arg-type]  # settings of the client, by name


@pytest.mark.loopback
async def test_a_model_that_never_refused_has_no_queue() -> None:
    limiter = Limiter(5)
    assert limiter.queue_for("a/model", None) is None
    Admission(limiter, "a/model", None, 0.0).succeeded()
    assert limiter.queue_for("a/model", None) is None
    limiter.refused("a/model", 0.0, None)
    assert limiter.queue_for("a/model", None) is not None
    assert limiter.queue_for("b/model", None) is None


@pytest.mark.parametrize(
    ("error", "is_refusal"),
    [
        (RateLimited("", status=429), True),
        (Overloaded("", status=529), True),
        (Overloaded("", status=503), False),
        (Overloaded("", status=503, retry_after=1.0), True),
        (ServerError("", status=500, retry_after=1.0), False),
        (RateLimited("", status=429, retry_after=61.0), False),
    ],
    ids=["429", "529", "503", "503 with a wait", "500", "a wait that is too long"],
)
def test_which_errors_close_a_queue(error: ServerError | RateLimited, is_refusal: bool) -> None:
    limiter = Limiter(5)
    Admission(limiter, "a/model", None, 0.0).failed(error, longest_wait=60.0)
    assert (limiter.queue_for("a/model", None) is not None) is is_refusal


@pytest.mark.loopback
async def test_a_wait_holds_back_everyone_of_that_model_and_nobody_else() -> None:
    limiter = Limiter(10)
    limiter.refused("a/model", 0.0, 0.2)
    queue = limiter.queue_for("a/model", None)
    began = time.monotonic()
    passed: list[float] = []

    async def call() -> None:
        await limiter.acquire(queue)
        passed.append(time.monotonic() - began)

    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(call)
        with anyio.fail_after(0.15):
            await limiter.acquire(limiter.queue_for("b/model", None))
    assert min(passed) >= 0.19
    assert limiter.in_use == 6


@pytest.mark.loopback
async def test_a_lane_is_left_in_turn_and_at_its_pace() -> None:
    limiter = Limiter(10)
    queue = limiter.queue_for("a/model", Rate(rpm=60 * 50))
    order: list[int] = []
    times: list[float] = []

    async def call(number: int) -> None:
        await limiter.acquire(queue)
        order.append(number)
        times.append(time.monotonic())

    async with anyio.create_task_group() as group:
        for number in range(10):
            group.start_soon(call, number)
            await anyio.lowlevel.checkpoint()
    assert order == list(range(10))
    assert times[-1] - times[0] >= 9 / 50 - 0.06


@pytest.mark.loopback
async def test_one_who_leaves_a_lane_lets_the_others_through() -> None:
    limiter = Limiter(10)
    limiter.refused("a/model", 0.0, 0.1)
    queue = limiter.queue_for("a/model", None)
    async with anyio.create_task_group() as group:
        with anyio.move_on_after(0.02):
            await limiter.acquire(queue)
        group.start_soon(limiter.acquire, queue)
    assert (limiter.in_use, limiter.waiting) == (1, 0)


@pytest.mark.loopback
async def test_closing_fails_those_in_a_lane_at_once() -> None:
    limiter = Limiter(10)
    limiter.refused("a/model", 0.0, 60.0)
    queue = limiter.queue_for("a/model", None)
    failures = 0

    async def call() -> None:
        nonlocal failures
        with pytest.raises(ClosedError):
            await limiter.acquire(queue)
        failures += 1

    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(call)
            while limiter.waiting < 3:
                await anyio.lowlevel.checkpoint()
            limiter.close(ClosedError)
    assert failures == 3
    assert limiter.in_use == 0


@pytest.mark.loopback
async def test_equal_rates_are_shared_and_kept_to() -> None:
    """Two calls at once of derived clients with equal rates: 20 calls at 100 a second take a fifth of a second."""
    with LoopbackServer(serve_responses([GOOD])) as server:
        async with client_of(server) as client:
            began = time.monotonic()
            async with anyio.create_task_group() as group:
                for _ in range(10):
                    for _ in range(2):
                        derived = client.with_options(rate=Rate(rpm=6_000))
                        group.start_soon(derived.chat.create, "Hello")
            assert time.monotonic() - began >= 19 / 100 - 0.06
            assert len(server.requests) == 20


@pytest.mark.loopback
async def test_tokens_a_minute_are_counted_when_they_are_known() -> None:
    """100 tokens an answer at 1,000 a second: the first is taken to have none, and is made up for later."""
    with LoopbackServer(serve_responses([GOOD])) as server:
        async with client_of(server) as client:
            limited = client.with_options(rate=Rate(tpm=60_000))
            began = time.monotonic()
            for _ in range(6):
                await limited.chat.create("Hello")
            assert time.monotonic() - began >= 5 * 0.1 - 0.06


@pytest.mark.loopback
@pytest.mark.parametrize(
    "usage",
    [
        [{"usage": {"prompt_tokens": 10, "completion_tokens": 90}}],
        [
            {"type": "message_start", "message": {"usage": {"input_tokens": 10, "output_tokens": 1}}},
            {"type": "message_delta", "usage": {"output_tokens": 90}},
        ],
    ],
    ids=["chat", "messages"],
)
async def test_tokens_a_minute_count_those_of_streams(usage: list[dict[str, object]]) -> None:
    events = [{"choices": [{"delta": {"content": "Hi"}, "finish_reason": "stop"}]}, *usage]
    streamed = Reply(200, body=sse(*events, "[DONE]"), headers={"content-type": "text/event-stream"})
    with LoopbackServer(serve_responses([streamed])) as server:
        async with client_of(server) as client:
            limited = client.with_options(rate=Rate(tpm=60_000))
            began = time.monotonic()
            for _ in range(6):
                async with limited.chat.stream("Hello") as stream:
                    await stream.final()
            assert time.monotonic() - began >= 5 * 0.1 - 0.06
