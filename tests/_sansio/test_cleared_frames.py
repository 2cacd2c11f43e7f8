"""Of a traceback, what has ended is let go of, and what runs or waits goes on."""

from __future__ import annotations

import weakref

import anyio
import pytest
from anyio import wait_all_tasks_blocked

from openrouter_async._sansio.redaction import clear_ended
from openrouter_async.errors import OpenRouterError

pytestmark = pytest.mark.anyio


class Local:
    """Something that can be seen to be gone."""


async def failing(seen: list[weakref.ref[Local]]) -> None:
    held = Local()
    seen.append(weakref.ref(held))
    await anyio.lowlevel.checkpoint()
    raise OpenRouterError("broken")


async def test_locals_of_what_has_ended_are_gone() -> None:
    seen: list[weakref.ref[Local]] = []
    here = Local()
    with pytest.raises(OpenRouterError) as caught:
        await failing(seen)
    assert seen[0]() is not None
    clear_ended(caught.value.__traceback__)
    assert seen[0]() is None
    assert isinstance(here, Local), "this function runs"


async def test_a_task_that_waits_while_the_error_leaves_it_goes_on() -> None:
    """Two tasks were given the same error; one of them waits in its `finally`."""
    error, may_end, done = OpenRouterError("broken"), anyio.Event(), list[str]()

    async def waiting() -> None:
        try:
            raise error
        except OpenRouterError:
            await may_end.wait()
            done.append("ended")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(waiting)
        await wait_all_tasks_blocked()
        clear_ended(error.__traceback__)
        may_end.set()
    assert done == ["ended"]
