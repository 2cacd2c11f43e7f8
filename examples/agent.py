"""An agent in the terminal: it reads a folder, and asks you before it writes.

    python examples/agent.py FOLDER

The conversation keeps its messages and tool results. A tool that needs approval pauses the run; your decision resumes
it. Each message may cost 10 cents at most, and the whole conversation one dollar.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from openrouter_async import (
    AsyncOpenRouter,
    Conversation,
    OpenRouterError,
    PausedRun,
    ToolFinished,
    max_cost,
    max_steps,
    tool,
)
from openrouter_async.streaming.events import TextDelta

FOLDER = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()


def inside(name: str) -> Path:
    """Return the path of a file in the folder, never outside of it."""
    path = (FOLDER / name).resolve()
    if not path.is_relative_to(FOLDER):
        raise PermissionError(f"{name} is outside the folder")
    return path


@tool
def list_files() -> list[str]:
    """List all files in the folder."""
    return sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file())[:500]


@tool
def read_file(name: str) -> str:
    """Read a text file."""
    return inside(name).read_text("utf-8", errors="replace")[:50_000]


@tool(needs_approval=True)
def write_file(name: str, text: str) -> str:
    """Write a text file, and replace the old one."""
    inside(name).write_text(text, "utf-8")
    return f"{len(text)} characters written"


async def ask(question: str) -> str:
    """Ask the person, while the event loop continues."""
    return (await asyncio.to_thread(input, question)).strip()


async def decided(paused: PausedRun) -> PausedRun:
    """Ask about each call that waits."""
    for waiting in paused.waiting:
        call = waiting.call
        answer = await ask(f"{call.name} {call.arguments}\nAllow? [y, or why not] ")
        if answer.lower() in ("y", "yes"):
            paused = paused.approve(call.id)
        else:
            paused = paused.reject(call.id, reason=answer or "the user said no")
    return paused


async def turn(chat: Conversation, message: str) -> None:
    """Send a message, and show its run, with all decisions, until there is an answer."""
    asked: str | PausedRun | None = message
    while asked is not None:
        async with chat.stream(asked) as stream:
            async for event in stream:
                match event:
                    case TextDelta(text=text):
                        print(text, end="", flush=True)
                    case ToolFinished(result=result):
                        print(f"[{result.call.name}: {result.content[:60]!r}]")
        print()
        asked = await decided(chat.paused) if chat.paused else None


async def main() -> None:
    async with (
        AsyncOpenRouter(default_model="openai/gpt-4.1-mini", params={"max_tokens": 2_000}) as client,
        client.track(budget="1.00") as spend,
    ):
        chat = client.conversation(
            system="You work on the files of one folder. Be brief.",
            tools=[list_files, read_file, write_file],
            stop=max_steps(20) | max_cost("0.10"),
        )
        while message := await ask("> "):
            try:
                await turn(chat, message)
            except OpenRouterError as error:
                print(f"\n{error}")
            print(f"US$ {spend.cost} of {spend.budget}")


try:
    asyncio.run(main())
except (EOFError, KeyboardInterrupt):
    print()
