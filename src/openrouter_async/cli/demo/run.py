"""The demo's use of the library: the code that a user would write, and its results."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from importlib.resources import files

from ...batch.items import Item
from ...batch.results import Done, Failed
from ...client import AsyncOpenRouter
from ...errors import OpenRouterError
from ...streaming.events import ToolCall, ToolCallDelta
from ...types.chat.completion import ChatCompletion

__all__ = ["ANSWER_TOKENS", "CONCURRENCY", "City", "Findings", "Question", "load_questions", "run"]

CONCURRENCY = 64

ANSWER_TOKENS = 800
"""The most that one answer may have, reasoning included."""

WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Current weather of a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "unit": {"enum": ["celsius", "fahrenheit"]}},
            "required": ["city", "unit"],
        },
    },
}


@dataclass(frozen=True, slots=True)
class Question:
    """One question, with the answer that a good model would give; `questions.jsonl` has them, which is package data.

    Facts, code, mathematics, translation, extraction; in six languages.
    """

    key: str
    kind: str
    language: str
    question: str
    answer: str


def load_questions() -> list[Question]:
    """Return the questions in the order of their file, the English ones first."""
    text = files("openrouter_async.cli.demo").joinpath("questions.jsonl").read_text("utf-8")
    found = [Question(**json.loads(line)) for line in text.splitlines()]
    return sorted(found, key=lambda question: question.language != "en")


@dataclass(frozen=True)
class City:
    """The type of the requested value."""

    name: str
    country: str
    population: int


@dataclass
class Findings:
    """The results of the parts."""

    chat: ChatCompletion | None = None
    story: ChatCompletion | None = None
    call: ToolCall | None = None
    city: City | None = None
    error: OpenRouterError | None = None
    answers: dict[str, ChatCompletion] = field(default_factory=dict)
    failures: dict[str, OpenRouterError] = field(default_factory=dict)
    cost: Decimal = Decimal(0)
    """US dollars, for all questions together."""
    seconds: float = 0.0
    """For all questions together."""


async def run(
    client: AsyncOpenRouter,
    questions: Sequence[Question],
    *,
    heading: Callable[[str], None],
    write: Callable[[str], None],
    progress: Callable[[Question, ChatCompletion | None], None],
) -> Findings:
    """Chat, stream, collect a tool call, read a value, meet an error, and send all questions concurrently.

    `progress` is called for each question that is answered, or has failed: then with None.
    """
    found = Findings()
    heading("A chat")
    found.chat = await client.chat.create(
        "What is the capital of Norway? One word.", max_completion_tokens=ANSWER_TOKENS
    )
    write(found.chat.text)
    heading("A story, as it is written")
    found.story = await _story(client, write)
    heading("A tool call, fragment by fragment")
    found.call = await _tool_call(client, write)
    heading("A value of a type")
    structured = await client.chat.create(
        "Which city is the capital of Norway?", output=City, max_completion_tokens=ANSWER_TOKENS
    )
    found.city = structured.output
    write(repr(found.city))
    heading("An error")
    try:
        await client.chat.create("Hello?", model="openai/gpt-nonexistent")
    except OpenRouterError as error:
        found.error = error
        write(f"{type(error).__name__}: {error}")
    heading(f"{len(questions)} questions at once")
    await _batch(client, questions, found, progress)
    return found


async def _story(client: AsyncOpenRouter, write: Callable[[str], None]) -> ChatCompletion:
    async with client.chat.stream(
        "Tell a story of three sentences about a lighthouse.", max_completion_tokens=ANSWER_TOKENS
    ) as stream:
        async for text in stream.text():
            write(text)
        return await stream.final()


async def _tool_call(client: AsyncOpenRouter, write: Callable[[str], None]) -> ToolCall | None:
    call = None
    async with client.chat.stream(
        "How warm is it in Oslo, in celsius?", tools=[WEATHER], max_completion_tokens=ANSWER_TOKENS
    ) as stream:
        async for event in stream:
            match event:
                case ToolCallDelta(fragment=fragment):
                    write(f"{fragment}|")
                case ToolCall(name=name, args=args):
                    call = event
                    write(f"\n{name}({args})")
    return call


async def _batch(
    client: AsyncOpenRouter,
    questions: Sequence[Question],
    found: Findings,
    progress: Callable[[Question, ChatCompletion | None], None],
) -> None:
    asked = {question.key: question for question in questions}
    items = [Item(question.key, question.question) for question in questions]
    async with client.batch(items, concurrency=CONCURRENCY, max_completion_tokens=ANSWER_TOKENS) as batch:
        async for item in batch:
            match item:
                case Done(key=key, completion=completion):
                    found.answers[key] = completion
                case Failed(key=key, error=failure):
                    found.failures[key] = failure
            progress(asked[item.key], found.answers.get(item.key))
    found.cost, found.seconds = batch.summary.cost, batch.summary.elapsed
