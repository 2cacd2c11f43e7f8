"""Counts the function calls of this thread, and answers calls of the client without a socket or with one."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from types import FrameType

import httpx

from openrouter_async import AsyncOpenRouter
from tests.support.loopback import sse

MODEL = "acme/model"
READ = 16 * 1024


class CallCounter:
    """Counts calls of Python functions, resumptions of coroutines among them, while it is entered."""

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> CallCounter:
        sys.setprofile(self._profile)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _profile(self, _frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            self.count += 1


async def calls_of(job: Callable[[], Awaitable[object]], *, times: int = 10) -> float:
    """Return how many functions a job calls, after it was done a few times."""
    for _ in range(3):
        await job()
    with CallCounter() as calls:
        for _ in range(times):
            await job()
    return calls.count / times


class Reads(httpx.AsyncBaseTransport):
    """Answers every request with the same stream, in reads of 16 KiB."""

    def __init__(self, body: bytes) -> None:
        self._reads = [body[start : start + READ] for start in range(0, len(body), READ)]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(
            200, headers={"content-type": "text/event-stream"}, content=self._stream(), request=request
        )

    async def _stream(self) -> AsyncIterator[bytes]:
        for read in self._reads:
            yield read


def client_over(transport: httpx.AsyncBaseTransport) -> AsyncOpenRouter:
    return AsyncOpenRouter(
        "sk-or-v1-0000", base_url="http://127.0.0.1:1/api/v1", default_model=MODEL, transport=transport
    )


def chunk(delta: dict[str, object], finish: str | None = None) -> dict[str, object]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish, "native_finish_reason": finish}
    head = {"id": "gen-1", "object": "chat.completion.chunk", "created": 1_700_000_000, "model": MODEL}
    return {**head, "provider": "Acme", "choices": [choice]}


def text_stream(pieces: int) -> bytes:
    deltas = [{"role": "assistant", "content": f"word{number} "} for number in range(pieces)]
    return sse(*map(chunk, deltas), chunk({"content": ""}, "stop"), "[DONE]")


def reasoning_stream(pieces: int) -> bytes:
    """As OpenRouter sends it: each piece is there twice, the second time in an entry that is sent back later."""
    texts = [f"word{number} " for number in range(pieces)]
    deltas: list[dict[str, object]] = [
        {
            "role": "assistant",
            "content": "",
            "reasoning": text,
            "reasoning_details": [{"type": "reasoning.text", "text": text, "format": "unknown", "index": 0}],
        }
        for text in texts
    ]
    return sse(*map(chunk, deltas), chunk({"content": ""}, "stop"), "[DONE]")


def tool_stream(fragments: int) -> bytes:
    first = {"index": 0, "id": "call_1", "function": {"name": "write", "arguments": '{"text": "'}}
    more = [{"index": 0, "function": {"arguments": f"word{number} "}} for number in range(fragments - 2)]
    last = {"index": 0, "function": {"arguments": '"}'}}
    deltas = [{"tool_calls": [call]} for call in (first, *more, last)]
    return sse(*map(chunk, deltas), chunk({}, "tool_calls"), "[DONE]")
