"""Answers the operations that a model answers: chat, text completions, embeddings."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from pydantic import JsonValue

from .accounting import Usage, usage_json
from .authentication import EmulatedKey
from .generated import chat_reply, completion_text, embedding, packed
from .models import EMBEDDING_MODELS, ListedModel, ModelList
from .outgoing import COMMENT, PADDING, Outgoing, Part, encode, plain
from .prompts import count_tokens, cut, prompt_tokens, text_of
from .received import ReceivedRequest
from .replies import Reply
from .request_checks import ChatCall, read_chat, read_completion, read_embeddings
from .service_errors import ServiceError, bad_request, no_endpoints
from .state import Generation, State
from .wire import Written, chat_body, chat_parts, text_body, text_parts, written

__all__ = ["Choose", "Inference", "Over", "Pace"]

JSON: TypeAlias = dict[str, JsonValue]
Over: TypeAlias = Callable[[int], None]
"""Called once the answer is over, with the tokens of it that were sent."""
Choose: TypeAlias = Callable[[], Reply | None]
"""Returns the reply that was scripted, None where there is none; raises where something else was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast the emulated models are."""

    first_token_s: float = 0.0
    """What passes before the first token."""
    tokens_per_s: float | None = None
    """None: as fast as they can be sent."""
    keepalive_s: float = 0.5
    """How often a comment or padding is sent in the meantime."""

    @property
    def token_s(self) -> float:
        return 0.0 if self.tokens_per_s is None else 1.0 / self.tokens_per_s


class Inference:
    """The part of the service that runs models."""

    def __init__(self, state: State, models: ModelList, pace: Pace, seed: int) -> None:
        self._state = state
        self._models = models
        self._pace = pace
        self._seed = seed

    # each returns the answer, and what to do when it is over

    def chat(self, request: ReceivedRequest, key: EmulatedKey, choose: Choose) -> tuple[Outgoing, Over]:
        call = read_chat(request.body)
        model = self._model_for(call.models)
        prompt = prompt_tokens(call.messages)
        _check_abilities(call, model, prompt)
        self._state.check_credit(key, model, prompt=prompt, max_tokens=call.max_tokens)
        reply = choose()
        if reply is None:
            reply = chat_reply(call, model.id, seed=self._seed)
        reply, tokens, reasoning = written(reply, self._state.call_ids())
        cached, cache_written = self._prompt_cache(call)
        usage = Usage(
            prompt=prompt,
            completion=tokens,
            reasoning=reasoning,
            cached=min(cached, prompt),
            cache_written=min(cache_written, prompt),
        )
        text = self._written(request, reply, model, usage, call.models)
        if call.stream:
            parts = (Part(COMMENT), *self._waiting(COMMENT), *chat_parts(text, self._pace.token_s))
            return self._answer(text, model, usage, key, parts, is_stream=True)
        data = Part(encode(chat_body(text)).encode(errors="replace"), tokens=tokens)
        parts = (Part(PADDING), *self._waiting(PADDING, tokens), data)
        return self._answer(text, model, usage, key, parts, is_stream=False)

    def completion(self, request: ReceivedRequest, key: EmulatedKey, choose: Choose) -> tuple[Outgoing, Over]:
        call = read_completion(request.body)
        model = self._model_for(call.models)
        prompt = count_tokens(call.prompt)
        self._state.check_credit(key, model, prompt=prompt, max_tokens=call.max_tokens)
        reply = choose()
        if reply is None:
            tokens_made = cut(completion_text(call.prompt, seed=self._seed))
            cut_off = call.max_tokens is not None and len(tokens_made) > call.max_tokens
            text_made = "".join(tokens_made[: call.max_tokens])
            reply = Reply.of(text_made, finish_reason="length" if cut_off else "stop")
        reply, tokens, _ = written(reply, self._state.call_ids())
        usage = Usage(prompt=prompt, completion=tokens)
        text = self._written(request, reply, model, usage, call.models)
        if call.stream:
            parts = (Part(COMMENT), *self._waiting(COMMENT), *text_parts(text, self._pace.token_s))
            return self._answer(text, model, usage, key, parts, is_stream=True)
        data = Part(encode(text_body(text)).encode(errors="replace"), tokens=tokens)
        parts = (Part(PADDING), *self._waiting(PADDING, tokens), data)
        return self._answer(text, model, usage, key, parts, is_stream=False)

    def embeddings(self, request: ReceivedRequest, key: EmulatedKey) -> tuple[Outgoing, Over]:
        call = read_embeddings(request.body)
        name = call.model
        known = EMBEDDING_MODELS.get(name)
        if known is None and self._models.find(name) is None:
            raise bad_request(f"Model {name} does not exist")
        length, price = known or (1536, "0.00000002")
        vectors = [embedding(text, name, call.dimensions or length, seed=self._seed) for text in call.inputs]
        tokens = sum(count_tokens(text) for text in call.inputs)
        model = ListedModel({"id": name, "pricing": {"prompt": price}})
        usage = Usage(prompt=tokens, completion=0)
        self._state.check_credit(key, model, prompt=tokens, max_tokens=None)
        body: JSON = {
            "object": "list",
            "data": [
                {
                    "object": "embedding",
                    "embedding": packed(vector) if call.as_base64 else list[JsonValue](vector),
                    "index": number,
                }
                for number, vector in enumerate(vectors)
            ],
            "model": name,
            "usage": {
                "prompt_tokens": tokens,
                "total_tokens": tokens,
                "cost": float(usage.cost(model)),
            },
            "provider": model.author.title(),
            "id": self._generation_id(),
        }
        return plain(body), lambda _sent: self._state.spend(key, usage.cost(model))

    # parts of these

    def _model_for(self, names: tuple[str, ...]) -> ListedModel:
        """Return the first model asked for that there is, and else the error of the first."""
        first: ServiceError | None = None
        for name in names:
            try:
                return self._models.resolve(name)
            except ServiceError as error:
                first = first or error
        if first is not None:
            raise first
        return self._models.default

    def _generation_id(self) -> str:
        return self._state.new_id(f"gen-{int(time.time())}-")

    def _written(
        self,
        request: ReceivedRequest,
        reply: Reply,
        model: ListedModel,
        usage: Usage,
        asked: tuple[str, ...],
    ) -> Written:
        provider = reply.provider or model.provider
        metadata: JSON | None = None
        if request.headers.get("x-openrouter-metadata", "").lower() == "enabled":
            metadata = _metadata(asked[0] if asked else model.id, model, provider)
        return Written(
            id=self._generation_id(),
            created=int(time.time()),
            model=reply.model or model.id,
            provider=provider,
            reply=reply,
            usage=usage_json(usage, model, reply.usage),
            reasoning_format="anthropic-claude-v1" if model.author == "anthropic" else "unknown",
            metadata=metadata,
        )

    def _waiting(self, filler: bytes, tokens: int = 0) -> Iterator[Part]:
        """Return what is sent until the first token is there, or all of a plain answer."""
        left = self._pace.first_token_s + tokens * self._pace.token_s
        while left > 0:
            pause = min(left, self._pace.keepalive_s)
            left -= pause
            yield Part(filler if left > 0 else b"", wait_s=pause)

    def _answer(
        self,
        text: Written,
        model: ListedModel,
        usage: Usage,
        key: EmulatedKey,
        parts: tuple[Part, ...],
        *,
        is_stream: bool,
    ) -> tuple[Outgoing, Over]:
        begun = time.monotonic()

        def over(sent: int) -> None:
            """Bill what was sent of a stream; a plain answer is billed whole, as upstream it cannot be stopped."""
            cancelled = is_stream and sent < usage.completion
            billed = replace(usage, completion=sent) if cancelled else usage
            cost = billed.cost(model)
            self._state.spend(key, cost)
            self._state.generated(
                Generation(
                    id=text.id,
                    model=text.model,
                    provider=text.provider,
                    usage=billed,
                    cost=cost,
                    streamed=is_stream,
                    finish_reason=None if cancelled else text.finish_reason,
                    cancelled=cancelled,
                    took_s=time.monotonic() - begun,
                )
            )

        content_type = "text/event-stream" if is_stream else "application/json"
        outgoing = Outgoing(
            headers={"content-type": content_type, "cache-control": "no-cache"},
            parts=parts,
            is_stream=is_stream,
            fault=text.reply.fault,
            generation_id=text.id,
            model=text.model,
        )
        return outgoing, over

    def _prompt_cache(self, call: ChatCall) -> tuple[int, int]:
        """Return the tokens read from, and written to, the prompt cache: the messages up to the last marked part."""
        marked = [
            number
            for number, message in enumerate(call.messages)
            if isinstance(parts := message.get("content"), list)
            and any(isinstance(part, dict) and part.get("cache_control") is not None for part in parts)
        ]
        if not marked:
            return 0, 0
        prefix = call.messages[: marked[-1] + 1]
        tokens = prompt_tokens(prefix)
        digest = hashlib.sha256(encode(list[JsonValue](prefix)).encode(errors="replace")).hexdigest()
        return (tokens, 0) if self._state.cached_before(digest) else (0, tokens)


def _check_abilities(call: ChatCall, model: ListedModel, prompt: int) -> None:
    """Refuse what no provider of the model can do."""
    if not any(text_of(message.get("content")) or _has_more(message) for message in call.messages):
        raise bad_request("Input must have at least 1 token.", metadata={"provider_name": None})
    if call.tools and call.tool_choice != "none" and not model.takes("tools"):
        raise no_endpoints("No endpoints found that support tool use", model.id)
    for kind, modality in (("image_url", "image"), ("input_audio", "audio"), ("video_url", "video")):
        if _has_part(call.messages, kind) and not model.reads(modality):
            raise no_endpoints(f"No endpoints found that support {modality} input", model.id)
    length = model.context_length
    if length is not None and prompt > length:
        raise bad_request(
            f"This endpoint's maximum context length is {length} tokens. However, you requested about {prompt} tokens "
            f"({prompt} of text input). Please reduce the length of either one, or use the context-compression plugin to "
            "compress your prompt automatically.",
            metadata={"provider_name": None},
        )


def _has_more(message: JSON) -> bool:
    content = message.get("content")
    return bool(message.get("tool_calls")) or (
        isinstance(content, list)
        and any(isinstance(part, dict) and part.get("type") != "text" for part in content)
    )


def _has_part(messages: list[JSON], kind: str) -> bool:
    contents = [content for message in messages if isinstance(content := message.get("content"), list)]
    return any(
        isinstance(part, dict) and part.get("type") == kind for content in contents for part in content
    )


def _metadata(asked: str, model: ListedModel, provider: str) -> JSON:
    endpoint: JSON = {"provider": provider, "model": model.id, "selected": True}
    return {
        "requested": asked,
        "strategy": "direct",
        "region": None,
        "summary": f"available=1, selected={provider}",
        "attempt": 1,
        "is_byok": False,
        "endpoints": {"total": 1, "available": [endpoint]},
    }
