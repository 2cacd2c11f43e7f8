"""Each fault, as bytes on the wire and as the client reports it."""

from __future__ import annotations

import json

import anyio
import pytest

from openrouter_async import AsyncOpenRouter, Retries, Timeouts, errors
from openrouter_async.errors import ConfigurationError
from openrouter_async.testing import Emulator, Failure, Fault
from tests.testing.raw import exchange, post

MODEL = "test/model"
SHORT = Timeouts(headers=1.0, idle=0.3)
"""Long enough for a busy machine to get the request to the emulator."""


def client_of(emulator: Emulator, attempts: int = 1, timeouts: Timeouts | None = None) -> AsyncOpenRouter:
    return AsyncOpenRouter(
        emulator.key,
        base_url=emulator.base_url,
        default_model=MODEL,
        retries=Retries(attempts=attempts, base=0.0),
        timeouts=timeouts,
    )


def emulator_with(fault: Fault) -> Emulator:
    emulator = Emulator(models=[MODEL])
    emulator.reply("one ", "two ", "three", fault=fault)
    return emulator


STREAMS: dict[str, tuple[Fault, type[errors.OpenRouterError], str]] = {
    "stall": (Fault.stall(after=3), errors.RequestTimeout, "one two "),
    "error event": (Fault.error_event(after=2), errors.ProviderError, "one "),
    "error event, then done": (
        Fault.error_event(429, error_type="rate_limit_exceeded", after=2, done=True), errors.RateLimited, "one "
    ),
    "truncate": (Fault.truncate(after=3), errors.StreamTruncated, "one two "),
    "truncate at the start": (Fault.truncate(), errors.StreamTruncated, ""),
    "disconnect": (Fault.disconnect(after=3), errors.StreamInterrupted, "one two "),
    "reset": (Fault.reset(after=3), errors.StreamInterrupted, "one two "),
    "bad framing": (Fault.bad_framing(after=3), errors.StreamInterrupted, "one two "),
    "garbage": (Fault.garbage(after=3), errors.StreamDecodeError, "one two "),
}  # fmt: skip


@pytest.mark.loopback
@pytest.mark.parametrize(("fault", "error", "text"), STREAMS.values(), ids=list(STREAMS))
async def test_a_stream_fails_where_its_fault_is(
    fault: Fault, error: type[errors.OpenRouterError], text: str
) -> None:
    texts: list[str] = []
    with emulator_with(fault) as emulator:
        async with client_of(emulator, timeouts=SHORT) as client:
            with pytest.raises(error) as caught:  # noqa: PT012 - the pieces before it are looked at
                async with client.chat.stream("Hello") as stream:
                    async for piece in stream.text():
                        texts.append(piece)  # noqa: PERF401 - they are kept when the error comes
        assert type(caught.value) is error
        assert "".join(texts) == text
        assert emulator.requests[0].fault == fault.name
        if fault.name != "garbage":
            assert not emulator.requests[0].finished


PLAIN: dict[str, tuple[Fault, type[errors.OpenRouterError]]] = {
    "stall before the head": (Fault.stall(), errors.RequestTimeout),
    "stall in the body": (Fault.stall(after=10), errors.RequestTimeout),
    "error in a 200": (Fault.error_event(503, error_type="provider_overloaded"), errors.Overloaded),
    "truncate": (Fault.truncate(after=40), errors.InvalidResponseError),
    "disconnect before the head": (Fault.disconnect(), errors.ConnectionLost),
    "disconnect in the body": (Fault.disconnect(after=40), errors.ConnectionLost),
    "reset before the head": (Fault.reset(), errors.ConnectionLost),
    "reset in the body": (Fault.reset(after=40), errors.ConnectionLost),
    "two lengths": (Fault.bad_framing(), errors.ConnectionLost),
    "bad chunk": (Fault.bad_framing(after=40), errors.ConnectionLost),
    "no HTTP": (Fault.garbage(), errors.ConnectionLost),
    "no JSON": (Fault.garbage(after=40), errors.InvalidResponseError),
}


@pytest.mark.parametrize(("fault", "error"), PLAIN.values(), ids=list(PLAIN))
async def test_a_plain_answer_fails_where_its_fault_is(
    fault: Fault, error: type[errors.OpenRouterError]
) -> None:
    with emulator_with(fault) as emulator:
        async with client_of(emulator, timeouts=SHORT) as client:
            with pytest.raises(error) as caught:
                await client.chat.create("Hello")
        assert type(caught.value) is error
        assert emulator.requests[0].fault == fault.name
        assert (emulator.requests[0].status is None) == (fault.after is None)


HARMLESS: dict[str, Fault] = {
    "latency before the head": Fault.latency(0.02),
    "latency in the body": Fault.latency(0.02, after=2),
    "drip": Fault.drip(size=7, every=0.0001),
    "comments": Fault.keepalives(20, every=0.001, after=2),
}


@pytest.mark.parametrize("fault", HARMLESS.values(), ids=list(HARMLESS))
async def test_what_is_only_slow_is_read_whole(fault: Fault) -> None:
    with emulator_with(fault) as emulator:
        emulator.reply("one ", "two ", "three", fault=fault)
        async with client_of(emulator) as client:
            assert (await client.chat.create("Hello")).text == "one two three"
            assert (await client.chat.stream("Hello").final()).text == "one two three"
        assert [(request.fault, request.finished) for request in emulator.requests] == [
            (fault.name, True)
        ] * 2


async def test_comments_for_ever_are_ended_by_the_clock_of_events() -> None:
    with emulator_with(Fault.keepalives(None, every=0.01, after=2)) as emulator:
        async with client_of(emulator, timeouts=Timeouts(event=0.2)) as client:
            with pytest.raises(errors.RequestTimeout) as caught:
                await client.chat.stream("Hello").final()
        assert caught.value.phase == "event"


async def test_a_fault_before_the_first_piece_is_retried() -> None:
    with emulator_with(Fault.reset()) as emulator:
        emulator.reply("good")
        async with client_of(emulator, attempts=2) as client:
            assert (await client.chat.create("Hello")).text == "good"
        assert [request.fault for request in emulator.requests] == ["reset", None]


# on the wire

CHAT = {"model": MODEL, "messages": [{"role": "user", "content": "Hello"}]}


def bytes_of(fault: Fault, *, stream: bool) -> bytes:
    with emulator_with(fault) as emulator:
        return exchange(emulator, post(emulator, "/chat/completions", {**CHAT, "stream": stream}))


def test_a_clean_end_too_early_has_the_end_that_http_asks_for() -> None:
    answer = bytes_of(Fault.truncate(after=2), stream=True)
    assert answer.endswith(b"\r\n0\r\n\r\n")
    assert b'finish_reason":"stop' not in answer
    assert b"[DONE]" not in answer


def test_a_broken_connection_has_no_such_end() -> None:
    answer = bytes_of(Fault.disconnect(after=2), stream=True)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"}]}\n\n\r\n")


def test_places_of_a_plain_body_are_bytes() -> None:
    head, _, body = bytes_of(Fault.disconnect(after=20), stream=False).partition(b"\r\n\r\n")
    assert b"transfer-encoding: chunked" in head.lower()
    sent = b"".join(chunk for chunk in body.split(b"\r\n")[1::2])
    assert len(sent) == 20


def test_bad_framing_is_a_chunk_without_a_size() -> None:
    assert bytes_of(Fault.bad_framing(after=1), stream=True).endswith(b"\r\nno size\r\n")


def test_nonsense_in_place_of_a_head() -> None:
    assert bytes_of(Fault.garbage(), stream=True) == b"HELLO\r\n\r\n"
    assert bytes_of(Fault.garbage(b"220 mail ready\r\n"), stream=False) == b"220 mail ready\r\n"


def test_an_error_event_has_the_shape_of_the_service() -> None:
    answer = bytes_of(Fault.error_event(after=1), stream=True)
    event = next(line for line in answer.split(b"\n") if line.startswith(b"data: ") and b'"error"' in line)
    chunk = json.loads(event[6:])
    assert chunk["error"]["code"] == 502
    assert chunk["error"]["metadata"]["error_type"] == "provider_unavailable"
    assert chunk["choices"][0]["finish_reason"] == "error"
    assert b"[DONE]" not in answer
    assert b"[DONE]" in bytes_of(Fault.error_event(after=1, done=True), stream=True)


@pytest.mark.parametrize("after", [1, 1000], ids=["within", "beyond the end"])
def test_a_fault_happens_once_and_at_the_latest_at_the_end(after: int) -> None:
    assert bytes_of(Fault.error_event(after=after), stream=True).count(b'"error":') == 1


def test_a_fault_has_a_place_that_can_be() -> None:
    with pytest.raises(ConfigurationError, match="after is -1"):
        Fault.reset(after=-1)
    with pytest.raises(ConfigurationError, match="expected at least 0"):
        Fault.latency(-1)


# a bad day


async def bad_day(seed: int) -> list[str | int | None]:
    """Return what befell each of 60 requests."""
    with Emulator(models=[MODEL], seed=seed) as emulator:
        emulator.inject_faults(0.3, Fault.reset(), Fault.error_event(), Failure(status=503))
        async with client_of(emulator) as client:
            for _ in range(60):
                try:
                    await client.chat.create("Hello")
                except errors.OpenRouterError:
                    continue
        return [request.fault or request.status for request in emulator.requests]


async def test_a_bad_day_is_the_same_for_the_same_seed() -> None:
    first = await bad_day(1)
    assert first == await bad_day(1)
    assert first != await bad_day(2)
    assert {"reset", "error_event", 503, 200} == set(first)
    assert 8 <= sum(what != 200 for what in first) <= 30


async def test_what_is_scripted_is_spared() -> None:
    with Emulator(models=[MODEL]) as emulator:
        emulator.inject_faults(1.0, Failure(status=503))
        emulator.reply("spared")
        async with client_of(emulator) as client:
            assert (await client.chat.create("Hello")).text == "spared"
            with pytest.raises(errors.Overloaded):
                await client.chat.create("Hello")
            emulator.inject_faults(0)
            await client.chat.create("Hello")


async def test_a_client_that_goes_away_is_seen_at_once() -> None:
    with emulator_with(Fault.stall(after=2)) as emulator:
        async with client_of(emulator) as client, client.chat.stream("Hello") as stream:
            await anext(stream)
        request = emulator.requests[0]
        assert await anyio.to_thread.run_sync(request.wait_until_over)
        assert request.disconnected_at is not None
        assert request.events_sent == 2


@pytest.mark.loopback
async def test_a_client_that_goes_away_leaves_nothing_in_the_log_of_asyncio(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with Emulator(models=[MODEL]) as emulator:
        async with client_of(emulator) as client:
            for _ in range(20):
                emulator.reply(*["word "] * 3_000)
                async with client.chat.stream("Hello") as stream:
                    await anext(stream)
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []
