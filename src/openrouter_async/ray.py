"""Prompts on Ray Data: `dataset.map_batches(Prompt(...))`."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, ClassVar, ParamSpec

import anyio
from anyio import to_thread
from anyio.from_thread import BlockingPortal

from . import prompt
from .client import AsyncOpenRouter

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Prompt", "PromptActor"]

P = ParamSpec("P")

SMALL_BATCHES = 8
"""So many small batches cause a warning; chosen: the last ones of a data set are small too."""

_LOGGER = logging.getLogger("openrouter_async")


class PromptActor:
    """The class of the actors of a prompt; made by `Prompt`, instantiated by Ray Data.

    An actor has one client for all its batches. Its event loop has its own thread, because Ray blocks the event loop
    of an actor until its output is taken, and calls in flight would time out.
    """

    prompt: ClassVar[prompt.Prompt]

    def __init__(self) -> None:
        """Open the client, in the process of the actor."""
        opened: Future[tuple[BlockingPortal, AsyncOpenRouter]] = Future()
        threading.Thread(target=anyio.run, args=(self._serve, opened), daemon=True).start()
        self._portal, self._client = opened.result()
        self._small = 0
        """Batches with fewer rows than could be asked concurrently."""

    async def _serve(self, opened: Future[tuple[BlockingPortal, AsyncOpenRouter]]) -> None:
        try:
            async with BlockingPortal() as portal, self.prompt.client() as client:
                opened.set_result((portal, client))
                await portal.sleep_until_stopped()
        except Exception as error:
            if opened.done():
                raise
            opened.set_exception(error)

    async def __call__(self, batch: object) -> pa.Table:
        """Return a batch of the data set, of any `batch_format`, with its answers."""
        return await to_thread.run_sync(self.prompt.run, lambda: self._portal.call(self._ask, batch))

    async def _ask(self, batch: object) -> pa.Table:
        answered = await self.prompt.table(self._client, batch)
        self._small += answered.num_rows < self.prompt.concurrency
        if self._small == SMALL_BATCHES:
            _LOGGER.warning(
                "batches have fewer rows (%d) than the concurrency of the prompt (%d), which limits how many are asked"
                " concurrently; give map_batches a larger batch_size",
                answered.num_rows,
                self.prompt.concurrency,
            )
        return answered


def _actors_of(make: Callable[P, prompt.Prompt]) -> Callable[P, type[PromptActor]]:
    """Return a function with the same arguments that returns the class of actors."""

    def made(*args: P.args, **kwargs: P.kwargs) -> type[PromptActor]:
        return type("Prompt", (PromptActor,), {"prompt": make(*args, **kwargs)})

    made.__doc__ = """Return a prompt for Ray Data: a class, since Ray Data runs classes as actors.

    ```python
    country = Prompt("In which country is {city}?", output=Country, ledger="redis://...")
    answered = cities.map_batches(country, batch_format="pyarrow")
    ```

    The arguments are those of `openrouter_async.Prompt`, and `concurrency` is that of one actor.

    Raises:
        ConfigurationError: an argument is wrong.
    """
    return made


Prompt = _actors_of(prompt.Prompt)
