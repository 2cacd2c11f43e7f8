"""Who runs models."""

from __future__ import annotations

from ..._sansio.pagination import Arguments, OffsetPaging
from ...operations import LIST_PROVIDERS
from ...options import RequestOptions
from ...types.catalogue.providers import ProviderInfo
from ...types.common import Listing
from .._base import Resource
from .._pagination import Paginator

__all__ = ["ProvidersResource"]


class ProvidersResource(Resource):
    """`GET /providers`; a key is sent if there is one."""

    def list(self, *, options: RequestOptions | None = None) -> Paginator[ProviderInfo]:
        """Return all providers, in one request, which costs nothing."""

        async def fetch(arguments: Arguments) -> Listing[ProviderInfo]:
            return await self._send(
                LIST_PROVIDERS, into=Listing[ProviderInfo], query=arguments, options=options
            )

        return Paginator(fetch, OffsetPaging(says_more=True), {})
