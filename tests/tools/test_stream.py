"""Runs as one stream of events."""

from __future__ import annotations

from typing import Any

import anyio.lowlevel
import anyio.to_thread
import pytest

from openrouter_async import (
    AsyncOpenRouter,
    ConfigurationError,
    Finished,
    Keepalive,
    Overloaded,
    RepeatedToolCall,
    Retries,
    StepFinished,
    StreamTruncated,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    ToolError,
    ToolFinished,
    ToolProgress,
    ToolStarted,
    create_tool,
    max_steps,
    tool,
)
from openrouter_async.testing import Emulator, Fault, Reply, tool_call
from tests.support.emulated import client_of
from tests.support.loopback import sse

pytestmark = pytest.mark.loopback


@tool
async def dig(depth: int) -> Any:
    """Dig a hole."""
    for metre in range(1, depth + 1):
        yield metre
        await anyio.lowlevel.checkpoint()


async def test_events_of_replies_and_tools_come_in_the_order_in_which_they_happen(emulator: Emulator) -> None:
    emulator.reply("Digging. ", tool_call("dig", depth=2))
    emulator.reply("Done.")
    async with client_of(emulator) as client:
        async with client.chat.run_stream("Dig!", tools=[dig]) as stream:
            events = [event async for event in stream]
        run = await stream.final()
        plain_emulated = [request.json["stream"] for request in emulator.requests]
    assert plain_emulated == [True, True]
    shown = [e for e in events if not isinstance(e, TextDelta | ToolCallDelta | Keepalive)]
    kinds = [type(e).__name__ for e in shown]
    assert kinds == [
        "ToolCall", "UsageReported", "Finished", "ToolStarted", "ToolProgress", "ToolProgress", "ToolFinished",
        "StepFinished", "UsageReported", "Finished", "StepFinished",
    ]  # fmt: skip
    assert "".join(e.text for e in events if isinstance(e, TextDelta)) == "Digging. Done."
    call = next(e for e in events if isinstance(e, ToolCall))
    assert [e.value for e in events if isinstance(e, ToolProgress)] == [1, 2]
    assert [e.call for e in events if isinstance(e, ToolStarted | ToolProgress)] == [call] * 3
    (finished,) = (e for e in events if isinstance(e, ToolFinished))
    assert finished.result == run.results[0]
    assert [e.step for e in events if isinstance(e, StepFinished)] == [*run.steps]
    assert [e.completion for e in events if isinstance(e, Finished)] == [s.completion for s in run.steps]
    assert (run.text, run.status) == ("Done.", "complete")


async def test_a_stream_asks_what_a_plain_run_asks(emulator: Emulator) -> None:
    async def both(client: AsyncOpenRouter) -> None:
        await client.chat.run("Dig!", tools=[dig], tool_choice="required")
        async with client.chat.run_stream("Dig!", tools=[dig], tool_choice="required") as stream:
            await stream.final()

    for _ in range(2):
        emulator.reply(tool_call("dig", depth=2))
        emulator.reply("Done.")
    async with client_of(emulator) as client:
        await both(client)
    bodies = [{**request.json, "stream": None} for request in emulator.requests]
    for body in bodies:
        for message in body["messages"]:  # type: ignore[union-attr]
            for call in message.get("tool_calls", []):  # type: ignore[union-attr]
                call["id"] = "x"  # type: ignore[index, call-overload]
            message.pop("tool_call_id", None)  # type: ignore[union-attr, call-arg]
    assert bodies[:2] == bodies[2:]


async def test_the_text_of_all_replies_can_be_read_alone(emulator: Emulator) -> None:
    emulator.reply("First. ", tool_call("dig", depth=1))
    emulator.reply("Second.")
    async with client_of(emulator) as client, client.chat.run_stream("Dig!", tools=[dig]) as stream:
        assert "".join([text async for text in stream.text()]) == "First. Second."
        assert stream.result is await stream.final()


async def test_leaving_the_block_cancels_the_tools_and_closes_the_connection(emulator: Emulator) -> None:
    ended = anyio.Event()

    @tool
    async def wait() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            ended.set()

    emulator.reply(tool_call("wait"))
    async with client_of(emulator) as client:
        async with client.chat.run_stream("Wait!", tools=[wait]) as stream:
            async for event in stream:
                if isinstance(event, ToolStarted):
                    break
        assert ended.is_set()
        assert stream.result is None
        with pytest.raises(ConfigurationError, match="the run was left before its end"):
            await stream.final()

        emulator.reply("a b c d e f g h", fault=Fault.stall(after=2))
        async with client.chat.run_stream("Speak!") as stream:
            async for event in stream:
                if isinstance(event, TextDelta):
                    break
        request = emulator.requests[-1]
        assert await anyio.to_thread.run_sync(request.wait_until_over)
        assert request.disconnected_at is not None


async def test_cancelling_the_reader_leaves_no_tool_running(emulator: Emulator) -> None:
    began, ended = anyio.Event(), anyio.Event()

    @tool
    async def wait() -> None:
        began.set()
        try:
            await anyio.sleep_forever()
        finally:
            ended.set()

    async def read() -> None:
        async with client_of(emulator) as client, client.chat.run_stream("Wait!", tools=[wait]) as stream:
            await stream.final()

    emulator.reply(tool_call("wait"))
    async with anyio.create_task_group() as group:
        group.start_soon(read)
        with anyio.fail_after(5):
            await began.wait()
        group.cancel_scope.cancel()
    assert ended.is_set()


async def test_what_the_block_raises_comes_out_unchanged(emulator: Emulator) -> None:
    emulator.reply(tool_call("dig", depth=9))

    async def read() -> None:
        async with client_of(emulator) as client, client.chat.run_stream("Dig!", tools=[dig]) as stream:
            async for event in stream:
                if isinstance(event, ToolStarted):
                    raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        await read()


async def test_a_slow_reader_slows_the_tools(emulator: Emulator) -> None:
    most = 0

    @tool
    async def chatter() -> Any:
        nonlocal most
        for number in range(1_000):
            most = number
            yield number

    emulator.reply(tool_call("chatter"))
    emulator.reply("Done.")
    async with client_of(emulator) as client, client.chat.run_stream("Talk!", tools=[chatter]) as stream:
        async for event in stream:
            if isinstance(event, ToolProgress):
                for _ in range(20):
                    await anyio.lowlevel.checkpoint()
                assert most < 100
                break
        await stream.final()
    assert most == 999


async def test_a_reply_that_breaks_off_keeps_its_pieces_and_the_run(emulator: Emulator) -> None:
    emulator.reply(tool_call("dig", depth=1))
    emulator.reply("one two three four", fault=Fault.truncate(after=3))
    async with client_of(emulator) as client:
        with pytest.raises(StreamTruncated) as caught:
            async with client.chat.run_stream("Dig!", tools=[dig]) as stream:
                await stream.final()
    error = caught.value
    assert error.partial is not None
    assert error.partial.text
    assert error.run is not None
    assert (len(error.run.steps), error.run.messages[-1]["role"]) == (1, "tool")


async def test_a_refused_request_is_raised_where_the_events_are_read(emulator: Emulator) -> None:
    emulator.reply(tool_call("dig", depth=1))
    emulator.fail(503, times=3)
    async with client_of(emulator) as client:
        quick = client.with_options(retries=Retries(base=0.001, cap=0.001))
        with pytest.raises(Overloaded) as caught:
            async with quick.chat.run_stream("Dig!", tools=[dig]) as stream:
                await stream.final()
    assert caught.value.run is not None


async def test_a_tool_that_raises_ends_the_stream(emulator: Emulator) -> None:
    @tool
    async def boom() -> None:
        raise ValueError("no")

    emulator.reply(tool_call("boom"))
    async with client_of(emulator) as client:
        with pytest.raises(ToolError) as caught:
            async with client.chat.run_stream("Go!", tools=[boom], tool_errors="raise") as stream:
                await stream.final()
    assert isinstance(caught.value.__cause__, ValueError)
    assert caught.value.run is not None


async def test_a_repeated_call_ends_the_stream(emulator: Emulator) -> None:
    for _ in range(2):
        emulator.reply(tool_call("dig", depth=1))
    async with client_of(emulator) as client:
        with pytest.raises(RepeatedToolCall):
            async with client.chat.run_stream("Go!", tools=[dig], max_repeats=1) as stream:
                await stream.final()


async def test_a_stream_pauses_and_stops_as_a_plain_run_does(emulator: Emulator) -> None:
    emulator.reply(tool_call("ask", question="Which?"))
    emulator.reply("Blue it is.")
    ask = create_tool("ask", "Ask the user.", {"question": {"type": "string"}})
    async with client_of(emulator) as client:
        async with client.chat.run_stream("Choose.", tools=[ask]) as stream:
            events = [event async for event in stream]
            paused = (await stream.final()).paused
        assert not any(isinstance(event, StepFinished) for event in events), "the step waits"
        assert paused is not None
        call = paused.waiting[0].call
        async with client.chat.run_stream(paused.answer(call.id, "blue"), tools=[ask]) as stream:
            run = await stream.final()
        assert run.text == "Blue it is."

        emulator.reply(tool_call("dig", depth=1))
        async with client.chat.run_stream("Dig.", tools=[dig], stop=max_steps(1)) as stream:
            run = await stream.final()
    assert run.stopped_by == "max_steps(1)"


async def test_a_stream_is_read_inside_its_block_and_by_one_task(emulator: Emulator) -> None:
    emulator.reply(Reply.of("Hello").text)
    async with client_of(emulator) as client:
        stream = client.chat.run_stream("Hi")
        with pytest.raises(ConfigurationError, match="the run was not begun"):
            await stream.__anext__()
        async with stream:
            await stream.final()
        with pytest.raises(ConfigurationError, match="was begun before"):
            async with stream:
                pass
        with pytest.raises(ConfigurationError, match="stop is a str"):
            async with client.chat.run_stream("Hi", stop="x"):  # type: ignore[arg-type]
                pass


async def test_a_provider_that_is_not_there_any_more_is_given_up(emulator: Emulator) -> None:
    details = [{"index": 0, "type": "reasoning.encrypted", "data": "b3BhcXVl"}]
    function = {"name": "dig", "arguments": '{"depth": 1}'}
    delta = {"tool_calls": [{"index": 0, "id": "c1", "function": function}], "reasoning_details": details}
    chunk = {
        "id": "gen-1",
        "provider": "Gone",
        "choices": [{"index": 0, "delta": delta, "finish_reason": "tool_calls"}],
    }
    emulator.answer("/chat/completions", sse(chunk, "[DONE]"), content_type="text/event-stream")
    emulator.fail(404)
    emulator.reply("Done.")
    async with client_of(emulator) as client, client.chat.run_stream("Dig!", tools=[dig]) as stream:
        assert (await stream.final()).text == "Done."
    assert [request.json.get("provider") for request in emulator.requests] == [None, {"only": ["Gone"]}, None]


async def test_fragments_however_they_come_are_calls_that_run_once_and_in_order(emulator: Emulator) -> None:
    """No ids, no index, null arguments, interleaved, and more after a first finish reason."""

    def part(*calls: object, finish: str | None = None) -> dict[str, object]:
        return {
            "id": "gen-1",
            "choices": [{"index": 0, "delta": {"tool_calls": calls}, "finish_reason": finish}],
        }

    ran: list[str] = []

    @tool
    async def note(text: str) -> str:
        ran.append(text)
        return text

    chunks = [
        part({"index": 0, "id": "a", "function": {"name": "note", "arguments": None}}),
        part({"index": 1, "id": "", "function": {"name": "note", "arguments": '{"te'}}),
        part({"index": 0, "id": "a", "function": {"name": "note", "arguments": '{"text": "fir'}}),
        part({"index": 1, "id": None, "function": {"name": None, "arguments": 'xt": "second"}'}}),
        part({"index": 0, "function": {"arguments": 'st"}'}}, finish="tool_calls"),
        part({"id": "c", "function": {"name": "note", "arguments": '{"text": "third"}'}}, finish="stop"),
    ]
    emulator.answer("/chat/completions", sse(*chunks, "[DONE]"), content_type="text/event-stream")
    emulator.reply("Noted.")
    async with (
        client_of(emulator) as client,
        client.chat.run_stream("Note!", tools=[note], tool_concurrency=1) as stream,
    ):
        run = await stream.final()
    assert ran == ["first", "second", "third"]
    assert [result.content for result in run.results] == ran
    calls: Any = emulator.requests[1].messages[1]["tool_calls"]
    assert [call["function"]["arguments"] for call in calls] == [f'{{"text": "{text}"}}' for text in ran]
    assert len({call["id"] for call in calls}) == 3
