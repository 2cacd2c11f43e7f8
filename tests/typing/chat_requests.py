"""Chat requests as a caller writes them; read by type checkers, never run.

Each wrong call carries the complaint it must cause: a checker that no longer complains reports the comment.
"""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Protocol, assert_type

from typing_extensions import Unpack

from openrouter_async.types.chat.completion import ChatCompletion
from openrouter_async.types.chat.completion_request import CompletionParams
from openrouter_async.types.chat.content_parts import Attachment, audio, file, image, text, video
from openrouter_async.types.chat.messages import (
    AssistantTurn,
    Message,
    MessagesLike,
    SystemMessage,
    UserMessage,
    assistant,
    configuration_update,
    system,
    tool_result,
    user,
)
from openrouter_async.types.chat.request import ChatParams
from openrouter_async.types.chat.routing import MaxPrice, Provider
from openrouter_async.types.chat.server_tools import date_time, web_search
from openrouter_async.types.chat.tools import FunctionTool, function_tool


class Chat(Protocol):
    async def create(
        self, messages: MessagesLike, *, model: str | None = None, **params: Unpack[ChatParams]
    ) -> ChatCompletion[str]: ...


class Completions(Protocol):
    async def create(
        self, prompt: str, *, model: str | None = None, **params: Unpack[CompletionParams]
    ) -> ChatCompletion[str]: ...


async def right(
    chat: Chat, completions: Completions, stored: Mapping[str, object], schema: dict[str, object]
) -> None:
    reply = await chat.create("hi", model="a/b", temperature=0.5, max_tokens=100, stop=["END"], seed=None)
    await completions.create("Once", temperature=1, provider={"sort": "price"})

    await chat.create([system("be brief"), user("hi"), assistant("Hello"), stored])
    await chat.create([{"role": "user", "content": "hi"}])
    await chat.create([user("hi"), reply, user("and?")])
    await chat.create([user("hi"), reply.message, tool_result(reply.tool_calls[0], "4")])
    await chat.create(
        user(
            "look:",
            image("https://a.example/x.png", detail="low"),
            audio(b""),
            video(Path("v")),
            file(Path("f")),
        )
    )
    await chat.create({"role": "user", "content": [{"type": "text", "text": "hi"}, image(b"")]})
    await chat.create([configuration_update("high"), user("think")])

    await chat.create(
        "hi", provider=Provider(sort="price", zdr=True, max_price=MaxPrice(prompt=Decimal("0.5")))
    )
    await chat.create(
        "hi", provider={"sort": {"by": "price", "partition": "none"}, "max_price": {"prompt": 1}}
    )
    await chat.create("hi", provider={"preferred_max_latency": {"p50": 1}, "quantizations": ["fp8"]})
    await chat.create("hi", models=["a/b", "c/d"], reasoning={"effort": "high", "exclude": True})
    await chat.create("hi", plugins=[{"id": "web", "max_results": 3}, {"id": "of-tomorrow", "x": 1}])
    await chat.create("hi", service_tier="of-tomorrow", metadata={"team": "a"}, logit_bias={50256: -100})
    await chat.create("hi", logit_bias={"50256": -1.5}, stop="END", modalities=["text", "image"])

    tool = function_tool({"name": "add", "parameters": schema})
    typed: FunctionTool = {"type": "function", "function": {"name": "add", "strict": True}}
    await chat.create(
        "hi", tools=[tool, typed, web_search(max_results=3), date_time(), stored], tool_choice="required"
    )
    await chat.create("hi", tool_choice={"type": "function", "function": {"name": "add"}})
    await chat.create("hi", tool_choice={"type": "openrouter:web_search"})
    await chat.create("hi", stop_server_tools_when=[{"type": "max_cost", "max_cost_in_dollars": 0.1}])
    await chat.create(
        "hi", response_format={"type": "json_schema", "json_schema": {"name": "city", "schema": schema}}
    )

    shared: ChatParams = {"temperature": 0.2, "tools": [tool]}
    await chat.create("hi", **shared)
    history: list[Message] = [user("hi")]
    history.append(system(text("rules", cache_control={"type": "ephemeral"})))
    await chat.create(history)

    assert_type(user("hi"), UserMessage)
    assert_type(system("hi"), SystemMessage)
    assert_type(assistant("hi"), AssistantTurn)
    assert_type(image(b""), Attachment)


async def wrong(chat: Chat, completions: Completions) -> None:
    await chat.create("hi", temprature=1)  # type: ignore[call-arg]
    await chat.create("hi", temperature="1")  # type: ignore[arg-type]
    await chat.create("hi", max_tokens=1.5)  # type: ignore[arg-type]
    await chat.create("hi", session_id=None)  # type: ignore[arg-type]
    await chat.create("hi", route="fallback")  # type: ignore[call-arg]
    await chat.create("hi", "a/b")  # type: ignore[call-arg]
    await chat.create(5)  # type: ignore[arg-type]
    await chat.create("hi", provider={"sorted": "price"})  # type: ignore[arg-type]
    await chat.create("hi", provider=Provider(zdr="yes"))  # type: ignore[typeddict-item]
    await chat.create("hi", reasoning={"max_tokens": "many"})  # type: ignore[typeddict-item]
    await chat.create("hi", response_format={"type": "json"})  # type: ignore[arg-type, misc]
    await chat.create("hi", tool_choice="any")  # type: ignore[arg-type]
    await chat.create("hi", cache_control={"type": "ephemeral", "ttl": "2h"})  # type: ignore[typeddict-item]
    await chat.create("hi", tools=[web_search(max_result=3)])  # type: ignore[call-arg]
    await completions.create("Once", tools=[])  # type: ignore[call-arg]
    system(image(b""))  # type: ignore[arg-type]
    image(5)  # type: ignore[arg-type]
