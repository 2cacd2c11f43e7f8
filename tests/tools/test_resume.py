"""`run.resume`: a run that broke off is resumed, and no tool that was started runs again."""

from __future__ import annotations

from collections import Counter
from typing import Any

import anyio
import pytest

from openrouter_async import (
    AsyncOpenRouter,
    ConfigurationError,
    OpenRouterError,
    RequestOptions,
    Retries,
    Run,
    Tool,
    run_of,
    tool,
)
from openrouter_async.testing import Emulator, Fault, tool_call
from tests.support.emulated import client_of

pytestmark = pytest.mark.loopback

STEPS = 3
ONCE: RequestOptions = {"retries": Retries(attempts=1)}
APIS = pytest.mark.parametrize("api", ["chat", "responses", "messages"])


def counted() -> tuple[Tool[..., Any], Counter[int]]:
    """Return a tool, and how often it ran with each number."""
    ran: Counter[int] = Counter()

    @tool
    async def count(number: int) -> int:
        """Count."""
        ran[number] += 1
        return number

    return count, ran


def script(emulator: Emulator, broken: int, *, times: int = 1) -> None:
    """Let the model call the tool in each step, and answer then; the request of step `broken` fails first."""
    for step in range(STEPS + 1):
        if step == broken:
            for _ in range(times):
                emulator.reply("Half ", "of ", "it", fault=Fault.disconnect(after=3))
        if step < STEPS:
            emulator.reply(tool_call("count", number=2 * step), tool_call("count", number=2 * step + 1))
    emulator.reply("Done")


def chat_of(client: AsyncOpenRouter, api: str) -> Any:
    return getattr(client, api)


async def result_of(stream: Any) -> Run[Any]:
    async with stream as entered:
        run: Run[Any] = await entered.final()
        return run


def plain(client: AsyncOpenRouter) -> AsyncOpenRouter:
    return client.with_options(**ONCE)


@APIS
@pytest.mark.parametrize("broken", range(STEPS + 1))
@pytest.mark.parametrize("way", ["plain", "streamed", "conversation", "plain conversation"])
async def test_no_tool_runs_twice_whichever_step_broke(
    emulator: Emulator, api: str, broken: int, way: str
) -> None:
    count, ran = counted()
    script(emulator, broken, times=2)
    async with client_of(emulator) as client:
        asked, chat = plain(client), client.conversation(api=api, tools=[count], options=ONCE)  # type: ignore[call-overload]  # any of them
        ways = {
            "plain": lambda: chat_of(asked, api).run("Count", tools=[count]),
            "streamed": lambda: result_of(chat_of(asked, api).run_stream("Count", tools=[count])),
            "conversation": lambda: result_of(chat.stream("Count")),
            "plain conversation": lambda: chat.send("Count"),
        }
        with pytest.raises(OpenRouterError) as failed:
            await ways[way]()
        run: Any = run_of(failed.value)
        assert ran == Counter(range(2 * broken))
        with pytest.raises(OpenRouterError) as failed:
            await (run.resume() if "plain" in way else result_of(run.resume_stream()))
        again: Any = run_of(failed.value)
        assert again is not run
        done = await (again.resume() if "plain" in way else result_of(again.resume_stream()))
        assert (done.text, done.status, len(done.steps)) == ("Done", "complete", STEPS + 1)
        assert ran == Counter(range(2 * STEPS))
        if "conversation" in way:
            assert len(chat.turns) == 1
            assert chat.paused is None
            emulator.reply("More")
            await chat.send("On")
            assert len(chat.turns) == 2
    assert emulator.unused == 0


async def test_a_run_that_was_left_is_resumed(emulator: Emulator) -> None:
    count, ran = counted()
    script(emulator, -1)
    async with client_of(emulator) as client:
        async with client.chat.run_stream("Count", tools=[count]) as stream:
            async for _ in stream:
                if sum(ran.values()) == 2:
                    break
        run = stream.so_far()
        assert run is not None
        done = await run.resume()
    assert done.text == "Done"
    assert set(ran.values()) == {1}


async def test_tools_of_a_step_that_failed_half_way_are_not_run_again(emulator: Emulator) -> None:
    ran: Counter[str] = Counter()

    @tool
    async def good() -> str:
        """Works."""
        ran["good"] += 1
        return "good"

    @tool
    async def bad() -> str:
        """Fails."""
        await anyio.lowlevel.checkpoint()
        ran["bad"] += 1
        raise LookupError("no")

    emulator.reply(tool_call("good"), tool_call("bad"))
    emulator.reply("Done")
    async with client_of(emulator) as client:
        with pytest.raises(OpenRouterError) as failed:
            await client.chat.run("Do", tools=[good, bad], tool_errors="raise", tool_concurrency=1)
        run = run_of(failed.value)
        assert run is not None
        assert (await run.resume()).text == "Done"
    assert ran == Counter(good=1, bad=1)


async def test_the_rest_may_have_another_model_and_other_settings(emulator: Emulator) -> None:
    count, ran = counted()
    script(emulator, 1)
    async with client_of(emulator) as client:
        with pytest.raises(OpenRouterError) as failed:
            await plain(client).chat.run("Count", tools=[count], temperature=0.5)
        run = run_of(failed.value)
        assert run is not None
        done = await run.resume(model="openai/gpt-4o-mini", options={"retries": Retries(attempts=2)})
    assert done.text == "Done"
    assert [request.model for request in emulator.requests[2:]] == ["openai/gpt-4o-mini"] * 3
    assert {request.json["temperature"] for request in emulator.requests} == {0.5}
    assert set(ran.values()) == {1}


async def test_a_run_that_waits_is_resumed_with_its_decisions(emulator: Emulator) -> None:
    @tool(needs_approval=True)
    async def delete(name: str) -> str:
        """Delete."""
        return f"deleted {name}"

    emulator.reply(tool_call("delete", name="a"))
    emulator.reply("Done")
    async with client_of(emulator) as client:
        run = await client.chat.run("Delete", tools=[delete])
        assert run.paused is not None
        with pytest.raises(ConfigurationError, match="nothing was decided"):
            await run.resume()
        done = await run.resume(run.paused.approve())
        with pytest.raises(ConfigurationError, match="the run is complete"):
            await done.resume()
    assert done.text == "Done"


async def test_a_conversation_that_has_gone_on_does_not_go_back(emulator: Emulator) -> None:
    count, _ = counted()
    script(emulator, 1)
    async with client_of(emulator) as client:
        chat = client.conversation(tools=[count], options=ONCE)
        with pytest.raises(OpenRouterError) as failed:
            await chat.send("Count")
        await chat.send("Something else")
        run = run_of(failed.value)
        assert run is not None
        with pytest.raises(ConfigurationError, match="changed since"):
            await run.resume()


async def test_a_half_answer_that_was_kept_is_replaced_by_the_whole(emulator: Emulator) -> None:
    count, ran = counted()
    script(emulator, STEPS)
    async with client_of(emulator) as client:
        chat = client.conversation(tools=[count], keep_partial=True, options=ONCE)
        with pytest.raises(OpenRouterError) as failed:
            await result_of(chat.stream("Count"))
        assert chat.turns[-1].is_partial
        run = run_of(failed.value)
        assert run is not None
        await result_of(run.resume_stream())
        assert [turn.is_partial for turn in chat.turns] == [False]
    assert set(ran.values()) == {1}
