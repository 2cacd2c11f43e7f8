"""Where a request is marked for the cache of its provider: at most four places, and the text stays as it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from openrouter_async import AsyncOpenRouter, ConfigurationError
from openrouter_async._sansio.cache_marks import prompt_of_body, with_cache_marks
from openrouter_async.testing import Emulator

CLAUDE = "anthropic/claude-sonnet-4.5"
SYSTEM: dict[str, Any] = {"role": "system", "content": "Be brief."}
TOOL: dict[str, Any] = {"type": "function", "function": {"name": "f"}}


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def said(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


def marked(model: str | None = CLAUDE, **body: Any) -> dict[str, Any]:
    content = with_cache_marks(json.dumps({"model": model, **body}).encode(), model)
    assert prompt_of_body(content) == prompt_of_body(json.dumps(body).encode()), "only marks were added"
    read: dict[str, Any] = json.loads(content)
    return read


def marks(value: object) -> list[str]:
    """Return the text of each part that has a mark; of a tool its name."""
    if isinstance(value, dict):
        own = [value.get("text") or value["function"]["name"]] if "cache_control" in value else []
        return own + [each for inner in value.values() for each in marks(inner)]
    return [each for inner in value for each in marks(inner)] if isinstance(value, list) else []


def test_tools_system_and_the_last_two_turns_are_marked() -> None:
    body = marked(
        messages=[SYSTEM, user("one"), said("1"), user("two"), said("2"), user("three")], tools=[TOOL, TOOL]
    )
    assert marks(body) == ["Be brief.", "two", "three", "f"]
    assert "cache_control" not in body["tools"][0]


def test_results_of_tools_are_turns() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    asks = {"role": "assistant", "content": None, "tool_calls": [call]}
    result = {"role": "tool", "tool_call_id": "c", "content": "42"}
    assert marks(marked(messages=[user("one"), asks, result])) == ["one", "42"]


def test_the_last_text_of_parts_is_marked() -> None:
    parts = [
        {"type": "text", "text": "look"},
        {"type": "image_url", "image_url": {"url": "https://a/b.png"}},
    ]
    assert marks(marked(messages=[{"role": "user", "content": parts}])) == ["look"]


def test_messages_has_its_system_prompt_apart() -> None:
    assert marks(marked(system="Be brief.", messages=[user("one")])) == ["Be brief.", "one"]


@pytest.mark.parametrize("model", ["openai/gpt-5-mini", "deepseek/deepseek-chat", None])
def test_other_models_are_asked_as_before(model: str | None) -> None:
    content = json.dumps({"messages": [SYSTEM, user("one")]}).encode()
    assert with_cache_marks(content, model) is content


def test_own_marks_stay_alone() -> None:
    part = {"type": "text", "text": "mine", "cache_control": {"type": "ephemeral", "ttl": "1h"}}
    content = json.dumps({"messages": [SYSTEM, {"role": "user", "content": [part]}, user("one")]}).encode()
    assert with_cache_marks(content, CLAUDE) is content


def test_empty_texts_are_not_marked() -> None:
    assert marks(marked(messages=[SYSTEM, user(" "), {"role": "user", "content": []}])) == ["Be brief."]


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.mark.loopback
async def test_a_conversation_reads_what_it_wrote(emulator: Emulator) -> None:
    async with AsyncOpenRouter(
        emulator.key, base_url=emulator.base_url, default_model=CLAUDE, prompt_cache="auto"
    ) as client:
        chat = client.conversation(system="Rules. " * 500)
        read, written = [], []
        for text in ("one", "two", "three"):
            usage = (await chat.send(text)).usage
            assert usage.prompt_tokens_details is not None
            read.append(usage.prompt_tokens_details.cached_tokens or 0)
            written.append(usage.prompt_tokens_details.cache_write_tokens or 0)
    assert read[0] == 0
    assert written[0] > 500
    assert read[1] >= written[0]
    assert read[2] > read[1]
    asked = [request for request in emulator.requests if request.method == "POST"]
    assert len({request.headers["x-session-id"] for request in asked}) == 1


@pytest.mark.loopback
async def test_a_run_has_one_session(emulator: Emulator) -> None:
    def weather(city: str) -> str:
        """Return the weather."""
        return f"It is sunny in {city}."

    async with AsyncOpenRouter(emulator.key, base_url=emulator.base_url, default_model=CLAUDE) as client:
        for _ in range(2):
            run = await client.chat.run("How is the weather in Rome?", tools=[weather])
            assert len(run.steps) == 2
        await client.chat.run("Hi", tools=[weather], options={"session_id": "mine"})
        await client.chat.run("Hi", tools=[weather], options={"session_id": None})
        await client.messages.run("Hi", tools=[weather], max_tokens=50, options={"session_id": None})
    sessions = [
        request.headers.get("x-session-id") for request in emulator.requests if request.method == "POST"
    ]
    assert sessions[0] == sessions[1] != sessions[2] == sessions[3]
    assert sessions[4:] == ["mine"] * 2 + [None] * 4


def test_a_wrong_setting_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="prompt_cache is 'yes'"):
        AsyncOpenRouter("sk-or-v1-x", prompt_cache="yes")  # type: ignore[arg-type]
