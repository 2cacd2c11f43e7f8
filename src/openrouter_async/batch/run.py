"""`Batch`: sends many prompts, a limited number concurrently.

```
items ── ItemSource ──> workers ── ResultQueue ──> the reader
                           │
                           └── ItemRunner: the answer that ItemRecords has, or the model's
```

Theory of operation: `concurrency` workers take turns to take the next item, run it, and put its result into the
queue, which writes it down first. As many results may wait for their reader; then the workers wait too, so a slow
reader stops the workers, which stop taking items: nothing accumulates. The workers run in a task group owned by the
`async with` block, so no task group spans a `yield`.

An early end (the budget, the account, a changed request, `stop`) stops the taking of items. Items in flight are
finished and delivered, and then the reader gets the error. An item that was taken and not sent has no result.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine, Generator, Mapping
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING, Generic

import anyio
from anyio import to_thread
from pydantic import JsonValue

from .._http.observers import ABOUT, OBSERVERS
from ..errors import ConfigurationError
from ..ledger.steps import Busy
from ..operations import CREATE_CHAT
from ..options import RequestOptions
from ..spending.spend import Spend
from ..types.chat.completion import OutputT
from ..types.chat.request import check_chat_params
from .attending import attend
from .estimate import BatchEstimate, estimate_requests
from .failures import Failures
from .item_meter import ItemMeter
from .item_records import ItemRecords
from .item_runner import Ended, ItemRunner, Outputs
from .item_source import ItemSource
from .items import Items, Request
from .report import report
from .result_queue import ResultQueue
from .result_rows import Results
from .results import Failed, Result
from .settings import BatchSettings
from .stats import BatchProgress, BatchStats, BatchSummary

if TYPE_CHECKING:
    from typing import Self

    from anyio.abc import TaskGroup

    from ..protocols import BatchSpan, ChatCompleter, Sender
    from ..spending.forecast import Prices
    from .kinds import Kind
    from .set_aside import SetAside

__all__ = ["Batch"]

AHEAD = 16
"""The limit of items in flight or waiting, in multiples of `concurrency`, if results are read in order. Chosen: one
item may take as long as fifteen others before it delays them."""


class Batch(Generic[OutputT]):
    """A batch, created by `client.batch`: an async context manager that yields its results as they arrive.

    ```python
    async with client.batch(prompts, model="openai/gpt-5-mini", journal="run.jsonl", budget="2.50") as batch:
        async for item in batch:
            match item:
                case Done(key=key, completion=completion):
                    print(key, completion.text)
                case Failed(key=key, error=error):
                    print(key, error)
    print(batch.summary)
    ```

    Leaving the block cancels the items in flight; finished ones are in the journal. The block waits at most `settle`
    seconds for the generation records of requests that were cut off, like `client.track`, so the journal has their
    cost.

    A short list needs no block: `await` the batch for all its results.

    ```python
    results = await client.batch(["Name a colour.", "Name a fish."], model="openai/gpt-5-mini")
    print([result.output for result in results])
    ```
    """

    def __init__(
        self,
        items: Items,
        *,
        completer: ChatCompleter[OutputT],
        transport: object,
        sender: Sender,
        prices: Prices,
        outputs: Outputs | None = None,
        kind: Kind[OutputT] | None = None,
        model: str | None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **params: object,
    ) -> None:
        """Use `client.batch`; `completer` asks an item, `sender` looks for billed records of the calls of `transport`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
        """
        settings, chat_params = BatchSettings.split(params)
        if kind is None:
            check_chat_params(chat_params, stream=False)
        else:
            kind.check(chat_params)
            if settings.once or settings.fallback:
                raise ConfigurationError(
                    f"once and fallback are for chat; a batch of {kind.name} has neither"
                )
            if model is None:
                raise ConfigurationError(
                    f"a batch of {kind.name} needs a model; the default model is one for chat"
                )
        self._settings = settings
        self._path = CREATE_CHAT.path if kind is None else kind.path
        self._prices = prices
        self._spend = Spend(
            transport=transport,
            prices=prices,
            budget=settings.budget,
            settle=settings.settle,
            waits=True,
            settled=lambda call: self._records.settled(call),
            advice="the answers are kept; run it again with a larger budget",
        )
        records = ItemRecords
        if settings.ledger is not None:
            from .shared_records import SharedRecords as records  # what most batches do not need
        self._records = records(
            settings,
            spend=self._spend,
            sender=sender,
            stop_with=self._stop_with,
            path=self._path,
        )
        self._source = ItemSource(
            items,
            model=model or completer.with_options(options).default_model,
            params=chat_params,
            extra_body=extra_body,
            output_name="" if outputs is None else outputs.name,
            kind_name="" if kind is None else kind.name,
        )
        self._stats = BatchStats(self._source.total, self._spend)
        self._runner: ItemRunner[OutputT] = ItemRunner(
            completer,
            settings,
            records=self._records,
            stats=self._stats,
            outputs=outputs,
            kind=kind,
            options=options,
        )
        self._queue: ResultQueue[OutputT] = ResultQueue(settings.concurrency, self._records.write)
        self.failures = Failures()
        """The items that failed so far, those of earlier runs that are not asked again included."""
        self.interrupts = 0
        """How often Ctrl-C was pressed, with `finish_on_interrupt`; then not all items were asked."""
        self._error: Exception | None = None
        self._completer = completer
        self._span: BatchSpan | None = None
        self._group: TaskGroup | None = None
        self._feeding: TaskGroup | None = None
        """The group of the task that advances asynchronous items; it ends after the workers."""
        self._working: int | None = None
        """The number of workers; None before the first result is requested."""
        self._set_aside: SetAside | None = None
        """The items that other processes ask; None without a ledger."""

    # What is seen of it

    @property
    def progress(self) -> BatchProgress:
        """The progress so far."""
        return self._stats.progress()

    @property
    def summary(self) -> BatchSummary:
        """Its progress so far, with the cost by model."""
        return self._stats.summary(self._records.again)

    def report(self) -> str:
        """Return what it did so far as lines for people: items, cost, time, each model, each kind of failure."""
        return report(self.summary)

    async def estimate(self, *, answer_tokens: int = 1_000) -> BatchEstimate:
        """Return the tokens that the items may use, and their possible cost; sends at most a request for prices.

        ```python
        batch = client.batch(prompts, model="openai/gpt-5-mini", max_tokens=200)
        print((await batch.estimate()).high)
        results = await batch
        ```

        Items that the journal or the ledger has a result for cost nothing, nor do repeated ones with `dedupe`.

        Args:
            answer_tokens: The length of an answer where `max_tokens` does not bound it.

        Raises:
            ConfigurationError: the items can be read only once, or the batch is not of chat.
            JournalError: the journal cannot be read.
            LedgerError: the ledger cannot be used.
        """
        if self._path != CREATE_CHAT.path:
            raise ConfigurationError(f"estimate() is for batches of chat; this one asks {self._path}")
        requests, prices = self._source.preview(), await self._prices()
        kept = await self._records.hashes_kept()

        def bound(request: Request) -> int:
            given = request.params.get("max_completion_tokens") or request.params.get("max_tokens")
            return given if isinstance(given, int) else answer_tokens

        settled = partial(estimate_requests, hashes_kept=kept, dedupe=self._settings.dedupe)
        return await to_thread.run_sync(settled, requests, prices, bound)

    def stop(self) -> None:
        """Take no further items; the results of those in flight still arrive, and then the loop ends."""
        self._source.stop()
        self._runner.stop()
        self._spend.close()
        if self._set_aside is not None:
            self._set_aside.stop()

    # Reading the results

    def __await__(self) -> Generator[object, None, Results[OutputT]]:
        """Return the results of all items, in their order, when all are there; errors are those of the loop.

        A result is `Done` or `Failed`; the `output` and the `completion` of one that failed raise its error.
        """
        return self._all().__await__()

    async def _all(self) -> Results[OutputT]:
        async with self:
            return Results([result async for result in self.ordered()])

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Result[OutputT]:
        """Return the next result, in order of arrival.

        Raises:
            BudgetExceeded: the budget, or that of `client.track`, has no room for another item.
            AuthenticationError: the key is refused; the remaining items are not sent, and not failed.
            InsufficientCredits: the account is empty; the same applies.
            SpendingLimitExceeded: the key has reached its limit; the same applies.
            RateLimited: the service demands a delay of more than an hour; the same applies.
            JournalError: the journal cannot be written.
            ConfigurationError: the request of an item differs from the one in the journal under its key.
            OpenRouterError: with `stop_on_error`, the error of the item that failed.
        """
        if self._working is None:
            self._begin()
        result = await self._queue.get()
        if result is None:
            raise StopAsyncIteration if self._error is None else self._error
        return result

    async def ordered(self) -> AsyncGenerator[Result[OutputT], None]:
        """Yield the results in the order of the items; errors are those of the plain loop.

        A slow item delays those behind it: at most 16 times `concurrency` wait for it, then no further ones are sent.
        """
        ahead = AHEAD * self._settings.concurrency
        waiting: dict[int, Result[OutputT]] = {}
        following = 0
        error: Exception | None = None
        self._source.allow(ahead)
        while True:
            try:
                result = await self.__anext__()
            except StopAsyncIteration:
                break
            except Exception as failure:  # noqa: BLE001 - raised below, behind what is left
                error = failure
                break
            waiting[result.index] = result
            while following in waiting:
                yield waiting.pop(following)
                following += 1
                self._source.allow(following + ahead)
        for index in sorted(waiting):  # behind an item that was not asked any more
            yield waiting[index]
        if error is not None:
            raise error

    # Its life

    async def __aenter__(self) -> Self:
        if self._group is not None:
            raise ConfigurationError("a batch is used once; make another one for another run")
        try:
            await self._records.open()
            await self._spend.prepare()
            # Made last, since from here on it is certain that they are closed.
            self._feeding = anyio.create_task_group()
            await self._feeding.__aenter__()
            self._group = anyio.create_task_group()
            await self._group.__aenter__()
            attend(self, self._group, self._settings)
            spans = self._completer.spans
            self._span = None if spans is None else spans.batch()
        except BaseException:
            await self._records.aclose()
            raise
        return self

    async def __aexit__(self, exc_type: object, exc: BaseException | None, traceback: object) -> None:
        assert self._group is not None
        assert self._feeding is not None
        self._source.stop()
        self._stats.end()
        try:
            async with AsyncExitStack() as closing:
                closing.push_async_callback(self._source.aclose)
                closing.push_async_callback(self._feeding.__aexit__, None, None, None)
                closing.callback(self._queue.close)
                closing.callback(self._queue.write_down)
                self._group.cancel_scope.cancel()
                # Without the exception, so that it leaves as it is and not within a group.
                await self._group.__aexit__(None, None, None)
            if exc is None or isinstance(exc, Exception):  # someone who cancels does not want to wait
                await self._spend.settle(also_let_go=True)
        finally:
            self._records.keep_doubts(self._spend.in_doubt())
            await self._records.aclose()
            if self._span is not None:
                done = self.summary
                self._span.ended(done.done, done.failed, done.resumed, done.cost)
        if self.interrupts > 1:
            raise KeyboardInterrupt

    def _begin(self) -> None:
        if self._group is None or self._feeding is None:
            raise ConfigurationError(
                "a batch is read inside its block: async with client.batch(...) as batch; or awaited for all results"
            )
        self._stats.begin()
        total = self._source.total
        concurrency = self._settings.concurrency
        self._working = concurrency if total is None else max(1, min(concurrency, total))
        if self._records.unbooked or self._settings.ledger is not None:
            self._group.start_soon(self._records.keep_books)
        self._source.feed_in(self._feeding)
        begun = [partial(self._work, self._run_items)] * self._working
        if self._settings.ledger is not None:
            begun = self._sharing(self._working)
        self._working = len(begun)
        for work in begun:
            self._group.start_soon(work)

    def _sharing(self, count: int) -> list[partial[Coroutine[object, object, None]]]:
        """Return the workers of a batch with a ledger: as many more wait for the items that other processes ask."""
        from .set_aside import SetAside
        from .shared_records import SharedRecords

        assert isinstance(self._records, SharedRecords)
        self._set_aside = SetAside(self._records.ledger, readers=count)
        places = anyio.Semaphore(count)
        each_of = [partial(self._run_shared, items, places) for items in (self._source, self._set_aside)]
        return [partial(self._work, run) for run in each_of for _ in range(count)]

    # The workers

    async def _work(self, run: Callable[[], Awaitable[None]]) -> None:
        assert self._working is not None
        try:
            try:
                await run()
            except Exception as error:  # noqa: BLE001 - kept for whoever reads the results, who gets it unchanged
                self._stop_with(error)
            if self._working == 1:
                await self._spend.settle(also_let_go=True)
        finally:
            self._working -= 1
            if self._working == 0:
                self._stats.end()
                self._queue.close()

    async def _run_items(self) -> None:
        meter = self._begin_worker()
        async for item in self._source:
            await self._run_item(item, meter)

    async def _run_shared(self, items: AsyncIterator[Request | Failed], places: anyio.Semaphore) -> None:
        """Run items of which other processes may ask some: those are put aside."""
        meter = self._begin_worker()
        assert self._set_aside is not None
        async for item in items:
            async with places:
                is_busy = await self._run_item(item, meter)
            if is_busy and not isinstance(item, Failed):
                await self._set_aside.put(item)
        if items is self._source:
            self._set_aside.reader_ended()

    def _begin_worker(self) -> ItemMeter:
        meter = ItemMeter(self._spend)
        self._stats.meters.append(meter)
        OBSERVERS.set((*OBSERVERS.get(), meter))
        if self._span is not None:
            self._span.work()
        return meter

    async def _run_item(self, item: Request | Failed, meter: ItemMeter) -> bool:
        """Run an item; return whether another process asks it now."""
        if isinstance(item, Failed):
            self._stats.failed(item.error)
            ended: Ended[OutputT] | Busy | None = item, None
        else:
            if self._span is not None:
                ABOUT.set({"batch.key": item.key})
            runner = self._runner
            ended = await runner.resume(item, meter)
            if ended is None:
                ended = await (runner.ask_once if self._settings.dedupe else runner.ask)(item, meter)
        if isinstance(ended, Busy):
            return True
        if ended is not None:
            result, record = ended
            if isinstance(result, Failed):
                self.failures.add(result)
                if self._settings.stop_on_error and not result.is_resumed:
                    self._stop_with(result.error)
            await self._queue.put(result, record)
        return False

    def _stop_with(self, error: Exception) -> None:
        """End the taking of items, and keep the first error for whoever reads the results."""
        if self._error is None:
            self._error = error
        self.stop()
