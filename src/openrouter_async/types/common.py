"""What answers of several kinds have in common: lenient fields, usage with its cost, and the routing trace.

The answer itself is read strictly; what only accompanies it is read leniently: a count, an id or a detail that is
not of the expected type reads as None instead of spoiling an answer that was paid for.
"""

# Without `from __future__ import annotations`, for which pydantic compiles the type of each field again.

import datetime
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeAlias, TypeVar, get_args

from pydantic import AliasChoices, AwareDatetime, Field, GetCoreSchemaHandler, JsonValue
from pydantic_core import CoreSchema, core_schema

from ..errors import OpenRouterError
from ._base import WireType

__all__ = [
    "Charged",
    "CompletionTokens",
    "CostDetails",
    "Counted",
    "Envelope",
    "JsonObject",
    "Lenient",
    "Listing",
    "MaybeBool",
    "MaybeDate",
    "MaybeDecimal",
    "MaybeFloat",
    "MaybeInt",
    "MaybeMoment",
    "MaybePlace",
    "MaybeStr",
    "MaybeWords",
    "PromptTokens",
    "RawJson",
    "RouterAttempt",
    "RouterEndpoint",
    "RouterEndpoints",
    "RouterMetadata",
    "RowsWithoutNulls",
    "ServerToolUse",
    "Usage",
    "WithoutNulls",
    "added_up",
    "fuller_fields",
    "fuller_usage",
    "reported",
    "total_usage",
    "usages_of",
]


T = TypeVar("T")
UsageT = TypeVar("UsageT", bound="Usage")
if TYPE_CHECKING:
    import typing_extensions

    OutputT = typing_extensions.TypeVar("OutputT", default=str, covariant=True)
else:
    OutputT = TypeVar("OutputT")


class Lenient:
    """Marks a field whose unusable value reads as None, or as what `empty` makes: `Annotated[X | None, Lenient()]`.

    Of a list of objects or texts the unusable entries are left out, and the others stay; numbers mean something by
    their places.
    """

    def __init__(self, empty: Callable[[], object] | None = None) -> None:
        self._empty = empty

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        # The core does this without calling Python, so it costs nothing where values are as expected.
        schema = _with_entries_left_out(handler(source))
        if self._empty is None:
            return core_schema.with_default_schema(schema, default=None, on_error="default")
        return core_schema.with_default_schema(schema, default_factory=self._empty, on_error="default")


def _with_entries_left_out(schema: CoreSchema) -> CoreSchema:
    """Return the schema of a list, which may be None, so that it leaves out the entries that do not fit."""
    if schema["type"] == "nullable":
        return {**schema, "schema": _with_entries_left_out(schema["schema"])}
    if schema["type"] != "list" or (items := schema.get("items_schema")) is None:
        return schema
    if items["type"] in ("int", "float", "default"):
        return schema
    return {**schema, "items_schema": core_schema.with_default_schema(items, on_error="omit")}


class _Unchecked:
    """Marks JSON that is taken as it came. Pydantic's `SkipValidation` calls Python for each value that is written,
    and its JSON Schema cannot be made."""

    def __get_pydantic_core_schema__(self, _source: object, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.any_schema()


class WithoutNulls:
    """Marks a list of rows that loses the rows that are null, and those that cannot be read where others can.

    `Annotated[list[Row], WithoutNulls()]`; where no row can be read, the error is that of the first.
    """

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        (row,) = get_args(source)
        item = core_schema.nullable_schema(handler.generate_schema(row))
        any_item = core_schema.with_default_schema(item, default=_UNREAD, on_error="default")
        whole, readable = core_schema.list_schema(item), core_schema.list_schema(any_item)
        return core_schema.union_schema(
            [
                (core_schema.no_info_after_validator_function(_without_nulls, whole), ""),
                (core_schema.no_info_after_validator_function(_readable, readable), ""),
            ],
            mode="left_to_right",
        )


_UNREAD = object()


class RowsWithoutNulls(list[T]):
    """A list that has lost rows which were null, or could not be read."""

    sent: int
    """How many rows there were; lists are paged by that number."""


def _readable(rows: list[object]) -> list[object]:
    if all(row is _UNREAD or row is None for row in rows):
        raise ValueError("no row can be read")
    return _without_nulls([None if row is _UNREAD else row for row in rows])


def _without_nulls(rows: list[object]) -> list[object]:
    if not any(row is None for row in rows):
        return rows
    kept = RowsWithoutNulls(row for row in rows if row is not None)
    kept.sent = len(rows)
    return kept


class _Holder(WireType):
    """An envelope around objects; pydantic keeps only weak references to the classes it creates for a generic one."""

    if not TYPE_CHECKING:

        @classmethod
        @cache  # else it would make a class for each call again, which takes milliseconds
        def __class_getitem__(cls, item):
            return super().__class_getitem__(item)


MaybeStr: TypeAlias = Annotated[str | None, Lenient()]
MaybeInt: TypeAlias = Annotated[int | None, Lenient()]
MaybePlace: TypeAlias = Annotated[int | None, Field(ge=0), Lenient()]
"""A position, counted from 0; one below that is none."""
MaybeFloat: TypeAlias = Annotated[float | None, Lenient()]
MaybeBool: TypeAlias = Annotated[bool | None, Lenient()]
MaybeMoment: TypeAlias = Annotated[AwareDatetime | None, Lenient()]
MaybeDate: TypeAlias = Annotated[datetime.date | None, Lenient()]
MaybeWords: TypeAlias = Annotated[list[str] | None, Lenient()]


class Envelope(_Holder, Generic[T]):
    """A response that contains the requested object."""

    data: T


class Listing(_Holder, Generic[T]):
    """A list, or a page of one."""

    data: Annotated[list[T], WithoutNulls()]


class Counted(Listing[T], Generic[T]):
    """A page of a list whose length the service knows."""

    total_count: MaybeInt = None
    """Items in the whole list."""


_AMOUNT = Field(gt=-(10**12), lt=10**12, decimal_places=40)
"""Any sum stays below this: with a cost of `1e999999`, which is JSON, every later addition would fail."""

MaybeDecimal: TypeAlias = Annotated[Decimal | None, _AMOUNT, Lenient()]

Charged: TypeAlias = Annotated[Decimal | None, Field(ge=0, lt=10**12, decimal_places=40), Lenient()]
"""An amount charged, never negative, since a sum with a negative charge would hide others."""

RawJson: TypeAlias = Annotated[JsonValue, _Unchecked()]
"""A JSON value unchanged: same order of keys, not validated."""

JsonObject: TypeAlias = dict[str, RawJson]
"""A JSON object as it came."""


class PromptTokens(WireType):
    """Where the input tokens came from or went; all are counted in `prompt_tokens` too."""

    cached_tokens: MaybeInt = None
    """Read from the prompt cache."""
    cache_write_tokens: MaybeInt = None
    """Written to the prompt cache."""
    audio_tokens: MaybeInt = None
    video_tokens: MaybeInt = None
    file_tokens: MaybeInt = None
    """Of documents; only batches count them."""


class CompletionTokens(WireType):
    """The kinds of output tokens; all are counted in `completion_tokens` too."""

    reasoning_tokens: MaybeInt = None
    audio_tokens: MaybeInt = None
    image_tokens: MaybeInt = None
    accepted_prediction_tokens: MaybeInt = None
    rejected_prediction_tokens: MaybeInt = None


class CostDetails(WireType):
    """The charge of the upstream provider, in US dollars."""

    upstream_inference_cost: Charged = None
    """In total; set where your own provider key was used."""
    upstream_inference_prompt_cost: MaybeDecimal = None
    upstream_inference_completions_cost: MaybeDecimal = None
    server_tool_cost: MaybeDecimal = None
    """Metered server tools."""


class ServerToolUse(WireType):
    """How often tools ran that the service itself executes."""

    web_search_requests: MaybeInt = None
    """Also counted among the tool calls; do not add the two."""
    tool_calls_requested: MaybeInt = None
    tool_calls_executed: MaybeInt = None


class Usage(WireType):
    """Tokens, in the model's own count, and their cost."""

    prompt_tokens: MaybeInt = None
    """Input, cached tokens included."""
    completion_tokens: MaybeInt = None
    """Output, reasoning included."""
    total_tokens: MaybeInt = None
    cost: Charged = None
    """US dollars charged to the account; None where the service did not say."""
    is_byok: MaybeBool = None
    """Whether your own provider key was used."""
    cost_details: Annotated[CostDetails | None, Lenient()] = None
    prompt_tokens_details: Annotated[PromptTokens | None, Lenient()] = None
    completion_tokens_details: Annotated[CompletionTokens | None, Lenient()] = None
    server_tool_use: Annotated[
        ServerToolUse | None,
        Lenient(),
        Field(validation_alias=AliasChoices("server_tool_use_details", "server_tool_use")),
    ] = None
    """Tools the service ran; it goes by two names on the wire."""

    @property
    def is_reported(self) -> bool:
        """Whether the service reported any usage; the fields of one that it did not report are all None."""
        return bool(self.model_fields_set or self.model_extra)

    @property
    def paid(self) -> Decimal | None:
        """US dollars that somebody pays: `cost`, and where your own provider key was used what the provider charged.

        None where the service did not say.
        """
        if self.cost is None or not self.is_byok or self.cost_details is None:
            return self.cost
        return self.cost + (self.cost_details.upstream_inference_cost or 0)


def reported(usage: UsageT) -> UsageT | None:
    """Return the usage of a reply; None if the service did not report it."""
    return usage if usage.is_reported else None


def fuller_usage(before: Usage, later: Usage) -> Usage:
    """Return the later of two usages of one reply, with what only the one before says: null and 0 say nothing."""
    if _covers(later, before):
        return later
    earlier, last = (usage.model_dump(exclude_none=True) for usage in (before, later))
    fuller = fuller_fields(earlier, last)
    if before.total_tokens and later.total_tokens:  # the sum of one that says less is too small
        fuller["total_tokens"] = max(before.total_tokens, later.total_tokens)
    return type(later).model_validate(fuller)


def _covers(later: WireType, before: WireType) -> bool:
    known = {**later.__dict__, **(later.__pydantic_extra__ or {})}
    for name, value in {**before.__dict__, **(before.__pydantic_extra__ or {})}.items():
        mine = known.get(name)
        if value and not mine:
            return False
        if isinstance(value, WireType) and not (isinstance(mine, WireType) and _covers(mine, value)):
            return False
    return True


def fuller_fields(before: Mapping[str, Any], later: Mapping[str, Any]) -> dict[str, Any]:
    """Return the later of two JSON objects, with what only the one before says: null and 0 say nothing."""
    result = {**before}
    for name, value in later.items():
        known = before.get(name)
        if isinstance(value, dict) and isinstance(known, dict):
            result[name] = fuller_fields(known, value)
        elif value or not known:
            result[name] = value
    return result


def total_usage(usages: Iterable[Usage | None]) -> Usage:
    """Return the sum of the given usages, details included; a count that is missing everywhere stays None.

    A reply without usage, or without a cost, adds nothing: the sum is then the known part. With your own provider
    keys, the provider's charges count, so `paid` of the sum is the sum of each `paid`.
    """
    given = [usage for usage in usages if usage is not None]
    if len(given) == 1:
        return given[0]
    total = added_up(given)
    kinds = {type(usage) for usage in given}
    return (kinds.pop() if len(kinds) == 1 else Usage).model_validate(total)


def added_up(usages: Iterable[WireType]) -> dict[str, object]:
    """Return the sums of the numbers in usages of any kind, by name; see `total_usage`."""
    total: dict[str, object] = {}
    for usage in usages:
        part = usage.model_dump(exclude_none=True)
        is_byok = part.pop("is_byok", None)
        if not is_byok:
            part.get("cost_details", {}).pop("upstream_inference_cost", None)
        _add(total, part)
        if is_byok is not None:
            total["is_byok"] = is_byok or total.get("is_byok", False)
    return total


def usages_of(error: OpenRouterError) -> tuple[Usage | None, ...]:
    """Return what each request of the failed call used that was charged for; None where that is not known."""
    return tuple(usage if isinstance(usage, Usage) else None for usage in error.billed)


def _add(total: dict[str, object], part: Mapping[str, object]) -> None:
    for name, value in part.items():
        known = total.get(name)
        if isinstance(value, Mapping):
            inner = dict(known) if isinstance(known, Mapping) else {}
            _add(inner, value)
            total[name] = inner
        elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            number = Decimal(str(value)) if isinstance(value, float) else value
            total[name] = known + number if isinstance(known, int | Decimal) else number


class RouterEndpoint(WireType):
    """One provider's offer of a model that was considered."""

    provider: MaybeStr = None
    model: MaybeStr = None
    selected: MaybeBool = None


class RouterEndpoints(WireType):
    """The offers that were considered."""

    total: MaybeInt = None
    available: Annotated[list[RouterEndpoint] | None, Lenient()] = None


class RouterAttempt(WireType):
    """One try of the router with one provider."""

    provider: MaybeStr = None
    model: MaybeStr = None
    status: MaybeInt = None
    """HTTP status of the provider."""


class RouterMetadata(WireType):
    """How a request was routed; sent only if `router_metadata` was asked for, and never from the cache."""

    requested: MaybeStr = None
    """The slug or alias that was asked for."""
    strategy: MaybeStr = None
    """`direct`, `auto`, `free`, `latest`, `alias`, `fallback`, ..."""
    region: MaybeStr = None
    summary: MaybeStr = None
    """One line for people."""
    attempt: MaybeInt = None
    """The number of the attempt that succeeded, from 1; 0 in errors before any provider."""
    is_byok: MaybeBool = None
    endpoints: Annotated[RouterEndpoints | None, Lenient()] = None
    params: Annotated[JsonObject | None, Lenient()] = None
    attempts: Annotated[list[RouterAttempt] | None, Lenient()] = None
    pipeline: Annotated[list[JsonObject] | None, Lenient()] = None
    """What stood between request and model: guardrails, plugins, server tools, as they came."""
    generation_time: MaybeFloat = None
    """Milliseconds from the dispatch to the provider to the end of its body."""
