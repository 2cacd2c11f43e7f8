"""How far a reader has to follow a call: the files it goes through, and how often it goes from one to another."""

from __future__ import annotations

from threading import Semaphore

import pytest

from openrouter_async import AsyncOpenRouter
from openrouter_async._http.http11.parsers import HTTPParser
from openrouter_async.streaming.events import TextDelta
from tests.performance.counting import MODEL, Reads, chunk, client_over
from tests.performance.test_calls import COMPLETION
from tests.support.crossings import Crossings, crossings_of
from tests.support.loopback import WAIT_S, Connection, LoopbackServer, Reply, serve_responses, sse

MOST = 76
MOST_FILES = 26
MOST_BY_CHUNK = {"socket, one by one": 14.4, "socket, all at once": 7.4, "transport": 6.4}
"""Who waits for each chunk is resumed through the files that wait; usually several have come when one is read.

14, 7 and 6, but for the pauses after each 5 ms of work (`exchange.SLICE_S`), of which a slow machine has more.
"""


def client_of(server: LoopbackServer, http_parser: HTTPParser = "h11") -> AsyncOpenRouter:
    return AsyncOpenRouter("sk-or-v1-0000", base_url=server.url, default_model=MODEL, http_parser=http_parser)


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


def chunks_as_they_are_wanted(connection: Connection) -> None:
    while (request := connection.read_request()) is not None:
        connection.start_chunked()
        count, one = int(request.headers["x-chunks"]), sse(chunk(CHUNK))
        if request.headers["x-way"] == "socket, all at once":
            connection.send(b"%x\r\n%b\r\n" % (len(one), one) * count)
        else:
            for _ in range(count):
                assert wanted.acquire(timeout=WAIT_S)
                connection.chunk(one)
        connection.chunk(sse(*END))
        connection.end_chunked()


class OneChunkInEachRead(Reads):
    def __init__(self, chunks: int) -> None:
        self._reads = [sse(chunk(CHUNK))] * chunks + [sse(*END)]


async def read(client: AsyncOpenRouter, chunks: int, way_in: str) -> None:
    """Read a stream to its end, and ask for each chunk once the one before has arrived, where they come one by one."""
    seen = 0
    headers = {"x-chunks": str(chunks), "x-way": way_in}
    async with client.chat.stream("Hi", options={"headers": headers}) as stream:
        if way_in == "socket, one by one":
            wanted.release()
        async for event in stream:
            if isinstance(event, TextDelta):
                seen += 1
                if way_in == "socket, one by one" and seen < chunks:
                    wanted.release()
    assert seen == chunks


@pytest.mark.parametrize("way_in", MOST_BY_CHUNK)
async def test_a_chunk_goes_through_few_files(way_in: str) -> None:
    """From the socket, or from a transport, to the text, with one chunk in each read; so the dearest way there is."""
    ways: list[Crossings] = []
    with LoopbackServer(chunks_as_they_are_wanted) as server:
        for chunks in (100, 300):
            client = client_over(OneChunkInEachRead(chunks)) if way_in == "transport" else client_of(server)
            async with client:
                ways.append(await crossings_of(lambda: read(client, chunks, way_in)))  # noqa: B023  # it is awaited here
    assert (ways[1].count - ways[0].count) / 200 <= MOST_BY_CHUNK[way_in], str(ways[0])


@pytest.mark.parametrize(("http_parser", "most"), [("h11", 25.4), ("httptools", 25.4)])
async def test_a_chunk_that_comes_alone_takes_few_functions_of_ours(
    http_parser: HTTPParser, most: float
) -> None:
    """Resumptions of coroutines among them; parsers and event loops are not counted."""
    steps: list[int] = []
    with LoopbackServer(chunks_as_they_are_wanted) as server:
        for chunks in (100, 300):
            async with client_of(server, http_parser) as client:
                way = await crossings_of(lambda: read(client, chunks, "socket, one by one"))  # noqa: B023  # it is awaited here
            steps.append(len(way.steps))
    assert (steps[1] - steps[0]) / 200 <= most
