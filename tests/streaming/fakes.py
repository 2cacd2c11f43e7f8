"""A source of items without a network, and chunks written by hand."""

from __future__ import annotations

import json
from collections.abc import Iterable

from openrouter_async.errors import OpenRouterError
from openrouter_async.streaming.chat.accumulator import ChatAccumulator
from openrouter_async.streaming.events import StreamEvent
from openrouter_async.streaming.source import StreamItem
from openrouter_async.types.chat.completion import ChatCompletion
from openrouter_async.types.meta import ResponseMeta

__all__ = ["DONE", "FakeSource", "accumulate", "chunk", "deltas"]

DONE = b"[DONE]"

Read = list[StreamItem] | BaseException | None


def chunk(
    delta: object = None, *, index: int | None = 0, finish_reason: object = None, **fields: object
) -> bytes:
    """Return the JSON of a chunk with one choice."""
    choice = {"index": index, "delta": delta, "finish_reason": finish_reason}
    return json.dumps(
        {"id": "gen-1", "provider": "P", "model": "a/b", "choices": [choice], **fields}
    ).encode()


def deltas(*texts: str) -> list[StreamItem]:
    """Return chunks that each bring a piece of text."""
    return [chunk({"role": "assistant", "content": text}) for text in texts]


def accumulate(*chunks: bytes) -> tuple[list[StreamEvent], ChatCompletion]:
    """Return all events of these chunks, and the reply."""
    accumulator = ChatAccumulator()
    events: list[StreamEvent] = []
    for data in chunks:
        if not accumulator.feed_alike(data, events):
            events += accumulator.feed(accumulator.parse(data))
    last, reply = accumulator.finish("done")
    return events + last, reply


class FakeSource:
    """Gives what it was made with, attempt by attempt, and notes what is done to it."""

    def __init__(self, *attempts: Iterable[Read]) -> None:
        self._attempts = [iter(attempt) for attempt in attempts]
        self.calls: list[str] = []
        self.retried: list[OpenRouterError] = []
        self.failed: OpenRouterError | None = None
        self.reads = 0

    @property
    def meta(self) -> ResponseMeta | None:
        headers = {"content-type": "text/event-stream"}
        return ResponseMeta(200, headers, "req-1", None, 0.1, len(self.retried) + 1) if self.reads else None

    async def read(self) -> list[StreamItem] | None:
        self.reads += 1
        read = next(self._attempts[0], None)
        if isinstance(read, BaseException):
            raise read
        return read

    async def retry(self, error: OpenRouterError) -> None:
        self._attempts.pop(0)
        if not self._attempts:
            raise error
        self.retried.append(error)

    async def finish(self, answer: object = None) -> None:
        self.calls.append("finish")

    async def aclose(self) -> None:
        self.calls.append("aclose")

    def abort(self) -> None:
        self.calls.append("abort")

    def fail(self, error: OpenRouterError) -> OpenRouterError:
        self.failed = error
        return error
