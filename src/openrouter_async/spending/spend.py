"""`Spend`: the cost of a block's calls, and its budget.

*Theory of operation.* While the block is entered, it is an observer of its task and of all tasks started inside: each
request that costs money asks it first, and reports its end; a `Ledger` adds up. A request reserves its forecast until
it ends. A request whose cost nothing limits in advance waits for the others of its kind. For calls that were cut off
the block reads their generation records: when it is left, and before it refuses a request that might then fit.
"""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import TYPE_CHECKING

import anyio
from anyio import to_thread

from .._checks import number
from .._http.limiter import BYTES_PER_TOKEN
from .._http.observers import OBSERVERS, Attempt, Observer
from .._sansio.charges import Charge
from .._sansio.money import format_usd, parse_usd
from ..errors import ConfigurationError, OpenRouterError
from ..ledger.ledger import SharedBudget
from ..resources.account.generations import GenerationsResource
from .forecast import Forecast, Prices, Request, model_in
from .jobs import JobObserver, look_at_job
from .ledger import Call, Ledger, ModelCost, ModelSpend, UnsettledCall
from .observer import SpendObserver
from .records import charge_of_record
from .refusals import exceeded, shared_exceeded
from .shared import SharedAdmission, outcome_of

if TYPE_CHECKING:
    from typing import Self

    from .._sansio.request import RequestData
    from ..protocols import Sender

__all__ = ["Spend", "UnsettledCall"]

LOGGER = logging.getLogger("openrouter_async")

LONG_BODY = 16 * 1024
"""Bytes of a request from which its prompt is estimated in a thread, so the event loop stays free."""

LOOK_S = 0.05
"""How often a waiting call checks on its own; nobody wakes it for a stream that is garbage-collected."""

PATIENCE_S = 60.0
"""How long a call of unknown cost waits for another one of unknown cost."""


class Spend:
    """The spending inside a block, by all calls of one client and of clients derived from it.

    Tasks that begin inside count, and so do streams and features that make calls. Amounts are US dollars.
    """

    def __init__(
        self,
        *,
        transport: object,
        prices: Prices,
        budget: Decimal | str | float | SharedBudget | None,
        settle: float,
        waits: bool = False,
        settled: Callable[[Call], bytes] | None = None,
        advice: str = "raise the budget, or lower max_tokens",
    ) -> None:
        """Create one; see `client.track`.

        Args:
            waits: Whether a call without room waits while others run, rather than being refused.
            settled: Called with the cost of a call that had been cut off, once it is known; returns the line that a
                shared ledger keeps of it.
            advice: Advice for the error message of a refused call.
        """
        self.transport = transport
        """The calls that count."""
        self.shared = SharedAdmission.of(budget)
        """What asks a ledger of several processes; None where the budget is of this block alone."""
        limit = budget.limit if isinstance(budget, SharedBudget) else budget
        self.budget: Decimal | None = None if limit is None else parse_usd("budget", limit)
        """The budget; None: unlimited."""
        self._settle_s = number("settle", settle, unit="seconds")
        self._fetch_prices = prices
        self._waits = waits
        self._is_closed = False
        self._advice = advice
        self._is_entered = False
        self._told = settled
        self._ledger = Ledger(time.monotonic, doubt_s=settle, settled=self._settled)
        self._changed: anyio.Event | None = None

    @property
    def cost(self) -> Decimal:
        """The charges, as far as they are known."""
        return self._ledger.count().cost

    @property
    def byok_cost(self) -> Decimal:
        """What providers charged to your own keys there (`is_byok`), beside `cost`; it counts in the budget."""
        return self._ledger.count().byok_cost

    @property
    def calls(self) -> int:
        """The number of requests that were paid for or are in doubt; failed and retried requests count separately."""
        return self._ledger.count().calls

    @property
    def by_model(self) -> Mapping[str, ModelCost]:
        """The charges for each model that answered: dollars, which also have `calls`, `prompt_tokens` and
        `completion_tokens`."""
        return {name: ModelCost.of(model) for name, model in self.models.items()}

    @property
    def models(self) -> Mapping[str, ModelSpend]:
        """The same, with the tokens."""
        return self._ledger.count().models

    @property
    def held(self) -> Decimal:
        """The amount reserved for requests in flight, for those in doubt, and for answers whose cost nothing has told,
        as far as it can be estimated."""
        ledger = self._ledger.count()
        return ledger.held + ledger.doubtful + ledger.untold

    @property
    def doubtful(self) -> Decimal:
        """What of `held` is for requests that broke off, and is let go after the time of `settle`."""
        return self._ledger.count().doubtful

    @property
    def remaining(self) -> Decimal | None:
        """The rest of the budget, without reservations; None without a budget."""
        return None if self.budget is None else self.budget - self._ledger.count().taken

    @property
    def unsettled(self) -> tuple[UnsettledCall, ...]:
        """The requests whose cost is not known: those that run, and those that broke off.

        After the block, those whose record did not come in time; the last thousand of them.
        """
        return self._ledger.count().unsettled

    # what the sender says

    def observe(self, request: RequestData, sender: Sender) -> Observer | None:
        """Watch a call that may cost money, or shows what a job costs."""
        return JobObserver(self._saw_job) if request.is_poll else self.observe_for(None, request, sender)

    def observe_for(self, item: object, request: RequestData, sender: Sender) -> SpendObserver | None:
        """Watch a call that may cost money; `item` is what it is made for."""
        return SpendObserver(self, sender, item) if request.may_cost else None

    async def open_call(self, data: RequestData, sender: Sender, item: object) -> Call:
        """Hold what a request may cost, once the budget has room for it."""
        call = Call(data.operation.name, data.model or model_in(data.content), sender, item)
        ledger = self._ledger
        if ledger.forecast is not None:
            if data.content is not None and len(data.content) > LONG_BODY:
                call.request = await to_thread.run_sync(Request.read, data.content, data.path)
            else:
                call.request = Request.read(data.content, data.path)
            call.model = call.request.model or call.model  # a form is not read
            if self.shared is None:
                await self._admit(call)
        if self.shared is not None:
            await self._admit_shared(self.shared, call, len(data.content or b"") / BYTES_PER_TOKEN)
        ledger.open(call)
        return call

    async def _admit(self, call: Call) -> None:
        """Return once the budget has room for a call.

        Raises:
            BudgetExceeded: there is not enough room.
        """
        assert self.budget is not None
        assert call.request is not None
        ledger, forecast = self._ledger, self._ledger.forecast
        assert forecast is not None
        call.task = anyio.get_current_task().id
        give_up_at = time.monotonic() + PATIENCE_S
        while True:
            ledger.count()
            call.foreseen = forecast.of(call.request)
            if call.foreseen.is_free:
                return
            fits = ledger.taken + call.foreseen.cost <= self.budget > ledger.taken
            needs_record = not fits or self._should_know_first(call)
            is_alone = call.foreseen.is_known or not ledger.guessing
            if fits and is_alone and not needs_record:
                return
            if needs_record and await self._learned_more():
                continue
            if (
                (not fits and not (self._waits and (ledger.running or ledger.doubtful)))
                or (
                    not is_alone
                    and (call.task in ledger.guessing or (not self._waits and time.monotonic() > give_up_at))
                )
                or self._is_closed
            ):
                raise exceeded(call, self._ledger, self.budget, self._advice)
            await self._change()

    async def _admit_shared(self, shared: SharedAdmission, call: Call, tokens: float) -> None:
        """Return once the ledger of several processes lets a call pass.

        Raises:
            BudgetExceeded: a budget has no room for it.
            LedgerError: the ledger cannot be used.
        """
        ledger, began = self._ledger, time.monotonic()
        call.task = anyio.get_current_task().id
        while True:
            ledger.count()
            if ledger.forecast is not None and call.request is not None:
                call.foreseen = ledger.forecast.of(call.request)
            if not call.foreseen.is_free and self._should_know_first(call) and await self._learned_more():
                continue
            refusal = await shared.admit(call, tokens)
            if refusal is None:
                return
            is_late = not self._waits and (refusal.is_spent or time.monotonic() - began > PATIENCE_S)
            if await self._learned_more():
                continue
            if refusal.is_final or is_late or call.task in ledger.guessing or self._is_closed:
                raise shared_exceeded(call, refusal.budget, self._advice)
            await shared.wait(began)

    def _should_know_first(self, call: Call) -> bool:
        """Whether the records of calls that broke off should say first what calls of this kind cost."""
        return self._settle_s > 0 and self._ledger.doubts_like(call)

    async def _learned_more(self) -> bool:
        """Wait for records of calls in doubt; return False where there is nothing to wait for."""
        if self._settle_s > 0 and self._ledger.in_doubt():
            await self.settle()  # after which each of them is paid, or let go
        elif self._ledger.is_looking:
            await self._change()
        else:
            return False
        return True

    def _settled(self, call: Call) -> None:
        record = b"" if self._told is None else self._told(call)
        if self.shared is not None:
            self.shared.settled(call, record)

    async def _change(self) -> None:
        """Wait until a call is over, or for a moment."""
        if self._changed is None:
            self._changed = anyio.Event()
        with anyio.move_on_after(LOOK_S):
            await self._changed.wait()

    def call_ended(self, call: Call, attempt: Attempt, error: OpenRouterError | None) -> None:
        is_in_loop = attempt.is_in_loop
        if self.shared is not None:
            outcome, wait = outcome_of(error, is_answered=attempt.outcome == "answered")
            self.shared.ended(call, outcome, wait, doubt_s=self._settle_s, is_in_loop=is_in_loop)
        self._ledger.ended(call)
        if is_in_loop and self._changed is not None:
            self._wake()

    def _saw_job(self, charge: Charge) -> None:
        self._ledger.saw_job(charge)
        self._wake()

    def _wake(self) -> None:
        if self._changed is not None:
            self._changed.set()
            self._changed = None

    # what a batch says

    def begin_at(self, cost: Decimal, byok_cost: Decimal, models: Mapping[str, ModelSpend]) -> None:
        """Count what was spent before."""
        self._ledger.begin_at(cost, byok_cost, models)

    def learn(self, request: Request, charge: Charge) -> None:
        """Foresee by what a request cost before."""
        if self._ledger.forecast is not None:
            self._ledger.forecast.learn(request, charge)

    def book(self, generation_id: str, sender: Sender, item: object) -> None:
        """Look for what a generation cost that was made before, for the same item."""
        call = Call("chat.create", None, sender, item)
        call.generation_id = generation_id
        self._ledger.doubt(call)

    def in_doubt(self) -> list[Call]:
        """Return the calls that broke off and whose records were not read, though there may be some."""
        return [call for call in self._ledger.in_doubt(also_let_go=True) if not call.has_no_record]

    def close(self) -> None:
        """Let no call wait any longer; one that has no room is refused."""
        self._is_closed = True
        self._wake()

    # the block

    async def __aenter__(self) -> Self:
        if self._is_entered:
            raise ConfigurationError("this spend was used before; make another with client.track()")
        self._is_entered = True
        await self.prepare()
        OBSERVERS.set((*OBSERVERS.get(), self))
        return self

    async def __aexit__(self, exc_type: object, exc: BaseException | None, traceback: object) -> None:
        # Not by a token: the end of a fixture may run in another context than its beginning.
        OBSERVERS.set(tuple(each for each in OBSERVERS.get() if each is not self))
        if exc is None or isinstance(exc, Exception):  # someone who cancels does not want to wait
            await self.settle(also_let_go=True)

    @asynccontextmanager
    async def join(self) -> AsyncIterator[None]:
        """Return a block whose calls also count here; many tasks may enter it, repeatedly and concurrently.

        For callers without one block around all of their calls, such as the requests that a server answers.
        """
        await self.prepare()
        OBSERVERS.set((*OBSERVERS.get(), self))
        try:
            yield
        finally:
            OBSERVERS.set(tuple(each for each in OBSERVERS.get() if each is not self))

    async def prepare(self) -> None:
        """Read the prices, if there is a budget and they were not read."""
        if self.budget is not None and self._ledger.forecast is None:
            forecast = Forecast(await self._fetch_prices())
            # What another task has made has learned already.
            self._ledger.forecast = self._ledger.forecast or forecast

    async def settle(self, *, also_let_go: bool = False) -> None:
        """Wait for the billed records of calls whose cost is not known, as leaving the block does.

        Those that another task waits for already are left to it. `also_let_go` asks as well for those whose time was
        over before.
        """
        if self._settle_s == 0:
            return
        wanted = self._ledger.in_doubt(also_let_go=also_let_go)
        for call in wanted:
            call.is_looked_up = True
        try:
            with anyio.move_on_after(self._settle_s):
                async with anyio.create_task_group() as lookups:
                    for call in wanted:
                        lookups.start_soon(self._look_up, call)
        finally:
            for call in wanted:
                call.is_looked_up = False
            self._wake()

    async def _look_up(self, call: Call) -> None:
        if call.job_id is not None:
            await self._look_at_job(call, call.job_id)
            return
        try:
            looks = GenerationsResource(call.sender)
            record = await looks.look_up(call.generation_id, wait=self._settle_s, is_own=True)
        except OpenRouterError as error:
            LOGGER.debug("the record of %s cannot be read: %s", call.generation_id, error)
            call.has_no_record = True
            return
        self._ledger.settle(call, charge_of_record(record))

    async def _look_at_job(self, call: Call, job_id: str) -> None:
        try:
            charge = await look_at_job(call.operation, job_id, call.sender)
        except OpenRouterError as error:
            LOGGER.debug("the job %s cannot be looked at: %s", job_id, error)
            charge = None
        if charge is not None:
            self._ledger.saw_job(charge)
        call.has_no_record = call.job_id is not None

    def __repr__(self) -> str:
        limit = "" if self.budget is None else f" of {self.budget:f}"
        return f"<Spend {format_usd(self.cost)}{limit} US dollars, {self.calls} calls, {len(self.unsettled)} unsettled>"
