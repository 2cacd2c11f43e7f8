"""Equal streams share one request: each reader gets every event, and the last one that leaves cancels it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import pytest

from openrouter_async import AsyncOpenRouter, LocalCache, OpenRouterError, Recover, Retries
from openrouter_async._http.shared_stream import SharedStream
from openrouter_async.streaming.events import ReasoningDelta, TextDelta, ToolCallDelta
from tests._http.test_flights import KEY, is_closed
from tests.performance.counting import chunk
from tests.support.loopback import WAIT_S, Connection, LoopbackServer, Reply, sse

pytestmark = pytest.mark.loopback

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
CALL = {"index": 0, "id": "c1", "function": {"name": "f", "arguments": "{}"}}
PIECES = [
    sse(chunk({"role": "assistant", "reasoning": "hm"})),
    sse(chunk({"content": "one "})),
    sse(chunk({"content": "two", "tool_calls": [CALL]})),
]
USAGE = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2, "cost": 0.25}
END = sse({**chunk({}, "tool_calls"), "usage": USAGE}, "[DONE]")


def framed(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


class Service:
    """Streams some pieces, and the rest once it is let; the first `failures` requests are refused."""

    def __init__(self, failures: int = 0) -> None:
        self.may_end = threading.Event()
        self.was_left = threading.Event()
        self.failures = failures
        self._server = LoopbackServer(self._serve)

    def _serve(self, connection: Connection) -> None:
        while connection.read_request() is not None:
            if self.count <= self.failures:
                connection.send(Reply(503, json={"error": {"code": 503, "message": "busy"}}).encode())
                continue
            connection.send(HEAD + framed(PIECES[0]) + framed(PIECES[1]))
            while not self.may_end.wait(0.01):
                if is_closed(connection):
                    self.was_left.set()
                    return
            connection.send(framed(PIECES[2]) + framed(END) + b"0\r\n\r\n")

    @property
    def count(self) -> int:
        return len(self._server.requests)

    def client(self, **options: Any) -> AsyncOpenRouter:
        retries = Retries(attempts=3, base=0.01) if self.failures else Retries(attempts=1)
        return AsyncOpenRouter(
            KEY,
            base_url=self._server.url,
            coalesce=True,
            default_model="m",
            **{"retries": retries, **options},
        )

    def __enter__(self) -> Service:
        self._server.__enter__()
        return self

    def __exit__(self, *exc: Any) -> None:
        self.may_end.set()
        self._server.__exit__(*exc)


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as service:
        yield service


class Reader:
    """One call, and what it was given."""

    def __init__(self, client: AsyncOpenRouter, **params: Any) -> None:
        self._client = client
        self._params = params
        self.events: list[object] = []
        self.reply: Any = None
        self.error: OpenRouterError | None = None
        self.scope = anyio.CancelScope()

    async def run(self) -> None:
        with self.scope:
            try:
                async with self._client.chat.stream("Hi", **self._params) as stream:
                    async for event in stream:
                        self.events.append(event)
                    self.reply = await stream.final()
            except OpenRouterError as error:
                self.error = error

    async def has_begun(self) -> None:
        with anyio.fail_after(WAIT_S):
            while not any(isinstance(event, TextDelta) for event in self.events):  # noqa: ASYNC110
                await anyio.sleep(0.005)


async def test_every_reader_gets_every_event_of_one_request(service: Service) -> None:
    async with service.client() as client, client.track() as spend:
        readers = [Reader(client) for _ in range(20)]
        async with anyio.create_task_group() as tasks:
            for reader in readers[:10]:
                tasks.start_soon(reader.run)
            await readers[0].has_begun()
            for reader in readers[10:]:
                tasks.start_soon(reader.run)
            await readers[19].has_begun()
            service.may_end.set()
        assert spend.cost == Decimal("0.25")
    assert service.count == 1
    for reader in readers:
        kinds = [type(event) for event in reader.events]
        assert {ReasoningDelta, TextDelta, ToolCallDelta} <= {*kinds}
        assert [event.text for event in reader.events if isinstance(event, TextDelta)] == ["one ", "two"]
        assert len(kinds) == len(readers[0].events)
        assert reader.reply.text == "one two"
    costs = [reader.reply.cost for reader in readers]
    assert sorted(costs) == [Decimal(0)] * 19 + [Decimal("0.25")]
    assert sum(reader.reply.cache is not None for reader in readers) == 19


async def test_readers_leave_alone_and_the_last_cancels_the_request(service: Service) -> None:
    async with service.client() as client:
        readers = [Reader(client) for _ in range(5)]
        async with anyio.create_task_group() as tasks:
            for reader in readers:
                tasks.start_soon(reader.run)
            await readers[4].has_begun()
            for reader in readers[:4]:
                reader.scope.cancel()
            await anyio.sleep(0.05)
            assert not service.was_left.is_set()
            readers[4].scope.cancel()
        with anyio.fail_after(WAIT_S):
            while not service.was_left.is_set():  # noqa: ASYNC110 - it is another thread that tells
                await anyio.sleep(0.005)
        service.may_end.set()
        again = Reader(client)
        await again.run()
    assert again.reply.text == "one two"
    assert service.count == 2


async def test_the_one_who_began_may_leave(service: Service) -> None:
    async with service.client() as client:
        first, second = Reader(client), Reader(client)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(first.run)
            await first.has_begun()
            tasks.start_soon(second.run)
            await second.has_begun()
            first.scope.cancel()
            await anyio.sleep(0.05)
            service.may_end.set()
    assert service.count == 1
    assert (second.reply.text, second.reply.cost) == ("one two", Decimal("0.25"))


async def test_a_failure_before_the_first_piece_is_retried_once_for_all() -> None:
    with Service(failures=1) as service:
        service.may_end.set()
        async with service.client() as client:
            readers = [Reader(client) for _ in range(5)]
            async with anyio.create_task_group() as tasks:
                for reader in readers:
                    tasks.start_soon(reader.run)
    assert service.count == 2
    assert [reader.reply.text for reader in readers] == ["one two"] * 5


async def test_a_failure_is_raised_to_each(service: Service) -> None:
    service.failures = 10
    async with service.client() as client:
        readers = [Reader(client) for _ in range(5)]
        async with anyio.create_task_group() as tasks:
            for reader in readers:
                tasks.start_soon(reader.run)
    assert service.count == 3, "the attempts of one call"
    assert [type(reader.error).__name__ for reader in readers] == ["Overloaded"] * 5
    assert len({id(reader.error) for reader in readers}) == 5


async def test_of_a_stream_that_fails_one_reader_pays(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    failure = {
        "error": {"code": 502, "message": "upstream"},
        "choices": [{"delta": {}, "finish_reason": "error"}],
    }
    monkeypatch.setitem(globals(), "END", sse({"id": "gen-1", **failure}))
    service.may_end.set()
    async with service.client() as client:
        readers = [Reader(client) for _ in range(3)]
        async with anyio.create_task_group() as tasks:
            for reader in readers:
                tasks.start_soon(reader.run)
    assert service.count == 1
    assert sorted(len(reader.error.billed) for reader in readers if reader.error) == [0, 0, 1]


async def test_what_was_shared_is_kept_and_recovers(service: Service, tmp_path: Path) -> None:
    service.may_end.set()
    async with service.client(local_cache=LocalCache(tmp_path / "a.sqlite")) as client:
        readers = [Reader(client, recover=Recover()) for _ in range(3)]
        async with anyio.create_task_group() as tasks:
            for reader in readers:
                tasks.start_soon(reader.run)
        plain = await client.chat.create("Hi")
    assert service.count == 1
    assert plain.text == "one two"
    assert plain.cache is not None
    assert plain.cache.where == "local"
    assert [call.name for call in plain.tool_calls] == ["f"]
    assert plain.reasoning == "hm"


async def test_a_stream_that_is_whole_but_not_kept_yet_is_waited_for(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_whole, may_be_kept, finish = anyio.Event(), anyio.Event(), SharedStream.finish

    async def keep_later(shared: SharedStream, answer: object) -> None:
        await may_be_kept.wait()
        finish(shared, answer)

    def finish_later(shared: SharedStream, answer: object) -> None:
        shared.is_finished, shared.answer = True, answer
        is_whole.set()
        tasks.start_soon(keep_later, shared, answer)

    monkeypatch.setattr(SharedStream, "finish", finish_later)
    service.may_end.set()
    async with service.client(local_cache=LocalCache(tmp_path / "a.sqlite")) as client:
        first, second = Reader(client), Reader(client)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(first.run)
            await is_whole.wait()
            tasks.start_soon(second.run)
            await anyio.sleep(0.05)  # time in which it could ask by mistake
            may_be_kept.set()
    assert service.count == 1
    assert second.reply.text == "one two"
