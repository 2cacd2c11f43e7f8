"""`Ledger`: a ledger as a process uses it, with any holder.

Steps that come while others are being applied are applied together in the next go, so a thousand requests in flight
cost a few round trips. While the block is entered, the ledger beats for its worker, from a thread too, since an event
loop may be blocked; when it is left, the leases of the worker end.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping
from copy import copy
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar, cast
from uuid import uuid4

import anyio
from anyio import RunFinishedError, from_thread, to_thread
from anyio.lowlevel import current_token

from .._checks import one_of
from .._sansio.money import parse_usd
from ..errors import ConfigurationError, LedgerError, OpenRouterError
from .steps import (
    Admit,
    Answer,
    Beat,
    Broke,
    BudgetTerms,
    Busy,
    Changed,
    Claim,
    Done,
    Every,
    Finish,
    Free,
    GivenUp,
    GiveUp,
    Go,
    Gone,
    Lease,
    Look,
    LookAtPace,
    Looked,
    Read,
    Report,
    Settle,
    Step,
    Unbooked,
    Wait,
    to_pico,
    to_usd,
)

if TYPE_CHECKING:
    from typing import Self

    from anyio.abc import TaskGroup
    from anyio.lowlevel import EventLoopToken

    from .holder import Holder

__all__ = ["Ledger", "SharedBudget"]

LOGGER = logging.getLogger("openrouter_async")

T = TypeVar("T")

BEATS = 4
"""Beats in the time of a lease; one or two may be late."""

LAST_TRIES, LAST_PAUSE_S = 3, 0.2
"""How often costs and answers are told that wait when the ledger is left, and the seconds between, where it fails."""

STUCK = 20
"""Leases after which a process whose event loop does not run counts as dead; chosen: 5 minutes by default."""


@dataclass(slots=True, eq=False)
class _Waiting:
    """A step whose answer somebody waits for, or nobody."""

    step: Step
    answer: Answer = None
    error: OpenRouterError | None = None
    is_answered: bool = False
    is_posted: bool = False
    """Whether nobody waits for its answer."""


def _is_paid_for(waiting: _Waiting) -> bool:
    """Whether a step brings what must not be lost: an item's record, a cost, or where that is found."""
    match waiting.step:
        case Report(cost=cost, generation=generation) | Settle(cost=cost, generation=generation):
            return cost is not None or generation is not None
        case Finish(record=record) | GiveUp(record=record):
            return bool(record)
    return False


@dataclass(frozen=True, slots=True)
class SharedBudget:
    """A budget that all processes with the same ledger spend from; made by `Ledger.budget`."""

    ledger: Ledger
    terms: BudgetTerms

    @property
    def limit(self) -> Decimal | None:
        """US dollars; None: it only counts."""
        return None if self.terms.limit is None else to_usd(self.terms.limit)

    async def spent(self) -> Decimal:
        """Return the US dollars spent by all processes; of this day, week or month where it begins again."""
        return to_usd((await self._look()).spent)

    async def held(self) -> Decimal:
        """Return the US dollars held for requests that run, or whose cost is in doubt."""
        return to_usd((await self._look()).held)

    async def _look(self) -> Looked:
        return cast("Looked", await self.ledger.ask(Look(budget=self.terms)))


class Ledger:
    """Answers, leases, budgets and rates that several processes share; made by `open_ledger`.

    ```python
    async with open_ledger("run.db") as ledger:
        budget = ledger.budget("user:42", "5.00", every="month")
        async with client.track(budget=budget):
            await client.chat.create("Hi")
    ```

    Clients in other threads, each with an event loop of its own, may use it too while its block is entered.
    """

    def __init__(self, holder: Holder) -> None:
        self._holder = holder
        self.worker = uuid4().hex
        """The id of this process, or of this part of it."""
        self._queue: deque[_Waiting] = deque()
        self._turn = anyio.Lock(fast_acquire=True)
        self._group: TaskGroup | None = None
        self._posted: anyio.Event | None = None
        self._turns: dict[tuple[int, str | None], anyio.Lock] = {}
        self._home: EventLoopToken | None = None
        """The event loop that applies the steps."""
        self._thread = 0
        self._is_left = False
        """Whether nothing that is posted is applied any more."""
        self._left = threading.Event()
        self._heart: threading.Thread | None = None
        self._ran_at = 0.0
        """When the event loop was last seen to run."""

    def __repr__(self) -> str:
        return f"<Ledger {self.where!r}>"

    @property
    def where(self) -> str:
        """Its file or address, without a password."""
        return self._holder.where

    @property
    def lease_s(self) -> float:
        """Seconds after which the items of a process that died are given to others."""
        return self._holder.lease_s

    # Its life

    async def __aenter__(self) -> Self:
        if self._group is not None:
            raise ConfigurationError("the ledger is open already; open it once, and share it")
        await self._holder.open()
        try:
            await self._apply([_Waiting(Beat(worker=self.worker))])
        except BaseException:
            with anyio.CancelScope(shield=True):
                await self._holder.aclose()
            raise
        self._home, self._thread = current_token(), threading.get_ident()
        self._group = anyio.create_task_group()
        await self._group.__aenter__()
        self._group.start_soon(self._beat)
        self._ran_at = time.monotonic()
        self._left.clear()
        self._is_left = False
        self._heart = threading.Thread(target=self._beat_in_thread, daemon=True)
        self._heart.start()
        return self

    async def __aexit__(self, exc_type: object, exc: BaseException | None, traceback: object) -> None:
        assert self._group is not None
        self._group.cancel_scope.cancel()
        try:
            await self._group.__aexit__(None, None, None)
        finally:
            self._group = None
            with anyio.CancelScope(shield=True):
                self._left.set()
                if self._heart is not None:
                    await to_thread.run_sync(self._heart.join)
                await self._leave()

    async def _leave(self) -> None:
        try:
            async with self._turn:
                await self._tell_the_last()
        finally:
            self._is_left = True
            await self._holder.aclose()

    async def _tell_the_last(self) -> None:
        """Apply what waits, what is posted meanwhile, and that the worker leaves; what is paid for several times."""
        tries = 0
        while not self._is_left or self._queue:
            self._is_left = False
            try:
                await self._apply([*self._taken(), _Waiting(Gone(worker=self.worker))])
            except LedgerError as error:  # its leases end in time
                tries += 1
                lost = sum(map(_is_paid_for, self._queue))
                if lost and tries < LAST_TRIES:
                    await anyio.sleep(LAST_PAUSE_S)
                    continue
                besides = f", nor of {lost} costs and answers" if lost else ""
                LOGGER.warning(
                    "the ledger %r was not told that its worker leaves%s: %s", self.where, besides, error
                )
                return
            self._is_left = True  # before the last look at what other threads post

    async def _beat(self) -> None:
        while True:
            self._ran_at = time.monotonic()
            self._posted = anyio.Event()
            with anyio.move_on_after(self.lease_s / BEATS):
                await self._posted.wait()
            try:
                await self.ask(Beat(worker=self.worker))
            except LedgerError as error:  # whoever asks for something gets the error
                LOGGER.warning("the ledger could not be told that its worker lives: %s", error)

    def _beat_in_thread(self) -> None:
        """Beat also while the event loop is blocked or starved, though not for one that is stuck."""
        while not self._left.wait(self.lease_s / BEATS):
            if time.monotonic() - self._ran_at > STUCK * self.lease_s:
                continue
            try:
                self._holder.beat(self.worker)
            except LedgerError as error:
                LOGGER.warning("the ledger could not be told that its worker lives: %s", error)

    # Steps

    async def ask(self, step: Step) -> Answer:
        """Apply a step, and return its answer; see `Step`.

        Raises:
            LedgerError: the ledger cannot be used.
            ConfigurationError: it is not open.
        """
        if self._group is None:
            raise ConfigurationError(
                "the ledger is not open; use it inside `async with open_ledger(...) as ledger`"
            )
        if current_token() != self._home:
            return await self._ask_at_home(step)
        waiting = _Waiting(step)
        self._queue.append(waiting)
        try:
            async with self._turn:
                if not waiting.is_answered:
                    await self._apply(self._taken())
        except BaseException:
            if not waiting.is_answered and waiting in self._queue:
                self._queue.remove(waiting)
            raise
        if waiting.error is not None:
            raise copy(waiting.error) from waiting.error.__cause__  # each task has its own
        return waiting.answer

    async def _ask_at_home(self, step: Step) -> Answer:
        """Ask from another event loop, in a thread that waits for ours."""

        def ask() -> Answer:
            return from_thread.run(self.ask, step, token=self._home)

        try:
            return await to_thread.run_sync(ask)
        except RunFinishedError as error:
            raise LedgerError(
                f"the event loop that opened the ledger {self.where!r} has ended", where=self.where
            ) from error

    def post(self, step: Step, *, is_in_loop: bool = True) -> None:
        """Apply a step soon, without waiting; `is_in_loop` is False in another thread. Failures are repeated."""
        self._queue.append(waiting := _Waiting(step, is_posted=True))
        if self._is_left and _is_paid_for(waiting):
            LOGGER.warning(
                "a cost came after the ledger %r was left; it counts only if this object is entered again",
                self.where,
            )
        if is_in_loop and self._posted is not None and threading.get_ident() == self._thread:
            self._posted.set()

    def _taken(self) -> list[_Waiting]:
        """Take all steps that wait."""
        return [self._queue.popleft() for _ in range(len(self._queue))]

    async def _apply(self, waiting: list[_Waiting]) -> None:
        """Apply steps in one go; the error of a failure is that of each, and raised."""
        with anyio.CancelScope(shield=True):
            try:
                answers = await self._holder.apply([each.step for each in waiting])
            except OpenRouterError as error:
                for each in waiting:
                    each.error, each.is_answered = error, True
                self._queue.extendleft([each for each in reversed(waiting) if each.is_posted])
                raise
            for each, answer in zip(waiting, answers, strict=True):
                each.answer, each.is_answered = answer, True

    # Items

    async def claim(
        self, key: str, hash: str, *, since: float, replaces: int = 0
    ) -> Done | Lease | Busy | Changed | GivenUp:
        """Ask for an item; see `Claim`. A `Lease` is the worker's until `finish`, `give_up` or the end of the block."""
        step = Claim(
            worker=self.worker, lease=uuid4().hex, key=key, hash=hash, since=since, replaces=replaces
        )
        try:
            return cast("Done | Lease | Busy | Changed | GivenUp", await self.ask(step))
        except BaseException:  # it may have been granted, and nobody knows of it
            self.drop(step.lease, is_left=False)
            raise

    async def finish(self, lease: str, record: bytes, *, source: str | None = None) -> bool:
        """Keep the record of an answered item; return False where another one was first, which stays.

        Raises:
            LedgerError: the ledger cannot be used; the record is kept once it can, as what is posted.
        """
        return await self._ask_or_post(Finish(lease=lease, record=record, source=source)) == "kept"

    async def give_up(self, lease: str, record: bytes, *, was_paid: bool) -> None:
        """Keep the record of an item that failed; raises as `finish`."""
        await self._ask_or_post(GiveUp(lease=lease, record=record, was_paid=was_paid))

    async def _ask_or_post(self, step: Step) -> Answer:
        try:
            return await self.ask(step)
        except LedgerError:
            self.post(step)
            raise

    def drop(self, lease: str, *, is_left: bool) -> None:
        """Return an item without an answer; `is_left` says that a request for it was left in flight."""
        self.post(GiveUp(lease=lease, is_left=is_left))

    async def time(self) -> float:
        """Return the time of the ledger, in seconds since 1970."""
        return cast("float", await self.ask(Beat(worker=self.worker)))

    async def free(self, keys: tuple[str, ...]) -> frozenset[str]:
        """Return which of these items nobody asks now."""
        return frozenset(cast("tuple[str, ...]", await self.ask(Free(keys=keys))))

    # Requests, and what they cost

    async def admit(self, admit: Admit) -> Go | Wait | Broke:
        """Ask whether a request may be sent; see `Admit`."""
        return cast("Go | Wait | Broke", await self.ask(admit))

    async def rate(self, model: str | None) -> float | None:
        """Return the requests a second that are let through to a model; None before it has refused any."""
        return cast("float | None", await self.ask(LookAtPace(model=model)))

    def turn(self, model: str | None) -> anyio.Lock:
        """Return the lock of the calls of this thread that wait to send to a model; one of them asks."""
        return self._turns.setdefault((threading.get_ident(), model), anyio.Lock(fast_acquire=True))

    def budget(
        self, name: str, limit: Decimal | str | float | None, *, every: Every | None = None
    ) -> SharedBudget:
        """Return a budget of all processes, by its name, for `client.track` and batches.

        Args:
            name: Such as `user:42`. All that name it share what is spent, whatever their `limit` and `every`.
            limit: US dollars; None: the budget only counts.
            every: When it begins again: with each `day`, `week` (on Monday) or `month`, in UTC. None: never.

        Raises:
            ConfigurationError: an argument is wrong.
        """
        if not isinstance(name, str) or not name:
            raise ConfigurationError(f"the name of a budget is {name!r}; expected text that is not empty")
        if every is not None:
            every = one_of("every", every, ("day", "week", "month"))
        pico = None if limit is None else to_pico(parse_usd("limit", limit))
        return SharedBudget(self, BudgetTerms(name, pico, every))

    # What is in it

    async def unbooked(self) -> Mapping[str, tuple[str, str]]:
        """Return the generations of the service's cache whose cost is not counted, with key and hash of their items."""
        return cast("Mapping[str, tuple[str, str]]", await self.ask(Unbooked()))

    async def lines(self, after: int = 0) -> AsyncIterator[tuple[int, bytes]]:
        """Yield all lines behind a number, each with its own: the lines of a journal, in the order of arrival."""
        while True:
            page = cast("tuple[tuple[int, bytes], ...]", await self.ask(Read(after=after)))
            for number, line in page:
                yield number, line
                after = number
            if not page:
                return
