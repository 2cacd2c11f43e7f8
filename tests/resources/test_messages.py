"""`client.messages`, against the emulator: requests, replies, streams, money, and failures."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from openrouter_async import (
    AsyncOpenRouter,
    Finished,
    ItemFinished,
    MessageReply,
    ReasoningDelta,
    RequestOptions,
    Retries,
    TextDelta,
    ThinkingBlock,
    Timeouts,
    ToolCallDelta,
    errors,
    file,
    image,
    response_meta,
    tool,
)
from openrouter_async.testing import Emulator, Fault, tool_call

pytestmark = pytest.mark.loopback

MODEL = "anthropic/claude-haiku-4.5"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)


@tool
def stock(item: str) -> int:
    """How many of an item there are."""
    return len(item)


def client_of(emulator: Emulator, **options: Any) -> AsyncOpenRouter:
    return AsyncOpenRouter(
        emulator.key,
        base_url=emulator.base_url,
        default_model=MODEL,
        **{"retries": Retries(attempts=1), **options},
    )


async def test_a_reply_has_text_thinking_calls_and_cost() -> None:
    with Emulator() as emulator:
        emulator.reply("Let me look.", tool_call("stock", item="lamp"), reasoning="Hm.", usage={"cost": 0.25})
        async with client_of(emulator) as client:
            message = await client.messages.create("How many?", max_tokens=500, tools=[stock])
        body = emulator.requests[-1].json
        assert (message.text, message.thinking, message.stop_reason) == ("Let me look.", "Hm.", "tool_use")
        assert [(call.name, call.args) for call in message.tool_calls] == [("stock", {"item": "lamp"})]
        assert message.usage.is_reported
        assert message.usage.cost == message.cost == Decimal("0.25") == emulator.spent
        assert response_meta(message).status == 200
    assert body["messages"] == [{"role": "user", "content": "How many?"}]
    assert body["tools"] == [
        {
            "type": "custom",
            "name": "stock",
            "description": "How many of an item there are.",
            "input_schema": stock.definition["function"]["parameters"],
        }
    ]
    assert list(body) == ["model", "messages", "max_tokens", "tools"]


async def test_a_stream_has_the_same_and_ends_with_it() -> None:
    with Emulator() as emulator:
        for _ in range(2):
            emulator.reply("One ", "two", tool_call("stock", item="lamp"), reasoning="Hm.", model=MODEL)
        async with client_of(emulator) as client:
            whole = await client.messages.create("Hi", max_tokens=500)
            async with client.messages.stream("Hi", max_tokens=500) as stream:
                events = [event async for event in stream]
                reply = await stream.final()
        assert emulator.requests[-1].json["stream"] is True
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["One ", "two"]
    assert "".join(event.text for event in events if isinstance(event, ReasoningDelta)) == "Hm."
    assert (
        "".join(event.fragment for event in events if isinstance(event, ToolCallDelta)) == '{"item": "lamp"}'
    )
    assert [event.item for event in events if isinstance(event, ItemFinished)] == reply.blocks
    assert events[-1] == Finished(reply)
    assert (reply.text, reply.tool_calls[0].args, reply.usage) == (
        whole.text,
        whole.tool_calls[0].args,
        whole.usage,
    )
    assert response_meta(reply).status == 200


async def test_a_second_turn_has_thoughts_calls_and_results_as_they_came() -> None:
    with Emulator() as emulator:
        emulator.reply(tool_call("stock", item="lamp"), reasoning="Hm.")
        emulator.reply("Four.")
        async with client_of(emulator) as client:
            async with client.messages.stream("How many?", max_tokens=500, tools=[stock]) as stream:
                first = await stream.final()
            (call,) = first.tool_calls
            result = {"type": "tool_result", "tool_use_id": call.id, "content": str(stock("lamp"))}
            history = [{"role": "user", "content": "How many?"}, first, {"role": "user", "content": [result]}]
            last = await client.messages.create(history, max_tokens=500, tools=[stock])
        sent = emulator.requests[-1].json["messages"]
    assert last.text == "Four."
    assert isinstance(first.blocks[0], ThinkingBlock)
    assert first.blocks[0].signature
    assert sent[1] == {"role": "assistant", "content": [block.raw for block in first.blocks]}
    assert list(sent[1]["content"][0]) == list(first.blocks[0].raw)


async def test_pictures_and_documents_are_read_when_they_are_sent(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Ä lamp", encoding="utf-8")
    shown = {"type": "tool_result", "tool_use_id": "c1", "content": [image(PNG)]}
    asked = {"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "look", "input": {}}]}
    content = [
        shown,
        {"type": "text", "text": "This?"},
        file(tmp_path / "a.txt"),
        image("https://e.com/a.png"),
    ]
    with Emulator(models=[MODEL]) as emulator:
        async with client_of(emulator) as client:
            await client.messages.create(
                [{"role": "user", "content": "Look."}, asked, {"role": "user", "content": content}],
                max_tokens=9,
            )
            async with client.messages.stream(
                {"role": "user", "content": [image(PNG)]}, max_tokens=9
            ) as stream:
                await stream.final()
        plain, streamed = (request.json["messages"][-1]["content"] for request in emulator.requests)
    picture = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgoAAAAAAAAAAAAAAAAAAAAA"}
    assert plain[0]["content"] == streamed == [{"type": "image", "source": picture}]
    assert plain[2:] == [
        {
            "type": "document",
            "source": {"type": "text", "media_type": "text/plain", "data": "Ä lamp"},
            "title": "a.txt",
        },
        {"type": "image", "source": {"type": "url", "url": "https://e.com/a.png"}},
    ]


@pytest.mark.parametrize(
    ("messages", "params", "said"),
    [
        ("Hi", {"max_tokens": 0}, "max_tokens is 0; expected a whole number of at least 1"),
        ("Hi", {"stop": "x"}, "'stop' is not offered; this dialect calls it stop_sequences"),
        ("Hi", {"temprature": 1}, "did you mean 'temperature'?"),
        ("Hi", {"thinking": {"type": "enabled"}}, "thinking.budget_tokens is missing"),
        ("Hi", {"tools": [{"type": "custom", "name": "a b", "input_schema": {}}]}, "tools[0].name"),
        ([], {}, "messages is empty"),
        (7, {}, "messages is"),
        ([{"role": "user"}], {}, "messages[0].content is missing"),
        ([{"role": "user", "content": [{"type": "text", "text": ""}]}], {}, "messages[0].content[0].text"),
        ([{"role": "user", "content": [{"type": "text"}]}], {}, "messages[0].content[0].text is missing"),
        ([{"role": "user", "content": [{"text": "x"}]}], {}, "a dict with the block's 'type'"),
        ([{"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]}], {}, "use client.chat"),
    ],
)
async def test_a_wrong_argument_is_named_before_a_byte_leaves(messages: Any, params: Any, said: str) -> None:
    with Emulator() as emulator:
        async with client_of(emulator) as client:
            with pytest.raises(errors.ConfigurationError) as caught:
                await client.messages.create(messages, **params)
        assert emulator.requests == []
    assert said in caught.value.message


async def test_no_text_of_a_prompt_is_in_an_error() -> None:
    async with AsyncOpenRouter("sk-or-v1-x", default_model=MODEL) as client:
        for messages, params in (
            ([{"role": "user", "content": "secret", "x": 1}], {}),
            ([{"role": "user", "content": [{"type": "text", "text": "secret", "x": "secret"}]}], {}),
            ("secret", {"system": [{"type": "text", "text": 7, "x": "secret"}]}),
        ):
            with pytest.raises(errors.ConfigurationError) as caught:
                await client.messages.create(messages, **params)  # type: ignore[arg-type]  # wrong on purpose
            assert "secret" not in caught.value.message


async def test_a_model_has_to_be_named() -> None:
    async with AsyncOpenRouter("sk-or-v1-x") as client:
        with pytest.raises(errors.ConfigurationError, match="model is missing"):
            await client.messages.create("Hi")


async def test_parameters_of_the_client_that_mean_the_same_are_taken() -> None:
    params: Any = {"temperature": 0.5, "max_tokens": 100, "seed": 7, "reasoning": {"effort": "low"}}
    with Emulator(models=[MODEL]) as emulator:
        async with client_of(emulator) as client:
            client.params = params
            await client.messages.create("Hi", temperature=None, top_p=0.5)
        body = emulator.requests[-1].json
    assert body["max_tokens"] == 100
    assert body.keys() == {"model", "messages", "max_tokens", "top_p"}


async def test_extra_body_goes_over_all() -> None:
    with Emulator(models=[MODEL]) as emulator:
        async with client_of(emulator) as client:
            await client.messages.create("Hi", max_tokens=5, extra_body={"max_tokens": 6, "new": {"a": 1}})
        assert emulator.requests[-1].json["max_tokens"] == 6
        assert emulator.requests[-1].json["new"] == {"a": 1}


@pytest.mark.parametrize("is_stream", [False, True])
async def test_what_it_costs_is_tracked_and_a_budget_holds(is_stream: bool) -> None:
    async def ask(client: AsyncOpenRouter) -> MessageReply:
        if not is_stream:
            return await client.messages.create("Hi", max_tokens=50)
        async with client.messages.stream("Hi", max_tokens=50) as stream:
            return await stream.final()

    with Emulator() as emulator:
        emulator.reply("Yes", times=None)
        async with client_of(emulator) as client:
            async with client.track() as spend:
                reply = await ask(client)
            assert spend.cost == reply.cost == emulator.spent > 0
            async with client.track(budget="0.0000001"):
                with pytest.raises(errors.BudgetExceeded):
                    await ask(client)
        assert len([request for request in emulator.requests if request.path == "/messages"]) == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.error_event(529, "Overloaded", error_type=None, after=4), errors.Overloaded),
        (Fault.error_event("weird", "Odd", after=4), errors.APIStatusError),
        (Fault.truncate(after=4), errors.StreamTruncated),
        (Fault.disconnect(after=4), errors.StreamInterrupted),
        (Fault.garbage(after=4), errors.StreamDecodeError),
        (Fault.stall(after=4), errors.RequestTimeout),
    ],
    ids=lambda value: getattr(value, "name", None) or value.__name__,
)
async def test_a_stream_that_fails_keeps_what_came(fault: Fault, error: type[errors.OpenRouterError]) -> None:
    with Emulator() as emulator:
        emulator.reply("one ", "two ", "three", fault=fault)
        async with client_of(emulator, timeouts=Timeouts(headers=1.0, idle=0.3)) as client:
            stream = client.messages.stream("Hi", max_tokens=50)
            with pytest.raises(error) as caught:
                async with stream:
                    await stream.final()
        assert len(emulator.requests) == 1
    assert isinstance(caught.value.partial, MessageReply)
    assert caught.value.partial.text == "one "
    assert caught.value.may_have_been_billed


async def test_a_failure_before_the_first_piece_is_retried() -> None:
    with Emulator() as emulator:
        emulator.fail(529, "Overloaded", path="/messages")
        emulator.reply("Yes", fault=Fault.error_event(502, after=2))
        emulator.reply("Yes")
        async with (
            client_of(emulator, retries=Retries(attempts=3, base=0.0)) as client,
            client.messages.stream("Hi", max_tokens=50) as stream,
        ):
            assert (await stream.final()).text == "Yes"
        assert len(emulator.requests) == 3


async def test_once_is_billed_once() -> None:
    with Emulator() as emulator:
        emulator.reply("Yes")
        async with client_of(emulator) as client:
            options: RequestOptions = {"once": "key-1"}
            first = await client.messages.create("Hi", max_tokens=50, options=options)
            again = await client.messages.create("Hi", max_tokens=50, options=options)
        assert (first.text, again.text) == ("Yes", "Yes")
        assert again.cache is not None
        assert again.cost == 0
        assert emulator.spent == first.cost


async def test_a_wrong_key_has_its_class_and_message() -> None:
    with Emulator() as emulator:
        async with AsyncOpenRouter(
            "sk-or-v1-" + "0" * 64, base_url=emulator.base_url, default_model=MODEL
        ) as client:
            with pytest.raises(errors.AuthenticationError, match="User not found"):
                await client.messages.create("Hi", max_tokens=9)


async def test_a_reply_can_be_stored_and_sent_again() -> None:
    with Emulator() as emulator:
        emulator.reply("Yes", reasoning="Hm.")
        async with client_of(emulator) as client:
            message = await client.messages.create("Hi", max_tokens=50)
            stored = json.dumps(message.as_param())
            await client.messages.create(
                [{"role": "user", "content": "Hi"}, json.loads(stored), {"role": "user", "content": "?"}],
                max_tokens=50,
            )
        assert emulator.requests[-1].json["messages"][1] == message.as_param()
