"""Providers, which run models, and their endpoints over all models; `client.models.endpoints` has those of one."""

from __future__ import annotations

from ..._sansio.pagination import OffsetPaging
from ...operations import LIST_PROVIDERS, LIST_ZDR_ENDPOINTS
from ...options import RequestOptions
from ...types.catalogue.endpoints import Endpoint
from ...types.catalogue.providers import ProviderInfo
from ...types.common import Listing
from .._base import Resource
from .._pagination import Paginator

__all__ = ["EndpointsResource", "ProvidersResource"]


class ProvidersResource(Resource):
    """`GET /providers`; a key is sent if there is one."""

    def list(self, *, options: RequestOptions | None = None) -> Paginator[ProviderInfo]:
        """Return all providers, in one request, which costs nothing."""
        paging = OffsetPaging(says_more=True)
        return self._pages(
            LIST_PROVIDERS, into=Listing[ProviderInfo], query={}, paging=paging, options=options
        )


class EndpointsResource(Resource):
    """`GET /endpoints/zdr`; a key is sent if there is one."""

    def zdr(self, *, options: RequestOptions | None = None) -> Paginator[Endpoint]:
        """Return the endpoints that retain nothing of a request, in one request, which costs nothing."""
        paging = OffsetPaging(says_more=True)
        return self._pages(
            LIST_ZDR_ENDPOINTS, into=Listing[Endpoint], query={}, paging=paging, options=options
        )
