"""A model that answers without a network, and batches that ask it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import anyio.lowlevel

from openrouter_async._http.observers import OBSERVERS, Attempt
from openrouter_async._sansio.charges import read_charge
from openrouter_async._sansio.chat_body import ChatCall
from openrouter_async._sansio.request import build_request
from openrouter_async._secret import Secrets
from openrouter_async.batch.items import Items
from openrouter_async.batch.run import Batch
from openrouter_async.operations import CREATE_CHAT
from openrouter_async.streaming.stream import EventStream, OnBadEvent
from openrouter_async.types.catalogue.models import Model, Pricing
from openrouter_async.types.chat.completion import ChatCompletion

__all__ = ["FakeModel", "Prices", "batch_of", "completion", "read", "texts"]

NOBODY: Any = None
"""Who would look up records, which fakes have none of."""

Answering = Callable[[str, "FakeModel"], "Awaitable[ChatCompletion] | ChatCompletion"]


def completion(text: str, *, model: str = "a/model", cost: str | None = "0.001") -> ChatCompletion:
    """Return a reply with usage."""
    usage = {"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 30, "cost": cost}
    message = {"role": "assistant", "content": text}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    return ChatCompletion.model_validate({"id": "gen-1", "model": model, "choices": choices, "usage": usage})


@dataclass
class FakeModel:
    """Answers each text with `answer to <text>`, after a checkpoint, unless told otherwise."""

    answer: Answering | None = None
    asked: list[str] = field(default_factory=list)
    calls: list[Mapping[str, Any]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    default_model = None
    session_id = None
    spans = None
    params: ClassVar[Mapping[str, object]] = {}

    def with_options(self, options: object) -> FakeModel:
        return self

    def stream(self, call: ChatCall, *, on_bad_event: OnBadEvent = "raise") -> EventStream:
        raise NotImplementedError

    async def create(self, call: ChatCall) -> ChatCompletion:
        """Answer as `client.chat.create` does, and let the observers of the task watch it as the sender does."""
        messages: Any = call.messages
        text = messages if isinstance(messages, str) else messages[-1]["content"]
        arguments = {"model": call.model, **call.params, "extra_body": call.extra_body}
        body = {
            "model": arguments.get("model"),
            "messages": [{"role": "user", "content": text}],
            **{name: arguments[name] for name in ("max_tokens", "plugins") if name in arguments},
        }
        data = build_request(CREATE_CHAT, content=json.dumps(body).encode(), model=arguments.get("model"))
        attempt = Attempt(request=data, number=1, began=0.0, secrets=Secrets())
        observers = [
            each for factory in OBSERVERS.get() if (each := factory.observe(data, NOBODY)) is not None
        ]

        def saw(reply: ChatCompletion) -> None:
            body = reply.model_dump_json().encode()
            attempt.charge = read_charge(body) or attempt.charge
            for observer in observers:
                observer.saw(attempt, body)

        try:
            for observer in observers:
                await observer.started(attempt)
            reply = await self._answer(text, arguments)
            saw(reply)
        except Exception as error:
            completion = getattr(error, "completion", None) or getattr(error, "partial", None)
            if completion is not None:
                saw(completion)
            raise
        finally:
            for observer in observers:
                observer.ended(attempt)
        return reply

    async def _answer(self, text: str, arguments: Mapping[str, Any]) -> ChatCompletion:
        self.asked.append(text)
        self.calls.append(arguments)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await anyio.lowlevel.checkpoint()
            if self.answer is None:
                return completion(f"answer to {text}")
            reply = self.answer(text, self)
            return reply if isinstance(reply, ChatCompletion) else await reply
        finally:
            self.at_once -= 1


@dataclass(frozen=True)
class Prices:
    """One price for all models; None: none is known."""

    pricing: Pricing | None = None

    def get(self, name: str) -> Model | None:
        """Return a model that costs so much."""
        return None if self.pricing is None else Model(id=name, pricing=self.pricing)


async def no_prices() -> Prices:
    return Prices()


def batch_of(items: Items, fake: FakeModel, /, **params: Any) -> Batch[str]:
    """Return a batch that asks a fake model."""
    given = {"prices": no_prices, "transport": None, "sender": NOBODY, "completer": fake, **params}
    return Batch(items, **given)


async def read(batch: Batch[Any], into: list[Any] | None = None) -> list[Any]:
    """Run a batch, and return its results; where it raises, `into` has those that came before."""
    results = [] if into is None else into
    async with batch:
        async for result in batch:
            results.append(result)
    return results


def texts(count: int) -> Sequence[str]:
    """Return so many different prompts."""
    return [f"question {number}" for number in range(count)]
