"""Files at the service: sent as a form in constant memory, listed by cursor, and read as they are."""

from __future__ import annotations

import tracemalloc
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from openrouter_async import (
    AsyncOpenRouter,
    BadRequest,
    ConfigurationError,
    FileUpload,
    NotFound,
    Overloaded,
    PayloadTooLarge,
    Retries,
)
from openrouter_async.testing import Emulator
from tests.resources.mocked import mocked
from tests.support.forms import parse_form
from tests.support.loopback import Connection, LoopbackServer, Reply, serve_responses

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"
MIB = 1024 * 1024
NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
OWN: dict[str, Any] = {
    "_shape": "openrouter", "id": "file_1", "type": "file", "filename": "a.pdf", "mime_type": "application/pdf",
    "size_bytes": 5, "created_at": "2026-11-28T12:00:00Z", "downloadable": False,
}  # fmt: skip
BUSY = Reply(503, json={"error": {"code": 503, "message": "busy"}})

loopback = pytest.mark.loopback


def client_of(server: LoopbackServer) -> AsyncOpenRouter:
    return AsyncOpenRouter(KEY, base_url=server.url, retries=Retries(base=0.001))


@pytest.mark.parametrize(
    ("provider", "parameter"),
    [(None, "cursor"), ("openai", "after"), ("anthropic", "after_id"), ("newcomer", "cursor")],
)
async def test_a_list_is_read_by_the_cursor_of_whoever_keeps_the_files(
    provider: str | None, parameter: str
) -> None:
    following = {"cursor": "c1"} if provider is None else {"last_id": "c1"}
    first: dict[str, Any] = {
        "data": [OWN],
        "has_more": True,
        "first_id": "file_1",
        "last_id": "file_1",
        **following,
    }
    last: dict[str, Any] = {"data": [], "has_more": False, "first_id": None, "last_id": None}
    async with mocked(first, last) as service:
        assert [file.id async for file in service.client.files.list(provider=provider, limit=1)] == ["file_1"]
    queries = [dict(request.url.params) for request in service.requests]
    named = {} if provider is None else {"provider": provider}
    assert queries == [{**named, "limit": "1"}, {**named, "limit": "1", parameter: "c1"}]


async def test_a_page_without_files_is_not_the_end() -> None:
    pages: list[Any] = [
        {"data": [], "has_more": True, "last_id": "cfile_0"},
        {"data": [{"id": "cfile_1", "bytes": 3, "created_at": 0}], "has_more": False, "last_id": "cfile_1"},
    ]
    async with mocked(*pages) as service:
        (file,) = await service.client.containers.files("cntr_1").all()
    assert (file.id, file.size, file.created_at) == ("cfile_1", 3, datetime(1970, 1, 1, tzinfo=UTC))
    assert service.requests[1].url.params["after"] == "cfile_0"


async def test_a_list_has_at_most_a_thousand_files_a_page() -> None:
    async with mocked({"data": [], "has_more": False}) as service:
        await service.client.files.list(limit=1_000)
        with pytest.raises(ConfigurationError, match=r"limit is 1001; expected a whole number of 1 to 1,000"):
            service.client.files.list(limit=1_001)
    assert len(service.requests) == 1


@loopback
async def test_a_file_is_one_part_of_a_form(tmp_path: Path) -> None:
    path = tmp_path / "Bericht für März.pdf"
    path.write_bytes(b"%PDF-1.7")
    with LoopbackServer(serve_responses([Reply(json=OWN)])) as server:
        async with client_of(server) as client:
            await client.files.upload(path, provider="openai")
        (request,) = server.requests
    fields, (file,) = parse_form(request.headers["content-type"], request.body)
    assert request.path == "/api/v1/files?provider=openai"
    assert fields == []
    assert (file.name, file.filename, file.media_type, file.data) == (
        "file", "Bericht für März.pdf", "application/pdf", b"%PDF-1.7",
    )  # fmt: skip


@loopback
async def test_an_upload_is_sent_again_where_it_was_refused_but_no_stream_is() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"%PDF-"

    with LoopbackServer(serve_responses([BUSY, Reply(json=OWN)])) as server:
        async with client_of(server) as client:
            assert (await client.files.upload(b"%PDF-")).id == "file_1"
    assert len(server.requests) == 2
    with LoopbackServer(serve_responses([BUSY, Reply(json=OWN)])) as server:
        async with client_of(server) as client:
            with pytest.raises(Overloaded):
                await client.files.upload(FileUpload(source=pieces(), filename="a.pdf"))
    assert len(server.requests) == 1


@pytest.mark.slow
@loopback
async def test_200_mb_are_uploaded_with_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    with path.open("wb") as file:
        file.truncate(200 * MIB)
    left = 1

    def count(connection: Connection) -> None:
        nonlocal left
        request = connection.read_head()
        assert request is not None
        left = int(request.headers["content-length"]) - len(connection._buffer)
        while left > 0 and (piece := connection.sock.recv(MIB)):
            left -= len(piece)
        connection.send(Reply(json=OWN).encode())

    with LoopbackServer(count) as server:
        async with client_of(server) as client:
            tracemalloc.start()
            try:
                await client.files.upload(path)
                _, peak = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
    assert left == 0
    assert peak < 16 * MIB


async def test_a_file_that_is_too_large_has_its_error() -> None:
    error: dict[str, Any] = {"error": {"code": 413, "message": "File exceeds 100 MB"}}
    async with mocked(error, status=413) as service:
        with pytest.raises(PayloadTooLarge, match="File exceeds 100 MB"):
            await service.client.files.upload(b"%PDF-")


async def test_an_empty_file_is_refused_before_it_is_sent() -> None:
    async with mocked(OWN) as service:
        with pytest.raises(ConfigurationError, match="the file is empty"):
            await service.client.files.upload(b"")
    assert service.requests == []


@loopback
async def test_a_file_of_any_kind_is_read_and_saved(tmp_path: Path) -> None:
    files = {
        "application/octet-stream": b"\x00\x01",
        "application/json": b'{"rows": [1, 2]}',
        "text/html": b"<p>a report</p>",
        "text/plain": b"",
    }
    replies = [Reply(200, data, {"content-type": kind}) for kind, data in files.items()]
    with LoopbackServer(serve_responses(replies)) as server:
        async with client_of(server) as client:
            for data in files.values():
                path = await client.files.content("file_1").save(tmp_path / "file")
                assert path.read_bytes() == data


@loopback
async def test_files_and_what_tools_wrote_on_the_emulator(tmp_path: Path) -> None:
    with Emulator() as emulator:
        async with AsyncOpenRouter(emulator.key, base_url=emulator.base_url) as client:
            names = ["a.txt", "b.txt", "c.txt"]
            uploads = [FileUpload(source=name.encode(), filename=name) for name in names]
            stored = [await client.files.upload(upload) for upload in uploads]
            assert [file.filename async for file in client.files.list(limit=2)] == names
            rest = client.files.list(after=stored[0].id)
            assert [file.filename for file in await rest.all()] == names[1:]
            assert (await client.files.get(stored[0].id)).model_dump() == stored[0].model_dump()
            assert stored[0].size == 5
            with pytest.raises(BadRequest, match="cannot be downloaded"):
                await client.files.content(stored[0].id).read()
            for file in stored:
                await client.files.delete(file.id)
            with pytest.raises(NotFound):
                await client.files.get(stored[0].id)

            written = await client.containers.files("cntr_1").all()
            assert written
            for each in written:
                assert (await client.containers.file("cntr_1", each.id)).path == each.path
                await client.containers.content("cntr_1", each.id).save(tmp_path / each.id)
                assert (tmp_path / each.id).stat().st_size > 0
            copy = await client.containers.promote("cntr_1", written[0].id)
            assert await client.files.content(copy.id).read()
            assert [file.id for file in await client.files.list().all()] == [copy.id]
