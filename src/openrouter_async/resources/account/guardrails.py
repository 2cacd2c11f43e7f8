"""Guardrails, which limit models, providers and spending of keys and members."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pydantic import JsonValue

from ... import operations
from ..._sansio.request import QueryValue
from ...options import RequestOptions
from ...types._base import WireType
from ...types.account.guardrails import (
    AssignedCount,
    Guardrail,
    GuardrailChanges,
    KeyAssignment,
    MemberAssignment,
    NewGuardrail,
    UnassignedCount,
)
from ...types.common import Counted, Envelope
from .._base import Resource
from .._bodies import change_body, named_body, names_body
from .._pagination import Paginator

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["GuardrailsResource"]

LONGEST_NAME = 200


class GuardrailsResource(Resource):
    """`/guardrails`; every operation needs a management key, and costs nothing.

    ```python
    guardrail = await client.guardrails.create("interns", limit_usd=20, reset_interval="monthly")
    await client.guardrails.assign_keys(guardrail.id, [key.hash])
    ```

    A new guardrail restricts nothing until it is assigned to keys or members. To restrict a whole workspace, update its
    default guardrail, `workspace.default_guardrail_id`.
    """

    def list(
        self,
        *,
        workspace_id: str | None = None,
        offset: int = 0,
        limit: int | None = None,
        options: RequestOptions | None = None,
    ) -> Paginator[Guardrail]:
        """Return the guardrails of a workspace.

        Args:
            workspace_id: Default: the default workspace.
            offset: Guardrails to pass over.
            limit: How many a page has, 1 to 100. Default: 50.
            options: See `RequestOptions`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent. Everything else is raised while reading.
        """
        query: dict[str, QueryValue] = {"workspace_id": workspace_id, "offset": offset, "limit": limit}
        return self._pages(operations.LIST_GUARDRAILS, into=Counted[Guardrail], query=query, options=options)

    async def get(self, id: str, *, options: RequestOptions | None = None) -> Guardrail:
        """Return one guardrail.

        Raises:
            NotFound: the account has no such guardrail.
            OpenRouterError: any other failure of a call.
        """
        return await self._send_data(
            operations.GET_GUARDRAIL, into=Envelope[Guardrail], path={"id": id}, options=options
        )

    async def create(
        self,
        name: str,
        *,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **fields: Unpack[NewGuardrail],
    ) -> Guardrail:
        """Make a guardrail, which restricts nothing until it is assigned.

        The client sends it a second time only if the service refused the first request.

        Args:
            name: For people; at most 200 characters.
            extra_body: Further fields of the body; each replaces the field of its name.
            options: See `RequestOptions`.
            fields: See `NewGuardrail`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            BadRequest: the service cannot compile a pattern, or knows no such model.
            OpenRouterError: any other failure of a call.
        """
        body = named_body(NewGuardrail, name, fields, extra_body, where="a new guardrail", most=LONGEST_NAME)
        return await self._send_data(
            operations.CREATE_GUARDRAIL, into=Envelope[Guardrail], body=body, options=options
        )

    async def update(
        self,
        id: str,
        *,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **changes: Unpack[GuardrailChanges],
    ) -> Guardrail:
        """Change a guardrail, and return it; fields that are not named keep their value, None removes a restriction.

        Lists replace what was there. The default guardrail of a workspace is made by its first change.

        Args:
            id: Which guardrail.
            extra_body: Further fields of the body; each replaces the field of its name.
            options: See `RequestOptions`.
            changes: See `GuardrailChanges`.

        Raises:
            ConfigurationError: an argument is wrong, or there is nothing to change; nothing was sent.
            NotFound: the account has no such guardrail.
            Conflict: it was changed by somebody else meanwhile.
            OpenRouterError: any other failure of a call.
        """
        body = change_body(GuardrailChanges, changes, extra_body, where="a change of a guardrail")
        return await self._send_data(
            operations.UPDATE_GUARDRAIL,
            into=Envelope[Guardrail],
            path={"id": id},
            body=body,
            options=options,
        )

    async def delete(self, id: str, *, options: RequestOptions | None = None) -> None:
        """Delete a guardrail for good; those it was assigned to are restricted by it no longer.

        Raises:
            NotFound: the account has no such guardrail.
            OpenRouterError: any other failure of a call.
        """
        await self._send(operations.DELETE_GUARDRAIL, into=WireType, path={"id": id}, options=options)

    def keys(
        self,
        id: str | None = None,
        *,
        offset: int = 0,
        limit: int | None = None,
        options: RequestOptions | None = None,
    ) -> Paginator[KeyAssignment]:
        """Return to which keys a guardrail is assigned; without `id`, all assignments of guardrails to keys.

        Args:
            id: Which guardrail.
            offset: Assignments to pass over.
            limit: How many a page has, 1 to 100. Default: 50.
            options: See `RequestOptions`.
        """
        return self._pages(
            operations.LIST_KEY_ASSIGNMENTS if id is None else operations.LIST_GUARDRAIL_KEYS,
            into=Counted[KeyAssignment],
            path={} if id is None else {"id": id},
            query={"offset": offset, "limit": limit},
            options=options,
        )

    def members(
        self,
        id: str | None = None,
        *,
        offset: int = 0,
        limit: int | None = None,
        options: RequestOptions | None = None,
    ) -> Paginator[MemberAssignment]:
        """Return to which members a guardrail is assigned; without `id`, all assignments to members.

        Args:
            id: Which guardrail.
            offset: Assignments to pass over.
            limit: How many a page has, 1 to 100. Default: 50.
            options: See `RequestOptions`.
        """
        return self._pages(
            operations.LIST_MEMBER_ASSIGNMENTS if id is None else operations.LIST_GUARDRAIL_MEMBERS,
            into=Counted[MemberAssignment],
            path={} if id is None else {"id": id},
            query={"offset": offset, "limit": limit},
            options=options,
        )

    async def assign_keys(
        self, id: str, key_hashes: Sequence[str], *, options: RequestOptions | None = None
    ) -> int:
        """Assign a guardrail to keys, and return to how many. A key has one at most: this replaces another.

        Args:
            id: Which guardrail.
            key_hashes: At least one; the `hash` of an `APIKey` each.
            options: See `RequestOptions`.

        Raises:
            ConfigurationError: `key_hashes` is empty, or has a key in it; nothing was sent.
            NotFound: the account has no such guardrail, or no such key.
            OpenRouterError: any other failure of a call.
        """
        body = names_body("key_hashes", key_hashes)
        counted = await self._send(
            operations.ASSIGN_KEYS, into=AssignedCount, path={"id": id}, body=body, options=options
        )
        return counted.assigned_count

    async def unassign_keys(
        self, id: str, key_hashes: Sequence[str], *, options: RequestOptions | None = None
    ) -> int:
        """Take a guardrail from keys, and return from how many: nothing restricts them then. See `assign_keys`."""
        body = names_body("key_hashes", key_hashes)
        counted = await self._send(
            operations.UNASSIGN_KEYS, into=UnassignedCount, path={"id": id}, body=body, options=options
        )
        return counted.unassigned_count

    async def assign_members(
        self, id: str, user_ids: Sequence[str], *, options: RequestOptions | None = None
    ) -> int:
        """Assign a guardrail to members of the organization, and return to how many.

        Args:
            id: Which guardrail.
            user_ids: At least one.
            options: See `RequestOptions`.

        Raises:
            ConfigurationError: `user_ids` is empty; nothing was sent.
            NotFound: the account has no such guardrail, or no such member.
            OpenRouterError: any other failure of a call.
        """
        body = names_body("member_user_ids", user_ids, argument="user_ids")
        counted = await self._send(
            operations.ASSIGN_MEMBERS, into=AssignedCount, path={"id": id}, body=body, options=options
        )
        return counted.assigned_count

    async def unassign_members(
        self, id: str, user_ids: Sequence[str], *, options: RequestOptions | None = None
    ) -> int:
        """Take a guardrail from members, and return from how many. See `assign_members`."""
        body = names_body("member_user_ids", user_ids, argument="user_ids")
        counted = await self._send(
            operations.UNASSIGN_MEMBERS, into=UnassignedCount, path={"id": id}, body=body, options=options
        )
        return counted.unassigned_count
