"""Whether a failed request is retried, and after which delay: decided here, slept elsewhere.

Theory of operation: one `RetryState` accompanies one call. After each failed request the shell describes the failure
as a `Failure` and asks `RetryState.after`, which returns `Wait(seconds)` or `GiveUp(reason)`. After a success it
calls `RetryState.succeeded`. All calls of a client share one `RetryBudget`, so retries do not make an outage worse.

These decide, in this order: a piece was delivered (never again, unless the next request resumes it); the kind of
failure, and whether a retry could bill twice; the number of attempts; the delay that the server demands; the call's
deadline; the client's budget. The service has no idempotency key, and a plain call that is dropped continues and is
billed. So each operation has its own rule, in its row of `operations`: a read is always retried; a call of a model if
no response came, though the first may be billed too, but not after a timeout, unless the service's cache answers the
retry (`once`); an operation that creates or changes something only if the service cannot have performed it.

No clock and no random numbers here: both are arguments.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal, NamedTuple, TypeVar

from .._sentinels import OMIT, Omit
from ..errors import (
    APIStatusError,
    ConnectError,
    ConnectionLost,
    InvalidResponseError,
    OpenRouterError,
    ProxyError,
    RequestTimeout,
    StreamDecodeError,
    StreamError,
    StreamTruncated,
    TLSError,
)
from ..operations import Repeat
from ..options import Retries

__all__ = [
    "Failure",
    "GiveUp",
    "GiveUpReason",
    "RetryBudget",
    "RetrySettings",
    "RetryState",
    "Wait",
    "resolve",
    "should_retry",
]

T = TypeVar("T")

# 408 and 5xx: RFC 9110, 15.5.9 and 15.6; 429: RFC 6585, 4; 520 to 524 are of the edge in front of the service.
RETRYABLE_STATUSES = frozenset({408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529})
THROTTLING_STATUSES = frozenset({429, 529})
UNCERTAIN_STATUSES = frozenset({500, 502, 504, 520, 521, 522, 523, 524})
"""Without an error of the service's own they come from something in front of it, which does not know what was done."""

BUDGET = 500
"""Tokens in a full bucket. Chosen, as the costs below: enough for 35 retries after faults, or 100 after throttling."""
FAULT_COST = 14
THROTTLING_COST = 5
SUCCESS_REFUND = 1
"""The credit for a call that succeeds immediately."""

RETRY_AFTER_JITTER = 0.1
"""The most that is added to a delay that a server demands, as a share of it; chosen, so retries spread out."""

NO_ANSWER = (InvalidResponseError, StreamDecodeError, StreamTruncated)
"""An invalid 200, an empty one, or an unknown language; one that repeats will repeat again."""

GiveUpReason = Literal["delivered", "final", "uncertain", "attempts", "retry_after", "deadline", "budget"]


class RetrySettings(NamedTuple):
    """`Retries` with nothing omitted; seconds."""

    attempts: int = 3
    base: float = 0.5
    cap: float = 8.0
    throttling_base: float = 1.0
    throttling_cap: float = 20.0
    max_retry_after: float = 60.0
    retry_ambiguous: bool = False


@lru_cache(maxsize=64)
def resolve(retries: Retries) -> RetrySettings:
    """Return the effective settings of `retries`; a given base or cap also applies to throttling."""
    default = RetrySettings()
    return RetrySettings(
        attempts=_given(retries.attempts, default.attempts),
        base=_given(retries.base, default.base),
        cap=_given(retries.cap, default.cap),
        throttling_base=_given(retries.base, default.throttling_base),
        throttling_cap=_given(retries.cap, default.throttling_cap),
        max_retry_after=_given(retries.max_retry_after, default.max_retry_after),
        retry_ambiguous=_given(retries.retry_ambiguous, default.retry_ambiguous),
    )


def _given(value: T | Omit, default: T) -> T:
    return default if value is OMIT else value


class Failure(NamedTuple):
    """One failed request, with what its error does not know."""

    error: OpenRouterError
    stream: bool
    repeat: Repeat = "unanswered"
    """When the operation may be sent again; see `operations`."""
    once: bool = False
    """Whether a repetition is answered from the service's cache."""
    delivered: bool = False
    """Whether the caller was handed a piece of a stream or a download."""
    body_began: bool = False
    """Whether a byte of the body of a 2xx had arrived."""
    billed: bool = False
    """Whether what arrived says that it cost something; then it is not asked for, and paid for, again."""
    should_retry: bool | None = None
    """The value of the response header `x-should-retry`."""


class Wait(NamedTuple):
    """Send the request again after `seconds`."""

    seconds: float


class GiveUp(NamedTuple):
    """Raise the error, which says so for the reason `uncertain`; for `deadline`, raise `DeadlineExceeded` from it."""

    reason: GiveUpReason


class RetryBudget:
    """The tokens that pay for all retries of one client; see `BUDGET` and the costs beside it.

    In an outage they are soon spent, and calls then fail immediately rather than triple the load.
    """

    __slots__ = ("_tokens",)

    def __init__(self) -> None:
        self._tokens = BUDGET

    @property
    def tokens(self) -> int:
        """The rest, 0 to 500."""
        return self._tokens

    def take(self, cost: int) -> bool:
        """Pay for a retry; False, and nothing taken, where too little is left."""
        if cost > self._tokens:
            return False
        self._tokens -= cost
        return True

    def give(self, tokens: int) -> None:
        """Put tokens back, at most until the bucket is full."""
        self._tokens = min(BUDGET, self._tokens + tokens)

    def __repr__(self) -> str:
        return f"RetryBudget({self._tokens} of {BUDGET} tokens)"


class RetryState:
    """The retries of one call."""

    __slots__ = ("_attempts", "_budget", "_earlier", "_invalid_seen", "_paid", "_settings")

    def __init__(
        self, settings: RetrySettings, budget: RetryBudget, *, earlier: int = 0, paid: int = 0
    ) -> None:
        """Begin; `earlier` are the requests that this one continues, and `paid` is what it cost to begin it."""
        self._settings = settings
        self._budget = budget
        self._attempts = 1
        self._earlier = earlier
        self._paid = paid
        self._invalid_seen = False

    @property
    def attempts(self) -> int:
        """The requests of this call so far, the running one included."""
        return self._earlier + self._attempts

    @property
    def max_retry_after(self) -> float:
        """The longest `Retry-After` that is waited for, in seconds."""
        return self._settings.max_retry_after

    def after(self, failure: Failure, *, random: float, remaining: float | None) -> Wait | GiveUp:
        """Decide what follows a failed request; a `Wait` has been paid for, and counts as an attempt begun.

        `random` is a fresh number from 0 to 1; `remaining` the seconds until the call's deadline, if it has one.
        """
        reason = self._refusal(failure)
        decision = GiveUp(reason) if reason is not None else self._wait(failure, random, remaining)
        if isinstance(decision, Wait):
            self._attempts += 1
            self._invalid_seen = self._invalid_seen or isinstance(failure.error, NO_ANSWER)
        return decision

    def continuation(
        self, failure: Failure, *, random: float, remaining: float | None
    ) -> tuple[Wait | GiveUp, RetryState]:
        """Decide whether another request continues what was delivered; it has a state, and attempts, of its own."""
        asked = failure.error.retry_after
        if is_uncertain(failure):
            return GiveUp("uncertain"), self
        if not is_continuable(failure):
            return GiveUp("final"), self
        if asked is not None and asked > self._settings.max_retry_after:
            return GiveUp("retry_after"), self
        decision = self._wait(failure, random, remaining)
        if isinstance(decision, GiveUp):
            return decision, self
        return decision, RetryState(self._settings, self._budget, earlier=self.attempts, paid=self._paid)

    def _wait(self, failure: Failure, random: float, remaining: float | None) -> Wait | GiveUp:
        """Pay for another request, and say when it begins."""
        throttled = isinstance(failure.error, APIStatusError) and failure.error.status in THROTTLING_STATUSES
        seconds = self._seconds(failure.error.retry_after, throttled=throttled, random=random)
        if remaining is not None and seconds >= remaining:
            return GiveUp("deadline")
        cost = THROTTLING_COST if throttled else FAULT_COST
        if not self._budget.take(cost):
            return GiveUp("budget")
        self._paid = cost
        return Wait(seconds)

    def succeeded(self) -> None:
        """Give the cost of the last retry back to the budget, or the reward for needing none."""
        self._budget.give(self._paid or SUCCESS_REFUND)

    def _refusal(self, failure: Failure) -> GiveUpReason | None:
        if failure.delivered:
            return "delivered"
        if is_uncertain(failure):
            return "uncertain"
        asked = failure.error.retry_after
        too_long = asked is not None and asked > self._settings.max_retry_after
        second_invalid = self._invalid_seen and isinstance(failure.error, NO_ANSWER)
        if second_invalid or not is_retryable(failure, retry_ambiguous=self._settings.retry_ambiguous):
            return "final"
        if self._attempts >= self._settings.attempts:
            return "attempts"
        return "retry_after" if too_long else None

    def _seconds(self, asked: float | None, *, throttled: bool, random: float) -> float:
        """Return the wait asked for with a little jitter, or else exponential backoff with full jitter."""
        if asked is not None:
            return asked * (1 + RETRY_AFTER_JITTER * random)
        settings = self._settings
        base, cap = (
            (settings.throttling_base, settings.throttling_cap)
            if throttled
            else (settings.base, settings.cap)
        )
        # 2.0 ** 1024 raises OverflowError; long before, the cap has decided.
        return random * min(cap, base * 2.0 ** min(self._attempts - 1, 64))


def is_retryable(failure: Failure, *, retry_ambiguous: bool) -> bool:
    """Return whether this kind of failure may be retried at all, before attempts, delays and budget are
    considered."""
    error = failure.error
    if failure.should_retry is False or failure.billed:
        return False
    if is_uncertain(failure):
        return False
    always = failure.once or (failure.repeat == "always" and not failure.stream)
    may_repeat = always or (retry_ambiguous and not failure.stream)
    match error:
        case APIStatusError():
            if failure.should_retry is not None:
                return failure.should_retry
            if error.availability is not None and error.availability.retryable is not None:
                return error.availability.retryable
            return error.status in RETRYABLE_STATUSES
        case TLSError():
            return False  # a certificate, or a server that speaks no TLS, is the same a second later
        case ProxyError(refused=True):
            return False  # so is a password, and a repeated one may lock its user out
        case ConnectError() | InvalidResponseError() | StreamError():
            return True
        case ConnectionLost():
            return failure.stream or not failure.body_began or always
        case RequestTimeout(phase="connect"):
            return True
        case RequestTimeout(phase="headers"):
            return failure.stream or may_repeat
        case RequestTimeout(phase="body" | "idle" | "event"):
            return may_repeat
        case _:
            return False


def is_uncertain(failure: Failure) -> bool:
    """Return whether what creates or changes something may have done so."""
    error = failure.error
    if failure.repeat != "refused" or not error.may_have_been_carried_out:
        return False
    match error:
        case APIStatusError(is_reported=False):
            return failure.should_retry is not True and error.status in UNCERTAIN_STATUSES
        case APIStatusError() | ConnectError() | RequestTimeout(phase="connect"):
            return False
        case _:
            return True


def is_continuable(failure: Failure) -> bool:
    """Return whether another request may resume a stream that failed after its first piece."""
    match failure.error:
        case StreamDecodeError():
            return False  # the service speaks another language than we do
        case RequestTimeout(phase="idle" | "event") | ConnectionLost():
            return True
        case APIStatusError() | StreamError():
            return is_retryable(failure._replace(billed=False), retry_ambiguous=False)
        case _:
            return False


def should_retry(headers: Mapping[str, str]) -> bool | None:
    """Return what the response header `x-should-retry` says, None where it says neither `true` nor `false`."""
    return {"true": True, "false": False}.get(headers.get("x-should-retry", "").strip().lower())
