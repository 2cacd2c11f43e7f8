"""The service as a tool plays it or sees it, and the calls that each tool must see."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import pytest

from openrouter_async import AsyncOpenRouter
from tests.support.loopback import Connection, LoopbackServer, Reply, Request, serve_responses, sse

__all__ = [
    "CHAT",
    "COMPLETION",
    "KEY",
    "MODEL",
    "STREAM",
    "Parser",
    "both_parsers",
    "client",
    "plain",
    "service",
    "streamed",
]

Parser = Literal["h11", "httptools"]
KEY = "sk-or-v1-seen"
MODEL = "openai/gpt-4o-mini"
CHAT = "https://openrouter.ai/api/v1/chat/completions"
USAGE = {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6, "cost": 0.000001}
COMPLETION = {
    "id": "gen-1",
    "object": "chat.completion",
    "created": 1_700_000_000,
    "model": MODEL,
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Paris"}}],
    "usage": USAGE,
}


def _chunk(text: str, **more: object) -> dict[str, object]:
    choice = {"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": None}
    return {**COMPLETION, "object": "chat.completion.chunk", "choices": [choice], "usage": None, **more}


STREAM = sse(
    _chunk("Par"),
    _chunk("is"),
    _chunk("", choices=[{"index": 0, "delta": {"content": ""}, "finish_reason": "stop"}], usage=USAGE),
    "[DONE]",
)

both_parsers = pytest.mark.parametrize("parser", ["h11", "httptools"])


def client(parser: Parser) -> AsyncOpenRouter:
    """Return a client with nothing set, but for the parser where it is not the usual one."""
    return AsyncOpenRouter(KEY) if parser == "h11" else AsyncOpenRouter(KEY, http_parser=parser)


async def plain(parser: Parser) -> str:
    """Make a call, and return the text of its reply."""
    async with client(parser) as openrouter:
        return (await openrouter.chat.create("The capital of France?", model=MODEL)).text


async def streamed(parser: Parser) -> str:
    """Do the same as a stream."""
    async with (
        client(parser) as openrouter,
        openrouter.chat.stream("The capital of France?", model=MODEL) as stream,
    ):
        return "".join([text async for text in stream.text()])


@contextmanager
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackServer]:
    """Serve on loopback what `plain` and `streamed` ask for, at the address of the environment."""

    def answer(connection: Connection, request: Request) -> None:
        body = request.json()
        is_stream = isinstance(body, dict) and body.get("stream") is True
        reply = (
            Reply(200, STREAM, {"content-type": "text/event-stream"}) if is_stream else Reply(json=COMPLETION)
        )
        connection.send(reply.encode())

    with LoopbackServer(serve_responses([answer])) as server:
        monkeypatch.setenv("OPENROUTER_BASE_URL", server.url)
        yield server
