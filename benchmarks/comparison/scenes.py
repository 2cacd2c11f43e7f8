"""The questions of the comparison, read by every client, so it needs nothing but the standard library.

A client's program has a function for each scene it can play. It returns what its user sees: a text without an error
looks complete.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

MODEL = "openai/gpt-4o-mini"
PLAIN_MODEL = "liquid/lfm-2-24b-a2b"
"""A model that does not follow schemas."""

CUT = "A story whose connection closes half-way"
ERROR_INSIDE = "A reply of status 200 with an error inside"
LEFT = "A long story that its reader leaves"
PRICED = "A short answer"
CITY = "Tell me about Oslo, variant "

CALLS = 200
CONCURRENCY = 16
BUDGET = 0.01
"""US$; the calls cost several times as much."""

SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "founded": {"type": "integer"}},
    "required": ["name", "founded"],
    "additionalProperties": False,
}

OSLO = json.dumps({"name": "Oslo", "founded": 1040})
CITY_REPLIES = [
    OSLO,
    json.dumps({"name": "Oslo", "founded": 1040}, indent=2),
    f"```json\n{OSLO}\n```",
    f"```\n{OSLO}\n```",
    f"Here is the JSON you asked for:\n\n{OSLO}",
    f"Sure! Here you go:\n\n```json\n{OSLO}\n```\n\nLet me know if you need more.",
    f"{OSLO}\n\nOslo is the capital of Norway.",
    f"<think>The user wants JSON with a name and a year.</think>\n{OSLO}",
    f"<think>\nMaybe {{}} would do? No.\n</think>\n```json\n{OSLO}\n```",
    "{'name': 'Oslo', 'founded': 1040}",
    '{"name": "Oslo", "founded": 1040,}',
    '{\n  "name": "Oslo", // the capital\n  "founded": 1040\n}',
    '{name: "Oslo", founded: 1040}',
    '{"name": "Oslo", "founded": 1040',
    f"```json\n{OSLO}",
    f"**Answer**\n\n{OSLO}",
    f"json\n{OSLO}",
    json.dumps({"City": {"name": "Oslo", "founded": 1040}}),
    json.dumps([{"name": "Oslo", "founded": 1040}]),
    json.dumps({"name": "Oslo", "founded": "1040"}),
]
"""How models that do not follow schemas word one and the same value."""

Scene = Callable[[], Awaitable[Any]]


async def played(scene: Scene) -> dict[str, Any]:
    """Return what a scene returns, or the class of the error it ends with."""
    try:
        return {"seen": await scene()}
    except Exception as error:  # noqa: BLE001 - which class it is, is what is asked
        return {"error": type(error).__name__, "kept": getattr(error, "partial", None) is not None}


async def values(ask: Callable[[str], Awaitable[tuple[str, int]]]) -> int:
    """Return how many of the replies became the value."""
    right = 0
    for variant in range(len(CITY_REPLIES)):
        outcome = await played(lambda variant=variant: ask(f"{CITY}{variant}"))  # type: ignore[misc]
        right += outcome.get("seen") == ("Oslo", 1040)
    return right


async def many(ask: Callable[[], Awaitable[object]]) -> int:
    """Return how many of the calls were answered, so many at once."""
    limit = asyncio.Semaphore(CONCURRENCY)
    answered = 0

    async def one() -> None:
        nonlocal answered
        async with limit:
            outcome = await played(ask)
            answered += "seen" in outcome

    async with asyncio.TaskGroup() as group:
        for _ in range(CALLS):
            group.create_task(one())
    return answered


def main(play: Callable[[str, str], Awaitable[dict[str, Scene]]]) -> None:
    """Play the scene named on the command line: `python FILE BASE_URL KEY SCENE`; prints a line of JSON."""
    base_url, key, name = sys.argv[1:]

    async def run() -> dict[str, Any]:
        found = await play(base_url, key)
        return await played(found[name]) if name in found else {"absent": True}

    print(json.dumps(asyncio.run(run())))
