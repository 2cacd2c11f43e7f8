"""CallTimeouts: what their end means, and that none is outrun by work that never waits."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import anyio
import httpx
import pytest

from openrouter_async import AsyncOpenRouter, Timeouts, errors
from openrouter_async._http.deadlines import CallTimeouts, Deadline, run_within
from tests.support.loopback import sse

pytestmark = pytest.mark.loopback

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"


async def at_once() -> str:
    return "done"


async def test_work_within_the_clocks_gives_its_result() -> None:
    assert await run_within((Deadline("idle", 5), Deadline(None, None)), at_once, "host") == "done"
    assert await run_within((Deadline("idle", None), Deadline(None, None)), at_once, "host") == "done"


@pytest.mark.parametrize("phase", ["connect", "queue", "headers", "body", "idle", "event"])
async def test_a_clock_that_runs_out_says_which_it_was(phase: errors.TimeoutPhase) -> None:
    with pytest.raises(errors.RequestTimeout) as caught:
        await run_within(
            (Deadline(None, 9), Deadline(phase, 0.02), Deadline("idle", 9)), anyio.sleep_forever, "host"
        )
    assert caught.value.phase == phase
    assert f"Timeouts({phase}=...)" in str(caught.value)
    assert caught.value.may_have_been_billed is (False if phase in ("connect", "queue") else None)


async def test_the_total_clock_that_runs_out_is_the_deadline() -> None:
    with pytest.raises(errors.DeadlineExceeded, match=r"total time of 0\.02 s"):
        await run_within((Deadline("idle", 9), Deadline(None, 0.02)), anyio.sleep_forever, "host")


async def test_a_clock_that_had_run_out_ends_also_work_that_would_not_wait() -> None:
    clock = Deadline("event", 0.01)
    await anyio.sleep(0.02)
    with pytest.raises(errors.RequestTimeout):
        await run_within((clock,), at_once, "host")


async def test_a_jump_of_the_wall_clock_changes_no_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    clocks = CallTimeouts.start(Timeouts(total=5), streaming=False)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 3_600)
    assert await run_within((clocks.total,), at_once, "host") == "done"


def test_streams_wait_less_long_for_headers_than_plain_calls() -> None:
    assert CallTimeouts.start(Timeouts(), streaming=True).headers == 60
    assert CallTimeouts.start(Timeouts(), streaming=False).headers == 600
    assert CallTimeouts.start(Timeouts(headers=None, idle=3), streaming=True).headers is None


def test_the_defaults_are_those_that_are_documented() -> None:
    clocks = CallTimeouts.start(Timeouts(), streaming=False)
    assert (clocks.connect, clocks.queue, clocks.body) == (5, None, 1_800)
    assert (clocks.idle, clocks.event, clocks.total.seconds) == (60, 300, None)


class Endless(httpx.AsyncByteStream, AsyncIterator[bytes]):
    """A body that is never waited for, and never ends."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        return sse({"id": "gen-1", "choices": [{"delta": {"content": "x"}}]})


def endless_client(**arguments: object) -> AsyncOpenRouter:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, stream=Endless()))
    return AsyncOpenRouter(KEY, transport=transport, **arguments)  # type: ignore[arg-type]


async def test_events_that_never_have_to_be_waited_for_end_by_the_total_clock() -> None:
    async with endless_client(timeouts=Timeouts(total=0.05)) as client:
        began = time.monotonic()
        with pytest.raises(errors.DeadlineExceeded) as caught:
            await client.chat.stream("Hello").final()
    assert time.monotonic() - began < 30
    assert caught.value.partial is not None
    assert caught.value.partial.text.startswith("x")


async def test_events_that_never_have_to_be_waited_for_can_be_cancelled() -> None:
    seen = 0
    async with endless_client(timeouts=Timeouts(total=5)) as client:
        with anyio.CancelScope() as scope:
            async with client.chat.stream("Hello") as stream:
                async for _ in stream:
                    seen += 1
                    if seen == 10:
                        scope.cancel()
    assert scope.cancelled_caught
    assert seen == 10
