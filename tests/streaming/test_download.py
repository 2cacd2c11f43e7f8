"""Files as they come: handed on piece by piece, saved whole or not at all, in constant memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from openrouter_async import AsyncOpenRouter, ConfigurationError, Limits, Retries, errors, operations
from openrouter_async._sansio.request import build_request
from openrouter_async.streaming.download import LONGEST_REPORT, Download
from tests.support.loopback import Connection, LoopbackServer, Reply, Request, serve_responses

pytestmark = pytest.mark.loopback

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"
PIECE = bytes(range(256)) * 256
MIB = 1024 * 1024


def client_of(server: LoopbackServer) -> AsyncOpenRouter:
    return AsyncOpenRouter(KEY, base_url=server.url, retries=Retries(base=0.001))


def download_of(client: AsyncOpenRouter, kind: str | None = "a video") -> Download:
    request = build_request(operations.GET_VIDEO_CONTENT, path={"jobId": "one"})
    return Download(client._sender.download(request), kind=kind)


def file_of(pieces: int, *, promised: int | None = None) -> Callable[[Connection, Request], None]:
    """Return an answer of so many pieces, which ends there whatever length was promised."""

    def answer(connection: Connection, request: Request) -> None:
        length = (pieces if promised is None else promised) * len(PIECE)
        connection.send_head(200, {"content-type": "video/mp4", "content-length": str(length)})
        for _ in range(pieces):
            connection.send(PIECE)
        if promised is not None:
            connection.close()

    return answer


def stalls_after(pieces: int) -> Callable[[Connection, Request], None]:
    def answer(connection: Connection, request: Request) -> None:
        connection.send_head(200, {"content-type": "video/mp4", "content-length": str(10 * MIB)})
        for _ in range(pieces):
            connection.send(PIECE)
        connection.wait_closed()
        connection.close()

    return answer


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def test_pieces_come_as_they_are_sent() -> None:
    with LoopbackServer(serve_responses([file_of(5)])) as server:
        async with client_of(server) as client, download_of(client) as download:
            assert (download.media_type, download.length) == (None, None)
            received = b"".join([piece async for piece in download])
            assert received == PIECE * 5
            assert (download.media_type, download.length) == ("video/mp4", len(PIECE) * 5)
            assert client._sender.transport.connections == (1, 1), "the connection serves the next call"


@pytest.mark.slow
async def test_200_mb_are_saved_with_little_memory(tmp_path: Path) -> None:
    pieces = 200 * MIB // len(PIECE)
    with LoopbackServer(serve_responses([file_of(pieces)])) as server:
        async with client_of(server) as client:
            tracemalloc.start()
            try:
                path = await download_of(client).save(tmp_path / "out.mp4")
                _, peak = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
    assert path.stat().st_size == 200 * MIB
    assert peak < 16 * MIB
    assert names(tmp_path) == ["out.mp4"]


async def test_a_file_that_broke_off_is_kept_under_another_name(tmp_path: Path) -> None:
    (tmp_path / "out.mp4").write_bytes(b"before")
    with LoopbackServer(serve_responses([file_of(3, promised=9)])) as server:
        async with client_of(server) as client:
            with pytest.raises(errors.DownloadInterrupted, match=r"after 196608 of 589824 bytes") as caught:
                await download_of(client).save(tmp_path / "out.mp4")
    assert caught.value.path == str(tmp_path / "out.mp4.part")
    assert caught.value.received == 3 * len(PIECE)
    assert (tmp_path / "out.mp4.part").read_bytes() == PIECE * 3
    assert (tmp_path / "out.mp4").read_bytes() == b"before"
    assert len(server.requests) == 1, "a piece was handed over"


async def test_what_arrived_of_a_file_in_memory_is_in_the_error() -> None:
    with LoopbackServer(serve_responses([file_of(3, promised=9)])) as server:
        async with client_of(server) as client:
            with pytest.raises(errors.DownloadInterrupted) as caught:
                await download_of(client).read()
    assert caught.value.data == PIECE * 3
    assert caught.value.path is None


async def test_a_file_of_unknown_length_that_broke_off_is_kept_too(tmp_path: Path) -> None:
    def cut(connection: Connection, request: Request) -> None:
        connection.start_chunked(content_type="video/mp4")
        connection.chunk(PIECE)
        connection.close()

    with LoopbackServer(serve_responses([cut])) as server:
        async with client_of(server) as client:
            with pytest.raises(errors.DownloadInterrupted, match="after 65536 bytes"):
                await download_of(client).save(tmp_path / "out.mp4")
    assert names(tmp_path) == ["out.mp4.part"]


async def test_a_cancelled_download_leaves_neither_socket_nor_file(tmp_path: Path) -> None:
    with LoopbackServer(serve_responses([stalls_after(20)])) as server:
        async with client_of(server) as client:
            with anyio.move_on_after(0.3) as scope:
                await download_of(client).save(tmp_path / "out.mp4")
            assert scope.cancelled_caught
            assert client._sender.transport.connections == (0, 0)
            assert names(tmp_path) == []


async def test_a_download_that_is_left_closes_its_connection() -> None:
    with LoopbackServer(serve_responses([stalls_after(1)])) as server:
        async with client_of(server) as client:
            async with download_of(client) as download:
                await anext(download)
            assert client._sender.transport.connections == (0, 0)


async def test_a_read_is_repeated_before_its_first_piece(tmp_path: Path) -> None:
    answers = [Reply(503, json={"error": {"code": 503, "message": "busy"}}), file_of(2)]
    with LoopbackServer(serve_responses(answers)) as server:
        async with client_of(server) as client:
            path = await download_of(client).save(tmp_path / "out.mp4")
    assert path.read_bytes() == PIECE * 2
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("body", "headers", "expected"),
    [
        (b'{"error": {"code": 402, "message": "no credits"}}', {}, errors.InsufficientCredits),
        (b'{"a": 1}', {}, errors.InvalidResponseError),
        (b"<html>", {"content-type": "text/html"}, errors.InvalidResponseError),
        (b"", {"content-type": "video/mp4"}, errors.InvalidResponseError),
        (b" " * (LONGEST_REPORT + 1), {}, errors.InvalidResponseError),
    ],
)
async def test_what_is_no_file_is_not_saved(
    body: bytes, headers: dict[str, str], expected: type[Exception], tmp_path: Path
) -> None:
    with LoopbackServer(serve_responses([Reply(200, body, headers)])) as server:
        async with client_of(server) as client:
            with pytest.raises(expected):
                await download_of(client).save(tmp_path / "out.mp4")
    assert names(tmp_path) == []


@pytest.mark.parametrize("body", [b'{"a": 1}', b'{"a": "' + b"x" * LONGEST_REPORT + b'"}'])
async def test_a_file_may_be_json_where_any_kind_is_wanted(body: bytes) -> None:
    with LoopbackServer(serve_responses([Reply(200, body)])) as server:
        async with client_of(server) as client:
            assert await download_of(client, kind=None).read() == body


async def test_a_file_in_memory_is_bounded_and_one_on_the_disk_is_not(tmp_path: Path) -> None:
    with LoopbackServer(serve_responses([file_of(20)])) as server:
        async with AsyncOpenRouter(KEY, base_url=server.url, limits=Limits(body_bytes=MIB)) as client:
            request = build_request(operations.GET_VIDEO_CONTENT, path={"jobId": "one"})
            with pytest.raises(errors.ResponseTooLarge, match="or save it to the disk"):
                await Download(client._sender.download(request, is_whole=True)).read()
            path = await download_of(client).save(tmp_path / "out.mp4")
    assert path.stat().st_size == len(PIECE) * 20


async def test_a_place_that_cannot_be_written_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    with LoopbackServer(serve_responses([file_of(1)])) as server:
        async with client_of(server) as client:
            with pytest.raises(ConfigurationError, match="no such file or directory"):
                await download_of(client).save(tmp_path / "none" / "out.mp4")
    assert server.requests == []
