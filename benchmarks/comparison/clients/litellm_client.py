"""`litellm`, by its provider `openrouter`; its budget is `litellm.max_budget`."""

from __future__ import annotations

import litellm
import scenes
from pydantic import BaseModel

PACKAGE = "litellm"

litellm.suppress_debug_info = True  # which it prints among the output


class City(BaseModel):
    name: str
    founded: int


async def play(base_url: str, key: str) -> dict[str, scenes.Scene]:
    async def ask(question: str, model: str = scenes.MODEL, **more: object) -> object:
        return await litellm.acompletion(
            f"openrouter/{model}",
            [{"role": "user", "content": question}],
            api_base=base_url,
            api_key=key,
            num_retries=0,
            max_retries=0,
            **more,
        )

    async def cut() -> str:
        text = ""
        async for chunk in await ask(scenes.CUT, stream=True):
            text += chunk.choices[0].delta.content or ""
        return text

    async def plain() -> str:
        return type(await ask(scenes.ERROR_INSIDE)).__name__

    async def city(question: str) -> tuple[str, int]:
        reply = await ask(question, scenes.PLAIN_MODEL, response_format=City)
        value = City.model_validate_json(reply.choices[0].message.content)
        return value.name, value.founded

    async def budget() -> int:
        litellm.max_budget = scenes.BUDGET
        return await scenes.many(lambda: ask(scenes.PRICED))

    return {
        "cut": cut,
        "error_inside": plain,
        "values": lambda: scenes.values(city),
        "budget": budget,
    }


if __name__ == "__main__":
    scenes.main(play)
