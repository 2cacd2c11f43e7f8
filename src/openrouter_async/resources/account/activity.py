"""The usage of the account."""

from __future__ import annotations

import datetime

from ..._checks import day
from ..._sansio.pagination import OffsetPaging
from ...operations import LIST_ACTIVITY
from ...options import RequestOptions
from ...types.account.activity import ActivityItem
from ...types.common import Listing
from .._base import Resource
from .._pagination import Paginator

__all__ = ["ActivityResource"]


class ActivityResource(Resource):
    """`GET /activity`."""

    def list(
        self,
        *,
        date: datetime.date | str | None = None,
        api_key_hash: str | None = None,
        user_id: str | None = None,
        workspace_id: str | None = None,
        by_workspace: bool = False,
        options: RequestOptions | None = None,
    ) -> Paginator[ActivityItem]:
        """Return the usage, one row for each day and endpoint, for the last 30 completed days in UTC.

        ```python
        for row in await client.activity.list():
            print(row.date, row.model, row.requests, row.usage)
        ```

        The list comes whole. Needs a management key; sends one request, which costs nothing.

        Args:
            date: Only this day; as text `YYYY-MM-DD`.
            api_key_hash: Only the usage of this key; the `hash` of an `APIKey`.
            user_id: Only the usage of this member of the organization.
            workspace_id: Only the usage in this workspace.
            by_workspace: Whether each workspace has rows of its own, which name it.
            options: See `RequestOptions`.

        Raises:
            ConfigurationError: `date` is not a day; nothing was sent. Everything else is raised while reading.
        """
        query = {
            "date": None if date is None else day("date", date),
            "api_key_hash": api_key_hash,
            "user_id": user_id,
            "workspace_id": workspace_id,
            "group_by": "workspace" if by_workspace else None,
        }
        paging = OffsetPaging(says_more=True)
        return self._pages(
            LIST_ACTIVITY, into=Listing[ActivityItem], query=query, paging=paging, options=options
        )
