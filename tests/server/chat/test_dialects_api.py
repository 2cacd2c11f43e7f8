"""`/v1/messages` and `/v1/responses` of the router, over real sockets: passed on unchanged, within its rules."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from openrouter_async.testing import Emulator, Fault, tool_call
from tests.server.router_client import TOKEN, routed
from tests.server.waiting import wait_for
from tests.support.emulated import MODEL
from tests.support.plain_http import PLAIN

BODIES: dict[str, dict[str, Any]] = {
    "messages": {"model": MODEL, "max_tokens": 100, "messages": [{"role": "user", "content": "Hello"}]},
    "responses": {"model": MODEL, "input": [{"role": "user", "content": "Hello"}]},
}
HISTORY = {"messages": "messages", "responses": "input"}

both = pytest.mark.parametrize("name", BODIES)


def script(emulator: Emulator, *parts: str, **fields: Any) -> None:
    emulator.reply(*(parts or ("One ", "two")), reasoning="Hm.", **fields)


def direct(emulator: Emulator, name: str, **more: Any) -> httpx.Response:
    """Ask the emulator itself."""
    headers = {"authorization": f"Bearer {emulator.key}"}
    return httpx.post(
        f"{emulator.base_url}/{name}", json={**BODIES[name], **more}, headers=headers, verify=PLAIN
    )


def data(text: str) -> list[Any]:
    """Return the events, without what differs from answer to answer."""
    lines = [line[6:] for line in text.splitlines() if line.startswith("data: ")]
    return [line if line == "[DONE]" else steady(json.loads(line)) for line in lines]


def steady(value: Any) -> Any:
    """Return a JSON value without ids, times and signatures."""
    if isinstance(value, list):
        return [steady(each) for each in value]
    if isinstance(value, dict):
        gone = {"id", "item_id", "created_at", "completed_at", "signature", "call_id"}
        return {name: steady(each) for name, each in value.items() if name not in gone}
    return value


@both
@pytest.mark.parametrize("is_stream", [False, True])
def test_it_answers_as_the_service_does(emulator: Emulator, name: str, is_stream: bool) -> None:
    for _ in range(2):
        script(emulator, "One ", "two", **{})
    with routed(emulator) as browser:
        answer = browser.post(f"v1/{name}", json={**BODIES[name], "stream": is_stream})
    theirs = direct(emulator, name, stream=is_stream)
    assert answer.status_code == 200
    content_type = answer.headers["content-type"].partition(";")[0]
    assert content_type == theirs.headers["content-type"]
    if is_stream:
        assert data(answer.text) == data(theirs.text)
        assert answer.text.count("event: ") == theirs.text.count("event: ")
    else:
        assert steady(answer.json()) == steady(theirs.json())


@both
def test_what_is_sent_is_passed_on_unchanged(emulator: Emulator, name: str) -> None:
    script(emulator)
    part = {"type": "text" if name == "messages" else "input_text", "text": "Hi", "new": {"z": 1, "a": None}}
    history = [{"role": "user", "content": [part], "other": 1}]
    with routed(emulator) as browser:
        browser.post(
            f"v1/{name}", json={**BODIES[name], HISTORY[name]: history, "brand_new": [1], "top_p": None}
        )
    sent = emulator.requests[-1].json
    assert sent.pop("stream") is True
    assert sent == {**BODIES[name], HISTORY[name]: history, "brand_new": [1], "top_p": None}
    assert json.dumps(sent[HISTORY[name]]) == json.dumps(history)


@both
def test_a_call_of_a_tool_is_for_the_caller(emulator: Emulator, name: str) -> None:
    emulator.reply(tool_call("stock", item="lamp"))
    with routed(emulator) as browser:
        answer = browser.post(f"v1/{name}", json=BODIES[name]).json()
    if name == "messages":
        assert (answer["stop_reason"], answer["content"][0]["input"]) == ("tool_use", {"item": "lamp"})
    else:
        assert answer["output"][0]["name"] == "stock"


@both
def test_money_is_counted_and_a_budget_holds(emulator: Emulator, name: str) -> None:
    script(emulator, usage={"cost": 0.5})
    with routed(emulator, budget="0.6") as browser:
        assert browser.post(f"v1/{name}", json=BODIES[name]).status_code == 200
        assert browser.get("api/settings").json()["spent"] == "0.5"
        script(emulator, usage={"cost": 0.5})
        script(emulator, usage={"cost": 0.5})
        browser.post(f"v1/{name}", json=BODIES[name])
        refused = browser.post(f"v1/{name}", json=BODIES[name])
    assert refused.status_code == 402
    assert "spending limit" in str(refused.json()["error"]) or "budget" in str(refused.json()["error"])
    emulator.reset()


@both
@pytest.mark.parametrize(
    ("body", "said"),
    [
        ([1], "JSON object"),
        ({}, "must be a list"),
        ({"messages": [], "input": []}, "must be a list"),
        ({"messages": {"a": 1}, "input": {"a": 1}}, "must be a list"),
        ({"messages": "x", "input": "x", "model": 7}, "name of a model"),
    ],
)
def test_what_is_no_request_is_refused(emulator: Emulator, name: str, body: Any, said: str) -> None:
    with routed(emulator) as browser:
        answer = browser.post(f"v1/{name}", json=body)
    assert answer.status_code == 400
    error = answer.json()
    assert said in error["error"]["message"]
    if name == "messages":
        assert (error["type"], error["error"]["type"]) == ("error", "invalid_request_error")
    assert emulator.requests == []


@both
def test_only_the_models_that_are_offered_may_be_asked(emulator: Emulator, name: str) -> None:
    script(emulator)
    body = BODIES[name]
    with routed(emulator, models=[MODEL]) as browser:
        for more in (
            {"model": "other/model"},
            {"models": ["other/model"]},
            {"provider": {"order": ["x"]}},
            {"plugins": [{"id": "web"}]},
            {"service_tier": "priority"},
            {"fallbacks": [{"model": "other/model"}]},
            {"tools": [{"type": "openrouter:web_search"}]},
            {"brand_new": 1},
        ):
            answer = browser.post(f"v1/{name}", json={**body, **more})
            assert answer.status_code == 400, more
        own = {"name": "f", "input_schema": {}} if name == "messages" else {"type": "function", "name": "f"}
        own = own if name == "messages" else {**own, "parameters": {}, "strict": False}
        assert browser.post(f"v1/{name}", json={**body, "tools": [own]}).status_code == 200
    assert len(emulator.requests) == 1


@both
def test_documents_are_read_by_the_model_where_models_are_named(emulator: Emulator, name: str) -> None:
    script(emulator)
    kind = "document" if name == "messages" else "input_file"
    history = [
        {"role": "user", "content": [{"type": kind, "source": {"type": "url", "url": "https://e.com/a"}}]}
    ]
    with routed(emulator, models=[MODEL]) as browser:
        browser.post(f"v1/{name}", json={**BODIES[name], HISTORY[name]: history})
    assert emulator.requests[-1].json["plugins"] == [{"id": "file-parser", "pdf": {"engine": "native"}}]


@both
def test_too_much_is_refused(emulator: Emulator, name: str) -> None:
    message = {"role": "user", "content": "Hi"}
    with routed(emulator, max_messages=2, max_body_bytes=2000) as browser:
        many = browser.post(f"v1/{name}", json={**BODIES[name], HISTORY[name]: [message] * 3})
        large = browser.post(f"v1/{name}", json={**BODIES[name], "user": "x" * 3000})
    assert (many.status_code, large.status_code) == (413, 413)
    if name == "messages":
        assert large.json()["error"]["type"] == "request_too_large"


@both
@pytest.mark.parametrize("header", ["authorization", "x-api-key"])
def test_the_token_is_asked_for(emulator: Emulator, name: str, header: str) -> None:
    script(emulator)
    with routed(emulator, token=TOKEN) as browser:
        wrong = browser.post(f"v1/{name}", json=BODIES[name], headers={header: "wrong-token-of-some-length"})
        value = TOKEN if header == "x-api-key" else f"Bearer {TOKEN}"
        right = browser.post(f"v1/{name}", json=BODIES[name], headers={header: value})
    assert (wrong.status_code, right.status_code) == (401, 200)
    if name == "messages":
        assert wrong.json()["error"]["type"] == "authentication_error"


@both
def test_a_failure_of_the_service_is_told_in_the_form_of_the_dialect(emulator: Emulator, name: str) -> None:
    emulator.fail(429, "Slow down", retry_after=0.2, times=9)
    script(emulator, fault=Fault.error_event(529, "Overloaded", error_type=None, after=6))
    with routed(emulator) as browser:
        refused = browser.post(f"v1/{name}", json={**BODIES[name], "stream": True})
        emulator.reset()
        script(emulator, "one ", "two", fault=Fault.error_event(529, "Overloaded", error_type=None, after=8))
        broken = browser.post(f"v1/{name}", json={**BODIES[name], "stream": True})
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "1"
    assert "Slow down" in refused.json()["error"]["message"]
    *_, last = [each for each in data(broken.text) if each != "[DONE]"]
    assert broken.status_code == 200
    assert last["type"] == "error"
    assert "Overloaded" in str(last)
    if name == "messages":
        assert refused.json()["error"]["type"] == "rate_limit_error"
        assert last["error"]["type"] == "overloaded_error"


@both
def test_a_caller_that_goes_away_cancels_the_request(emulator: Emulator, name: str) -> None:
    script(emulator, "one ", fault=Fault.stall(after=6))
    with routed(emulator) as browser:
        with browser.stream("POST", f"v1/{name}", json={**BODIES[name], "stream": True}) as answer:
            next(answer.iter_bytes())
        wait_for(lambda: emulator.requests[0].disconnected_at is not None)


def test_tokens_are_estimated_and_marked_so(emulator: Emulator) -> None:
    long = {"role": "user", "content": [{"type": "text", "text": "word " * 500}]}
    result = {"type": "tool_result", "tool_use_id": "a", "content": [{"type": "text", "text": "word " * 500}]}
    with routed(emulator) as browser:

        def count(**body: Any) -> int:
            answer = browser.post("v1/messages/count_tokens", json={"model": MODEL, **body})
            assert answer.status_code == 200, answer.text
            assert answer.headers["x-estimated"] == "true"
            assert answer.json()["estimated"] is True
            return int(answer.json()["input_tokens"])

        short = count(messages=[{"role": "user", "content": "Hi"}])
        assert 1 <= short < 30
        assert 400 < count(messages=[long]) < 800
        assert 400 < count(messages=[{"role": "user", "content": [result]}]) < 800
        assert count(messages=[long], system=[{"type": "text", "text": "word " * 500}]) > 800
        tool = {"name": "f", "description": "word " * 200, "input_schema": {"type": "object"}}
        assert count(messages=[{"role": "user", "content": "Hi"}], tools=[tool]) > short + 50
        refused = browser.post("v1/messages/count_tokens", json={})
    assert refused.status_code == 400
    assert emulator.requests == []
