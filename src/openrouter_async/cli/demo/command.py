"""The command: it sets up a client, draws what happens, and judges it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from decimal import Decimal

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from ..._extras import needs_extra
from ...client import AsyncOpenRouter
from ...errors import ConfigurationError
from ...types.chat.completion import ChatCompletion
from ..output import printable
from ..stored_keys import find_key
from ..streams import console as console_of
from ..streams import results
from ..wrapping import WordWrap
from .run import ANSWER_TOKENS, CONCURRENCY, Findings, Question, load_questions, run

__all__ = ["demo"]

MODEL = "openai/gpt-4o-mini"
TOKENS_PER_S = 150
"""How fast the emulator writes: slowly enough to be watched."""
SHOWN_ANSWERS = 5
"""How many of the many answers are shown as they arrive, in English."""
LANGUAGES = {
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "ja": "Japanese",
    "pt": "Portuguese",
}


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
            key = find_key("OPENROUTER_API_KEY")
            if not key:
                raise ConfigurationError("--live needs your key in OPENROUTER_API_KEY")
            client = AsyncOpenRouter(key, default_model=model)
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
    wrap = WordWrap(console.width, lambda text: console.out(text, end="", highlight=False))
    shown = 0

    def heading(text: str) -> None:
        wrap.end()
        console.print(f"\n[bold]{text}[/]")

    def answered(question: Question, reply: ChatCompletion | None) -> None:
        nonlocal shown
        if not progress.live.is_started:
            wrap.end()  # not later: a bar erases a line that has no end yet
            progress.start()
        progress.advance(task)
        if reply and shown < SHOWN_ANSWERS and question.language == "en":
            shown += 1
            progress.console.print(_answer(question, reply), no_wrap=True, overflow="ellipsis")

    try:
        found = await run(
            client,
            questions,
            heading=heading,
            write=lambda text: wrap.write(printable(text)),
            progress=answered,
        )
    finally:
        progress.stop()
    if console.is_terminal:  # elsewhere the bar leaves a line
        console.print()
    return found


def _answer(question: Question, reply: ChatCompletion) -> Text:
    """Return a question above its answer, a line each."""
    return Text("\n  ").join([Text(_line(question.question), style="dim"), Text(_line(reply.text))])


def _summary(console: Console, found: Findings, questions: Sequence[Question]) -> None:
    """Draw what the answers of each language used, the English ones first."""
    replies = list(found.answers.values())
    console.print(f"[bold]{len(replies)} of {len(questions)} answers[/]")
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("language")
    for name in ("answers", "tokens", "US$"):
        table.add_column(name, justify="right")
    for language in dict.fromkeys(question.language for question in questions):
        keys = [question.key for question in questions if question.language == language]
        theirs = [found.answers[key] for key in keys if key in found.answers]
        cost = sum(map(_cost, theirs), Decimal(0))
        row = (LANGUAGES.get(language, language), len(theirs), sum(map(_tokens, theirs)), f"{cost:.6f}")
        table.add_row(*map(str, row))
    table.add_row("together", str(len(replies)), str(sum(map(_tokens, replies))), f"{found.cost:.6f}")
    console.print(table)
    rate = len(replies) / found.seconds if found.seconds else 0.0
    console.print(f"{found.seconds:.2f} s at concurrency {CONCURRENCY}, {rate:.0f} a second")


def _line(text: str) -> str:
    return printable(" ".join(text.split()))


def _tokens(reply: ChatCompletion | None) -> int:
    return (reply.usage.total_tokens or 0) if reply else 0


def _cost(reply: ChatCompletion | None) -> Decimal:
    return (reply.usage.cost or Decimal(0)) if reply else Decimal(0)


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
        console.print("there is no terminal to answer at; --yes continues without asking")
        return False
