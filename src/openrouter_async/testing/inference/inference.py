"""Answers the operations that a model answers: chat, text completions, embeddings."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import TypeAlias

from pydantic import JsonValue

from ..exchange.responses import COMMENT, PADDING, EmulatedResponse, Part, encode, plain
from ..exchange.sending import OnSent
from ..exchange.service_errors import ServiceError, bad_request
from ..prompts import count_tokens, prompt_tokens
from ..received import ReceivedRequest
from ..replies import Reply
from ..state.accounting import Usage, charged, usage_json
from ..state.billing import NO_EXTRAS, Extras, extras_of
from ..state.generations import Generation
from ..state.keys import EmulatedKey
from ..state.models import EMBEDDING_MODELS, ListedModel, ModelList
from ..state.state import State
from .abilities import check_abilities
from .generated import chat_reply, completion_reply, embedding, packed
from .request_checks import ChatCall, read_chat, read_completion, read_embeddings
from .response_cache import CacheUse, Kept, ResponseCache, headers_of
from .wire import WireReply, chat_body, chat_parts, prepare_reply, text_body, text_parts

__all__ = ["ChooseReply", "Inference", "Pace"]

JSON: TypeAlias = dict[str, JsonValue]
ChooseReply: TypeAlias = Callable[[], Reply | None]
"""Returns the reply that was scripted, or None; raises `ServiceError` for a scripted failure or answer."""


KEEPALIVE_S = 0.5
"""How often a comment or padding is sent while there is nothing to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast the emulated models are."""

    first_token_s: float = 0.0
    """What passes before the first token."""
    tokens_per_s: float | None = None
    """None: as fast as they can be sent."""

    @property
    def token_s(self) -> float:
        return 0.0 if self.tokens_per_s is None else 1.0 / self.tokens_per_s

    def seconds(self, tokens: int) -> float:
        """Return how long an answer of so many tokens takes."""
        return self.first_token_s + tokens * self.token_s


class Inference:
    """The part of the service that runs models."""

    def __init__(
        self, state: State, models: ModelList, pace: Pace, seed: int, *, finishes_unread: bool
    ) -> None:
        self._state = state
        self._models = models
        self._pace = pace
        self._seed = seed
        self._finishes_unread = finishes_unread
        self._cache = ResponseCache()
        self._cached_prompts: set[str] = set()
        """Digests of what was marked for the cache of prompts."""

    def reset(self) -> None:
        """Forget the answers and the prompts that were kept."""
        self._cache.clear()
        self._cached_prompts.clear()

    # each returns the answer, and what to do when it is over

    def chat(
        self, request: ReceivedRequest, key: EmulatedKey, choose: ChooseReply
    ) -> tuple[EmulatedResponse, OnSent]:
        call = read_chat(request.body)
        model = self._model_for(call.models)
        prompt = prompt_tokens(call.messages)
        check_abilities(call, model, prompt)
        use = CacheUse.of(request, key)
        kept = self._cache.get(use, time.monotonic())
        if kept is None:
            self._state.ledger.check_credit(key, model, prompt=prompt, max_tokens=call.max_tokens)
        reply = choose() if kept is None else kept.reply
        if reply is None:
            reply = chat_reply(call, model.id, seed=self._seed)
        reply, tokens, reasoning = prepare_reply(reply, self._state.call_ids())
        cached, cache_written = (0, 0) if kept is not None else self._prompt_cache(call)
        usage = Usage(
            prompt=prompt, completion=tokens, reasoning=reasoning, cached=cached, cache_written=cache_written
        )
        model = self._models.find(reply.model) or model if reply.model is not None else model
        extras = extras_of(request.json, model)
        wire = self._wire_reply(request, reply, model, usage, call.models, kept, extras)
        if model.takes("logprobs"):
            wire = replace(wire, top_logprobs=call.top_logprobs)
        if call.stream:
            parts = (Part(COMMENT), *self._waiting(COMMENT), *chat_parts(wire, self._pace.token_s))
        else:
            parts = (Part(PADDING), *self._waiting(PADDING, tokens), _document(chat_body(wire), tokens))
        return self._answer(
            _ReplyContext(wire, model, usage, key, use, kept, _asked(request), extras),
            parts,
            is_stream=call.stream,
        )

    def completion(
        self, request: ReceivedRequest, key: EmulatedKey, choose: ChooseReply
    ) -> tuple[EmulatedResponse, OnSent]:
        call = read_completion(request.body)
        model = self._model_for(call.models)
        prompt = count_tokens(call.prompt)
        self._state.ledger.check_credit(key, model, prompt=prompt, max_tokens=call.max_tokens)
        reply = choose() or completion_reply(call, seed=self._seed)
        reply, tokens, _ = prepare_reply(reply, self._state.call_ids())
        usage = Usage(prompt=prompt, completion=tokens)
        wire = self._wire_reply(request, reply, model, usage, call.models, None)
        if call.stream:
            parts = (Part(COMMENT), *self._waiting(COMMENT), *text_parts(wire, self._pace.token_s))
        else:
            parts = (Part(PADDING), *self._waiting(PADDING, tokens), _document(text_body(wire), tokens))
        return self._answer(
            _ReplyContext(wire, model, usage, key, None, None, _asked(request)), parts, is_stream=call.stream
        )

    def embeddings(self, request: ReceivedRequest, key: EmulatedKey) -> tuple[EmulatedResponse, OnSent]:
        call = read_embeddings(request.body)
        name = call.model
        known = EMBEDDING_MODELS.get(name)
        if known is None and self._models.find(name) is None:
            raise bad_request(f"Model {name} does not exist")
        length, price = known or (1536, "0.00000002")
        vectors = [embedding(text, name, call.dimensions or length, seed=self._seed) for text in call.inputs]
        model = ListedModel({"id": name, "pricing": {"prompt": price}})
        use, now = CacheUse.of(request, key), time.monotonic()
        kept = self._cache.get(use, now)
        tokens = 0 if kept is not None else sum(count_tokens(text) for text in call.inputs)
        usage = Usage(prompt=tokens, completion=0)
        cost = usage.cost(model)
        self._state.ledger.check_credit(key, model, prompt=tokens, max_tokens=None)
        id_ = self._generation_id()
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
            "usage": {"prompt_tokens": tokens, "total_tokens": tokens, "cost": float(cost)},
            "provider": model.author.title(),
            "id": id_,
        }

        def on_sent(_sent: int) -> None:
            self._state.ledger.spend(key, cost)
            if kept is None:
                self._cache.put(use, None, id_, now)

        return plain(body, headers=headers_of(use, kept, now)), on_sent

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

    def _wire_reply(
        self,
        request: ReceivedRequest,
        reply: Reply,
        model: ListedModel,
        usage: Usage,
        asked: tuple[str, ...],
        kept: Kept | None,
        extras: Extras = NO_EXTRAS,
    ) -> WireReply:
        provider = reply.provider or model.provider
        metadata: JSON | None = None
        if kept is None and request.headers.get("x-openrouter-metadata", "").lower() == "enabled":
            metadata = _metadata(asked[0] if asked else model.id, model, provider)
        return WireReply(
            id=self._generation_id(),
            created=int(time.time()),
            model=reply.model or model.id,
            provider=provider,
            reply=reply,
            usage=usage_json(usage, model, reply.usage, extras)
            if kept is None
            else usage_json(_NOTHING, _FREE, {}),
            reasoning_format="anthropic-claude-v1" if model.author == "anthropic" else "unknown",
            metadata=metadata,
        )

    def _waiting(self, filler: bytes, tokens: int = 0) -> Iterator[Part]:
        """Return what is sent until the first token is there, or all of a plain answer."""
        left = self._pace.first_token_s + tokens * self._pace.token_s
        while left > 0:
            pause = min(left, KEEPALIVE_S)
            left -= pause
            yield Part(filler if left > 0 else b"", wait_s=pause)

    def _made_since(self, begun: float, whole: int) -> int:
        """Return how many tokens of a plain answer are made until now."""
        seconds, token_s = time.monotonic() - begun - self._pace.first_token_s, self._pace.token_s
        made = 0 if seconds < 0 else whole if token_s == 0 else int(seconds / token_s)
        return min(made, whole)

    def _answer(
        self, context: _ReplyContext, parts: tuple[Part, ...], *, is_stream: bool
    ) -> tuple[EmulatedResponse, OnSent]:
        wire, begun = context.wire, time.monotonic()
        response = EmulatedResponse(
            headers={
                "content-type": "text/event-stream" if is_stream else "application/json",
                "cache-control": "no-cache",
                **headers_of(context.use, context.kept, begun),
            },
            parts=parts,
            is_stream=is_stream,
            fault=wire.reply.fault,
            generation_id=wire.id,
            model=wire.model,
        )
        return response, partial(self._settle, context, begun, is_stream)

    def _settle(self, context: _ReplyContext, begun: float, is_stream: bool, sent: int) -> None:
        """Bill what was made of an answer, and keep it for the cache where that is all.

        A stream that nobody reads is stopped; a plain answer is finished, or not, as the emulator was told.
        """
        wire, usage, kept = context.wire, context.usage, context.kept
        whole = usage.completion
        is_whole = sent == whole or (self._finishes_unread and not is_stream)
        made = whole if is_whole else sent if is_stream else self._made_since(begun, whole)
        is_cut = made < whole
        billed = _NOTHING if kept is not None else replace(usage, completion=made) if is_cut else usage
        cost = _charge(context, billed, is_cut=is_cut)
        self._state.ledger.spend(context.key, cost)
        fault = wire.reply.fault
        if kept is None and is_whole and (fault is None or fault.name != "error_event"):
            ready = max(time.monotonic(), begun + self._pace.seconds(whole))
            self._cache.put(context.use, replace(wire.reply, fault=None), wire.id, ready)
        self._state.generations.add(
            Generation(
                id=wire.id,
                model=wire.model,
                provider=wire.provider,
                usage=billed,
                cost=cost,
                streamed=is_stream,
                finish_reason=None if is_cut else wire.finish_reason,
                cancelled=is_cut,
                took_s=time.monotonic() - begun,
                key_digest=context.key.digest,
                byok_cost=_byok_cost(wire.reply.usage) if kept is None else None,
                source_id=None if kept is None else kept.id,
                input=context.asked,
                output={
                    "completion": "".join(wire.pieces[:made]) if is_cut else wire.reply.text,
                    "reasoning": wire.reply.reasoning,
                },
            )
        )

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
        if digest in self._cached_prompts:
            return tokens, 0
        self._cached_prompts.add(digest)
        return 0, tokens


@dataclass(frozen=True, slots=True)
class _ReplyContext:
    """What is known of an answer when its parts are made."""

    wire: WireReply
    model: ListedModel
    usage: Usage
    key: EmulatedKey
    use: CacheUse | None
    kept: Kept | None
    asked: JsonValue
    """What `/generation/content` gives as the input."""
    extras: Extras = NO_EXTRAS


def _charge(context: _ReplyContext, billed: Usage, *, is_cut: bool) -> Decimal:
    """Return what the account is charged for an answer of which so many tokens were made."""
    if context.kept is not None:
        return Decimal(0)
    fault, whole = context.wire.reply.fault, context.usage.completion
    if fault is not None and fault.name == "error_event":
        return (
            context.extras.cost
        )  # a reply that ends in an error is not charged, what was searched for it is
    share = Decimal(billed.completion) / whole if is_cut and whole else Decimal(1)
    return charged(billed, context.model, context.wire.reply.usage, context.extras, share=share)


def _byok_cost(usage: Mapping[str, JsonValue]) -> Decimal | None:
    """Return what a reply was told that the provider charged to a key of the account's own; None where it was not."""
    details = usage.get("cost_details")
    if usage.get("is_byok") is not True or not isinstance(details, dict):
        return None
    cost = details.get("upstream_inference_cost")
    return Decimal(str(cost)) if isinstance(cost, int | float) else None


_FREE = ListedModel({"id": "", "pricing": {}})
_NOTHING = Usage(prompt=0, completion=0)


def _asked(request: ReceivedRequest) -> JsonValue:
    return {name: value for name, value in request.json.items() if name in ("prompt", "messages")}


def _document(body: JSON, tokens: int) -> Part:
    return Part(encode(body).encode(errors="replace"), tokens=tokens)


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
