"""A reply in the service's JSON: as one body, or as the chunks of a stream in the order in which real ones come.

Role first, then reasoning, text or speech, pictures and calls of tools in fragments; then the finish reason; then the
same again with the usage; then `[DONE]`.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ..exchange.responses import Part, event
from ..json_values import JSON
from ..prompts import count_tokens, cut
from ..replies import Reply, ToolCall
from .logprobs import logprobs

__all__ = ["WireReply", "chat_body", "chat_parts", "prepare_reply", "text_body", "text_parts"]

_AUDIO_S = 3600
"""How long speech can be referred to by its id."""
_AUDIO_PIECE = 4096
"""Characters of base64 in an event: a multiple of four, so each can be decoded alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireReply:
    """A reply with everything that its wire form needs."""

    id: str
    created: int
    model: str
    provider: str
    reply: Reply
    usage: JSON
    reasoning_format: str = "unknown"
    metadata: JSON | None = None
    """The `openrouter_metadata`, where the request asked for it."""
    top_logprobs: int | None = None
    """Alternatives of each token, where the request asked for probabilities."""

    @property
    def finish_reason(self) -> str:
        if self.reply.finish_reason is not None:
            return self.reply.finish_reason
        return "tool_calls" if self.reply.tool_calls else "stop"

    @property
    def pieces(self) -> Sequence[str]:
        """The text as it is streamed."""
        return cut(self.reply.text) if len(self.reply.pieces) == 1 else self.reply.pieces


def prepare_reply(reply: Reply, call_ids: Iterator[str]) -> tuple[Reply, int, int]:
    """Return the reply with ids for its calls, the tokens of all of it, and those of its reasoning."""
    calls = tuple(
        call if call.id is not None else ToolCall(call.name, call.arguments, next(call_ids))
        for call in reply.tool_calls
    )
    reasoning = count_tokens(reply.reasoning or "")
    # Piece by piece, as a stream is billed that breaks off.
    tokens = reasoning + sum(map(count_tokens, reply.pieces)) + count_tokens(reply.refusal or "")
    tokens += sum(count_tokens(call.name) + count_tokens(call.arguments) for call in calls)
    return replace(reply, tool_calls=calls), tokens, reasoning


def chat_body(wire: WireReply) -> JSON:
    """Return the body of a plain answer."""
    reply = wire.reply
    message: JSON = {
        "role": "assistant",
        "content": reply.text if reply.pieces and reply.audio is None else None,
        "refusal": reply.refusal,
        "reasoning": reply.reasoning,
    }
    if reply.reasoning is not None:
        message["reasoning_details"] = [_details(wire, reply.reasoning, signed=True)]
    if reply.tool_calls:
        message["tool_calls"] = [_call(number, call) for number, call in enumerate(reply.tool_calls)]
    if reply.images:
        message["images"] = [_image(number, url) for number, url in enumerate(reply.images)]
    if reply.audio is not None:
        message["audio"] = {**_audio_end(wire), "data": _base64(reply.audio), "transcript": reply.text}
    if reply.annotations:
        message["annotations"] = [dict(annotation) for annotation in reply.annotations]
    choice: JSON = {"logprobs": None, **_finish(wire), "index": 0, "message": message}
    if wire.top_logprobs is not None:
        content = reply.pieces if reply.audio is None else ()
        choice["logprobs"] = logprobs(content, reply.refusal or "", wire.top_logprobs)
    rest: JSON = {"system_fingerprint": None, "choices": [choice], "usage": wire.usage}
    return _around(wire, "chat.completion", rest)


def chat_parts(wire: WireReply, token_s: float) -> Iterator[Part]:
    """Return the events of a stream; each waits `token_s` seconds for each token in it."""
    choices = ((_chunk_choice(wire, delta), tokens) for delta, tokens in _deltas(wire))
    return _parts(wire, "chat.completion.chunk", choices, {"delta": {**_ROLE}}, token_s)


def _chunk_choice(wire: WireReply, delta: JSON) -> JSON:
    if wire.top_logprobs is None:
        return {"delta": delta}
    content, refusal = (str(delta.get(name) or "") for name in ("content", "refusal"))
    return {"delta": delta, "logprobs": logprobs([content], refusal, wire.top_logprobs)}


def text_body(wire: WireReply) -> JSON:
    """Return the body of a plain answer to `/completions`."""
    choice: JSON = {"text": wire.reply.text, "index": 0, "logprobs": None, **_finish(wire)}
    return _around(wire, "text_completion", {"choices": [choice], "usage": wire.usage})


def text_parts(wire: WireReply, token_s: float) -> Iterator[Part]:
    """Return the events of a stream of `/completions`."""
    choices: Iterator[tuple[JSON, int]] = (({"text": piece}, count_tokens(piece)) for piece in wire.pieces)
    return _parts(wire, "text_completion", choices, {"text": ""}, token_s)


def _parts(
    wire: WireReply, kind: str, choices: Iterable[tuple[JSON, int]], last: JSON, token_s: float
) -> Iterator[Part]:
    """Return the events of a stream whose choices bring that many tokens each."""
    for choice, tokens in choices:
        whole: JSON = {"index": 0, **choice, "finish_reason": None, "native_finish_reason": None}
        body = _around(wire, kind, {"choices": [whole]}, last=False)
        yield event(body, tokens=tokens, wait_s=tokens * token_s)
    end: JSON = {"index": 0, **last, **_finish(wire)}
    yield event(_around(wire, kind, {"choices": [end]}, last=False))
    yield event(_around(wire, kind, {"choices": [end], "usage": wire.usage}))
    yield event("[DONE]")


def _deltas(wire: WireReply) -> Iterator[tuple[JSON, int]]:
    """Return each delta with the tokens in it."""
    reply = wire.reply
    yield {"role": "assistant", "content": ""}, 0
    if reply.reasoning is not None:
        for piece in cut(reply.reasoning):
            details = _details(wire, piece, signed=False)
            yield {**_ROLE, "reasoning": piece, "reasoning_details": [details]}, 1
        if signature := _signature(wire):
            yield {**_ROLE, "reasoning": None, "reasoning_details": [signature]}, 0
    for piece in wire.pieces:
        said = {"content": piece} if reply.audio is None else _spoken(wire, {"transcript": piece})
        yield {**_ROLE, **said}, count_tokens(piece)
    if reply.audio is not None:
        data = _base64(reply.audio)
        for start in range(0, len(data), _AUDIO_PIECE):
            yield {**_ROLE, **_spoken(wire, {"data": data[start : start + _AUDIO_PIECE]})}, 0
        yield {**_ROLE, "audio": _audio_end(wire)}, 0
    for piece in cut(reply.refusal or ""):
        yield {**_ROLE, "refusal": piece}, 1
    for number, url in enumerate(reply.images):
        yield {**_ROLE, "images": [_image(number, url)]}, 0
    if reply.annotations:
        yield {**_ROLE, "annotations": [dict(annotation) for annotation in reply.annotations]}, 0
    for number, call in enumerate(reply.tool_calls):
        begun = _call(number, ToolCall(call.name, "", call.id))
        yield {"content": None, "role": "assistant", "tool_calls": [begun]}, count_tokens(call.name)
        for piece in cut(call.arguments):
            fragment: JSON = {"index": number, "function": {"arguments": piece}}
            yield {"content": None, "role": "assistant", "tool_calls": [fragment]}, 1


_ROLE: JSON = {"content": "", "role": "assistant"}


def _around(wire: WireReply, kind: str, rest: JSON, *, last: bool = True) -> JSON:
    head: JSON = {
        "id": wire.id,
        "object": kind,
        "created": wire.created,
        "model": wire.model,
        "provider": wire.provider,
        **rest,
    }
    if last and wire.metadata is not None:
        head["openrouter_metadata"] = wire.metadata
    return head


def _finish(wire: WireReply) -> JSON:
    reason = wire.finish_reason
    return {"finish_reason": reason, "native_finish_reason": wire.reply.native_finish_reason or reason}


def _call(number: int, call: ToolCall) -> JSON:
    function: JSON = {"name": call.name, "arguments": call.arguments}
    return {"index": number, "id": call.id, "type": "function", "function": function}


def _image(number: int, url: str) -> JSON:
    return {"type": "image_url", "image_url": {"url": url}, "index": number}


def _spoken(wire: WireReply, piece: JSON) -> JSON:
    return {"audio": {"id": f"audio_{wire.id}", **piece}}


def _audio_end(wire: WireReply) -> JSON:
    return {"id": f"audio_{wire.id}", "expires_at": wire.created + _AUDIO_S}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _details(wire: WireReply, text: str, *, signed: bool) -> JSON:
    entry: JSON = {"type": "reasoning.text", "text": text, "format": wire.reasoning_format, "index": 0}
    if signed:
        entry |= _signature(wire)
    return entry


def _signature(wire: WireReply) -> JSON:
    """Return the entry that signs the reasoning, where the model's maker does that, else an empty one."""
    if wire.reasoning_format != "anthropic-claude-v1":
        return {}
    return {
        "type": "reasoning.text",
        "signature": f"emulated-{wire.id}",
        "format": wire.reasoning_format,
        "index": 0,
    }
