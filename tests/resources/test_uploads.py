"""Files that are sent: from a path, bytes or a stream, of known length or in chunks, in constant memory."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import anyio
import pytest

from openrouter_async import AsyncOpenRouter, ConfigurationError, Retries, operations
from openrouter_async._sansio.request import build_request
from openrouter_async.resources._base import reader
from openrouter_async.resources.uploads import FileSource, FileUpload, open_upload
from openrouter_async.types.common import JsonObject
from tests.support.forms import FormFile, parse_form
from tests.support.loopback import Connection, LoopbackServer, Reply, Request, serve_responses

pytestmark = pytest.mark.loopback

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"
MIB = 1024 * 1024
DATA = b"ID3" + bytes(range(256)) * 4_000
FIELDS = (("model", "m"), ("keyterms[]", "é"))
OK = Reply(json={"text": "ok"})

Sources = dict[str, tuple[FileSource | FileUpload, str, str, bool]]


async def stream(data: bytes = DATA, size: int = 100_000) -> AsyncIterator[bytes]:
    for at in range(0, len(data), size):
        await anyio.lowlevel.checkpoint()
        yield data[at : at + size]


class Pipe(io.RawIOBase):
    """A file that cannot be read twice."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def read(self, size: int = -1, /) -> bytes:
        return self._data.read(size)


async def send(server: LoopbackServer, file: FileSource | FileUpload, *, attempts: int = 3) -> None:
    async with AsyncOpenRouter(
        KEY, base_url=server.url, retries=Retries(base=0.001, attempts=attempts)
    ) as client:
        with closing(await open_upload(file, FIELDS)) as body:
            data = build_request(operations.CREATE_TRANSCRIPTION, upload=body, content_type=body.content_type)
            await client._sender.send(data, reader(JsonObject))


def form_in(request: Request) -> tuple[list[tuple[str, bytes]], list[FormFile]]:
    return parse_form(request.headers["content-type"], request.body)


@pytest.fixture
def sources(tmp_path: Path) -> Iterator[Sources]:
    """Sources, each with the name and the type that are sent, and whether the length is."""
    path = tmp_path / 'say "hi".mp3'
    path.write_bytes(DATA)
    file = path.open("rb")
    yield {
        "path": (path, "say %22hi%22.mp3", "audio/mpeg", True),
        "bytes": (DATA, "file.mp3", "audio/mpeg", True),
        "open file": (file, "say %22hi%22.mp3", "audio/mpeg", True),
        "bytes in memory": (io.BytesIO(DATA), "file.mp3", "audio/mpeg", True),
        "pipe": (FileUpload(source=Pipe(DATA), filename="a.wav"), "a.wav", "audio/x-wav", False),
        "stream": (FileUpload(source=stream(), filename="a.mp3"), "a.mp3", "audio/mpeg", False),
        "stream of known length": (
            FileUpload(source=stream(), media_type="audio/flac", length=len(DATA)), "file.flac", "audio/flac", True,
        ),
    }  # fmt: skip
    file.close()


async def test_a_file_arrives_whole(sources: Sources) -> None:
    for source, filename, media_type, has_length in sources.values():
        await arrives_whole(source, filename, media_type, has_length)


async def arrives_whole(
    source: FileSource | FileUpload, filename: str, media_type: str, has_length: bool
) -> None:
    with LoopbackServer(serve_responses([OK])) as server:
        await send(server, source)
        (request,) = server.requests
    fields, (file,) = form_in(request)
    assert fields == [("model", b"m"), ("keyterms[]", "é".encode())]
    assert (file.filename, file.media_type) == (filename, media_type)
    assert file.data == DATA
    assert ("content-length" in request.headers) == has_length
    assert (request.headers.get("transfer-encoding") == "chunked") == (not has_length)


async def test_what_can_be_read_again_is_sent_again(tmp_path: Path) -> None:
    busy = Reply(503, json={"error": {"code": 503, "message": "busy"}})
    file = io.BytesIO(b"before" + DATA)
    file.seek(6)
    with LoopbackServer(serve_responses([busy, OK])) as server:
        await send(server, file)
        assert [form_in(request)[1][0].data for request in server.requests] == [DATA, DATA]
    assert not file.closed, "it is the caller's"


async def test_what_is_read_once_is_known(sources: Sources) -> None:
    for name, (source, *_) in sources.items():
        with closing(await open_upload(source, FIELDS)) as body:
            assert body.is_repeatable == (name not in ("pipe", "stream", "stream of known length"))


async def test_100_mb_are_sent_with_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with path.open("wb") as file:
        file.truncate(100 * MIB)
    left = 1

    def count(connection: Connection) -> None:
        nonlocal left
        request = connection.read_head()
        assert request is not None
        left = int(request.headers["content-length"]) - len(connection._buffer)
        while left > 0 and (piece := connection.sock.recv(MIB)):
            left -= len(piece)
        connection.send(OK.encode())

    with LoopbackServer(count) as server:
        tracemalloc.start()
        try:
            await send(server, path)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert left == 0
    assert peak < 16 * MIB


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (b"", "the file is empty"),
        (Path("/none/a.mp3"), "'/none/a.mp3' cannot be read: no such file"),
        (Path("/dev/zero"), "'/dev/zero' is not a regular file"),
        (io.StringIO("text"), "open as text; open it in binary mode"),
        (7, "the file is 7; expected a pathlib.Path, bytes, an open file"),
        (FileUpload(source=stream(), length=-1), "length is -1"),
    ],
)
async def test_what_cannot_be_sent_is_refused(source: FileSource, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        await open_upload(source, FIELDS)


@pytest.mark.parametrize(("more", "has"), [(1, f"has {len(DATA)};"), (-1, "has more;")])
async def test_a_stream_of_another_length_than_said_is_an_error(more: int, has: str) -> None:
    with LoopbackServer(serve_responses([OK])) as server, pytest.raises(ConfigurationError, match=has):
        await send(server, FileUpload(source=stream(), length=len(DATA) + more))


async def test_a_file_that_changes_while_it_is_sent(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(DATA)
    with closing(await open_upload(path, FIELDS)) as body:
        path.write_bytes(DATA * 2)
        assert sum([len(piece) async for piece in body]) == body.length, "what was there is sent"
        path.write_bytes(DATA[:-5])
        with pytest.raises(ConfigurationError, match="it was changed while it was sent"):
            _ = [piece async for piece in body]


async def test_no_bytes_are_in_what_is_shown() -> None:
    assert repr(FileUpload(source=b"secret words")) == "FileUpload(<12 bytes>, filename=None)"
