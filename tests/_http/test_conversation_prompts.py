"""Hooks and the log learn that a provider no longer has the prompt of a conversation cached, and why."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from openrouter_async import AsyncOpenRouter, PromptCacheCollapse, RequestEvent
from openrouter_async.testing import Emulator

pytestmark = pytest.mark.loopback


class Seen:
    def __init__(self) -> None:
        self.events: list[RequestEvent] = []

    def started(self, event: RequestEvent) -> None: ...
    def retried(self, event: RequestEvent) -> None: ...
    def failed(self, event: RequestEvent) -> None: ...
    def finished(self, event: RequestEvent) -> None:
        self.events.append(event)

    @property
    def collapses(self) -> list[PromptCacheCollapse | None]:
        return [event.prompt_cache_collapse for event in self.events]


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


def cached(emulator: Emulator, read: int, written: int = 0, **fields: Any) -> None:
    details = {"cached_tokens": read, "cache_write_tokens": written}
    emulator.reply(
        "Fine.",
        usage={"prompt_tokens": 9_000, "completion_tokens": 1, "prompt_tokens_details": details},
        **fields,
    )


def client_of(emulator: Emulator, *hooks: Seen) -> AsyncOpenRouter:
    return AsyncOpenRouter(
        emulator.key, base_url=emulator.base_url, default_model="openai/gpt-4o", hooks=hooks
    )


@pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "plain"])
async def test_a_hook_and_the_log_are_told_why_a_conversation_is_no_longer_cached(
    emulator: Emulator, caplog: pytest.LogCaptureFixture, streamed: bool
) -> None:
    caplog.set_level(logging.INFO, "openrouter_async")
    for read, written in ((0, 8_000), (8_000, 500), (0, 8_500), (8_500, 0)):
        cached(emulator, read, written)
    seen = Seen()
    async with client_of(emulator, seen) as client:
        chat = client.conversation(system="These are the rules. " * 100)
        for turn in range(4):
            if turn == 2:
                past = chat.history.model_copy(update={"system": {"role": "system", "content": "Others."}})
                chat = client.conversation(history=past)
            if streamed:
                async with chat.stream("Which?") as stream:
                    await stream.final()
            else:
                await chat.send("Which?")
    collapse = seen.collapses[2]
    assert collapse is not None
    assert (collapse.missed, collapse.established, collapse.reason) == (8_500, 8_500, "prompt_changed")
    assert collapse.first_difference is not None
    assert [seen.collapses[i] for i in (0, 1, 3)] == [None] * 3
    told = [record.message for record in caplog.records if "not cached any more" in record.message]
    assert told == [
        "chat.create: 8500 of 8500 tokens that a provider had cached were not cached any more: prompt_changed,"
        f" first other byte {collapse.first_difference}"
    ]


async def test_calls_without_a_session_are_not_compared(emulator: Emulator) -> None:
    cached(emulator, 0, 8_000)
    cached(emulator, 0, 8_000)
    seen = Seen()
    async with client_of(emulator, seen) as client:
        for _ in range(2):
            await client.chat.create("Which?")
    assert seen.collapses == [None, None]


async def test_another_provider_is_the_reason(emulator: Emulator) -> None:
    cached(emulator, 0, 8_000, provider="OpenAI")
    cached(emulator, 0, 8_000, provider="Azure")
    seen = Seen()
    async with client_of(emulator, seen) as client:
        chat = client.conversation()
        await chat.send("Which?")
        await chat.send("And?")
    assert seen.collapses == [None, PromptCacheCollapse(8_000, 8_000, "provider_changed")]


async def test_nothing_is_kept_of_conversations_that_nobody_watches(emulator: Emulator) -> None:
    logging.getLogger("openrouter_async").setLevel(logging.WARNING)
    try:
        async with client_of(emulator) as client:
            await client.conversation().send("Which?")
            assert client._sender.transport._prompt_caches is None  # type: ignore[attr-defined]  # of the shell
    finally:
        logging.getLogger("openrouter_async").setLevel(logging.NOTSET)
