"""The command: it sets up a client, draws what happens, and judges it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import nullcontext
from decimal import Decimal

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from ..._extras import needs_extra
from ...client import AsyncOpenRouter
from ...errors import ConfigurationError
from ...types.chat.completion import ChatCompletion
from ..output import printable
from ..streams import console as console_of
from ..streams import results
from .run import ANSWER_TOKENS, CONCURRENCY, Findings, Question, load_questions, run

__all__ = ["demo"]

MODEL = "openai/gpt-4o-mini"
TOKENS_PER_S = 150
"""How fast the emulator writes: slowly enough to be watched."""
SHOWN_ANSWERS = 12


async def demo(*, live: bool = False, yes: bool = False, model: str = MODEL, questions: int = 300) -> int:
    """Watch the library at work: a chat, a stream, a tool call, an error, and many concurrent questions.

    Args:
        live: Use OpenRouter, with the key in OPENROUTER_API_KEY, once you have confirmed the cost.
        yes: Do not ask for that.
        model: The model that answers.
        questions: How many of the 300 questions to ask.
    """
    if not 1 <= questions <= 300:
        raise ConfigurationError(f"--questions is {questions}; expected 1 to 300")
    asked = load_questions()[:questions]
    console = console_of(results, highlight=False)
    with needs_extra("testing", "the demo"):
        from ...testing import Emulator
        from .script import mistakes, teach
    with nullcontext() if live else Emulator(speed=TOKENS_PER_S, first_token_s=0.1) as emulator:
        if emulator is not None:
            teach(emulator, asked)
            client = AsyncOpenRouter(emulator.key, base_url=emulator.base_url, default_model=model)
        else:
            if "OPENROUTER_API_KEY" not in os.environ:
                raise ConfigurationError("--live needs your key in OPENROUTER_API_KEY")
            client = AsyncOpenRouter(default_model=model)
        async with client:
            if emulator is None and not await _is_affordable(console, client, model, asked, yes=yes):
                return 1
            found = await _watch(console, client, asked)
        _summary(console, found, asked)
        if emulator is None:
            return 1 if found.failures else 0
        wrong = mistakes(found, asked, emulator)
    for line in wrong[:20]:
        console.print(f"not as expected: {line}", style="red", markup=False)
    console.print("[red]failed[/]" if wrong else "[green]everything was as expected[/]")
    return 1 if wrong else 0


async def _watch(console: Console, client: AsyncOpenRouter, questions: Sequence[Question]) -> Findings:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    progress = Progress(
        *columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False
    )
    task = progress.add_task("answers", total=len(questions))

    def heading(text: str) -> None:
        console.print(f"\n[bold]{text}[/]")

    def write(text: str) -> None:
        console.print(printable(text), end="", markup=False, soft_wrap=True)

    def answered() -> None:
        progress.start()  # not earlier: a bar erases a line that has no end yet
        progress.advance(task)

    try:
        found = await run(client, questions, heading=heading, write=write, progress=answered)
    finally:
        progress.stop()
    console.print()
    return found


def _summary(console: Console, found: Findings, questions: Sequence[Question]) -> None:
    table = Table(title=f"{len(found.answers)} of {len(questions)} answers, some of them shown")
    for name in ("question", "answer", "tokens", "US$"):
        table.add_column(name, justify="right" if name in ("tokens", "US$") else "left", overflow="fold")
    step = max(1, len(questions) // SHOWN_ANSWERS)
    for question in questions[::step]:
        reply = found.answers.get(question.key)
        shown = reply.text if reply else str(found.failures.get(question.key, ""))
        table.add_row(_short(question.question), _short(shown), str(_tokens(reply)), f"{_cost(reply):.6f}")
    replies = list(found.answers.values())
    tokens = sum(map(_tokens, replies))
    console.print(table)
    rate = len(replies) / found.seconds if found.seconds else 0.0
    console.print(
        f"{tokens} tokens, US$ {found.cost:.6f}, {found.seconds:.2f} s at concurrency {CONCURRENCY},"
        f" {rate:.0f} a second"
    )


def _short(text: str, length: int = 70) -> str:
    line = printable(" ".join(text.split()))
    return line if len(line) <= length else f"{line[: length - 1]}…"


def _tokens(reply: ChatCompletion | None) -> int:
    return (reply.usage.total_tokens or 0) if reply and reply.usage else 0


def _cost(reply: ChatCompletion | None) -> Decimal:
    return (reply.usage.cost or Decimal(0)) if reply and reply.usage else Decimal(0)


async def _is_affordable(
    console: Console, client: AsyncOpenRouter, model: str, questions: Sequence[Question], *, yes: bool
) -> bool:
    """Print an upper bound of the cost, and ask."""
    catalogue = await client.models.catalogue()
    price = catalogue.price(model)
    if price is None or price.prompt is None or price.completion is None:
        raise ConfigurationError(f"the price of {model!r} is not known, so the cost cannot be limited")
    # A token is at least one byte of text; the answers are limited to so many tokens each.
    prompt_tokens = sum(len(question.question.encode()) + 50 for question in questions) + 2_000
    bound = prompt_tokens * price.prompt + (len(questions) + 8) * ANSWER_TOKENS * price.completion
    console.print(f"this costs at most US$ {bound:.4f} with {model}")
    if yes:
        return True
    try:
        return console.input("go on? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        console.print("nobody can answer here; --yes continues without asking")
        return False
