"""The questions of the demo and their answers: facts, code, mathematics, translation, extraction; six languages."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files

__all__ = ["Question", "load_questions"]


@dataclass(frozen=True, slots=True)
class Question:
    """One question, with the answer that a good model would give."""

    key: str
    kind: str
    language: str
    question: str
    answer: str


def load_questions() -> list[Question]:
    """Return the questions in the order of their file, which is package data."""
    text = files("openrouter_async.cli.demo").joinpath("questions.jsonl").read_text("utf-8")
    return [Question(**json.loads(line)) for line in text.splitlines()]
