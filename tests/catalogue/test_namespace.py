"""`client.models.catalogue`: one request for many, shared by derived clients, with an answer even offline."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import anyio
import pytest

from openrouter_async import (
    AsyncOpenRouter,
    ConfigurationError,
    ModelCatalogue,
    OpenRouterError,
    Retries,
    Timeouts,
    errors,
)
from openrouter_async.catalogue.namespace import PAUSE_S, CatalogueCache
from tests.support.loopback import Connection, LoopbackServer, Reply, refused_port, serve_responses

pytestmark = pytest.mark.loopback

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"


def page(*ids: str) -> Reply:
    return Reply(json={"data": [{"id": id} for id in ids], "total_count": len(ids), "links": {"next": None}})


def client_of(url: str) -> AsyncOpenRouter:
    return AsyncOpenRouter(KEY, base_url=url, retries=Retries(attempts=1))


async def gathered(count: int, ask: Callable[[], Any]) -> list[Any]:
    results: list[Any] = []

    async def one() -> None:
        results.append(await ask())

    async with anyio.create_task_group() as tasks:
        for _ in range(count):
            tasks.start_soon(one)
    return results


async def test_it_is_read_once_with_models_of_all_kinds_and_then_kept() -> None:
    with LoopbackServer(serve_responses([page("a/x")])) as server:
        async with client_of(server.url) as client:
            first = await client.models.catalogue()
            assert await client.models.catalogue() is first
    assert [request.path for request in server.requests] == ["/api/v1/models?output_modalities=all"]
    assert (first.source, "a/x" in first) == ("service", True)
    assert first.age < 60


async def test_tasks_that_ask_at_once_share_one_request() -> None:
    with LoopbackServer(serve_responses([page("a/x")])) as server:
        async with client_of(server.url) as client:
            found = await gathered(20, client.models.catalogue)
    assert len(set(map(id, found))) == 1
    assert len(server.requests) == 1


async def test_derived_clients_share_it_while_they_speak_to_the_same_service() -> None:
    with (
        LoopbackServer(serve_responses([page("a/x")])) as server,
        LoopbackServer(serve_responses([page("b/y")])) as other,
    ):
        async with client_of(server.url) as client:
            first = await client.models.catalogue()
            derived = client.with_options(timeouts=Timeouts(total=9))
            assert await derived.models.catalogue() is first
            elsewhere = client.with_options(base_url=other.url)
            assert "b/y" in await elsewhere.models.catalogue()
    assert (len(server.requests), len(other.requests)) == (1, 1)


async def test_max_age_zero_reads_it_anew() -> None:
    with LoopbackServer(serve_responses([page("a/x"), page("a/x", "a/y")])) as server:
        async with client_of(server.url) as client:
            first = await client.models.catalogue()
            second = await client.models.catalogue(max_age=0)
            assert await client.models.catalogue() is second
    assert (len(first), len(second)) == (1, 2)


async def test_without_a_network_the_packaged_list_answers(caplog: pytest.LogCaptureFixture) -> None:
    async with client_of(f"http://127.0.0.1:{refused_port()}/api/v1") as client:
        with caplog.at_level(logging.WARNING, "openrouter_async"):
            catalogue = await client.models.catalogue()
    assert catalogue.source == "snapshot"
    assert "openai/gpt-4o" in catalogue
    assert "the list of models cannot be read, using <ModelCatalogue of" in caplog.text
    assert KEY not in caplog.text


async def test_an_error_is_raised_if_older_lists_will_not_do() -> None:
    async with client_of(f"http://127.0.0.1:{refused_port()}/api/v1") as client:
        with pytest.raises(errors.ConnectError):
            await client.models.catalogue(offline=False)


async def test_an_older_list_of_the_service_comes_before_the_packaged_one() -> None:
    with LoopbackServer(serve_responses([page("a/x"), Reply(503)])) as server:
        async with client_of(server.url) as client:
            first = await client.models.catalogue()
            assert await client.models.catalogue(max_age=0) is first
    assert len(server.requests) == 2


async def test_a_closed_client_says_so() -> None:
    client = client_of("http://127.0.0.1:9/api/v1")
    await client.aclose()
    with pytest.raises(ConfigurationError, match="closed"):
        await client.models.catalogue()


@pytest.mark.parametrize("max_age", [-1, float("nan"), "1", None], ids=repr)
async def test_an_age_is_a_number(max_age: Any) -> None:
    async with client_of("http://127.0.0.1:9/api/v1") as client:
        with pytest.raises(ConfigurationError, match="max_age is"):
            await client.models.catalogue(max_age=max_age)


async def test_a_task_that_is_cancelled_leaves_the_reading_to_the_next() -> None:
    began = anyio.Event()

    def answer(connection: Connection) -> None:
        if connection.read_request() is None:
            return
        if len(connection.server.requests) == 1:
            connection.wait_closed()
            return
        connection.send(page("a/x").encode())

    with LoopbackServer(answer) as server:
        async with client_of(server.url) as client, anyio.create_task_group() as tasks:
            first = anyio.CancelScope()

            async def ask_first() -> None:
                with first:
                    began.set()
                    await client.models.catalogue()

            tasks.start_soon(ask_first)
            await began.wait()
            await anyio.to_thread.run_sync(server.wait_until, lambda: bool(server.requests))
            second: list[ModelCatalogue] = []

            async def ask_second() -> None:
                second.append(await client.models.catalogue())

            tasks.start_soon(ask_second)
            await anyio.lowlevel.checkpoint()
            first.cancel()
    assert "a/x" in second[0]


# The cache alone


class Service:
    """A list that can be read, or not."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.is_up = True
        self.asked = 0
        self.was_asked = anyio.Event()
        self.cache = CatalogueCache(lambda: self.now)

    async def fetch(self) -> ModelCatalogue:
        self.asked += 1
        self.was_asked.set()
        await anyio.lowlevel.checkpoint()
        if not self.is_up:
            raise errors.ConnectError("refused")
        return ModelCatalogue([], fetched_at=datetime.now(UTC))

    async def get(self, max_age: float = 3600, offline: bool = True) -> ModelCatalogue:
        return await self.cache.get(self.fetch, max_age=max_age, offline=offline)


@pytest.fixture
def service() -> Service:
    return Service()


async def test_it_is_read_again_when_it_is_too_old(service: Service) -> None:
    first = await service.get()
    service.now += 3599
    assert await service.get() is first
    assert await service.get(max_age=4000) is first
    service.now += 1
    assert await service.get() is not first
    assert service.asked == 2


async def test_a_service_that_is_down_is_left_alone_for_a_while(service: Service) -> None:
    service.is_up = False
    assert (await service.get()).source == "snapshot"
    service.now += PAUSE_S - 1
    assert (await service.get()).source == "snapshot"
    assert service.asked == 1
    service.is_up = True
    service.now += 1
    assert (await service.get()).source == "service"


@pytest.mark.parametrize("wish", [{"max_age": 0}, {"offline": False}], ids=str)
async def test_who_insists_is_served_within_that_while(service: Service, wish: dict[str, Any]) -> None:
    service.is_up = False
    await service.get()
    service.is_up = True
    assert (await service.get(**wish)).source == "service"


async def test_a_list_that_is_empty_is_a_list(service: Service) -> None:
    first = await service.get()
    service.is_up = False
    service.now += 4000
    assert len(first) == 0
    assert await service.get() is first


async def test_another_event_loop_does_not_wait_for_this_one(service: Service) -> None:
    """A client serves one event loop, and says so where it sends, rather than never."""
    is_let = anyio.Event()

    async def slow() -> ModelCatalogue:
        service.was_asked.set()
        await is_let.wait()
        return ModelCatalogue([], fetched_at=datetime.now(UTC))

    async def refused() -> ModelCatalogue:
        raise errors.ConfigurationError("the client was used in another event loop before")

    async def elsewhere() -> None:
        with anyio.fail_after(20), pytest.raises(errors.ConfigurationError, match="another event loop"):
            await service.cache.get(refused, max_age=3600, offline=True)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(partial(service.cache.get, slow, max_age=3600, offline=True))
        await service.was_asked.wait()
        await anyio.to_thread.run_sync(anyio.run, elsewhere)
        is_let.set()


async def test_those_who_wait_share_a_failure(service: Service) -> None:
    service.is_up = False
    found = await gathered(5, lambda: service.get(max_age=0))
    assert {catalogue.source for catalogue in found} == {"snapshot"}
    assert service.asked == 1


async def test_those_who_want_the_service_itself_ask_themselves(service: Service) -> None:
    service.is_up = False
    outcomes: list[str] = []

    async def ask(offline: bool) -> None:
        try:
            outcomes.append((await service.get(offline=offline)).source)
        except OpenRouterError:
            outcomes.append("error")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask, True)
        await service.was_asked.wait()
        tasks.start_soon(ask, False)
    assert sorted(outcomes) == ["error", "snapshot"]
    assert service.asked == 2


async def test_those_who_wait_share_what_was_read(service: Service) -> None:
    found = await gathered(5, lambda: service.get(max_age=0, offline=False))
    assert len(set(map(id, found))) == 1
    assert service.asked == 1
