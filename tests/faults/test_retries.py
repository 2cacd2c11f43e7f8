"""Rows R: what a server asks for is kept, what it cannot mean is not, and an outage is not made worse."""

from __future__ import annotations

import time
from functools import partial

import anyio
import pytest

from openrouter_async import Limits, Retries, errors
from tests.faults.calls import EACH, KEY, PLAIN, STREAM, Call, Ended, client_of, fail, kinds, succeed
from tests.faults.scenes.answers import failure, good
from tests.faults.scenes.statuses import asks_to_wait_until, resets_soon
from tests.faults.service import FaultServer
from tests.support.loopback import Answer, Reply

LATE_S = 1.5
"""How late a busy machine may wake a task; on a quiet one it is a few milliseconds."""


async def waited(faults: FaultServer, call: Call, refusal: Answer) -> float:
    """Return the seconds between a request that was refused and the next."""
    with faults.play(refusal, good) as stage:
        async with client_of(stage) as client:
            await succeed(call, client)
        first, second = (request.at for request in stage.requests)
    return second - first


@kinds(EACH)
@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("name", "value", "seconds"),
    [
        ("retry-after", "0.25", 0.25),
        ("retry-after-ms", "250", 0.25),
        ("Retry-After-Ms", " 250.0 ", 0.25),
    ],
)
async def test_R01_a_number_of_seconds(
    faults: FaultServer, call: Call, status: int, name: str, value: str, seconds: float
) -> None:
    wait = await waited(faults, call, failure(status, headers={name: value}))
    assert seconds <= wait <= 1.1 * seconds + LATE_S


@pytest.mark.slow
@kinds((PLAIN, STREAM))
@pytest.mark.parametrize("status", [429, 503])
async def test_R01_whole_seconds_and_a_date(faults: FaultServer, call: Call, status: int) -> None:
    date = partial(asks_to_wait_until, status=status, ahead=0, wait=1)
    for refusal in (date, failure(status, headers={"retry-after": "1"})):
        assert 1 <= await waited(faults, call, refusal) <= 1.1 + LATE_S


@kinds(EACH)
@pytest.mark.parametrize("status", [429, 503])
async def test_R02_a_day(faults: FaultServer, call: Call, status: int) -> None:
    with faults.play(failure(status, headers={"retry-after": "86400"})) as stage:
        async with client_of(stage) as client:
            began = time.monotonic()
            error = await fail(call, client)
            assert time.monotonic() - began < 5
        assert len(stage.requests) == error.attempts == 1
    assert error.retry_after == 86_400


@kinds(EACH)
@pytest.mark.parametrize("name", ["retry-after", "retry-after-ms", "x-ratelimit-reset"])
async def test_R03_what_no_server_can_mean(faults: FaultServer, call: Call, name: str) -> None:
    absurd = [
        "-5",
        "NaN",
        "inf",
        "-inf",
        "",
        "soon",
        "1e400",
        "Wed, 21 Oct 2015 07:28:00 GMT",
        "Wed, 99 Foo 2026 99:99:99 GMT",
        "Thu, 01 Jan 99999 00:00:00 GMT",
        "9" * 5_000,
        "1_0",
    ]
    for value in absurd:
        refusal = failure(503, headers={name: value, "x-ratelimit-remaining": "0"})
        with faults.play(refusal, good) as stage:
            async with client_of(stage) as client:
                began = time.monotonic()
                await succeed(call, client)
                assert time.monotonic() - began < 3
            assert len(stage.requests) == 2


@pytest.mark.slow
@kinds((PLAIN, STREAM))
async def test_R04_a_server_whose_clock_is_wrong(faults: FaultServer, call: Call) -> None:
    for ahead in (3_600, -3_600):
        wait = await waited(faults, call, partial(asks_to_wait_until, status=503, ahead=ahead, wait=1))
        assert 1 <= wait <= 1.1 + LATE_S


@kinds(EACH)
async def test_R05_only_in_the_body_or_as_a_reset(faults: FaultServer, call: Call) -> None:
    wait = await waited(faults, call, failure(429, availability={"retry_after": 0.25}))
    assert 0.25 <= wait <= 0.275 + LATE_S
    wait = await waited(faults, call, partial(resets_soon, milliseconds=500))
    assert 0.3 <= wait <= 0.55 + LATE_S  # the way there is part of it


@kinds(EACH)
async def test_R06_the_server_says_not_to(faults: FaultServer, call: Call) -> None:
    with faults.play(failure(503, headers={"x-should-retry": "false"})) as stage:
        async with client_of(stage) as client:
            error = await fail(call, client)
        assert len(stage.requests) == error.attempts == 1
    assert type(error) is errors.Overloaded


@pytest.mark.slow
@kinds((PLAIN, STREAM))
async def test_R07_retry_storm(faults: FaultServer, call: Call) -> None:
    """500 tokens at 14 a retry are 35 retries; after that each call is one request."""
    with faults.play(failure(503)) as stage:
        async with client_of(stage, limits=Limits(concurrency=50)) as client:
            failed: list[errors.OpenRouterError] = []

            async def one() -> None:
                with pytest.raises(errors.Overloaded) as caught:
                    await call.run(client, Ended(), {"messages": "Hello"})
                failed.append(caught.value)

            async with anyio.create_task_group() as group:
                for _ in range(1_000):
                    group.start_soon(one)
            before = len(stage.requests)
            error = await fail(call, client)
            assert len(stage.requests) - before == error.attempts == 1
    assert len(failed) == 1_000
    assert 1_000 < before <= 1_035
    assert sum(each.attempts for each in failed) == before


@pytest.mark.slow
@kinds((PLAIN, STREAM))
@pytest.mark.parametrize("wait", [None, 0.5], ids=["without a wait", "with a wait"])
async def test_R08_thundering_herd(faults: FaultServer, call: Call, wait: float | None) -> None:
    headers = {} if wait is None else {"retry-after": str(wait)}
    refusal: Reply = failure(429, headers=headers)
    with faults.play(*[refusal] * 100, good) as stage:
        # On a busy machine a first request may come after another's retry, which then is refused a second time.
        async with (
            client_of(stage, retries=Retries(attempts=10), default_model="a/model") as client,
            anyio.create_task_group() as group,
        ):
            for _ in range(100):
                group.start_soon(succeed, call, client)
        times = sorted(request.at for request in stage.requests)
        assert KEY in stage.requests[0].headers["authorization"]
    assert len(times) == 200
    retries = times[100:]
    assert max(sum(start <= at < start + 0.1 for at in retries) for start in retries) <= 25
    if wait is not None:
        assert retries[0] - times[0] >= wait
