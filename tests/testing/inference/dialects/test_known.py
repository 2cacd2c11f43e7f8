"""Both dialects: answers that the facts allow, plain and streamed, scripted and generated, with faults."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import JsonValue

from openrouter_async.testing import Emulator, Fault, tool_call
from openrouter_async.testing.facts.judging import complaints, judge_reply
from openrouter_async.testing.facts.table import load_facts
from tests.testing.raw import exchange, post

FACTS = load_facts()
CLAUDE = "anthropic/claude-haiku-4.5"
SCHEMA: dict[str, Any] = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = {"name": "get_weather", "description": "Weather of a city"}

MESSAGES: dict[str, Any] = {
    "model": CLAUDE,
    "max_tokens": 500,
    "messages": [{"role": "user", "content": "Tell me about whales"}],
}
RESPONSES: dict[str, Any] = {"model": CLAUDE, "input": "Tell me about whales"}
DIALECTS: dict[str, tuple[str, dict[str, Any]]] = {
    "/messages": ("createMessages", MESSAGES),
    "/responses": ("createResponses", RESPONSES),
}

UNDOCUMENTED = tuple(f"event.data.usage.{name}: no such" for name in ("cost", "is_byok", "cost_details"))
"""The document names these for plain answers only; without them, a stream would not report its cost."""

both = pytest.mark.parametrize("path", DIALECTS)


def asked(emulator: Emulator, path: str, **more: Any) -> tuple[str, bytes]:
    """Return head and body of an answer, without the framing of chunks."""
    body = {**DIALECTS[path][1], **more}
    head, _, rest = exchange(emulator, post(emulator, path, body)).partition(b"\r\n\r\n")
    if b"chunked" in head:
        rest = b"".join(rest.split(b"\r\n")[1::2])
    return head.decode(), rest


def status_of(head: str) -> int:
    return int(head.split()[1])


def answer(emulator: Emulator, path: str, **more: Any) -> dict[str, Any]:
    """Return a plain answer, which the facts must allow."""
    head, body = asked(emulator, path, **more)
    found: dict[str, Any] = json.loads(body)
    operation = FACTS.operations[DIALECTS[path][0]]
    assert list(map(str, judge_reply(FACTS, operation, status_of(head), found))) == []
    return found


def events(emulator: Emulator, path: str, **more: Any) -> list[dict[str, Any]]:
    """Return the events of a stream, each of which the facts must allow."""
    _, body = asked(emulator, path, stream=True, **more)
    found: list[dict[str, Any]] = []
    for block in body.decode().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.split("\n") if line and not line.startswith(":"))
        if not lines or lines["data"] == "[DONE]":
            continue
        event = json.loads(lines["data"])
        assert lines.get("event", event["type"]) == event["type"]
        found.append(event)
    shape = FACTS.operations[DIALECTS[path][0]].event
    assert shape is not None
    is_named = path == "/messages"
    told: list[JsonValue] = [
        {"data": each, **({"event": each["type"]} if is_named else {})} for each in found
    ]
    wrong = [str(complaint) for each in told for complaint in complaints(each, shape, FACTS.shapes, "event")]
    assert [complaint for complaint in wrong if not complaint.startswith(UNDOCUMENTED)] == []
    return found


def script(emulator: Emulator) -> None:
    emulator.reply("one ", "two", tool_call("get_weather", city="Oslo"), reasoning="Hm, yes")


@both
def test_a_scripted_reply_in_its_form(path: str) -> None:
    with Emulator() as emulator:
        script(emulator)
        found = answer(emulator, path)
        assert emulator.requests[-1].origin == "scripted"
    if path == "/messages":
        thinking, text, call = found["content"]
        assert (thinking["thinking"], text["text"]) == ("Hm, yes", "one two")
        assert thinking["signature"]
        assert (call["name"], call["input"]) == ("get_weather", {"city": "Oslo"})
        assert found["stop_reason"] == "tool_use"
    else:
        thinking, message, call = found["output"]
        assert thinking["content"][0]["text"] == "Hm, yes"
        assert message["content"][0]["text"] == "one two"
        assert (call["name"], json.loads(call["arguments"])) == ("get_weather", {"city": "Oslo"})
        assert found["status"] == "completed"
    assert found["usage"]["cost"] > 0


@both
def test_its_stream_says_the_same(path: str) -> None:
    with Emulator() as emulator:
        script(emulator)
        script(emulator)
        found, streamed = answer(emulator, path), events(emulator, path)
        _, whole = asked(emulator, path, stream=True)
    assert whole.endswith(b"[DONE]\n\n") == (path == "/responses")
    if path == "/messages":
        assert [event["type"] for event in streamed[:2]] == ["message_start", "ping"]
        assert [event["type"] for event in streamed[-2:]] == ["message_delta", "message_stop"]
        texts = [
            event["delta"].get("text", "") for event in streamed if event["type"] == "content_block_delta"
        ]
        assert "".join(texts) == "one two"
        assert streamed[0]["message"]["usage"]["output_tokens"] == 0
        assert {**streamed[0]["message"]["usage"], **streamed[-2]["usage"]} == found["usage"]
        assert streamed[-2]["delta"]["stop_reason"] == "tool_use"
    else:
        assert [event["sequence_number"] for event in streamed] == list(range(len(streamed)))
        deltas = [event["delta"] for event in streamed if event["type"] == "response.output_text.delta"]
        assert deltas == ["one ", "two"]
        last = streamed[-1]
        assert last["type"] == "response.completed"
        assert last["response"]["usage"] == found["usage"]
        assert [item["type"] for item in last["response"]["output"]] == [
            "reasoning",
            "message",
            "function_call",
        ]


@both
def test_a_generated_reply_does_what_is_asked(path: str) -> None:
    with Emulator(models=[CLAUDE]) as emulator:
        if path == "/messages":
            tools = [{**TOOL, "input_schema": SCHEMA}]
            call = answer(emulator, path, tools=tools, tool_choice={"type": "any"})["content"][-1]
            assert isinstance(call["input"]["city"], str)
            form = {"format": {"type": "json_schema", "schema": SCHEMA}}
            text = answer(emulator, path, output_config=form)["content"][-1]["text"]
            thinking = answer(emulator, path, thinking={"type": "adaptive"})["content"][0]
            assert thinking["type"] == "thinking"
            cut = answer(emulator, path, max_tokens=3)
            assert (cut["stop_reason"], cut["usage"]["output_tokens"]) == ("max_tokens", 3)
        else:
            tools = [{**TOOL, "type": "function", "parameters": SCHEMA}]
            call = answer(emulator, path, tools=tools, tool_choice="required")["output"][-1]
            assert isinstance(json.loads(call["arguments"])["city"], str)
            form = {"format": {"type": "json_schema", "name": "city", "schema": SCHEMA}}
            text = answer(emulator, path, text=form)["output"][-1]["content"][0]["text"]
            assert answer(emulator, path, reasoning={"effort": "low"})["output"][0]["type"] == "reasoning"
            cut = answer(emulator, path, max_output_tokens=3)
            assert cut["incomplete_details"] == {"reason": "max_output_tokens"}
        assert isinstance(json.loads(text)["city"], str)
        assert emulator.requests[-1].origin == "generated"


@both
def test_a_conversation_with_tools_is_answered_with_text(path: str) -> None:
    with Emulator(models=[CLAUDE]) as emulator:
        if path == "/messages":
            history = [
                {"role": "user", "content": "The weather?"},
                {"role": "assistant", "content": [
                    {"type": "thinking", "thinking": "Hm", "signature": "s"},
                    {"type": "tool_use", "id": "t1", "name": "get_weather", "input": {"city": "Oslo"}},
                ]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "Rain"}]},
            ]  # fmt: skip
            tools = [{**TOOL, "input_schema": SCHEMA}]
            found = answer(emulator, path, messages=history, tools=tools, system="Be brief")
            assert "The tool answered Rain" in found["content"][0]["text"]
        else:
            items = [
                {"role": "user", "content": [{"type": "input_text", "text": "The weather?"}]},
                {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x"},
                {"type": "function_call", "call_id": "t1", "name": "get_weather", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "t1", "output": "Rain"},
            ]
            tools = [{**TOOL, "type": "function", "parameters": SCHEMA}]
            found = answer(emulator, path, input=items, tools=tools, instructions="Be brief")
            assert "The tool answered Rain" in found["output"][0]["content"][0]["text"]
        assert emulator.requests[-1].prompt in ("The weather?", "")


@both
def test_refusals_citations_usage_and_reasons_can_be_scripted(path: str) -> None:
    page = {"type": "url_citation", "url_citation": {"url": "https://e.com", "title": "E", "content": "so"}}
    with Emulator() as emulator:
        emulator.reply("Yes", annotations=[page], usage={"cost": 0.5, "is_byok": True})
        emulator.reply(refusal="Not that")
        emulator.reply("Wait", finish_reason="length", native_finish_reason="pause_turn")
        cited, refused, paused = (answer(emulator, path) for _ in range(3))
        for _ in range(2):
            emulator.reply("Yes", annotations=[page])
        events(emulator, path)
        emulator.reply(refusal="Not that")
        events(emulator, path)
    assert (cited["usage"]["cost"], cited["usage"]["is_byok"]) == (0.5, True)
    if path == "/messages":
        (citation,) = cited["content"][0]["citations"]
        assert (citation["url"], citation["cited_text"]) == ("https://e.com", "so")
        assert refused["stop_reason"] == "refusal"
        assert refused["stop_details"]["explanation"] == "Not that"
        assert paused["stop_reason"] == "pause_turn"
    else:
        assert cited["output"][0]["content"][0]["annotations"][0]["url"] == "https://e.com"
        assert refused["output"][0]["content"] == [{"type": "refusal", "refusal": "Not that"}]
        assert paused["status"] == "incomplete"


@pytest.mark.parametrize(
    ("path", "more", "said"),
    [
        ("/messages", {"messages": None}, "messages: Invalid input"),
        ("/messages", {"messages": []}, "messages: Invalid input"),
        ("/messages", {"messages": [{"role": "tool", "content": "x"}]}, "messages.0.role: Invalid input"),
        ("/messages", {"messages": [{"role": "user"}]}, "messages.0.content"),
        ("/messages", {"messages": [{"role": "user", "content": [{"type": "text", "text": ""}]}]}, "text"),
        ("/messages", {"max_tokens": "many"}, "max_tokens: expected integer"),
        ("/messages", {"tool_choice": {"type": "tool", "name": "no"}}, "tool_choice.name"),
        ("/messages", {"thinking": {"type": "enabled"}}, "thinking.budget_tokens: required"),
        ("/messages", {"model": "no/model"}, "not a valid model ID"),
        ("/responses", {"input": []}, "input: Invalid input"),
        ("/responses", {"input": [{}]}, "input.0: Invalid input"),
        ("/responses", {"input": [{"type": "function_call_output"}]}, "input.0.call_id"),
        ("/responses", {"store": True}, "store"),
        ("/responses", {"previous_response_id": "resp_1"}, "previous_response_id"),
        ("/responses", {"tool_choice": {"type": "function", "name": "no"}}, "tool_choice.name"),
        ("/responses", {"temperature": "hot"}, "temperature: expected number"),
    ],
)
def test_a_wrong_request_is_refused_in_the_form_of_the_dialect(
    path: str, more: dict[str, Any], said: str
) -> None:
    with Emulator() as emulator:
        head, body = asked(emulator, path, **more)
    error = json.loads(body)
    assert status_of(head) == 400
    assert said in error["error"]["message"]
    assert judge_reply(FACTS, FACTS.operations[DIALECTS[path][0]], 400, error) == []
    if path == "/messages":
        assert (error["type"], error["error"]["type"]) == ("error", "invalid_request_error")
    else:
        assert error["error"]["code"] == 400


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, "authentication_error"), (429, "rate_limit_error"), (502, "api_error"), (529, "overloaded_error")],
)
def test_a_failure_of_messages_has_the_type_of_its_status(status: int, kind: str) -> None:
    with Emulator() as emulator:
        emulator.fail(status, "No")
        head, body = asked(emulator, "/messages")
    assert status_of(head) == status
    assert json.loads(body)["error"] == {"type": kind, "message": "No"}


@both
def test_an_error_within_a_stream_has_the_form_of_the_dialect(path: str) -> None:
    with Emulator() as emulator:
        emulator.reply("one ", "two ", "three", fault=Fault.error_event(429, "Slow down", after=5))
        *_, last = events(emulator, path)
        emulator.reply("one", fault=Fault.error_event(429, "Slow down"))
        _, plain = asked(emulator, path)
    assert "Slow down" in json.dumps(last)
    if path == "/messages":
        assert last.keys() == {"type", "error"}
        assert last["error"]["type"] == "rate_limit_error"
        assert json.loads(plain)["error"]["type"] == "rate_limit_error"
    else:
        assert last["type"] == "response.failed"
        assert json.loads(plain)["error"]["code"] == 429


@both
def test_the_bill_is_that_of_the_answer(path: str) -> None:
    with Emulator() as emulator:
        script(emulator)
        found = answer(emulator, path)
        assert float(emulator.spent) == pytest.approx(found["usage"]["cost"])


@both
def test_a_marked_prompt_is_read_from_the_cache(path: str) -> None:
    text = {"type": "text" if path == "/messages" else "input_text", "text": "A long text. " * 50}
    marked = {"role": "user", "content": [{**text, "cache_control": {"type": "ephemeral"}}]}
    name = "messages" if path == "/messages" else "input"
    with Emulator() as emulator:
        usages = [answer(emulator, path, **{name: [marked]})["usage"] for _ in range(2)]
    if path == "/messages":
        assert usages[0]["cache_creation_input_tokens"] == usages[1]["cache_read_input_tokens"] > 100
        assert usages[0]["input_tokens"] == usages[1]["input_tokens"] == 0
    else:
        assert usages[1]["input_tokens_details"]["cached_tokens"] > 100


@both
def test_a_recording_is_replayed(path: str, tmp_path: Any) -> None:
    request = {"method": "POST", "path": f"/api/v1{path}", "body": json.dumps(DIALECTS[path][1])}
    held = {
        "request": request,
        "response": {"status": 200, "content_type": "application/json", "body": '{"a": 1}'},
    }
    (tmp_path / "one.json").write_text(json.dumps(held))
    with Emulator(recordings=tmp_path) as emulator:
        _, body = asked(emulator, path, temperature=1)
        assert emulator.requests[-1].origin == "recorded"
    assert json.loads(body) == {"a": 1}
