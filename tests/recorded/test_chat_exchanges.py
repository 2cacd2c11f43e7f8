"""Recorded chat exchanges, served over a socket: whole, and cut into packets at random places.

What the client reports of them is compared with facts that an independent parser computed. Those written by hand show
what no recording does; the table below says how each ends.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from openrouter_async import AsyncOpenRouter, Retries, errors
from openrouter_async.streaming.events import (
    AnnotationAdded,
    Finished,
    ImageDelta,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    UsageReported,
)
from openrouter_async.types.chat.completion import ChatCompletion
from openrouter_async.types.chat.request import REPLACED_PARAMS
from openrouter_async.types.common import Usage
from tests.support.loopback import Connection, LoopbackServer
from tests.support.recordings import Recording, assert_matches_facts, each_recording, load_recordings

pytestmark = pytest.mark.loopback

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"
MAX_PACKETS = 12

Answered = ChatCompletion[str] | errors.OpenRouterError


def whole(recording: Recording) -> list[bytes]:
    """Return the answer as one packet that names its length."""
    head = _head(recording, f"content-length: {len(recording.body)}")
    return [head + recording.body]


def cut(recording: Recording, seed: int) -> list[bytes]:
    """Return the answer in chunks of random sizes, and all of it, framing too, cut into packets at random places."""
    rng = random.Random(f"{recording.name} {seed}")
    body = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in _cut(recording.body, rng))
    return _cut(_head(recording, "transfer-encoding: chunked") + body + b"0\r\n\r\n", rng)


def _cut(data: bytes, rng: random.Random) -> list[bytes]:
    count = rng.randrange(MAX_PACKETS)
    places = sorted(rng.randrange(len(data) + 1) for _ in range(count))
    pieces = [data[start:end] for start, end in zip([0, *places], [*places, len(data)], strict=True)]
    return [piece for piece in pieces if piece]


def _head(recording: Recording, framing: str) -> bytes:
    kept = {name: value for name, value in recording.headers.items() if name not in _OF_THE_CONNECTION}
    lines = [f"HTTP/1.1 {recording.status} Status", *(f"{name}: {value}" for name, value in kept.items())]
    return "\r\n".join([*lines, framing, "", ""]).encode("latin-1")


_OF_THE_CONNECTION = {"content-length", "transfer-encoding", "content-encoding", "connection", "keep-alive"}


def serving(packets: list[bytes]) -> Callable[[Connection], None]:
    def handler(connection: Connection) -> None:
        while connection.read_request() is not None:
            for number, packet in enumerate(packets):
                if number:
                    connection.pause(0.0005)  # else the system joins the packets
                connection.send(packet)

    return handler


WAYS = pytest.mark.parametrize(
    "packets_of",
    [
        pytest.param(whole, id="whole"),
        *(
            pytest.param(lambda recording, seed=seed: cut(recording, seed), id=f"cut{seed}")
            for seed in range(3)
        ),
    ],
)


async def ask(recording: Recording, packets: list[bytes]) -> Answered:
    """Return what the client makes of an answer: the reply, or the error."""
    is_stream = recording.kind == "stream" or "event-stream" in recording.headers.get("content-type", "")
    with LoopbackServer(serving(packets)) as server:
        async with AsyncOpenRouter(KEY, base_url=server.url, retries=Retries(attempts=1)) as client:
            try:
                reply = await (_streamed(client) if is_stream else client.chat.create("Hello"))
            except errors.OpenRouterError as error:
                return error
        assert len(server.requests) == 1
    return reply


async def _streamed(client: AsyncOpenRouter) -> ChatCompletion[str]:
    """Return the final reply of a stream, after comparing it with the events."""
    async with client.chat.stream("Hello") as stream:
        events = [event async for event in stream]
        final = await stream.final()
    assert isinstance(events[-1], Finished)
    assert events[-1].completion is final

    def joined(kind: type[Any]) -> str:
        return "".join(event.text for event in events if isinstance(event, kind) and event.choice == 0)

    assert joined(TextDelta) == final.text
    assert joined(ReasoningDelta) == (final.reasoning or "")
    assert joined(RefusalDelta) == (final.refusal or "")
    assert [event for event in events if isinstance(event, ToolCall)] == final.tool_calls
    for call in final.tool_calls:
        pieces = [e.fragment for e in events if isinstance(e, ToolCallDelta) and e.index == call.index]
        assert "".join(pieces) == call.arguments
    assert [event.image for event in events if isinstance(event, ImageDelta)] == final.images
    assert [event.annotation for event in events if isinstance(event, AnnotationAdded)] == final.annotations
    assert [event.usage for event in events if isinstance(event, UsageReported)] == [
        usage for usage in [final.usage] if usage.is_reported
    ]
    return final


def test_all_recorded_chat_exchanges_are_here() -> None:
    counts = [len(load_recordings(kind)) for kind in ("chat", "stream", "error", "modelled")]
    # One of the errors answers a request for embeddings.
    assert counts == [58, 64, 13, 25]
    assert set(ENDS) == {
        recording.name.removeprefix("modelled/") for recording in load_recordings("modelled")
    }


@WAYS
@each_recording("chat", "stream")
async def test_a_recorded_reply_is_reported_as_it_was(
    recording: Recording, packets_of: Callable[[Recording], list[bytes]]
) -> None:
    reply = await ask(recording, packets_of(recording))
    assert isinstance(reply, ChatCompletion), reply
    assert_matches_facts(reply, recording.facts)
    assert reply.end == (None if recording.kind == "chat" else "done")


@WAYS
@each_recording("error")
async def test_a_recorded_error_is_raised_with_its_fields(
    recording: Recording, packets_of: Callable[[Recording], list[bytes]]
) -> None:
    error = await ask(recording, packets_of(recording))
    assert isinstance(error, errors.APIStatusError), error
    facts = recording.facts["error"]
    assert error.status == recording.facts["http_status"]
    assert error.code == facts["code"]
    assert facts["message"].rstrip(".") in error.message
    assert error.provider == facts.get("provider_name")
    assert sorted(error.metadata) == facts.get("metadata_keys", [])
    if "metadata_raw" in facts:
        raw = error.metadata["raw"]
        assert isinstance(raw, str)
        assert {"len": len(raw), "sha256": hashlib.sha256(raw.encode()).hexdigest()} == facts["metadata_raw"]
    assert type(error) is (
        errors.ContextLengthExceeded if "context length" in facts["message"] else CLASSES[error.status]
    )


async def test_a_plain_reply_on_a_stream_call_is_the_same_reply() -> None:
    for recording in load_recordings("chat"):
        with LoopbackServer(serving(cut(recording, 0))) as server:
            async with AsyncOpenRouter(KEY, base_url=server.url) as client:
                assert_matches_facts(await _streamed(client), recording.facts)


REQUESTS_THAT_DIFFER = {
    "chat_audio_input_gemini_2_5_flash_1": "the recorded base64 was cut",
    "chat_text_gemini_2_5_flash_image_previ_1": "a recorded part has no type",
    "chat_tools2_claude_4_5_haiku_1": "cache_control stands on a message, where nothing documents it",
    "chat_stream_tool_claude_4_5_haiku_1": "empty text beside tool calls is sent as null",
    "chat_stream_tool_noargs_claude_4_5_haiku_1": "empty text beside tool calls is sent as null",
    "chat_stream_reasoning_glm_4_5_1": "blank text beside tool calls is sent as null",
    "chat_stream_text_qwen3_235b_a22b_07_25_1": "blank text beside tool calls is sent as null",
}


@each_recording(
    "chat",
    "stream",
    only=[
        recording.name
        for recording in load_recordings("chat", "stream")
        if recording.request["body"] is not None and recording.name not in REQUESTS_THAT_DIFFER
    ],
)
async def test_a_recorded_request_can_be_made_with_this_client(recording: Recording) -> None:
    recorded = json.loads(recording.request["body"])
    expected = {name: value for name, value in recorded.items() if name not in REPLACED_PARAMS}
    params = dict(expected)
    messages = params.pop("messages")
    with LoopbackServer(serving(whole(recording))) as server:
        async with AsyncOpenRouter(KEY, base_url=server.url) as client:
            if recorded.get("stream"):
                expected["stream"] = True
                await client.chat.stream(messages, **params).final()
            else:
                await client.chat.create(messages, **params)
        assert server.requests[0].json() == expected


CLASSES = {
    400: errors.BadRequest,
    401: errors.AuthenticationError,
    404: errors.NotFound,
    429: errors.RateLimited,
}

Facts = dict[str, object]

ENDS: dict[str, tuple[type[object], Facts]] = {
    "error_402_credits": (errors.InsufficientCredits, {"status": 402, "code": 402, "provider": None}),
    "error_403_key_limit": (errors.SpendingLimitExceeded, {"status": 403, "metadata": {}}),
    "error_403_moderation": (
        errors.ModerationError,
        {"reasons": ("violence",), "model_slug": "example/model", "provider": "ExampleHost"},
    ),
    "error_404_no_endpoints_routing_step": (
        errors.NotFound,
        {"metadata": {"failed_routing_step": "Filter by Input Video Support"}},
    ),
    "error_408_timeout": (errors.ServerError, {"status": 408}),
    "error_429_error_type_provider_code": (errors.RateLimited, {"error_type": "rate_limit_exceeded"}),
    "error_429_free_models_per_day": (errors.RateLimited, {"status": 429, "provider": None}),
    "error_429_limit_rpm": (errors.RateLimited, {"status": 429, "provider": None}),
    "error_500_empty_body": (errors.ServerError, {"status": 500, "code": None}),
    "error_502_html": (errors.ProviderError, {"status": 502, "code": None}),
    "error_502_nested_raw": (errors.ProviderError, {"status": 502, "provider": "ExampleHost"}),
    "error_503_no_provider": (errors.Overloaded, {"status": 503, "error_type": "provider_unavailable"}),
    "error_in_200_overloaded": (errors.Overloaded, {"status": 503, "error_type": "provider_overloaded"}),
    "error_in_200_provider_unavailable": (errors.ProviderError, {"status": 502, "code": 502}),
    "chat_choice_error": (
        errors.ProviderError,
        {"status": 502, "partial.text": "", "partial.provider": "ExampleHost"},
    ),
    "chat_empty_choices": (errors.EmptyReply, {}),
    "chat_empty_content_no_tools": (errors.EmptyReply, {}),
    "chat_missing_meta": (
        ChatCompletion,
        {"text": "Hi", "finish_reason": "stop", "id": None, "usage": Usage()},
    ),
    "stream_error_midstream": (
        errors.ProviderError,
        {
            "status": 502,
            "error_type": "provider_unavailable",
            "partial.text": "Hello",
            "partial.finish_reason": None,
        },
    ),
    "stream_error_string_code": (
        errors.ServerError,
        {"status": 500, "code": "server_error", "partial.text": "Hel"},
    ),
    "stream_error_only_event": (
        errors.ProviderError,
        {"status": 502, "provider": "ExampleHost", "partial.text": ""},
    ),
    "stream_finish_error_without_error": (errors.ServerError, {"status": 500, "partial.text": ""}),
    "stream_cut_off": (errors.StreamTruncated, {"partial.text": "Hel", "partial.finish_reason": None}),
    "stream_crlf_and_fields": (ChatCompletion, {"text": "Hi 😀", "finish_reason": "stop", "end": "done"}),
    "stream_tool_call_without_index": (ChatCompletion, {"text": "", "finish_reason": "tool_calls"}),
}
"""How those written by hand end: the class, and what it says."""


@WAYS
@each_recording("modelled")
async def test_a_modelled_exchange_ends_as_it_should(
    recording: Recording, packets_of: Callable[[Recording], list[bytes]]
) -> None:
    ended = await ask(recording, packets_of(recording))
    kind, facts = ENDS[recording.name.removeprefix("modelled/")]
    assert type(ended) is kind, ended
    reported = {path: _at(ended, path) for path in facts}
    assert reported == facts
    if recording.name == "modelled/stream_tool_call_without_index":
        assert isinstance(ended, ChatCompletion)
        assert [(call.id, call.name, call.args) for call in ended.tool_calls] == [("call_1", "f", {"a": 1})]


def _at(value: object, path: str) -> object:
    for name in path.split("."):
        value = getattr(value, name)
    return value
