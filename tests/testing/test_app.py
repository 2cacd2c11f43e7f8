"""Requests that are wrong in every way get an error in the service's form, never a 500."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from openrouter_async import operations
from openrouter_async.operations import Operation
from openrouter_async.testing import Emulator
from openrouter_async.testing.app import EmulatorApp
from openrouter_async.testing.exchange.message_errors import error_json
from openrouter_async.testing.exchange.protocol import WIRE
from openrouter_async.testing.inference.inference import Pace
from openrouter_async.testing.state.accounting import Usage
from openrouter_async.testing.state.generations import Generation
from openrouter_async.testing.state.keys import new_key
from openrouter_async.testing.state.models import ModelList
from openrouter_async.testing.state.state import State
from tests.support.plain_http import PLAIN
from tests.testing.raw import exchange, post

MODEL = "openai/gpt-4o-mini"
SECRET = "sk-or-v1-0123456789abcdef"
CHAT: dict[str, JsonValue] = {"model": MODEL, "messages": [{"role": "user", "content": "Hello"}]}


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def http(emulator: Emulator) -> Iterator[httpx.Client]:
    emulator.reset()
    headers = {"authorization": f"Bearer {emulator.key}"}
    with httpx.Client(base_url=emulator.base_url, headers=headers, trust_env=False, verify=PLAIN) as client:
        yield client


def error_of(answer: httpx.Response) -> dict[str, Any]:
    body = answer.json()
    assert isinstance(body["error"], dict)
    assert body["error"]["code"] == answer.status_code
    error: dict[str, Any] = body["error"]
    return error


# what is wrong, and how it is said


def said(**changes: object) -> dict[str, object]:
    return {**CHAT, **changes}


WRONG: dict[str, tuple[object, str]] = {
    "no messages": ({"model": MODEL}, 'Input required: specify "prompt" or "messages"'),
    "empty messages": (said(messages=[]), "messages: "),
    "a message that is none": (said(messages=["Hello"]), "messages.0: "),
    "an unknown role": (said(messages=[{"role": "robot", "content": "x"}]), "messages.0.role: "),
    "no content": (said(messages=[{"role": "user"}]), "messages.0.content: "),
    "an unknown part": (
        said(messages=[{"role": "user", "content": [{"type": "hologram"}]}]), "messages.0.content.0.type: "
    ),
    "a picture without its URL": (
        said(messages=[{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]),
        "messages.0.content.0.image_url.url: ",
    ),
    "a tool result of no call": (said(messages=[{"role": "tool", "content": "x"}]), "messages.0.tool_call_id: "),
    "nothing said": (said(messages=[{"role": "user", "content": ""}]), "Input must have at least 1 token."),
    "too hot": (said(temperature=2.5), "temperature: Invalid input: expected a number between 0 and 2, received"),
    "text for a number": (said(top_p="0.5"), "top_p: "),
    "a boolean for a number": (said(seed=True), "seed: "),
    "no tokens": (said(max_tokens=0), "max_tokens: "),
    "half a token": (said(max_completion_tokens=1.5), "max_completion_tokens: "),
    "five stops": (said(stop=["a", "b", "c", "d", "e"]), "stop: "),
    "an unknown effort": (said(reasoning={"effort": "heroic"}), "reasoning.effort: "),
    "two ways to think": (said(reasoning={"effort": "low", "max_tokens": 5}), 'Only one of "reasoning.effort"'),
    "an unknown preference": (said(provider={"ordr": []}), "provider: Unrecognized key: 'ordr'"),
    "a tool without a name": (said(tools=[{"type": "function", "function": {}}]), "tools.0.function.name: "),
    "a tool with a bad name": (
        said(tools=[{"type": "function", "function": {"name": "a b"}}]), "tools.0.function.name: "
    ),
    "the choice of no tool": (
        said(tool_choice={"type": "function", "function": {"name": "x"}}), "tool_choice.function.name: "
    ),
    "a schema without a name": (
        said(response_format={"type": "json_schema", "json_schema": {}}), "response_format.json_schema.name: "
    ),
    "sound without a stream": (said(modalities=["text", "audio"]), "Audio output requires stream: true"),
    "no object": ([1, 2], "Invalid input: expected object"),
    "no JSON": (b"{", "Invalid JSON"),
    "not a number": (b'{"temperature": NaN}', "temperature: "),
    "an unknown model": (said(model="openai/gpt-99"), "openai/gpt-99 is not a valid model ID"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "message"), WRONG.values(), ids=list(WRONG))
def test_a_wrong_request_is_refused_and_the_field_is_named(
    http: httpx.Client, emulator: Emulator, body: object, message: str
) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body)
    answer = http.post("/chat/completions", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert error_of(answer)["message"].startswith(message)
    assert emulator.requests[0].status == 400


def test_a_wrong_request_uses_up_nothing_that_was_scripted(http: httpx.Client, emulator: Emulator) -> None:
    emulator.reply("Paris")
    http.post("/chat/completions", json={"model": MODEL})
    assert emulator.unused == 1
    assert http.post("/chat/completions", json=CHAT).json()["choices"][0]["message"]["content"] == "Paris"
    assert emulator.unused == 0


def test_an_unknown_model_comes_with_those_that_are_near(http: httpx.Client) -> None:
    error = error_of(http.post("/chat/completions", json=said(model="openai/gpt-4o-minni")))
    assert error["availability"]["code"] == "model_not_found"
    assert error["availability"]["requested_models"] == ["openai/gpt-4o-minni"]
    assert error["availability"]["retryable"] is False
    assert MODEL in error["availability"]["fallback_models"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"model": f"{MODEL}:free"}, f"No endpoints found for {MODEL}:free.", id="no free variant"),
        pytest.param(
            {"model": "openai/gpt-3.5-turbo", "messages": [{"role": "user", "content": [
                {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]}]},
            "No endpoints found that support image input", id="a picture for a reader",
        ),
    ],
)  # fmt: skip
def test_what_no_provider_can_do_is_not_found(
    http: httpx.Client, change: dict[str, object], message: str
) -> None:
    answer = http.post("/chat/completions", json=said(**change))
    assert answer.status_code == 404
    assert error_of(answer)["message"] == message


def test_a_prompt_that_is_too_long_says_how_long_it_may_be() -> None:
    with Emulator(models=[{"id": "test/short", "context_length": 10}]) as emulator:
        body = said(model="test/short", messages=[{"role": "user", "content": "word " * 20}])
        answer = exchange(emulator, post(emulator, "/chat/completions", body))
    assert b"maximum context length is 10 tokens" in answer


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/../../etc/passwd", 404),
        ("GET", "/model/%2e%2e/x", 404),
        ("GET", "/models/openai/gpt-99/endpoints", 404),
        ("GET", "/generation", 404),
        ("GET", "/models?limit=0", 400),
        ("GET", "/models?limit=x", 400),
        ("GET", "/models?sort=cheap", 400),
        ("GET", "/chat/completions", 405),
        ("DELETE", "/models", 405),
        ("PATCH", "/credits", 405),
    ],
)
def test_what_is_not_there_is_said_so(http: httpx.Client, method: str, path: str, status: int) -> None:
    answer = http.request(method, path)
    assert answer.status_code == status
    error_of(answer)
    if status == 405:
        assert answer.headers["allow"]


# keys


@pytest.mark.parametrize(
    ("authorization", "status", "message"),
    [
        pytest.param(None, 401, "Missing Authentication header", id="none"),
        pytest.param("Basic abc", 401, "No auth credentials found", id="another scheme"),
        pytest.param("Bearer", 401, "No auth credentials found", id="empty"),
        pytest.param("Bearer sk-or-v1-wrong", 401, "User not found.", id="unknown"),
        pytest.param("management", 403, "Management keys cannot be used", id="of the wrong kind"),
    ],
)
def test_a_wrong_key_is_refused(
    emulator: Emulator, authorization: str | None, status: int, message: str
) -> None:
    if authorization == "management":
        authorization = f"Bearer {emulator.management_key}"
    headers = {} if authorization is None else {"authorization": authorization}
    answer = httpx.post(
        f"{emulator.base_url}/chat/completions", json=CHAT, headers=headers, trust_env=False, verify=PLAIN
    )
    assert answer.status_code == status
    assert error_of(answer)["message"].startswith(message)


def test_credits_are_told_to_a_management_key_only(http: httpx.Client, emulator: Emulator) -> None:
    assert http.get("/credits").status_code == 403
    answer = http.get("/credits", headers={"authorization": f"Bearer {emulator.management_key}"})
    assert answer.json() == {"data": {"total_credits": 10.0, "total_usage": 0.0}}


def test_any_key_is_told_about_itself(http: httpx.Client, emulator: Emulator) -> None:
    assert http.get("/key").json()["data"]["is_management_key"] is False
    answer = http.get("/key", headers={"authorization": f"Bearer {emulator.management_key}"})
    assert answer.json()["data"]["is_management_key"] is True


def test_models_are_listed_without_a_key(emulator: Emulator) -> None:
    assert httpx.get(f"{emulator.base_url}/models", trust_env=False, verify=PLAIN).status_code == 200


def test_a_disabled_key_is_refused(http: httpx.Client, emulator: Emulator) -> None:
    key = emulator.add_key()
    headers = {"authorization": f"Bearer {key}"}
    assert http.get("/key", headers=headers).status_code == 200
    emulator.disable_key(key)
    assert http.get("/key", headers=headers).status_code == 401


# who may send


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 403),
        ({"host": "127.0.0.1.evil.example"}, 403),
        ({"host": "localhost:8080"}, 200),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://localhost:3000"}, 200),
        ({"content-type": "text/plain"}, 400),
        ({"content-type": "application/json; charset=utf-8"}, 200),
    ],
)
def test_only_programs_of_this_machine_are_answered(
    http: httpx.Client, headers: dict[str, str], status: int
) -> None:
    answer = http.post("/chat/completions", json=CHAT, headers=headers)
    assert answer.status_code == status


def test_a_body_that_is_too_large_is_refused(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openrouter_async.testing.app.LARGEST_BODY", 1000)
    answer = exchange(emulator, post(emulator, "/chat/completions", b"x" * 200_000))
    assert answer.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "request_", [b"HELLO", b"\x16\x03\x01\x00", b"GET /\xff HTTP/1.1"], ids=["no request", "TLS", "no ASCII"]
)
def test_what_is_no_http_is_refused_in_json(emulator: Emulator, request_: bytes) -> None:
    head, _, body = exchange(emulator, request_ + b"\r\n\r\n").partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert json.loads(body)["error"]["code"] == 400


def test_no_key_is_kept_of_a_request(http: httpx.Client, emulator: Emulator) -> None:
    http.post("/chat/completions", json=CHAT, headers={"cookie": f"session={emulator.key}"})
    assert emulator.key not in repr(emulator.requests)
    assert emulator.key not in repr(vars(emulator.requests[0]))


# the table of operations


def test_every_operation_of_the_client_is_emulated(http: httpx.Client) -> None:
    table = [operation for operation in vars(operations).values() if isinstance(operation, Operation)]
    assert table
    for operation in table:
        path = operation.path.replace("{author}/{slug}", MODEL)
        answer = http.request(operation.method, path, json={} if operation.method == "POST" else None)
        assert answer.status_code not in (405, 501), operation.name
        if answer.status_code == 404:  # an operation that does not exist is just "Not Found"
            assert error_of(answer)["message"].endswith(" not found"), operation.name


# nonsense


def app_of() -> EmulatorApp:
    state = State([new_key(SECRET, "inference")], credits=Decimal(10), misses=0)
    return EmulatorApp(state, ModelList([MODEL]), pace=Pace(), seed=0)


APP = app_of()


class NoWire:
    """A connection on which nothing ever goes wrong."""

    async def writable(self) -> None:
        return

    async def pause(self, seconds: float | None) -> None:
        return


def call(method: str, path: bytes, body: bytes) -> tuple[int, bytes]:
    """Return status and body of the application's answer."""
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": "/",
        "raw_path": path,
        "query_string": b"",
        "headers": [(b"authorization", f"Bearer {SECRET}".encode()), (b"content-type", b"application/json")],
        "state": {WIRE: NoWire()},
    }
    asyncio.run(APP(scope, receive, send))
    assert not APP.state.problems, APP.state.problems
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = [
    "model", "models", "messages", "tools", "tool_choice", "response_format", "temperature", "max_tokens", "stop",
    "stream", "provider", "reasoning", "prompt", "input", "dimensions", "encoding_format", "preset", "modalities",
]  # fmt: skip
near_misses = st.dictionaries(
    st.sampled_from(FIELDS), json_values | st.sampled_from([MODEL, CHAT["messages"], True]), max_size=6
).map(lambda changes: {**CHAT, **changes})


@given(
    body=json_values | near_misses, path=st.sampled_from(["/chat/completions", "/completions", "/embeddings"])
)
def test_W13_any_json_gets_an_answer_that_is_no_500(body: JsonValue, path: str) -> None:
    status, answer = call("POST", f"/api/v1{path}".encode(), json.dumps(body).encode())
    assert status in (200, 400, 404, 422), answer
    if status != 200:
        assert json.loads(answer)["error"]["code"] == status


@given(
    body=st.binary(max_size=200), path=st.binary(max_size=40), method=st.sampled_from(["GET", "POST", "PUT"])
)
def test_W13_any_bytes_get_an_answer_that_is_no_500(body: bytes, path: bytes, method: str) -> None:
    status, _ = call(method, b"/api/v1/" + path, body)
    assert status < 500


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"messages":' + b"[" * 150 + b"]" * 150 + b"}",
        json.dumps(said(messages=[{"role": "user", "content": "\ud83d \u0000"}])).encode(),
        json.dumps(
            said(tools=[{"type": "function", "function": {"name": "f", "parameters": {"$ref": "#"}}}])
        ).encode(),
        b'{"model": "'
        + MODEL.encode()
        + b'", "messages": [{"role": "user", "content": "x"}], "max_tokens": 1e400}',
        b'{"model": "'
        + MODEL.encode()
        + b'", "messages": [{"role": "user", "content": "x"}], "seed": '
        + b"9" * 4000
        + b"}",
        b"\xff\xfe\x00",
    ],
    ids=["deep", "less deep", "surrogate", "endless schema", "infinite", "huge number", "no UTF-8"],
)
def test_W13_known_oddities_get_an_answer_that_is_no_500(body: bytes) -> None:
    status, _ = call("POST", b"/api/v1/chat/completions", body)
    assert status in (200, 400)


def test_a_record_says_in_milliseconds_how_long_the_answer_took() -> None:
    record = Generation(
        id="gen-1",
        model=MODEL,
        provider="P",
        usage=Usage(prompt=1, completion=1),
        cost=Decimal(0),
        streamed=True,
        finish_reason="stop",
        took_s=1.5,
    ).to_json()
    assert (record["latency"], record["generation_time"]) == (1500, 1500)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (402, "billing_error"),
        (403, "permission_error"),
        (404, "not_found_error"),
        (408, "timeout_error"),
        (429, "rate_limit_error"),
        (500, "api_error"),
        (503, "overloaded_error"),
        (504, "timeout_error"),
        (529, "overloaded_error"),
    ],
)
def test_an_error_of_messages_has_the_type_of_its_status(status: int, kind: str) -> None:
    assert error_json(status, "m")["error"] == {"type": kind, "message": "m"}
