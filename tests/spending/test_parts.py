"""The parts of what was spent: by the model that answered, by tokens, and of requests that were sent again."""

from __future__ import annotations

import pickle
from decimal import Decimal

import pytest
from pydantic import JsonValue

from openrouter_async import AsyncOpenRouter, Retries
from openrouter_async.spending.ledger import ModelSpend
from openrouter_async.testing import Emulator
from tests.support.emulated import _emulator, emulator

__all__ = ["_emulator", "emulator"]

pytestmark = pytest.mark.loopback

ASKED, ANSWERED, RECORDED = "openai/gpt-4o", "openai/gpt-4o-mini", "openai/gpt-4o-2024-11-20"


def client_of(emulator: Emulator) -> AsyncOpenRouter:
    return AsyncOpenRouter(emulator.key, base_url=emulator.base_url, retries=Retries(base=0.001, cap=0.001))


def reply(id: str, usage: JsonValue = None, **choice: JsonValue) -> dict[str, JsonValue]:
    """Return a reply that has its id in the body alone."""
    message: JsonValue = {"role": "assistant", "content": "Hi"}
    choices: JsonValue = [{"index": 0, "message": message, **choice}]
    return {"id": id, "model": ANSWERED, "choices": choices, **({"usage": usage} if usage else {})}


def record(id: str) -> JsonValue:
    """Return a record in which every amount is another one."""
    return {
        "data": {
            "id": id, "model": RECORDED, "usage": 0.02, "total_cost": 0.5, "is_byok": True,
            "upstream_inference_cost": 0.25, "native_tokens_prompt": 7, "native_tokens_completion": 11,
            "tokens_prompt": 70, "tokens_completion": 110,
        }
    }  # fmt: skip


async def test_the_model_that_answered_is_charged_and_not_the_one_that_was_asked(emulator: Emulator) -> None:
    usage: JsonValue = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7, "cost": 0.01}
    emulator.answer("/chat/completions", reply("gen-1", usage))
    async with client_of(emulator) as client, client.track() as spend:
        await client.chat.create("hello", model=ASKED)
    assert dict(spend.models) == {
        ANSWERED: ModelSpend(cost=Decimal("0.01"), prompt_tokens=3, completion_tokens=4)
    }


async def test_a_reply_without_a_cost_is_charged_as_its_record_says(emulator: Emulator) -> None:
    emulator.answer("/chat/completions", reply("gen-1"))
    emulator.answer("/generation", record("gen-1"))
    async with client_of(emulator) as client, client.track() as spend:
        await client.chat.create("hello", model=ASKED)
    assert (spend.unsettled, spend.cost, spend.byok_cost) == ((), Decimal("0.02"), Decimal("0.25"))
    assert dict(spend.models) == {
        RECORDED: ModelSpend(cost=Decimal("0.02"), prompt_tokens=7, completion_tokens=11)
    }


async def test_a_request_that_was_sent_again_is_charged_beside_the_one_that_was_answered(
    emulator: Emulator,
) -> None:
    error: JsonValue = {"code": 502, "message": "the provider fell over"}
    usage: JsonValue = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7, "cost": 0.01}
    emulator.answer("/chat/completions", reply("gen-1", error=error))
    emulator.answer("/chat/completions", reply("gen-2", usage))
    emulator.answer("/generation", record("gen-1"))
    async with client_of(emulator) as client, client.track() as spend:
        completion = await client.chat.create("hello", model=ASKED)
    assert [request.query.get("id") for request in emulator.requests if request.path == "/generation"] == [
        "gen-1"
    ]
    assert completion.id == "gen-2"
    assert (spend.calls, spend.unsettled) == (2, ())
    assert spend.by_model == {ANSWERED: Decimal("0.01"), RECORDED: Decimal("0.02")}
    for by_model in (spend.by_model, pickle.loads(pickle.dumps(spend.by_model))):
        assert [(each.calls, each.prompt_tokens, each.completion_tokens) for each in by_model.values()] == [
            (1, spent.prompt_tokens, spent.completion_tokens) for spent in spend.models.values()
        ]


async def test_the_tokens_of_a_request_that_was_sent_again_count_once(emulator: Emulator) -> None:
    """The reply has the usage of both, of which its own request used a part."""
    error: JsonValue = {"code": 502, "message": "the provider fell over"}
    first: JsonValue = {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4, "cost": 0}
    second: JsonValue = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7, "cost": 0.01}
    emulator.answer("/chat/completions", reply("gen-1", first, error=error))
    emulator.answer("/chat/completions", reply("gen-2", second))
    async with client_of(emulator) as client, client.track() as spend:
        completion = await client.chat.create("hello", model=ASKED)
    assert (completion.usage.prompt_tokens, completion.usage.completion_tokens) == (6, 5)
    assert spend.calls == 2
    assert dict(spend.models) == {
        ANSWERED: ModelSpend(cost=Decimal("0.01"), prompt_tokens=6, completion_tokens=5, calls=2)
    }
