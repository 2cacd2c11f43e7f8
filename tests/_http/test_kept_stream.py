"""Streams and the local cache: either way of asking replays the answer of the other, and nothing is sent."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import pytest

from openrouter_async import AsyncOpenRouter, ChatCompletion, LocalCache, OpenRouterError, Recover
from openrouter_async.streaming.events import AnnotationAdded, Finished, Keepalive, TextDelta, UsageReported
from openrouter_async.testing import Emulator, Fault

pytestmark = pytest.mark.loopback

MODEL = "openai/gpt-5-mini"


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def cache(tmp_path: Path) -> LocalCache:
    return LocalCache(tmp_path / "answers.sqlite")


def client_of(emulator: Emulator, local_cache: LocalCache) -> AsyncOpenRouter:
    return AsyncOpenRouter(
        emulator.key, base_url=emulator.base_url, local_cache=local_cache, default_model=MODEL
    )


async def streamed(client: AsyncOpenRouter, prompt: str = "Name a colour.", **params: Any) -> tuple[Any, str]:
    """Return the whole reply of a stream, and the text of its events."""
    pieces: list[str] = []
    last = None
    async with client.chat.stream(prompt, **params) as stream:
        async for event in stream:
            last = event
            if isinstance(event, TextDelta):
                pieces.append(event.text)
        reply = await stream.final()
    assert isinstance(last, Finished)
    return reply, "".join(pieces)


def facts(reply: ChatCompletion) -> tuple[object, ...]:
    return reply.id, reply.text, reply.finish_reason, reply.usage, reply.model


async def test_a_stream_replays_a_plain_answer(emulator: Emulator, cache: LocalCache) -> None:
    async with client_of(emulator, cache) as client, client.track() as spend:
        plain = await client.chat.create("Name a colour.")
        paid = spend.cost
        reply, text = await streamed(client)
        assert spend.cost == paid
    assert len(emulator.requests) == 1
    assert facts(reply) == facts(plain)
    assert text == plain.text
    assert reply.cost == Decimal(0)
    assert (reply.cache.where, reply.cache.saved) == ("local", plain.cost)


async def test_a_plain_call_and_a_stream_replay_a_stream(emulator: Emulator, cache: LocalCache) -> None:
    async with client_of(emulator, cache) as client:
        first, text = await streamed(client)
        plain = await client.chat.create("Name a colour.")
        again, text_again = await streamed(client)
    assert len(emulator.requests) == 1
    assert facts(first) == facts(plain) == facts(again)
    assert text == text_again == plain.text
    assert first.cost > 0
    assert (plain.cost, again.cost) == (Decimal(0), Decimal(0))
    assert plain.cache is not None
    assert plain.cache.saved == first.cost


LINKS = [
    {
        "type": "url_citation",
        "url_citation": {"url": f"https://{name}.example/", "title": name, "start_index": 0},
    }
    for name in ("one", "two")
]


@pytest.mark.parametrize("plain_first", [True, False], ids=["from a plain answer", "from a stream"])
async def test_annotations_replay_event_by_event(
    emulator: Emulator, cache: LocalCache, plain_first: bool
) -> None:
    emulator.reply("Red, they say.", annotations=LINKS, times=2)

    async def events_of(client: AsyncOpenRouter, **options: Any) -> tuple[list[object], ChatCompletion]:
        """Return the events without the cuts of the text, which no plain answer has."""
        async with client.chat.stream("Name a colour.", options=options) as stream:
            found = [event async for event in stream]
            reply = await stream.final()
        text = "".join(event.text for event in found if isinstance(event, TextDelta))
        others = [event for event in found if not isinstance(event, TextDelta | Keepalive | Finished)]
        return [text, *others], reply

    async with client_of(emulator, cache) as client:
        sent, _ = await events_of(client, local_cache=None)
        if plain_first:
            first: ChatCompletion = await client.chat.create("Name a colour.")
        else:
            _, first = await events_of(client)
        replayed, again = await events_of(client)
        plain = await client.chat.create("Name a colour.")
    assert len(emulator.requests) == 2
    assert [
        event.annotation.url_citation.title for event in replayed if isinstance(event, AnnotationAdded)
    ] == [
        "one",
        "two",
    ]
    assert [type(event) for event in replayed] == [type(event) for event in sent]
    assert [event for event in replayed if not isinstance(event, UsageReported)] == [
        event for event in sent if not isinstance(event, UsageReported)
    ]
    assert first.message.annotations == again.message.annotations == plain.message.annotations
    assert len(plain.message.annotations or ()) == 2


async def test_other_dialects_too(emulator: Emulator, cache: LocalCache) -> None:
    async with client_of(emulator, cache) as client:
        message = await client.messages.create("Name a colour.", max_tokens=1_000)
        async with client.messages.stream("Name a colour.", max_tokens=1_000) as messages:
            assert (await messages.final()).text == message.text
        response = await client.responses.create("Name a colour.")
        async with client.responses.stream("Name a colour.") as responses:
            assert (await responses.final()).text == response.text
    assert len(emulator.requests) == 2


async def test_what_is_sent_back_is_the_same_after_a_replay(emulator: Emulator, cache: LocalCache) -> None:
    thinking: Any = {"max_tokens": 2_000, "thinking": {"type": "enabled", "budget_tokens": 1_024}}
    async with client_of(emulator, cache) as client:
        async with client.messages.stream("Name a colour.", **thinking) as messages:
            message = await messages.final()
        same_message = await client.messages.create("Name a colour.", **thinking)
        async with client.responses.stream("Name a colour.") as responses:
            response = await responses.final()
        same_response = await client.responses.create("Name a colour.")
    assert len(emulator.requests) == 2
    assert [block.raw for block in same_message.content] == [block.raw for block in message.content]
    assert [item.raw for item in same_response.items] == [item.raw for item in response.items]


async def test_tools_and_outputs_replay(emulator: Emulator, cache: LocalCache) -> None:
    async with client_of(emulator, cache) as client:
        values = []
        for _ in range(2):
            async with client.chat.stream("How many?", output=int) as stream:
                values.append((await stream.final()).output)
    assert values[0] == values[1]
    assert sum(request.method == "POST" for request in emulator.requests) == 1


async def test_what_was_cut_off_or_left_is_not_kept(emulator: Emulator, cache: LocalCache) -> None:
    async with client_of(emulator, cache) as client:
        truncated, _ = await streamed(client, "Tell a long story.", max_tokens=1)
        assert truncated.finish_reason == "length"
        emulator.reply("A trout.", fault=Fault.stall(after=2))
        async with client.chat.stream("Name a fish.") as stream:
            await anext(stream)
        emulator.reply("Blue, green and red.", fault=Fault.disconnect(after=2))
        with pytest.raises(OpenRouterError):
            await streamed(client, "Name three colours.")
        before = len(emulator.requests)
        await streamed(client, "Tell a long story.", max_tokens=1)
        await client.chat.create("Name a fish.")
        await client.chat.create("Name three colours.")
    assert len(emulator.requests) == before + 3


async def test_a_replayed_stream_that_is_dropped_has_nothing_to_close(
    emulator: Emulator, cache: LocalCache
) -> None:
    async with client_of(emulator, cache) as client:
        await client.chat.create("Name a colour.")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            async with client.chat.stream("Name a colour.") as stream:
                await anext(stream)
            with anyio.CancelScope() as scope:
                async with client.chat.stream("Name a colour.") as stream:
                    scope.cancel()
                    await stream.final()
            assert scope.cancelled_caught
        assert client._sender.transport.connections[0] <= 1
    assert len(emulator.requests) == 1


async def test_a_recovering_stream_replays(emulator: Emulator, cache: LocalCache) -> None:
    async with client_of(emulator, cache) as client:
        plain = await client.chat.create("Name a colour.")
        reply, _ = await streamed(client, recover=Recover())
    assert reply.text == plain.text
    assert len(emulator.requests) == 1
