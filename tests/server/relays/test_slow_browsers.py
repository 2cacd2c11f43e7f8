"""A browser that takes nothing: however a relay writes to it, it ends at `write_timeout`, and not before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio
import pytest

from openrouter_async.server import MemoryStreams, RelayEvents, RelayOutcome, openrouter_lifespan, relay
from openrouter_async.testing import Emulator, Fault
from tests.support.emulated import client_of as client_of_emulator

pytestmark = pytest.mark.loopback

SCOPE = {"type": "http", "path": "/", "method": "POST", "headers": []}
WRITE_TIMEOUT_S = 0.2


class SlowBrowser:
    """Takes what it is sent at once, up to the first message with a mark, and then nothing."""

    def __init__(self, mark: bytes) -> None:
        self.sent: list[Any] = []
        self.stuck_for = 0.0
        self._mark = mark

    async def receive(self) -> Any:
        await anyio.sleep_forever()

    async def send(self, message: Any) -> None:
        self.sent.append(message)
        if self._mark in message.get("body", b""):
            began = anyio.current_time()
            try:
                await anyio.sleep_forever()
            finally:
                self.stuck_for += anyio.current_time() - began


def a_sign_of_life(emulator: Emulator) -> tuple[bytes, str, dict[str, Any]]:
    emulator.reply("Hello", fault=Fault.stall(after=3))
    return b": keep-alive", "left", {"keepalive": 0.05}


def a_piece(emulator: Emulator) -> tuple[bytes, str, dict[str, Any]]:
    emulator.reply("Hello ", "world", fault=Fault.stall(after=3))
    return b"Hello", "left", {}


def an_event_of_the_application(emulator: Emulator) -> tuple[bytes, str, dict[str, Any]]:
    emulator.reply("Hello", fault=Fault.stall(after=2))
    events = RelayEvents()
    events.send("began", 1)
    return b"event: began", "left", {"events": events}


def the_end(emulator: Emulator) -> tuple[bytes, str, dict[str, Any]]:
    emulator.reply("Hello")
    return b"event: finished", "finished", {}


def a_failure(emulator: Emulator) -> tuple[bytes, str, dict[str, Any]]:
    emulator.reply("Hello ", "world", fault=Fault.error_event(502, "Provider died", after=3))
    return b"event: error", "failed", {}


@pytest.mark.parametrize("write", [a_sign_of_life, a_piece, an_event_of_the_application, the_end, a_failure])
async def test_every_write_is_cut_off_at_the_timeout(
    emulator: Emulator, write: Callable[[Emulator], tuple[bytes, str, dict[str, Any]]]
) -> None:
    mark, kind, settings = write(emulator)
    browser = SlowBrowser(mark)
    outcomes: list[RelayOutcome] = []

    async def end(outcome: RelayOutcome) -> None:
        outcomes.append(outcome)

    async with client_of_emulator(emulator) as client:
        stream = client.chat.stream("Hello")
        with anyio.fail_after(20):
            await relay(stream, write_timeout=WRITE_TIMEOUT_S, on_end=end, **settings)(
                SCOPE, browser.receive, browser.send
            )
    assert browser.stuck_for >= WRITE_TIMEOUT_S
    assert [outcome.kind for outcome in outcomes] == [kind]
    assert mark in browser.sent[-1]["body"], "nothing is written behind it"


async def test_one_who_reads_a_stored_stream_is_cut_off_too(emulator: Emulator) -> None:
    emulator.reply("Hello ", "world", fault=Fault.stall(after=3))
    browser = SlowBrowser(b"Hello")
    client = client_of_emulator(emulator)
    store = MemoryStreams()
    with anyio.fail_after(20):
        async with openrouter_lifespan(client)(None) as state:
            answer = relay(
                client.chat.stream("Hello"), write_timeout=WRITE_TIMEOUT_S, resumable=store, id="1", grace=60
            )
            await answer({**SCOPE, "state": state}, browser.receive, browser.send)
            assert browser.stuck_for >= WRITE_TIMEOUT_S
            kept = await store.find("1")
            assert kept is not None
            assert kept.state == "running"


async def test_one_who_reads_slowly_stays(emulator: Emulator) -> None:
    """All of it takes longer than the timeout, each piece less."""
    emulator.reply(*["x" * 60_000] * 12)  # a read has at most one of them
    sent: list[Any] = []

    async def receive() -> Any:
        await anyio.sleep_forever()

    async def send(message: Any) -> None:
        await anyio.sleep(0.1)
        sent.append(message)

    async with client_of_emulator(emulator) as client:
        began = anyio.current_time()
        await relay(client.chat.stream("Hello"), format="text", write_timeout=0.5)(SCOPE, receive, send)
        took = anyio.current_time() - began
    assert b"".join(message.get("body", b"") for message in sent).count(b"x") == 12 * 60_000
    assert sent[-1]["more_body"] is False
    assert took > 0.5
