"""The providers of models. Source: the reply of `listProviders` in the service's OpenAPI document."""

from __future__ import annotations

from typing import Annotated

from .._base import WireType
from ..common import Lenient, MaybeStr

__all__ = ["ProviderInfo"]


class ProviderInfo(WireType):
    """A provider; `Provider` is what requests say about providers."""

    slug: str
    """What requests name it by."""
    name: MaybeStr = None
    headquarters: MaybeStr = None
    """A country, in two letters."""
    datacenters: Annotated[list[str] | None, Lenient()] = None
    """Countries, in two letters; None where the service does not say."""
    privacy_policy_url: MaybeStr = None
    terms_of_service_url: MaybeStr = None
    status_page_url: MaybeStr = None
