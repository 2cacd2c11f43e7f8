"""Server tools, which the service runs itself."""

from __future__ import annotations

from ... import operations
from ..._sansio.pagination import OffsetPaging
from ..._sansio.request import QueryValue
from ...options import RequestOptions
from ...types.catalogue.server_tools import APIFormat, ServerTool, ServerToolPage
from ...types.common import Envelope
from .._base import Resource
from .._pagination import Paginator

__all__ = ["ServerToolsResource"]


class ServerToolsResource(Resource):
    """`/tools`; needs a key of either kind, and costs nothing.

    ```python
    for tool in await client.server_tools.list(api_format="chat-completions"):
        print(tool.id, tool.summary)
    ```

    Each can be given to a request as it is: `tools=[{"type": tool.id}]`.
    """

    def list(
        self,
        *,
        api_format: APIFormat | None = None,
        offset: int | None = None,
        limit: int | None = None,
        options: RequestOptions | None = None,
    ) -> Paginator[ServerTool]:
        """Return the tools that the service runs.

        The list comes whole, in one request, unless `offset` or `limit` is given.

        Args:
            api_format: Only those for this dialect of requests.
            offset: Tools to pass over.
            limit: How many a page has, 1 to 100.
            options: See `RequestOptions`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent. Everything else is raised while reading.
        """
        query: dict[str, QueryValue] = {"api_format": api_format, "offset": offset, "limit": limit}
        return self._pages(
            operations.LIST_SERVER_TOOLS,
            into=ServerToolPage,
            query=query,
            paging=OffsetPaging(says_more=True),
            options=options,
        )

    async def get(self, name: str, *, options: RequestOptions | None = None) -> ServerTool:
        """Return one tool, with the models that have one of their own which does the same.

        Args:
            name: Its id, or an alias, which costs a second request: the service redirects it.
            options: See `RequestOptions`.

        Raises:
            NotFound: the tool does not exist.
            OpenRouterError: any other failure of a call.
        """
        return await self._send_data(
            operations.GET_SERVER_TOOL, into=Envelope[ServerTool], path={"name": name}, options=options
        )
