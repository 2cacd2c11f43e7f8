"""An organization: who is in it, and what applies to all of it; and the users of its apps.

Source: `listOrganizationMembers`, `getOrganizationSettings` and `createExternalUser` of the service.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from .._base import WireType
from ..common import Lenient, MaybeBool, MaybeMoment, MaybeStr

__all__ = ["ExternalUser", "OrganizationMember", "OrganizationRole", "OrganizationSettings"]

OrganizationRole: TypeAlias = Literal["org:admin", "org:member"] | str


class OrganizationMember(WireType):
    """A member of the organization."""

    id: str
    """A user id, such as `user_2dHFtVWx2n56w6HkM0000000000`."""
    email: MaybeStr = None
    first_name: MaybeStr = None
    last_name: MaybeStr = None
    role: Annotated[OrganizationRole | None, Lenient()] = None


class OrganizationSettings(WireType):
    """What applies to the whole organization."""

    id: str
    is_filtered_model_catalog_enabled: MaybeBool = None
    """Whether `models.list` shows only the models that the key may use, as `models.user` does."""


class ExternalUser(WireType):
    """A user of your app, whom keys and requests can name."""

    user: str
    """Your own id for the user."""
    is_active: MaybeBool = None
    created_at: MaybeMoment = None
    updated_at: MaybeMoment = None
