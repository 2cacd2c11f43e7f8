"""Which provider serves a request. Source: <https://openrouter.ai/docs/features/provider-routing>."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from ..requests.fields import (
    Between,
    ByKind,
    JSONObject,
    NonEmptyText,
    OneOfOrText,
    Text,
    ValidatedAs,
    closed,
)

__all__ = ["MaxPrice", "Percentiles", "Price", "Provider", "ProviderSort", "Quantization", "SortBy"]

SortBy: TypeAlias = Annotated[Literal["price", "throughput", "latency", "exacto"] | str, OneOfOrText()]

Quantization: TypeAlias = Annotated[
    Literal["int4", "int8", "fp4", "mxfp4", "nvfp4", "fp6", "fp8", "mxfp8", "fp16", "bf16", "fp32", "unknown"]
    | str,
    OneOfOrText(),
]


def _as_decimal_text(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return value
    if not (math.isfinite(value) and value >= 0):
        raise PydanticCustomError("price", "a price of at least 0")
    return format(Decimal(str(value)), "f")


_Price: TypeAlias = Annotated[
    str,
    Text(pattern=r"^[0-9]+(\.[0-9]+)?$", of="digits, and a point"),
    BeforeValidator(_as_decimal_text),
]
Price: TypeAlias = Annotated[float | str | Decimal, ValidatedAs(_Price)]
"""US dollars, as a number, a decimal text or a `Decimal`; it is sent as text."""


@closed
class ProviderSort(TypedDict, total=False):
    """An ordering of endpoints."""

    by: SortBy | None
    partition: Literal["model", "none"] | None
    """`model` (default) tries each of `models` in turn; `none` sorts the endpoints of all of them together."""


@closed
class Percentiles(TypedDict, total=False):
    """Bounds for percentiles of the last five minutes."""

    p50: Annotated[float, Between(0)] | None
    p75: Annotated[float, Between(0)] | None
    p90: Annotated[float, Between(0)] | None
    p99: Annotated[float, Between(0)] | None


@closed
class MaxPrice(TypedDict, total=False):
    """The dearest endpoint that may serve the request, in US dollars."""

    prompt: Price
    """A million tokens of input."""
    completion: Price
    """A million tokens of output."""
    image: Price
    """One image."""
    audio: Price
    """Audio, by the provider's unit."""
    request: Price
    """One request."""


PercentileBound: TypeAlias = Annotated[Annotated[float, Between(0)] | Percentiles, ByKind()]


@closed
class Provider(TypedDict, total=False):
    """Preferences about who serves the request; names of providers are their slugs, e.g. `deepinfra/turbo`.

    Without any, the cheap endpoints that had no outage in the last 30 seconds are tried first.

    >>> Provider(sort="price", zdr=True)
    {'sort': 'price', 'zdr': True}
    """

    order: Sequence[NonEmptyText] | None
    """Try these first, in this order; switches load balancing off."""
    only: Sequence[NonEmptyText] | None
    """Use only these. The account's own list is the upper limit."""
    ignore: Sequence[NonEmptyText] | None
    """Do not use these, nor those the account ignores."""
    allow_fallbacks: bool | None
    """Default True. False: an error of the first provider, or of those in `order`, is returned."""
    require_parameters: bool | None
    """Default False: an endpoint ignores unknown parameters. True: such endpoints are excluded."""
    data_collection: Literal["allow", "deny"] | None
    """Default `allow`. `deny` leaves out providers that store prompts or train on them."""
    zdr: bool | None
    """True: only endpoints that retain nothing. Cannot switch off what the account asks for."""
    enforce_distillable_text: bool | None
    """True: only models whose author allows training on their output."""
    quantizations: Sequence[Quantization] | None
    """Only endpoints of these precisions."""
    sort: Annotated[SortBy | ProviderSort, ByKind()] | None
    """Strictly in this order; switches load balancing off."""
    preferred_min_throughput: PercentileBound | None
    """Tokens a second; a number means `p50`. Slower endpoints come last, none is left out."""
    preferred_max_latency: PercentileBound | None
    """Seconds to the first token; a number means `p50`. Slower endpoints come last, none is left out."""
    max_price: MaxPrice
    """Dearer endpoints are not used."""
    options: Mapping[str, JSONObject]
    """What only one provider knows, by its slug."""
