"""Calls of the client as a caller writes them; read by type checkers, never run.

Each wrong call carries the complaint it must cause: a checker that no longer complains reports the comment.
"""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from decimal import Decimal
from typing import assert_never, assert_type

from pydantic import BaseModel, JsonValue, SecretStr

from openrouter_async import (
    App,
    AsyncOpenRouter,
    Limits,
    Recover,
    Recovery,
    RequestOptions,
    ResponseMeta,
    Retries,
    Timeouts,
    response_meta,
)
from openrouter_async.errors import APIStatusError, PartialReply, StreamError
from openrouter_async.streaming.events import (
    AnnotationAdded,
    AudioDelta,
    Finished,
    ImageDelta,
    ItemFinished,
    ItemStarted,
    Keepalive,
    Progress,
    ReasoningDelta,
    RefusalDelta,
    StreamEvent,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    UsageReported,
)
from openrouter_async.streaming.raw import RawStream
from openrouter_async.streaming.stream import EventStream
from openrouter_async.types.chat.chunk import ChatChunk
from openrouter_async.types.chat.completion import ChatCompletion
from openrouter_async.types.chat.messages import system, tool_result, user
from openrouter_async.types.chat.parts import Annotation, Image
from openrouter_async.types.common import Usage


class Key(BaseModel):
    label: str


async def clients() -> None:
    AsyncOpenRouter()
    AsyncOpenRouter(SecretStr("sk-or-v1-example"), management_key="sk-or-v1-other")
    AsyncOpenRouter(http_parser="httptools")
    client = AsyncOpenRouter(
        "sk-or-v1-example",
        default_model="a/b",
        app=App(title="Example"),
        timeouts=Timeouts(total=20, event=None),
        retries=Retries(attempts=5),
        limits=Limits(concurrency=50),
        hooks=[],
    )
    async with client as entered:
        assert_type(entered, AsyncOpenRouter)
    assert_type(client.with_options(default_model="c/d", headers={"x-a": "1"}), AsyncOpenRouter)
    assert_type(client.default_model, str | None)


async def plain(client: AsyncOpenRouter) -> None:
    reply = await client.chat.create("Hello", model="a/b", temperature=0.2, max_tokens=100)
    assert_type(reply, ChatCompletion)
    assert_type(reply.output, str)
    assert_type(reply.text, str)
    assert_type(reply.reasoning, str | None)
    assert_type(reply.finish_reason, str | None)
    assert_type(reply.tool_calls, list[ToolCall])
    assert_type(reply.images, list[Image])
    assert_type(reply.annotations, list[Annotation])
    assert_type(reply.usage, Usage)
    assert_type(reply.usage.cost, Decimal | None)
    for call in reply.tool_calls:
        assert_type(call.args, dict[str, JsonValue] | None)
    assert_type(response_meta(reply), ResponseMeta)

    options: RequestOptions = {"timeouts": Timeouts(total=5), "router_metadata": True}
    await client.chat.create(
        [system("Be brief."), user("Hello"), reply, tool_result("call_1", "4")],
        options=options,
        extra_body={"safe_prompt": True},
    )
    assert_type(await client.completions.create("Once", temperature=1), ChatCompletion)


async def streamed(client: AsyncOpenRouter) -> None:
    async with client.chat.stream("Hello", model="a/b", on_bad_event="skip") as stream:
        assert_type(stream, EventStream)
        async for event in stream:
            assert_type(event, StreamEvent)
            show(event)
        async for text in stream.text():
            assert_type(text, str)
        async for thought in stream.reasoning(choice=1):
            assert_type(thought, str)
        async for fragment in stream.tool_call_fragments():
            assert_type(fragment, ToolCallDelta)
        async for chunk in stream.chunks():
            assert_type(chunk, ChatChunk)
        reply = await stream.final()
    assert_type(reply, ChatCompletion)
    assert_type(reply.output, str)
    async for event in client.chat.stream("Hello"):
        assert_type(event, StreamEvent)
    assert_type(client.completions.stream("Once"), EventStream)
    assert_type(client.chat.stream("Hello", recover=Recover(models=["a/b"])), EventStream)
    assert_type(reply.recoveries, tuple[Recovery, ...])
    assert_type(reply.total_cost, Decimal | None)


def show(event: StreamEvent) -> str:
    """Return a line about any event: leaving one out is a complaint."""
    match event:
        case TextDelta(text=text) | ReasoningDelta(text=text) | RefusalDelta(text=text):
            return text
        case ToolCallDelta(name=name, fragment=fragment):
            assert_type(event.parsed_so_far(), JsonValue)
            return name + fragment
        case ToolCall(name=name, args=args):
            assert_type(args, dict[str, JsonValue] | None)
            return name
        case ImageDelta(image=image):
            return image.url or ""
        case AudioDelta(data=data):
            return data
        case AnnotationAdded(annotation=annotation):
            return annotation.type or ""
        case ItemStarted(item=item) | ItemFinished(item=item):
            return item.type or ""
        case Progress(type=type_):
            return type_
        case UsageReported(usage=usage):
            return str(usage.cost)
        case Keepalive(comment=comment):
            return comment
        case Finished(completion=completion):
            return completion.text
        case _:
            assert_never(event)


def show_too_little(event: StreamEvent) -> str:
    match event:
        case TextDelta(text=text):
            return text
        case _:
            assert_never(event)  # type: ignore[arg-type]


async def any_operation(client: AsyncOpenRouter) -> None:
    assert_type(await client.request("GET", "/key", into=Key), Key)
    assert_type(await client.request("GET", "/file", into=bytes, key="management_key"), bytes)
    stream = client.stream_request("POST", "/responses", into=dict[str, JsonValue], body={"input": "Hello"})
    assert_type(stream, RawStream[dict[str, JsonValue]])
    async with stream as events:
        async for event in events:
            assert_type(event, dict[str, JsonValue])


def partial_of(error: APIStatusError | StreamError) -> str:
    assert_type(error.partial, PartialReply | None)
    return error.partial.text if error.partial else ""


async def wrong(client: AsyncOpenRouter) -> None:
    AsyncOpenRouter(5)  # type: ignore[arg-type]
    AsyncOpenRouter(timeouts=20)  # type: ignore[arg-type]
    AsyncOpenRouter(http_parser="llhttp")  # type: ignore[arg-type]
    AsyncOpenRouter(timeout=20)  # type: ignore[call-arg]
    client.with_options(timeout=5)  # type: ignore[call-arg]
    await client.chat.create()  # type: ignore[call-overload]
    await client.chat.create(5)  # type: ignore[call-overload]
    await client.chat.create("Hello", "a/b")  # type: ignore[call-overload]
    await client.chat.create("Hello", temprature=1)  # type: ignore[call-overload]
    await client.chat.create("Hello", temperature="1")  # type: ignore[call-overload]
    await client.chat.create("Hello", route="fallback")  # type: ignore[call-overload]
    await client.chat.create("Hello", on_bad_event="skip")  # type: ignore[call-overload]
    await client.chat.create("Hello", options={"timeout": 5})  # type: ignore[call-overload]
    client.chat.stream("Hello", stream=True)  # type: ignore[call-overload]
    client.chat.stream("Hello", on_bad_event="ignore")  # type: ignore[call-overload]
    await client.chat.stream("Hello")  # type: ignore[misc]
    with client.chat.stream("Hello"):  # type: ignore[attr-defined]
        pass
    await client.completions.create("Once", tools=[])  # type: ignore[call-arg]
    await client.completions.create(["Once"])  # type: ignore[arg-type]
    await client.request("GET", "/key")  # type: ignore[call-arg]
    await client.request("GET", "/key", into=Key, key="other")  # type: ignore[arg-type]
