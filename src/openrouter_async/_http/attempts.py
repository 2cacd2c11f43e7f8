"""`Attempts`: the requests of one call, told to the hooks and the log, and the waits between them.

What is decided is decided in `_sansio.retry`; this is the part that sleeps.
"""

from __future__ import annotations

import logging
import math
import random
import time
from traceback import clear_frames
from typing import TYPE_CHECKING

import anyio

from .._sansio.charges import Charge, charge_in, usage_in
from .._sansio.error_mapping import generation_id as id_of_generation
from .._sansio.error_mapping import request_id, tell_wait
from .._sansio.redaction import redact, redact_json, safe_headers
from .._sansio.retry import Failure, RetryState, Wait, resolve, should_retry
from .._secret import Secret, Secrets
from ..errors import APIStatusError, BudgetExceeded, ConfigurationError, DeadlineExceeded, OpenRouterError
from ..hooks import RequestEvent
from ..types._base import ResponseMeta
from .clocks import Clocks
from .observers import MeteredAttempt, is_metered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._sansio.request import RequestData
    from .._sansio.retry import RetryBudget
    from .._settings import Settings
    from ..types.common import Usage
    from .exchange import Exchange
    from .observers import BeginMetered

__all__ = ["Attempts"]

LOGGER = logging.getLogger("openrouter_async")


class Attempts:
    """One call: which request of it is running, what it met, and whether there is another."""

    def __init__(
        self,
        data: RequestData,
        settings: Settings,
        budget: RetryBudget,
        *,
        streaming: bool,
        meters: Sequence[BeginMetered] = (),
    ) -> None:
        self.clocks = Clocks.start(settings.timeouts, streaming=streaming)
        self.data = data
        self.settings = settings
        self._streaming = streaming
        self._state = RetryState(resolve(settings.retries), budget)
        self._began = time.monotonic()
        self.secrets = Secrets()
        """What must not appear in an error of the request that is running."""
        self._exchange: Exchange | None = None
        self._is_running = False
        self._meters = meters if is_metered(data) else ()
        self._metered: MeteredAttempt | None = None
        self._counts_tokens = settings.rate is not None and settings.rate.tpm is not None
        self._charge = Charge()
        self._earlier: tuple[Usage | None, ...] = ()
        self._was_sent = False
        self._body = b""

    async def begin(self, key: Secret | None) -> None:
        """A request is about to be sent with `key`, once the meters have room for it.

        Raises:
            BudgetExceeded: a meter refuses it.
        """
        self.secrets, self._exchange, self._is_running = Secrets(key), None, True
        self._was_sent, self._body = False, b""
        self._metered = await MeteredAttempt.begin(self._meters, self.data) if self._meters else None
        self._charge = Charge()
        self._tell("started", logging.DEBUG)
        if self.settings.log_bodies and self.data.content is not None:
            LOGGER.debug(
                "%s sent %s",
                self.data.operation.name,
                redact(self.data.content.decode("utf-8", "replace"), self.secrets),
            )

    @property
    def is_watched(self) -> bool:
        """Whether anyone wants to know what the request that is running costs, or takes of a rate."""
        return self._metered is not None or self._counts_tokens

    def sending(self) -> None:
        """The request goes out now; until then it waited for its place."""
        self._was_sent = True

    def read(self, body: bytes) -> None:
        """A whole body was read."""
        self._body = body
        self.saw(body)

    def saw(self, data: bytes) -> None:
        """A body, or an event of a stream, was read; it may say what the request cost, and how many tokens it took."""
        if self._metered is not None:
            self._metered.saw(data)
        if self._counts_tokens and b'"usage"' in data and (charge := charge_in(data)) is not None:
            self._charge = charge.over(self._charge)

    def answered(self, exchange: Exchange) -> None:
        """The headers of an answer have arrived."""
        self._exchange = exchange

    def meta(self) -> ResponseMeta:
        """Return the HTTP side of the answer so far."""
        assert self._exchange is not None
        headers = safe_headers(self._exchange.headers, self.secrets)
        return ResponseMeta(
            status=self._exchange.status,
            headers=headers,
            request_id=request_id(headers),
            generation_id=id_of_generation(headers),
            elapsed=time.monotonic() - self._began,
            attempts=self._state.attempts,
            billed_before=self._earlier,
        )

    async def after(
        self, error: OpenRouterError, *, delivered: bool = False, continued: bool = False
    ) -> None:
        """Wait for the next attempt; raises `error`, or `DeadlineExceeded`, where there is none.

        `continued` says that it goes on with what was delivered, rather than begins anew.
        """
        self._complete(error)
        billed = self._billed(error)
        self._end_metered(is_free=self._is_free(error))
        if isinstance(error, ConfigurationError | BudgetExceeded):
            raise self.failed(error)
        exchange = self._exchange
        if exchange is not None and exchange.passage is not None and isinstance(error, APIStatusError):
            exchange.passage.failed(error, longest_wait=self._state.max_retry_after)
        failure = Failure(
            error=error,
            stream=self._streaming,
            repeat=self.data.operation.repeat,
            once=self.data.once,
            delivered=delivered,
            continued=continued,
            body_began=exchange is not None and exchange.bytes_read > 0,
            billed=any(usage is not None and usage.paid for usage in billed),
            should_retry=None if exchange is None else should_retry(exchange.headers),
        )
        failed_attempt = self._state.attempts
        remaining = self.clocks.total.at - time.monotonic()
        decision = self._state.after(
            failure,
            random=random.random(),
            remaining=None if remaining == math.inf else remaining,
        )
        if isinstance(decision, Wait):
            if not continued:  # the reply that goes on has what broke off among its recoveries
                self._earlier += billed
            self._was_sent = False
            self._tell("retried", logging.INFO, error=error, wait=decision.seconds, attempt=failed_attempt)
            await anyio.sleep(decision.seconds)
        elif decision.reason == "deadline":
            late = self.clocks.total.expired("")
            late.retry_after = error.retry_after
            late.__cause__ = error
            raise self.failed(late) from error
        else:
            if decision.reason == "uncertain":
                error.message += "; it may have been carried out: look before you send it again"
            raise self.failed(error)

    def succeeded(self) -> None:
        """The answer, or the whole stream, was read."""
        self._is_running = False
        self._end_metered()
        self._state.succeeded()
        if self._exchange is not None and self._exchange.passage is not None:
            self._exchange.passage.succeeded()
            if self._charge.tokens:
                self._exchange.passage.used(self._charge.tokens)
        self._tell("finished", logging.INFO)

    def failed(self, error: OpenRouterError) -> OpenRouterError:
        """Put ids, attempts and what was billed on the error of the call, tell the hooks, and return it."""
        self._complete(error)
        error.billed = self._earlier + self._billed(error.__cause__ if _is_late(error) else error)
        self._end_metered(is_free=self._is_free(error))
        if self._is_running:
            self._is_running = False
            self._tell("failed", logging.INFO, error=error)
        return error

    def abandoned(self, *, is_in_loop: bool = True) -> None:
        """The call was cancelled, or code of the caller's raised inside it; nothing if it had ended.

        `is_in_loop` is False where a stream was dropped, which may be noticed in any thread, at any moment.
        """
        self._end_metered(is_in_loop=is_in_loop)
        if self._is_running:
            self._is_running = False
            self._tell("failed", logging.INFO)

    def _billed(self, error: BaseException | None) -> tuple[Usage | None, ...]:
        """Return what the request that failed used: empty where it cost nothing, None in it where nobody knows."""
        if not isinstance(error, OpenRouterError) or not (self._was_sent and is_metered(self.data)):
            return ()
        partial = getattr(error, "partial", None)
        usage = getattr(partial, "usage", None) or usage_in(self._body)
        if usage is not None and usage.cost is not None:
            return (usage,)
        return () if self._is_free(error) else (None,)

    def _end_metered(self, *, is_free: bool = False, is_in_loop: bool = True) -> None:
        """The request that is running costs no more; nothing if that was said before."""
        metered, self._metered = self._metered, None
        if metered is not None:
            # Not the id on an error, which may be that of an earlier request that this one went on from.
            exchange = self._exchange
            generation_id = None if exchange is None else id_of_generation(exchange.headers)
            metered.end(
                may_have_been_billed=self._was_sent and not is_free,
                generation_id=generation_id,
                is_in_loop=is_in_loop,
            )

    def _is_free(self, error: OpenRouterError) -> bool:
        """Whether the request that failed cost nothing, as one does that was answered by an error status."""
        refused = self._exchange is not None and self._exchange.status >= 400
        return error.may_have_been_billed is False or (refused and not error.may_have_been_billed)

    def _complete(self, error: OpenRouterError) -> None:
        """Fill in what the error does not know, and take the key out of what it was told."""
        if self._is_running:
            error.attempts = self._state.attempts
        if self._exchange is not None:
            meta = self.meta()
            error.request_id = error.request_id or meta.request_id
            error.generation_id = error.generation_id or meta.generation_id
        for name, value in vars(error).items():
            if isinstance(value, str):
                setattr(error, name, redact(value, self.secrets))
        error.args = (error.message,)
        # What has ended holds bodies and headers, the key's echo among them; who shows the locals of a traceback
        # shows none of it.
        clear_frames(error.__traceback__)
        if isinstance(error, APIStatusError):
            metadata = redact_json(dict(error.metadata), self.secrets)
            assert isinstance(metadata, dict)
            error.metadata = metadata
            if error.partial is not None:
                from .._sansio.chat_reply import without_secrets  # its types are loaded by then

                error.partial = without_secrets(error.partial, self.secrets)
            if error.retry_after is None and self._exchange is not None:
                # Of an error within a 200 the moment until which to wait is known only here, where there is a clock.
                tell_wait(error, self._exchange.headers, now=time.time())

    def _tell(
        self,
        what: str,
        level: int,
        *,
        error: OpenRouterError | None = None,
        wait: float | None = None,
        attempt: int | None = None,
    ) -> None:
        """Write a log record, and call the hooks, if there is anyone to read them."""
        hooks = self.settings.hooks
        if not hooks and not LOGGER.isEnabledFor(level):
            return
        exchange = self._exchange
        headers = {} if exchange is None else exchange.headers
        event = RequestEvent(
            operation=self.data.operation.name,
            method=self.data.operation.method,
            path=self.data.path,
            attempt=attempt or self._state.attempts,
            elapsed=time.monotonic() - self._began,
            status=None if exchange is None else exchange.status,
            generation_id=id_of_generation(headers),
            error=error,
            wait=wait,
        )
        LOGGER.log(
            level,
            "%s %s: attempt %d%s, %.3f s%s%s",
            event.operation,
            "left" if what == "failed" and error is None else what,
            event.attempt,
            "" if event.status is None else f", status {event.status}",
            event.elapsed,
            "" if error is None else f", {type(error).__name__}",
            "" if wait is None else f", again in {wait:.3f} s",
        )
        for hook in hooks:
            getattr(hook, what)(event)


def _is_late(error: OpenRouterError) -> bool:
    """Whether an error only says that there was no time to send the request again after another one."""
    return isinstance(error, DeadlineExceeded) and isinstance(error.__cause__, OpenRouterError)
