"""Runs that wait for decisions, and go on with them, also in another process."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from openrouter_async import (
    ConfigurationError,
    InsufficientCredits,
    PausedRun,
    ToolError,
    create_tool,
    image,
    max_steps,
    tool,
)
from openrouter_async.testing import Answer, Emulator, tool_call
from openrouter_async.types.chat.tools import FunctionTool
from tests.support.emulated import MODEL, client_of

pytestmark = pytest.mark.loopback

deleted: list[str] = []


@tool(needs_approval=lambda name: name.endswith(".log"))
async def delete(name: str) -> str:
    """Delete a file."""
    deleted.append(name)
    return f"deleted {name}"


ask = create_tool("ask", "Ask the user.", {"question": {"type": "string"}}, ["question"])


@pytest.fixture(autouse=True)
def _nothing_is_deleted() -> None:
    deleted.clear()


async def paused_run(emulator: Emulator, *calls: Any, **params: Any) -> PausedRun:
    emulator.reply(*calls)
    async with client_of(emulator) as client:
        run = await client.chat.run("Clean up.", tools=[delete, ask], **params)
    assert run.status == "paused"
    assert run.paused is not None
    return run.paused


async def go_on(emulator: Emulator, paused: PausedRun, **params: Any) -> Any:
    emulator.reply("Done.")
    async with client_of(emulator) as client:
        return await client.chat.run(paused, tools=[delete, ask], **params)


def results(emulator: Emulator) -> list[Any]:
    return [m["content"] for m in emulator.requests[-1].messages if m["role"] == "tool"]


async def test_a_call_waits_while_the_others_of_its_turn_run(emulator: Emulator) -> None:
    paused = await paused_run(
        emulator, tool_call("delete", name="a.log"), tool_call("delete", name="b.tmp"), tool_call("nope")
    )
    assert deleted == ["b.tmp"]
    assert [(w.call.args, w.wants) for w in paused.waiting] == [({"name": "a.log"}, "approval")]
    run = await go_on(emulator, paused.approve())
    assert deleted == ["b.tmp", "a.log"]
    assert results(emulator)[:2] == ["deleted a.log", "deleted b.tmp"], "in the order of the calls"
    assert (run.text, run.status, len(run.steps)) == ("Done.", "complete", 2)
    assert [result.content for result in run.results] == results(emulator)


async def test_a_rejection_is_told_with_its_reason(emulator: Emulator) -> None:
    paused = await paused_run(emulator, tool_call("delete", name="a.log"))
    run = await go_on(emulator, paused.reject(reason="not on Sundays"))
    assert deleted == []
    assert results(emulator) == ["error: the call was not allowed: not on Sundays"]
    assert run.results[0].error == "the call was not allowed: not on Sundays"


@pytest.mark.parametrize(
    ("answer", "content"),
    [
        pytest.param("blue", "blue", id="text"),
        pytest.param({"colour": "blue"}, '{"colour":"blue"}', id="JSON"),
        pytest.param(
            image("https://a.example/x.png"),
            [{"type": "image_url", "image_url": {"url": "https://a.example/x.png"}}],
            id="image",
        ),
    ],
)
async def test_a_tool_without_a_function_is_answered_by_the_caller(
    emulator: Emulator, answer: object, content: object
) -> None:
    paused = await paused_run(emulator, tool_call("ask", question="Which colour?"))
    (waiting,) = paused.waiting
    assert (waiting.wants, waiting.call.args) == ("answer", {"question": "Which colour?"})
    decided = PausedRun.from_json(paused.answer(waiting.call.id, answer).model_dump_json())
    await go_on(emulator, decided)
    assert results(emulator) == [content]


async def test_calls_can_be_decided_one_by_one(emulator: Emulator) -> None:
    paused = await paused_run(
        emulator,
        tool_call("delete", name="a.log"),
        tool_call("delete", name="b.log"),
        tool_call("ask", question="Why?"),
    )
    first, second, third = (waiting.call.id for waiting in paused.waiting)
    decided = paused.approve(second).reject(first)
    assert [waiting.call.id for waiting in decided.undecided] == [third]
    assert len(paused.undecided) == 3, "a paused run never changes"
    with pytest.raises(ConfigurationError, match=f"nothing was decided about the calls \\['{third}'\\]"):
        await go_on(emulator, decided)
    await go_on(emulator, decided.answer(third, "because"))
    assert deleted == ["b.log"]
    assert results(emulator) == ["error: the call was not allowed", "deleted b.log", "because"]


async def test_wrong_arguments_are_never_put_before_anyone(emulator: Emulator) -> None:
    emulator.reply(tool_call("delete", "{}"))
    emulator.reply("I gave no name.")
    async with client_of(emulator) as client:
        run = await client.chat.run("Clean up.", tools=[delete])
    assert (run.status, run.results[0].error) == (
        "complete",
        "wrong arguments for 'delete': name: field required",
    )


async def test_a_paused_run_goes_through_json_unchanged(emulator: Emulator) -> None:
    details = [
        {
            "type": "reasoning.text",
            "text": "Hm.",
            "signature": "c2ln",
            "format": "anthropic-claude-v1",
            "index": 0,
        },
        {"index": 1, "type": "reasoning.encrypted", "data": "b3BhcXVl", "id": None},
    ]
    call = {"id": "c1", "type": "function", "function": {"name": "delete", "arguments": '{ "name":"a.log" }'}}
    message: Any = {
        "role": "assistant",
        "content": "Let me.",
        "tool_calls": [call],
        "reasoning_details": details,
    }
    body: Any = {
        "id": "gen-1",
        "model": MODEL,
        "choices": [{"index": 0, "message": message}],
        "usage": {"cost": 0.1},
    }
    emulator.script(Answer(body=body))
    async with client_of(emulator) as client:
        paused = (await client.chat.run("Clean up.", tools=[delete])).paused
    assert paused is not None
    again = PausedRun.from_json(paused.model_dump_json())
    assert again.model_dump() == paused.model_dump()
    await go_on(emulator, again.approve())
    sent = emulator.requests[-1].messages[1]
    assert json.dumps(sent["reasoning_details"]) == json.dumps(details), "the order of keys included"
    assert (sent["content"], sent["tool_calls"]) == ("Let me.", [call])


@pytest.mark.slow
async def test_another_process_goes_on(emulator: Emulator, tmp_path: Path) -> None:
    paused = await paused_run(emulator, tool_call("delete", name="a.log"))
    kept, answer = tmp_path / "paused.json", tmp_path / "answer.txt"
    kept.write_text(paused.model_dump_json())
    emulator.reply("All gone.", usage={"cost": 0})
    script = Path(__file__).with_name("resume_run.py")
    await anyio.run_process(
        [sys.executable, str(script), emulator.base_url, emulator.key, MODEL, str(kept), str(answer)]
    )
    assert answer.read_text() == f"All gone. 2 {paused.usage.cost}"
    assert results(emulator) == ["deleted a.log"]
    assert emulator.requests[-1].messages[:-1] == [*paused.messages]


async def test_steps_before_a_pause_count_for_the_stop_condition(emulator: Emulator) -> None:
    paused = await paused_run(emulator, tool_call("delete", name="a.log"))
    async with client_of(emulator) as client:
        run = await client.chat.run(paused.approve(), tools=[delete, ask], stop=max_steps(1))
    assert (run.status, run.stopped_by, deleted, len(emulator.requests)) == (
        "stopped",
        "max_steps(1)",
        ["a.log"],
        1,
    )


async def test_a_run_can_pause_again(emulator: Emulator) -> None:
    paused = await paused_run(emulator, tool_call("delete", name="a.log"))
    emulator.reply(tool_call("delete", name="b.log"))
    async with client_of(emulator) as client:
        second = await client.chat.run(paused.approve(), tools=[delete, ask])
    assert second.paused is not None
    assert (len(second.paused.steps), [w.call.args for w in second.paused.waiting]) == (
        2,
        [{"name": "b.log"}],
    )
    run = await go_on(emulator, PausedRun.from_json(second.paused.model_dump_json()).approve())
    assert (deleted, len(run.steps)) == (["a.log", "b.log"], 3)


async def test_the_messages_of_a_paused_run_end_before_the_call(emulator: Emulator) -> None:
    emulator.reply(tool_call("delete", name="a.log"))
    async with client_of(emulator) as client:
        run = await client.chat.run("Clean up.", tools=[delete])
    assert [*run.messages] == [{"role": "user", "content": "Clean up."}]


@pytest.mark.parametrize(
    ("decide", "said"),
    [
        pytest.param(lambda run: run.approve("x"), "no call 'x' waits", id="unknown id"),
        pytest.param(lambda run: run.approve(run.waiting[0].call.id), "use answer", id="approve an answer"),
        pytest.param(lambda run: run.answer("x", 1), "no call 'x' waits", id="answer unknown"),
    ],
)
async def test_a_wrong_decision_is_refused(emulator: Emulator, decide: Any, said: str) -> None:
    paused = await paused_run(emulator, tool_call("ask", question="Why?"))
    with pytest.raises(ConfigurationError, match=said):
        decide(paused)
    assert not paused.approve().decisions, "there is nothing to approve"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("", "contains no PausedRun", id="nothing"),
        pytest.param("[]", "contains no PausedRun", id="list"),
        pytest.param("{}", "contains no PausedRun", id="no version"),
        pytest.param('{"version": 2}', "of version 2, this library reads up to 1", id="newer"),
        pytest.param('{"version": 1, "messages": [], "steps": []}', r"missing: \['waiting'\]", id="missing"),
        pytest.param(
            '{"version": 1, "messages": ["secret"], "steps": [], "waiting": []}',
            r"wrong or missing: \['messages.0'\]",
            id="wrong",
        ),
    ],
)
def test_a_text_that_is_no_paused_run_is_refused_and_not_shown(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as caught:
        PausedRun.from_json(text)
    assert "secret" not in str(caught.value)


async def test_what_a_later_format_adds_is_passed_over(emulator: Emulator) -> None:
    paused = await paused_run(emulator, tool_call("delete", name="a.log"))
    data = json.loads(paused.model_dump_json())
    del data["decisions"]
    again = PausedRun.from_json(json.dumps({**data, "of_tomorrow": 1}))
    assert again.model_dump() == paused.model_dump()


async def test_a_paused_run_goes_on_only_with_the_tools_that_it_waits_for(emulator: Emulator) -> None:
    paused = await paused_run(emulator, tool_call("ask", question="Why?"))
    decided = paused.answer(paused.waiting[0].call.id, "Because.")
    asked = len(emulator.requests)
    async with client_of(emulator) as client:
        with pytest.raises(ConfigurationError, match=r"waits for the tools \['ask'\], which are not there"):
            await client.chat.run(decided, tools=[delete])
    assert len(emulator.requests) == asked


async def test_a_condition_of_approval_sees_defaults_too(emulator: Emulator) -> None:
    @tool(needs_approval=lambda path, force: force)
    async def remove(path: str, force: bool = False) -> str:
        return "gone"

    emulator.reply(tool_call("remove", path="a"))
    emulator.reply("Done.")
    async with client_of(emulator) as client:
        run = await client.chat.run("Clean up.", tools=[remove])
    assert [result.content for result in run.results] == ["gone"]


async def test_a_condition_of_approval_that_fails_ends_the_run(emulator: Emulator) -> None:
    def decide(path: str) -> bool:
        raise LookupError("no such owner")

    ran: list[str] = []

    @tool(needs_approval=decide)
    async def remove(path: str) -> None:
        ran.append(path)

    emulator.reply(tool_call("remove", path="a"))
    async with client_of(emulator) as client:
        with pytest.raises(ToolError, match="LookupError: no such owner") as caught:
            await client.chat.run("Clean up.", tools=[remove])
    assert isinstance(caught.value.__cause__, LookupError)
    assert caught.value.run is not None
    assert (len(caught.value.run.steps), ran) == (1, [])


async def test_a_function_given_as_a_dict_is_answered_by_the_caller(emulator: Emulator) -> None:
    definition: FunctionTool = {
        "type": "function",
        "function": {
            "name": "ask",
            "description": "Ask.",
            "parameters": {"type": "object", "properties": {}},
        },
    }
    emulator.reply(tool_call("ask"))
    emulator.reply("Thanks.")
    async with client_of(emulator) as client:
        run = await client.chat.run("Plan it.", tools=[definition])
        assert emulator.requests[0].json["tools"] == [definition]
        assert run.paused is not None
        (waiting,) = run.paused.waiting
        assert waiting.wants == "answer"
        run = await client.chat.run(run.paused.answer(waiting.call.id, "By the sea."), tools=[definition])
    assert (run.text, run.results[0].content) == ("Thanks.", "By the sea.")


async def test_what_was_approved_is_not_run_again_where_the_reply_after_it_broke(emulator: Emulator) -> None:
    paused = await paused_run(emulator, tool_call("delete", name="a.log"))
    emulator.fail(402)
    async with client_of(emulator) as client:
        with pytest.raises(InsufficientCredits) as caught:
            await client.chat.run(paused.approve(), tools=[delete, ask])
    assert caught.value.run is not None
    assert [result.content for result in caught.value.run.results] == ["deleted a.log"]
    kept = caught.value.run.paused
    assert kept is not None
    assert (kept.waiting, kept.decisions) == ([], {}), "the decision is used up"
    for again in (
        PausedRun.from_json(kept.model_dump_json()),  # what the error holds, in another process
        paused.approve(),  # the same once more
        paused.reject(),  # too late
        [*caught.value.run.messages],
    ):
        run = await go_on(emulator, again)  # type: ignore[arg-type]
        assert (run.text, results(emulator)) == ("Done.", ["deleted a.log"])
    assert deleted == ["a.log"]


async def test_a_decision_about_a_call_that_was_not_started_stays(emulator: Emulator) -> None:
    @tool
    async def boom() -> str:
        raise ValueError("no")

    tools = [boom, delete]
    emulator.reply(tool_call("boom"), tool_call("delete", name="a.log"))
    async with client_of(emulator) as client:
        with pytest.raises(ToolError) as caught:
            await client.chat.run("Clean up.", tools=tools, tool_errors="raise")
        assert caught.value.run is not None
        kept = caught.value.run.paused
        assert kept is not None
        assert [waiting.call.args for waiting in kept.undecided] == [{"name": "a.log"}]
        emulator.reply("Done.")
        await client.chat.run(PausedRun.from_json(kept.approve().model_dump_json()), tools=tools)
    assert deleted == ["a.log"]
    assert results(emulator) == ["error: the tool 'boom' failed: ValueError: no", "deleted a.log"]


async def test_a_tool_that_was_cancelled_is_not_run_again(emulator: Emulator) -> None:
    began, times = anyio.Event(), []

    @tool(needs_approval=True)
    async def transfer() -> None:
        times.append(1)
        began.set()
        await anyio.sleep_forever()

    emulator.reply(tool_call("transfer"))
    async with client_of(emulator) as client:
        paused = (await client.chat.run("Pay.", tools=[transfer])).paused
        assert paused is not None
        decided = paused.approve()
        async with anyio.create_task_group() as group:

            async def run() -> None:
                await client.chat.run(decided, tools=[transfer])

            group.start_soon(run)
            with anyio.fail_after(5):
                await began.wait()
            with pytest.raises(ConfigurationError, match="are being run already"):
                await client.chat.run(decided, tools=[transfer])
            group.cancel_scope.cancel()
        emulator.reply("Done.")
        await client.chat.run(decided, tools=[transfer])
    assert len(times) == 1
    assert "whether it took effect is not known" in results(emulator)[0]


@pytest.mark.parametrize("streamed", [False, True])
async def test_two_runs_that_begin_together_do_not_both_run_what_was_approved(
    emulator: Emulator, streamed: bool
) -> None:
    times = []

    @tool(needs_approval=True)
    async def refund() -> str:
        times.append(1)
        await anyio.lowlevel.checkpoint()
        return "refunded"

    emulator.reply(tool_call("refund"))
    emulator.reply("Done.")
    outcomes: list[object] = []
    async with client_of(emulator) as client:
        paused = (await client.chat.run("Pay.", tools=[refund])).paused
        assert paused is not None
        clicked = paused.approve()

        async def run(decided: PausedRun) -> None:
            try:
                if streamed:
                    async with client.chat.run_stream(decided, tools=[refund]) as stream:
                        outcomes.append((await stream.final()).status)
                else:
                    outcomes.append((await client.chat.run(decided, tools=[refund])).status)
            except ConfigurationError as error:
                outcomes.append(error.message)

        async with anyio.create_task_group() as group:
            group.start_soon(run, clicked)
            group.start_soon(run, paused.approve())
    assert len(times) == 1
    refused, done = sorted(map(str, outcomes), reverse=True)
    assert (done, "are being run already" in refused) == ("complete", True)


async def test_its_repr_shows_no_messages(emulator: Emulator) -> None:
    paused = await paused_run(emulator, tool_call("delete", name="a.log"))
    assert "messages=" not in repr(paused)
    assert str(paused.messages[0]["content"]) not in repr(paused)
