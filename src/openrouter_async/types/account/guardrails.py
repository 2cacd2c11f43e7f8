"""Guardrails: allowed models and providers, spending limits, and content filters of keys and members.

Source: `createGuardrail` and its like in the service's OpenAPI document.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, Required, TypeAlias

from pydantic import Field
from typing_extensions import TypedDict

from .._base import WireType
from ..common import Lenient, MaybeBool, MaybeDecimal, MaybeMoment, MaybeStr, MaybeWords
from ..requests.fields import NonEmptyText, OneOfOrText, Text, closed
from .key_request import Dollars, LimitReset
from .keys import Reset

__all__ = [
    "AssignedCount",
    "BuiltinFilter",
    "BuiltinFilterRule",
    "DataRegion",
    "FilterAction",
    "Guardrail",
    "GuardrailChanges",
    "GuardrailFields",
    "KeyAssignment",
    "MemberAssignment",
    "NewGuardrail",
    "PatternFilter",
    "PatternFilterRule",
    "UnassignedCount",
]

FilterAction: TypeAlias = Annotated[Literal["redact", "block", "flag"] | str, OneOfOrText()]
"""The effect of a match: the service replaces it, refuses the request, or only records it."""

DataRegion: TypeAlias = Annotated[Literal["global", "europe", "us"] | str, OneOfOrText()]
"""Where providers may work on a request."""

FilterName: TypeAlias = Annotated[
    Literal[
        "email",
        "phone",
        "ssn",
        "credit-card",
        "ip-address",
        "secrets",
        "person-name",
        "address",
        "regex-prompt-injection",
    ]
    | str,
    OneOfOrText(),
]

_Names: TypeAlias = Annotated[Sequence[str], Field(min_length=1)]


# What is sent


@closed
class BuiltinFilterRule(TypedDict, total=False):
    """A filter that the service brings."""

    slug: Required[FilterName]
    action: Required[FilterAction]
    scan_scope: Annotated[Literal["user_only", "all_messages"] | str, OneOfOrText()]
    """The messages that `regex-prompt-injection` scans. Default: all."""


@closed
class PatternFilterRule(TypedDict, total=False):
    """A filter by a regular expression of yours."""

    pattern: Required[NonEmptyText]
    """The service refuses what it cannot compile, with 400."""
    action: Required[FilterAction]
    label: Annotated[str, Text(most=100)] | None
    """The text that replaces a match, such as `[API_KEY]`; also in errors."""


@closed
class GuardrailFields(TypedDict, total=False):
    """The fields of a guardrail; None removes a restriction.

    Lists replace what was there, so each is given whole.
    """

    description: Annotated[str, Text(most=1000)] | None
    limit_usd: Dollars | None
    """US dollars that may be spent."""
    reset_interval: LimitReset | None
    """When `limit_usd` begins anew; None: never."""
    include_byok_in_budgets: bool
    """Whether the use of one's own provider keys counts for `limit_usd`. Default: no."""
    allowed_models: _Names | None
    """Only these; slugs or permanent names."""
    ignored_models: _Names | None
    allowed_providers: _Names | None
    ignored_providers: _Names | None
    allowed_data_regions: Sequence[DataRegion] | None
    enforce_zdr_anthropic: bool | None
    """Whether requests for Anthropic's models go only to endpoints that retain nothing.

    The next four are the same for the models of others.
    """
    enforce_zdr_openai: bool | None
    enforce_zdr_google: bool | None
    enforce_zdr_xai: bool | None
    enforce_zdr_other: bool | None
    """Of all other models."""
    enforce_zdr: bool | None
    """Deprecated by the service: stands for those of the five above that are not given."""
    allow_safety_retention_google: bool | None
    """Whether Google may retain requests for its checks of safety."""
    allow_safety_retention_other: bool | None
    enable_free_model_publication: bool | None
    """Whether free endpoints that publish prompts are allowed."""
    enable_free_model_training: bool | None
    """Whether free endpoints that train on requests are allowed."""
    enable_paid_model_training: bool | None
    """Whether paid endpoints that train on requests are allowed."""
    content_filter_builtins: Sequence[BuiltinFilterRule] | None
    content_filters: Sequence[PatternFilterRule] | None


class NewGuardrail(GuardrailFields, total=False):
    """Keyword arguments of `client.guardrails.create`."""

    workspace_id: NonEmptyText
    """Where it is kept. Default: the default workspace."""


class GuardrailChanges(GuardrailFields, total=False):
    """Keyword arguments of `client.guardrails.update`; fields that are not given keep their value."""

    name: Annotated[str, Text(least=1, most=200)]


# What is received


class BuiltinFilter(WireType):
    """A filter that the service brings."""

    slug: Annotated[FilterName | None, Lenient()] = None
    action: Annotated[FilterAction | None, Lenient()] = None
    label: MaybeStr = None
    """The text that replaces a match, such as `[EMAIL]`."""
    scan_scope: Annotated[Literal["user_only", "all_messages"] | str | None, Lenient()] = None


class PatternFilter(WireType):
    """A filter by a regular expression."""

    pattern: MaybeStr = None
    action: Annotated[FilterAction | None, Lenient()] = None
    label: MaybeStr = None


class Guardrail(WireType):
    """A set of restrictions; a field is None without that restriction. See `GuardrailFields` for each."""

    id: str
    name: MaybeStr = None
    description: MaybeStr = None
    workspace_id: MaybeStr = None
    """Its workspace, to which it does not apply automatically; None: older than workspaces."""
    limit_usd: MaybeDecimal = None
    reset_interval: Reset = None
    include_byok_in_budgets: MaybeBool = None
    allowed_models: MaybeWords = None
    """Permanent names."""
    ignored_models: MaybeWords = None
    allowed_providers: MaybeWords = None
    ignored_providers: MaybeWords = None
    allowed_data_regions: Annotated[list[DataRegion] | None, Lenient()] = None
    enforce_zdr_anthropic: MaybeBool = None
    enforce_zdr_openai: MaybeBool = None
    enforce_zdr_google: MaybeBool = None
    enforce_zdr_xai: MaybeBool = None
    enforce_zdr_other: MaybeBool = None
    enforce_zdr: MaybeBool = None
    allow_safety_retention_google: MaybeBool = None
    allow_safety_retention_other: MaybeBool = None
    enable_free_model_publication: MaybeBool = None
    enable_free_model_training: MaybeBool = None
    enable_paid_model_training: MaybeBool = None
    content_filter_builtins: Annotated[list[BuiltinFilter] | None, Lenient()] = None
    content_filters: Annotated[list[PatternFilter] | None, Lenient()] = None
    created_at: MaybeMoment = None
    updated_at: MaybeMoment = None


class KeyAssignment(WireType):
    """The assignment of a guardrail to a key."""

    id: str
    guardrail_id: MaybeStr = None
    key_hash: MaybeStr = None
    """The `hash` of an `APIKey`."""
    key_name: MaybeStr = None
    key_label: MaybeStr = None
    """The key with its middle left out."""
    assigned_by: MaybeStr = None
    """The user who assigned it."""
    created_at: MaybeMoment = None


class MemberAssignment(WireType):
    """The assignment of a guardrail to a member of the organization."""

    id: str
    guardrail_id: MaybeStr = None
    user_id: MaybeStr = None
    organization_id: MaybeStr = None
    assigned_by: MaybeStr = None
    """The user who assigned it."""
    created_at: MaybeMoment = None


class AssignedCount(WireType):
    """How many got a guardrail."""

    assigned_count: int


class UnassignedCount(WireType):
    """How many lost a guardrail."""

    unassigned_count: int
