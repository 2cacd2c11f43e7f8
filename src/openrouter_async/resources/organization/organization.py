"""The organization: its members and its settings."""

from __future__ import annotations

from ... import operations
from ..._checks import flag
from ...options import RequestOptions
from ...types.common import Counted, Envelope
from ...types.organization.organization import OrganizationMember, OrganizationSettings
from .._base import Resource
from .._pagination import Paginator

__all__ = ["OrganizationResource"]


class OrganizationResource(Resource):
    """`/organization`; every operation needs a management key of an organization, and costs nothing.

    ```python
    async for member in client.organization.members():
        print(member.email, member.role)
    ```

    An account that is not an organization gets `NotFound` or `PermissionDenied`.
    """

    def members(
        self, *, offset: int = 0, limit: int | None = None, options: RequestOptions | None = None
    ) -> Paginator[OrganizationMember]:
        """Return the members of the organization.

        Args:
            offset: Members to pass over.
            limit: How many a page has, 1 to 100. Default: 50.
            options: See `RequestOptions`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent. Everything else is raised while reading.
        """
        query = {"offset": offset, "limit": limit}
        return self._pages(
            operations.LIST_MEMBERS, into=Counted[OrganizationMember], query=query, options=options
        )

    async def settings(self, *, options: RequestOptions | None = None) -> OrganizationSettings:
        """Return the settings that apply to the whole organization.

        Raises:
            OpenRouterError: any failure of a call.
        """
        return await self._send_data(
            operations.GET_SETTINGS, into=Envelope[OrganizationSettings], options=options
        )

    async def update_settings(
        self, *, is_filtered_model_catalog_enabled: bool, options: RequestOptions | None = None
    ) -> OrganizationSettings:
        """Change the settings, and return them; the change applies to every key of the organization.

        Args:
            is_filtered_model_catalog_enabled: Whether `models.list` shows only the models that the key may use.
            options: See `RequestOptions`.

        Raises:
            ConfigurationError: it is neither True nor False; nothing was sent.
            OpenRouterError: any other failure of a call.
        """
        name = "is_filtered_model_catalog_enabled"
        return await self._send_data(
            operations.UPDATE_SETTINGS,
            into=Envelope[OrganizationSettings],
            body={name: flag(name, is_filtered_model_catalog_enabled)},
            options=options,
        )
