"""Events of the application within a relay."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from starlette.requests import Request
from starlette.responses import Response

from openrouter_async import AsyncOpenRouter, ConfigurationError
from openrouter_async.server import MemoryStreams, RelayEvents, RelayOutcome, relay
from openrouter_async.testing import Emulator, Fault
from tests.server.relays.test_relaying import application, get
from tests.server.router_client import events
from tests.server.serving import serve


@pytest.mark.parametrize("resumable", [False, True])
def test_they_come_between_those_of_the_stream(emulator: Emulator, resumable: bool) -> None:
    emulator.reply("Hello ", "world", fault=Fault.latency(0.5, after=2))
    more: dict[str, Any] = {"resumable": MemoryStreams(), "id": "1"} if resumable else {}

    async def handler(client: AsyncOpenRouter, request: Request) -> Response:
        told = RelayEvents()
        told.send("began", {"conversation": 7})

        async def finish(reply: Any) -> None:
            told.send("saved", "reply")

        async def end(outcome: RelayOutcome) -> None:
            told.send("booked", outcome.kind)

        return relay(client.chat.stream("Hello"), events=told, on_finish=finish, on_end=end, **more)

    with serve(application(emulator, handler)) as served:
        found = [(name, data) for name, data in events(get(served.url).text) if name != "usage"]
    names = [name for name, _ in found]
    assert names == ["text", "began", "text", "saved", "booked", "finished"]
    assert found[1][1] == {"conversation": 7}
    assert found[4][1] == "finished"


def test_one_that_was_sent_first_does_not_hide_a_status(emulator: Emulator) -> None:
    emulator.fail(402, "No credits")

    async def handler(client: AsyncOpenRouter, request: Request) -> Response:
        told = RelayEvents()
        told.send("began", 1)
        return relay(client.chat.stream("Hello"), events=told)

    with serve(application(emulator, handler)) as served:
        assert get(served.url).status_code == 402


@pytest.mark.parametrize(
    ("format", "there"),
    [("ai-sdk", True), ("openai", False), ("messages", False), ("responses", False), ("text", False)],
)
def test_formats_with_a_place_for_them_have_them(emulator: Emulator, format: Any, there: bool) -> None:
    emulator.reply("Hello")

    async def handler(client: AsyncOpenRouter, request: Request) -> Response:
        told = RelayEvents()
        told.send("began", {"n": 1})
        return relay(client.chat.stream("Hello"), events=told, format=format)

    with serve(application(emulator, handler)) as served:
        text = get(served.url).text
    assert ('data: {"type":"data-began","data":{"n":1}}' in text) is there
    assert "Hello" in text


@pytest.mark.parametrize("name", ["", "Name", "two words", "text", "finished", "x\ny", 7])
def test_a_wrong_name_is_refused(name: Any) -> None:
    with pytest.raises(ConfigurationError, match="name is "):
        RelayEvents().send(name, 1)


def test_they_are_bounded() -> None:
    told = RelayEvents(max_waiting=1)
    told.send("a", 1)
    with pytest.raises(ConfigurationError, match="1 events wait already"):
        told.send("b", 2)
    assert told.take() == [("a", 1)]


async def test_one_waits_for_the_next() -> None:
    told = RelayEvents()
    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            group.start_soon(told.wait)
            await anyio.lowlevel.checkpoint()
            told.send("a", 1)
