"""`create_router`: what each route gives, over real sockets."""

from __future__ import annotations

import base64
import json
from decimal import Decimal
from typing import Any

import pytest

from openrouter_async import AsyncOpenRouter, ConfigurationError, tool
from openrouter_async.server import create_router
from openrouter_async.testing import Emulator, Fault, tool_call
from tests.server.router_client import TOKEN, events, routed
from tests.support.emulated import MODEL


@tool
def weather(city: str) -> str:
    """How the weather is in a city."""
    return f"rain in {city}"


def lookup(word: str) -> str:
    """What a word means."""
    return word


@pytest.mark.parametrize("prefix", ["", "/tools/chat"], ids=["at the root", "mounted"])
def test_the_page_is_served(emulator: Emulator, prefix: str) -> None:
    with routed(emulator, prefix=prefix) as browser:
        page = browser.get("")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "<html" in page.text


def test_its_address_without_a_slash_leads_to_the_page(emulator: Emulator) -> None:
    """The page's own addresses are relative, so it has to know where it is."""
    with routed(emulator, prefix="/chat") as browser:
        answer = browser.get(f"{browser.served.url}/chat")
    assert answer.is_redirect
    assert answer.headers["location"] == f"{browser.served.url}/chat/"


def test_settings_tell_the_page_what_there_is(emulator: Emulator) -> None:
    with routed(emulator, tools=[weather, lookup], budget="1.50", title="Ours", is_emulator=True) as browser:
        settings = browser.get("api/settings").json()
    assert settings.pop("presets")["precise"] == {"temperature": 0.2, "top_p": 0.9}
    assert settings == {
        "title": "Ours",
        "default_model": MODEL,
        "max_body_bytes": 1024 * 1024,
        "tools": [
            {"name": "weather", "description": "How the weather is in a city."},
            {"name": "lookup", "description": "What a word means."},
        ],
        "is_emulator": True,
        "budget": "1.50",
        "spent": "0",
        "byok_spent": "0",
        "held": "0",
        "doubtful": "0",
    }


def test_models_have_prices_and_lengths(emulator: Emulator) -> None:
    with routed(emulator) as browser:
        models = {model["id"]: model for model in browser.get("api/models").json()["data"]}
    found = models[MODEL]
    assert found["context_length"] > 100_000
    assert 0 < float(found["prompt_price"]) < float(found["completion_price"]) < 0.001
    assert "image" in found["input_modalities"]
    assert "tools" in found["supported_parameters"]
    assert not [model for model in models.values() if model["output_modalities"] == ["embeddings"]]


def test_credits_are_told_and_asked_for_once(emulator: Emulator) -> None:
    client = AsyncOpenRouter(emulator.key, management_key=emulator.management_key, base_url=emulator.base_url)
    with routed(emulator, client=client) as browser:
        answers = [browser.get("api/credits") for _ in range(5)]
    assert answers[0].json().keys() == {"total", "used", "remaining"}
    assert [answer.json() for answer in answers[1:]] == [answers[0].json()] * 4
    assert [request.path for request in emulator.requests].count("/credits") == 1


def test_credits_are_not_asked_for_without_a_management_key(emulator: Emulator) -> None:
    with routed(emulator) as browser:
        answer = browser.get("api/credits")
        optional = browser.get("api/credits?optional")
    assert answer.status_code == 404
    assert "management key" in answer.json()["error"]["message"]
    assert (optional.status_code, optional.content) == (204, b"")
    assert not emulator.requests


@pytest.mark.parametrize("status", [401, 403])
def test_credits_that_the_key_may_not_see_are_no_failure_of_the_page(emulator: Emulator, status: int) -> None:
    client = AsyncOpenRouter(emulator.key, management_key=emulator.management_key, base_url=emulator.base_url)
    for _ in range(2):
        emulator.fail(status, "Only management keys can do this", path="/credits")
    with routed(emulator, client=client) as browser:
        assert browser.get("api/credits?optional").status_code == 204
        assert browser.get("api/credits").is_error


def test_a_chat_is_streamed_and_counted(emulator: Emulator) -> None:
    emulator.reply("Hello ", "world")
    with routed(emulator) as browser:
        answer = browser.chat("Hello", temperature=0.5, reasoning={"effort": "low"})
        spent = browser.get("api/settings").json()["spent"]
    assert events(answer.text)[-1][1]["text"] == "Hello world"
    sent = emulator.requests[0].json
    assert (sent["model"], sent["temperature"], sent["reasoning"]) == (MODEL, 0.5, {"effort": "low"})
    assert spent == f"{emulator.spent:f}" != "0"


def test_the_servers_tools_run_inside_a_chat(emulator: Emulator) -> None:
    emulator.reply(tool_call("weather", city="Oslo"))
    emulator.reply("It rains.")
    with routed(emulator, tools=[weather]) as browser:
        found = events(browser.chat("The weather?", stop=["END"]).text)
    assert dict(found)["tool_result"]["content"] == "rain in Oslo"
    assert found[-1][1]["text"] == "It rains."
    assert [request.json["stop"] for request in emulator.requests] == [["END"], ["END"]]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ([], "JSON object"),
        ({}, "messages must be"),
        ({"messages": []}, "messages must be"),
        ({"messages": [{"role": "nobody", "content": "x"}]}, "role"),
        ({"messages": [{"role": "user", "content": "x"}], "temperature": 9}, "temperature is 9"),
        ({"messages": [{"role": "user", "content": "x"}], "model": 1}, "model"),
        ({"messages": [{"role": "user", "content": "x"}], "options": {}}, "'options'"),
        ({"messages": [{"role": "user", "content": "x"}], "extra_body": {}}, "'extra_body'"),
        ({"messages": [{"role": "user", "content": "x"}], "tools": [{"type": "function"}]}, "tools"),
        ({"messages": [{"role": "user", "content": "x"}], "tools": "weather"}, "tools"),
    ],
)
@pytest.mark.parametrize("tools", [[], [weather]], ids=["plain", "with tools"])
def test_a_wrong_body_is_refused_with_what_is_wrong(
    emulator: Emulator, body: Any, told: str, tools: list[Any]
) -> None:
    with routed(emulator, tools=tools) as browser:
        answer = browser.post("api/chat", json=body)
    assert answer.status_code == 400
    assert told in answer.json()["error"]["message"]
    assert emulator.requests == []


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff", b"[" * 100_000, b'{"messages": NaN}'])
def test_what_is_no_json_is_refused(emulator: Emulator, raw: bytes) -> None:
    with routed(emulator) as browser:
        answer = browser.post("api/chat", content=raw, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "BadRequest")


def test_unknown_paths_and_methods_are_refused_in_json(emulator: Emulator) -> None:
    with routed(emulator) as browser:
        unknown, wrong = browser.get("api/nothing"), browser.get("api/chat")
    assert (unknown.status_code, unknown.json()["error"]["type"]) == (404, "NotFound")
    assert (wrong.status_code, wrong.json()["error"]["type"]) == (405, "MethodNotAllowed")


def test_only_models_that_are_offered_can_be_asked(emulator: Emulator) -> None:
    emulator.reply("Hello", times=2)
    offered = ["openai/gpt-4o-mini", "openai/gpt-4o"]
    with routed(emulator, models=offered) as browser:
        listed = [model["id"] for model in browser.get("api/models").json()["data"]]
        default = browser.get("api/settings").json()["default_model"]
        good, none = browser.chat(model="openai/gpt-4o"), browser.chat()
        bad = [
            browser.chat(model=MODEL),
            browser.chat(models=[MODEL]),
            browser.chat(plugins=[{"id": "auto-router"}]),
            browser.chat(preset="mine"),
            browser.chat(tools=[{"type": "openrouter:subagent"}]),
        ]
    assert listed == offered
    assert default == "openai/gpt-4o-mini"
    assert good.status_code == none.status_code == 200
    assert [request.model for request in emulator.requests if request.path == "/chat/completions"] == [
        "openai/gpt-4o",
        "openai/gpt-4o-mini",
    ]
    assert [answer.status_code for answer in bad] == [400] * 5


@pytest.mark.parametrize(
    "params",
    [
        {"n": 8},
        {"service_tier": "priority"},
        {"web_search_options": {"search_context_size": "high"}},
        {"provider": {"order": ["dearest"]}},
        {"modalities": ["image", "text"]},
        {"speed": "fast"},
        {"cache_control": {"type": "ephemeral", "ttl": "1h"}},
        {"prediction": {"type": "content", "content": "word " * 100}},
    ],
    ids=lambda params: next(iter(params)),
)
def test_nothing_that_changes_the_price_is_passed_on_unless_it_is_allowed(
    params: dict[str, Any], emulator: Emulator
) -> None:
    offered = ["openai/gpt-4o-mini"]
    body = {"messages": [{"role": "user", "content": "Hello"}], **params}
    with routed(emulator, models=offered) as browser:
        answers = [browser.post("v1/chat/completions", json=body)]
        answers += [] if "n" in params else [browser.chat(**params)]
    assert [answer.status_code for answer in answers] == [400] * len(answers)
    assert next(iter(params)) in answers[0].json()["error"]["message"]
    assert not [request for request in emulator.requests if request.path == "/chat/completions"]
    with routed(emulator, models=offered, allowed_params=[next(iter(params))]) as browser:
        browser.post("v1/chat/completions", json=body)
    assert [request.path for request in emulator.requests].count("/chat/completions") == 1


def test_a_file_is_read_by_the_model_or_not_at_all_where_certain_models_are_offered(
    emulator: Emulator,
) -> None:
    """Where none is named, a parser that is billed by the page reads it for models that read none."""
    file = {
        "type": "file",
        "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="},
    }
    messages = [{"role": "user", "content": [{"type": "text", "text": "What is in it?"}, file]}]
    native = [{"id": "file-parser", "pdf": {"engine": "native"}}]
    for allowed, sent in (([], native), (["plugins"], None)):
        with routed(emulator, models=["openai/gpt-4o-mini"], allowed_params=allowed) as browser:
            browser.post("v1/chat/completions", json={"messages": messages})
            browser.chat(messages=messages)
        asked = [request for request in emulator.requests if request.path == "/chat/completions"]
        assert [request.json.get("plugins") for request in asked[-2:]] == [sent, sent]


# for clients of OpenAI's


def test_a_plain_completion_is_that_of_the_service(emulator: Emulator) -> None:
    emulator.reply("Hello world", provider="Emulated")
    body = {"messages": [{"role": "user", "content": "Hi"}], "model": MODEL, "max_tokens": 50}
    with routed(emulator) as browser:
        answer = browser.post("v1/chat/completions", json=body)
    reply = answer.json()
    assert answer.headers["content-type"] == "application/json"
    assert (reply["object"], reply["provider"]) == ("chat.completion", "Emulated")
    assert reply["choices"][0]["message"]["content"] == "Hello world"
    assert reply["usage"]["cost"] == pytest.approx(float(emulator.spent))
    assert emulator.requests[0].json["max_tokens"] == 50


def test_a_streamed_completion_has_the_chunks_of_the_service(emulator: Emulator) -> None:
    emulator.reply("Hello ", "world")
    body = {
        "messages": [{"role": "user", "content": "Hi"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    with routed(emulator) as browser:
        text = browser.post("v1/chat/completions", json=body).text
    *chunks, done = [line.removeprefix("data: ") for line in text.splitlines() if line]
    assert done == "[DONE]"
    parsed = [json.loads(chunk) for chunk in chunks]
    assert {chunk["object"] for chunk in parsed} == {"chat.completion.chunk"}
    deltas = [chunk["choices"][0]["delta"].get("content", "") for chunk in parsed]
    assert "".join(deltas) == "Hello world"
    assert parsed[-1]["usage"]["cost"] == pytest.approx(float(emulator.spent))
    assert emulator.requests[0].json["stream_options"] == {"include_usage": True}


def test_a_stream_that_fails_before_its_first_piece_is_a_status(emulator: Emulator) -> None:
    """The chunk that says who speaks is no piece: it is held back, and not told twice where a retry succeeds."""
    fault = Fault.error_event(502, "Provider died", after=1)
    body = {"messages": [{"role": "user", "content": "Hi"}], "stream": True, "n": 1, "store": False}
    emulator.reply("Hello", fault=fault, times=3)
    emulator.reply("Hello", fault=fault)
    emulator.reply("Hello")
    with routed(emulator) as browser:
        failed = browser.post("v1/chat/completions", json=body)
        repeated = browser.post("v1/chat/completions", json=body)
    assert failed.status_code == 502
    assert repeated.status_code == 200
    chunks = [
        json.loads(line[6:]) for line in repeated.text.splitlines() if line and not line.endswith("[DONE]")
    ]
    assert len({chunk["id"] for chunk in chunks}) == 1
    assert "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks) == "Hello"


def test_a_failure_of_either_is_in_openais_form(emulator: Emulator) -> None:
    body = {"messages": [{"role": "user", "content": "Hi"}]}
    emulator.fail(400, "No such thing")
    emulator.reply("Hello ", "world", fault=Fault.error_event(502, "Provider died", after=3))
    with routed(emulator) as browser:
        refused = browser.post("v1/chat/completions", json=body)
        broken = browser.post("v1/chat/completions", json={**body, "stream": True})
    assert refused.status_code == 400
    assert "No such thing" in refused.json()["error"]["message"]
    *_, error, done = [line.removeprefix("data: ") for line in broken.text.splitlines() if line]
    assert json.loads(error)["error"]["code"] == 502
    assert done == "[DONE]"


def test_models_are_listed_in_openais_form(emulator: Emulator) -> None:
    with routed(emulator) as browser:
        listed = browser.get("v1/models").json()
    assert listed["object"] == "list"
    one = next(model for model in listed["data"] if model["id"] == MODEL)
    assert (one["object"], one["owned_by"]) == ("model", "openai")


def test_one_model_is_read_in_openais_form(emulator: Emulator) -> None:
    with routed(emulator) as browser:
        listed = browser.get("v1/models").json()["data"]
        assert browser.get(f"v1/models/{MODEL}").json() == next(
            each for each in listed if each["id"] == MODEL
        )
        missing = browser.get("v1/models/nobody/nothing")
    with routed(emulator, models=["openai/gpt-4o"]) as browser:
        unoffered = browser.get(f"v1/models/{MODEL}")
    for answer in (missing, unoffered):
        assert answer.status_code == 404
        assert "is not offered here" in answer.json()["error"]["message"]


@pytest.mark.parametrize("path", ["v1/chat/completions", "v1/messages", "api/chat"])
def test_a_byte_order_mark_before_json_is_dropped(emulator: Emulator, path: str) -> None:
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 9}
    emulator.reply("Hello")
    with routed(emulator) as browser:
        headers = {"content-type": "application/json"}
        answer = browser.post(path, content=b"\xef\xbb\xbf" + json.dumps(body).encode(), headers=headers)
    assert answer.status_code == 200, answer.text


VECTORS = "openai/text-embedding-3-small"


def test_vectors_are_made_and_counted(emulator: Emulator) -> None:
    body = {"model": VECTORS, "input": ["sea", "land"], "dimensions": 4}
    with routed(emulator, budget="1.00") as browser:
        floats = browser.post("v1/embeddings", json=body).json()
        packed = browser.post("v1/embeddings", json={**body, "encoding_format": "base64"}).json()
        spent = browser.get("api/settings").json()["spent"]
    assert [len(each["embedding"]) for each in floats["data"]] == [4, 4]
    assert [len(base64.b64decode(each["embedding"])) for each in packed["data"]] == [16, 16]
    assert floats["object"] == "list"
    assert Decimal(spent) == emulator.spent > 0


@pytest.mark.parametrize(
    ("settings", "body", "told"),
    [
        ({}, {"model": VECTORS}, "input"),
        ({}, {"input": "x"}, "model must be the name"),
        ({}, {"model": VECTORS, "input": "x", "provider": {"only": ["a"]}}, "'provider' is not a parameter"),
        ({"models": [MODEL]}, {"model": VECTORS, "input": "x"}, "is not offered here"),
    ],
)
def test_vectors_that_are_not_offered_are_refused(
    emulator: Emulator, settings: dict[str, Any], body: dict[str, Any], told: str
) -> None:
    with routed(emulator, **settings) as browser:
        answer = browser.post("v1/embeddings", json=body)
    assert answer.status_code == 400
    assert told in answer.json()["error"]["message"]
    assert not [request for request in emulator.requests if request.path == "/embeddings"]


# what it is made of


@tool(needs_approval=True)
def remove(path: str) -> str:
    """Remove a file."""
    return path


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"allowed_hosts": ["chat.example.com"]}, "give token="),
        ({"allowed_hosts": ["*"], "token": TOKEN}, "allowed_hosts"),
        ({"allowed_hosts": "chat.example.com", "token": TOKEN}, "allowed_hosts"),
        ({"token": "short"}, "at least 16"),
        ({"models": []}, "models is"),
        ({"models": "openai/gpt-4o"}, "models is"),
        ({"max_body_bytes": 0}, "max_body_bytes is 0"),
        ({"max_concurrent_streams": True}, "max_concurrent_streams is True"),
        ({"budget": "much"}, "budget"),
        ({"tools": [remove]}, "'remove' waits for a decision"),
        ({"title": ""}, "title"),
        ({"store": "/nowhere/at/all.db"}, "cannot be opened"),
    ],
)
def test_a_wrong_setting_is_refused(emulator: Emulator, settings: dict[str, Any], told: str) -> None:
    client = AsyncOpenRouter(emulator.key, base_url=emulator.base_url)
    with pytest.raises(ConfigurationError, match=told) as caught:
        create_router(client, **settings)
    assert "short" not in str(caught.value)


def test_the_names_of_the_package_are_what_they_say() -> None:
    """A module of the same name would take a function's place once it is imported."""
    import openrouter_async.server as server

    for name in server.__all__:
        assert callable(getattr(server, name)), name
