"""The official `openrouter` package; it has no helper for typed values, so its user parses the JSON."""

from __future__ import annotations

import json

import scenes
from openrouter import OpenRouter

PACKAGE = "openrouter"


async def play(base_url: str, key: str) -> dict[str, scenes.Scene]:
    client = OpenRouter(api_key=key, server_url=base_url, timeout_ms=30_000)

    async def cut() -> str:
        text = ""
        stream = await client.chat.send_async(
            model=scenes.MODEL, messages=[{"role": "user", "content": scenes.CUT}], stream=True
        )
        async with stream:
            async for chunk in stream:
                if chunk.choices:
                    text += chunk.choices[0].delta.content or ""
        return text

    async def plain() -> str:
        reply = await client.chat.send_async(
            model=scenes.MODEL, messages=[{"role": "user", "content": scenes.ERROR_INSIDE}]
        )
        return type(reply).__name__

    async def city(question: str) -> tuple[str, int]:
        reply = await client.chat.send_async(
            model=scenes.PLAIN_MODEL,
            messages=[{"role": "user", "content": question}],
            response_format={
                "type": "json_schema",
                "json_schema": {"name": "City", "schema": scenes.SCHEMA, "strict": True},
            },
        )
        value = json.loads(reply.choices[0].message.content)
        return value["name"], value["founded"]

    return {"cut": cut, "error_inside": plain, "values": lambda: scenes.values(city)}


if __name__ == "__main__":
    scenes.main(play)
