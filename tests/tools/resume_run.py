"""Goes on with a paused run in a process of its own; run as a script.

Arguments: base URL, key, model, the file with the paused run, and where to write the answer.
"""

from __future__ import annotations

import sys

import anyio

from openrouter_async import AsyncOpenRouter, PausedRun, tool


@tool(needs_approval=True)
async def delete(name: str) -> str:
    """Delete a file."""
    return f"deleted {name}"


async def main(base_url: str, key: str, model: str, paused: str, answer: str) -> None:
    run = PausedRun.from_json(await anyio.Path(paused).read_bytes())
    async with AsyncOpenRouter(key, base_url=base_url) as client:
        result = await client.chat.run(run.approve(), model=model, tools=[delete])
    await anyio.Path(answer).write_text(f"{result.text} {len(result.steps)} {result.usage.cost}")


if __name__ == "__main__":
    anyio.run(main, *sys.argv[1:])
