"""`Spend`: what the calls of a block cost, and its budget.

*Theory of operation.* While the block is entered, it is among the meters of its task and of all tasks begun inside; the
sender asks them before each request that costs money, and tells them how it ended. A request holds its forecast until
it ends. It ends as paid for (the answer said what it cost), as free, or in doubt: it broke off, so that only its billed
record can tell. Leaving the block waits for those records.

Ends are queued and counted by whoever looks next, because a stream that was dropped ends when it is collected as
garbage: in any thread, and in the midst of anything.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from types import TracebackType
from typing import TYPE_CHECKING

import anyio

from .._http.metering import METERS
from .._sansio.charges import Charge
from .._sansio.money import dollars, shown
from ..errors import BudgetExceeded, ConfigurationError, OpenRouterError
from ..resources.generations import GenerationsResource
from .forecast import Forecast, PriceList, Request

if TYPE_CHECKING:
    from typing import Self

    from .._sansio.request import RequestData
    from ..protocols import Sender

__all__ = ["Spend", "UnsettledCall"]

LOGGER = logging.getLogger("openrouter_async")

_NOT_GENERATED = frozenset({"embeddings.create", "POST /embeddings", "POST /rerank"})
"""Operations whose answers are no text of a model, so that only the prompt costs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsettledCall:
    """A request whose cost is not known."""

    operation: str
    """Such as `chat.create`."""
    model: str | None
    """Which one was asked for; None where the account's default was."""
    generation_id: str | None
    """The id of its billed record; None where the service had not named it before the request broke off."""


class Spend:
    """What is spent inside a block, by all calls of one client and of those derived from it.

    Tasks that begin inside count, and streams, and everything that makes calls itself. Amounts are US dollars.
    """

    def __init__(
        self,
        *,
        transport: object,
        prices: Callable[[], Awaitable[PriceList]],
        budget: Decimal | str | float | None,
        settle: float,
    ) -> None:
        if not isinstance(settle, int | float) or not 0 <= settle < float("inf"):
            raise ConfigurationError(f"settle is {settle!r}; expected seconds, at least 0")
        self.transport = transport
        """Which calls count."""
        self.budget: Decimal | None = None if budget is None else dollars("budget", budget)
        """What may be spent; None: anything."""
        self._settle_s = settle
        self._fetch_prices = prices
        self._forecast: Forecast | None = None
        self._is_entered = False
        self._running: dict[int, _Running] = {}
        self._ended: deque[_Running] = deque()
        self._in_doubt: dict[int, _Running] = {}
        self._number = 0
        self._calls = 0
        self._by_model: dict[str, Decimal] = {}
        self._cost = self._held = Decimal(0)

    @property
    def cost(self) -> Decimal:
        """What is known to be spent."""
        self._count_ends()
        return self._cost

    @property
    def calls(self) -> int:
        """How many requests were paid for or are in doubt; what failed and was sent again counts by itself."""
        self._count_ends()
        return self._calls

    @property
    def by_model(self) -> Mapping[str, Decimal]:
        """What each model that answered cost."""
        self._count_ends()
        return dict(self._by_model)

    @property
    def held(self) -> Decimal:
        """What is kept back for requests that run, or whose cost is not known yet, as far as it can be foreseen."""
        self._count_ends()
        return self._held

    @property
    def remaining(self) -> Decimal | None:
        """What is left of the budget, without what is held; None where there is no budget."""
        return None if self.budget is None else self.budget - self.cost - self.held

    @property
    def unsettled(self) -> tuple[UnsettledCall, ...]:
        """The requests whose cost is not known: those that run, and those that broke off.

        After the block, those whose record did not come in time.
        """
        self._count_ends()
        return tuple(call.described for call in [*self._running.values(), *self._in_doubt.values()])

    # what the sender says

    def begin(self, data: RequestData, sender: Sender) -> _Running:
        """Hold what a request may cost; see `protocols.Meter`."""
        self._count_ends()  # so that no more are held than run
        request = Request(data.content)
        # Of the request only its figures are kept: bodies may be large, and a block may last for days.
        call = _Running(self, self._number, data.operation.name, request.model, sender)
        if self._forecast is not None:
            answer = (
                0 if request.max_tokens is None and call.operation in _NOT_GENERATED else request.max_tokens
            )
            call.forecast = self._forecast.cost(request.model, request.prompt_tokens, answer)
            self._check(call)
        self._number += 1
        self._running[call.number] = call
        self._held += call.foreseen
        return call

    def _check(self, call: _Running) -> None:
        """Raise `BudgetExceeded` where a request would pass the budget; one that is free never does."""
        assert self.budget is not None
        taken = self.cost + self.held
        if call.forecast == 0 or taken + call.foreseen <= self.budget > taken:
            return
        foreseen = "" if call.forecast is None else f", and it may cost {shown(call.forecast)}"
        raise BudgetExceeded(
            f"{call.operation} would pass the budget of {self.budget:f} US dollars: {shown(self.cost)} are spent,"
            f" {shown(self.held)} held for calls in flight{foreseen}; raise the budget, or lower max_tokens",
            budget=self.budget,
            spent=taken,
            may_have_been_billed=False,
        )

    def ended(self, call: _Running) -> None:
        """Note that a request is over; from any thread, in the midst of anything."""
        self._ended.append(call)

    def _count_ends(self) -> None:
        while self._ended:
            call = self._ended.popleft()
            self._running.pop(call.number, None)
            if call.charge.cost is not None:
                self._calls += 1
                self._pay(call, call.charge.cost)
            elif call.is_in_doubt:
                self._calls += 1
                self._in_doubt[call.number] = call
            else:
                self._held -= call.foreseen

    def _pay(self, call: _Running, cost: Decimal) -> None:
        model = call.charge.model or call.model or ""
        self._held -= call.foreseen
        self._cost += cost
        self._by_model[model] = self._by_model.get(model, Decimal(0)) + cost
        if self._forecast is not None:
            self._forecast.learn(call.model, cost=cost, completion_tokens=call.charge.completion_tokens)

    # the block

    async def __aenter__(self) -> Self:
        if self._is_entered:
            raise ConfigurationError("this spend was used before; make another with client.track()")
        self._is_entered = True
        await self._prepare()
        METERS.set((*METERS.get(), self))
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # Not by a token: the end of a fixture may run in another context than its beginning.
        METERS.set(tuple(meter for meter in METERS.get() if meter is not self))
        if exc is None or isinstance(exc, Exception):  # someone who cancels does not want to wait
            await self.settle()

    @asynccontextmanager
    async def join(self) -> AsyncIterator[None]:
        """Return a block whose calls count here as well; it may be entered often, and by many tasks at once.

        For what has no one block around all of its calls, such as the requests that a server answers.
        """
        await self._prepare()
        METERS.set((*METERS.get(), self))
        try:
            yield
        finally:
            METERS.set(tuple(meter for meter in METERS.get() if meter is not self))

    async def settle(self) -> None:
        """Wait for the billed records of calls whose cost is not known, as leaving the block does.

        Those that another task waits for already are left to it.
        """
        self._count_ends()
        if self._settle_s == 0:
            return
        wanted = [call for call in self._in_doubt.values() if not call.is_looked_up]
        for call in wanted:
            call.is_looked_up = True
        try:
            with anyio.move_on_after(self._settle_s):
                async with anyio.create_task_group() as lookups:
                    for call in wanted:
                        if call.generation_id is not None:
                            lookups.start_soon(self._look_up, call, call.generation_id)
        finally:
            for call in wanted:
                call.is_looked_up = False

    async def _prepare(self) -> None:
        if self.budget is not None and self._forecast is None:
            forecast = Forecast(await self._fetch_prices())
            self._forecast = self._forecast or forecast  # what another task has made has learned already

    async def _look_up(self, call: _Running, generation_id: str) -> None:
        try:
            record = await GenerationsResource(call.sender).get(generation_id, wait=self._settle_s)
        except OpenRouterError as error:
            LOGGER.debug("the record of %s cannot be read: %s", generation_id, error)
            return
        del self._in_doubt[call.number]
        call.charge = Charge(model=record.model, completion_tokens=record.native_tokens_completion).over(
            call.charge
        )
        self._pay(call, record.total_cost if record.usage is None else record.usage)

    def __repr__(self) -> str:
        limit = "" if self.budget is None else f" of {self.budget:f}"
        return f"<Spend {shown(self.cost)}{limit} US dollars, {self.calls} calls, {len(self.unsettled)} unsettled>"


class _Running:
    """One request; see `protocols.MeteredCall`."""

    __slots__ = (
        "charge",
        "forecast",
        "generation_id",
        "is_in_doubt",
        "is_looked_up",
        "model",
        "number",
        "operation",
        "sender",
        "spend",
    )

    def __init__(self, spend: Spend, number: int, operation: str, model: str | None, sender: Sender) -> None:
        self.spend = spend
        self.number = number
        self.operation = operation
        self.model = model
        self.sender = sender
        self.forecast: Decimal | None = None
        self.charge = Charge()
        self.generation_id: str | None = None
        self.is_in_doubt = False
        self.is_looked_up = False

    @property
    def foreseen(self) -> Decimal:
        """What is held for it."""
        return self.forecast or Decimal(0)

    @property
    def described(self) -> UnsettledCall:
        return UnsettledCall(operation=self.operation, model=self.model, generation_id=self.generation_id)

    def report(self, charge: Charge) -> None:
        self.charge = charge.over(self.charge)
        self.generation_id = self.charge.generation_id

    def end(self, *, may_have_been_billed: bool, generation_id: str | None) -> None:
        self.is_in_doubt = may_have_been_billed
        self.generation_id = generation_id or self.generation_id
        self.spend.ended(self)
