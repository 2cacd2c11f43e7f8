"""`CallAttempts`: the requests of one call, their deadlines, and the waits between them.

`_sansio.retry` decides; this part sleeps, and notifies the observers.
"""

from __future__ import annotations

import logging
import math
import random
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

import anyio

from .._sansio.charges import usage_in
from .._sansio.error_mapping import tell_wait
from .._sansio.json_work import LEAST_BYTES
from .._sansio.redaction import clear_ended, redact, redact_json
from .._sansio.response import is_event_stream
from .._sansio.response_headers import generation_id, request_id, safe_headers
from .._sansio.retry import Failure, RetryState, Wait, resolve, should_retry
from .._secret import Secret, Secrets
from ..errors import APIStatusError, ConfigurationError, DeadlineExceeded, OpenRouterError
from ..types.meta import ResponseMeta
from .deadlines import CallTimeouts
from .observers import Attempt, Observer, Outcome

if TYPE_CHECKING:
    from .._sansio.request import RequestData
    from .._sansio.retry import RetryBudget
    from ..options import Retries, Timeouts
    from ..types.common import Usage
    from .exchange import Exchange
    from .limiter import Admission

__all__ = ["CallAttempts"]

LOGGER = logging.getLogger("openrouter_async")

_NO_SECRETS = Secrets()


class CallAttempts:
    """One call: its current request, its failures so far, and whether another request follows."""

    def __init__(
        self,
        request: RequestData,
        *,
        timeouts: Timeouts,
        retries: Retries,
        budget: RetryBudget,
        streaming: bool,
        observers: Sequence[Observer],
    ) -> None:
        self.request = request
        self.timeouts = CallTimeouts.start(timeouts, streaming=streaming)
        self._streaming = streaming
        self._state = RetryState(resolve(retries), budget)
        self._observers = observers
        self.is_watched = any(each.reads for each in observers)
        """Whether anyone looks into bodies."""
        self._starters = [each for each in observers if type(each).started is not Observer.started]
        self.is_paced = any(each.paces for each in self._starters)
        """Whether one of them keeps the pace, so the limiter need not."""
        self._readers = [each for each in observers if each.reads and type(each).saw is not Observer.saw]
        self.has_readers = bool(self._readers)
        """Whether anyone wants each of them."""
        self._senders = [each for each in observers if type(each).sent is not Observer.sent]
        self.around = [each for each in observers if type(each).around is not Observer.around]
        """Those that wrap the sending of a request."""
        self._began = time.monotonic()
        self._number = 1
        self.current = Attempt(
            request=request,
            number=self._number,
            began=self._began,
            secrets=_NO_SECRETS,
            is_streamed=streaming,
        )
        """The request that is running, or the first one."""
        self._exchange: Exchange | None = None
        self._earlier: tuple[Usage | None, ...] = ()
        self._body = b""
        self._to_first_piece: float | None = None
        self._is_running = False
        self._has_begun = False

    async def begin(self, key: Secret | None) -> None:
        """A request is about to be sent with `key`, once no observer refuses it."""
        secrets = Secrets(key, *self.request.secrets)
        if self._is_running:
            self.current = Attempt(
                request=self.request,
                number=self._number,
                began=self._began,
                secrets=secrets,
                is_streamed=self._streaming,
                to_first_piece=self._to_first_piece,
            )
        else:
            self.current.secrets = secrets
        self._exchange, self._body = None, b""
        self._is_running = True
        for observer in self._starters:
            await observer.started(self.current)
        self._has_begun = True

    def sending(self, admission: Admission) -> None:
        """The request goes out now; until then it waited for its place."""
        self.current.admission, self.current.was_sent = admission, True
        for observer in self._senders:
            observer.sent(self.current)

    async def open(self, exchange: Exchange) -> None:
        """Send the request, within what observers put around it.

        Raises:
            OpenRouterError: as `Exchange.open`.
        """
        if len(self.around) == 1:
            with self.around[0].around(self.current, exchange.request_headers):
                await exchange.open(self.timeouts)
            return
        with ExitStack() as stack:
            for observer in self.around:
                stack.enter_context(observer.around(self.current, exchange.request_headers))
            await exchange.open(self.timeouts)

    def answered(self, exchange: Exchange) -> None:
        """The head of an answer has arrived."""
        self._exchange = exchange
        current = self.current
        current.status, current.headers = exchange.status, exchange.headers
        current.http_version = exchange.http_version

    def began_stream(self) -> None:
        """The first event of a stream was read; it counts unless another attempt takes its place."""
        self._to_first_piece = self.current.to_first_piece = self.current.elapsed

    def read(self, body: bytes) -> None:
        """A whole body was read; it is examined only when somebody asks for the charge, unless that takes long."""
        self._body = body
        if self.is_watched:
            if body[:1] != b"{" and is_event_stream(body):
                from .._sansio.sse import events_in  # few servers do so unasked

                for event in events_in(body):
                    self.saw(event if isinstance(event, bytes) else event.data)
                return
            attempt = self.current
            if len(body) > LEAST_BYTES:
                attempt.look_into(body)
            else:
                attempt.unread = body
            for observer in self._readers:
                observer.saw(attempt, body)

    def saw(self, data: bytes) -> None:
        """A body, or an event of a stream, was read; it may say what the request cost, and how many tokens it took."""
        attempt = self.current
        attempt.look_into(data)
        for observer in self._readers:
            observer.saw(attempt, data)

    def meta(self) -> ResponseMeta:
        """Return the HTTP side of the answer so far."""
        assert self._exchange is not None
        headers = safe_headers(self._exchange.headers, self.current.secrets)
        self.current.headers = headers  # a look into a dict costs a tenth of one into httpx's headers
        return ResponseMeta(
            status=self._exchange.status,
            headers=headers,
            request_id=request_id(headers),
            generation_id=generation_id(headers),
            elapsed=time.monotonic() - self._began,
            attempts=self.current.number,
            billed_before=self._earlier,
        )

    async def wait_for_retry(
        self, error: OpenRouterError, *, delivered: bool = False, continued: bool = False
    ) -> None:
        """Wait for the next attempt; raises `error`, or `DeadlineExceeded`, if no attempt is left.

        With `continued` it resumes the delivered text instead of starting again.
        """
        self._complete(error)
        if not self._has_begun or isinstance(error, ConfigurationError):
            # An observer refused it, or there was no key: whoever gets a key retries that by rules of its own.
            raise self.failed(error)
        if self.current.admission is not None and isinstance(error, APIStatusError):
            self.current.admission.failed(error, longest_wait=self._state.max_retry_after)
        exchange, billed = self._exchange, self._billed(error)
        failure = Failure(
            error=error,
            stream=self._streaming,
            repeat=self.request.operation.repeat,
            once=self.request.once,
            delivered=delivered,
            body_began=exchange is not None and exchange.bytes_read > 0,
            billed=any(usage is not None and usage.paid for usage in billed),
            should_retry=None if exchange is None else should_retry(exchange.headers),
        )
        remaining = self.timeouts.total.at - time.monotonic()
        chance, left = random.random(), None if remaining == math.inf else remaining
        if continued:
            decision, self._state = self._state.continuation(failure, random=chance, remaining=left)
        else:
            decision = self._state.after(failure, random=chance, remaining=left)
        if isinstance(decision, Wait):
            if not continued:  # the reply that goes on has what broke off among its recoveries
                self._earlier += billed
                self._to_first_piece = None
            self._tell_failed(error, decision.seconds)
            self._number = self._state.attempts
            self.current.was_sent = False  # what is left now is no request
            self._has_begun = False
            await anyio.sleep(decision.seconds)
        elif decision.reason == "deadline":
            late = self.timeouts.total.expired("")
            late.retry_after = error.retry_after
            late.__cause__ = error
            raise self.failed(late) from error
        else:
            if decision.reason == "uncertain":
                error.message += "; it may have been carried out: check before you send it again"
            raise self.failed(error)

    def succeeded(self, answer: object) -> None:
        """The answer, or the whole stream, was read, as `answer`."""
        self.current.answer = answer
        self._state.succeeded()
        if self.current.admission is not None:
            self.current.admission.succeeded()
        self._end("answered")

    def failed(self, error: OpenRouterError) -> OpenRouterError:
        """Put ids, attempts and billed usage on the error of the call, notify the observers, and return it."""
        self._complete(error)
        cause = error.__cause__ if _is_late(error) else error
        error.billed = self._earlier + self._billed(cause)
        if self._is_running:
            try:
                self._tell_failed(cause if isinstance(cause, OpenRouterError) else error, None)
            finally:
                self.current.error = error
                self._end("failed")
        return error

    def cancelled(self, *, is_in_loop: bool = True) -> None:
        """The call was cancelled, or code of the caller's raised inside it; nothing if it had ended.

        `is_in_loop` is False where a stream was dropped, which may be noticed in any thread, at any moment.
        """
        if self._is_running:
            self.current.is_in_loop, self.current.error = is_in_loop, None
            self._end("left")

    def _tell_failed(self, error: OpenRouterError, wait: float | None) -> None:
        self.current.error = error
        self._tell_all([partial(observer.failed, self.current, error, wait) for observer in self._observers])

    def _end(self, outcome: Outcome) -> None:
        """The call is over; nothing if it was before."""
        if self._is_running:
            self._is_running = False
            self.current.outcome = outcome
            self._tell_all([partial(observer.ended, self.current) for observer in self._observers])

    def _tell_all(self, calls: Sequence[Callable[[], None]]) -> None:
        """Tell every observer; then raise what the first raised that did."""
        failure: BaseException | None = None
        for call in calls:
            try:
                call()
            except BaseException as error:
                if failure is not None:
                    LOGGER.exception("another observer of the call failed too", exc_info=error)
                failure = failure or error
        if failure is not None:
            raise failure

    def _billed(self, error: BaseException | None) -> tuple[Usage | None, ...]:
        """Return what the request that failed used: empty where it cost nothing, None in it where nobody knows."""
        if not isinstance(error, OpenRouterError) or not (self.current.was_sent and self.request.may_cost):
            return ()
        usage = getattr(getattr(error, "partial", None), "usage", None)
        if usage is None or usage.cost is None:
            usage = usage_in(self._body)
        if usage is not None and usage.cost is not None:
            return (usage,)
        return () if self.current.is_free(error) else (None,)

    def _complete(self, error: OpenRouterError) -> None:
        """Fill in missing facts of the error, and remove the key from its texts."""
        secrets = self.current.secrets
        if self._is_running:
            error.attempts = self.current.number
        if self._exchange is not None:
            meta = self.meta()
            error.request_id = error.request_id or meta.request_id
            error.generation_id = error.generation_id or meta.generation_id
        for name, value in vars(error).items():
            if isinstance(value, str):
                setattr(error, name, redact(value, secrets))
        error.args = (error.message,)
        # What has ended holds bodies and headers, the key's echo among them; who shows the locals of a traceback
        # shows none of it.
        clear_ended(error.__traceback__)
        if isinstance(error, APIStatusError):
            metadata = redact_json(dict(error.metadata), secrets)
            assert isinstance(metadata, dict)
            error.metadata = metadata
            if error.partial is not None:
                from .._sansio.chat_reply import without_secrets  # its types are loaded by then

                error.partial = without_secrets(error.partial, secrets)
            if error.retry_after is None and self._exchange is not None:
                # Of an error within a 200 the moment until which to wait is known only here, where there is a clock.
                tell_wait(error, self._exchange.headers, now=time.time())


def _is_late(error: OpenRouterError) -> bool:
    """Return whether an error only means that no time was left to retry after another one."""
    return isinstance(error, DeadlineExceeded) and isinstance(error.__cause__, OpenRouterError)
