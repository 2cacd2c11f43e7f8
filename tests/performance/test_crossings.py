"""How far a reader has to follow a call: the files it goes through, and how often it goes from one to another."""

from __future__ import annotations

from threading import Semaphore

import pytest

from openrouter_async import AsyncOpenRouter
from openrouter_async.streaming.events import TextDelta
from tests.performance.counting import MODEL, Reads, chunk, client_over
from tests.performance.test_calls import COMPLETION
from tests.support.crossings import Crossings, crossings_of
from tests.support.loopback import WAIT_S, Connection, LoopbackServer, Reply, serve_responses, sse

MOST = 104
MOST_FILES = 36
MOST_BY_CHUNK = {"socket": 14.1, "transport": 7.1}


def client_of(server: LoopbackServer) -> AsyncOpenRouter:
    return AsyncOpenRouter("sk-or-v1-0000", base_url=server.url, default_model=MODEL)


async def test_a_plain_call_goes_through_few_files() -> None:
    """From the prompt to the socket, and from the answer's bytes to the reply."""
    with LoopbackServer(serve_responses([Reply(json=COMPLETION)])) as server:
        async with client_of(server) as client:
            way = await crossings_of(lambda: client.chat.create("Hi"))
    assert way.count <= MOST, str(way)
    assert len(way.files) <= MOST_FILES, str(way)


CHUNK: dict[str, object] = {"role": "assistant", "content": "word "}
END = (chunk({"content": ""}, "stop"), "[DONE]")
wanted = Semaphore(0)


def one_chunk_when_it_is_wanted(connection: Connection) -> None:
    while (request := connection.read_request()) is not None:
        connection.start_chunked()
        for _ in range(int(request.headers["x-chunks"])):
            assert wanted.acquire(timeout=WAIT_S)
            connection.event(chunk(CHUNK))
        connection.chunk(sse(*END))
        connection.end_chunked()


class OneChunkInEachRead(Reads):
    def __init__(self, chunks: int) -> None:
        self._reads = [sse(chunk(CHUNK))] * chunks + [sse(*END)]


async def read(client: AsyncOpenRouter, chunks: int) -> None:
    """Read a stream to its end, and ask for each chunk once the one before has arrived."""
    seen = 0
    wanted.release()
    async with client.chat.stream("Hi", options={"headers": {"x-chunks": str(chunks)}}) as stream:
        async for event in stream:
            if isinstance(event, TextDelta):
                seen += 1
                if seen < chunks:
                    wanted.release()
    assert seen == chunks


@pytest.mark.parametrize("way_in", MOST_BY_CHUNK)
async def test_a_chunk_goes_through_few_files(way_in: str) -> None:
    """From the socket, or from a transport, to the text, with one chunk in each read; so the dearest way there is."""
    ways: list[Crossings] = []
    with LoopbackServer(one_chunk_when_it_is_wanted) as server:
        for chunks in (100, 300):
            client = client_of(server) if way_in == "socket" else client_over(OneChunkInEachRead(chunks))
            async with client:
                ways.append(await crossings_of(lambda: read(client, chunks)))  # noqa: B023  # it is awaited here
    assert (ways[1].count - ways[0].count) / 200 <= MOST_BY_CHUNK[way_in], str(ways[0])
