"""`pydantic-ai`: agents with tools and typed outputs, through its provider for OpenRouter."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from openai import AsyncOpenAI
from pydantic import BaseModel
from pydantic_ai import Agent, NativeOutput, PromptedOutput
from pydantic_ai.models.openrouter import OpenRouterModel
from pydantic_ai.providers.openrouter import OpenRouterProvider

from . import play


class City(BaseModel):
    """The value that each check wants."""

    name: str
    population: int


def get_weather(city: str) -> str:
    """The weather of a city."""
    return play.RESULT


def checks(base_url: str, key: str) -> dict[str, Callable[[], object]]:
    """Return what to do by its name."""

    def agent(output_type: object = str) -> Agent[None, object]:
        client = AsyncOpenAI(base_url=base_url, api_key=key, max_retries=0)
        provider = OpenRouterProvider(openai_client=client)
        model = OpenRouterModel(play.MODEL, provider=provider)
        tools = [get_weather] if output_type is str else []
        return Agent(model, output_type=output_type, tools=tools, retries=0)

    def plain() -> None:
        assert agent().run_sync("hi").output == play.TEXT

    def tools() -> None:
        assert play.RESULT in agent().run_sync(play.USE_THE_TOOL).output

    def streamed(question: str, expected: str) -> None:
        async def read() -> str:
            async with agent().run_stream(question) as result:
                return await result.get_output()

        assert expected in asyncio.run(read())

    def value(output_type: object) -> None:
        assert isinstance(agent(output_type).run_sync(play.FACTS).output, City)

    def error(status: int) -> None:
        play.fails(lambda: agent().run_sync(play.failing(status)), "ModelHTTPError")

    return {
        "plain": plain,
        "streamed": lambda: streamed("hi", play.TEXT),
        "tools": tools,
        "streamed tools": lambda: streamed(play.USE_THE_TOOL, play.RESULT),
        "a value by a schema": lambda: value(NativeOutput(City)),
        "a value by words": lambda: value(PromptedOutput(City)),
        **{f"error {status}": lambda status=status: error(status) for status in (400, 429, 500)},
    }
