"""`openai` with a base URL."""

from __future__ import annotations

import scenes
from openai import AsyncOpenAI
from pydantic import BaseModel

PACKAGE = "openai"


class City(BaseModel):
    name: str
    founded: int


async def play(base_url: str, key: str) -> dict[str, scenes.Scene]:
    client = AsyncOpenAI(base_url=base_url, api_key=key, max_retries=0)

    async def streamed(question: str, chunks: int | None = None) -> str:
        text = ""
        stream = await client.chat.completions.create(
            model=scenes.MODEL,
            messages=[{"role": "user", "content": question}],
            stream=True,
            stream_options={"include_usage": True},
        )
        async with stream:
            async for chunk in stream:
                if chunk.choices:
                    text += chunk.choices[0].delta.content or ""
                if chunks is not None and (chunks := chunks - 1) == 0:
                    break
        return text

    async def plain() -> str:
        reply = await client.chat.completions.create(
            model=scenes.MODEL, messages=[{"role": "user", "content": scenes.ERROR_INSIDE}]
        )
        return type(reply).__name__

    async def city(question: str) -> tuple[str, int]:
        reply = await client.chat.completions.parse(
            model=scenes.PLAIN_MODEL, messages=[{"role": "user", "content": question}], response_format=City
        )
        value = reply.choices[0].message.parsed
        assert value is not None
        return value.name, value.founded

    return {
        "cut": lambda: streamed(scenes.CUT),
        "error_inside": plain,
        "values": lambda: scenes.values(city),
    }


if __name__ == "__main__":
    scenes.main(play)
