"""`ItemRunner`: the result of an item: its kept answer, or that of the model, asked until it answers or is given up."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeAlias, cast

import anyio
from anyio.lowlevel import checkpoint
from pydantic import JsonValue, ValidationError

from .._sansio.chat_body import ChatCall, chat_body
from .._sansio.retry import resolve
from ..errors import BudgetExceeded, ConfigurationError, InvalidResponseError, OpenRouterError
from ..ledger.steps import Busy
from ..options import RequestOptions, Retries
from ..protocols import ChatCompleter
from ..resources.chat.attachments import has_attachments
from ..types.chat.completion import ChatCompletion, OutputT
from ..types.chat.model_reply import with_billed
from ..types.common import Usage, reported, usages_of
from ..types.meta import keep_meta
from .after_failure import Abort, Retry, after_failure
from .duplicates import Duplicates
from .item_meter import ItemMeter, Taken
from .item_records import ItemRecords
from .items import Request
from .journal_records import Kept, Record
from .kept_failures import kept_error
from .kinds import Kind
from .results import Done, Failed, Result
from .settings import BatchSettings
from .stats import BatchStats

if TYPE_CHECKING:
    from ..types.reply_cache import ReplyCache
    from .shared_records import SharedRecords

__all__ = ["Ended", "ItemRunner", "Outputs"]

Ended: TypeAlias = tuple[Result[OutputT], bytes | None]
"""A result, and its record, if that is still to be written."""

MAX_RETRY_AFTER = 3_600.0
"""The longest wait, in seconds, that the service may ask a batch for; a longer one ends it. Chosen: nobody waits
for one item, and limits by the day are not waited for."""


class Outputs(Protocol):
    """Structured output, as a batch needs it; `structured.completion` has it."""

    @property
    def name(self) -> str:
        """The functions that depend on the requested type."""
        ...

    def kept(self, completion: ChatCompletion[object], /) -> Mapping[str, JsonValue]:
        """Return what the journal notes of a reply besides itself."""
        ...

    def restored(self, completion: ChatCompletion[str], path: JsonValue, /) -> ChatCompletion[object]:
        """Return a kept reply with its value; raises `OpenRouterError` where it does not fit any more."""
        ...


@dataclass(frozen=True, slots=True)
class _Undone:
    """The item has no result, since the batch ends."""

    error: OpenRouterError | None = None
    """Why no other item can succeed either; None where the batch was stopped."""


class ItemRunner(Generic[OutputT]):
    """Runs the items of a batch, many concurrently."""

    def __init__(
        self,
        completer: ChatCompleter[OutputT],
        settings: BatchSettings,
        *,
        records: ItemRecords,
        stats: BatchStats,
        outputs: Outputs | None,
        options: RequestOptions | None,
        kind: Kind[OutputT] | None = None,
    ) -> None:
        self._settings = settings
        self._records = records
        self._shared: SharedRecords | None = (
            None if settings.ledger is None else cast("SharedRecords", records)
        )
        self._stats = stats
        self._outputs = outputs
        self._kind = kind
        patient = Retries(max_retry_after=MAX_RETRY_AFTER)
        merged = RequestOptions(**(options or {}))
        given = merged.get("retries")
        retries = merged["retries"] = patient if given is None else given.with_defaults(patient)
        if settings.rate is not None and settings.ledger is None:
            merged["rate"] = settings.rate
        self._completer = completer.with_options(merged)
        self._is_once = settings.once or merged.get("once") is True
        self._longest_wait = resolve(retries).max_retry_after
        self._duplicates: Duplicates[OutputT] = Duplicates()
        self._stopped = anyio.Event()

    def stop(self) -> None:
        """Ask nothing again; what waits to be is undone."""
        self._stopped.set()

    async def resume(self, request: Request, meter: ItemMeter) -> Ended[OutputT] | Busy | None:
        """Return the kept result of an item, or that another process asks it; None where it is to be asked here.

        Raises:
            OpenRouterError: no other item can succeed either; this one is undone.
        """
        if not self._records.has_kept:
            meter.turn_to(request)
            return None
        kept = self._resume(request) if self._shared is None else await self._claim(self._shared, request)
        if isinstance(kept, Busy):
            return kept
        if kept is not None:
            if self._settings.dedupe and isinstance(kept, Done):
                self._duplicates.end(request.hash, kept)
            await checkpoint()
            return kept, None
        meter.turn_to(request)
        return None

    async def ask_once(self, request: Request, meter: ItemMeter) -> Ended[OutputT] | None:
        """Ask an item as `ask` does, where of equal requests only the first is sent."""
        if (first := self._duplicates.find(request.hash)) is not None:
            return await self._repeated(request, await first.ended(), meter)
        self._duplicates.begin(request.hash)
        ended: Ended[OutputT] | None = None
        try:
            ended = await self.ask(request, meter)
        finally:
            self._duplicates.end(request.hash, None if ended is None else ended[0])
        return ended

    async def _repeated(
        self, request: Request, result: Result[OutputT] | None, meter: ItemMeter
    ) -> Ended[OutputT] | None:
        """Return the result of an equal request as that of this one, which cost nothing."""
        if result is None:
            if self._shared is not None:
                self._shared.left_undone(request, meter)
            return None
        if isinstance(result, Failed):
            self._stats.failed(result.error, request.model)
            failed = _failed(request, result.error, meter)
            return await self._keep(request, failed, self._records.failed(request, result.error, meter))
        completion = result.completion
        self._stats.answered(completion.model, from_cache=True)
        return await self._keep(request, *self._answered(request, completion, completion.cache, meter))

    async def ask(self, request: Request, meter: ItemMeter) -> Ended[OutputT] | None:
        """Return the result of an item, and its record, if one is to be written; None where it is undone.

        Raises:
            OpenRouterError: no other item can succeed either; this one is undone.
        """
        self._records.begin(request)
        self._stats.in_flight += 1
        try:
            ended = await self._ask(request, meter)
        except BaseException:
            self._records.left(request, meter)
            raise
        finally:
            self._stats.in_flight -= 1
        if isinstance(ended, _Undone):
            self._records.left_undone(request, meter)
            # One that waited for room in the budget when the batch was stopped was not in flight: no error to tell.
            if ended.error and not (self._stopped.is_set() and isinstance(ended.error, BudgetExceeded)):
                raise ended.error
            return None
        if isinstance(ended, Failed):
            self._stats.failed(ended.error, request.model, was_paid=bool(meter.cost))
            return await self._keep(request, ended, self._records.failed(request, ended.error, meter))
        cache = ended.cache
        is_reused = cache is not None and cache.is_hit and cache.where != "service"
        self._stats.answered(ended.model, from_cache=is_reused)
        answered = self._answered(request, ended, cache, meter)
        return answered if self._shared is None else await self._keep(request, *answered)

    def _answered(
        self, request: Request, completion: ChatCompletion[object], cache: ReplyCache | None, meter: ItemMeter
    ) -> tuple[Done[OutputT], bytes]:
        structured = None if self._outputs is None else self._outputs.kept(completion)
        taken = meter.taken()
        record = self._records.answered(request, completion, structured, cache, taken, meter)
        return self._done(request, completion, taken), record

    async def _keep(self, request: Request, result: Result[OutputT], record: bytes) -> Ended[OutputT]:
        """Return a result, with its record if that is still to be written; a ledger has it when this returns."""
        if self._shared is None:
            return result, record
        if isinstance(result, Failed):
            await self._shared.give_up(request, record, was_paid=bool(result.cost))
        elif not await self._shared.finish(request, record):
            first = await self._shared.claim(request)
            if isinstance(first, Kept) and first.record.hash == request.hash:
                completion = self._restored(first.record, request)
                result = self._done(request, completion, first.record, is_resumed=True)
        return result, None

    async def _claim(self, shared: SharedRecords, request: Request) -> Result[OutputT] | Busy | None:
        """Return the result that the ledger has for an item; None where it is to be asked here."""
        replaces = 0
        while isinstance(claimed := await shared.claim(request, replaces), Kept):
            kept = self._resume(request, claimed.record)
            if kept is not None:
                return kept
            replaces = claimed.number
        return claimed

    # Answers of earlier runs

    def _resume(self, request: Request, record: Record | None = None) -> Result[OutputT] | None:
        """Return the result that the journal has for an item, or that of a record; None where it is to be asked."""
        record = record or self._records.find(request.key)
        if record is None:
            return None
        if record.error is not None:
            return self._failed_before(record, request)
        if record.hash != request.hash:
            if self._settings.is_redoing:
                return None
            where = self._records.where
            raise ConfigurationError(
                f"the request of the item {request.key!r} is not the one that the {where} has an answer for;"
                f' name another {where}, give it another key, or ask it again with on_change="redo" (--redo-changed)'
            )
        try:
            completion = self._restored(record, request)
        except OpenRouterError as error:
            if self._settings.is_redoing:
                return None
            error.add_note(
                f'the {self._records.where} keeps the reply; on_change="redo" (--redo-changed) asks the item again'
            )
            self._stats.failed(error, request.model)
            return _failed(request, error, record)
        self._stats.resumed(completion.model)
        self._records.learn(request, reported(completion.usage))
        return self._done(request, completion, record, is_resumed=True)

    def _failed_before(self, record: Record, request: Request) -> Failed | None:
        if record.hash != request.hash:
            return None
        error = kept_error(record.error)
        self._stats.failed(error, request.model, was_paid=bool(record.cost))
        return _failed(request, error, record, is_resumed=True)

    def _restored(self, record: Record, request: Request) -> ChatCompletion[object]:
        """Return the reply of a record; raises `OpenRouterError` if it can no longer be used."""
        try:
            completion: ChatCompletion[str] = ChatCompletion.model_validate(record.completion)
        except ValidationError as error:
            problem = error.errors(include_url=False, include_input=False)[0]["msg"]
            raise InvalidResponseError(f"the journal has no valid reply: {problem}") from None
        keep_meta(completion, record.meta)
        if self._kind is not None:
            return self._kind.restored(completion, request)
        return completion if self._outputs is None else self._outputs.restored(completion, record.path)

    # Asking

    async def _ask(self, request: Request, meter: ItemMeter) -> ChatCompletion[object] | Failed | _Undone:
        left = self._records.steps_left(request) if self._records.has_kept else None
        model, attempt = left or request.model, 1
        tried = {model}
        billed: tuple[Usage | None, ...] = ()
        completer = self._completer
        if self._is_once:
            completer = completer.with_options({"once": self._records.once_key(request)})
        while True:
            try:
                call = ChatCall(request.messages, model, request.params, request.extra_body)
                completion = await completer.create(call)
                if billed:
                    completion = with_billed(completion, (*billed, *completion.billed))
                return completion
            except ConfigurationError as error:
                if not await self._is_at_fault(request):
                    return _Undone(error)  # a closed client, no key: the same for every item
                return _failed(request, error, meter)
            except OpenRouterError as error:
                billed = error.billed = billed + usages_of(error)
                decision = after_failure(
                    error,
                    attempt=attempt,
                    tried=tried,
                    settings=self._settings,
                    longest_wait=self._longest_wait,
                    random=random.random(),
                )
                if isinstance(decision, Abort):
                    return _Undone(error)
                if not isinstance(decision, Retry):
                    return _failed(request, error, meter)
                model = (
                    error.steps_left or model
                )  # what answered before a step that failed is not asked again
            if decision.model is None:
                attempt += 1
                with anyio.move_on_after(decision.wait):
                    await self._stopped.wait()
                    return _Undone()
            else:
                model = decision.model
                tried.add(model)

    async def _is_at_fault(self, request: Request) -> bool:
        """Whether a refused call was refused for its request, rather than for the client's state."""
        call = ChatCall(request.messages, request.model, request.params, request.extra_body)
        if self._kind is not None:
            return await self._kind.is_at_fault(call)
        if has_attachments(request.messages):
            return True
        try:
            chat_body(call)
        except ConfigurationError:
            return True
        return False

    def _done(
        self,
        request: Request,
        completion: ChatCompletion[object],
        facts: Taken | Record,
        *,
        is_resumed: bool = False,
    ) -> Done[OutputT]:
        # The completer and `restored` give what `output` asks for, which `client.batch` has made the type of the batch.
        return Done(
            key=request.key,
            index=request.index,
            source=request.source,
            completion=completion,  # type: ignore[arg-type]  # as said
            elapsed=facts.elapsed,
            cost=facts.cost,
            attempts=facts.attempts,
            is_resumed=is_resumed,
        )


def _failed(
    request: Request, error: OpenRouterError, facts: ItemMeter | Record, *, is_resumed: bool = False
) -> Failed:
    return Failed(
        key=request.key,
        index=request.index,
        source=request.source,
        error=error,
        elapsed=facts.elapsed,
        cost=facts.cost if isinstance(facts, Record) else facts.cost_of_failure,
        attempts=facts.attempts,
        is_resumed=is_resumed,
    )
