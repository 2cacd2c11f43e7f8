"""Conversations against the emulator: what is sent of the past, and what is kept of it."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import pytest

from openrouter_async import (
    ConfigurationError,
    InsufficientCredits,
    StreamTruncated,
    TextDelta,
    ToolFinished,
    UsageReported,
    developer,
    image,
    keep_turns,
    max_steps,
    tool,
    user,
)
from openrouter_async.testing import Answer, Emulator, Fault, tool_call
from openrouter_async.types.common import Usage
from tests.support.emulated import MODEL, client_of
from tests.support.strict_requests import faults

pytestmark = pytest.mark.loopback

GIF = bytes.fromhex("47494638396101000100800000ffffff00000021f90401000000002c00000000010001000002024401003b")


@tool
async def weather(city: str) -> str:
    """Current weather."""
    return f"{city}: clear"


@tool(needs_approval=True)
async def delete(name: str) -> str:
    """Delete a file."""
    return f"deleted {name}"


def said(emulator: Emulator, request: int = -1) -> list[tuple[Any, Any]]:
    return [(m["role"], m.get("content")) for m in emulator.requests[request].messages]


async def test_what_was_said_before_is_sent_with_what_is_said_now(emulator: Emulator) -> None:
    for text in ("Hello", "Fine"):
        emulator.reply(text)
    async with client_of(emulator) as client:
        chat = client.conversation(system="Be brief.", temperature=0)
        first = await chat.send("Hi")
        second = await chat.send("How are you?", temperature=1)
    assert (first.text, second.text) == ("Hello", "Fine")
    assert said(emulator) == [
        ("system", "Be brief."),
        ("user", "Hi"),
        ("assistant", "Hello"),
        ("user", "How are you?"),
    ]
    assert [request.json["temperature"] for request in emulator.requests] == [0, 1]
    assert chat.messages == [*emulator.requests[1].messages, {"role": "assistant", "content": "Fine"}]
    assert len(chat.turns) == 2


async def test_tools_are_run_and_their_calls_are_kept(emulator: Emulator) -> None:
    emulator.reply(tool_call("weather", city="Oslo"))
    emulator.reply("Clear.")
    emulator.reply("Of course.")
    async with client_of(emulator) as client:
        chat = client.conversation(tools=[weather])
        await chat.send("Oslo?")
        await chat.send("Sure?")
    assert [role for role, _ in said(emulator)] == ["user", "assistant", "tool", "assistant", "user"]
    assert said(emulator)[2] == ("tool", "Oslo: clear")


async def test_a_message_may_hold_images_and_be_several(emulator: Emulator) -> None:
    emulator.reply("A dot.")
    async with client_of(emulator) as client:
        chat = client.conversation(system=developer("Look."))
        await chat.send([developer("Now:"), user("What is it?", image(GIF))])
    assert [role for role, _ in said(emulator)] == ["developer", "developer", "user"]
    assert "data:image/gif;base64," in chat.model_dump_json()


async def test_streams_are_kept_too(emulator: Emulator) -> None:
    emulator.reply("One, ", tool_call("weather", city="Oslo"))
    emulator.reply("two.")
    async with client_of(emulator) as client:
        chat = client.conversation(tools=[weather])
        async with chat.stream("Count.") as stream:
            text = [event.text async for event in stream if isinstance(event, TextDelta)]
    assert "".join(text) == "One, two."
    assert [m["role"] for m in chat.messages] == ["user", "assistant", "tool", "assistant"]
    assert chat.usage == (await stream.final()).usage


async def test_usage_is_that_of_all_turns_whatever_became_of_them(emulator: Emulator) -> None:
    async with client_of(emulator) as client:
        chat = client.conversation(tools=[weather])
        for cost in (0.25, 0.5):
            emulator.reply("Hello", usage={"cost": cost})
            await chat.send("Hi")
        chat.undo()
        emulator.reply(tool_call("weather", city="Oslo"), usage={"cost": 1})
        emulator.fail(402)
        with pytest.raises(InsufficientCredits):
            await chat.send("Oslo?")
    assert chat.usage.cost == Decimal("1.75")
    assert len(chat.turns) == 1


async def test_a_send_that_fails_leaves_the_history_as_it_was(emulator: Emulator) -> None:
    emulator.reply("Hello")
    async with client_of(emulator) as client:
        chat = client.conversation(tools=[weather])
        await chat.send("Hi")
        before = chat.history.turns
        emulator.fail(402)
        with pytest.raises(InsufficientCredits) as caught:
            await chat.send("Oslo?")
        assert (chat.history.turns, chat.paused) == (before, None)
        assert caught.value.run is not None
        assert (caught.value.run.steps, caught.value.run.paused) == ((), None)

        emulator.reply("one two three", fault=Fault.truncate(after=2))
        with pytest.raises(StreamTruncated) as broken:
            async with chat.stream("Speak.") as stream:
                await stream.final()
        assert chat.history.turns == before
        assert broken.value.partial is not None

        emulator.reply("Better")
        await chat.send("Again?")
    assert [text for _, text in said(emulator)] == ["Hi", "Hello", "Again?"]


async def test_a_send_that_is_cancelled_leaves_the_history_as_it_was(emulator: Emulator) -> None:
    began = anyio.Event()

    @tool
    async def wait() -> None:
        began.set()
        await anyio.sleep_forever()

    async with client_of(emulator) as client:
        chat = client.conversation(tools=[wait])
        emulator.reply(tool_call("wait"), usage={"cost": 0.25})
        async with anyio.create_task_group() as group:
            group.start_soon(chat.send, "Wait.")
            with anyio.fail_after(5):
                await began.wait()
            group.cancel_scope.cancel()
        assert (chat.turns, chat.usage.cost) == ((), Decimal("0.25"))
        chat.undo()
        emulator.reply("a b c d e", fault=Fault.stall(after=2))
        async with chat.stream("Speak.") as stream:
            await anext(aiter(stream))
        assert (chat.turns, chat.paused) == ((), None)
        emulator.reply("Hello")
        await chat.send("Hi")
    assert said(emulator) == [("user", "Hi")]


refunds: list[str] = []


@tool(needs_approval=lambda order: order.startswith("dear"))
async def refund(order: str) -> str:
    refunds.append(order)
    return f"refunded {order}"


def results_sent(emulator: Emulator) -> list[Any]:
    messages = emulator.requests[-1].messages
    assert faults(messages) == []
    return [message["content"] for message in messages if message["role"] == "tool"]


@pytest.mark.parametrize("how", ["send", "stream", "to disk and back"])
@pytest.mark.parametrize("order", ["cheap", "dear"])
@pytest.mark.parametrize("after", ["go on", "another message"])
async def test_a_tool_that_ran_is_not_run_again_where_the_reply_after_it_broke(
    emulator: Emulator, how: str, order: str, after: str
) -> None:
    refunds.clear()

    async def send(message: Any) -> Any:
        if how != "stream":
            return await chat.send(message)
        async with chat.stream(message) as stream:
            return await stream.final()

    async with client_of(emulator) as client:
        chat = client.conversation(tools=[refund])
        emulator.reply(tool_call("refund", order=order))
        emulator.fail(402)
        old = None
        if order == "dear":
            assert (await send("Refund it.")).status == "paused"
            old = chat.paused
        with pytest.raises(InsufficientCredits):
            await send("Refund it." if old is None else old.approve())
        if how == "to disk and back":
            chat = client.conversation(tools=[refund], history=chat.model_dump_json())
        assert chat.paused is not None
        assert (chat.paused.undecided, chat.paused.decisions) == ([], {})
        emulator.reply("Done.")
        if after == "another message":
            run = await send("And now?")
            assert len(chat.turns) == 2
        else:  # the decision that was used up is given once more
            run = await send(chat.paused if old is None else old.approve())
            assert len(chat.turns) == 1
        assert (run.text, refunds, results_sent(emulator)) == ("Done.", [order], [f"refunded {order}"])
        assert chat.paused is None
        emulator.reply("Yes.")
        await send("Sure?")
        assert results_sent(emulator) == [f"refunded {order}"]


@pytest.mark.parametrize("how", ["cancelled", "left"])
async def test_a_tool_that_was_broken_off_is_not_run_again(emulator: Emulator, how: str) -> None:
    began = anyio.Event()
    refunds.clear()

    @tool
    async def refund(order: str) -> str:
        refunds.append(order)
        if order == "slow":
            began.set()
            await anyio.sleep_forever()
        return f"refunded {order}"

    async with client_of(emulator) as client:
        chat = client.conversation(tools=[refund])
        emulator.reply(tool_call("refund", order="one"), tool_call("refund", order="slow"))
        if how == "left":
            async with chat.stream("Refund both.") as stream:
                async for event in stream:
                    if isinstance(event, ToolFinished):
                        break
        else:
            async with anyio.create_task_group() as group:
                group.start_soon(chat.send, "Refund both.")
                with anyio.fail_after(5):
                    await began.wait()
                group.cancel_scope.cancel()
        assert chat.turns == ()
        emulator.reply("Done.")
        await chat.send("And now?")
    assert sorted(refunds) == ["one", "slow"]
    first, second = results_sent(emulator)
    assert first == "refunded one"
    assert "whether it took effect is not known" in second


async def test_a_stream_that_was_left_counts_what_it_is_known_to_have_cost(emulator: Emulator) -> None:
    async with client_of(emulator) as client:
        chat = client.conversation()
        emulator.reply("Hello")
        emulator.reply("Hello again")
        first = await chat.send("Hi")
        async with chat.stream("And?") as stream:
            async for event in stream:
                if isinstance(event, UsageReported):
                    break
        assert (event.usage.cost or 0) > 0
        assert chat.usage.cost == (first.usage.cost or 0) + (event.usage.cost or 0)
        run = stream.so_far()
        assert run is not None
        assert run.usage.cost == event.usage.cost
        assert len(chat.turns) == 1


async def test_two_sends_at_once_are_refused(emulator: Emulator) -> None:
    async with client_of(emulator) as client:
        chat = client.conversation()
        emulator.reply("Hello")
        async with chat.stream("Hi") as stream:
            with pytest.raises(
                ConfigurationError, match="another message of this conversation is being sent"
            ):
                await chat.send("And?")
            with pytest.raises(ConfigurationError, match="another message"):
                chat.undo()
            await stream.final()
        emulator.reply("Yes?")
        await chat.send("And?")
    assert len(chat.turns) == 2


async def test_a_fork_goes_its_own_way(emulator: Emulator) -> None:
    emulator.reply("Hello")
    async with client_of(emulator) as client:
        chat = client.conversation(system="Be brief.", temperature=0)
        await chat.send("Hi")
        other = chat.fork()
        emulator.reply("Left")
        await chat.send("Left?")
        emulator.reply("Right")
        await other.send("Right?")
    assert [text for _, text in said(emulator)] == ["Be brief.", "Hi", "Hello", "Right?"]
    assert emulator.requests[-1].json["temperature"] == 0
    assert [turn.asked[0]["content"] for turn in chat.turns] == ["Hi", "Left?"]


async def test_turns_can_be_undone_edited_and_tried_again(emulator: Emulator) -> None:
    async with client_of(emulator) as client:
        chat = client.conversation()
        for number in range(3):
            emulator.reply(f"answer {number}")
            await chat.send(f"question {number}")
        chat.undo()
        assert len(chat.turns) == 2
        emulator.reply("better")
        await chat.retry(temperature=1)
        assert [text for _, text in said(emulator)] == ["question 0", "answer 0", "question 1"]
        assert chat.messages[-1]["content"] == "better"
        emulator.reply("other")
        await chat.edit("question X", turn=0)
        assert said(emulator) == [("user", "question X")]
        assert [m["content"] for m in chat.messages] == ["question X", "other"]

        emulator.fail(402, times=2)
        before = chat.history.turns
        for failing in (chat.retry(), chat.edit("no")):
            with pytest.raises(InsufficientCredits):
                await failing
        assert chat.history.turns == before


@pytest.mark.parametrize("count", [0, 2, -1, True])
async def test_what_is_not_there_cannot_be_undone(emulator: Emulator, count: int) -> None:
    emulator.reply("Hello")
    async with client_of(emulator) as client:
        chat = client.conversation()
        with pytest.raises(ConfigurationError, match="nothing to retry"):
            await chat.retry()
        with pytest.raises(ConfigurationError, match="has 0 turns"):
            await chat.edit("x")
        await chat.send("Hi")
        with pytest.raises(ConfigurationError, match="has 1 turns"):
            chat.undo(count)


async def test_a_long_conversation_is_trimmed_and_kept_whole(emulator: Emulator) -> None:
    async with client_of(emulator) as client:
        chat = client.conversation(system="Be brief.", trim=keep_turns(1), tools=[weather])
        emulator.reply(tool_call("weather", city="Oslo"))
        for text in ("Clear.", "Yes.", "Bye."):
            emulator.reply(text)
        for text in ("Oslo?", "Sure?", "Thanks."):
            await chat.send(text)
    assert [text for _, text in said(emulator)] == ["Be brief.", "Sure?", "Yes.", "Thanks."]
    assert [turn.asked[0]["content"] for turn in chat.turns] == ["Oslo?", "Sure?", "Thanks."]
    assert [len(turn.answered) for turn in chat.turns] == [3, 1, 1]


async def test_reasoning_is_sent_back_unchanged_to_the_provider_that_can_read_it(emulator: Emulator) -> None:
    details = [{"type": "reasoning.encrypted", "data": "b3BhcXVl", "id": None, "index": 0}]
    message: Any = {"role": "assistant", "content": "Hello", "reasoning_details": details}
    body: Any = {
        "id": "gen-1",
        "model": MODEL,
        "provider": "Azure",
        "choices": [{"index": 0, "message": message}],
    }
    emulator.script(Answer(body=body))
    emulator.reply("Fine")
    emulator.reply("Bye")
    async with client_of(emulator) as client:
        chat = client.conversation()
        await chat.send("Hi")
        chat = client.conversation(history=chat.model_dump_json())
        await chat.send("How are you?")
        sent = emulator.requests[1]
        assert json.dumps(sent.messages[1]["reasoning_details"]) == json.dumps(details)
        assert sent.json["provider"] == {"only": ["Azure"]}
        chat = client.conversation(history=chat.history, trim=keep_turns(1))
        await chat.send("Bye")
    assert "provider" not in emulator.requests[2].json, "the turn with the reasoning is not sent any more"


async def test_each_answer_may_be_a_value(emulator: Emulator) -> None:
    for text in ("[1]", "[2, 3]"):
        emulator.reply(text)
    async with client_of(emulator) as client:
        chat = client.conversation(output=list[int], tools=[weather])
        assert (await chat.send("One?")).output == [1]
        async with chat.fork().stream("Two?") as stream:
            assert (await stream.final()).output == [2, 3]
    assert [text for _, text in said(emulator)][-3:] == ["One?", "[1]", "Two?"]


# On disk


async def test_a_conversation_goes_to_disk_and_back(emulator: Emulator, tmp_path: Path) -> None:
    path = anyio.Path(tmp_path / "chat.json")
    emulator.reply(tool_call("weather", city="Oslo"), usage={"cost": 0.25})
    emulator.reply("Clear.", usage={"cost": 0.25})
    async with client_of(emulator) as client:
        chat = client.conversation(model=MODEL, system="Be brief.", tools=[weather])
        await chat.send("Oslo?")
        await path.write_text(chat.model_dump_json())
    emulator.reply("Of course.", usage={"cost": 0.25})
    async with client_of(emulator) as client:
        again = client.conversation(history=await path.read_text(), tools=[weather])
        assert (again.messages, again.usage, again.turns) == (chat.messages, chat.usage, chat.turns)
        await again.send("Sure?")
    assert [*emulator.requests[2].messages] == [*chat.messages, {"role": "user", "content": "Sure?"}]
    assert emulator.requests[2].model == MODEL
    assert again.usage.cost == Decimal("0.75")


async def test_model_and_system_can_be_changed_when_it_is_taken_up(emulator: Emulator) -> None:
    emulator.reply("Hello")
    emulator.reply("Ahoy")
    async with client_of(emulator) as client:
        chat = client.conversation(system="Be brief.")
        await chat.send("Hi")
        other = client.conversation(history=chat.history, system="Be a pirate.", model="openai/gpt-4o-mini")
        await other.send("Again")
    assert said(emulator)[0] == ("system", "Be a pirate.")
    assert emulator.requests[1].model == "openai/gpt-4o-mini"


async def test_a_run_that_waits_is_part_of_the_conversation(emulator: Emulator) -> None:
    async with client_of(emulator) as client:
        chat = client.conversation(tools=[delete])
        emulator.reply("Hello", usage={"cost": 0.25})
        await chat.send("Hi")
        emulator.reply(tool_call("delete", name="a.log"), usage={"cost": 0.25})
        run = await chat.send("Clean up.")
        assert (run.status, len(chat.turns)) == ("paused", 1)
        with pytest.raises(ConfigurationError, match="a run waits for decisions"):
            await chat.send("Well?")

        chat = client.conversation(history=chat.model_dump_json(), tools=[delete])
        assert chat.paused is not None
        assert chat.paused.waiting[0].call.args == {"name": "a.log"}
        emulator.reply("Done.", usage={"cost": 0.25})
        decided = chat.paused.approve()
        run = await chat.send(decided)
        assert (run.text, chat.paused, len(chat.turns)) == ("Done.", None, 2)
        assert [m["role"] for m in chat.turns[1].messages] == ["user", "assistant", "tool", "assistant"]
        assert chat.usage.cost == Decimal("0.75")
        with pytest.raises(ConfigurationError, match="no such run waits"):
            await chat.send(decided)


async def test_a_turn_that_waits_can_be_undone_or_tried_again(emulator: Emulator) -> None:
    async with client_of(emulator) as client:
        chat = client.conversation(tools=[delete])
        for _ in range(2):
            emulator.reply(tool_call("delete", name="a.log"))
        await chat.send("Clean up.")
        await chat.retry()
        assert chat.paused is not None
        assert said(emulator) == [("user", "Clean up.")]
        chat.undo()
        assert (chat.paused, chat.turns) == (None, ())


async def test_a_stopped_turn_is_kept_and_can_be_followed(emulator: Emulator) -> None:
    async with client_of(emulator) as client:
        chat = client.conversation(tools=[weather], stop=max_steps(1))
        emulator.reply(tool_call("weather", city="Oslo"))
        assert (await chat.send("Oslo?")).status == "stopped"
        emulator.reply("Clear.")
        await chat.send("So?")
    assert [role for role, _ in said(emulator)] == ["user", "assistant", "tool", "user"]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        pytest.param("", "contains no History", id="nothing"),
        pytest.param("[]", "contains no History", id="list"),
        pytest.param('{"version": 2}', "of version 2, this library reads up to 1", id="newer"),
        pytest.param('{"version": 1, "turns": [{"asked": "secret"}]}', "wrong or missing", id="wrong"),
    ],
)
async def test_a_text_that_is_no_conversation_is_refused_and_not_shown(
    emulator: Emulator, text: str, error: str
) -> None:
    async with client_of(emulator) as client:
        with pytest.raises(ConfigurationError, match=error) as caught:
            client.conversation(history=text)
    assert "secret" not in str(caught.value)


# What this version writes, so that later ones go on reading it.
VERSION_1 = {
    "version": 1,
    "model": "a/b",
    "system": {"role": "system", "content": "Be brief."},
    "turns": [
        {
            "asked": [{"role": "user", "content": "Hi"}],
            "answered": [{"role": "assistant", "content": "Hello"}],
            "usage": {"cost": "0.25"},
            "provider": None,
        }
    ],
    "waiting": None,
    "usage": {"cost": "0.25"},
}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(json.dumps(VERSION_1), id="version 1"),
        pytest.param(json.dumps({**VERSION_1, "of_tomorrow": {}}), id="with more than is known"),
    ],
)
async def test_formats_of_the_past_are_read(emulator: Emulator, text: str) -> None:
    async with client_of(emulator) as client:
        chat = client.conversation(history=text)
    assert [m["content"] for m in chat.messages] == ["Be brief.", "Hi", "Hello"]
    assert chat.usage.cost == Decimal("0.25")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        pytest.param({"history": Path("chat.json")}, "history is a PosixPath|WindowsPath", id="history"),
        pytest.param({"trim": 20}, "trim is 20; expected a policy", id="trim"),
    ],
)
async def test_a_setting_of_the_wrong_type_is_refused(
    emulator: Emulator, wrong: dict[str, Any], said: str
) -> None:
    async with client_of(emulator) as client:
        with pytest.raises(ConfigurationError, match=said):
            client.conversation(**wrong)


async def test_extra_body_is_of_the_whole_conversation(emulator: Emulator) -> None:
    async with client_of(emulator) as client:
        chat = client.conversation()
        with pytest.raises(ConfigurationError, match="give it where the conversation or the run begins"):
            await chat.send("Oslo?", **{"extra_body": {"new": 1}})  # type: ignore[arg-type]  # not declared
    assert not emulator.requests


async def test_a_file_with_what_no_provider_takes_goes_on(emulator: Emulator) -> None:
    """Files of the past hold calls that were cut, blank text, and calls without a result."""

    def call(id: str, name: str, arguments: str) -> dict[str, Any]:
        return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}

    calls = [call("a", "weather", '{"ci'), call("b", "", "{}"), call("c", "weather", "null")]
    turns = [
        {
            "asked": [{"role": "user", "content": "Oslo?"}],
            "answered": [
                {"role": "assistant", "content": "\n", "tool_calls": calls},
                {"role": "tool", "tool_call_id": "b", "content": ""},
                {"role": "tool", "tool_call_id": "a", "content": ""},
            ],
        },
        {
            "asked": [{"role": "user", "content": "Rome?"}],
            "answered": [{"role": "assistant", "content": "", "reasoning": "Hm."}],
        },
    ]
    file = json.dumps({"version": 1, "model": MODEL, "turns": turns})
    emulator.reply("So.")
    async with client_of(emulator) as client:
        chat = client.conversation(history=file, tools=[weather])
        await chat.send("And now?")
        assert json.loads(chat.model_dump_json())["turns"][:2] == [
            {**turn, "usage": Usage().model_dump(mode="json"), "provider": None, "is_partial": False}
            for turn in turns
        ], "the file keeps what it had"
    sent = emulator.requests[-1].messages
    assert faults(sent) == []
    assert results_sent(emulator) == ["(no output)", "error: there is no result of this call"]
    assert sent[-2]["reasoning"] == "Hm."


async def test_a_reply_that_breaks_off_half_way_after_a_tool_keeps_the_turn(emulator: Emulator) -> None:
    refunds.clear()
    emulator.reply(tool_call("refund", order="dear"))
    emulator.reply("one two three four", fault=Fault.truncate(after=2))
    async with client_of(emulator) as client:
        chat = client.conversation(tools=[refund])
        await chat.send("Refund it.")
        assert chat.paused is not None
        with pytest.raises(StreamTruncated) as broken:
            async with chat.stream(chat.paused.approve()) as stream:
                await stream.final()
        assert broken.value.run is not None
        assert broken.value.run.paused == chat.paused
        emulator.reply("Done.")
        run = await chat.send(chat.paused.approve())
    assert (run.text, refunds, results_sent(emulator)) == ("Done.", ["dear"], ["refunded dear"])


def sessions(emulator: Emulator) -> list[object]:
    """Return what each chat request was grouped by."""
    asked = [request for request in emulator.requests if request.method == "POST"]
    return [request.headers.get("x-session-id") or request.body.get("session_id") for request in asked]


async def test_its_messages_stay_with_one_provider_also_when_it_is_taken_up_or_forked(
    emulator: Emulator,
) -> None:
    for _ in range(4):
        emulator.reply("Hello")
    async with client_of(emulator) as client:
        chat = client.conversation()
        await chat.send("Hi")
        await chat.fork().send("Again")
        await client.conversation(history=chat.model_dump_json()).send("Later")
        await client.conversation().send("Another one")
    first, fork, taken_up, other = sessions(emulator)
    assert isinstance(first, str)
    assert first == fork == taken_up != other
    assert isinstance(other, str)


async def test_a_session_that_is_given_wins_and_none_may_be(emulator: Emulator) -> None:
    for text in ["Hello"] * 4 + ["[1]"] + ["Hello"] * 2:
        emulator.reply(text)
    async with client_of(emulator) as client:
        await client.conversation(options={"session_id": "mine"}).send("Hi")
        await client.conversation().send("Hi", options={"session_id": "mine"})
        await client.conversation(extra_body={"session_id": "mine"}).send("Hi")
        await client.with_options(session_id="mine").conversation().send("Hi")
        await client.with_options(session_id="mine").conversation(output=list[int]).send("Hi")
        assert sessions(emulator) == ["mine"] * 5
        await client.conversation(options={"session_id": None}).send("Hi")
        await client.with_options(session_id="mine").conversation(options={"session_id": None}).send("Hi")
        assert sessions(emulator)[5:] == [None, None]
