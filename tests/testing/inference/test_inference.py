"""What models answer: shapes and order on the wire, generated replies, costs, caches, metadata."""

from __future__ import annotations

import base64
import json
import math
import struct
import time
from decimal import Decimal
from typing import Any

import jsonschema
import pytest
from pydantic import JsonValue

from openrouter_async import AsyncOpenRouter, AudioDelta, ResponseCache, Retries, errors
from openrouter_async.testing import Emulator
from tests.testing.raw import exchange, post

MODEL = "openai/gpt-4o-mini"
CLAUDE = "anthropic/claude-haiku-4.5"
CHAT: dict[str, Any] = {"model": MODEL, "messages": [{"role": "user", "content": "Tell me about whales"}]}
WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Current weather of a city",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string"},
                "days": {"type": "integer", "minimum": 1, "maximum": 7},
            },
            "required": ["city", "days"],
        },
    },
}
TIME: dict[str, Any] = {
    "type": "function",
    "function": {"name": "get_time", "parameters": {"type": "object"}},
}


def client_of(emulator: Emulator) -> AsyncOpenRouter:
    return AsyncOpenRouter(
        emulator.key, base_url=emulator.base_url, default_model=MODEL, retries=Retries(attempts=1)
    )


def answered(emulator: Emulator, body: dict[str, Any], **headers: str) -> tuple[str, bytes]:
    """Return head and body of an answer, the body without the framing of chunks."""
    head, _, body_ = exchange(emulator, post(emulator, "/chat/completions", body, **headers)).partition(
        b"\r\n\r\n"
    )
    if b"chunked" in head:
        body_ = b"".join(body_.split(b"\r\n")[1::2])
    return head.decode(), body_


def chunks_of(body: bytes) -> list[dict[str, Any]]:
    lines = [
        line for line in body.decode().split("\n") if line.startswith("data: ") and line != "data: [DONE]"
    ]
    return [json.loads(line[6:]) for line in lines]


# on the wire


def test_a_stream_comes_in_the_order_of_real_ones() -> None:
    with Emulator() as emulator:
        emulator.reply("one ", "two", reasoning="Hm")
        head, body = answered(emulator, {**CHAT, "stream": True})
    assert "content-type: text/event-stream" in head
    assert body.startswith(b": OPENROUTER PROCESSING\n\ndata: ")
    assert body.endswith(b"data: [DONE]\n\n")
    chunks = chunks_of(body)
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert deltas[0] == {"role": "assistant", "content": ""}
    assert deltas[1]["reasoning"] == "Hm"
    assert deltas[1]["reasoning_details"] == [
        {"type": "reasoning.text", "text": "Hm", "format": "unknown", "index": 0}
    ]
    assert [delta["content"] for delta in deltas[2:]] == ["one ", "two", "", ""]
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks] == [None] * 4 + ["stop", "stop"]
    assert ["usage" in chunk for chunk in chunks] == [False] * 5 + [True]
    assert {chunk["id"] for chunk in chunks} == {header(head, "x-generation-id")}
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}


def header(head: str, name: str) -> str:
    return next(
        line.partition(": ")[2] for line in head.split("\r\n") if line.lower().startswith(f"{name}: ")
    )


def test_a_call_of_a_tool_comes_in_fragments() -> None:
    with Emulator() as emulator:
        body = answered(emulator, {**CHAT, "tools": [WEATHER], "stream": True})[1]
    calls = [
        chunk["choices"][0]["delta"]["tool_calls"][0]
        for chunk in chunks_of(body)
        if "tool_calls" in chunk["choices"][0]["delta"]
    ]
    assert calls[0]["function"] == {"name": "get_weather", "arguments": ""}
    assert calls[0]["id"].startswith("call_")
    assert all(call.keys() == {"index", "function"} for call in calls[1:])
    assert json.loads("".join(call["function"]["arguments"] for call in calls)).keys() == {"city", "days"}
    assert chunks_of(body)[-1]["choices"][0]["finish_reason"] == "tool_calls"


def test_a_plain_answer_comes_behind_padding() -> None:
    with Emulator() as emulator:
        emulator.reply("Paris")
        head, body = answered(emulator, CHAT)
    assert body.startswith(b"\n         \n{")
    reply = json.loads(body)
    assert header(head, "x-generation-id") == reply["id"]
    assert reply["id"].startswith("gen-")
    assert reply["choices"][0]["message"] == {
        "role": "assistant",
        "content": "Paris",
        "refusal": None,
        "reasoning": None,
    }


@pytest.mark.parametrize(
    ("stream", "filler"), [(True, b": OPENROUTER PROCESSING\n\n"), (False, b"\n         \n")]
)
def test_a_slow_model_keeps_the_connection_alive(
    monkeypatch: pytest.MonkeyPatch, stream: bool, filler: bytes
) -> None:
    monkeypatch.setattr("openrouter_async.testing.inference.inference.KEEPALIVE_S", 0.01)
    with Emulator(first_token_s=0.05) as emulator:
        emulator.reply("Paris")
        begun = time.perf_counter()
        body = answered(emulator, {**CHAT, "stream": stream})[1]
        assert time.perf_counter() - begun >= 0.05
    assert body.count(filler) >= 4


def test_a_speed_is_kept() -> None:
    with Emulator(speed=200) as emulator:
        emulator.reply("one two three four five six seven eight nine ten")
        begun = time.perf_counter()
        answered(emulator, {**CHAT, "stream": True})
        assert time.perf_counter() - begun >= 10 / 200


# generated replies


async def test_a_generated_reply_is_the_same_for_the_same_seed_and_request() -> None:
    texts = []
    for seed in (1, 1, 2):
        with Emulator(seed=seed) as emulator:
            async with client_of(emulator) as client:
                await client.chat.create("Something before")
                plain = (await client.chat.create("Tell me about whales")).text
                assert (await client.chat.stream("Tell me about whales").final()).text == plain
                texts.append(plain)
    assert texts[0] == texts[1] != texts[2]
    assert "whales" in texts[0]


async def test_a_reply_ends_at_its_limit_and_at_a_stop_sequence() -> None:
    with Emulator() as emulator:
        async with client_of(emulator) as client:
            cut = await client.chat.create("Tell me about whales", max_tokens=5)
            stopped = await client.chat.create("Tell me about whales", stop=["."])
    assert cut.usage.is_reported
    assert (cut.finish_reason, cut.usage.completion_tokens) == ("length", 5)
    assert stopped.finish_reason == "stop"
    assert "." not in stopped.text


@pytest.mark.parametrize("model", [MODEL, CLAUDE])
async def test_reasoning_comes_when_it_is_asked_for(model: str) -> None:
    with Emulator() as emulator:
        async with client_of(emulator) as client:
            thought = await client.chat.create("Why?", model=model, reasoning={"effort": "low"})
            streamed = await client.chat.stream("Why?", model=model, reasoning={"effort": "low"}).final()
            silent = await client.chat.create("Why?", model=model, reasoning={"exclude": True})
    assert thought.reasoning
    assert thought.reasoning == streamed.reasoning
    assert thought.reasoning_details == streamed.reasoning_details or model == CLAUDE
    assert thought.usage.is_reported
    assert thought.usage.completion_tokens_details is not None
    assert thought.usage.completion_tokens_details.reasoning_tokens
    assert silent.reasoning is None
    for reply in (thought, streamed):
        assert bool(any(entry.get("signature") for entry in reply.reasoning_details or ())) == (
            model == CLAUDE
        )


async def test_tools_are_called_until_there_is_a_result() -> None:
    with Emulator() as emulator:
        async with client_of(emulator) as client:
            first = await client.chat.create("What is the weather in Oslo for 3 days?", tools=[WEATHER, TIME])
            assert [(call.name, call.args) for call in first.tool_calls] == [
                ("get_weather", {"city": "Oslo", "days": 3})
            ]
            assert (first.finish_reason, first.text) == ("tool_calls", "")
            call = first.tool_calls[0]
            then = await client.chat.create(
                [
                    {"role": "user", "content": "What is the weather in Oslo?"},
                    first,
                    {"role": "tool", "tool_call_id": call.id, "content": "4 degrees, rain"},
                ],
                tools=[WEATHER, TIME],
            )
            assert not then.tool_calls
            assert "4 degrees, rain" in then.text


@pytest.mark.parametrize(
    ("choice", "called"),
    [
        ("none", []),
        ({"type": "function", "function": {"name": "get_time"}}, ["get_time"]),
        ("required", ["get_weather"]),
    ],
)
async def test_the_choice_of_a_tool_is_obeyed(choice: Any, called: list[str]) -> None:
    with Emulator() as emulator:
        async with client_of(emulator) as client:
            reply = await client.chat.create(
                "The weather in Oslo?", tools=[WEATHER, TIME], tool_choice=choice
            )
    assert [call.name for call in reply.tool_calls] == called


@pytest.mark.parametrize("parallel", [True, False])
async def test_tools_named_together_are_called_together(parallel: bool) -> None:
    tools: list[Any] = [{"type": "function", "function": {"name": name}} for name in ("add", "multiply")]
    with Emulator() as emulator:
        async with client_of(emulator) as client:
            reply = await client.chat.create(
                "First add and then multiply 2 and 3", tools=tools, parallel_tool_calls=parallel
            )
    assert [call.name for call in reply.tool_calls] == (["add", "multiply"] if parallel else ["add"])


async def test_structured_output_fits_its_schema() -> None:
    schema: dict[str, JsonValue] = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
        "required": ["name", "age"],
        "additionalProperties": False,
    }
    form: Any = {"type": "json_schema", "json_schema": {"name": "person", "strict": True, "schema": schema}}
    with Emulator() as emulator:
        async with client_of(emulator) as client:
            person = json.loads((await client.chat.create("Ada is 36", response_format=form)).text)
            any_object = json.loads(
                (await client.chat.create("Hi", response_format={"type": "json_object"})).text
            )
    jsonschema.validate(person, schema)
    assert person["age"] == 36
    assert isinstance(any_object, dict)


async def test_a_picture_is_drawn_when_it_is_asked_for() -> None:
    with Emulator() as emulator:
        async with client_of(emulator) as client:
            reply = await client.chat.create("Draw a whale", modalities=["text", "image"])
    assert (reply.images[0].decode() or b"").startswith(b"\x89PNG")


async def test_speech_comes_in_pieces_with_the_text_as_its_transcript() -> None:
    speech = bytes(range(256)) * 40
    with Emulator() as emulator:
        emulator.reply("Hello there", audio=speech)
        async with (
            client_of(emulator) as client,
            client.chat.stream(
                "Greet me", modalities=["text", "audio"], audio={"voice": "alloy", "format": "pcm16"}
            ) as stream,
        ):
            pieces = [event async for event in stream if isinstance(event, AudioDelta)]
            reply = await stream.final()
    assert reply.audio is not None
    assert (reply.audio.decode(), reply.audio.transcript) == (speech, "Hello there")
    assert [piece.transcript for piece in pieces if piece.transcript] == ["Hello", " there"]
    decoded = [base64.b64decode(piece.data) for piece in pieces if piece.data]
    assert len(decoded) > 1
    assert b"".join(decoded) == speech
    assert reply.audio.id is not None
    assert reply.audio.expires_at is not None
    assert reply.text == ""


async def test_speech_is_generated_when_it_is_asked_for() -> None:
    with Emulator() as emulator:
        async with (
            client_of(emulator) as client,
            client.chat.stream(
                "Greet me", modalities=["text", "audio"], audio={"voice": "alloy", "format": "pcm16"}
            ) as stream,
        ):
            reply = await stream.final()
    assert reply.audio is not None
    assert reply.audio.transcript
    assert reply.audio.decode()


async def test_a_plain_reply_can_hold_speech() -> None:
    with Emulator() as emulator:
        emulator.reply("Hello there", audio=b"\1\2")
        async with client_of(emulator) as client:
            reply = await client.chat.create("Greet me")
    assert reply.audio is not None
    assert (reply.audio.decode(), reply.audio.transcript, reply.text) == (b"\1\2", "Hello there", "")


@pytest.mark.parametrize("alternatives", [None, 0, 3, 20])
async def test_probabilities_come_when_they_are_asked_for(alternatives: int | None) -> None:
    asked: dict[str, Any] = {"logprobs": True}
    if alternatives is not None:
        asked["top_logprobs"] = alternatives
    with Emulator() as emulator:
        emulator.reply("Paris, on the Seine", times=2)
        async with client_of(emulator) as client:
            plain = await client.chat.create("The capital of France?", **asked)
            async with client.chat.stream("The capital of France?", **asked) as stream:
                streamed = await stream.final()
    found = plain.choices[0].logprobs
    assert found is not None
    assert found == streamed.choices[0].logprobs
    tokens = found.content or []
    assert [token.token for token in tokens] == ["Paris", ",", " on", " the", " Seine"]
    for token in tokens:
        top = token.top_logprobs or []
        assert len(top) == (alternatives or 0)
        assert bytes(token.bytes or ()).decode() == token.token
        assert token.logprob is not None
        assert token.logprob < 0
        chances = [math.exp(other.logprob) for other in top if other.logprob is not None]
        assert chances == sorted(chances, reverse=True)
        assert sum(chances) <= 1
        assert len({other.token for other in top}) == len(top)
        assert [other.token for other in top[:1]] in ([], [token.token])


@pytest.mark.parametrize(("model", "asked"), [(MODEL, False), (CLAUDE, True)], ids=["not-asked", "not-able"])
async def test_without_probabilities_there_are_none(model: str, asked: bool) -> None:
    with Emulator() as emulator:
        async with client_of(emulator) as client:
            plain = await client.chat.create("Hello", model=model, logprobs=asked)
            async with client.chat.stream("Hello", model=model, logprobs=asked) as stream:
                streamed = await stream.final()
    assert plain.choices[0].logprobs is None
    assert streamed.choices[0].logprobs is None


async def test_text_completions_go_on_after_the_prompt() -> None:
    with Emulator() as emulator:
        async with client_of(emulator) as client:
            plain = await client.completions.create("Once upon a time", max_tokens=4)
    assert plain.usage.is_reported
    assert plain.usage.completion_tokens == 4


# models


@pytest.mark.parametrize(
    ("asked", "served"),
    [
        (f"{MODEL}:nitro", MODEL),
        (f"{MODEL}:floor:online", MODEL),
        (f"{MODEL}@preset/polite", MODEL),
        ("anthropic/claude-4.5-haiku-20251001", CLAUDE),
    ],
)
async def test_a_slug_is_resolved(asked: str, served: str) -> None:
    with Emulator() as emulator:
        async with client_of(emulator) as client:
            assert (await client.chat.create("Hello", model=asked)).model == served


@pytest.mark.parametrize("asked", ["~openai/gpt-latest", "openrouter/auto", "@preset/polite"])
async def test_what_is_no_model_is_served_by_one(asked: str) -> None:
    with Emulator() as emulator:
        async with client_of(emulator) as client:
            model = (await client.chat.create("Hello", model=asked)).model
            assert model is not None
            assert not model.startswith(("~", "openrouter/", "@"))
            assert (await client.models.get(model)).id == model


async def test_an_alias_is_served_by_the_newest_model_of_its_family() -> None:
    created = {"a/fox-1": 1, "a/fox-2": 2, "a/fox-2:free": 3, "b/owl-3": 4}
    with Emulator(models=[{"id": id, "created": at} for id, at in created.items()]) as emulator:
        async with client_of(emulator) as client:
            assert (await client.chat.create("Hello", model="~a/fox-latest")).model == "a/fox-2"


async def test_a_fallback_is_used_where_the_first_model_is_unknown() -> None:
    with Emulator() as emulator:
        async with client_of(emulator) as client:
            reply = await client.chat.create("Hello", model="openai/gone", models=[MODEL])
            assert reply.model == MODEL
            with pytest.raises(errors.BadRequest, match="openai/gone"):
                await client.chat.create("Hello", model="openai/gone", models=["openai/gone-too"])


async def test_models_are_listed_filtered_and_paged() -> None:
    with Emulator() as emulator:
        async with client_of(emulator) as client:
            everything = (await client.models.list()).items
            paged = [model async for model in client.models.list(limit=100)]
            with_tools = (await client.models.list(supported_parameters=["tools"])).items
            claudes = (await client.models.list(q="claude")).items
            cheapest = (await client.models.list(sort="pricing-low-to-high", q="claude")).items
            one = await client.models.get(MODEL)
    assert [model.id for model in paged] == [model.id for model in everything]
    assert 0 < len(with_tools) < len(everything)
    assert all("claude" in f"{model.id} {model.name}".lower() for model in claudes)
    prices = [
        model.pricing.prompt for model in cheapest if model.pricing and model.pricing.prompt is not None
    ]
    assert prices == sorted(prices)
    assert len(set(prices)) > 1
    assert one.pricing is not None
    assert one.pricing.prompt == Decimal("0.00000015")


# money


def test_usage_adds_up_and_costs_what_the_list_says() -> None:
    price = {"prompt": "0.001", "completion": "0.01", "request": "0.5", "input_cache_read": "0.0001"}
    with Emulator(models=[{"id": MODEL, "pricing": price}]) as emulator:
        emulator.reply("one two", reasoning="hm hm hm", times=2)
        usage = json.loads(answered(emulator, CHAT)[1])["usage"]
        streamed = chunks_of(answered(emulator, {**CHAT, "stream": True})[1])[-1]["usage"]
    assert usage == streamed
    assert (usage["prompt_tokens"], usage["completion_tokens"], usage["total_tokens"]) == (8, 5, 13)
    assert usage["completion_tokens_details"]["reasoning_tokens"] == 3
    assert usage["cost"] == pytest.approx(0.5 + 8 * 0.001 + 5 * 0.01)
    details = usage["cost_details"]
    assert details["upstream_inference_cost"] == pytest.approx(
        details["upstream_inference_prompt_cost"] + details["upstream_inference_completions_cost"]
    )


def test_a_long_prompt_may_cost_more() -> None:
    price: dict[str, JsonValue] = {
        "prompt": "0.001",
        "completion": "0",
        "overrides": [{"min_prompt_tokens": 8, "prompt": "0.1"}],
    }
    with Emulator(models=[{"id": MODEL, "pricing": price}]) as emulator:
        short = json.loads(answered(emulator, CHAT)[1])["usage"]
        messages = [{"role": "user", "content": "Tell me more about whales"}]
        long = json.loads(answered(emulator, {**CHAT, "messages": messages})[1])["usage"]
    assert (short["prompt_tokens"], short["cost"]) == (8, pytest.approx(0.008))
    assert (long["prompt_tokens"], long["cost"]) == (9, pytest.approx(0.9))


def test_a_marked_prompt_is_written_to_the_cache_and_then_read_from_it() -> None:
    part = {"type": "text", "text": "A long text", "cache_control": {"type": "ephemeral"}}
    body = {**CHAT, "messages": [{"role": "user", "content": [part]}]}
    price = {"prompt": "0.01", "completion": "0", "input_cache_write": "0.02", "input_cache_read": "0.001"}
    with Emulator(models=[{"id": MODEL, "pricing": price}]) as emulator:
        first, second = (json.loads(answered(emulator, body)[1])["usage"] for _ in range(2))
    assert first["prompt_tokens_details"]["cache_write_tokens"] == first["prompt_tokens"] == 7
    assert second["prompt_tokens_details"]["cached_tokens"] == 7
    assert (first["cost"], second["cost"]) == (pytest.approx(0.14), pytest.approx(0.007))


# caching of answers, and metadata


async def test_an_answer_can_be_kept_and_given_again_for_nothing() -> None:
    with Emulator() as emulator:
        emulator.reply("once")
        emulator.reply("twice")
        async with client_of(emulator) as client:
            cached = client.with_options(cache=ResponseCache(ttl=60))
            first = await cached.chat.create("Hello")
            spent = emulator.spent
            again = await cached.chat.create("Hello")
            other = await cached.chat.create("Hello, you")
        assert (first.text, again.text, other.text) == ("once", "once", "twice")
        assert again.id != first.id
        assert again.usage.is_reported
        assert again.usage.total_tokens == 0
        assert emulator.spent > spent  # by the third
        assert emulator.requests[1].headers["x-openrouter-cache"] == "true"


def test_the_headers_of_the_cache_say_where_an_answer_came_from() -> None:
    with Emulator() as emulator:
        miss, body = answered(emulator, CHAT, X_OpenRouter_Cache="true", X_OpenRouter_Cache_TTL="60abc")
        hit, _ = answered(emulator, CHAT, X_OpenRouter_Cache="true")
        cleared, _ = answered(emulator, CHAT, X_OpenRouter_Cache="true", X_OpenRouter_Cache_Clear="true")
        plain, _ = answered(emulator, CHAT)
    assert (header(miss, "x-openrouter-cache-status"), header(miss, "x-openrouter-cache-ttl")) == (
        "MISS",
        "60",
    )
    assert header(hit, "x-openrouter-cache-status") == "HIT"
    assert header(hit, "x-openrouter-cache-source-id") == json.loads(body)["id"]
    assert header(cleared, "x-openrouter-cache-status") == "MISS"
    assert "x-openrouter-cache" not in plain


def test_metadata_of_the_router_comes_when_it_is_asked_for() -> None:
    with Emulator() as emulator:
        plain = json.loads(answered(emulator, CHAT, X_OpenRouter_Metadata="enabled")[1])
        streamed = chunks_of(answered(emulator, {**CHAT, "stream": True}, X_OpenRouter_Metadata="enabled")[1])
        without = json.loads(answered(emulator, CHAT)[1])
    assert plain["openrouter_metadata"]["requested"] == MODEL
    assert ["openrouter_metadata" in chunk for chunk in streamed] == [False] * (len(streamed) - 1) + [True]
    assert "openrouter_metadata" not in without


# vectors


async def test_vectors_have_the_length_asked_for_and_a_norm_of_one() -> None:
    with Emulator() as emulator:
        async with client_of(emulator) as client:
            model = "openai/text-embedding-3-small"
            found = await client.embeddings.create(["whales", "fish"], model=model, dimensions=8)
            packed = await client.embeddings.create(
                ["whales", "fish"], model=model, dimensions=8, encoding_format="base64"
            )
            default = await client.embeddings.create("whales", model=model)
            with pytest.raises(errors.BadRequest, match="Model no/such does not exist"):
                await client.embeddings.create("whales", model="no/such")
    assert [len(vector) for vector in found.vectors] == [8, 8]
    assert [math.hypot(*vector) for vector in found.vectors] == pytest.approx([1.0, 1.0])
    assert found.vectors == packed.vectors
    assert len(default.vectors[0]) == 1536
    assert found.vectors[0] != found.vectors[1]
    assert found.usage is not None
    assert found.usage.prompt_tokens == 2


def test_base64_vectors_are_little_endian_floats() -> None:
    body = {
        "model": "openai/text-embedding-3-small",
        "input": "x",
        "dimensions": 3,
        "encoding_format": "base64",
    }
    with Emulator() as emulator:
        answer = exchange(emulator, post(emulator, "/embeddings", body)).partition(b"\r\n\r\n")[2]
    text = json.loads(answer)["data"][0]["embedding"]
    assert math.hypot(*struct.unpack("<3f", base64.b64decode(text))) == pytest.approx(1.0)
