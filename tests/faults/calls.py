"""The calls that meet the faults, and what a test may expect of how they end.

Every good answer of the fault server says `WORD`, which is the text of a plain call and of a stream, and the value of a
structured call; so one scene serves all kinds.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import BaseModel

from openrouter_async import AsyncOpenRouter, Output, Retries, errors
from openrouter_async.streaming.events import StreamEvent, TextDelta
from openrouter_async.streaming.stream import ReplyStream
from openrouter_async.types.chat.model_reply import ModelReply
from tests.faults.evidence import check_error, check_hidden
from tests.faults.service import RunningStage

__all__ = [
    "ALL",
    "CHAT_STREAMS",
    "EACH",
    "FAST",
    "KEY",
    "MESSAGE",
    "MESSAGE_STREAM",
    "PLAIN",
    "RESPONSE",
    "RESPONSE_STREAM",
    "STREAM",
    "STREAMS",
    "STRUCTURED",
    "STRUCTURED_STREAM",
    "WHOLE",
    "WORD",
    "Call",
    "Ended",
    "Word",
    "client_of",
    "fail",
    "kinds",
    "succeed",
]

KEY = "sk-or-v1-c0ffee0123456789c0ffee0123456789"
"""The key of every client here; `evidence` looks for it in all that a test can see."""

FAST = Retries(base=0.001, cap=0.002)
"""Waits between attempts that no test notices."""

WORD = '{"word": "Hello"}'


class Word(BaseModel):
    """The type of structured calls."""

    word: str


OUTPUT = Output(Word, path="native")
"""Asked for by a schema, so that no list of models is needed."""


@dataclass
class Ended:
    """How a call ended."""

    text: str = ""
    """What was handed to the caller."""
    reply: ModelReply[Any] | None = None
    events: list[StreamEvent[Any]] = field(default_factory=list)
    """Of a stream."""


@dataclass(frozen=True)
class Call:
    """One kind of call."""

    name: str
    run: Callable[[AsyncOpenRouter, Ended, dict[str, Any]], Awaitable[None]]
    is_stream: bool
    is_structured: bool

    def __repr__(self) -> str:
        return self.name


async def _create(client: AsyncOpenRouter, ended: Ended, arguments: dict[str, Any]) -> None:
    ended.reply = await client.chat.create(**arguments)
    ended.text = ended.reply.text


async def _create_structured(client: AsyncOpenRouter, ended: Ended, arguments: dict[str, Any]) -> None:
    ended.reply = await client.chat.create(output=OUTPUT, **arguments)
    ended.text = ended.reply.text


async def _stream(client: AsyncOpenRouter, ended: Ended, arguments: dict[str, Any]) -> None:
    await _read(client.chat.stream(**arguments), ended)


async def _stream_structured(client: AsyncOpenRouter, ended: Ended, arguments: dict[str, Any]) -> None:
    await _read(client.chat.stream(output=OUTPUT, **arguments), ended)


async def _read(stream: ReplyStream[Any, Any], ended: Ended) -> None:
    async with stream:
        async for event in stream:
            ended.events.append(event)
            if isinstance(event, TextDelta) and event.choice == 0:
                ended.text += event.text
        ended.reply = await stream.final()


async def _create_response(client: AsyncOpenRouter, ended: Ended, arguments: dict[str, Any]) -> None:
    ended.reply = await client.responses.create(**_for_responses(arguments))
    ended.text = ended.reply.text


async def _stream_response(client: AsyncOpenRouter, ended: Ended, arguments: dict[str, Any]) -> None:
    await _read(client.responses.stream(**_for_responses(arguments)), ended)


def _for_responses(arguments: dict[str, Any]) -> dict[str, Any]:
    return {("input" if name == "messages" else name): each for name, each in arguments.items()}


async def _create_message(client: AsyncOpenRouter, ended: Ended, arguments: dict[str, Any]) -> None:
    ended.reply = await client.messages.create(**{"model": "a/b", **arguments})
    ended.text = ended.reply.text


async def _stream_message(client: AsyncOpenRouter, ended: Ended, arguments: dict[str, Any]) -> None:
    await _read(client.messages.stream(**{"model": "a/b", **arguments}), ended)


PLAIN = Call("plain", _create, is_stream=False, is_structured=False)
STREAM = Call("stream", _stream, is_stream=True, is_structured=False)
STRUCTURED = Call("structured", _create_structured, is_stream=False, is_structured=True)
STRUCTURED_STREAM = Call("structured_stream", _stream_structured, is_stream=True, is_structured=True)

RESPONSE = Call("response", _create_response, is_stream=False, is_structured=False)
RESPONSE_STREAM = Call("response_stream", _stream_response, is_stream=True, is_structured=False)
MESSAGE = Call("message", _create_message, is_stream=False, is_structured=False)
MESSAGE_STREAM = Call("message_stream", _stream_message, is_stream=True, is_structured=False)

CHAT_STREAMS = (STREAM, STRUCTURED_STREAM)
"""For what only chunks of chat can have."""
STREAMS = (*CHAT_STREAMS, RESPONSE_STREAM, MESSAGE_STREAM)
WHOLE = (PLAIN, STRUCTURED)
"""Calls whose answer comes whole."""
ALL = (*WHOLE, RESPONSE, MESSAGE, *STREAMS)
EACH = (PLAIN, STREAM, STRUCTURED, RESPONSE, RESPONSE_STREAM, MESSAGE, MESSAGE_STREAM)
"""One of each, for rows that take their time."""


def kinds(calls: tuple[Call, ...]) -> pytest.MarkDecorator:
    """Run a test for each of these kinds of call, as its argument `call`."""
    return pytest.mark.parametrize("call", calls, ids=repr)


def client_of(stage: RunningStage, **arguments: Any) -> AsyncOpenRouter:
    """Return a client of the stage that waits for nothing between its attempts."""
    return AsyncOpenRouter(KEY, base_url=stage.url, **{"retries": FAST, **arguments})


async def succeed(call: Call, client: AsyncOpenRouter, *, text: str = WORD, **arguments: Any) -> Ended:
    """Check that a call gives the word, or that text, and return how it ended."""
    ended = Ended()
    await call.run(client, ended, {"messages": "Hello", **arguments})
    assert ended.text == text
    assert ended.reply is not None
    assert ended.reply.text == text
    if call.is_structured and text == WORD:
        assert ended.reply.output == Word(word="Hello")
    check_hidden(repr(ended.reply), repr(client))
    return ended


async def fail(
    call: Call, client: AsyncOpenRouter, *, saying: str = "", with_locals: bool = True, **arguments: Any
) -> errors.OpenRouterError:
    """Return the error in which a call ends, after a look at all of it.

    `saying` is the text that was handed out before, and that its `partial` must keep; `with_locals`: see `check_error`.
    """
    ended = Ended()
    with pytest.raises(errors.OpenRouterError) as caught:
        await call.run(client, ended, {"messages": "Hello", **arguments})
    error = caught.value
    check_error(error, with_locals=with_locals)
    check_hidden(repr(client))
    assert ended.text == saying
    if saying:
        partial = getattr(error, "partial", None)
        assert partial is not None
        assert (partial.text, partial.finish_reason) == (saying, None)
        assert error.may_have_been_billed is True
    assert client._sender.transport.limiter.in_use == 0
    return error
