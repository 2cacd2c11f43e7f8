"""`Machine`: the decisions of a ledger, step by step. Pure: the state and the time are arguments.

```
item   free ── Claim ──> leased ─┬─ Finish ──> answered; the first record stays
         ^                       ├─ GiveUp ──> free, and an answer for those that began before the failure
         └── its worker is gone ─┘

hold   Admit ──> running ─┬─ Report: its cost, or that it is free ───────────> over
                          ├─ Report: it broke off ──> doubtful ─┬─ Settle ───> over
                          └─ its worker is gone ────> doubtful ─┴─ in time ──> released; a late `Settle` still counts
```

One that was answered, and whose cost stays unknown, counts what was held for it as its cost when it is released.

A worker lives until `lease_s` after its last beat; every claim and admission is a beat too. Nothing runs in the
background: each step first ends what time has ended.
"""

from __future__ import annotations

from collections.abc import Iterable

from .dates import count, spent_in
from .pace import AHEAD, Pace
from .state import BudgetRow, HoldRow, KeyRow, LeaseRow, State
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
)

__all__ = ["LEASE_S", "Machine"]

LEASE_S = 15.0
"""Seconds that the leases of a silent worker last; chosen: longer than an event loop is ever blocked by mistake."""

FORGET_S = 2 * 86_400.0
"""Seconds for which a request that is over is remembered; longer than the service's cache keeps an answer."""

LOOK_S = 0.25
"""Seconds after which a process asks a budget without room again."""


class Machine:
    """Applies steps to a state."""

    def __init__(self, state: State, *, lease_s: float = LEASE_S) -> None:
        self._state = state
        self.lease_s = lease_s
        self._swept_at = float("-inf")
        self._forgot_at = float("-inf")
        self._date = 0.0

    def apply(self, step: Step, now: float, date: float | None = None) -> Answer:
        """Apply a step, at a time in seconds since 1970 that is never earlier than that of the step before.

        `date` is the one by which budgets begin again, which may be earlier; None: the same.
        """
        self._date = now if date is None else date
        self._sweep(now)
        match step:
            case Claim():
                return self._claim(step, now)
            case Admit():
                return self._admit(step, now)
            case Finish():
                return self._finish(step)
            case GiveUp():
                return self._give_up(step, now)
            case Free():
                return tuple(key for key in step.keys if self._is_free(key))
            case Look():
                row = self._budget(step.budget.name)
                return Looked(spent_in(row.spent, step.budget.every, self._date), row.held, row.holds)
            case LookAtPace():
                return Pace.load(self._state.pace(step.model)).rate
            case Read():
                return tuple(self._state.lines(step.after, step.limit))
            case Unbooked():
                return self._state.unbooked()
            case Report():
                self._report(step, now)
            case Settle():
                self._settle(step, now)
            case Beat():
                self._beat(step.worker, now)
                return now
            case Gone():
                self._gone(step.worker, now + self.lease_s)
        return None

    # Items

    def _claim(self, step: Claim, now: float) -> Done | Lease | Busy | Changed | GivenUp:
        self._beat(step.worker, now)
        row = self._state.key(step.key) or KeyRow(step.key)
        if row.lease == step.lease:  # the step came twice
            return Lease(step.lease, now + self.lease_s, row.lost, row.failures)
        serves = row.number not in (0, step.replaces)
        if serves and row.hash == step.hash:
            return Done(row.number, self._state.line(row.number))
        if row.lease is not None and (holder := self._state.lease(row.lease)) is not None:
            return Busy(self._state.worker(holder.worker) or now)
        if serves:
            return Changed(row.number, self._state.line(row.number))
        if row.failed_at >= step.since and row.failed_hash == step.hash:
            return GivenUp(self._state.line(row.failed_number))
        row.lease = step.lease
        self._state.put_key(row)
        self._state.put_lease(LeaseRow(step.lease, step.key, step.hash, step.worker, replaces=row.number))
        return Lease(step.lease, now + self.lease_s, row.lost, row.failures)

    def _finish(self, step: Finish) -> Answer:
        ended = self._end_lease(step.lease)
        if ended is None:
            return "known"
        lease, row = ended
        kept = row.number == lease.replaces
        if kept:
            row.number = self._state.append(step.record)
            row.hash = lease.hash
            row.lost = 0
            if step.source is not None and self._counted_in(step.source) is None:
                self._state.put_unbooked(step.source, row.key, lease.hash)
        self._state.put_key(row)
        return "kept" if kept else "known"

    def _give_up(self, step: GiveUp, now: float) -> Answer:
        ended = self._end_lease(step.lease)
        if ended is None:
            return "known"
        lease, row = ended
        if step.record:
            row.failed_number = self._state.append(step.record)
            row.failed_at, row.failed_hash = now, lease.hash
            row.lost = 0
            row.failures += step.was_paid
        row.lost += step.is_left
        self._state.put_key(row)
        return "kept"

    def _end_lease(self, id: str) -> tuple[LeaseRow, KeyRow] | None:
        """End a lease, also one that was lost; None where it was ended before. The row of the item is not put yet."""
        lease = self._state.lease(id)
        if lease is None or lease.state == "over":
            return None
        row = self._state.key(lease.key) or KeyRow(lease.key)
        if row.lease == id:
            row.lease = None
        if lease.state == "lost":
            row.lost = max(0, row.lost - 1)  # its worker was only slow
        lease.state = "over"
        self._state.put_lease(lease)
        return lease, row

    def _is_free(self, key: str) -> bool:
        row = self._state.key(key)
        return row is None or row.lease is None

    # Workers

    def _beat(self, worker: str, now: float) -> None:
        if self._state.worker(worker) != now + self.lease_s:
            self._state.put_worker(worker, now + self.lease_s)

    def _gone(self, worker: str, doubtful_until: float) -> None:
        for lease in [*self._state.leases_of(worker)]:
            lease.state = "lost"
            self._state.put_lease(lease)
            row = self._state.key(lease.key)
            if row is not None and row.lease == lease.id:
                row.lease = None
                row.lost += 1
                self._state.put_key(row)
        for hold in [*self._state.holds_of(worker)]:
            self._doubt(hold, doubtful_until)
        self._state.drop_worker(worker)

    def _sweep(self, now: float) -> None:
        """End what time has ended."""
        if now == self._swept_at:
            return
        self._swept_at = now
        for worker, until in [*self._state.dead_workers(now)]:
            self._gone(worker, until + self.lease_s)
        for hold in [*self._state.doubtful(now)]:
            self._let_go(hold, now)
        if now - self._forgot_at > 3_600:
            self._forgot_at = now
            self._state.forget_holds(now - FORGET_S)

    # Requests, and what they cost

    def _admit(self, step: Admit, now: float) -> Go | Wait | Broke:
        self._beat(step.worker, now)
        known = self._state.hold(step.call)
        if known is not None:
            return Go(max(0.0, known.at - now), known.is_paced)
        rows = [self._budget(terms.name) for terms in step.budgets]
        for terms, row in zip(step.budgets, rows, strict=True):
            spent = spent_in(row.spent, terms.every, self._date)
            if not step.is_free and (refusal := _refusal(terms, spent, row, step)) is not None:
                return refusal
        pace = self._pace_of(step)
        at = now if pace is None else max(now, pace.ready_at(step.rpm, step.tpm))
        if at > now + AHEAD:
            return Wait(at - now - AHEAD, "pace")
        if pace is not None:
            pace.take(at, rpm=step.rpm, tpm=step.tpm, tokens=step.tokens)
            self._state.put_pace(step.model, pace.dump())
        for row in rows:
            row.held += step.hold
            row.holds += 1
            row.unbounded += not step.is_bounded
            self._state.put_budget(row)
        hold = HoldRow(
            step.call,
            step.worker,
            step.model,
            step.hold,
            step.is_bounded,
            step.budgets,
            at,
            is_paced=pace is not None,
            rpm=step.rpm,
            tpm=step.tpm,
            tokens=step.tokens,
        )
        self._state.put_hold(hold)
        return Go(at - now, hold.is_paced)

    def _pace_of(self, step: Admit) -> Pace | None:
        dumped = self._state.pace(step.model)
        if dumped is None and step.rpm is None and step.tpm is None:
            return None
        return Pace.load(dumped)

    def _report(self, step: Report, now: float) -> None:
        hold = self._state.hold(step.call)
        if hold is None or hold.state == "over":
            return
        if hold.state == "running" and (step.outcome != "none" or step.tokens is not None):
            dumped = self._state.pace(hold.model)
            if dumped is not None or step.outcome in ("refused", "away"):
                pace = Pace.load(dumped)
                if pace.learn(
                    hold,
                    step.outcome,
                    now=now,
                    wait=step.retry_after,
                    in_flight=self._state.running(hold.model),
                    tokens=step.tokens,
                ):
                    self._state.put_pace(hold.model, pace.dump())
        if step.cost is not None:
            self._pay(hold, step.cost, step.generation, now)
            return
        if step.generation and step.item and self._counted_in(step.generation) is None:
            self._state.put_unbooked(step.generation, *step.item)
        if step.is_answered:
            hold.is_answered, hold.generation = True, hold.generation or step.generation
        if step.doubt_s <= 0 and not step.is_answered:
            self._pay(hold, 0, None, now)
        elif step.doubt_s <= 0 or hold.state == "released":
            self._let_go(hold, now)
        elif hold.state == "running":
            self._doubt(hold, now + step.doubt_s)
        else:
            self._state.put_hold(hold)

    def _settle(self, step: Settle, now: float) -> None:
        hold = self._state.hold(step.call) or self._answered(step)
        if hold is None:
            hold = HoldRow(step.call, "", None, 0, True, step.budgets, now, state="released")
        elif hold.state == "over":
            return
        if self._pay(hold, step.cost, step.generation, now) and step.record:
            self._state.append(step.record)

    def _pay(self, hold: HoldRow, cost: int, generation: str | None, now: float) -> bool:
        """End a request that was billed; return whether a budget had not counted that before, by its generation."""
        self._release(hold)
        counted = None if generation is None else self._counted_in(generation)
        names = _names(hold.budgets)
        is_new = counted is None or not names <= counted
        for name in sorted(names):
            self._count(name, (0 if counted and name in counted else cost) - hold.assumed)
        hold.assumed = 0
        hold.generation = hold.generation or generation
        if generation is not None:
            self._state.drop_unbooked(generation)
        hold.state, hold.until = "over", now
        self._state.put_hold(hold)
        return is_new

    def _let_go(self, hold: HoldRow, now: float) -> None:
        """End a request whose cost stays unknown; of one that was answered, count what was held."""
        self._release(hold)
        if hold.is_answered and not hold.assumed:
            hold.assumed = hold.amount
            for name in sorted(_names(hold.budgets)):
                self._count(name, hold.assumed)
        hold.state, hold.until = "released", now
        self._state.put_hold(hold)

    def _counted_in(self, generation: str) -> set[str] | None:
        """Return the names of the budgets that have counted a generation; None where it was not counted."""
        holds = [hold for hold in self._state.holds_with(generation) if hold.state == "over"]
        return {name for hold in holds for name in _names(hold.budgets)} if holds else None

    def _answered(self, step: Settle) -> HoldRow | None:
        """Return the request, of another process, whose answer has this billed record and waits for its cost."""
        holds = () if step.generation is None else self._state.holds_with(step.generation)
        names = _names(step.budgets)
        return next((hold for hold in holds if hold.state != "over" and names & _names(hold.budgets)), None)

    def _count(self, name: str, cost: int) -> None:
        if cost:
            row = self._budget(name)
            count(row.spent, cost, self._date)
            self._state.put_budget(row)

    def _doubt(self, hold: HoldRow, until: float) -> None:
        hold.state, hold.until = "doubtful", until
        self._state.put_hold(hold)

    def _release(self, hold: HoldRow) -> None:
        """Hold no more for a request, unless that was so before."""
        if hold.state not in ("running", "doubtful"):
            return
        for row in _rows(hold.budgets, self._state):
            row.held -= hold.amount
            row.holds -= 1
            row.unbounded -= not hold.is_bounded
            self._state.put_budget(row)

    def _budget(self, name: str) -> BudgetRow:
        return self._state.budget(name) or BudgetRow(name)


def _refusal(terms: BudgetTerms, spent: int, row: BudgetRow, step: Admit) -> Wait | Broke | None:
    """Return why a budget has no room for a request; None where it has."""
    if terms.limit is None:
        return None
    taken = spent + row.held
    broke = Broke(terms.name, terms.limit, spent, row.held)
    if taken + step.hold > terms.limit or taken >= terms.limit:
        return Wait(LOOK_S, "budget", broke) if row.holds else broke
    if row.unbounded and not step.is_bounded:
        return Wait(LOOK_S, "budget", broke)
    return None


def _names(budgets: Iterable[BudgetTerms]) -> set[str]:
    return {terms.name for terms in budgets}


def _rows(budgets: Iterable[BudgetTerms], state: State) -> Iterable[BudgetRow]:
    return (row for terms in budgets if (row := state.budget(terms.name)) is not None)
