"""The records of a journal: one JSON object for each item that ended, and for a cost that became known later. Pure.

A record contains the cost of an item, and its models. Files of older versions lack some of that; they are read too,
and missing costs are not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, TypeGuard

from pydantic import JsonValue
from pydantic_core import from_json, to_json

from ..spending.ledger import ModelSpend
from ..types.meta import ResponseMeta, kept_meta
from .items import key_hash
from .kept_failures import error_to_keep

if TYPE_CHECKING:
    from .._sansio.charges import Charge
    from ..errors import OpenRouterError
    from ..types.chat.completion import ChatCompletion
    from ..types.common import JsonObject
    from .item_meter import ItemMeter, Taken
    from .items import Request

__all__ = [
    "BEGINNING",
    "Kept",
    "Record",
    "decimal_of",
    "done_record",
    "doubt_record",
    "failed_record",
    "hashes_kept",
    "is_free_failure",
    "is_record",
    "record_of",
    "settled_record",
    "spent_by_model",
]

BEGINNING = b'{"key":'
"""The beginning of every record; a last line without it is not cut off, since it may be the caller's."""

_DIGITS_OF_MONEY = 12
"""More than any item can cost; sums of longer numbers would overflow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The journal's record of an item that ended."""

    hash: str
    """See `request_hash`."""
    completion: JsonValue
    """As it was written; None for an item that failed."""
    path: JsonValue = None
    """How the value was requested: `native` or `prompted`; None without structured output."""
    error: JsonValue = None
    """Class, message and status of the error of an item that failed."""
    is_transient: JsonValue = None
    """Whether that may go away; None in journals of older versions."""
    cost: Decimal | None = None
    """US dollars of all its requests; None where that is not known."""
    elapsed: float = 0.0
    """Seconds that it took."""
    attempts: int = 0
    """Requests that were sent for it."""
    meta: ResponseMeta | None = None
    """The HTTP side of its answer, without the headers; None in journals of older versions."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A ledger's record of an item."""

    record: Record
    number: int
    """Of its answer, to say that this one does not serve; see `Claim.replaces`."""


def record_of(line: JsonObject) -> Record:
    """Return a line of the journal as a run needs it."""
    elapsed, attempts, http = line.get("elapsed"), line.get("attempts"), line.get("http")
    seconds = float(elapsed) if isinstance(elapsed, int | float) else 0.0
    sent = attempts if isinstance(attempts, int) else 0
    return Record(
        hash=str(line.get("request")),
        completion=line.get("completion"),
        path=line.get("path"),
        error=line.get("error"),
        is_transient=line.get("transient"),
        cost=None if line.get("cost") is None else decimal_of(line.get("cost")),
        elapsed=seconds,
        attempts=sent,
        meta=_meta_of(http, seconds, sent) if isinstance(http, dict) else None,
    )


def done_record(
    request: Request,
    completion: ChatCompletion[object],
    structured: Mapping[str, JsonValue] | None,
    taken: Taken,
    *,
    asked_before: int = 0,
    source: str | None = None,
) -> bytes:
    """Return the line of an answered item, with the record of a structured output in place of the text.

    `source` is the generation that the service's cache returned, if its original cost still has to be read.
    """
    charges, meta = taken.charges, kept_meta(completion)
    record: dict[str, object] = {"key": request.key, "request": request.hash}
    if structured is None:
        record["text"] = completion.text
    else:
        record |= structured
    record |= _paid(taken.cost, taken.byok_cost, asked_before)
    if source is not None:
        record["source"] = source
    if len(charges) != 1 or charges[0].model != completion.model:
        record["models"] = _by_model(charges)
    record["elapsed"] = round(taken.elapsed, 3)
    record["attempts"] = taken.attempts
    if meta is not None:
        record["http"] = {
            "status": meta.status,
            "request_id": meta.request_id,
            "generation_id": meta.generation_id,
        }
    record["completion"] = completion
    return to_json(record, inf_nan_mode="null") + b"\n"


def failed_record(
    request: Request, error: OpenRouterError, meter: ItemMeter, *, transient: bool, asked_before: int = 0
) -> bytes:
    """Return the line of a failed item; `transient` says whether the failure may go away."""
    record = {
        "key": request.key,
        "request": request.hash,
        "error": error_to_keep(error),
        "transient": transient,
        **({} if error.steps_left is None else {"steps_left": error.steps_left}),
        **_paid(meter.cost_of_failure, meter.byok_cost, asked_before),
        "models": _by_model(meter.charges),
        "elapsed": round(meter.elapsed, 3),
        "attempts": meter.attempts,
    }
    return to_json(record) + b"\n"


def settled_record(request: Request, generation_id: str | None, charge: Charge) -> bytes:
    """Return the line of a request that had broken off, or of an earlier one, whose cost came to be known later."""
    record = {
        "key": request.key,
        "request": request.hash,
        "generation": generation_id,
        **_paid(charge.cost, charge.byok_cost),
        "models": _by_model([charge]),
    }
    return to_json(record) + b"\n"


def doubt_record(request: Request, generation_id: str) -> bytes:
    """Return the line of a request that broke off and whose cost is not known; the next run looks for it."""
    record = {
        "key": request.key,
        "request": request.hash,
        "generation": None,
        **_paid(None, Decimal(0)),
        "source": generation_id,
    }
    return to_json(record) + b"\n"


def is_record(value: object) -> TypeGuard[JsonObject]:
    """Whether a line's value is one of ours; a prompt with a key must not look like an answer."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("key"), str)
        and "request" in value
        and not value.keys().isdisjoint(("completion", "error", "generation"))
    )


def hashes_kept(lines: Iterable[bytes], asks_again: Callable[[JsonObject], bool]) -> dict[int, str]:
    """Return the `key_hash` of each item that is not asked again -> the hash of its request.

    A line that is no record is passed over; a run with the journal raises its error.
    """
    kept: dict[int, str] = {}
    for line in lines:
        try:
            record = from_json(line)
        except ValueError:
            continue
        if is_record(record) and ("completion" in record or ("error" in record and not asks_again(record))):
            kept[key_hash(str(record["key"]))] = str(record["request"])
    return kept


def spent_by_model(record: JsonObject) -> Iterator[tuple[str, ModelSpend]]:
    """Yield what the requests of a record cost, by the model that answered."""
    models, completion = record.get("models"), record.get("completion")
    if isinstance(models, dict):
        for name, spent in models.items():
            if isinstance(spent, list) and len(spent) == 3:
                yield name, ModelSpend(decimal_of(spent[0]), _count(spent[1]), _count(spent[2]))
        return
    reply = completion if isinstance(completion, dict) else {}
    usage = reply.get("usage")
    tokens = usage if isinstance(usage, dict) else {}
    yield (
        str(reply.get("model") or ""),
        ModelSpend(
            decimal_of(record.get("cost")),
            _count(tokens.get("prompt_tokens")),
            _count(tokens.get("completion_tokens")),
        ),
    )


def decimal_of(cost: object) -> Decimal:
    """Return the paid amount of a record; nothing if it is not a valid amount."""
    try:
        amount = Decimal(0) if cost is None or isinstance(cost, bool) else Decimal(str(cost))
    except InvalidOperation:
        return Decimal(0)
    return amount if amount.is_finite() and amount.adjusted() < _DIGITS_OF_MONEY else Decimal(0)


def is_free_failure(record: JsonObject) -> bool:
    """Whether an item failed and cost nothing."""
    return "error" in record and not (decimal_of(record.get("cost")) or decimal_of(record.get("byok_cost")))


def _paid(cost: Decimal | None, byok_cost: Decimal, asked_before: int = 0) -> dict[str, Decimal | int | None]:
    paid: dict[str, Decimal | int | None] = {"cost": cost}
    if byok_cost:
        paid["byok_cost"] = byok_cost
    if asked_before:
        paid["asked_before"] = asked_before
    return paid


def _by_model(charges: Iterable[Charge]) -> dict[str, list[Decimal | int]]:
    models: dict[str, ModelSpend] = {}
    for charge in charges:
        spent = ModelSpend(
            charge.cost or Decimal(0), charge.prompt_tokens or 0, charge.completion_tokens or 0
        )
        models.setdefault(charge.model or "", ModelSpend()).add(spent)
    return {
        name: [spent.cost, spent.prompt_tokens, spent.completion_tokens] for name, spent in models.items()
    }


def _meta_of(http: Mapping[str, JsonValue], elapsed: float, attempts: int) -> ResponseMeta:
    status, request_id, generation_id = (http.get(name) for name in ("status", "request_id", "generation_id"))
    return ResponseMeta(
        status=status if isinstance(status, int) else 200,
        headers={},
        request_id=request_id if isinstance(request_id, str) else None,
        generation_id=generation_id if isinstance(generation_id, str) else None,
        elapsed=elapsed,
        attempts=attempts,
    )


def _count(tokens: object) -> int:
    return tokens if isinstance(tokens, int) and not isinstance(tokens, bool) and tokens > 0 else 0
