"""`Job`: work that the service has accepted, polled until it is over."""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Generic, Protocol, TypeVar

import anyio

from .. import _checks
from ..errors import DeadlineExceeded, OpenRouterError

__all__ = ["Job", "JobState", "looks"]

T = TypeVar("T")

FIRST_LOOK = 2.0
LAST_LOOK = 30.0
"""Seconds between two looks, half as many more each time, from the first to the last; the service's own client looks
every 2 s, its documentation advises 30."""
JITTER = 0.2
"""The random extra share of a wait, so many jobs are not polled together."""


async def looks(
    look: Callable[[], Awaitable[T]],
    is_over: Callable[[T], bool],
    *,
    longest: float = LAST_LOOK,
    at_once: bool = True,
) -> AsyncGenerator[T, None]:
    """Yield the result of each poll, the last when the job is over.

    Args:
        look: Polls the service; free of charge.
        is_over: Whether nothing more will change.
        longest: The longest wait between two polls, in seconds.
        at_once: Whether to poll immediately, rather than after the first wait.
    """
    wait = FIRST_LOOK
    while True:
        if at_once:
            state = await look()
            yield state
            if is_over(state):
                return
        at_once = True
        await anyio.sleep(wait * random.uniform(1, 1 + JITTER))
        wait = min(longest, 1.5 * wait)


class JobState(Protocol):
    """The service's report on a job."""

    @property
    def id(self) -> str: ...

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will come of it."""
        ...

    @property
    def failure(self) -> OpenRouterError | None:
        """Why it has no result; None where it has one, or may still have one."""
        ...


StateT = TypeVar("StateT", bound=JobState)


class Job(Generic[StateT]):
    """Work that the service has accepted. It continues whatever happens to this object; its id finds it again."""

    _NOUN = "job"

    def __init__(self, state: StateT, look: Callable[[], Awaitable[StateT]]) -> None:
        self.state: StateT = state
        """The latest report of the service."""
        self._look = look

    @property
    def id(self) -> str:
        """The id that finds it, also from another process."""
        return self.state.id

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will come of it, as far as is known."""
        return self.state.is_finished

    async def refresh(self) -> StateT:
        """Ask the service how it is now; one read, which costs nothing."""
        self.state = await self._look()
        return self.state

    async def watch(self) -> AsyncGenerator[StateT, None]:
        """Yield what is known of it, now and whenever that has changed, last when it is finished.

        Looks after 2 seconds first, and every 30 later on; that costs nothing.
        """
        yield self.state
        if self.state.is_finished:
            return
        seen = self.state
        async with aclosing(looks(self.refresh, lambda state: state.is_finished, at_once=False)) as states:
            async for state in states:
                if state != seen:
                    seen = state
                    yield state

    async def wait(self, *, timeout: float | None = None) -> StateT:
        """Return the result, once the job is finished.

        Args:
            timeout: Seconds. Default: no limit.

        Raises:
            DeadlineExceeded: it was not finished in time; it continues, and you can wait again.
            JobFailed: it finished without a result.
            OpenRouterError: polling failed repeatedly; the job continues.
        """
        if timeout is not None:
            _checks.number("timeout", timeout, unit="seconds")
        with anyio.move_on_after(timeout):
            async with aclosing(self.watch()) as states:
                async for state in states:
                    if state.is_finished:
                        break
        if not self.state.is_finished:
            raise DeadlineExceeded(
                f"the {self._NOUN} {self.id!r} was not finished within {timeout:g} s; it continues",
                may_have_been_billed=True,
            )
        if (failure := self.state.failure) is not None:
            raise failure
        return self.state

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id!r} {'finished' if self.is_finished else 'not finished'}>"
