"""The work that every engine is given: the same rows, the same prompt, and the answers that are right."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TypedDict

from pydantic import BaseModel
from typing_extensions import Unpack

from openrouter_async.batch.settings import BatchParams
from openrouter_async.testing import Emulator
from openrouter_async.testing.received import ReceivedRequest

__all__ = ["MODEL", "City", "Row", "answer", "asked", "columns", "named", "prompts", "right"]

MODEL = "openai/gpt-4o-mini"
LEDGER: Path | None = None
"""The ledger of all prompts, where a test sets one."""

TEXT = "How many live in {city}?"


class City(BaseModel):
    name: str
    people: int


class Arguments(BatchParams, total=False):
    """The arguments of a prompt, in these tests."""

    output: type[City]
    key: str


def asked(**more: Unpack[Arguments]) -> Arguments:
    """Return the arguments of a prompt besides its text."""
    shared = {} if LEDGER is None else {"ledger": LEDGER}
    return {
        "output": City,
        "key": "city",
        "model": MODEL,
        "max_tokens": 50,
        "concurrency": 64,
        **shared,
        **more,
    }


def columns(count: int) -> dict[str, list[str]]:
    """Return so many rows, column by column."""
    return {"city": [f"city {n}" for n in range(count)]}


def answer(request: ReceivedRequest) -> str:
    """Return what the service answers."""
    name = request.prompt.removeprefix("How many live in ").removesuffix("?")
    return json.dumps({"name": name, "people": int(name.split()[-1])})


class Row(TypedDict):
    """A row that was answered, as its engine has it."""

    city: str
    value: dict[str, object]
    error: object
    cost: float


def right(count: int) -> list[tuple[str, str, int]]:
    """Return the rows and the values that they must have, sorted."""
    return sorted((name, name, n) for n, name in enumerate(columns(count)["city"]))


def named(rows: Iterable[Row]) -> list[tuple[str, object, object]]:
    """Return the rows and values that an engine came to, sorted; a row that failed fails the test."""
    found = []
    for row in rows:
        assert row["value"] is not None, row["error"]
        assert row["cost"] >= 0
        found.append((row["city"], row["value"]["name"], row["value"]["people"]))
    return sorted(found)


def prompts(emulator: Emulator) -> Counter[str]:
    """Return how often each prompt reached the service."""
    return Counter(
        request.prompt for request in emulator.requests if request.path.endswith("/chat/completions")
    )
