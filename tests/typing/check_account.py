"""Example calls of models, money and keys, for type checkers only."""

from __future__ import annotations

from decimal import Decimal
from typing import assert_type

from openrouter_async import (
    PRESETS,
    APIKey,
    AsyncOpenRouter,
    CreatedKey,
    Generation,
    Model,
    ModelEndpoints,
    UnsettledCall,
)


async def check(client: AsyncOpenRouter) -> None:
    assert_type(await client.keys.create("ci", limit=Decimal("2.5"), expires_at=None), CreatedKey)
    assert_type(await client.keys.update("hash", limit=None, disabled=True), APIKey)
    assert_type(await client.keys.list().all(), list[APIKey])
    await client.keys.update("hash", disabled=None)  # type: ignore[arg-type]  # null is not allowed there
    await client.keys.create("ci", disabled=True)  # type: ignore[call-arg]  # only a key that is there

    reply = await client.chat.create("Hello", **PRESETS["precise"])
    assert_type(await client.generations.get(reply.id, wait=5), Generation)

    assert_type(await client.models.search("claude", supports="tools", order="newest"), list[Model])
    assert_type(await client.models.endpoints("openai/gpt-4o"), ModelEndpoints)
    assert_type(await client.models.count(), int)
    await client.models.search("claude", order="best")  # type: ignore[arg-type]  # no such order

    client.params = PRESETS["creative"]
    client.with_options(params={"temperature": 0.1})

    async with client.track(budget="1.00") as spend:
        assert_type(spend.cost, Decimal)
        assert_type(spend.remaining, Decimal | None)
        assert_type(spend.unsettled, tuple[UnsettledCall, ...])
