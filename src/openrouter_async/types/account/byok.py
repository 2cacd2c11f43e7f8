"""Keys of one's own with providers, which the service uses in place of its own.

Source: `createBYOKKey` and its like in the service's OpenAPI document.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from .._base import WireType
from ..common import Lenient, MaybeBool, MaybeInt, MaybeMoment, MaybeStr, MaybeWords
from ..requests.fields import NonEmptyText, Text, closed
from .guardrails import DataRegion

__all__ = ["BYOKKey", "BYOKKeyChanges", "BYOKKeyFields", "NewBYOKKey"]

_Hash = Annotated[str, Text(pattern="^[a-f0-9]{64}$", of="SHA-256 in hex")]


@closed
class BYOKKeyFields(TypedDict, total=False):
    """The settings of a provider's key; None removes a restriction."""

    name: Annotated[str, Text(most=255)] | None
    """For people."""
    disabled: bool
    is_fallback: bool
    """Whether it is used only after the others for that provider."""
    is_required: bool
    """Whether requests to that provider fail where this key cannot be used, rather than be paid with credits."""
    is_byok_only: bool
    """Whether requests to that provider are never paid with credits."""
    allowed_api_key_hashes: Annotated[Sequence[_Hash], Field(min_length=1, max_length=100)] | None
    """Only requests with these keys of the account use it; the `hash` of an `APIKey` each."""
    allowed_models: Annotated[Sequence[str], Field(max_length=100)] | None
    allowed_user_ids: Annotated[Sequence[str], Field(max_length=100)] | None
    declared_region: DataRegion | None
    """Where the provider works on requests with this key, as you say."""
    declared_zdr: bool | None
    """Whether the provider retains nothing of requests with this key, as you say."""


class NewBYOKKey(BYOKKeyFields, total=False):
    """Keyword arguments of `client.byok.create`."""

    workspace_id: NonEmptyText
    """Where it is used. Default: in the default workspace."""


class BYOKKeyChanges(BYOKKeyFields, total=False):
    """Keyword arguments of `client.byok.update`; fields that are not given keep their value."""


class BYOKKey(WireType):
    """A provider's key, without the key itself, which the service never shows; see `BYOKKeyFields`."""

    id: str
    provider: MaybeStr = None
    """Its slug, such as `openai` or `amazon-bedrock`."""
    label: MaybeStr = None
    """The key with its middle left out."""
    name: MaybeStr = None
    disabled: MaybeBool = None
    is_fallback: MaybeBool = None
    is_required: MaybeBool = None
    is_byok_only: MaybeBool = None
    sort_order: MaybeInt = None
    """Keys of one provider are tried in this order."""
    allowed_api_key_hashes: MaybeWords = None
    allowed_models: MaybeWords = None
    allowed_user_ids: MaybeWords = None
    declared_region: Annotated[DataRegion | None, Lenient()] = None
    declared_zdr: MaybeBool = None
    workspace_id: MaybeStr = None
    """None: it is used in every workspace."""
    created_at: MaybeMoment = None
