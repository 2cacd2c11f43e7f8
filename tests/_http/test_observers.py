"""Whoever watches a call is told of the same five moments, however the call goes, and the core knows nothing of it."""

from __future__ import annotations

import gc
from contextlib import aclosing, suppress

import anyio
import pytest

from openrouter_async import AsyncOpenRouter, Retries
from openrouter_async._http.call import _observers
from openrouter_async._http.observers import OBSERVERS, Attempt, Observer, TokenCount
from openrouter_async._sansio.request import RequestData, build_request
from openrouter_async.errors import BadRequest, BudgetExceeded, OpenRouterError, StreamError
from openrouter_async.hooks import RequestEvent
from openrouter_async.operations import CREATE_CHAT
from openrouter_async.options import Rate
from openrouter_async.protocols import Sender
from tests.support.loopback import Connection, LoopbackServer, Reply, Request, serve_responses, sse

pytestmark = pytest.mark.loopback

USAGE = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7, "cost": 0.002}
COMPLETION = {
    "id": "gen-1",
    "model": "a/model",
    "choices": [{"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
    "usage": USAGE,
}
GOOD = Reply(json=COMPLETION, headers={"x-generation-id": "gen-1"})
BUSY = Reply(503, json={"error": {"message": "busy", "code": 503}})


def chunk(text: str, finish: str | None = None) -> dict[str, object]:
    return {
        "id": "gen-1",
        "model": "a/model",
        "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}],
    }


STREAM = Reply(
    200,
    sse(chunk("Hi"), chunk("", "stop"), {"id": "gen-1", "choices": [], "usage": USAGE}, "[DONE]"),
    {"content-type": "text/event-stream"},
)


class Watching(Observer):
    """Writes down what it is told."""

    reads = True

    def __init__(self, into: list[str]) -> None:
        self.told = into

    async def started(self, attempt: Attempt) -> None:
        assert not attempt.was_sent
        self.told.append(f"started {attempt.number}")

    def sent(self, attempt: Attempt) -> None:
        assert attempt.was_sent
        assert attempt.admission is not None
        self.told.append("sent")

    def saw(self, attempt: Attempt, data: bytes) -> None:
        assert attempt.status is not None
        self.told.append("saw" if data.startswith(b"{") else f"saw {data!r}")

    def failed(self, attempt: Attempt, error: OpenRouterError, wait: float | None) -> None:
        assert attempt.error is error
        self.told.append(f"failed {type(error).__name__}" + ("" if wait is None else ", again"))

    def ended(self, attempt: Attempt) -> None:
        self.told.append(f"ended {attempt.outcome}" + ("" if attempt.is_in_loop else ", collected"))
        self.last = attempt


class Factory:
    """Watches every call of a client, as telemetry, a cache or a ledger would; it stands nowhere in the core."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.made: list[Watching] = []

    def observe(self, request: RequestData, _sender: Sender) -> Observer | None:
        if request.operation.name != "chat.create":
            return None
        self.made.append(Watching(self.told))
        return self.made[-1]

    @property
    def last(self) -> Attempt:
        return self.made[-1].last


def client_of(server: LoopbackServer, *factories: Factory, **settings: object) -> AsyncOpenRouter:
    client = AsyncOpenRouter(
        "sk-or-v1-test", base_url=server.url, default_model="a/model", retries=Retries(base=0.001), **settings
    )  # type: ignore[arg-type]  # settings of the client, by name
    client._sender.transport.observers.extend(factories)
    return client


async def test_a_plain_call() -> None:
    watch = Factory()
    with LoopbackServer(serve_responses([GOOD])) as server:
        async with client_of(server, watch) as client:
            reply = await client.chat.create("Hello")
    assert watch.told == ["started 1", "sent", "saw", "ended answered"]
    assert watch.last.request.model == "a/model"
    assert (watch.last.status, watch.last.generation_id) == (200, "gen-1")
    assert (str(watch.last.charge.cost), watch.last.charge.tokens) == ("0.002", 7)
    assert watch.last.answer is reply
    assert watch.last.elapsed > 0
    assert watch.last.error is None


async def test_a_stream() -> None:
    watch = Factory()
    with LoopbackServer(serve_responses([STREAM])) as server:
        async with client_of(server, watch) as client, client.chat.stream("Hello") as stream:
            reply = await stream.final()
    assert watch.told == ["started 1", "sent", "saw", "saw", "saw", "saw b'[DONE]'", "ended answered"]
    assert (str(watch.last.charge.cost), watch.last.charge.tokens) == ("0.002", 7)
    assert watch.last.answer == reply


async def test_a_retry() -> None:
    watch = Factory()
    with LoopbackServer(serve_responses([BUSY, GOOD])) as server:
        async with client_of(server, watch) as client:
            await client.chat.create("Hello")
    assert watch.told == [
        *("started 1", "sent", "saw", "failed Overloaded, again"),
        *("started 2", "sent", "saw", "ended answered"),
    ]


async def test_a_status_error() -> None:
    watch = Factory()
    with LoopbackServer(
        serve_responses([Reply(400, json={"error": {"message": "no", "code": 400}})])
    ) as server:
        async with client_of(server, watch) as client:
            with pytest.raises(BadRequest) as caught:
                await client.chat.create("Hello")
    assert watch.told == ["started 1", "sent", "saw", "failed BadRequest", "ended failed"]
    assert watch.last.error is caught.value
    assert not watch.last.may_have_been_billed


async def test_a_cancelled_call() -> None:
    watch = Factory()

    def stall(connection: Connection, _request: Request) -> None:
        connection.wait_closed()
        connection.close()

    with LoopbackServer(serve_responses([stall])) as server:
        async with client_of(server, watch) as client:
            with anyio.move_on_after(0.1):
                await client.chat.create("Hello")
    assert watch.told == ["started 1", "sent", "ended left"]
    assert watch.last.may_have_been_billed


def broken_off(connection: Connection, _request: Request) -> None:
    connection.start_chunked()
    connection.event(chunk("Hi"))
    connection.reset()


async def read_all(client: AsyncOpenRouter) -> None:
    async with client.chat.stream("Hello") as stream:
        async for _ in stream:
            pass


async def test_a_broken_stream_is_told_with_its_first_failure() -> None:
    watch = Factory()
    with LoopbackServer(serve_responses([broken_off])) as server:
        async with client_of(server, watch) as client:
            with pytest.raises(OpenRouterError) as caught:
                await read_all(client)
    name = type(caught.value).__name__
    assert watch.told == ["started 1", "sent", "saw", f"failed {name}", "ended failed"]
    assert watch.last.error is caught.value


async def test_an_error_in_a_stream() -> None:
    watch = Factory()
    broken = sse(chunk("Hi"), {"error": {"message": "gone", "code": 502}})
    with LoopbackServer(
        serve_responses([Reply(200, broken, {"content-type": "text/event-stream"})])
    ) as server:
        async with client_of(server, watch) as client:
            with pytest.raises((StreamError, OpenRouterError)):
                async with client.chat.stream("Hello") as stream:
                    await stream.final()
    assert watch.told[:4] == ["started 1", "sent", "saw", "saw"]
    assert watch.told[-1] == "ended failed"
    assert len([told for told in watch.told if told.startswith("failed")]) == 1


@pytest.mark.filterwarnings("ignore:Async generator:ResourceWarning")  # trio says so of those within httpx
async def test_a_stream_that_is_left_and_one_that_is_dropped() -> None:
    watch = Factory()

    def endless(connection: Connection, _request: Request) -> None:
        connection.start_chunked()
        connection.event(chunk("Hi"))
        connection.wait_closed()
        connection.close()

    with LoopbackServer(serve_responses([endless])) as server:
        async with client_of(server, watch) as client:
            async with client.chat.stream("Hello") as stream:
                await anext(stream)
            assert watch.told == ["started 1", "sent", "saw", "ended left"]
            watch.told.clear()
            dropped = client.chat.stream("Hello")
            await anext(dropped)
            with pytest.warns(ResourceWarning):  # noqa: PT031  # the warning comes from the collector
                del dropped
                gc.collect()
            assert watch.told == ["started 1", "sent", "saw", "ended left, collected"]


class Refusing(Observer):
    """Refuses to start, or is broken at another moment."""

    def __init__(self, moment: str, error: Exception) -> None:
        self._moment, self._error = moment, error

    def observe(self, _request: RequestData, _sender: Sender) -> Observer:
        return self

    def _raise_at(self, moment: str) -> None:
        if moment == self._moment:
            raise self._error

    async def started(self, attempt: Attempt) -> None:
        self._raise_at("started")

    def sent(self, attempt: Attempt) -> None:
        self._raise_at("sent")

    def failed(self, attempt: Attempt, error: OpenRouterError, wait: float | None) -> None:
        self._raise_at("failed")

    def ended(self, attempt: Attempt) -> None:
        self._raise_at("ended")


REFUSED = BudgetExceeded("too dear", may_have_been_billed=False)


@pytest.mark.parametrize("error", [REFUSED, OpenRouterError("no"), LookupError("no")], ids=repr)
@pytest.mark.parametrize("moment", ["started", "sent"])
async def test_whoever_refuses_a_call_stops_it_before_a_byte_leaves(moment: str, error: Exception) -> None:
    watch = Factory()
    with LoopbackServer(serve_responses([GOOD])) as server:
        async with client_of(server, watch) as client:
            client._sender.transport.observers.append(Refusing(moment, error))
            with pytest.raises(type(error)) as caught:
                await client.chat.create("Hello")
            with pytest.raises(type(error)):
                async with client.chat.stream("Hello") as stream:
                    await anext(stream)
            assert client._sender.transport.limiter.in_use == 0
        assert server.requests == []
        assert caught.value is error
    assert watch.told[-1] == ("ended failed" if isinstance(error, OpenRouterError) else "ended left")


@pytest.mark.parametrize("moment", ["failed", "ended"])
async def test_a_broken_observer_keeps_none_of_the_others_from_being_told(moment: str) -> None:
    watch, log = Factory(), Log()
    with LoopbackServer(
        serve_responses([Reply(400, json={"error": {"message": "no", "code": 400}})])
    ) as server:
        async with client_of(server, hooks=[log]) as client:
            client._sender.transport.observers[:0] = [Refusing(moment, LookupError("broken"))]
            client._sender.transport.observers.append(watch)
            with pytest.raises(LookupError) as caught:
                await client.chat.create("Hello")
    assert isinstance(caught.value.__context__, BadRequest), "what the call met is not lost"
    assert watch.told[-2:] == ["failed BadRequest", "ended failed"]
    assert log.told == ["started", "failed"]


@pytest.mark.parametrize("moment", ["failed", "ended"])
async def test_of_broken_observers_the_first_is_raised_and_the_others_are_logged(
    moment: str, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = LookupError("broken"), LookupError("broken too")
    with LoopbackServer(
        serve_responses([Reply(400, json={"error": {"message": "no", "code": 400}})])
    ) as server:
        async with client_of(server) as client:
            client._sender.transport.observers[:0] = [Refusing(moment, first), Refusing(moment, second)]
            with pytest.raises(LookupError) as caught:
                await client.chat.create("Hello")
    assert caught.value is first
    assert [record.exc_info[1] for record in caplog.records if record.exc_info] == [second]


class Log:
    """A hook."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def started(self, _event: RequestEvent) -> None:
        self.told.append("started")

    def retried(self, _event: RequestEvent) -> None:
        self.told.append("retried")

    def finished(self, _event: RequestEvent) -> None:
        self.told.append("finished")

    def failed(self, _event: RequestEvent) -> None:
        self.told.append("failed")


async def test_a_refused_call_is_told_to_the_hooks_as_failed() -> None:
    log = Log()
    with LoopbackServer(serve_responses([GOOD])) as server:
        async with client_of(server, hooks=[log]) as client:
            client._sender.transport.observers.append(Refusing("started", REFUSED))
            with pytest.raises(BudgetExceeded):
                await client.chat.create("Hello")
    assert log.told == ["failed"]


class OfTask(Factory):
    def __init__(self, transport: object) -> None:
        super().__init__()
        self.transport = transport


async def test_those_of_a_task_watch_the_calls_of_one_client() -> None:
    with LoopbackServer(serve_responses([GOOD])) as server:
        async with client_of(server) as client, client_of(server) as other:
            watch = OfTask(client._sender.transport)
            token = OBSERVERS.set((watch,))
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(client.chat.create, "Hello")
                tasks.start_soon(other.chat.create, "Hello")
            OBSERVERS.reset(token)
            await client.chat.create("Hello")
    assert len(watch.made) == 1


class Charging(Observer):
    """Wants to know what a call cost, and no event."""

    reads = True
    last: Attempt

    def observe(self, _request: RequestData, _sender: Sender) -> Observer:
        return self

    def ended(self, attempt: Attempt) -> None:
        self.last = attempt


@pytest.mark.parametrize("size", [1, 7, 40, 10_000])
async def test_a_charge_is_found_wherever_the_reads_of_a_stream_are_cut(size: int) -> None:
    """Only events that may say something of it are parsed, also where one comes in two reads."""
    body = sse(
        *[chunk("Hi")] * 20, {"id": "gen-1", "choices": [], "usage": USAGE}, chunk("", "stop"), "[DONE]"
    )
    watch = Charging()

    def answer(connection: Connection, _request: Request) -> None:
        connection.send(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
        for start in range(0, len(body), size):
            connection.send(body[start : start + size])
        connection.close()

    with LoopbackServer(serve_responses([answer])) as server:
        async with client_of(server) as client:
            client._sender.transport.observers.append(watch)
            async with client.chat.stream("Hi") as stream:
                await stream.final()
    assert (str(watch.last.charge.cost), watch.last.charge.generation_id) == ("0.002", "gen-1")


PAID = {"id": "gen-1", "choices": [], "usage": USAGE}
BROKEN = {"id": "gen-1", "error": {"message": "the provider broke off", "code": 502}}


@pytest.mark.parametrize(
    ("events", "outcome"),
    [
        ([chunk("Hi"), chunk("", "stop"), PAID], "left"),
        ([chunk("Hi"), BROKEN, PAID], "failed"),
        ([chunk("Hi"), PAID, *[chunk(f"word {number}") for number in range(50)]], "failed"),
    ],
)
async def test_a_charge_counts_however_the_stream_ends(events: list[dict[str, object]], outcome: str) -> None:
    watch = Charging()
    answer = Reply(200, sse(*events), {"content-type": "text/event-stream"})
    with LoopbackServer(serve_responses([answer])) as server:
        async with client_of(server) as client:
            client._sender.transport.observers.append(watch)
            with suppress(OpenRouterError):
                async with client.chat.stream("Hi") as stream, aclosing(stream.text()) as text:
                    async for _ in text:
                        if outcome == "left":
                            break
    assert watch.last.outcome == outcome
    assert (str(watch.last.charge.cost), watch.last.charge.generation_id) == ("0.002", "gen-1")


async def test_events_that_differ_in_their_text_alone_are_not_looked_into(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked: list[bytes] = []
    monkeypatch.setattr(Attempt, "look_into", lambda _attempt, data: looked.append(data))
    watch = Charging()
    texts = [chunk(f"word {number}") for number in range(300)]
    answer = Reply(200, sse(*texts, chunk("", "stop"), PAID, "[DONE]"), {"content-type": "text/event-stream"})
    with LoopbackServer(serve_responses([answer])) as server:
        async with client_of(server) as client:
            client._sender.transport.observers.append(watch)
            async with client.chat.stream("Hi") as stream:
                await stream.final()
    assert b'"usage"' in looked[-1]
    assert len(looked) < 6


async def test_a_body_is_looked_into_when_its_charge_is_asked_for() -> None:
    watch = Charging()
    with LoopbackServer(serve_responses([GOOD])) as server:
        async with client_of(server) as client:
            client._sender.transport.observers.append(watch)
            await client.chat.create("Hi")
    assert watch.last.unread is not None
    assert (str(watch.last.charge.cost), watch.last.unread) == ("0.002", None)


@pytest.mark.parametrize(("rate", "counts"), [(None, False), (Rate(rpm=60), False), (Rate(tpm=60), True)])
async def test_bodies_are_searched_for_tokens_only_where_tokens_are_limited(
    rate: Rate | None, counts: bool
) -> None:
    async with AsyncOpenRouter("sk-or-v1-example", rate=rate) as client:
        sender = client._sender
        found = _observers(build_request(CREATE_CHAT), sender.settings, sender, (), sender.transport)
    assert any(isinstance(observer, TokenCount) for observer in found) is counts
