"""`Prompt`: a question to each row of a data frame, as a value that engines send to their workers.

It contains no connection, no event loop and no key that it was not given: a worker makes a client of its own, with the
settings of its environment.
"""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

import anyio.lowlevel

from ._extras import needs_extra
from .batch.settings import BatchParams, BatchSettings
from .client import AsyncOpenRouter
from .errors import ConfigurationError
from .ledger.ledger import Ledger, SharedBudget
from .options import Limits
from .tables.template import Template

if TYPE_CHECKING:
    import pyarrow as pa
    from typing_extensions import Unpack

    from .structured.output import OutputLike
    from .tables.table_batch import TableBatch

__all__ = ["Prompt"]

FrameT = TypeVar("FrameT")
T = TypeVar("T")

_JOURNALS: dict[str, threading.Lock] = defaultdict(threading.Lock)
"""The turns of the threads of this process at a journal, which serves one batch at a time."""


class Prompt:
    """A question to each row of a data frame: call it with a frame, and it returns the frame with the answers.

    ```python
    country = Prompt("In which country is {city}?", model="openai/gpt-5-mini", max_tokens=20)
    answered = country(pandas.DataFrame({"city": ["Oslo", "Lima"]}))
    ```

    It can be pickled, so it runs wherever an engine calls a function for parts of a data set: in Ray's tasks, on
    Dask's partitions, in a pool of processes. The key and the address of the service come from the environment of the
    worker, unless `options` has them. The answer is of the same library as the frame; see `BatchMaker.table` for its
    columns.

    An engine repeats a part whose worker died. With `ledger`, or with `journal` if one process does all the work, rows
    that were answered are not asked again.
    """

    def __init__(
        self,
        prompt: str,
        *,
        system: str | None = None,
        output: OutputLike[object] | None = None,
        key: str | None = None,
        value: str = "value",
        error: str = "error",
        cost: str = "cost",
        **params: Unpack[BatchParams],
    ) -> None:
        """Take the arguments of `client.batch.table`.

        Args:
            prompt: Text with names of columns in braces.
            system: The system message, in the same form.
            output: The type of the values.
            key: The column that names the rows; without it they are named by their requests, so equal rows of
                different parts share an answer in a ledger.
            value: The name of the column of values.
            error: The name of the column of errors.
            cost: The name of the column of costs.
            params: See `BatchParams`. `concurrency` is that of one worker.

        Raises:
            ConfigurationError: an argument is wrong, or a budget would be one for each part of the data.
        """
        params = _for_other_processes(params)
        self._asked: dict[str, Any] = {
            "prompt": prompt, "system": system, "output": output, "key": key,
            "value": value, "error": error, "cost": cost, **params,
        }  # fmt: skip
        settings, _ = BatchSettings.split(dict(params))
        self.concurrency: int = settings.concurrency
        """The requests that a worker has in flight, at most."""
        self._journal = settings.journal
        if settings.budget is not None and settings.journal is None and settings.ledger is None:
            raise ConfigurationError(
                f"budget is {settings.budget}, which would be for each part of the data; give a ledger too,"
                " by which all parts share it"
            )
        self._added = [value, error, cost]
        templates = [Template("prompt", prompt), *([] if system is None else [Template("system", system)])]
        named: dict[str, list[object]] = {column: [] for template in templates for column in template.columns}
        self.table(
            self.client(), named if key is None else {key: [], **named}
        )  # an empty frame, so all is checked

    def client(self) -> AsyncOpenRouter:
        """Return a client for a worker, which sends at most `concurrency` requests concurrently."""
        return AsyncOpenRouter(limits=Limits(concurrency=self.concurrency))

    def table(self, client: AsyncOpenRouter, frame: object) -> TableBatch:
        """Return `client.batch.table` of a frame; a dict of columns is one too.

        Raises:
            ConfigurationError: as `client.batch.table`.
        """
        with needs_extra("arrow", "a prompt for each row of a data frame"):
            from .tables.frames import as_arrow
        return client.batch.table(as_arrow(frame), **self._asked)

    def __call__(self, frame: FrameT) -> FrameT:
        """Return a frame with the answers as columns behind its own; blocks until all rows are answered.

        A frame of pandas or polars stays one, with its index; the answer to any other is a `pyarrow.Table`.

        Raises:
            ConfigurationError: the prompt does not fit the columns of the frame.
            OpenRouterError: the batch ended early, as for the budget or the account.
        """
        answered = self.run(lambda: _run(partial(self._ask, frame)))
        return cast("FrameT", self.extend(frame, answered))

    def run(self, ask: Callable[[], T]) -> T:
        """Return the result of a function that asks, when this thread may use the journal."""
        turn: AbstractContextManager[object] = (
            nullcontext() if self._journal is None else _JOURNALS[str(self._journal.absolute())]
        )
        with turn:
            return ask()

    def extend(self, frame: object, answered: pa.Table) -> object:
        """Return a frame with the added columns of its answers."""
        from .tables.frames import extend_frame

        return extend_frame(frame, answered, self._added)

    async def _ask(self, frame: object) -> pa.Table:
        async with self.client() as client:
            return await self.table(client, frame)

    def __repr__(self) -> str:
        return f"<Prompt {', '.join(self._added)}>"  # neither the text nor the options, which may have a key


def _for_other_processes(params: BatchParams) -> BatchParams:
    """Return settings that mean the same in another process, with another working directory.

    Raises:
        ConfigurationError: a ledger or a budget is open in this one.
    """
    made = BatchParams(**params)
    ledger, journal = params.get("ledger"), params.get("journal")
    if isinstance(ledger, Ledger) or isinstance(params.get("budget"), SharedBudget):
        raise ConfigurationError(
            "the ledger is open in this process, and a prompt is for others; give its path or address as ledger=,"
            " and an amount as budget="
        )
    if isinstance(ledger, str | os.PathLike) and "://" not in os.fspath(ledger):
        made["ledger"] = os.path.abspath(ledger)  # noqa: PTH100 - text, as addresses are
    if isinstance(journal, str | os.PathLike):
        made["journal"] = os.path.abspath(journal)  # noqa: PTH100
    return made


def _run(ask: Callable[[], Awaitable[T]]) -> T:
    """Run an asynchronous function in an event loop of its own, also where this thread has one that runs."""
    try:
        anyio.lowlevel.current_token()
    except RuntimeError:  # there is none
        return anyio.run(ask)
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(anyio.run, ask).result()
