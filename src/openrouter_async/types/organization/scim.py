"""SCIM: the groups of a directory, the workspaces that their members get, and the jobs that read the directory.

Source: `listScimGroups`, `createScimGroupMapping` and `createScimSyncJob` of the service.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from ...errors import JobFailed, OpenRouterError
from .._base import WireType
from ..common import Lenient, MaybeInt, MaybeMoment, MaybeStr

__all__ = ["DirectoryGroup", "GroupMapping", "GroupRole", "SyncState", "SyncStatus"]

GroupRole: TypeAlias = Literal["admin", "member"]
"""The role in the workspace."""

SyncStatus: TypeAlias = Literal["queued", "running", "succeeded", "failed"] | str


class DirectoryGroup(WireType):
    """A group of the directory."""

    id: str
    display_name: MaybeStr = None
    external_id: MaybeStr = None
    """The identity provider's id for it."""
    organization_id: MaybeStr = None
    created_at: MaybeMoment = None
    updated_at: MaybeMoment = None


class GroupMapping(WireType):
    """A workspace that the members of a group get, with their role in it."""

    id: str
    scim_group_id: MaybeStr = None
    workspace_id: MaybeStr = None
    role: Annotated[GroupRole | str | None, Lenient()] = None
    organization_id: MaybeStr = None
    created_at: MaybeMoment = None
    updated_at: MaybeMoment = None


class SyncState(WireType):
    """How far a job that reads the directory has come."""

    id: str
    status: Annotated[SyncStatus | None, Lenient()] = None
    synced_groups: MaybeInt = None
    """Groups that were read; None until then."""
    deleted_groups: MaybeInt = None
    """Groups that the directory no longer has."""
    error_message: MaybeStr = None
    created_at: MaybeMoment = None
    started_at: MaybeMoment = None
    finished_at: MaybeMoment = None

    @property
    def is_finished(self) -> bool:
        """Whether the job has ended."""
        return self.status in ("succeeded", "failed")

    @property
    def failure(self) -> OpenRouterError | None:
        """Why the job failed; None if it succeeded, or may still succeed."""
        if self.status != "failed":
            return None
        reason = f": {self.error_message}" if self.error_message else ""
        return JobFailed(f"the sync job {self.id!r} failed{reason}", job=self)
