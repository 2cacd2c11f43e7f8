"""Another dialect than chat: chunks and replies of types of its own, read by the same reader and the same stream."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, assert_type

import pytest
from pydantic import BaseModel

from openrouter_async._sansio.parse import parse
from openrouter_async._sansio.response import read_reply
from openrouter_async.errors import StreamTruncated
from openrouter_async.streaming.chunk_reader import Accumulator, Growth
from openrouter_async.streaming.events import StreamEvent, TextDelta
from openrouter_async.streaming.source import PlainBody, StreamItem, StreamSource
from openrouter_async.streaming.stream import ReplyStream
from openrouter_async.types.common import Usage
from openrouter_async.types.meta import ResponseMeta

from .fakes import DONE, FakeSource


class Verse(BaseModel):
    """A chunk: a line of a poem, or its end."""

    type: Literal["verse.added", "poem.completed"]
    text: str = ""


@dataclass
class Poem:
    """A reply, of no shape that chat has."""

    lines: list[str]
    meta: ResponseMeta | None = None
    model: str | None = None
    provider: str | None = None
    generation_id: str | None = None
    finish_reason: str | None = None
    reasoning: str | None = None
    refusal: str | None = None
    tool_calls: list[object] = field(default_factory=list)
    usage: Usage | None = None

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


class PoemAccumulator:
    generation_id: str | None = "poem-1"
    is_over = False
    end_mark = "poem.completed"

    def __init__(self) -> None:
        self.has_finish = False
        self.growth = Growth()
        self._lines: list[str] = []

    @property
    def has_piece(self) -> bool:
        return bool(self._lines)

    @property
    def is_whole(self) -> bool:
        return self.has_finish

    @property
    def has_begun(self) -> bool:
        return self.has_piece

    def feed_alike(self, data: bytes, events: list[StreamEvent[Poem]]) -> bool:
        return False

    def parse(self, data: bytes) -> Verse:
        return parse(Verse, data)

    def feed(self, chunk: Verse) -> list[StreamEvent[Poem]]:
        if chunk.type == "poem.completed":
            self.has_finish = True
            return []
        self._lines.append(chunk.text)
        return [TextDelta(chunk.text)]

    def read_whole(self, body: bytes, meta: ResponseMeta | None) -> Poem:
        return Poem(read_reply(list[str], 200, {}, body), meta)

    def feed_reply(self, reply: Poem) -> list[StreamEvent[Poem]]:
        return [event for line in reply.lines for event in self.feed(Verse(type="verse.added", text=line))]

    def finish(self, end: str, meta: ResponseMeta | None) -> tuple[list[StreamEvent[Poem]], Poem]:
        return [], Poem(self._lines, meta)

    def snapshot(self) -> Poem:
        return Poem([*self._lines])


def poem_stream(source: StreamSource) -> ReplyStream[Verse, Poem]:
    accumulator: type[Accumulator[Verse, Poem]] = PoemAccumulator
    return ReplyStream(source, accumulator)


FIRST, SECOND, LAST = (
    Verse(type="verse.added", text="Roses"),
    Verse(type="verse.added", text="Violets"),
    Verse(type="poem.completed"),
)


def wire(*verses: Verse) -> list[StreamItem]:
    return [verse.model_dump_json().encode() for verse in verses]


async def test_its_events_its_chunks_and_its_reply_have_its_types() -> None:
    source = FakeSource([wire(FIRST), [*wire(SECOND, LAST), DONE]])
    async with poem_stream(source) as stream:
        assert [text async for text in stream.text()] == ["Roses", "Violets"]
        poem = await stream.final()
    assert_type(poem, Poem)
    assert poem.text == "Roses\nViolets"
    assert poem.meta is not None
    assert poem.meta.status == 200
    assert source.calls == ["finish"]
    async with poem_stream(FakeSource([wire(FIRST, LAST), None])) as stream:
        chunks = [chunk async for chunk in stream.chunks()]
    assert_type(chunks, list[Verse])
    assert chunks == [FIRST, LAST]


async def test_a_reply_of_it_may_come_whole() -> None:
    async with poem_stream(FakeSource([[PlainBody(b'["Roses", "Violets"]')]])) as stream:
        assert (await stream.final()).lines == ["Roses", "Violets"]


class EndingPoemAccumulator(PoemAccumulator):
    """Of a dialect whose last event is known as such."""

    def feed(self, chunk: Verse) -> list[StreamEvent[Poem]]:
        events = super().feed(chunk)
        self.is_over = self.has_finish
        return events


async def test_where_the_last_event_is_known_nothing_is_read_behind_it() -> None:
    source = FakeSource([wire(FIRST, LAST), [b"no verse"]])
    async with ReplyStream[Verse, Poem](source, EndingPoemAccumulator) as stream:
        assert (await stream.final()).lines == ["Roses"]
    assert source.calls == ["finish"]
    assert source.reads == 1


async def test_what_broke_off_is_kept_as_its_reply() -> None:
    stream = poem_stream(FakeSource([wire(FIRST), None]))
    with pytest.raises(StreamTruncated) as caught:
        await stream.final()
    assert isinstance(caught.value.partial, Poem)
    assert caught.value.partial.lines == ["Roses"]
    assert "poem.completed" in caught.value.message
