"""SCIM: groups of a directory, the workspaces that they get, and jobs that read the directory."""

from __future__ import annotations

from functools import partial
from typing import get_args

from ... import operations
from ..._checks import flag, one_of
from ..._sansio.request import QueryValue
from ...options import RequestOptions
from ...types._base import WireType
from ...types.common import Counted, Envelope
from ...types.organization.scim import DirectoryGroup, GroupMapping, GroupRole, SyncState
from .._base import Resource
from .._bodies import name_of
from .._pagination import Paginator
from ..jobs import Job

__all__ = ["ScimResource", "SyncJob"]


class SyncJob(Job[SyncState]):
    """A job that reads the directory.

    ```python
    job = await client.scim.sync()
    state = await job.wait(timeout=600)
    print(state.synced_groups)
    ```

    It runs whatever happens to this object; `client.scim.sync_job(id)` finds it again.
    """

    _NOUN = "sync job"


class ScimResource(Resource):
    """`/scim`; every operation needs a management key of an organization with SCIM, and costs nothing.

    A mapping puts the members of a group of the directory into a workspace, with a role.
    """

    def groups(
        self,
        *,
        display_name: str | None = None,
        external_id: str | None = None,
        offset: int = 0,
        limit: int | None = None,
        options: RequestOptions | None = None,
    ) -> Paginator[DirectoryGroup]:
        """Return the groups of the directory, as they were last read.

        Args:
            display_name: Only groups with this name.
            external_id: Only the group with this id at the identity provider.
            offset: Groups to pass over.
            limit: How many a page has, 1 to 100. Default: 50.
            options: See `RequestOptions`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent. Everything else is raised while reading.
        """
        query: dict[str, QueryValue] = {
            "display_name": display_name,
            "external_id": external_id,
            "offset": offset,
            "limit": limit,
        }
        return self._pages(
            operations.LIST_DIRECTORY_GROUPS, into=Counted[DirectoryGroup], query=query, options=options
        )

    def mappings(
        self, *, offset: int = 0, limit: int | None = None, options: RequestOptions | None = None
    ) -> Paginator[GroupMapping]:
        """Return which groups get which workspaces.

        Args:
            offset: Mappings to pass over.
            limit: How many a page has, 1 to 100. Default: 50.
            options: See `RequestOptions`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent. Everything else is raised while reading.
        """
        query = {"offset": offset, "limit": limit}
        return self._pages(
            operations.LIST_GROUP_MAPPINGS, into=Counted[GroupMapping], query=query, options=options
        )

    async def mapping(self, id: str, *, options: RequestOptions | None = None) -> GroupMapping:
        """Return one mapping.

        Raises:
            NotFound: the account has no such mapping.
            OpenRouterError: any other failure of a call.
        """
        return await self._send_data(
            operations.GET_GROUP_MAPPING, into=Envelope[GroupMapping], path={"id": id}, options=options
        )

    async def create_mapping(
        self, group_id: str, workspace_id: str, role: GroupRole, *, options: RequestOptions | None = None
    ) -> GroupMapping:
        """Give the members of a group a workspace.

        Args:
            group_id: The `id` of a `DirectoryGroup`.
            workspace_id: The id of the workspace, not its slug.
            role: `admin` or `member`.
            options: See `RequestOptions`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            Conflict: the group has that workspace already.
            OpenRouterError: any other failure of a call.
        """
        return await self._send_data(
            operations.CREATE_GROUP_MAPPING,
            into=Envelope[GroupMapping],
            body={
                "scim_group_id": name_of("group_id", group_id),
                "workspace_id": name_of("workspace_id", workspace_id),
                "role": _role(role),
            },
            options=options,
        )

    async def update_mapping(
        self, id: str, *, role: GroupRole, options: RequestOptions | None = None
    ) -> GroupMapping:
        """Change the role that the members of the group have in the workspace, and return the mapping.

        Raises:
            ConfigurationError: the role is neither `admin` nor `member`; nothing was sent.
            NotFound: the account has no such mapping.
            OpenRouterError: any other failure of a call.
        """
        return await self._send_data(
            operations.UPDATE_GROUP_MAPPING,
            into=Envelope[GroupMapping],
            path={"id": id},
            body={"role": _role(role)},
            options=options,
        )

    async def delete_mapping(
        self, id: str, *, keep_members: bool, options: RequestOptions | None = None
    ) -> None:
        """Delete a mapping for good.

        Args:
            id: Which mapping.
            keep_members: False removes from the workspace everybody who is in it through this mapping; True leaves
                them there, as members that you manage by hand.
            options: See `RequestOptions`.

        Raises:
            ConfigurationError: `keep_members` is neither True nor False; nothing was sent.
            NotFound: the account has no such mapping.
            OpenRouterError: any other failure of a call.
        """
        await self._send(
            operations.DELETE_GROUP_MAPPING,
            into=WireType,
            path={"id": id},
            query={"keep_members": flag("keep_members", keep_members)},
            options=options,
        )

    async def sync(self, *, options: RequestOptions | None = None) -> SyncJob:
        """Have the service read the directory now, and return the job, which has only begun then.

        The client sends it a second time only if the service refused the first request.

        Raises:
            OpenRouterError: any failure of a call.
        """
        state = await self._send_data(operations.CREATE_SYNC_JOB, into=Envelope[SyncState], options=options)
        return self._job(state, options)

    async def sync_job(self, id: str, *, options: RequestOptions | None = None) -> SyncJob:
        """Return a job that was begun before, also in another process.

        Raises:
            NotFound: the account has no such job.
            OpenRouterError: any other failure of a call.
        """
        return self._job(await self._look(id, options), options)

    def _job(self, state: SyncState, options: RequestOptions | None) -> SyncJob:
        return SyncJob(state, partial(self._look, state.id, options, is_poll=True))

    async def _look(self, id: str, options: RequestOptions | None, *, is_poll: bool = False) -> SyncState:
        return await self._send_data(
            operations.GET_SYNC_JOB,
            into=Envelope[SyncState],
            path={"id": id},
            is_poll=is_poll,
            options=options,
        )


def _role(role: GroupRole) -> GroupRole:
    return one_of("role", role, get_args(GroupRole))
