"""`Batch`: asks many prompts, a bounded number at a time.

Theory of operation: as many workers as `concurrency` take turns to take the next item, ask it, and hand its result
over, which writes it down (`handover`). As many results may wait for their reader; then handing over waits too, so a
slow reader stops the workers, and the workers stop the taking of items: nothing piles up. The workers live in a task
group that the `async with` block owns, so that no task group spans a `yield`.

What ends a batch early (the budget, the account, a changed request, `stop`) ends the taking of items. What is in flight
is finished and delivered, and then the reader gets the error. What was taken and not asked is undone: it has no result.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias

import anyio
from anyio.lowlevel import checkpoint
from pydantic import JsonValue, ValidationError

from .._http.observers import METERS
from ..errors import BudgetExceeded, ConfigurationError, InvalidResponseError, JournalError, OpenRouterError
from ..options import RequestOptions
from ..spending.forecast import PriceList
from ..types.chat import ChatCompletion
from ..types.chat_request import check_chat_params
from .item_meter import ItemMeter
from .item_records import Books
from .item_runner import Asker, Create, Stopped
from .item_source import Feed
from .items import Items, Request
from .journal import Record
from .result_queue import Handover
from .results import Done, Failed, OutputT, Result
from .settings import BatchSettings
from .stats import Accounts, BatchProgress, BatchSummary

if TYPE_CHECKING:
    from typing import Self

    from anyio.abc import TaskGroup

    from ..protocols import Sender

__all__ = ["Batch", "Outputs", "Prices"]

Prices: TypeAlias = Callable[[], Awaitable[PriceList]]
"""Gives the prices of models; asked once, and only where there is a budget."""


class Outputs(Protocol):
    """Structured output, as a batch needs it; `structured.kept` has it."""

    @property
    def output(self) -> object:
        """What each call is asked for."""

    def kept(self, completion: ChatCompletion[Any], /) -> Mapping[str, JsonValue]:
        """Return what the journal notes of a reply besides itself."""
        ...

    def restored(self, completion: ChatCompletion[Any], path: object, /) -> ChatCompletion[Any]:
        """Return a kept reply with its value; raises `OpenRouterError` where it does not fit any more."""
        ...


AHEAD = 16
"""How many times `concurrency` items are in work or waiting at most where results are wanted in order."""


class Batch(Generic[OutputT]):
    """A batch, made by `client.batch`: an async context manager, and in it the results as they come.

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

    Leaving the block cancels what is in flight; what is finished is in the journal. The records of what broke off are
    waited for as `client.track` does, `settle` seconds at most, so that the journal tells what they cost.
    """

    def __init__(
        self,
        items: Items,
        *,
        create: Create,
        transport: object,
        sender: Sender,
        prices: Prices,
        settings: BatchSettings,
        params: Mapping[str, object],
        model: str | None = None,
        outputs: Outputs | None = None,
        output_name: str = "",
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
    ) -> None:
        """Make a batch; see `client.batch`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
        """
        check_chat_params(params, stream=False)
        self._settings = settings
        self._outputs = outputs
        self._books = Books(
            settings, transport=transport, sender=sender, prices=prices, write=self._write_down
        )
        self._asker: Asker[OutputT] = Asker(
            create,
            settings,
            options=options,
            output=None if outputs is None else outputs.output,
            once_key=self._books.once_key,
        )
        self._spend = self._books.spend
        self._feed = Feed(items, model=model, params=params, extra_body=extra_body, output_name=output_name)
        self._accounts = Accounts(began=time.monotonic(), total=self._feed.total, spend=self._spend)
        self._error: BaseException | None = None
        self._is_stopping = False
        self._has_begun = False
        self._is_ordered = False
        self._delivered = 0
        self._turn = anyio.Lock(fast_acquire=True)
        self._changed: anyio.Event | None = None
        """For those who wait for a change; none where nobody does."""
        self._stopped = anyio.Event()
        self._taking: anyio.CancelScope | None = None
        self._oldest = 0
        self._group: TaskGroup | None = None
        self._working = 0
        self._handover: Handover[OutputT] = Handover(settings.concurrency, self._write_down)

    # What is seen of it

    @property
    def progress(self) -> BatchProgress:
        """Where it stands."""
        return self._accounts.progress(time.monotonic())

    @property
    def summary(self) -> BatchSummary:
        """What it did so far, with the cost by model."""
        return self._accounts.summary(time.monotonic(), self._books.again)

    def stop(self) -> None:
        """Take no further items; the results of what is in flight still come, and then the loop ends."""
        self._is_stopping = True
        self._stopped.set()
        self._spend.close()
        self._notify()
        if self._taking is not None:
            self._taking.cancel()

    # Reading the results

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Result[OutputT]:
        """Return the next result, in the order in which they come.

        Raises:
            BudgetExceeded: the budget has no room for another item; or that of `client.track` has none.
            AuthenticationError: the key is refused; items that are left are undone, not failed.
            InsufficientCredits: the account is empty; likewise.
            SpendingLimitExceeded: the key has spent what it may; likewise.
            RateLimited: the service asks to wait for more than an hour; likewise.
            JournalError: the journal cannot be written.
            ConfigurationError: the request of an item is another than the one kept under its key.
            OpenRouterError: with `stop_on_error`, the error of the item that failed.
        """
        self._begin()
        result = await self._handover.get()
        if result is None:
            raise StopAsyncIteration if self._error is None else self._error
        self._delivered += 1
        return result

    async def ordered(self) -> AsyncGenerator[Result[OutputT], None]:
        """Yield the results in the order of the items; errors are those of the plain loop.

        An item that takes long holds up those behind it: at most 16 times `concurrency` wait for it, then no further
        ones are asked.
        """
        self._is_ordered = True
        waiting: dict[int, Result[OutputT]] = {}
        following = 0
        error: Exception | None = None
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
                self._oldest = following
                self._notify()
        for index in sorted(waiting):  # behind an item that was not asked any more
            yield waiting[index]
        if error is not None:
            raise error

    # Its life

    async def __aenter__(self) -> Self:
        if self._group is not None:
            raise ConfigurationError("a batch is used once; make another one for another run")
        try:
            await self._books.open()
            # Made last, since from here on it is certain that it is closed.
            self._group = anyio.create_task_group()
            await self._group.__aenter__()
        except BaseException:
            self._books.close()
            raise
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._group is not None
        self._is_stopping = True
        try:
            async with AsyncExitStack() as closing:
                closing.push_async_callback(self._feed.aclose)
                closing.callback(self._handover.close)
                closing.callback(self._handover.write_down)
                self._group.cancel_scope.cancel()
                # Without the exception, so that it leaves as it is and not within a group.
                await self._group.__aexit__(None, None, None)
            if exc is None or isinstance(exc, Exception):  # someone who cancels does not want to wait
                await self._spend.settle(also_let_go=True)
        finally:
            self._books.close()

    def _begin(self) -> None:
        if self._group is None:
            raise ConfigurationError(
                "a batch is read inside its block: async with client.batch(...) as batch"
            )
        if not self._has_begun:
            self._has_begun = True
            self._accounts.began = time.monotonic()
            self._working = self._settings.concurrency
            if self._feed.total is not None:
                self._working = max(1, min(self._working, self._feed.total))
            if self._books.has_unbooked:
                self._group.start_soon(self._books.book_earlier)
            for _ in range(self._working):
                self._group.start_soon(self._work)

    # The workers

    async def _work(self) -> None:
        meter = ItemMeter(self._spend)
        METERS.set((*METERS.get(), meter))
        try:
            while (taken := await self._next()) is not None:
                if not isinstance(taken, Request):
                    await self._handover.put(taken, None)
                elif (result := await self._answer(taken, meter)) is not None:
                    await self._handover.put(result, self._record(taken, result, meter))
            if self._working == 1:
                await self._spend.settle(also_let_go=True)
        except Exception as error:  # noqa: BLE001 - kept for whoever reads the results, who gets it unchanged
            self._stop_with(error)
        finally:
            self._working -= 1
            if self._working == 0:
                self._handover.close()

    async def _next(self) -> Request | Result[OutputT] | None:
        """Take the next item; None when no more are to be taken. A result is of an item that is not to be asked."""
        if not self._is_ordered and not self._feed.is_async:
            return await self._take()  # without a wait in between, nobody can get in between
        async with self._turn:
            while self._is_ordered and self._feed.taken >= self._oldest + AHEAD * self._settings.concurrency:
                await self._change()
                if self._is_stopping:
                    break
            return await self._take()

    async def _take(self) -> Request | Result[OutputT] | None:
        request: Request | Failed | None = None
        if not self._is_stopping:
            if self._feed.is_async:
                with anyio.CancelScope() as self._taking:
                    request = await self._feed.next()
            else:
                request = await self._feed.next()
        if request is None:
            return None
        if isinstance(request, Failed):
            self._gave_up(request, None, was_paid=False)
            return request
        resumed = self._resumed(request)
        if resumed is not None:
            await checkpoint()
            return resumed
        self._accounts.in_flight += 1
        return request

    async def _change(self) -> None:
        """Wait until something is different: an item is done or delivered, or the batch is stopping."""
        if self._changed is None:
            self._changed = anyio.Event()
        await self._changed.wait()

    def _notify(self) -> None:
        if self._changed is not None:
            self._changed.set()
            self._changed = None

    def _resumed(self, request: Request) -> Result[OutputT] | None:
        """Return the result that the journal has for an item; None where it is to be asked."""
        record = self._books.find(request.key)
        if record is None:
            return None
        if record.hash != request.hash:
            if self._settings.on_change == "redo":
                return None
            raise ConfigurationError(
                f"the request of the item {request.key!r} is not the one that the journal has an answer for;"
                ' name another journal, give it another key, or ask it again with on_change="redo" (--redo-changed)'
            )
        try:
            completion = self._restored(record)
        except OpenRouterError as error:
            if self._settings.on_change == "redo":
                return None
            error.add_note(
                'the journal keeps the reply; on_change="redo" (--redo-changed) asks the item again'
            )
            failed = Failed(key=request.key, index=request.index, error=error)
            self._gave_up(failed, request.model, was_paid=False)
            return failed
        self._accounts.read(completion.model, completion.usage)
        self._books.learn(request, completion)
        return Done(key=request.key, index=request.index, completion=completion, is_resumed=True)

    def _restored(self, record: Record) -> ChatCompletion[OutputT]:
        """Return the reply that a record holds; raises `OpenRouterError` where it cannot be used any more."""
        try:
            completion: ChatCompletion[Any] = ChatCompletion.model_validate(record.completion)
        except ValidationError as error:
            problem = error.errors(include_url=False, include_input=False)[0]["msg"]
            raise InvalidResponseError(
                f"what the journal has in place of a reply is none: {problem}"
            ) from None
        return completion if self._outputs is None else self._outputs.restored(completion, record.path)

    async def _answer(self, request: Request, meter: ItemMeter) -> Result[OutputT] | None:
        """Ask an item until it is answered or given up; None where it is left undone."""
        meter.turn_to(request)
        self._books.asking(request)
        try:
            result = await self._asker.ask(request, stopped=self._stopped)
        finally:
            self._accounts.in_flight -= 1
            self._notify()
        if not isinstance(result, Done | Failed):
            self._books.left_undone(request)
        if isinstance(result, Stopped):
            # One that waited for room when the batch was stopped was not in flight, and has no error to tell.
            if not (self._is_stopping and isinstance(result.error, BudgetExceeded)):
                self._stop_with(result.error)
            return None
        if isinstance(result, Done):
            self._accounts.answered(result.completion.model, time.monotonic())
        elif isinstance(result, Failed):
            self._gave_up(result, request.model, was_paid=bool(meter.cost))
        return result

    # Keeping count

    def _gave_up(self, result: Failed, model: str | None, *, was_paid: bool) -> None:
        self._accounts.gave_up(model, result.error, time.monotonic(), was_paid=was_paid)
        if self._settings.stop_on_error:
            self._stop_with(result.error)

    def _record(self, request: Request, result: Result[OutputT], meter: ItemMeter) -> bytes:
        """Return the line that tells of a result."""
        if isinstance(result, Failed):
            return self._books.failed(request, result, meter)
        kept = None if self._outputs is None else self._outputs.kept(result.completion)
        return self._books.answered(request, result.completion, kept, meter)

    def _write_down(self, records: Sequence[bytes]) -> None:
        """Write records, if there is a journal; a failure ends the batch, and the results are delivered anyhow."""
        try:
            self._books.append(records)
        except JournalError as error:
            self._stop_with(error)

    def _stop_with(self, error: BaseException) -> None:
        """End the taking of items, and keep the first error for whoever reads the results."""
        if self._error is None:
            self._error = error
        self.stop()
