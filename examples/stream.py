"""A streaming command line: the answer on standard output, reasoning and cost on standard error.

    python examples/stream.py "Tell a story."
    git diff | python examples/stream.py "Review this change." --model anthropic/claude-sonnet-4

Ctrl-C cancels the request, so the model stops and the bill ends. A stream that breaks off is an error, never a short
answer: the exit code is 1, and the text so far has been printed.
"""

from __future__ import annotations

import argparse
import asyncio
import sys

from openrouter_async import AsyncOpenRouter, OpenRouterError
from openrouter_async.streaming.events import Finished, ReasoningDelta, TextDelta


def note(text: str, end: str = "") -> None:
    """Print dim text on standard error."""
    print(f"\033[2m{text}\033[0m" if sys.stderr.isatty() else text, end=end, file=sys.stderr, flush=True)


async def answer(prompt: str, model: str) -> None:
    async with (
        AsyncOpenRouter(default_model=model) as client,
        client.chat.stream(prompt, max_completion_tokens=2_000) as stream,
    ):
        async for event in stream:
            match event:
                case ReasoningDelta(text=text):
                    note(text)
                case TextDelta(text=text):
                    print(text, end="", flush=True)
                case Finished(completion=reply):
                    note(f"\n{reply.model}: {reply.usage.total_tokens} tokens, US$ {reply.cost}", end="\n")


def main() -> int:
    parser = argparse.ArgumentParser(description="Ask a model, and watch it answer.")
    parser.add_argument("prompt")
    parser.add_argument("--model", default="openai/gpt-4.1-mini")
    arguments = parser.parse_args()
    piped = "" if sys.stdin.isatty() else sys.stdin.read()
    try:
        asyncio.run(answer(f"{arguments.prompt}\n\n{piped}".strip(), arguments.model))
    except OpenRouterError as error:
        note(f"\n{error}", end="\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
