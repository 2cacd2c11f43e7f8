"""The users of your app, whom keys and requests can name."""

from __future__ import annotations

from types import NoneType

from ... import operations
from ..._checks import flag
from ..._sansio.request import QueryValue
from ...errors import ConfigurationError
from ...options import RequestOptions
from ...types.common import Counted, Envelope
from ...types.organization.organization import ExternalUser
from .._base import Resource
from .._bodies import name_of
from .._pagination import Paginator

__all__ = ["ExternalUsersResource"]

LONGEST_ID = 512


class ExternalUsersResource(Resource):
    """`/external-users`; every operation needs a management key, and costs nothing.

    ```python
    await client.external_users.create("customer-7")
    await client.external_users.deactivate("customer-7")
    ```

    A user is named by your own id for them. The service cannot address the ids `.` and `..`.
    """

    def list(
        self,
        *,
        user: str | None = None,
        include_inactive: bool = False,
        offset: int = 0,
        limit: int | None = None,
        options: RequestOptions | None = None,
    ) -> Paginator[ExternalUser]:
        """Return the users.

        Args:
            user: Only the one with this id.
            include_inactive: Whether deactivated users are listed too.
            offset: Users to pass over.
            limit: How many a page has, 1 to 100. Default: 50.
            options: See `RequestOptions`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent. Everything else is raised while reading.
        """
        query: dict[str, QueryValue] = {
            "user": user,
            "include_inactive": flag("include_inactive", include_inactive) or None,
            "offset": offset,
            "limit": limit,
        }
        return self._pages(
            operations.LIST_EXTERNAL_USERS, into=Counted[ExternalUser], query=query, options=options
        )

    async def get(self, user: str, *, options: RequestOptions | None = None) -> ExternalUser:
        """Return one user, deactivated or not.

        Raises:
            NotFound: the account has no such user.
            OpenRouterError: any other failure of a call.
        """
        return await self._send_data(
            operations.GET_EXTERNAL_USER, into=Envelope[ExternalUser], path={"user": user}, options=options
        )

    async def create(self, user: str, *, options: RequestOptions | None = None) -> ExternalUser:
        """Register a user.

        Args:
            user: Your own id for the user, 1 to 512 characters.
            options: See `RequestOptions`.

        Raises:
            ConfigurationError: the id is empty, too long, or `.` or `..`; nothing was sent.
            Conflict: the id is registered already, active or not.
            OpenRouterError: any other failure of a call.
        """
        if user in (".", ".."):
            raise ConfigurationError(f"user is {user!r}; expected an id that can be part of a path")
        return await self._send_data(
            operations.CREATE_EXTERNAL_USER,
            into=Envelope[ExternalUser],
            body={"user": name_of("user", user, most=LONGEST_ID)},
            options=options,
        )

    async def update(
        self, user: str, *, is_active: bool, options: RequestOptions | None = None
    ) -> ExternalUser:
        """Activate or deactivate a user, and return it.

        Raises:
            ConfigurationError: `is_active` is neither True nor False; nothing was sent.
            NotFound: the account has no such user.
            OpenRouterError: any other failure of a call.
        """
        return await self._send_data(
            operations.UPDATE_EXTERNAL_USER,
            into=Envelope[ExternalUser],
            path={"user": user},
            body={"is_active": flag("is_active", is_active)},
            options=options,
        )

    async def deactivate(self, user: str, *, options: RequestOptions | None = None) -> None:
        """Deactivate a user; the service keeps the record, and `update(user, is_active=True)` activates it again.

        Raises:
            NotFound: the account has no such user.
            OpenRouterError: any other failure of a call.
        """
        await self._send(
            operations.DEACTIVATE_EXTERNAL_USER, into=NoneType, path={"user": user}, options=options
        )
