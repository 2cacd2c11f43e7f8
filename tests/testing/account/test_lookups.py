"""The emulated list of models: what its filters and orders let through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from openrouter_async import AsyncOpenRouter
from openrouter_async.testing import Emulator
from openrouter_async.testing.state.models import EMBEDDING_MODELS
from openrouter_async.types.catalogue.models import Model

pytestmark = pytest.mark.loopback

MILLION = 1_000_000


async def listed(emulator: Emulator, **filters: Any) -> list[Model]:
    async with AsyncOpenRouter(emulator.key, base_url=emulator.base_url) as client:
        return list(await client.models.list(**filters))


def prices(model: Model) -> tuple[float, float]:
    return float(model.pricing.prompt or 0) * MILLION, float(model.pricing.completion or 0) * MILLION


@pytest.mark.parametrize(
    ("filters", "passes"),
    [
        ({"min_price": 5}, lambda model: prices(model)[0] >= 5),
        ({"min_price": 1, "max_price": 2}, lambda model: 1 <= prices(model)[0] <= 2),
        ({"max_output_price": 0.5}, lambda model: prices(model)[1] <= 0.5),
        ({"min_output_price": 20}, lambda model: prices(model)[1] >= 20),
        ({"arch": "claude"}, lambda model: model.architecture.tokenizer == "Claude"),
        ({"providers": ["OpenAI"]}, lambda model: model.id.startswith(("openai/", "~openai/"))),
        (
            {"model_authors": ["anthropic", "openai"]},
            lambda model: model.id.startswith(("anthropic/", "openai/")),
        ),
        ({"output_modalities": "all"}, lambda model: True),
        ({"q": "LLAMA"}, lambda model: "llama" in f"{model.id} {model.name}".lower()),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, dict) else "",
)
async def test_a_filter_lets_through_what_it_names(
    filters: dict[str, Any], passes: Callable[[Model], bool]
) -> None:
    with Emulator() as emulator:
        everything = await listed(emulator, output_modalities="all")
        found = await listed(emulator, **{"output_modalities": "all", **filters})
    assert found
    assert [model.id for model in found] == [model.id for model in everything if passes(model)]


async def test_only_models_that_write_text_are_listed_unless_others_are_asked_for() -> None:
    painter = {
        "id": "a/painter",
        "architecture": {"input_modalities": ["text"], "output_modalities": ["image"]},
    }
    with Emulator(models=["a/writer", painter]) as emulator:
        assert [model.id for model in await listed(emulator)] == ["a/writer"]
        assert [model.id for model in await listed(emulator, output_modalities="image")] == ["a/painter"]
        assert len(await listed(emulator, output_modalities="all")) == 2


async def test_the_newest_come_first_when_they_are_asked_for() -> None:
    with Emulator() as emulator:
        found = await listed(emulator, sort="newest")
        ages = [model.created or 0 for model in found]
        assert ages == sorted(ages, reverse=True)
        assert min(ages) > 1_600_000_000
        assert [model.id for model in await listed(emulator, max_age_days=30_000)] == [
            model.id for model in await listed(emulator)
        ]
        assert await listed(emulator, min_age_days=30_000) == []


def test_models_of_vectors_are_listed_apart() -> None:
    with Emulator() as emulator:
        answer = httpx.get(f"{emulator.base_url}/embeddings/models", trust_env=False).json()
        page = httpx.get(f"{emulator.base_url}/embeddings/models?limit=1", trust_env=False).json()
    assert {entry["id"] for entry in answer["data"]} == EMBEDDING_MODELS.keys()
    assert (answer["total_count"], answer["links"]) == (len(EMBEDDING_MODELS), {"next": None})
    assert page["links"]["next"].startswith("/api/v1/embeddings/models?")
