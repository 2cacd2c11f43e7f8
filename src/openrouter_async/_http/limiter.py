"""`Limiter`: the only queue of a client's calls, first come, first served.

Nothing below it queues: a call with a slot gets a connection immediately. For the tasks of one event loop.

If a model has a rate, given or learned from refusals, its calls wait in a `ModelQueue` before they wait for a slot:
in order, each until the pace admits it. While the service demands a delay, the queue is closed for all of them. A
model that never refused, and has no given rate, has no queue, so its calls cost nothing extra.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

import anyio

from .._sansio.rate_limit import AdaptiveRate, Pacer
from ..errors import APIStatusError

if TYPE_CHECKING:
    from ..special_options import Rate

__all__ = ["Admission", "Limiter", "ModelQueue", "PacedElsewhere"]

REFUSALS = frozenset({429, 529})
"""The statuses that say: too many requests (RFC 6585, section 4; 529 as the service and its providers use it)."""

BYTES_PER_TOKEN = 4
"""Chosen: the ratio of English text; the real usage of a call is counted afterwards."""


class _Waiter:
    __slots__ = ("error", "has_place", "woken")

    def __init__(self) -> None:
        self.woken = anyio.Event()
        self.has_place = False
        self.error: Exception | None = None


class ModelQueue:
    """The calls to one model that keep to one rate."""

    __slots__ = ("_answer", "learned", "requests", "tokens", "turn")

    def __init__(self, learned: AdaptiveRate, rate: Rate | None) -> None:
        self.learned = learned
        self.requests = None if rate is None or rate.rpm is None else Pacer(rate.rpm / 60)
        self.tokens = None if rate is None or rate.tpm is None else Pacer(rate.tpm / 60)
        self.turn = anyio.Lock(fast_acquire=True)
        self._answer = 0.0
        """Tokens of an answer, as an average of the last ones."""

    @property
    def ready_at(self) -> float:
        """When its next call may go, in monotonic seconds."""
        ready_at = self.learned.ready_at
        for pacer in (self.requests, self.tokens):
            if pacer is not None and pacer.next_at > ready_at:
                ready_at = pacer.next_at
        return ready_at

    def take(self, tokens: float, now: float) -> None:
        """Let a call through."""
        self.learned.take(now)
        if self.requests is not None:
            self.requests.take(1, now)
        if self.tokens is not None:
            self.tokens.take(tokens, now)

    def expected_tokens(self, content: bytes | None) -> float:
        """Return the assumed tokens of a call, before they are known."""
        return len(content or b"") / BYTES_PER_TOKEN + self._answer

    def used(self, tokens: int, expected: float) -> None:
        """Learn how many tokens a call needed that was expected to need so many."""
        if self.tokens is not None:
            self.tokens.correct(tokens - expected)
            self._answer = max(0.0, self._answer + 0.1 * (tokens - expected))


class Limiter:
    """A number of places. A place is given back exactly once, by `release`."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.in_use = 0
        """Places that are taken."""
        # Ordered, because a waiter may leave from the middle; not a dict, because popping from its front is slow.
        self._waiters: OrderedDict[_Waiter, None] = OrderedDict()
        self._closed_error: Callable[[], Exception] | None = None
        self._closing: anyio.Event | None = None
        self._learned: dict[str | None, AdaptiveRate] = {}
        self._queues: dict[tuple[str | None, Rate | None], ModelQueue] = {}

    def __repr__(self) -> str:
        return f"<Limiter: {self.in_use} of {self.capacity} in use, {self.waiting} waiting>"

    @property
    def waiting(self) -> int:
        """Calls that wait for a place, or in a queue."""
        return len(self._waiters) + sum(
            queue.turn.locked() + queue.turn.statistics().tasks_waiting for queue in self._queues.values()
        )

    @property
    def rates(self) -> dict[str | None, float]:
        """Requests a second that are let through to each model that has refused some."""
        return {model: learned.rate for model, learned in list(self._learned.items())}

    def queue_for(self, model: str | None, rate: Rate | None) -> ModelQueue | None:
        """Return the queue of a call; None if nothing delays it."""
        if rate is None and model not in self._learned:
            return None
        queue = self._queues.get((model, rate))
        if queue is None:
            queue = self._queues[model, rate] = ModelQueue(self._learned_of(model), rate)
        return queue

    def try_acquire(self, queue: ModelQueue | None = None, tokens: float = 0.0) -> bool:
        """Take a place if that needs no waiting.

        Raises:
            Exception: what `close` was given.
        """
        if self._closed_error is not None:
            raise self._closed_error()
        if self.in_use >= self.capacity:  # a freed place goes to a waiter at once, so nobody waits otherwise
            return False
        if queue is not None:
            now = time.monotonic()
            if queue.turn.locked() or queue.ready_at > now:
                return False
            queue.take(tokens, now)
        self.in_use += 1
        return True

    async def acquire(self, queue: ModelQueue | None = None, tokens: float = 0.0) -> None:
        """Take a place, waiting in turn for a free one; without a checkpoint if there is one.

        Cancelled, it leaves the queue, or hands on the place it was just given.

        Raises:
            Exception: what `close` was given.
        """
        if self.try_acquire(queue, tokens):
            return
        if queue is not None:
            await self._pass(queue, tokens)
            if self.try_acquire():
                return
        waiter = _Waiter()
        self._waiters[waiter] = None
        try:
            await waiter.woken.wait()
        except BaseException:
            self._waiters.pop(waiter, None)
            if waiter.has_place:
                self.release()
            raise
        if waiter.error is not None:
            raise waiter.error

    async def _pass(self, queue: ModelQueue, tokens: float) -> None:
        """Wait in turn until the queue is open."""
        if self._closing is None:
            self._closing = anyio.Event()
        async with queue.turn:
            while self._closed_error is None and (wait := queue.ready_at - time.monotonic()) > 0:
                with anyio.move_on_after(wait):
                    await self._closing.wait()
            queue.take(tokens, time.monotonic())

    def release(self) -> None:
        """Give a place back: to the first who waits, if anyone does."""
        if self.in_use == 0:
            raise RuntimeError("a place was given back that nobody had")
        if not self._waiters:
            self.in_use -= 1
            return
        waiter, _ = self._waiters.popitem(last=False)
        waiter.has_place = True
        waiter.woken.set()

    def accepted(self, model: str | None, sent_at: float) -> None:
        """A request to a model was not refused."""
        learned = self._learned.get(model)
        if learned is not None:
            learned.accepted(sent_at=sent_at, now=time.monotonic())

    def _learned_of(self, model: str | None) -> AdaptiveRate:
        """Return what is learned of a model; from now on its calls have a queue."""
        learned = self._learned.get(model)
        if learned is None:
            learned = self._learned[model] = AdaptiveRate()
        return learned

    def refused(self, model: str | None, sent_at: float, wait: float | None) -> None:
        """A request to a model was refused because there were too many; `wait` is what was asked for, in seconds."""
        now = time.monotonic()
        self._learned_of(model).refused(sent_at=sent_at, now=now, wait=wait, in_flight=self.in_use)

    def mark_unavailable(self, model: str | None, wait: float) -> None:
        """A model is away for `wait` seconds."""
        self._learned_of(model).mark_unavailable(now=time.monotonic(), wait=wait)

    def close(self, error: Callable[[], Exception]) -> None:
        """Fail everyone who waits, and everyone who comes, each with an error of their own."""
        self._closed_error = error
        if self._closing is not None:
            self._closing.set()
        while self._waiters:
            waiter, _ = self._waiters.popitem(last=False)
            waiter.error = error()
            waiter.woken.set()


class Admission:
    """One admitted request, through which the limiter learns its result."""

    __slots__ = ("_expected", "_limiter", "_model", "_queue", "_sent_at")

    def __init__(
        self, limiter: Limiter, model: str | None, queue: ModelQueue | None, expected: float
    ) -> None:
        self._limiter = limiter
        self._model = model
        self._queue = queue
        self._expected = expected
        self._sent_at = time.monotonic()

    def succeeded(self) -> None:
        """It was answered."""
        self._limiter.accepted(self._model, self._sent_at)

    def failed(self, error: APIStatusError, *, longest_wait: float) -> None:
        """It got an error; a wait that is longer than that is nobody's but its own."""
        wait = error.retry_after
        if wait is not None and wait > longest_wait:
            return
        if error.status in REFUSALS:
            self._limiter.refused(self._model, self._sent_at, wait)
        elif wait is not None and error.status == 503:
            self._limiter.mark_unavailable(self._model, wait)

    def used(self, tokens: int) -> None:
        """It took so many tokens, prompt included."""
        if self._queue is not None:
            self._queue.used(tokens, self._expected)


class PacedElsewhere(Admission):
    """A request whose pace an observer decides; the limiter returns a place for it, and learns nothing from it."""

    __slots__ = ()

    def succeeded(self) -> None:
        """Do nothing; the observer knows."""

    def failed(self, error: APIStatusError, *, longest_wait: float) -> None:
        """Do nothing; the observer knows."""

    def used(self, tokens: int) -> None:
        """Do nothing; the observer knows."""
