"""Files that are kept at the service."""

from __future__ import annotations

from contextlib import closing

from ... import operations
from ..._sansio.pagination import CursorPaging
from ..._sansio.request import QueryValue, build_request
from ...options import RequestOptions, Retries
from ...streaming.download import Download
from ...types.files.files import DeletedFile, File, FilePage, FileProvider
from .._base import Resource, reader
from .._pagination import Paginator
from ..uploads import FileSource, FileUpload, open_upload

__all__ = ["FilesResource"]

MOST_IN_A_PAGE = 1_000
"""Files; the service's bound."""

_PARAMETERS = {"openai": "after", "anthropic": "after_id"}
"""The argument that requests the next page, by provider; the service itself has cursors."""

_read_file = reader(File)


class FilesResource(Resource):
    """`/files`; needs an inference key, and costs nothing. All keys of a workspace see its files.

    ```python
    file = await client.files.upload(Path("report.pdf"))
    async for each in client.files.list():
        print(each.id, each.filename, each.size)
    await client.files.delete(file.id)
    ```

    With `provider`, a file is kept by that provider, under your own key with it, which `client.byok` stores.
    """

    async def upload(
        self,
        file: FileSource | FileUpload,
        *,
        provider: FileProvider | None = None,
        workspace_id: str | None = None,
        options: RequestOptions | None = None,
    ) -> File:
        """Store a file, and return its description.

        The file is read while it is sent, so it may be larger than memory; the service takes 100 MB. The client sends
        it a second time only if the service refused the first request, and never where the source is a stream, which
        can be read once. An uploaded file cannot be downloaded again: keep the original.

        Args:
            file: A path, bytes, an open file or an async stream of bytes; as a `FileUpload` where name or media type
                are not theirs.
            provider: Who keeps it: `openai` or `anthropic`, with your own key there. Default: the service.
            workspace_id: A UUID. Default: the workspace of the key.
            options: See `RequestOptions`.

        Raises:
            ConfigurationError: the file is empty or cannot be read; nothing was sent.
            PayloadTooLarge: the file is too large.
            OpenRouterError: any other failure of a call.
        """
        sender = self._sender.with_options(options)
        with closing(await open_upload(file, ())) as form:
            data = build_request(
                operations.UPLOAD_FILE,
                query=_query(provider, workspace_id),
                upload=form,
                content_type=form.content_type,
            )
            if not form.is_repeatable:
                sender = sender.with_options({"retries": Retries(attempts=1)})
            return await sender.send(data, _read_file)

    def list(
        self,
        *,
        provider: FileProvider | None = None,
        workspace_id: str | None = None,
        after: str | None = None,
        limit: int | None = None,
        options: RequestOptions | None = None,
    ) -> Paginator[File]:
        """Return the files of a workspace, or of a provider, the oldest first.

        Args:
            provider: Whose files: `openai` or `anthropic`, under your own key there. Default: those of the service.
            workspace_id: A UUID. Default: the workspace of the key.
            after: Where the list begins: behind the file with this id, or at the service's own cursor.
            limit: How many a page has, 1 to 1,000.
            options: See `RequestOptions`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent. Everything else is raised while reading.
        """
        parameter = _PARAMETERS.get(provider or "", "cursor")
        return self._pages(
            operations.LIST_FILES,
            into=FilePage,
            query={**_query(provider, workspace_id), parameter: after, "limit": limit},
            paging=CursorPaging(parameter=parameter),
            most=MOST_IN_A_PAGE,
            options=options,
        )

    async def get(
        self,
        id: str,
        *,
        provider: FileProvider | None = None,
        workspace_id: str | None = None,
        options: RequestOptions | None = None,
    ) -> File:
        """Return the description of one file; arguments are those of `upload`.

        Raises:
            NotFound: the service does not have the file.
            OpenRouterError: any other failure of a call.
        """
        return await self._send(
            operations.GET_FILE,
            into=File,
            path={"file_id": id},
            query=_query(provider, workspace_id),
            options=options,
        )

    def content(
        self,
        id: str,
        *,
        provider: FileProvider | None = None,
        workspace_id: str | None = None,
        options: RequestOptions | None = None,
    ) -> Download:
        """Return the bytes of a file that a tool or the service made, piece by piece; `save` writes them to the disk.

        ```python
        await client.files.content(id).save("plot.png")
        ```

        Nothing is sent before you ask for the first piece. Arguments are those of `upload`.

        Raises:
            BadRequest: the file was uploaded; the service returns only files that were made there. This error, and
                all that follow, are raised while reading.
            NotFound: the service does not have the file.
            OpenRouterError: any other failure of a call.
        """
        data = build_request(
            operations.GET_FILE_CONTENT, path={"file_id": id}, query=_query(provider, workspace_id)
        )
        return Download(self._sender.with_options(options).download(data))

    async def delete(
        self,
        id: str,
        *,
        provider: FileProvider | None = None,
        workspace_id: str | None = None,
        options: RequestOptions | None = None,
    ) -> None:
        """Delete a file for good; arguments are those of `upload`.

        Raises:
            NotFound: the service does not have the file.
            OpenRouterError: any other failure of a call.
        """
        await self._send(
            operations.DELETE_FILE,
            into=DeletedFile,
            path={"file_id": id},
            query=_query(provider, workspace_id),
            options=options,
        )


def _query(provider: str | None, workspace_id: str | None) -> dict[str, QueryValue]:
    return {"provider": provider, "workspace_id": workspace_id}
