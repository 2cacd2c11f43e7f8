"""The vault: secrets that agents use on hosts, and that nobody reads back.

Source: `storeVaultSecret`, `listInternEffectiveVaultSecrets` and `listInternConnections` of the service.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from typing_extensions import TypedDict

from .._base import WireType
from ..common import Lenient, Listing, MaybeBool, MaybeMoment, MaybeStr, MaybeWords
from ..requests.fields import NonEmptyText, closed

__all__ = [
    "Connection",
    "EffectiveSecret",
    "EffectiveSecretPage",
    "SecretFields",
    "SecretPage",
    "VaultSecret",
]


@closed
class SecretFields(TypedDict, total=False):
    """The fields of a secret besides its value."""

    hosts: Sequence[NonEmptyText]
    """Where it may be sent, such as `api.example.com`."""


class VaultSecret(WireType):
    """A secret, without its value, which the service never shows."""

    name: str
    hosts: MaybeWords = None
    """Where it may be sent."""
    fingerprint: MaybeStr = None
    """Differs when the value differs."""
    created_at: MaybeMoment = None


class EffectiveSecret(VaultSecret):
    """A secret that an intern can use, and where it comes from."""

    scope: Annotated[Literal["workspace", "attached", "intern"] | str | None, Lenient()] = None


class SecretPage(Listing[VaultSecret]):
    """A page of secrets."""

    has_more: MaybeBool = None


class EffectiveSecretPage(Listing[EffectiveSecret]):
    """A page of the secrets that an intern can use."""

    has_more: MaybeBool = None


class Connection(WireType):
    """Another service that an intern is connected to."""

    key: str
    """The service's word for it."""
