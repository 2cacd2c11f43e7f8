"""`instructor`: values of pydantic models by tools, by schemas, and by words in the prompt."""

from __future__ import annotations

from collections.abc import Callable

import instructor
from openai import OpenAI
from pydantic import BaseModel

from . import play


class City(BaseModel):
    """The value that each check wants."""

    name: str
    population: int


def checks(base_url: str, key: str) -> dict[str, Callable[[], object]]:
    """Return what to do by its name."""
    openai = OpenAI(base_url=base_url, api_key=key, max_retries=0)
    messages = [{"role": "user", "content": play.FACTS}]

    def value(mode: instructor.Mode) -> None:
        completions = instructor.from_openai(openai, mode=mode).chat.completions
        city = completions.create(model=play.MODEL, messages=messages, response_model=City, max_retries=0)
        assert isinstance(city, City)

    def provider() -> instructor.Instructor:
        return instructor.from_provider(f"openrouter/{play.MODEL}", base_url=base_url, api_key=key)

    def several() -> None:
        created = provider().chat.completions.create
        cities = created(messages=messages, response_model=list[City], max_retries=0)
        assert len(cities) > 0

    def partly() -> None:
        *_, last = provider().chat.completions.create_partial(
            messages=messages, response_model=City, max_retries=0
        )
        assert isinstance(last.population, int)

    modes = [mode for mode in ("TOOLS", "JSON", "JSON_SCHEMA", "MD_JSON") if hasattr(instructor.Mode, mode)]
    return {
        **{mode: lambda mode=mode: value(instructor.Mode[mode]) for mode in modes},
        "several": several,
        "partly": partly,
    }
