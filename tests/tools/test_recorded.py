"""Recorded exchanges through the loop: what a model said is sent back as it came, in the turn that follows.

Each reply with tool calls or reasoning is served to a conversation; the tools it calls are there. The assistant
message of the next request is then compared with the recorded one: of a plain reply field by field, of a stream with
what an independent parser made of it.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from openrouter_async import AsyncOpenRouter, Tool, create_tool
from openrouter_async.types.chat.completion import ChatCompletion
from tests.support.loopback import Answer, Connection, LoopbackServer, Reply, Request, serve_responses, sse
from tests.support.recordings import Recording, expected_facts, load_recordings, reported_facts
from tests.support.strict_requests import faults

pytestmark = pytest.mark.loopback

KEY = "sk-or-v1-example"


def _carrying(kind: str) -> list[Any]:
    """Return the recordings whose reply has tool calls or reasoning."""
    found = [
        pytest.param(recording, id=recording.name)
        for recording in load_recordings(kind)
        if recording.facts["tool_calls"]
        or recording.facts["reasoning_details"]
        or recording.facts["reasoning"]
    ]
    assert found
    return found


def tools_of(recording: Recording) -> list[Tool[..., object]]:
    """Return a tool for each name that is called; it takes anything."""
    names = dict.fromkeys(call["name"] for call in recording.facts["tool_calls"])
    return [create_tool(name, function=lambda **_: "seen") for name in names]


def served(recording: Recording) -> Answer:
    return Reply(recording.status, recording.body, {"content-type": recording.headers["content-type"]})


FINAL = Reply(
    json={"id": "gen-2", "choices": [{"index": 0, "message": {"role": "assistant", "content": "So."}}]}
)


def final_stream(connection: Connection, _request: Request) -> None:
    chunk = {"id": "gen-2", "choices": [{"index": 0, "delta": {"content": "So."}, "finish_reason": "stop"}]}
    connection.start_chunked()
    connection.chunk(sse(chunk, "[DONE]"))
    connection.end_chunked()


async def second_turn(recording: Recording, *, stream: bool) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the assistant message that the second request sends back, and the messages after it."""
    answers: list[Answer] = [served(recording), final_stream if stream else FINAL]
    with LoopbackServer(serve_responses(answers)) as server:
        async with AsyncOpenRouter(KEY, base_url=server.url) as client:
            chat = client.conversation(model="a/b", tools=tools_of(recording))
            for message in ("first", "second"):
                if stream:
                    async with chat.stream(message) as events:
                        await events.final()
                else:
                    await chat.send(message)
                if len(server.requests) > 1:
                    break
        sent: Any = server.requests[1].json()
    assert faults(sent["messages"]) == [], "a strict provider takes it"
    assert sent["messages"][0] == {"role": "user", "content": "first"}
    return sent["messages"][1], sent["messages"][2:]


@pytest.mark.parametrize("recording", _carrying("chat"))
async def test_a_plain_reply_is_sent_back_as_it_came(recording: Recording) -> None:
    came = json.loads(recording.body)["choices"][0]["message"]
    sent, after = await second_turn(recording, stream=False)
    assert sent["role"] == "assistant"
    has_more = came.get("tool_calls") or came.get("images")
    assert sent["content"] == (came["content"] or (None if has_more else came.get("refusal") or "(no text)"))
    assert json.dumps(sent.get("reasoning_details")) == json.dumps(came.get("reasoning_details"))
    calls = came.get("tool_calls") or []
    assert [_call(call) for call in sent.get("tool_calls", [])] == [_call(call) for call in calls]
    if calls:
        assert [(m["role"], m["tool_call_id"]) for m in after] == [("tool", call["id"]) for call in calls]
        expected = [call["complete"] for call in expected_facts(recording.facts)["tool_calls"]]
        assert [m["content"] == "seen" for m in after] == expected, "what was cut is not run"


def _call(call: dict[str, Any]) -> tuple[str, str, str]:
    return call["id"], call["function"]["name"], as_object(call["function"]["arguments"])


def as_object(text: str) -> str:
    """Return arguments as they go back: cut ones as an empty object."""
    try:
        return text if isinstance(json.loads(text), dict) else "{}"
    except ValueError:
        return "{}"


@pytest.mark.parametrize("recording", _carrying("stream"))
async def test_a_streamed_reply_is_sent_back_as_it_adds_up(recording: Recording) -> None:
    sent, after = await second_turn(recording, stream=True)
    again = ChatCompletion.model_validate({"choices": [{"message": sent}]})
    reported, expected = reported_facts(again), expected_facts(recording.facts)
    if sent["content"] not in ("(no text)", sent.get("refusal")):
        text = expected["text"] if (expected["text"] or {}).get("len") else None
        assert (reported["text"] or {"len": 0})["len"] == (text or {"len": 0})["len"]
    assert reported["reasoning_details"] == expected["reasoning_details"]
    for call in expected["tool_calls"]:
        if not call["args"]:  # what was cut, or is nothing, is sent as nothing
            call |= {"args": {}, "text": "{}"}
        call["complete"] = True
    assert reported["tool_calls"] == expected["tool_calls"]
    if not sent.get("reasoning_details"):
        assert reported["reasoning"] == expected["reasoning"]
    if calls := expected["tool_calls"]:
        assert [m["tool_call_id"] for m in after] == [call["id"] for call in calls]
        whole = [call["complete"] for call in expected_facts(recording.facts)["tool_calls"]]
        assert [m["content"] == "seen" for m in after] == whole


@pytest.mark.parametrize("recording", _carrying("stream"))
async def test_a_provider_is_kept_where_it_alone_can_read_the_reasoning(recording: Recording) -> None:
    with LoopbackServer(serve_responses([served(recording), final_stream])) as server:
        async with AsyncOpenRouter(KEY, base_url=server.url) as client:
            chat = client.conversation(model="a/b", tools=tools_of(recording))
            for message in ("first", "second"):
                async with chat.stream(message) as events:
                    await events.final()
        sent: Any = server.requests[1].json()
    types = expected_facts(recording.facts)["reasoning_details"]["types"]
    pinned = {"only": [recording.facts["provider"]]} if "reasoning.encrypted" in types else None
    assert sent.get("provider") == pinned


def test_calls_without_arguments_are_all_of_tools_without_parameters() -> None:
    """What `docs/design.md` says of recorded calls, counted."""
    calls = 0
    without: list[object] = []
    for recording in load_recordings("chat", "stream"):
        for call in recording.facts["tool_calls"]:
            calls += 1
            if call["arguments"] is None and not call["arguments_raw"].strip():
                without += [
                    tool["function"]["parameters"]["properties"]
                    for tool in json.loads(recording.request["body"])["tools"]
                    if tool["function"]["name"] == call["name"]
                ]
    assert (calls, without) == (65, [{}] * 6)
