"""The replies of several models, side by side."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pydantic import BaseModel

from openrouter_async import AsyncOpenRouter, BadRequest, ConfigurationError
from openrouter_async.testing import Emulator, Failure

MODELS = ["openai/gpt-4o-mini", "openai/gpt-4o", "no/such"]


class Colour(BaseModel):
    name: str


async def test_replies_stand_side_by_side_with_cost_and_time() -> None:
    with Emulator() as emulator:
        emulator.reply_with(
            lambda request: (
                Failure(status=400, message="no such model")
                if request.json["model"] == "no/such"
                else '{"name": "red"}'
            )
        )
        async with AsyncOpenRouter(emulator.key, base_url=emulator.base_url) as client:
            compared = await client.chat.compare(
                "Name a colour.", models=MODELS, output=Colour, temperature=0
            )
        assert [each.model for each in compared] == MODELS
        assert [each.output for each in compared[:2]] == [Colour(name="red")] * 2
        assert isinstance(compared[2].error, BadRequest)
        with pytest.raises(BadRequest):
            _ = compared[2].output
        assert sum(each.cost or 0 for each in compared) == emulator.spent > 0
        assert compared[2].cost == Decimal(0)
        assert all(each.elapsed > 0 for each in compared)
    lines = str(compared).splitlines()
    assert len(lines) == 4
    assert "BadRequest" in lines[3]
    assert "red" in lines[1]


@pytest.mark.parametrize("models", [[], "openai/gpt-4o", None])
async def test_without_models_nothing_is_sent(models: object) -> None:
    async with AsyncOpenRouter("key") as client:
        with pytest.raises(ConfigurationError, match="expected a list of slugs"):
            await client.chat.compare("x", models=models)  # type: ignore[arg-type]
