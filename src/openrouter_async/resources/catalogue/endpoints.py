"""Offers of models, over all models; those of one model are `client.models.endpoints`."""

from __future__ import annotations

from ..._sansio.pagination import Arguments, OffsetPaging
from ...operations import LIST_ZDR_ENDPOINTS
from ...options import RequestOptions
from ...types.catalogue.endpoints import Endpoint
from ...types.common import Listing
from .._base import Resource
from .._pagination import Paginator

__all__ = ["EndpointsResource"]


class EndpointsResource(Resource):
    """`GET /endpoints/zdr`; a key is sent if there is one."""

    def zdr(self, *, options: RequestOptions | None = None) -> Paginator[Endpoint]:
        """Return the endpoints that retain nothing of a request, in one request, which costs nothing."""

        async def fetch(arguments: Arguments) -> Listing[Endpoint]:
            return await self._send(
                LIST_ZDR_ENDPOINTS, into=Listing[Endpoint], query=arguments, options=options
            )

        return Paginator(fetch, OffsetPaging(says_more=True), {})
