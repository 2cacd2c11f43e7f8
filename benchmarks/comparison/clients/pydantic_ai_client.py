"""`pydantic-ai`: agents on its OpenRouter model; values by `PromptedOutput`, for models that follow no schemas."""

from __future__ import annotations

import scenes
from openai import AsyncOpenAI
from pydantic import BaseModel
from pydantic_ai import Agent, PromptedOutput
from pydantic_ai.models.openrouter import OpenRouterModel
from pydantic_ai.providers.openrouter import OpenRouterProvider

PACKAGE = "pydantic-ai-slim"


class City(BaseModel):
    name: str
    founded: int


async def play(base_url: str, key: str) -> dict[str, scenes.Scene]:
    openai = AsyncOpenAI(base_url=base_url, api_key=key, max_retries=0)
    provider = OpenRouterProvider(openai_client=openai)
    agent = Agent(OpenRouterModel(scenes.MODEL, provider=provider))
    cities = Agent(
        OpenRouterModel(scenes.PLAIN_MODEL, provider=provider), output_type=PromptedOutput(City), retries=0
    )

    async def cut() -> str:
        async with agent.run_stream(scenes.CUT) as stream:
            return [text async for text in stream.stream_text()][-1]

    async def plain() -> str:
        return type(await agent.run(scenes.ERROR_INSIDE)).__name__

    async def city(question: str) -> tuple[str, int]:
        value = (await cities.run(question)).output
        return value.name, value.founded

    return {"cut": cut, "error_inside": plain, "values": lambda: scenes.values(city)}


if __name__ == "__main__":
    scenes.main(play)
