"""A question, its answer, and its cost.

python examples/hello.py
"""

from __future__ import annotations

import asyncio

from openrouter_async import AsyncOpenRouter


async def main() -> None:
    async with AsyncOpenRouter(default_model="openai/gpt-4.1-mini") as client:
        reply = await client.chat.create("Write a pangram.")
        print(reply.text)
        print(f"{reply.model} by {reply.provider}, US$ {reply.cost}")


asyncio.run(main())
