"""This library."""

from __future__ import annotations

import tempfile
from pathlib import Path

import scenes
from pydantic import BaseModel

from openrouter_async import AsyncOpenRouter, Retries

PACKAGE = "openrouter-async"


class City(BaseModel):
    name: str
    founded: int


async def play(base_url: str, key: str) -> dict[str, scenes.Scene]:
    client = AsyncOpenRouter(key, base_url=base_url, default_model=scenes.MODEL, retries=Retries(attempts=1))

    async def cut() -> str:
        async with client.chat.stream(scenes.CUT) as stream:
            return "".join([piece async for piece in stream.text()])

    async def plain() -> str:
        return type(await client.chat.create(scenes.ERROR_INSIDE)).__name__

    async def left() -> float:
        pieces = 0
        async with client.track() as spend, client.chat.stream(scenes.LEFT) as stream:
            async for _ in stream.text():
                if (pieces := pieces + 1) == 200:
                    break
        return float(spend.cost)

    async def city(question: str) -> tuple[str, int]:
        value = (await client.chat.create(question, model=scenes.PLAIN_MODEL, output=City)).output
        return value.name, value.founded

    async def budget() -> int:
        async with client.track(budget=str(scenes.BUDGET)):
            return await scenes.many(lambda: client.chat.create(scenes.PRICED, max_tokens=400))

    async def resumed() -> int:
        questions = [f"{scenes.PRICED} {number}" for number in range(40)]
        journal = Path(tempfile.mkdtemp()) / "journal.jsonl"
        async with client.batch(questions, journal=journal, concurrency=4) as batch:
            seen = 0
            async for _ in batch:
                if (seen := seen + 1) == 20:
                    break
        async with client.batch(questions, journal=journal, concurrency=4) as batch:
            return len([item async for item in batch])

    return {
        "cut": cut,
        "error_inside": plain,
        "left": left,
        "values": lambda: scenes.values(city),
        "budget": budget,
        "resumed": resumed,
    }


if __name__ == "__main__":
    scenes.main(play)
