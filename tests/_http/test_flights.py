"""Equal calls in flight share one request: paid once, left by who is cancelled, and ended when the last has left."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint

from openrouter_async import (
    AsyncOpenRouter,
    ChatCompletion,
    DeadlineExceeded,
    LocalCache,
    OpenRouterError,
    Overloaded,
    Retries,
    Timeouts,
)
from tests.performance.test_calls import COMPLETION
from tests.support.loopback import WAIT_S, Connection, LoopbackServer, Reply

pytestmark = pytest.mark.loopback

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"
ANSWER = Reply(json={**COMPLETION, "usage": {"prompt_tokens": 1, "completion_tokens": 1, "cost": 0.25}})


def is_closed(connection: Connection) -> bool:
    """Whether the client has gone."""
    ready, _, _ = select.select([connection.sock], [], [], 0)
    return bool(ready) and connection.sock.recv(1, socket.MSG_PEEK) == b""


class Service:
    """A service that answers once it is let."""

    def __init__(self, answer: Reply = ANSWER) -> None:
        self.may_answer = threading.Event()
        self.was_left = threading.Event()
        self._answer = answer
        self._server = LoopbackServer(self._serve)

    def _serve(self, connection: Connection) -> None:
        while connection.read_request() is not None:
            while not self.may_answer.wait(0.01):
                if is_closed(connection):
                    self.was_left.set()
                    return
            connection.send(self._answer.encode())

    @property
    def count(self) -> int:
        return len(self._server.requests)

    def client(self, **options: Any) -> AsyncOpenRouter:
        return AsyncOpenRouter(
            KEY, base_url=self._server.url, coalesce=True, retries=Retries(attempts=1), **options
        )

    def __enter__(self) -> Service:
        self._server.__enter__()
        return self

    def __exit__(self, *exc: Any) -> None:
        self.may_answer.set()
        self._server.__exit__(*exc)


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as service:
        yield service


async def asked(service: Service, count: int = 1) -> None:
    """Wait until the service has had requests, and the calls that came later have had a chance to be sent."""
    with anyio.fail_after(WAIT_S):
        while service.count < count:  # noqa: ASYNC110 - it is another thread that counts
            await anyio.sleep(0.005)
    for _ in range(100):
        await checkpoint()


async def test_a_thousand_equal_calls_are_one_request_which_is_paid_once(service: Service) -> None:
    replies: list[ChatCompletion] = []
    async with service.client() as client, client.track() as spend:

        async def ask() -> None:
            replies.append(await client.chat.create("Hi", model="m"))

        async with anyio.create_task_group() as tasks:
            for _ in range(1_000):
                tasks.start_soon(ask)
            await asked(service)
            service.may_answer.set()
        assert (spend.cost, spend.calls) == (Decimal("0.25"), 1)
        assert len(client._sender.transport.flights) == 0
    assert service.count == 1
    assert len(replies) == 1_000
    assert sum(reply.cost or 0 for reply in replies) == Decimal("0.25")
    shared = [reply.cache for reply in replies if reply.cache is not None]
    assert len(shared) == 999
    assert {(each.where, each.is_hit, each.saved) for each in shared} == {("shared", True, Decimal("0.25"))}
    assert len({id(reply) for reply in replies}) == 1_000, "nobody can spoil the reply of another"


async def test_999_are_cancelled_and_the_last_is_answered(service: Service) -> None:
    replies: list[ChatCompletion] = []
    scopes: list[anyio.CancelScope] = []
    async with service.client() as client:

        async def ask() -> None:
            with anyio.CancelScope() as scope:
                scopes.append(scope)
                replies.append(await client.chat.create("Hi", model="m"))

        async with anyio.create_task_group() as tasks:
            for _ in range(1_000):
                tasks.start_soon(ask)
            await asked(service)
            for scope in scopes[:-1]:
                scope.cancel()
            for _ in range(10):
                await checkpoint()
            assert not service.may_answer.is_set()
            assert replies == []
            service.may_answer.set()
    (reply,) = replies
    assert (service.count, reply.cost, reply.cache) == (1, Decimal("0.25"), None)


async def test_when_the_last_has_left_the_request_is_cancelled(service: Service) -> None:
    async with service.client() as client:
        with anyio.move_on_after(0.2):
            async with anyio.create_task_group() as tasks:
                for _ in range(3):
                    tasks.start_soon(lambda: client.chat.create("Hi", model="m"))
        assert await anyio.to_thread.run_sync(service.was_left.wait, WAIT_S)
        assert len(client._sender.transport.flights) == 0
        with anyio.fail_after(WAIT_S):
            while client._sender.transport.connections != (0, 0):
                await checkpoint()
        service.may_answer.set()
        assert (await client.chat.create("Hi", model="m")).cost == Decimal("0.25")
    assert service.count == 2


async def test_calls_that_differ_are_sent_apart(service: Service) -> None:
    async with service.client() as client:
        other = client.with_options(api_key="sk-or-v1-other")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: client.chat.create("Hi", model="m"))
            tasks.start_soon(lambda: client.chat.create("Ho", model="m"))
            tasks.start_soon(lambda: other.chat.create("Hi", model="m"))
            tasks.start_soon(lambda: client.chat.create("Hi", model="m", options={"coalesce": False}))
            await asked(service, 4)
            service.may_answer.set()
    assert service.count == 4


async def test_a_failure_is_told_to_all_of_them() -> None:
    failures: list[OpenRouterError] = []
    with Service(Reply(503, json={"error": {"code": 503, "message": "busy"}})) as service:
        async with service.client() as client:

            async def ask() -> None:
                try:
                    await client.chat.create("Hi", model="m")
                except OpenRouterError as error:
                    failures.append(error)

            async with anyio.create_task_group() as tasks:
                for _ in range(5):
                    tasks.start_soon(ask)
                await asked(service)
                service.may_answer.set()
    assert service.count == 1
    assert [type(failure) for failure in failures] == [Overloaded] * 5
    assert {failure.message for failure in failures} == {failures[0].message}
    assert len({id(failure) for failure in failures}) == 5
    assert failures[0].attempts == failures[4].attempts == 1


async def test_each_call_keeps_its_own_time(service: Service) -> None:
    async with service.client(timeouts=Timeouts(total=2)) as client:
        late: list[str] = []

        async def ask(name: str) -> None:
            try:
                await client.chat.create("Hi", model="m")
            except DeadlineExceeded:
                late.append(name)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask, "first")
            await asked(service)
            await anyio.sleep(1.2)
            tasks.start_soon(ask, "second")
            await asked(service, 2)
            service.may_answer.set()
    assert late == ["first"]


async def test_a_client_that_is_closed_ends_them(service: Service) -> None:
    client, failures = service.client(), list[OpenRouterError]()

    async def ask() -> None:
        try:
            await client.chat.create("Hi", model="m")
        except OpenRouterError as error:
            failures.append(error)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        tasks.start_soon(ask)
        await asked(service)
        await client.aclose()
    assert len(failures) == 2
    assert all("closed" in failure.message for failure in failures), failures


async def test_what_was_shared_is_kept(service: Service, tmp_path: Path) -> None:
    service.may_answer.set()
    async with service.client(local_cache=LocalCache(tmp_path / "a.sqlite")) as client:
        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(lambda: client.chat.create("Hi", model="m"))
        reply = await client.chat.create("Hi", model="m")
    assert service.count == 1
    assert reply.cache is not None
    assert reply.cache.where == "local"
