"""Models, money and embeddings as a caller writes them; read by type checkers, never run."""

from __future__ import annotations

from decimal import Decimal
from typing import assert_type

from openrouter_async import AsyncOpenRouter, Credits, CurrentKey, Embeddings, Model, ModelCatalogue, Pricing
from openrouter_async.types.catalogue.models import PricingOverride
from openrouter_async.types.embeddings.request import EmbeddedParts


async def models(client: AsyncOpenRouter) -> None:
    page = await client.models.list(supported_parameters=["tools"], max_price=1, zdr=True, sort="newest")
    assert_type(page.items[0], Model)
    async for model in client.models.list(q="llama", limit=10):
        assert_type(model, Model)
        assert_type(model.pricing.prompt, Decimal | None)
        assert_type(model.pricing.overrides, list[PricingOverride] | None)
    assert_type(await client.models.get("a/b:free"), Model)


async def catalogue(client: AsyncOpenRouter) -> None:
    found = await client.models.catalogue(max_age=60, offline=False)
    assert_type(found, ModelCatalogue)
    assert_type(found.supports("a/b", "tools"), bool | None)
    assert_type(found.supports("a/b", "of_tomorrow"), bool | None)
    assert_type(found.price("a/b"), Pricing | None)
    assert_type(found.get("a/b"), Model | None)
    assert_type([model.id for model in ModelCatalogue.snapshot()], list[str])


async def money(client: AsyncOpenRouter) -> None:
    credits = await client.credits.get(options={"management_key": "sk-or-v1-example"})
    assert_type(credits, Credits)
    assert_type(credits.remaining, Decimal)
    key = await client.key.get()
    assert_type(key, CurrentKey)
    assert_type(key.limit_remaining, Decimal | None)


async def embeddings(client: AsyncOpenRouter) -> None:
    reply = await client.embeddings.create(
        ["a", "b"], model="a/b", dimensions=256, encoding_format="base64", input_type="search_query"
    )
    assert_type(reply, Embeddings)
    assert_type(reply.vectors, list[list[float]])
    await client.embeddings.create("a", model="a/b")
    await client.embeddings.create([1, 2], model="a/b")
    await client.embeddings.create([[1, 2], [3]], model="a/b")
    parts: EmbeddedParts = {"content": [{"type": "text", "text": "a"}]}
    await client.embeddings.create([parts], model="a/b")
