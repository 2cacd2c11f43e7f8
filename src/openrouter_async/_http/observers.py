"""`Observer`: an object that watches a call without steering it, such as a budget, the hooks, and the log.

*Theory of operation.* Each call has a tuple of observers, created when it starts by the factories of its client
(`Transport.observers`) and of its task (`OBSERVERS`), which tasks started inside a block inherit. Their methods are
called at five moments, in this order:

```
started ── sent ── saw* ─┬─ ended                        for the call, exactly once, last
   └────────┴────────────┴─ failed ── started (a retry)  for a request; its wait is None where no other follows
```

An exception of an observer reaches the caller. If `started` raises, nothing of the request was sent, and it is not
retried. `failed` and `ended` are called on all observers, even if one raises: a budget is settled although a hook is
broken.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, MutableMapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, Protocol

from .._sansio.charges import Charge, read_charge
from .._sansio.redaction import redact
from .._sansio.response_headers import generation_id as id_of_generation
from .._sansio.response_headers import request_id as id_of_request

if TYPE_CHECKING:
    from .._sansio.request import RequestData
    from .._secret import Secrets
    from ..errors import OpenRouterError
    from ..hooks import RequestEvent, RequestHook
    from ..protocols import Sender
    from .conversation_prompts import ConversationPrompts
    from .limiter import Admission

__all__ = [
    "ABOUT",
    "OBSERVERS",
    "Attempt",
    "EventLog",
    "Observer",
    "ObserverFactory",
    "TaskObserverFactory",
    "TokenCount",
    "log_body",
]

LOGGER = logging.getLogger("openrouter_async")

Outcome = Literal["running", "answered", "failed", "left"]

_NOTHING = Charge()


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class Attempt:
    """One request of a call, as far as it has come. Observers read it, and change nothing."""

    request: RequestData
    number: int
    """Of the request within the call, from 1."""
    began: float
    """When the call began, in monotonic seconds."""
    secrets: Secrets
    """What no observer may show."""
    is_streamed: bool = False
    """Whether the answer is read as it comes."""
    to_first_piece: float | None = None
    """Seconds from the beginning of the call to the first event of its stream; None before it, and without a stream."""
    admission: Admission | None = None
    """How it passed the limiter; None before that."""
    was_sent: bool = False
    """Whether the request left, or began to."""
    status: int | None = None
    """HTTP status of the answer; None before its head."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Of the answer; names in any case."""
    http_version: str | None = None
    """Of the connection that it came over, as "1.1" or "2"; None where nobody knows."""
    unread: bytes | None = None
    """A whole body that nobody has looked into yet."""
    error: OpenRouterError | None = None
    """Why it failed; None before that, and where the caller left."""
    answer: object = None
    """The parsed response, or the whole reply of the stream; None before that."""
    outcome: Outcome = "running"
    """Of the call: answered whole, failed for good, or left: cancelled, closed early, ended by the caller's error."""
    is_in_loop: bool = True
    """False where a stream was collected as garbage: in any thread, in the midst of anything, and nothing may wait."""
    _charge: Charge = _NOTHING

    @property
    def charge(self) -> Charge:
        """Cost, tokens, model and id, as far as what was read says; empty where no observer `reads`."""
        body, self.unread = self.unread, None
        if body is not None:
            self.look_into(body)
        return self._charge

    @charge.setter
    def charge(self, charge: Charge) -> None:
        self._charge = charge

    def look_into(self, data: bytes) -> None:
        """Count the charge in a body, or in an event of a stream; few events contain one."""
        before = self._charge
        if (before.generation_id is None or b'"usage"' in data) and (charge := read_charge(data)):
            self._charge = charge.merged_over(before)

    @property
    def elapsed(self) -> float:
        """Seconds since the call began, waits included."""
        return time.monotonic() - self.began

    @property
    def generation_id(self) -> str | None:
        """The id of the billed record, as far as the head says."""
        return id_of_generation(self.headers)

    @property
    def may_have_been_billed(self) -> bool:
        """Whether the request may cost something: it left, and its end does not say that it is free."""
        return self.was_sent and not (self.error is not None and self.is_free(self.error))

    def is_free(self, error: OpenRouterError) -> bool:
        """Whether the request cost nothing if it ended so, as one does that was answered by an error status."""
        refused = self.status is not None and self.status >= 400
        return error.may_have_been_billed is False or (refused and not error.may_have_been_billed)


class Observer:
    """Told of one call. Every moment does nothing unless it is overridden."""

    __slots__ = ()

    reads = False
    """Whether it wants `Attempt.charge`, and `saw` if it has that: looking into bodies and events costs time."""

    paces = False
    """Whether `started` keeps the pace of the model, and the ends are reported to whoever learns it."""

    async def started(self, attempt: Attempt) -> None:
        """A request is about to be made; this may wait until there is room for it, or raise to refuse it."""

    def sent(self, attempt: Attempt) -> None:
        """It has its place, and leaves now."""

    def around(
        self, attempt: Attempt, headers: MutableMapping[str, str], /
    ) -> AbstractContextManager[object]:
        """Return what is entered while it is sent and the head of its answer awaited; `headers` may be added to."""
        return nullcontext()

    def saw(self, attempt: Attempt, data: bytes, /) -> None:
        """A whole body, or the data of an event of a stream, was read; its charge is counted."""

    def failed(self, attempt: Attempt, error: OpenRouterError, wait: float | None, /) -> None:
        """It failed; the next follows after `wait` seconds, or none."""

    def ended(self, attempt: Attempt) -> None:
        """The call is over; `outcome` tells how, and `error` why it failed."""


class ObserverFactory(Protocol):
    """Makes an observer for each call that it wants to know of."""

    def observe(self, request: RequestData, sender: Sender, /) -> Observer | None:
        """Return the observer of a call; `sender` is who makes it, and can look up its record later."""
        ...


class TaskObserverFactory(ObserverFactory, Protocol):
    """Watches the calls of a task, and of tasks that begin inside it."""

    transport: object
    """Only calls over this one are watched."""


OBSERVERS: ContextVar[tuple[TaskObserverFactory, ...]] = ContextVar("openrouter_async.observers", default=())
"""Those of the running task."""

ABOUT: ContextVar[Mapping[str, str | int]] = ContextVar(
    "openrouter_async.about_calls", default=MappingProxyType({})
)
"""What features say of the calls that they make in the running task, by name, for whoever watches them."""


class TokenCount(Observer):
    """Tells the limiter how many tokens a call took, where a rate of tokens is kept to."""

    __slots__ = ()

    reads = True

    def ended(self, attempt: Attempt) -> None:
        """Count the usage in the response; a failed call is assumed to have used the estimate."""
        if attempt.outcome == "answered" and attempt.admission is not None and attempt.charge.tokens:
            attempt.admission.used(attempt.charge.tokens)


class EventLog(Observer):
    """Tells the hooks of a client, and writes the log."""

    __slots__ = ("_hooks", "_logs_bodies", "_prompts")

    def __init__(
        self, hooks: Sequence[RequestHook], *, logs_bodies: bool, prompts: ConversationPrompts | None = None
    ) -> None:
        self._hooks = hooks
        self._logs_bodies = logs_bodies
        self._prompts = prompts

    async def started(self, attempt: Attempt) -> None:
        """A request begins."""
        event = self._log(logging.DEBUG, "started", attempt)
        for hook in self._hooks:
            hook.started(event)
        if self._logs_bodies and attempt.request.content is not None:
            log_body("sent", attempt, attempt.request.content)

    def failed(self, attempt: Attempt, error: OpenRouterError, wait: float | None, /) -> None:
        """Only for a failure with another request after it; `ended` reports the last one."""
        if wait is not None:
            event = self._log(logging.INFO, "retried", attempt, error, wait)
            for hook in self._hooks:
                hook.retried(event)

    def ended(self, attempt: Attempt) -> None:
        """The call is over."""
        finds_no_record = attempt.request.is_poll and attempt.status == 404
        if attempt.outcome == "answered" or finds_no_record:
            event = self._log(logging.INFO, "found none yet" if finds_no_record else "finished", attempt)
            if self._prompts is not None:
                event = self._prompts.compared(event, attempt.request.content or b"{}")
            for hook in self._hooks:
                hook.finished(event)
        else:
            event = self._log(logging.INFO, attempt.outcome, attempt, attempt.error)
            for hook in self._hooks:
                hook.failed(event)

    def _log(
        self,
        level: int,
        what: str,
        attempt: Attempt,
        error: OpenRouterError | None = None,
        wait: float | None = None,
    ) -> RequestEvent:
        from ..hooks import RequestEvent  # most calls have neither hooks nor a log

        operation = attempt.request.operation
        event = RequestEvent(
            operation=operation.name,
            method=operation.method,
            path=attempt.request.path,
            attempt=attempt.number,
            elapsed=attempt.elapsed,
            status=attempt.status,
            generation_id=_without_key(attempt.generation_id, attempt.secrets),
            request_id=_without_key(id_of_request(attempt.headers), attempt.secrets),
            error=error,
            wait=wait,
            model=attempt.request.model,
            user=attempt.request.user,
            is_streamed=attempt.is_streamed,
            time_to_first_piece=attempt.to_first_piece,
            is_poll=attempt.request.is_poll,
            is_own=attempt.request.is_own,
        )
        if (self._hooks or self._prompts) and attempt.outcome != "running":
            event = _with_answer(event, attempt)
        LOGGER.log(
            level,
            "%s%s %s: attempt %d%s%s%s, %.3f s%s%s",
            event.operation,
            " (own)" if event.is_own else "",
            what,
            event.attempt,
            "" if event.status is None else f", status {event.status}",
            "" if event.generation_id is None else f", {_printable(event.generation_id)}",
            "" if event.request_id is None else f", request {_printable(event.request_id)}",
            event.elapsed,
            "" if error is None else f", {type(error).__name__}",
            "" if wait is None else f", again in {wait:.3f} s",
        )
        return event


def _printable(id: str) -> str:
    """Return an id without what a terminal obeys, for a line of the log."""
    return id if id.isprintable() else repr(id)


def _without_key(name: str | None, secrets: Secrets) -> str | None:
    """Return an id without the key, which a server may repeat anywhere."""
    return name and redact(name, secrets)


def _with_answer(event: RequestEvent, attempt: Attempt) -> RequestEvent:
    """Return the event of a call that is over with what is known of its answer."""
    from .answer_facts import answer_facts  # only hooks ask for it

    facts = answer_facts(attempt.answer, attempt.error, attempt.charge, attempt.generation_id)
    return replace(
        event,
        model=facts.model or event.model,
        provider=facts.provider,
        usage=facts.usage,
        cost=facts.cost,
        finish_reasons=facts.finish_reasons,
    )


def log_body(verb: str, attempt: Attempt, body: bytes) -> None:
    """Write a body, or a piece of one, to the log."""
    if attempt.request.operation.has_secrets:
        text = f"{len(body):,} bytes, which contain secrets"
    else:
        text = redact(body.decode("utf-8", "replace"), attempt.secrets)
    LOGGER.debug("%s %s %s", attempt.request.operation.name, verb, text)
