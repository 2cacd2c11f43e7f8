"""Jobs: looked at politely, waited for until they are over, and never lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import anyio
import pytest

from openrouter_async import errors
from openrouter_async.resources.jobs import FIRST_LOOK, JITTER, LAST_LOOK, Job, looks

pytestmark = pytest.mark.loopback


@dataclass(frozen=True)
class State:
    id: str = "job-1"
    status: str = "pending"

    @property
    def is_finished(self) -> bool:
        return self.status in ("done", "failed")

    @property
    def failure(self) -> errors.OpenRouterError | None:
        return errors.JobFailed("the job failed", job=self) if self.status == "failed" else None


def job_of(*statuses: str | Exception) -> Job[State]:
    left = list(statuses)

    async def look() -> State:
        status = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(status, Exception):
            raise status
        return State(status=status)

    return Job(State(), look)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits between looks, which take no time."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await anyio.lowlevel.checkpoint()

    class Timeless:
        def __getattr__(self, name: str) -> object:
            return sleep if name == "sleep" else getattr(anyio, name)

    monkeypatch.setattr("openrouter_async.resources.jobs.anyio", Timeless())
    return waits


async def test_waiting_ends_with_the_job(waits: list[float]) -> None:
    job = job_of("pending", "running", "running", "done")
    assert not job.is_finished
    assert await job.wait(timeout=5) == State(status="done")
    assert job.is_finished
    assert job.state.status == "done"
    assert len(waits) == 4


async def test_looks_become_rarer_and_not_all_at_once(waits: list[float]) -> None:
    await job_of(*["pending"] * 30, "done").wait()
    shortest, longest = FIRST_LOOK, FIRST_LOOK * (1 + JITTER)
    for wait in waits:
        assert shortest <= wait <= longest
        shortest = min(LAST_LOOK, 1.5 * shortest)
        longest = shortest * (1 + JITTER)
    assert waits[-1] >= LAST_LOOK
    assert len({wait / LAST_LOOK for wait in waits[-10:]}) == 10, "chance is in each"


async def test_only_what_changes_is_told(waits: list[float]) -> None:
    job = job_of("pending", "running", "running", "done")
    assert [state.status async for state in job.watch()] == ["pending", "running", "done"]
    assert [state.status async for state in job.watch()] == ["done"], "which asks nobody"


async def test_a_job_that_takes_longer_goes_on_and_can_be_waited_for_again() -> None:
    left = iter(["pending"])

    async def look() -> State:
        return State(status=next(left, "done"))

    job = Job(State(), look)
    with pytest.raises(
        errors.DeadlineExceeded, match=r"'job-1' was not finished within 0.01 s; it continues"
    ):
        await job.wait(timeout=0.01)


async def test_a_job_without_a_result_raises_why(waits: list[float]) -> None:
    with pytest.raises(errors.JobFailed, match="the job failed") as caught:
        await job_of("pending", "failed").wait()
    assert caught.value.job == State(status="failed")


async def test_a_look_that_fails_is_told_and_the_job_stays(waits: list[float]) -> None:
    job = job_of(errors.ConnectionLost("gone"), "done")
    with pytest.raises(errors.ConnectionLost):
        await job.wait()
    assert (await job.wait()).status == "done"


async def test_what_is_over_already_is_not_looked_at() -> None:
    async def look() -> State:
        raise AssertionError("looked")

    assert (await Job(replace(State(), status="done"), look).wait()).status == "done"


async def test_a_timeout_is_a_number_of_seconds() -> None:
    with pytest.raises(errors.ConfigurationError, match="timeout is -1"):
        await job_of("done").wait(timeout=-1)


async def test_the_first_look_can_be_at_once(waits: list[float]) -> None:
    numbers = iter(range(10))

    async def look() -> int:
        return next(numbers)

    is_three: Callable[[int], bool] = lambda number: number == 3  # noqa: E731
    assert [number async for number in looks(look, is_three)] == [0, 1, 2, 3]
    assert len(waits) == 3
