"""Private endpoints: models that run for one organization only.

Source: `createPrivateEndpoint` and its like of the service.
"""

from __future__ import annotations

from typing import Annotated, Literal, Required, TypeAlias

from pydantic import model_validator
from typing_extensions import TypedDict

from .._base import WireType
from ..account.guardrails import DataRegion
from ..chat.routing import Price
from ..common import Envelope, JsonObject, Lenient, MaybeBool, MaybeDecimal, MaybeInt, MaybeMoment, MaybeStr
from ..requests.fields import NonEmptyText, closed

__all__ = [
    "EndpointActivation",
    "EndpointCheck",
    "EndpointPrices",
    "EndpointPricing",
    "EndpointStatus",
    "EndpointValidation",
    "NewPrivateEndpoint",
    "PrivateEndpoint",
    "PrivateEndpointFields",
    "PrivateEndpointReply",
]

EndpointStatus: TypeAlias = Literal["draft", "active", "disabled"] | str


# What is sent


@closed
class EndpointPricing(TypedDict, total=False):
    """The price of a token, in US dollars."""

    prompt: Required[Price]
    completion: Required[Price]
    cache_read: Price
    cache_write: Price


@closed
class EndpointActivation(TypedDict, total=False):
    """How a new endpoint is activated immediately."""

    workspace_id: Required[NonEmptyText]
    """The workspace whose provider key is used to check the endpoint."""


@closed
class PrivateEndpointFields(TypedDict, total=False):
    """The fields of a private endpoint; keyword arguments of `client.private_endpoints.update`."""

    base_url: NonEmptyText
    """Where it runs, for providers that have no fixed address."""
    declared_region: DataRegion | None
    """Where it runs, as you say."""
    declared_zdr: bool | None
    """Whether it retains nothing, as you say."""


class NewPrivateEndpoint(PrivateEndpointFields, total=False):
    """Keyword arguments of `client.private_endpoints.create`."""

    pricing: EndpointPricing
    activate: EndpointActivation
    """Checks it and activates it immediately. Default: it is a draft."""


# What is received


class EndpointPrices(WireType):
    """The price of a token, in US dollars."""

    prompt: MaybeDecimal = None
    completion: MaybeDecimal = None
    cache_read: MaybeDecimal = None
    cache_write: MaybeDecimal = None


class EndpointCheck(WireType):
    """One check of an endpoint."""

    name: MaybeStr = None
    passed: MaybeBool = None
    reason: MaybeStr = None
    """Why it did not pass: `invalid_base_url`, `no_byok_key`, `model_mismatch`, ..."""
    actual_model: MaybeStr = None
    """The model that answered."""
    upstream_status: MaybeInt = None
    """HTTP status of the provider."""
    upstream_message: MaybeStr = None


class EndpointValidation(WireType):
    """The result of all checks of an endpoint."""

    passed: bool
    checks: Annotated[list[EndpointCheck] | None, Lenient()] = None


class PrivateEndpoint(WireType):
    """A private endpoint; lists and changes leave some fields out, which are None then."""

    id: str
    status: Annotated[EndpointStatus | None, Lenient()] = None
    """Only an active one takes requests."""
    model_permaslug: MaybeStr = None
    model_name: MaybeStr = None
    model_slug: MaybeStr = None
    provider_name: MaybeStr = None
    provider_slug: MaybeStr = None
    upstream_model_id: MaybeStr = None
    base_url: MaybeStr = None
    declared_region: Annotated[DataRegion | None, Lenient()] = None
    declared_zdr: MaybeBool = None
    pricing: Annotated[EndpointPrices | None, Lenient()] = None
    created_at: MaybeMoment = None
    validation: Annotated[EndpointValidation | None, Lenient()] = None
    """The checks of an endpoint that could not be activated when it was made."""
    error: Annotated[JsonObject | None, Lenient()] = None
    """Why it could not be: `code` and `message`."""


class PrivateEndpointReply(Envelope[PrivateEndpoint]):
    """The answer to a creation: the endpoint, or the error with the draft that was kept."""

    @model_validator(mode="before")
    @classmethod
    def _draft(cls, value: object) -> object:
        if not isinstance(value, dict) or not isinstance(data := value.get("data"), dict):
            return value
        if not isinstance(endpoint := data.get("endpoint"), dict):
            return value
        return {"data": {**endpoint, "validation": data.get("validation"), "error": value.get("error")}}
