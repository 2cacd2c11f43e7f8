"""What the server sends and the clients are checked against; the standard library only, for every environment."""

from __future__ import annotations

import json
from collections.abc import Iterable

PROMPT = "Tell me of a fox. " * 10
MODEL = "acme/model"
KEY = "sk-or-v1-0000000000000000"
HEADERS = {
    "authorization": f"Bearer {KEY}",
    "content-type": "application/json",
    "accept": "text/event-stream, application/json",
}
BODY = json.dumps({"model": MODEL, "messages": [{"role": "user", "content": PROMPT}]}).encode()
STREAM_BODY = json.dumps(
    {"model": MODEL, "messages": [{"role": "user", "content": PROMPT}], "stream": True}
).encode()

LONG, MANY, PACED, FRAGMENTS = 20_000, 200, 100, 5_000
"""Pieces of text in the streams of the scenarios `long`, `many` and `paced`, and fragments in that of `tool`."""

GAP_S, SLOW_S = 0.04, 0.3
"""Seconds between the chunks of `paced`, and before the answer of `slow`."""

USAGE = {"prompt_tokens": 40, "completion_tokens": 40, "total_tokens": 80, "cost": 0.00012}
HEAD = {
    "id": "gen-1700000000-abcdefghijklmnop",
    "created": 1_700_000_000,
    "model": MODEL,
    "provider": "Acme",
    "system_fingerprint": None,
}
REPLY = "The quick brown fox jumps over the lazy dog. " * 4
CITY = {
    "name": "Oslo",
    "founded": 1048,
    "districts": ["Frogner", "Grorud"],
    "rivers": [{"name": "Akerselva"}],
}
WORDS = ("The ", "quick ", "brown ", "fox ", "jumps ", "over ", "the ", "lazy ", "dog. ", "Näxt ")


def pieces(count: int) -> list[str]:
    """Return the pieces of text of a stream."""
    return [WORDS[number % len(WORDS)] for number in range(count)]


def arguments() -> dict[str, object]:
    """Return the arguments of the tool call, whose JSON text is cut into `FRAGMENTS` pieces."""
    return {"lines": [{"number": number, "text": "a lazy dog"} for number in range(1_000)], "done": True}


def fragments() -> list[str]:
    """Return the pieces of the JSON text of the tool call."""
    text = json.dumps(arguments())
    size = len(text) / FRAGMENTS
    return [text[round(number * size) : round((number + 1) * size)] for number in range(FRAGMENTS)]


def completion(text: str) -> bytes:
    """Return the body of a plain answer."""
    message = {"role": "assistant", "content": text, "refusal": None}
    choice = {"index": 0, "finish_reason": "stop", "native_finish_reason": "stop", "message": message}
    return json.dumps({**HEAD, "object": "chat.completion", "choices": [choice], "usage": USAGE}).encode()


def text_events(count: int) -> list[bytes]:
    """Return the events of a stream of text: one for each piece, the end, the usage, `[DONE]`."""
    deltas = [{"role": "assistant", "content": piece} for piece in pieces(count)]
    return [*map(_event, deltas), *_last_events("stop")]


def reasoning_events(count: int) -> list[bytes]:
    """Return the events of a stream of reasoning, each piece twice, as the service sends it."""
    deltas = [
        {
            "role": "assistant",
            "content": "",
            "reasoning": piece,
            "reasoning_details": [{"type": "reasoning.text", "text": piece, "format": "unknown", "index": 0}],
        }
        for piece in pieces(count)
    ]
    return [*map(_event, deltas), *_last_events("stop")]


def tool_events() -> list[bytes]:
    """Return the events of a stream that is one tool call."""
    first, *rest = fragments()
    call = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "write", "arguments": first}}
    deltas: list[dict[str, object]] = [{"role": "assistant", "content": None, "tool_calls": [call]}]
    deltas += [{"tool_calls": [{"index": 0, "function": {"arguments": text}}]} for text in rest]
    return [*map(_event, deltas), *_last_events("tool_calls")]


def models() -> bytes:
    """Return the list of models: one, which follows schemas."""
    model = {
        "id": MODEL,
        "name": "Acme",
        "created": 1_700_000_000,
        "context_length": 100_000,
        "architecture": {"input_modalities": ["text"], "output_modalities": ["text"], "tokenizer": "GPT"},
        "pricing": {"prompt": "0.000001", "completion": "0.000002"},
        "supported_parameters": ["max_tokens", "response_format", "structured_outputs", "tools"],
    }
    return json.dumps({"data": [model]}).encode()


def joined(events: Iterable[bytes], size: int = 16 * 1024) -> list[bytes]:
    """Return the events joined to parts of about `size` bytes, as networks deliver a fast stream."""
    whole = b"".join(events)
    return [whole[start : start + size] for start in range(0, len(whole), size)]


def _event(delta: dict[str, object], finish: str | None = None, **more: object) -> bytes:
    choice = {
        "index": 0,
        "delta": delta,
        "finish_reason": finish,
        "native_finish_reason": finish,
        "logprobs": None,
    }
    chunk = {**HEAD, "object": "chat.completion.chunk", "choices": [choice], **more}
    return b"data: " + json.dumps(chunk, ensure_ascii=False, separators=(",", ":")).encode() + b"\n\n"


def _last_events(finish: str) -> list[bytes]:
    end = {"role": "assistant", "content": ""}
    return [_event(end, finish), _event(end, usage=USAGE), b"data: [DONE]\n\n"]
