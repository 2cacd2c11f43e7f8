"""Containers: where tools of the service run, and the files that they write there."""

from __future__ import annotations

from ... import operations
from ..._sansio.pagination import CursorPaging
from ..._sansio.request import build_request
from ...options import RequestOptions
from ...streaming.download import Download
from ...types.files.files import ContainerFile, ContainerFilePage, File
from .._base import Resource
from .._pagination import Paginator
from .files import MOST_IN_A_PAGE

__all__ = ["ContainersResource"]


class ContainersResource(Resource):
    """`/containers`; needs an inference key, and costs nothing.

    The ids of a container and of its files are in the results of the tools that ran there, such as
    `openrouter:bash`.

    ```python
    async for file in client.containers.files(container_id):
        await client.containers.content(container_id, file.id).save(Path(file.path).name)
    ```
    """

    def files(
        self,
        container_id: str,
        *,
        after: str | None = None,
        limit: int | None = None,
        options: RequestOptions | None = None,
    ) -> Paginator[ContainerFile]:
        """Return the files that tools wrote in a container.

        A page may be empty although there are more; the loop asks for the next one then.

        Args:
            container_id: Which container.
            after: Begin behind the file with this id.
            limit: How many a page has, 1 to 1,000. Default: 100.
            options: See `RequestOptions`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent. Everything else is raised while reading.
        """
        return self._pages(
            operations.LIST_CONTAINER_FILES,
            into=ContainerFilePage,
            path={"container_id": container_id},
            query={"after": after, "limit": limit},
            paging=CursorPaging(),
            most=MOST_IN_A_PAGE,
            options=options,
        )

    async def file(
        self, container_id: str, file_id: str, *, options: RequestOptions | None = None
    ) -> ContainerFile:
        """Return the description of one file in a container.

        Raises:
            NotFound: the container does not have the file, or has ended.
            OpenRouterError: any other failure of a call.
        """
        return await self._send(
            operations.GET_CONTAINER_FILE,
            into=ContainerFile,
            path={"container_id": container_id, "file_id": file_id},
            options=options,
        )

    def content(self, container_id: str, file_id: str, *, options: RequestOptions | None = None) -> Download:
        """Return the bytes of a file in a container, piece by piece; `save` writes them to the disk.

        Nothing is sent before you ask for the first piece.

        Raises:
            NotFound: the container does not have the file, or has ended. This error, and all that follow, are
                raised while reading.
            OpenRouterError: any other failure of a call.
        """
        data = build_request(
            operations.GET_CONTAINER_CONTENT, path={"container_id": container_id, "file_id": file_id}
        )
        return Download(self._sender.with_options(options).download(data))

    async def promote(
        self, container_id: str, file_id: str, *, options: RequestOptions | None = None
    ) -> File:
        """Copy a file of a container to the files of the workspace, and return the copy, which outlives the container.

        The copy can be downloaded with `client.files.content`. The client sends the request a second time only if the
        service refused the first.

        Raises:
            NotFound: the container does not have the file, or has ended.
            PayloadTooLarge: the file is too large to be kept.
            OpenRouterError: any other failure of a call.
        """
        return await self._send(
            operations.PROMOTE_CONTAINER_FILE,
            into=File,
            path={"container_id": container_id, "file_id": file_id},
            options=options,
        )
