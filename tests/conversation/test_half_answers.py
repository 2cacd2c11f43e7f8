"""Answers that were left or broke off: what a conversation keeps of them, in each dialect."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

import anyio
import pytest

from openrouter_async import ConfigurationError, OpenRouterError, Retries, tool, user
from openrouter_async.testing import Emulator, Fault, tool_call
from tests.support.emulated import client_of

pytestmark = pytest.mark.loopback

DIALECTS = pytest.mark.parametrize("api", ["chat", "responses", "messages"])
CUT = {
    api: Fault.disconnect(after=events) for api, events in [("chat", 3), ("responses", 6), ("messages", 4)]
}
"""After which some of "One ", "two ", "three" has come."""


@tool
async def weather(city: str) -> str:
    """Current weather."""
    return f"{city}: clear"


def conversation(client: Any, api: str, **settings: Any) -> Any:
    return client.conversation(api=api, **settings)


async def left_after(stream: Any, text: str) -> None:
    """Read until this text has come."""
    seen = ""
    async with aclosing(stream.text()) as pieces:
        async for piece in pieces:
            seen += piece
            if seen == text:
                return
    pytest.fail(f"only {seen!r} came")


@DIALECTS
async def test_a_running_reply_can_be_looked_at(emulator: Emulator, api: str) -> None:
    emulator.reply("See.", tool_call("weather", city="Oslo"))
    emulator.reply("One ", "two ", "three")
    async with client_of(emulator) as client:
        chat = conversation(client, api, tools=[weather])
        async with chat.stream("Count") as stream:
            await left_after(stream, "See.One two ")
            run = stream.so_far()
            assert run.text.startswith("One two ")  # with what came in the same read
            assert (run.partial.text, len(run.steps)) == (run.text, 1)
            await stream.final()
            run = stream.so_far()
            assert (run.text, run.partial) == ("One two three", None)


@DIALECTS
async def test_a_half_answer_is_kept_where_asked(emulator: Emulator, api: str) -> None:
    emulator.reply("One ", "two ", "three", times=None)
    async with client_of(emulator) as client:
        chat = conversation(client, api)
        async with chat.stream("Count") as stream:
            await left_after(stream, "One two ")
        assert len(chat.turns) == 0
        async with chat.stream("Count", keep_partial=True) as stream:
            await left_after(stream, "One two ")
        assert [turn.is_partial for turn in chat.turns] == [True]
        again = conversation(client, api, history=chat.model_dump_json())
        await again.send("On")
        assert [turn.is_partial for turn in again.turns] == [True, False]
    texts = [str(message) for message in emulator.requests[-1].messages]
    assert len(texts) == 3
    assert "One two " in texts[1]
    assert emulator.requests[-1].messages[1]["role"] == "assistant"


@DIALECTS
@pytest.mark.parametrize("how", ["broken", "cancelled"])
async def test_it_is_kept_however_the_answer_ended_and_the_tools_stay_run(
    emulator: Emulator, api: str, how: str
) -> None:
    emulator.reply(tool_call("weather", city="Oslo"))
    emulator.reply("One ", "two ", "three", fault=CUT[api] if how == "broken" else None)
    emulator.reply("More")
    seen: list[str] = []

    async def read(chat: Any) -> None:
        async with chat.stream("Count") as stream, aclosing(stream.text()) as pieces:
            async for piece in pieces:
                seen.append(piece)
                if how == "cancelled":
                    scope.cancel()
                    await anyio.sleep_forever()

    async with client_of(emulator) as client:
        chat = conversation(client, api, tools=[weather], keep_partial=True)
        with anyio.CancelScope() as scope:
            if how == "broken":
                with pytest.raises(OpenRouterError):
                    await read(chat)
            else:
                await read(chat)
        assert chat.turns[-1].is_partial
        assert chat.paused is None
        await chat.send("On")
    sent = str(emulator.requests[-1].messages)
    assert "Oslo: clear" in sent
    assert "".join(seen) in sent
    assert "".join(seen).startswith("One ")


async def test_nothing_is_kept_of_an_answer_that_had_not_begun(emulator: Emulator) -> None:
    emulator.fail(503, times=None)
    async with client_of(emulator) as client:
        chat = client.conversation(keep_partial=True, options={"retries": Retries(attempts=1)})
        with pytest.raises(OpenRouterError):
            async with chat.stream("Count") as stream:
                await stream.final()
        assert len(chat.turns) == 0


@DIALECTS
async def test_an_answer_is_streamed_again_in_place_of_the_last(emulator: Emulator, api: str) -> None:
    for text in ("First", "Second", "Third", "One "):
        emulator.reply(text, "!")
    async with client_of(emulator) as client:
        chat = conversation(client, api)
        with pytest.raises(ConfigurationError, match="nothing to retry"):
            async with chat.retry_stream():
                pytest.fail("it began")
        await chat.send("1?")
        async with chat.retry_stream() as stream:
            assert (await stream.final()).text == "Second!"
        assert len(chat.turns) == 1
        async with chat.edit_stream(user("2?"), turn=0) as stream:
            assert (await stream.final()).text == "Third!"
        assert len(chat.turns) == 1
        assert "2?" in str(chat.messages)
        assert "1?" not in str(chat.messages)
        async with chat.retry_stream() as stream:
            await left_after(stream, "One ")
        assert "Third!" in str(chat.messages)
        with pytest.raises(ConfigurationError, match="turn=7"):
            async with chat.edit_stream("3?", turn=7):
                pytest.fail("it began")


async def test_a_half_answer_takes_the_place_of_the_one_before_it_where_asked(emulator: Emulator) -> None:
    emulator.reply("Whole")
    emulator.reply("Half", " of it", fault=Fault.stall(after=2))
    async with client_of(emulator) as client:
        chat = client.conversation()
        await chat.send("1?")
        async with chat.retry_stream(keep_partial=True) as stream:
            await left_after(stream, "Half")
    assert [message["content"] for message in chat.messages] == ["1?", "Half"]


async def test_a_turn_is_there_as_soon_as_its_run_is_over(emulator: Emulator) -> None:
    emulator.reply("One", "!")
    async with client_of(emulator) as client:
        chat = client.conversation()
        async with chat.stream("1?") as stream:
            await stream.final()
            assert len(chat.turns) == 1
            assert "One!" in chat.model_dump_json()
        assert len(chat.turns) == 1


async def test_a_stream_begins_with_the_history_of_the_moment_it_is_entered(emulator: Emulator) -> None:
    emulator.reply("One")
    emulator.reply("Two")
    async with client_of(emulator) as client:
        chat = client.conversation()
        later = chat.stream("2?")
        await chat.send("1?")
        async with later as stream:
            await stream.final()
    assert len(chat.turns) == 2


async def test_a_wrong_setting_is_refused(emulator: Emulator) -> None:
    async with client_of(emulator) as client:
        with pytest.raises(ConfigurationError, match="keep_partial"):
            client.conversation(keep_partial="yes")  # type: ignore[call-overload]
        with pytest.raises(ConfigurationError, match="keep_partial"):
            async with client.conversation().stream("1?", keep_partial=1):  # type: ignore[arg-type]
                pytest.fail("it began")
