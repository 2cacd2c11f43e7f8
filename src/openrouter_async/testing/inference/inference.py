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

from ..._sansio.cache_marks import prompt_of_body
from ..exchange.responses import COMMENT, PADDING, EmulatedResponse, Part, encode, plain
from ..exchange.service_errors import ServiceError, bad_request
from ..json_values import JSON, as_object, objects_in
from ..prompts import count_tokens, prompt_tokens
from ..received import ReceivedRequest
from ..replies import Reply
from ..state.accounting import Usage, usage_json
from ..state.billing import NO_EXTRAS, Extras, extras_of
from ..state.generations import Generation
from ..state.keys import EmulatedKey
from ..state.models import EMBEDDING_MODELS, ListedModel, ModelList
from ..state.state import State
from .abilities import check_abilities
from .dialects.dialect import Dialect, Form
from .generated import chat_reply, completion_reply, embedding, packed
from .request_checks import ChatCall, read_chat, read_completion, read_embeddings
from .response_cache import CacheUse, Kept, ResponseCache, headers_of
from .wire import WireReply, chat_body, chat_parts, prepare_reply, text_body, text_parts

__all__ = ["ChooseReply", "Inference", "Pace"]

CHAT = Dialect(read=read_chat, body=chat_body, parts=chat_parts)
TEXT = Form(body=text_body, parts=text_parts)

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
        """Digests of the parts marked for the cache of prompts."""

    def chat(
        self, request: ReceivedRequest, key: EmulatedKey, choose: ChooseReply, dialect: Dialect = CHAT
    ) -> EmulatedResponse:
        call = dialect.read(request.body)
        model = self._model_for(call.models)
        prompt = prompt_tokens(call.messages)
        check_abilities(call, model, prompt)
        use = CacheUse.of(request, key)
        kept = self._cache.get(use, time.monotonic())
        if kept is None:
            self._state.ledger.check_credit(key, model, prompt=prompt, max_tokens=call.max_tokens)
        reply = choose() if kept is None else kept.reply
        reply = reply or chat_reply(call, model.id, seed=self._seed)
        cached, cache_written = (0, 0) if kept is not None else self._prompt_cache(call)
        model = (self._models.find(reply.model) if reply.model is not None else None) or model
        asked = _Asked(
            request=request,
            key=key,
            models=call.models,
            model=model,
            prompt=Usage(prompt=prompt, completion=0, cached=cached, cache_written=cache_written),
            is_stream=call.stream,
            use=use,
            kept=kept,
            extras=extras_of(request.json, model),
            top_logprobs=call.top_logprobs if model.takes("logprobs") else None,
        )
        return self._answer(asked, reply, dialect)

    def completion(self, request: ReceivedRequest, key: EmulatedKey, choose: ChooseReply) -> EmulatedResponse:
        call = read_completion(request.body)
        model = self._model_for(call.models)
        prompt = count_tokens(call.prompt)
        self._state.ledger.check_credit(key, model, prompt=prompt, max_tokens=call.max_tokens)
        asked = _Asked(
            request=request,
            key=key,
            models=call.models,
            model=model,
            prompt=Usage(prompt=prompt, completion=0),
            is_stream=call.stream,
        )
        reply = choose() or completion_reply(call, seed=self._seed)
        return self._answer(asked, reply, TEXT)

    def embeddings(self, request: ReceivedRequest, key: EmulatedKey) -> EmulatedResponse:
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

        return replace(plain(body, headers=headers_of(use, kept, now)), on_sent=on_sent)

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

    def _answer(
        self,
        asked: _Asked,
        reply: Reply,
        form: Form,
    ) -> EmulatedResponse:
        """Return a reply as the answer, one document or a stream."""
        reply, tokens, reasoning = prepare_reply(reply, self._state.call_ids())
        usage = replace(asked.prompt, completion=tokens, reasoning=reasoning)
        model, kept = asked.model, asked.kept
        provider = reply.provider or model.provider
        metadata: JSON | None = None
        if kept is None and asked.request.headers.get("x-openrouter-metadata", "").lower() == "enabled":
            metadata = _metadata(asked.models[0] if asked.models else model.id, model, provider)
        wire = WireReply(
            id=self._generation_id(),
            created=int(time.time()),
            model=reply.model or model.id,
            provider=provider,
            reply=reply,
            usage=usage_json(usage, model, reply.usage, asked.extras)
            if kept is None
            else usage_json(_NOTHING, _FREE, {}),
            reasoning_format="anthropic-claude-v1" if model.author == "anthropic" else "unknown",
            metadata=metadata,
            top_logprobs=asked.top_logprobs,
        )
        if asked.is_stream:
            parts = (Part(COMMENT), *self._waiting(COMMENT), *form.parts(wire, self._pace.token_s))
        else:
            document = Part(encode(form.body(wire)).encode(errors="replace"), tokens=tokens)
            parts = (Part(PADDING), *self._waiting(PADDING, tokens), document)
        begun = time.monotonic()
        return EmulatedResponse(
            headers={
                "content-type": "text/event-stream" if asked.is_stream else "application/json",
                "cache-control": "no-cache",
                **headers_of(asked.use, kept, begun),
            },
            parts=parts,
            is_stream=asked.is_stream,
            fault=reply.fault,
            generation_id=wire.id,
            model=wire.model,
            report=form.report,
            on_sent=partial(self._settle, asked, wire, usage, begun),
        )

    def _waiting(self, filler: bytes, tokens: int = 0) -> Iterator[Part]:
        """Return what is sent until the first token is there, or all of a plain answer."""
        left = self._pace.seconds(tokens)
        while left > 0:
            pause = min(left, KEEPALIVE_S)
            left -= pause
            yield Part(filler if left > 0 else b"", wait_s=pause)

    def _made_since(self, begun: float, whole: int) -> int:
        """Return how many tokens of a plain answer are made until now."""
        seconds, token_s = time.monotonic() - begun - self._pace.first_token_s, self._pace.token_s
        made = 0 if seconds < 0 else whole if token_s == 0 else int(seconds / token_s)
        return min(made, whole)

    def _settle(self, asked: _Asked, wire: WireReply, usage: Usage, begun: float, sent: int) -> None:
        """Bill the part of an answer that was made, and keep a complete one for the cache.

        A stream that nobody reads is stopped; whether a plain answer is finished is a setting of the emulator.
        """
        kept, whole = asked.kept, usage.completion
        is_whole = sent == whole or (self._finishes_unread and not asked.is_stream)
        made = whole if is_whole else sent if asked.is_stream else self._made_since(begun, whole)
        is_cut = made < whole
        billed = _NOTHING if kept is not None else replace(usage, completion=made)
        cost = _charge(asked, wire.reply, billed, share=Decimal(made) / whole if is_cut else Decimal(1))
        self._state.ledger.spend(asked.key, cost)
        if kept is None and is_whole and not _fails(wire.reply):
            ready = max(time.monotonic(), begun + self._pace.seconds(whole))
            self._cache.put(asked.use, replace(wire.reply, fault=None), wire.id, ready)
        self._state.generations.add(
            Generation(
                id=wire.id,
                model=wire.model,
                provider=wire.provider,
                usage=billed,
                cost=cost,
                streamed=asked.is_stream,
                finish_reason=None if is_cut else wire.finish_reason,
                cancelled=is_cut,
                took_s=time.monotonic() - begun,
                key_digest=asked.key.digest,
                byok_cost=_byok_cost(wire.reply.usage) if kept is None else None,
                source_id=None if kept is None else kept.id,
                input={
                    name: asked.request.json[name]
                    for name in ("prompt", "messages", "input")
                    if name in asked.request.json
                },
                output={
                    "completion": "".join(wire.pieces[:made]) if is_cut else wire.reply.text,
                    "reasoning": wire.reply.reasoning,
                },
            )
        )

    def _prompt_cache(self, call: ChatCall) -> tuple[int, int]:
        """Return the tokens read from, and written to, the prompt cache: a mark ends what is written, and the longest
        beginning that was written before is read."""
        marked = [
            number
            for number, message in enumerate(call.messages)
            if any(part.get("cache_control") is not None for part in objects_in(message.get("content")))
        ]
        if not marked:
            return 0, 0
        digest = hashlib.sha256()
        read = written = 0
        for number, message in enumerate(call.messages[: marked[-1] + 1], 1):
            digest.update(prompt_of_body(encode({"messages": [message]}).encode(errors="replace")))
            prefix = digest.hexdigest()
            if prefix in self._cached_prompts:
                read = prompt_tokens(call.messages[:number])
            elif number - 1 in marked:
                self._cached_prompts.add(prefix)
                written = prompt_tokens(call.messages[:number])
        return read, max(written - read, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """The facts of a request that its reply needs."""

    request: ReceivedRequest
    key: EmulatedKey
    models: tuple[str, ...]
    model: ListedModel
    prompt: Usage
    """Without what the model wrote."""
    is_stream: bool
    use: CacheUse | None = None
    kept: Kept | None = None
    extras: Extras = NO_EXTRAS
    top_logprobs: int | None = None


def _fails(reply: Reply) -> bool:
    return reply.fault is not None and reply.fault.name == "error_event"


def _charge(asked: _Asked, reply: Reply, billed: Usage, *, share: Decimal) -> Decimal:
    """Return what the account is charged: for the tokens, or that share of a cost that the reply was told to have.

    A plain answer and a whole stream are charged what they report.
    """
    if asked.kept is not None:
        return Decimal(0)
    if _fails(reply):
        return asked.extras.cost  # a reply that ends in an error is not charged, what was searched for it is
    if isinstance(cost := reply.usage.get("cost"), int | float) and not isinstance(cost, bool):
        return Decimal(str(cost)) * share
    return billed.cost(asked.model) * asked.extras.factor + asked.extras.cost


def _byok_cost(usage: Mapping[str, JsonValue]) -> Decimal | None:
    """Return what a reply was told that the provider charged to a key of the account's own; None where it was not."""
    cost = as_object(usage.get("cost_details")).get("upstream_inference_cost")
    return Decimal(str(cost)) if usage.get("is_byok") is True and isinstance(cost, int | float) else None


_FREE = ListedModel({"id": "", "pricing": {}})
_NOTHING = Usage(prompt=0, completion=0)


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
