"""`Books`: the money of a batch, and its journal: what each item cost is counted as it is paid, and written down.

Costs come in at three times: with the answer of an item; later, when the record of a request that broke off is found;
and from an earlier run that was killed, when the service's cache gives again what was paid for then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from anyio import to_thread

from .._sansio.charges import Charge
from .._sansio.once import key_of
from ..spending.forecast import Request as Forecastable
from ..spending.spend import Spend
from .in_flight import AskedBefore
from .item_meter import ItemMeter
from .items import Request
from .journal import Journal, PaidAgain, done_record, failed_record, settled_record
from .results import Failed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from pydantic import JsonValue

    from ..protocols import Sender
    from ..spending.forecast import PriceList
    from ..spending.ledger import Call
    from ..types.chat import ChatCompletion
    from ..types.reply_cache import ReplyCache
    from .journal import Record
    from .settings import BatchSettings

__all__ = ["Books"]


class Books:
    """What a batch spends, and where it writes that down."""

    def __init__(
        self,
        settings: BatchSettings,
        *,
        transport: object,
        sender: Sender,
        prices: Callable[[], Awaitable[PriceList]],
        write: Callable[[Sequence[bytes]], None],
    ) -> None:
        """Open them.

        Args:
            settings: Of the batch.
            transport: Whose calls count.
            sender: Looks for the records of earlier runs.
            prices: Gives the prices of models; asked only where there is a budget.
            write: Writes records down; raises nothing.
        """
        self.spend = Spend(
            transport=transport,
            prices=prices,
            budget=settings.budget,
            settle=settings.settle,
            waits=True,
            settled=self._settled,
            advice="what was answered is kept, run it again with a larger budget",
        )
        self.journal: Journal | None = None
        self._sender = sender
        self.again = PaidAgain()
        """What was asked again because a run was killed."""
        self._asked: AskedBefore | None = None
        self._asked_before: dict[str, int] = {}
        self._has_budget = settings.budget is not None
        self._once = settings.once
        self._path = settings.journal
        self._write = write

    async def open(self) -> None:
        """Read the journal, if there is one, and the prices, if there is a budget."""
        if self._path is not None:
            self.journal = await to_thread.run_sync(Journal, self._path)
            self._asked = AskedBefore(self._path, self.journal.is_answered)
            self.again = replace(self.journal.again)
            self.spend.begin_at(self.journal.cost, self.journal.byok_cost)
        await self.spend.prepare()

    def close(self) -> None:
        """Close the journal."""
        if self._asked is not None:
            self._asked.close()
        if self.journal is not None:
            self.journal.close()

    def find(self, key: str) -> Record | None:
        """Return what the journal has of an item that was answered."""
        return None if self.journal is None else self.journal.find(key)

    @property
    def has_unbooked(self) -> bool:
        """Whether a run was killed before it knew what answers had cost that the service's cache gave again."""
        return self.journal is not None and bool(self.journal.unbooked)

    async def book_earlier(self) -> None:
        """Look for those costs."""
        assert self.journal is not None
        for source, (key, hash_) in self.journal.unbooked.items():
            request = Request(
                key=key, index=-1, hash=hash_, messages=[], model=None, extra_body=None, params={}
            )
            self.spend.book(source, self._sender, request)
        await self.spend.settle()

    def asking(self, request: Request) -> None:
        """An item is asked from now on; raises `JournalError`."""
        if self._asked is not None and (before := self._asked.begin(request.key)):
            self._asked_before[request.key] = before

    def left_undone(self, request: Request) -> None:
        """An item was refused, or not asked again; raises `JournalError`."""
        if self._asked is not None:
            self._asked.failed(request.key)

    def once_key(self, request: Request) -> str:
        """Return the key by which the service knows a repetition of an item's request; see `once`.

        It is the same in each run with the journal, until an answer was paid for that does not serve.
        """
        if self.journal is None:
            return uuid4().hex
        return key_of(request.key, request.hash, *self.journal.answers_that_do_not_serve(request.key))

    def append(self, records: Sequence[bytes]) -> None:
        """Write records, if there is a journal; raises `JournalError`."""
        if self.journal is not None:
            self.journal.append(b"".join(records))

    def answered(
        self,
        request: Request,
        completion: ChatCompletion[Any],
        structured: Mapping[str, JsonValue] | None,
        meter: ItemMeter,
    ) -> bytes:
        """Return the record of an item that was answered, and book what its answer cost in an earlier run."""
        if self.journal is None or self._asked is None:
            return b""
        self._asked.answered(request.key)
        cache = completion.cache
        source = None if cache is None else self._book_source(cache, completion, self.journal, meter)
        before = self._asked_before.pop(request.key, 0)
        if cache is not None and cache.is_hit:
            before = 0
        self.again.add(before, meter.cost)
        return done_record(request, completion, structured, meter, asked_before=before, source=source)

    def failed(self, request: Request, result: Failed, meter: ItemMeter) -> bytes:
        """Return the record of an item that failed."""
        if self.journal is None or self._asked is None:
            return b""
        self._asked.failed(request.key)
        self.again.add(before := self._asked_before.pop(request.key, 0), meter.cost)
        return failed_record(request, result.error, meter, asked_before=before)

    def learn(self, request: Request, completion: ChatCompletion[Any]) -> None:
        """Foresee what further items cost by one that an earlier run was answered."""
        usage = completion.usage
        if usage is None or not self._has_budget:
            return
        messages = request.messages if isinstance(request.messages, list) else []
        body: Any = {
            "model": request.model,
            **request.params,
            **(request.extra_body or {}),
            "messages": messages,
        }
        byok_cost = (usage.paid or Decimal(0)) - (usage.cost or Decimal(0))
        charge = Charge(cost=usage.cost, byok_cost=byok_cost, completion_tokens=usage.completion_tokens)
        self.spend.learn(Forecastable(body, prompt_tokens=usage.prompt_tokens or 0), charge)

    def _book_source(
        self, cache: ReplyCache, completion: ChatCompletion[Any], journal: Journal, meter: ItemMeter
    ) -> str | None:
        """Return the generation that the service's cache gave again, if what it cost is not in the journal."""
        if completion.generation_id is not None:
            journal.has_booked(completion.generation_id)
        source = cache.source_id if cache.is_hit and (journal.is_resumed or self._once) else None
        if source is None or journal.has_booked(source):
            return None
        meter.book(source)
        return source

    def _settled(self, call: Call) -> None:
        cost = call.charge.cost
        if isinstance(call.item, Request) and cost is not None and self.journal is not None:
            if call.generation_id is not None:
                self.journal.has_booked(call.generation_id)
            self._write([settled_record(call.item, call.generation_id, cost, call.charge.byok_cost)])
