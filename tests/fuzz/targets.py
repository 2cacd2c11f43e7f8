"""What is fuzzed: functions of bytes that raise where a promise is broken."""

from __future__ import annotations

import asyncio
import itertools
import json
import math
import pickle
import random
import tempfile
import warnings
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

import httpx

from openrouter_async import AsyncOpenRouter, Retries
from openrouter_async._sansio.chat_reply import check_completion
from openrouter_async._sansio.content_decoding import ContentDecodingError, content_decoder
from openrouter_async._sansio.error_mapping import status_error
from openrouter_async._sansio.response import read_reply
from openrouter_async._sansio.response_headers import generation_id, request_id, safe_headers
from openrouter_async._sansio.retry import should_retry
from openrouter_async._sansio.retry_after import retry_after
from openrouter_async._sansio.sse import SSEDecoder
from openrouter_async.batch.journal import Journal
from openrouter_async.errors import JournalError, OpenRouterError, StreamInterrupted
from openrouter_async.streaming.chat.accumulator import ChatAccumulator
from openrouter_async.streaming.chunk_reader import Accumulator, ChunkReader, OnBadEvent
from openrouter_async.streaming.events import StreamEvent, TextDelta
from openrouter_async.streaming.messages.accumulator import MessageAccumulator
from openrouter_async.streaming.recovery.joined import JoinedAccumulator
from openrouter_async.streaming.responses.accumulator import ResponsesAccumulator
from openrouter_async.types.chat.completion import ChatCompletion
from openrouter_async.types.chat.model_reply import ModelReply
from openrouter_async.types.common import JsonObject
from openrouter_async.types.messages.reply import MessageReply
from tests.support.http11 import check_alike
from tests.support.sse_standard import as_text, interpret, joined_comments

__all__ = ["CORPUS", "TARGETS", "Target", "seeds"]

CORPUS = Path(__file__).with_name("corpus")

Target = Callable[[bytes], None]

ChunkT = TypeVar("ChunkT")
ReplyT = TypeVar("ReplyT", bound=ModelReply)
DialectReplyT = TypeVar("DialectReplyT", bound=ModelReply)

KEY = "sk-or-v1-c0ffee0123456789c0ffee0123456789"


def seeds(name: str) -> list[bytes]:
    """Return the corpus of a target, in the order of its files' names."""
    return [path.read_bytes() for path in sorted((CORPUS / name).iterdir())]


def decoder(data: bytes) -> None:
    """The event-stream decoder gives what the standard gives, however the bytes are cut."""
    feeding = SSEDecoder()
    items = [item for piece in _cut(data) for item in feeding.feed(piece)]
    expected = joined_comments(interpret(data))
    for each in (items, SSEDecoder().feed(data)):
        assert joined_comments([as_text(item) for item in each]) == expected


def accumulators(data: bytes) -> None:
    """Lines are the chunks of a stream: however they come, the same events, and a reply or a typed error."""
    on_bad_event: OnBadEvent = "skip" if len(data) % 2 else "raise"
    chunks = data.split(b"\n")
    one = _taken(ChunkReader(ChatAccumulator, _nothing, on_bad_event), [chunks])
    many = _taken(ChunkReader(ChatAccumulator, _nothing, on_bad_event), [[chunk] for chunk in chunks])
    assert one[0] == many[0]
    assert repr(one[1]) == repr(many[1])
    events, outcome = one
    if isinstance(outcome, ChatCompletion):
        _look_at(outcome)
        text = "".join(event.text for event in events if isinstance(event, TextDelta) and event.choice == 0)
        assert all(choice.index for choice in outcome.choices) or text in (outcome.text, "")
    _goes_on(chunks)


def _goes_on(chunks: Sequence[bytes]) -> None:
    """The first half is one request, the second the next: what was given out is what the reply says."""
    half = len(chunks) // 2
    first = JoinedAccumulator()
    events, _ = _taken(ChunkReader(lambda: first, _nothing, "skip"), [chunks[:half]], is_whole=False)
    if first.why_not_resumable() is None:
        last = JoinedAccumulator(first.checkpoint(StreamInterrupted("cut")))
        more, outcome = _taken(ChunkReader(lambda: last, _nothing, "skip"), [chunks[half:]])
        if isinstance(outcome, ChatCompletion):
            _look_at(outcome)
            said = [event for event in events + more if isinstance(event, TextDelta) and event.choice == 0]
            assert len(outcome.choices) > 1 or "".join(event.text for event in said) == outcome.text


def _taken(
    reader: ChunkReader[ChunkT, ReplyT], reads: Sequence[Sequence[bytes]], *, is_whole: bool = True
) -> tuple[list[StreamEvent[ReplyT]], ReplyT | OpenRouterError | None]:
    """Return the events of some reads, and what they end in."""
    events: list[StreamEvent[ReplyT]] = []
    for read in reads:
        more, error = reader.feed(read)
        events += more
        if error is not None or reader.reply is not None:
            break
    else:
        more, error = reader.feed_eof() if is_whole else ([], None)
        events += more
    if error is not None:
        _look_at_error(reader.enrich(error))
    _look_at(reader.snapshot())
    return events, reader.reply or error


def messages(data: bytes) -> None:
    """Lines are the events of a stream of Messages, as `accumulators`."""
    _events_of_a_dialect(MessageAccumulator, data)


def responses(data: bytes) -> None:
    """Lines are the events of a stream of Responses, as `accumulators`."""
    _events_of_a_dialect(ResponsesAccumulator, data)


def _events_of_a_dialect(
    accumulator: Callable[[], Accumulator[JsonObject, DialectReplyT]], data: bytes
) -> None:
    on_bad_event: OnBadEvent = "skip" if len(data) % 2 else "raise"
    chunks = data.split(b"\n")
    one = _taken(ChunkReader(accumulator, _nothing, on_bad_event), [chunks])
    many = _taken(ChunkReader(accumulator, _nothing, on_bad_event), [[chunk] for chunk in chunks])
    assert one[0] == many[0]
    assert repr(one[1]) == repr(many[1])


def reply(data: bytes) -> None:
    """A whole answer is a completion that can be used, or a typed error."""
    headers = {"content-type": ("application/json", "text/html", "")[len(data) % 3]}
    try:
        completion = read_reply(ChatCompletion, 200, headers, data, secrets=(KEY,), now=1.7e9)
        check_completion(completion)
    except OpenRouterError as error:
        _look_at_error(error)
    else:
        _look_at(completion)


def errors(data: bytes) -> None:
    """Any body of an error status makes an error of one short line."""
    status = 400 + (data[0] if data else 0) % 200
    _look_at_error(status_error(status, _headers(data), data[1:], secrets=(KEY,), now=1.7e9))


def headers(data: bytes) -> None:
    """Headers say what they say, or nothing."""
    fields = _headers(data)
    for availability in (None, math.nan, -1.0):
        wait = retry_after(fields, availability, now=1.7e9)
        assert wait is None or (math.isfinite(wait) and wait >= 0)
    assert should_retry(fields) in (True, False, None)
    for name in (request_id(fields), generation_id(fields)):
        assert name is None or isinstance(name, str)
    assert all(KEY not in value for value in safe_headers(fields, (KEY,)).values())
    try:
        decoding = content_decoder(fields.get("content-encoding"))
        if decoding is not None:
            assert sum(map(len, decoding.decode(data))) < 1 << 30
            decoding.finish()
    except ContentDecodingError:
        pass


def journal(data: bytes) -> None:
    """A file is a journal whose records can be read, or it is refused and stays as it was."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal.jsonl"
        path.write_bytes(data)
        try:
            opened = Journal(path)
        except JournalError:
            assert path.read_bytes() == data
            return
        try:
            for key in ("a", "b", "c"):
                found = opened.find(key)
                assert found is None or isinstance(found.hash, str)
            assert opened.cost.is_finite()
            opened.append(b'{"key": "new", "request": "x", "completion": {}}\n')
            assert opened.done >= 0
        finally:
            opened.close()
        again = Journal(path)
        assert again.find("new") is None or again.done >= 1
        again.close()


def client(data: bytes) -> None:
    """Whatever a service answers, a call ends in a reply or in an error of ours."""
    asyncio_loop().run_until_complete(_call(data))


async def _call(data: bytes) -> None:
    kind, body = (data[0], data[1:]) if data else (0, b"")
    status = (200, 200, 200, 400 + kind)[kind % 4]
    content_type = ("application/json", "text/event-stream", "text/html", "")[kind // 4 % 4]

    async def pieces() -> AsyncIterator[bytes]:
        for piece in _cut(body):
            yield piece

    def handler(request: httpx.Request) -> httpx.Response:
        said = {"content-type": content_type, **_safe(_headers(body))}
        fields = [(name.encode(), value.encode("latin-1")) for name, value in said.items()]
        return httpx.Response(status, headers=fields, content=pieces())

    async with AsyncOpenRouter(
        KEY,
        base_url="https://openrouter.invalid/api/v1",
        retries=Retries(attempts=1),
        transport=httpx.MockTransport(handler),
    ) as calling:
        try:
            if kind // 16 % 2:
                async with calling.chat.stream("Hi", model="a/b", recover=bool(kind // 32 % 2)) as stream:
                    completion = await stream.final()
            else:
                completion = await calling.chat.create("Hi", model="a/b")
        except OpenRouterError as error:
            _look_at_error(error)
        else:
            _look_at(completion)


def http11(data: bytes) -> None:
    """Whatever a peer answers, httptools takes it for what h11 takes it for, or refuses it."""
    asyncio_loop().run_until_complete(check_alike(_cut(data)))


@cache
def asyncio_loop() -> asyncio.AbstractEventLoop:
    """Return one loop for all calls; making one costs more than a call."""
    return asyncio.new_event_loop()


TARGETS: Mapping[str, Target] = {
    target.__name__: target
    for target in (
        decoder,
        accumulators,
        messages,
        responses,
        reply,
        errors,
        headers,
        journal,
        client,
        http11,
    )
}


def _nothing() -> None:
    return None


def _cut(data: bytes) -> list[bytes]:
    """Cut bytes into pieces, the same way every time."""
    chance = random.Random(data)
    edges = [0, *sorted(chance.randint(0, len(data)) for _ in range(chance.randint(0, 6))), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(edges)]


def _headers(data: bytes) -> dict[str, str]:
    """Read lines as headers, as the transport would hand them on."""
    fields: dict[str, str] = {}
    for line in data[:2_000].decode("latin-1").splitlines():
        name, colon, value = line.partition(":")
        if colon:
            fields[name.strip().lower()] = value.strip()
    return fields


def _safe(fields: Mapping[str, str]) -> dict[str, str]:
    """Leave what the framing of HTTP, or what wraps this library's transport, would trip over."""
    kept = ("retry-after", "retry-after-ms", "date", "x-generation-id", "x-should-retry", "x-ratelimit-reset")
    return {name: fields[name] for name in kept if name in fields}


def _look_at(reply: ModelReply) -> None:
    """Use all that a reply offers."""
    assert isinstance(reply.text, str)
    reply.text.encode()
    for call in reply.tool_calls:
        assert isinstance(call.name, str)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        reply.model_dump_json()
    assert repr(reply)
    if isinstance(reply, ChatCompletion):
        _look_at_completion(reply)
    elif isinstance(reply, MessageReply):
        assert json.loads(json.dumps(reply.as_param())) == reply.as_param()
        assert reply.thinking is None or isinstance(reply.thinking, str)
        assert len(reply.blocks) >= len(reply.tool_calls)


def _look_at_completion(completion: ChatCompletion) -> None:
    for said in (
        completion.reasoning,
        completion.refusal,
        completion.finish_reason,
        completion.generation_id,
    ):
        assert said is None or isinstance(said, str)
    assert completion.message is not None
    assert len(completion.images) + len(completion.annotations) >= 0
    assert len(completion.billed) == 1 + len(completion.recoveries)


def _look_at_error(error: OpenRouterError) -> None:
    """Check what every error promises."""
    text = str(error)
    assert 0 < len(text) <= 2_000
    assert "\n" not in text
    assert "\r" not in text
    assert KEY not in text
    assert error.retry_after is None or (math.isfinite(error.retry_after) and error.retry_after >= 0)
    assert str(pickle.loads(pickle.dumps(error))) == text
