"""Workspaces with their members and budgets."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, get_args

from pydantic import JsonValue

from ... import operations
from ..._checks import flag, one_of
from ..._sansio.request import finish_body
from ...options import RequestOptions
from ...types._base import WireType
from ...types.account.workspaces import (
    AddedMembers,
    BudgetInterval,
    BudgetLimit,
    RemovedMembers,
    Workspace,
    WorkspaceBudget,
    WorkspaceBudgetReply,
    WorkspaceBudgets,
    WorkspaceChanges,
    WorkspaceFields,
    WorkspaceMember,
)
from ...types.common import Counted, Envelope
from ...types.requests.check import check_params
from .._base import Resource
from .._bodies import change_body, names_body
from .._pagination import Paginator

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["WorkspacesResource"]

MOST_MEMBERS = 100
"""Who can be added or removed in one request."""


class WorkspacesResource(Resource):
    """`/workspaces`; every operation needs a management key, and costs nothing.

    ```python
    workspace = await client.workspaces.create("Production", "production")
    await client.workspaces.set_budget("production", "monthly", 500)
    ```

    A workspace is named by its id or its slug.
    """

    def list(
        self, *, offset: int = 0, limit: int | None = None, options: RequestOptions | None = None
    ) -> Paginator[Workspace]:
        """Return the workspaces of the account.

        Args:
            offset: Workspaces to pass over.
            limit: How many a page has, 1 to 100. Default: 50.
            options: See `RequestOptions`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent. Everything else is raised while reading.
        """
        return self._pages(
            operations.LIST_WORKSPACES,
            into=Counted[Workspace],
            query={"offset": offset, "limit": limit},
            options=options,
        )

    async def get(self, id: str, *, options: RequestOptions | None = None) -> Workspace:
        """Return one workspace.

        Raises:
            NotFound: the account has no such workspace.
            OpenRouterError: any other failure of a call.
        """
        return await self._send_data(
            operations.GET_WORKSPACE, into=Envelope[Workspace], path={"id": id}, options=options
        )

    async def create(
        self,
        name: str,
        slug: str,
        *,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **fields: Unpack[WorkspaceFields],
    ) -> Workspace:
        """Make a workspace.

        The client sends it a second time only if the service refused the first request.

        Args:
            name: For people; at most 100 characters.
            slug: For addresses; a-z, 0-9 and single hyphens, at most 50 characters.
            extra_body: Further fields of the body; each replaces the field of its name.
            options: See `RequestOptions`.
            fields: See `WorkspaceFields`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            OpenRouterError: any other failure of a call.
        """
        given = {"name": name, "slug": slug, **fields}
        body = finish_body(
            check_params(WorkspaceChanges, given, elsewhere={}, where="a new workspace"), extra_body
        )
        return await self._send_data(
            operations.CREATE_WORKSPACE, into=Envelope[Workspace], body=body, options=options
        )

    async def update(
        self,
        id: str,
        *,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **changes: Unpack[WorkspaceChanges],
    ) -> Workspace:
        """Change a workspace, and return it; fields that are not named keep their value.

        Args:
            id: Its id or slug.
            extra_body: Further fields of the body; each replaces the field of its name.
            options: See `RequestOptions`.
            changes: See `WorkspaceChanges`.

        Raises:
            ConfigurationError: an argument is wrong, or there is nothing to change; nothing was sent.
            NotFound: the account has no such workspace.
            OpenRouterError: any other failure of a call.
        """
        body = change_body(WorkspaceChanges, changes, extra_body, where="a change of a workspace")
        return await self._send_data(
            operations.UPDATE_WORKSPACE,
            into=Envelope[Workspace],
            path={"id": id},
            body=body,
            options=options,
        )

    async def delete(
        self,
        id: str,
        *,
        confirm_default_workspace_deletion: bool = False,
        options: RequestOptions | None = None,
    ) -> None:
        """Delete a workspace for good, with its budgets and guardrails; its classifiers and destinations are disabled.

        Args:
            id: Its id or slug.
            confirm_default_workspace_deletion: Must be True to delete the default workspace; requests that name no
                workspace fail from then on.
            options: See `RequestOptions`.

        Raises:
            BadRequest: it has keys that are not disabled, or is the default workspace and that was not confirmed.
            PermissionDenied: the account may not delete its default workspace.
            NotFound: the account has no such workspace.
            OpenRouterError: any other failure of a call.
        """
        confirmed = flag("confirm_default_workspace_deletion", confirm_default_workspace_deletion)
        query = {"confirm_default_workspace_deletion": confirmed or None}
        await self._send(
            operations.DELETE_WORKSPACE, into=WireType, path={"id": id}, query=query, options=options
        )

    def members(
        self,
        id: str,
        *,
        offset: int = 0,
        limit: int | None = None,
        options: RequestOptions | None = None,
    ) -> Paginator[WorkspaceMember]:
        """Return who is in a workspace.

        Args:
            id: Its id or slug.
            offset: Members to pass over.
            limit: How many a page has, 1 to 100. Default: 50.
            options: See `RequestOptions`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent. Everything else is raised while reading.
        """
        return self._pages(
            operations.LIST_WORKSPACE_MEMBERS,
            into=Counted[WorkspaceMember],
            path={"id": id},
            query={"offset": offset, "limit": limit},
            options=options,
        )

    async def add_members(
        self, id: str, user_ids: Sequence[str], *, options: RequestOptions | None = None
    ) -> builtins.list[WorkspaceMember]:
        """Add members of the organization to a workspace, in the role that they have there, and return who was added.

        Args:
            id: Its id or slug.
            user_ids: 1 to 100.
            options: See `RequestOptions`.

        Raises:
            ConfigurationError: `user_ids` is empty or too long; nothing was sent.
            OpenRouterError: any other failure of a call.
        """
        body = names_body("user_ids", user_ids, most=MOST_MEMBERS)
        added = await self._send(
            operations.ADD_WORKSPACE_MEMBERS, into=AddedMembers, path={"id": id}, body=body, options=options
        )
        return added.data

    async def remove_members(
        self, id: str, user_ids: Sequence[str], *, options: RequestOptions | None = None
    ) -> int:
        """Remove members from a workspace, and return how many; they stay in the organization.

        Args:
            id: Its id or slug.
            user_ids: 1 to 100.
            options: See `RequestOptions`.

        Raises:
            ConfigurationError: `user_ids` is empty or too long; nothing was sent.
            BadRequest: one has keys in the workspace that are not disabled, or comes from the identity provider.
            OpenRouterError: any other failure of a call.
        """
        body = names_body("user_ids", user_ids, most=MOST_MEMBERS)
        removed = await self._send(
            operations.REMOVE_WORKSPACE_MEMBERS,
            into=RemovedMembers,
            path={"id": id},
            body=body,
            options=options,
        )
        return removed.removed_count

    async def budgets(
        self, id: str, *, options: RequestOptions | None = None
    ) -> builtins.list[WorkspaceBudget]:
        """Return the budgets of a workspace, at most one for each interval; see `Workspace.include_byok_in_budgets`.

        Raises:
            NotFound: the account has no such workspace.
            OpenRouterError: any other failure of a call.
        """
        budgets = await self._send(
            operations.LIST_WORKSPACE_BUDGETS,
            into=WorkspaceBudgets,
            path={"id": id},
            options=options,
        )
        return budgets.data

    async def budget(
        self, id: str, interval: BudgetInterval, *, options: RequestOptions | None = None
    ) -> WorkspaceBudget:
        """Return the budget of an interval.

        Raises:
            ConfigurationError: the service does not know the interval; nothing was sent.
            NotFound: the account has no such workspace, or it has no budget for that interval.
            OpenRouterError: any other failure of a call.
        """
        return await self._send_data(
            operations.GET_WORKSPACE_BUDGET,
            into=WorkspaceBudgetReply,
            path=_budget_path(id, interval),
            options=options,
        )

    async def set_budget(
        self,
        id: str,
        interval: BudgetInterval,
        limit_usd: float | Decimal,
        *,
        include_byok_in_budgets: bool | None = None,
        options: RequestOptions | None = None,
    ) -> WorkspaceBudget:
        """Set the budget of a workspace for an interval, and return it; it applies immediately.

        Args:
            id: Its id or slug.
            interval: How long the budget lasts.
            limit_usd: US dollars; less than those of longer intervals, and more than those of shorter ones.
            include_byok_in_budgets: Whether the use of one's own provider keys counts, for all budgets of the
                workspace. Default: as it is.
            options: See `RequestOptions`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            BadRequest: the limit does not fit between those of the other intervals.
            NotFound: the account has no such workspace.
            OpenRouterError: any other failure of a call.
        """
        fields: dict[str, object] = {"limit_usd": limit_usd}
        if include_byok_in_budgets is not None:
            fields["include_byok_in_budgets"] = include_byok_in_budgets
        checked = check_params(BudgetLimit, fields, elsewhere={}, where="a budget", way_out=None)
        body = finish_body(checked, None)
        return await self._send_data(
            operations.SET_WORKSPACE_BUDGET,
            into=WorkspaceBudgetReply,
            path=_budget_path(id, interval),
            body=body,
            options=options,
        )

    async def delete_budget(
        self, id: str, interval: BudgetInterval, *, options: RequestOptions | None = None
    ) -> None:
        """Remove a budget; spending in that interval is no longer limited.

        Raises:
            ConfigurationError: the service does not know the interval; nothing was sent.
            NotFound: the account has no such workspace.
            OpenRouterError: any other failure of a call.
        """
        await self._send(
            operations.DELETE_WORKSPACE_BUDGET,
            into=WireType,
            path=_budget_path(id, interval),
            options=options,
        )


def _budget_path(id: str, interval: BudgetInterval) -> dict[str, str]:
    return {"id": id, "interval": one_of("interval", interval, get_args(BudgetInterval))}
