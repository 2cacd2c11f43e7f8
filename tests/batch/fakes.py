"""A model that answers without a network, and batches that ask it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import anyio.lowlevel

from openrouter_async.batch.items import Items
from openrouter_async.batch.run import Batch
from openrouter_async.batch.settings import BatchSettings
from openrouter_async.types.chat import ChatCompletion
from openrouter_async.types.models import Pricing

__all__ = ["FakeModel", "Prices", "batch_of", "completion", "read", "texts"]

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

    def params(self, options: object) -> dict[str, object]:
        return {}

    async def create(self, messages: Any, **arguments: Any) -> ChatCompletion:
        """Answer as `client.chat.create` does."""
        text = messages if isinstance(messages, str) else messages[-1]["content"]
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

    def price(self, model: str) -> Pricing | None:
        """Return it."""
        return self.pricing


async def no_prices() -> Prices:
    return Prices()


def batch_of(items: Items, fake: FakeModel, /, **params: Any) -> Batch[str]:
    """Return a batch that asks a fake model."""
    batch_arguments = {"prices", "output", "output_name", "read_output", "extra_body", "options", "model"}
    own = {name: params.pop(name) for name in batch_arguments & params.keys()}
    settings, rest = BatchSettings.split(params)
    return Batch(items, create=fake.create, **{"prices": no_prices, **own}, settings=settings, params=rest)


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
