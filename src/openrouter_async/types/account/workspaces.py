"""Workspaces: parts of an account with keys, members, budgets and defaults of their own.

Source: `createWorkspace`, `upsertWorkspaceBudget` and their like in the service's OpenAPI document.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, TypeAlias

from typing_extensions import TypedDict

from .._base import WireType
from ..common import (
    Envelope,
    Lenient,
    Listing,
    MaybeBool,
    MaybeDecimal,
    MaybeFloat,
    MaybeInt,
    MaybeMoment,
    MaybeStr,
    MaybeWords,
)
from ..requests.fields import Between, NonEmptyText, OneOfOrText, Text, closed
from .key_request import Dollars
from .keys import Reset

__all__ = [
    "AddedMembers",
    "BudgetInterval",
    "BudgetLimit",
    "RemovedMembers",
    "Workspace",
    "WorkspaceBudget",
    "WorkspaceBudgetReply",
    "WorkspaceBudgets",
    "WorkspaceChanges",
    "WorkspaceFields",
    "WorkspaceMember",
]

BudgetInterval: TypeAlias = Literal["daily", "weekly", "monthly", "lifetime"]
"""How long a budget lasts, until it begins anew at midnight UTC; `lifetime` never does."""


@closed
class WorkspaceFields(TypedDict, total=False):
    """The fields of a workspace."""

    description: Annotated[str, Text(most=500)] | None
    default_text_model: NonEmptyText | None
    default_image_model: NonEmptyText | None
    default_provider_sort: (
        Annotated[Literal["price", "throughput", "latency", "exacto"] | str, OneOfOrText()] | None
    )
    """The order of providers for requests without `provider.sort`."""
    disabled_server_tools: Sequence[NonEmptyText] | None
    """Such as `openrouter:web_search`; `client.server_tools.list()` has all."""
    is_observability_io_logging_enabled: bool
    """Whether requests and replies are kept for the members to read."""
    io_logging_api_key_ids: Sequence[int] | None
    """Of which keys; None: of all."""
    io_logging_sampling_rate: Annotated[float, Between(0.0001, 1)]
    """Of how many requests: 1 is all of them."""
    is_observability_broadcast_enabled: bool
    """Whether the service tells observability destinations of requests."""
    is_data_discount_logging_enabled: bool
    """Whether the service may use requests and replies, for a discount."""


class WorkspaceChanges(WorkspaceFields, total=False):
    """Keyword arguments of `client.workspaces.update`; fields that are not given keep their value."""

    name: Annotated[str, Text(least=1, most=100)]
    slug: Annotated[
        str,
        Text(least=1, most=50, pattern="^[a-z0-9]+(?:-[a-z0-9]+)*$", of="a-z and 0-9, with single - between"),
    ]


@closed
class BudgetLimit(TypedDict, total=False):
    """The fields of a budget."""

    limit_usd: Dollars
    include_byok_in_budgets: bool


class Workspace(WireType):
    """A workspace; see `WorkspaceFields`."""

    id: str
    slug: MaybeStr = None
    """Stands for the id everywhere."""
    name: MaybeStr = None
    description: MaybeStr = None
    default_guardrail_id: MaybeStr = None
    """The guardrail of all its traffic; it is made when it is first updated."""
    default_text_model: MaybeStr = None
    default_image_model: MaybeStr = None
    default_provider_sort: MaybeStr = None
    disabled_server_tools: MaybeWords = None
    include_byok_in_budgets: MaybeBool = None
    """Whether the use of one's own provider keys counts for its budgets."""
    is_observability_io_logging_enabled: MaybeBool = None
    io_logging_api_key_ids: Annotated[list[int] | None, Lenient()] = None
    io_logging_sampling_rate: MaybeFloat = None
    is_observability_broadcast_enabled: MaybeBool = None
    is_data_discount_logging_enabled: MaybeBool = None
    created_by: MaybeStr = None
    created_at: MaybeMoment = None
    updated_at: MaybeMoment = None


class WorkspaceMember(WireType):
    """A member of the organization in a workspace."""

    id: str
    """Of the membership."""
    user_id: MaybeStr = None
    workspace_id: MaybeStr = None
    role: Annotated[Literal["admin", "member"] | str | None, Lenient()] = None
    """As in the organization."""
    created_at: MaybeMoment = None


class AddedMembers(Listing[WorkspaceMember]):
    """The members that were added to a workspace."""

    added_count: MaybeInt = None


class RemovedMembers(WireType):
    """How many were removed from a workspace."""

    removed_count: int


class WorkspaceBudget(WireType):
    """A spending limit of a workspace for an interval."""

    id: str
    workspace_id: MaybeStr = None
    limit_usd: MaybeDecimal = None
    """US dollars."""
    reset_interval: Reset = None
    """None: the budget is for the lifetime of the workspace."""
    created_at: MaybeMoment = None
    updated_at: MaybeMoment = None


class WorkspaceBudgets(Listing[WorkspaceBudget]):
    """The budgets of a workspace."""

    include_byok_in_budgets: MaybeBool = None
    """Whether the use of one's own provider keys counts for them."""


class WorkspaceBudgetReply(Envelope[WorkspaceBudget]):
    """A budget, and how all budgets of the workspace count."""

    include_byok_in_budgets: MaybeBool = None
