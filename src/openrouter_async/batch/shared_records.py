"""`SharedRecords`: the records of a batch's items in a ledger, which other processes use at the same time.

An item is claimed before it is sent. Its answer is in the ledger before anyone sees it; where another process was
quicker, that one's answer is the result here too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import anyio
from pydantic import JsonValue
from pydantic_core import from_json

from .._sansio.once import key_of
from ..errors import LedgerError, OpenRouterError
from ..ledger.ledger import Ledger, SharedBudget
from ..ledger.opening import open_ledger
from ..ledger.steps import BudgetTerms, Busy, Changed, Done, GivenUp, Lease, to_pico
from ..spending.shared import SharedAdmission, check_same
from .item_records import ItemRecords
from .items import Request
from .journal_records import Kept, done_record, failed_record, hashes_kept, record_of, settled_record
from .kept_failures import is_transient

if TYPE_CHECKING:
    from ..spending.ledger import Call
    from ..types.chat.completion import ChatCompletion
    from ..types.reply_cache import ReplyCache
    from .item_meter import ItemMeter, Taken

__all__ = ["BATCH_BUDGET", "SharedRecords"]

BATCH_BUDGET = "batch"
"""The name of the budget that all batches of a ledger count in."""

BOOK_S = 0.5
"""Seconds between two looks at what was not counted yet."""


class SharedRecords(ItemRecords):
    """The records of a batch that has a ledger."""

    where = "ledger"
    has_kept = True

    async def open(self) -> None:
        """Open the ledger, unless the caller has."""
        given = self._settings.ledger
        self._is_own = not isinstance(given, Ledger)
        assert given is not None
        self.ledger = given if isinstance(given, Ledger) else open_ledger(given)
        self._leases: dict[str, Lease] = {}
        self._replaced: dict[str, str] = {}
        self._sources: dict[str, str] = {}
        self._steps_left: dict[str, str] = {}
        self._booked: set[str] = set()
        self._spend.shared = SharedAdmission(
            self.ledger, self._budgets(), paces=True, rate=self._settings.rate
        )
        if self._is_own:
            await self.ledger.__aenter__()
        try:
            self._since = await self.ledger.time()
            self._unbooked = await self.ledger.unbooked()
        except BaseException:
            await self.aclose()
            raise

    async def hashes_kept(self) -> dict[int, str]:
        """Return which items are not asked again; may be called before `open`."""
        given = self._settings.ledger
        assert given is not None
        if isinstance(given, Ledger):
            return hashes_kept([line async for _, line in given.lines()], self._asks_again)
        async with open_ledger(given) as ledger:
            return hashes_kept([line async for _, line in ledger.lines()], self._asks_again)

    async def aclose(self) -> None:
        """Close the ledger, unless it is the caller's."""
        for key in [*self._leases]:
            self._drop(key, is_left=True)
        if self._is_own:
            await self.ledger.__aexit__(None, None, None)

    def _budgets(self) -> tuple[BudgetTerms, ...]:
        budget = self._settings.budget
        if isinstance(budget, SharedBudget):
            check_same(self.ledger, budget)
            return BudgetTerms(BATCH_BUDGET, None), budget.terms
        return (BudgetTerms(BATCH_BUDGET, None if budget is None else to_pico(budget)),)

    # Claims

    async def claim(self, request: Request, replaces: int = 0) -> Kept | Busy | None:
        """Return what the ledger has of an item, an answer or a failure; None if this process asks it now.

        Args:
            request: The item.
            replaces: The number of a record that does not serve.

        Raises:
            LedgerError: the ledger cannot be used.
        """
        answer = await self._claim(request, -math.inf, replaces)
        if isinstance(answer, GivenUp) and self._asks_again(given_up := from_json(answer.record)):
            if isinstance(left := given_up.get("steps_left"), str):
                self._steps_left[request.key] = left
            answer = await self._claim(request, self._since, replaces)
        if isinstance(answer, Lease):
            self._leases[request.key] = answer
            return None
        if isinstance(answer, Busy):
            return answer
        record = record_of(from_json(answer.record))
        if isinstance(answer, GivenUp):
            return Kept(record, replaces)
        said = record.completion
        self._replaced[request.key] = str(said.get("id")) if isinstance(said, dict) else ""
        return Kept(record, answer.number)

    def steps_left(self, request: Request) -> str | None:
        """Return which `Steps` of an item that was given up before are left to be asked."""
        return self._steps_left.pop(request.key, None)

    async def _claim(
        self, request: Request, since: float, replaces: int
    ) -> Done | Lease | Busy | Changed | GivenUp:
        return await self.ledger.claim(request.key, request.hash, since=since, replaces=replaces)

    def once_key(self, request: Request) -> str:
        """Return the key by which the service knows a repetition; the same in all processes."""
        failures = self._leases[request.key].failures
        return key_of(request.key, request.hash, failures, self._replaced.get(request.key, ""))

    def begin(self, request: Request) -> None:
        """Do nothing: the claim has told it."""

    def left_undone(self, request: Request, meter: ItemMeter) -> None:
        """An item was refused, or not asked again; what it cost the ledger knows."""
        self._drop(request.key, is_left=False)

    def left(self, request: Request, meter: ItemMeter) -> None:
        """A worker was cancelled while it waited for an answer."""
        self._drop(request.key, is_left=True)

    def _drop(self, key: str, *, is_left: bool) -> None:
        lease = self._leases.pop(key, None)
        if lease is not None:
            self.ledger.drop(lease.id, is_left=is_left)

    # Ends

    def answered(
        self,
        request: Request,
        completion: ChatCompletion[object],
        structured: Mapping[str, JsonValue] | None,
        cache: ReplyCache | None,
        taken: Taken,
        meter: ItemMeter,
    ) -> bytes:
        """Return the record of an item that was answered, and look for what its answer cost another process."""
        before = self._leases[request.key].asked_before
        source = None
        if completion.generation_id is not None:
            self._booked.add(completion.generation_id)
        if cache is not None and cache.is_hit and cache.where == "service":
            before, source = 0, cache.source_id
            if source is not None and source not in self._booked:
                self._sources[request.key] = source
                meter.book(source)
        self.again.add(before, taken.cost)
        return done_record(request, completion, structured, taken, asked_before=before, source=source)

    def failed(self, request: Request, error: OpenRouterError, meter: ItemMeter) -> bytes:
        """Return the record of an item that failed."""
        before = self._leases[request.key].asked_before
        self.again.add(before, meter.cost)
        transient = is_transient(error, self._settings.retry_on)
        return failed_record(request, error, meter, transient=transient, asked_before=before)

    async def finish(self, request: Request, record: bytes) -> bool:
        """Keep the record of an answered item; return False where another process was quicker.

        It is kept also if the worker is cancelled: the answer is there, and paid for. A failure ends the batch, which
        has the result all the same.
        """
        is_first = True
        with anyio.CancelScope(shield=True):
            lease, source = self._leases.pop(request.key), self._sources.pop(request.key, None)
            try:
                is_first = await self.ledger.finish(lease.id, record, source=source)
            except LedgerError as error:
                self._stop_with(error)
        return is_first

    async def give_up(self, request: Request, record: bytes, *, was_paid: bool) -> None:
        """Keep the record of an item that failed, as `finish`."""
        with anyio.CancelScope(shield=True):
            try:
                await self.ledger.give_up(self._leases.pop(request.key).id, record, was_paid=was_paid)
            except LedgerError as error:
                self._stop_with(error)

    # Costs that come in later, or are of processes that are gone

    def settled(self, call: Call) -> bytes:
        """Return what the ledger keeps of a request that had broken off."""
        if not isinstance(call.item, Request) or call.charge.cost is None:
            return b""
        if call.generation_id is not None:
            self._booked.add(call.generation_id)
        return settled_record(call.item, call.generation_id, call.charge)

    @property
    def unbooked(self) -> Mapping[str, tuple[str, str]]:
        """The generations that were billed, and whose cost nobody has counted."""
        return self._unbooked

    async def keep_books(self) -> None:
        """Look for those costs, and while the batch runs for further ones, so that few are left at its end."""
        await super().keep_books()
        while self._settings.settle:
            await anyio.sleep(BOOK_S)
            await self._spend.settle()
