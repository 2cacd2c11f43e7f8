"""`on_end`: the application hears of every end of a relay, once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from openrouter_async import AsyncOpenRouter, Retries, open_ledger, tool
from openrouter_async.server import RelayOutcome, client_of, openrouter_lifespan, relay
from openrouter_async.testing import Emulator, Fault, tool_call
from tests.server.router_client import events
from tests.server.serving import serve
from tests.server.waiting import wait_for
from tests.support.emulated import MODEL
from tests.support.plain_http import PLAIN


@tool
def weather(city: str) -> str:
    """How the weather is in a city."""
    return f"rain in {city}"


class Application:
    """An application with one route, and what its `on_end` was told."""

    def __init__(
        self, emulator: Emulator, stream: Callable[[AsyncOpenRouter], Any] | None = None, **settings: Any
    ) -> None:
        self.outcomes: list[RelayOutcome] = []
        self.settings = settings
        self.stream = stream or (lambda client: client.chat.stream("Hello"))
        self.client = AsyncOpenRouter(
            emulator.key, base_url=emulator.base_url, default_model=MODEL, retries=Retries(attempts=1)
        )
        self.app = Starlette(routes=[Route("/", self._endpoint)], lifespan=openrouter_lifespan(self.client))

    async def _endpoint(self, request: Request) -> Response:
        settings = {"on_end": self._end, **self.settings}
        return relay(self.stream(client_of(request)), **settings)

    async def _end(self, outcome: RelayOutcome) -> None:
        await anyio.sleep(0.05)  # which a cancelled request could not
        self.outcomes.append(outcome)

    def ended(self, kind: str) -> RelayOutcome:
        wait_for(lambda: bool(self.outcomes))
        [outcome] = self.outcomes
        assert outcome.kind == kind
        return outcome


def get(url: str) -> httpx.Response:
    return httpx.get(url, timeout=30, verify=PLAIN)


def test_a_whole_answer_is_told_before_its_end_is_sent(emulator: Emulator) -> None:
    emulator.reply("Hello")
    application = Application(emulator)
    with (
        serve(application.app) as served,
        httpx.stream("GET", served.url, timeout=30, verify=PLAIN) as answer,
    ):
        for line in answer.iter_lines():
            if line == "event: finished":
                assert len(application.outcomes) == 1
                break
        else:
            pytest.fail("it did not finish")
    outcome = application.ended("finished")
    assert (outcome.result.text, outcome.partial, outcome.error) == ("Hello", None, None)
    assert outcome.reply is outcome.result
    assert outcome.run is None
    assert outcome.cost == emulator.spent


def test_a_browser_that_leaves_leaves_what_had_come(emulator: Emulator) -> None:
    emulator.reply("Hello ", "world", fault=Fault.stall(after=3))
    application = Application(emulator)
    with serve(application.app) as served:
        with httpx.stream("GET", served.url, timeout=30, verify=PLAIN) as answer:
            next(answer.iter_text())
        outcome = application.ended("left")
    assert outcome.result is None
    assert outcome.partial.text.startswith("Hello ")
    assert outcome.error is None


@pytest.mark.parametrize("early", [True, False], ids=["early", "in the midst"])
def test_a_failure_is_told_with_its_error(emulator: Emulator, early: bool) -> None:
    if early:
        emulator.fail(402, "No credits")
    else:
        emulator.reply("Hello ", "world", fault=Fault.error_event(502, "Provider died", after=3))
    application = Application(emulator)
    with serve(application.app) as served:
        get(served.url)
    outcome = application.ended("failed")
    assert ("No credits" if early else "Provider died") in str(outcome.error)
    assert (outcome.partial is None) is early
    if not early:
        assert outcome.partial.text == "Hello world"


def test_a_server_that_stops_ends_the_stream_with_an_error(emulator: Emulator) -> None:
    emulator.reply("Hello ", "world", fault=Fault.stall(after=3))
    application = Application(emulator)
    with (
        serve(application.app, grace_s=0) as served,
        httpx.stream("GET", served.url, timeout=30, verify=PLAIN) as answer,
    ):
        pieces = answer.iter_text()
        text = next(pieces)
        served.ask_to_stop()
        text += "".join(pieces)
    name, error = events(text)[-1]
    assert (name, error["type"], error["code"]) == ("error", "ServerStopping", 503)
    assert error["partial"]["text"].startswith("Hello ")
    assert application.ended("shut_down").partial.text.startswith("Hello ")
    assert emulator.requests[0].disconnected_at is not None


def test_a_run_is_told_with_its_steps(emulator: Emulator) -> None:
    emulator.reply(tool_call("weather", city="Oslo"))
    emulator.reply("It rains.", fault=Fault.error_event(502, "Provider died", after=2))
    application = Application(emulator, lambda client: client.chat.run_stream("Hello", tools=[weather]))
    with serve(application.app) as served:
        get(served.url)
    outcome = application.ended("failed")
    assert outcome.run is not None
    assert [result.content for result in outcome.run.steps[0].results] == ["rain in Oslo"]
    assert outcome.reply is outcome.run.completion


def test_a_fault_of_on_end_is_told_and_logged(emulator: Emulator, caplog: pytest.LogCaptureFixture) -> None:
    calls = []

    async def fail(outcome: RelayOutcome) -> None:
        calls.append(outcome.kind)
        raise RuntimeError("the password is 1234")

    emulator.reply("Hello")
    application = Application(emulator, on_end=fail)
    with serve(application.app) as served:
        text = get(served.url).text
    assert events(text)[-1][1]["type"] == "InternalError"
    assert "the password is 1234" in caplog.text
    assert calls == ["finished"]


def test_a_budget_counts_the_calls_and_refuses_further_ones(emulator: Emulator) -> None:
    emulator.reply("Hello", usage={"cost": 0.5})
    application = Application(emulator)
    application.settings["budget"] = spend = application.client.track("0.50")
    with serve(application.app) as served:
        assert get(served.url).status_code == 200
        outcome = application.outcomes.pop()
        assert get(served.url).status_code == 402
    assert outcome.spend is spend
    assert spend.cost == Decimal("0.50")


def test_a_budget_of_a_ledger_is_one_for_the_relays_of_all_workers(
    emulator: Emulator, tmp_path: Path
) -> None:
    """Each worker has a ledger of its own, over one file, and each request a block of its own."""
    emulator.reply("Hello", usage={"cost": 0.5})

    async def answer(request: Request) -> Response:
        client = client_of(request)
        budget = request.state.ledger.budget(request.query_params["user"], "0.50", every="month")
        return relay(client.chat.stream("Hello", max_tokens=5), budget=client.track(budget))

    def worker() -> Starlette:
        inner = openrouter_lifespan(
            AsyncOpenRouter(emulator.key, base_url=emulator.base_url, default_model=MODEL)
        )

        @asynccontextmanager
        async def lifespan(app: Starlette) -> AsyncIterator[dict[str, object]]:
            async with inner(app) as state, open_ledger(tmp_path / "ledger.db") as ledger:
                yield {**(state or {}), "ledger": ledger}

        return Starlette(routes=[Route("/", answer)], lifespan=lifespan)

    with serve(worker()) as one, serve(worker()) as other:
        assert get(f"{one.url}/?user=ann").status_code == 200
        refused = get(f"{other.url}/?user=ann")
        assert (refused.status_code, refused.json()["error"]["type"]) == (402, "BudgetExceeded")
        emulator.reply("Hello", usage={"cost": 0.5})
        assert get(f"{other.url}/?user=bob").status_code == 200


def test_the_cost_of_what_was_left_is_looked_up_first(emulator: Emulator) -> None:
    emulator.reply("Hello ", "world", fault=Fault.stall(after=3))
    told = []

    async def end(outcome: RelayOutcome) -> None:
        assert outcome.spend is not None
        looked = "/generation" in [request.path for request in emulator.requests]
        told.append((outcome.kind, outcome.spend.unsettled, looked))

    application = Application(emulator, on_end=end)
    application.settings["budget"] = application.client.track()
    with serve(application.app) as served:
        with httpx.stream("GET", served.url, timeout=30, verify=PLAIN) as answer:
            next(answer.iter_text())
        wait_for(lambda: bool(told))
    assert told == [("left", (), True)]


@pytest.mark.loopback
async def test_one_that_is_cancelled_calls_it_too(emulator: Emulator) -> None:
    """As a server cancels its requests when it stops, under either event loop."""
    emulator.reply("Hello ", "world", fault=Fault.stall(after=3))
    told: list[RelayOutcome] = []
    sent: list[Any] = []

    async def end(outcome: RelayOutcome) -> None:
        await anyio.sleep(0.01)
        told.append(outcome)

    async def receive() -> Any:
        await anyio.sleep_forever()

    piece = anyio.Event()

    async def send(message: Any) -> None:
        sent.append(message)
        if message.get("body"):
            piece.set()

    client = AsyncOpenRouter(emulator.key, base_url=emulator.base_url, default_model=MODEL)
    async with client, anyio.create_task_group() as group:
        app: Callable[..., Awaitable[None]] = relay(client.chat.stream("Hello"), on_end=end)
        group.start_soon(app, {"type": "http", "path": "/"}, receive, send)
        await piece.wait()
        group.cancel_scope.cancel()
    assert [outcome.kind for outcome in told] == ["shut_down"]
    assert sent[-1]["more_body"] is False
    assert b"ServerStopping" in sent[-1]["body"]


@pytest.mark.loopback
async def test_a_fault_of_the_application_while_the_server_stops_is_logged(
    emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    emulator.reply("Hello")
    begun = anyio.Event()
    told: list[RelayOutcome] = []

    async def finish(reply: Any) -> None:
        begun.set()
        await anyio.sleep(0.05)
        raise LookupError("no database")

    async def end(outcome: RelayOutcome) -> None:
        told.append(outcome)

    async def receive() -> Any:
        await anyio.sleep_forever()

    async def send(message: Any) -> None:
        pass

    client = AsyncOpenRouter(emulator.key, base_url=emulator.base_url, default_model=MODEL)
    async with client, anyio.create_task_group() as group:
        app = relay(client.chat.stream("Hello"), on_finish=finish, on_end=end)
        group.start_soon(app, {"type": "http", "path": "/"}, receive, send)
        await begun.wait()
        group.cancel_scope.cancel()
    assert [outcome.kind for outcome in told] == ["shut_down"]
    assert "no database" in caplog.text
