"""`ItemRecords`: the records of a batch's items, in its journal and in the file of those in flight.

Costs arrive at three times: with the answer of an item; later, with the generation record of a request that was cut
off; and from an earlier, killed run, when the service's cache returns an answer that was paid for then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

from anyio import to_thread
from pydantic import JsonValue

from .._sansio.charges import charge_of
from .._sansio.once import key_of
from ..errors import JournalError, OpenRouterError
from ..operations import CREATE_CHAT
from ..spending.forecast import Request as Forecastable
from .in_flight import InFlightLog
from .items import Request
from .journal import Journal, PaidAgain
from .journal_records import done_record, doubt_record, failed_record, hashes_kept, settled_record
from .kept_failures import is_transient, was_transient
from .settings import BatchSettings

if TYPE_CHECKING:
    from ..protocols import Sender
    from ..spending.ledger import Call
    from ..spending.spend import Spend
    from ..types.chat.completion import ChatCompletion
    from ..types.common import JsonObject, Usage
    from ..types.reply_cache import ReplyCache
    from .item_meter import ItemMeter, Taken
    from .journal_records import Record

__all__ = ["ItemRecords"]


class ItemRecords:
    """The records of a batch; without a journal it stores nothing."""

    where = "journal"
    """Where they are, for messages."""

    has_kept = False
    """Whether an earlier run may have left something of an item: an answer, a failure, steps to ask."""

    def __init__(
        self,
        settings: BatchSettings,
        *,
        spend: Spend,
        sender: Sender,
        stop_with: Callable[[OpenRouterError], None],
        path: str,
    ) -> None:
        """Open nothing yet; `sender` reads the generation records of earlier runs.

        `stop_with` ends the batch if the records cannot be written; the results are still delivered. `path` is that of
        the operation.
        """
        self.again = PaidAgain()
        """The items sent again because a run was killed."""
        self._settings = settings
        self._spend = spend
        self._sender = sender
        self._stop_with = stop_with
        self._path = path
        self._journal: Journal | None = None
        self._in_flight: InFlightLog | None = None
        self._asked_before: dict[str, int] = {}

    async def open(self) -> None:
        """Read the journal, if there is one."""
        path = self._settings.journal
        if path is not None:
            self._journal = journal = await to_thread.run_sync(
                lambda: Journal(path, asks_again=self._asks_again)
            )
            self._in_flight = InFlightLog(path, journal.is_answered)
            self.has_kept = not journal.is_blank
            self.again = replace(journal.again)
            self._spend.begin_at(journal.cost, journal.byok_cost, journal.models)

    async def hashes_kept(self) -> dict[int, str]:
        """Return which items are not asked again, see `hashes_kept`; may be called before `open`.

        Raises:
            JournalError: the journal cannot be read.
        """
        path = self._settings.journal
        if path is None or not path.exists():
            return {}

        def read() -> dict[int, str]:
            try:
                with path.open("rb") as lines:
                    return hashes_kept(lines, self._asks_again)
            except OSError as error:
                raise JournalError(
                    f"the journal {str(path)!r} cannot be read: {error.strerror}", path=str(path)
                ) from error

        return await to_thread.run_sync(read)

    async def aclose(self) -> None:
        """Close the files."""
        if self._in_flight is not None:
            self._in_flight.close()
        if self._journal is not None:
            self._journal.close()

    def find(self, key: str) -> Record | None:
        """Return what the journal has of an item that was answered, or failed and is not asked again."""
        return None if self._journal is None else self._journal.find(key)

    def steps_left(self, request: Request) -> str | None:
        """Return which `Steps` of an item an earlier run left to be asked; None: all, or the item has none."""
        return None if self._journal is None else self._journal.steps_left(request.key, request.hash)

    def _asks_again(self, record: JsonObject) -> bool:
        policy = self._settings.retry_failed
        return policy == "all" or (
            policy == "transient" and was_transient(record.get("error"), record.get("transient"))
        )

    def once_key(self, request: Request) -> str:
        """Return the key by which the service knows a repetition of an item's request; see `once`.

        It is the same in each run with the journal, until an answer was paid for that does not serve.
        """
        if self._journal is None:
            return uuid4().hex
        return key_of(request.key, request.hash, *self._journal.answers_that_do_not_serve(request.key))

    # What happens to an item

    def begin(self, request: Request) -> None:
        """An item is about to be sent; raises `JournalError`."""
        if self._in_flight is not None and (before := self._in_flight.begin(request.key)):
            self._asked_before[request.key] = before

    def left_undone(self, request: Request, meter: ItemMeter) -> None:
        """An item was refused, or not asked again; raises `JournalError`."""
        self._keep_costs(request, meter)
        if self._in_flight is not None:
            self._in_flight.failed(request.key)

    def left(self, request: Request, meter: ItemMeter) -> None:
        """A worker was cancelled while it waited for an answer, which the file of those in flight tells."""
        self._keep_costs(request, meter)

    def _keep_costs(self, request: Request, meter: ItemMeter) -> None:
        """Write down what an item cost that has no end, such as answers that did not fit before its last request."""
        if self._journal is not None and (paid := [each for each in meter.charges if each.paid]):
            self.write([settled_record(request, each.generation_id, each) for each in paid])

    def answered(
        self,
        request: Request,
        completion: ChatCompletion[object],
        structured: Mapping[str, JsonValue] | None,
        cache: ReplyCache | None,
        taken: Taken,
        meter: ItemMeter,
    ) -> bytes:
        """Return the record of an item that was answered, and look for what its answer cost in an earlier run."""
        if self._journal is None or self._in_flight is None:
            return b""
        self._in_flight.answered(request.key)
        before = self._asked_before.pop(request.key, 0)
        source = None
        if (generation := completion.generation_id) is not None:
            self._journal.has_booked(generation)
        if cache is not None and cache.is_hit and cache.where == "service":
            before = 0
            if self._journal.is_resumed or self._settings.once:
                source = cache.source_id
            if source is not None and self._journal.has_booked(source):
                source = None
            if source is not None:
                meter.book(source)
        if before:
            self.again.add(before, taken.cost)
        return done_record(request, completion, structured, taken, asked_before=before, source=source)

    def failed(self, request: Request, error: OpenRouterError, meter: ItemMeter) -> bytes:
        """Return the record of an item that failed; raises `JournalError`."""
        if self._journal is None or self._in_flight is None:
            return b""
        self._in_flight.failed(request.key)
        before = self._asked_before.pop(request.key, 0)
        self.again.add(before, meter.cost)
        return failed_record(
            request,
            error,
            meter,
            transient=is_transient(error, self._settings.retry_on),
            asked_before=before,
        )

    def write(self, records: Sequence[bytes]) -> None:
        """Write records, if there is a journal; a failure ends the batch."""
        if self._journal is not None:
            try:
                self._journal.append(b"".join(records))
            except JournalError as error:
                self._stop_with(error)

    # Costs that come in later, or are of earlier runs

    def settled(self, call: Call) -> bytes:
        """Write down what a request cost that had broken off, now that it is known; return what a ledger keeps."""
        if isinstance(call.item, Request) and call.charge.cost is not None and self._journal is not None:
            if call.generation_id is not None:
                self._journal.has_booked(call.generation_id)
            self.write([settled_record(call.item, call.generation_id, call.charge)])
        return b""

    def keep_doubts(self, calls: Iterable[Call]) -> None:
        """Write down where the costs are found that are not known when the batch ends; a ledger knows."""
        if self._journal is not None:
            self.write(
                [
                    doubt_record(call.item, call.generation_id)
                    for call in calls
                    if isinstance(call.item, Request)
                    and call.generation_id is not None
                    and call.generation_id not in self.unbooked
                ]
            )

    @property
    def unbooked(self) -> Mapping[str, tuple[str, str]]:
        """The answers from the service's cache whose original cost a killed run did not know; with key and hash."""
        return {} if self._journal is None else self._journal.unbooked

    async def keep_books(self) -> None:
        """Look for those costs."""
        for source, (key, hash_) in self.unbooked.items():
            request = Request(
                key=key, index=-1, hash=hash_, source="", messages=[], model=None, extra_body=None, params={}
            )
            self._spend.book(source, self._sender, request)
        await self._spend.settle()

    def learn(self, request: Request, usage: Usage | None) -> None:
        """Foresee what further items cost by one that an earlier run was answered."""
        if usage is None or self._settings.budget is None:
            return
        body = {
            "model": request.model,
            **request.params,
            **(request.extra_body or {}),
            **({"messages": request.messages} if self._path == CREATE_CHAT.path else {}),
        }
        forecastable = Forecastable(body, self._path, prompt_tokens=usage.prompt_tokens or 0)
        self._spend.learn(forecastable, charge_of(usage))
