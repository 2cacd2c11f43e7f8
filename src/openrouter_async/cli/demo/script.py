"""The emulator's answers in the demo, and the checks that the results match them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import TYPE_CHECKING

from ...errors import BadRequest
from ...testing import Reply, tool_call
from .run import City, Findings, Question

if TYPE_CHECKING:
    from ...testing import Emulator, ReceivedRequest

__all__ = ["STORY", "mistakes", "teach"]

CAPITAL = "Oslo"
STORY = (
    "The keeper of the last lighthouse wrote a letter to every ship that passed, and sent it up with the beam. "
    "For forty years no one answered, until one night a small boat blinked back: we are home, because of you. "
    "He put out the lamp at dawn, and for the first time slept with the window open."
)
CITY = City("Oslo", "Norway", 717_710)
CALL = {"city": "Oslo", "unit": "celsius"}


def teach(emulator: Emulator, questions: Sequence[Question]) -> None:
    """Tell the emulator what to answer."""
    answers = {question.question: question.answer for question in questions}

    def reply(request: ReceivedRequest) -> Reply | None:
        prompt = request.prompt
        if "tools" in request.json:
            return Reply.of(tool_call("weather", **CALL))
        if "response_format" in request.json:
            return Reply.of(json.dumps(asdict(CITY)))
        if "capital of Norway" in prompt:
            return Reply.of(CAPITAL)
        if "lighthouse" in prompt and prompt not in answers:
            return Reply.of(STORY)
        return Reply.of(answers[prompt]) if prompt in answers else None

    emulator.reply_with(reply)


def mistakes(found: Findings, questions: Sequence[Question], emulator: Emulator) -> list[str]:
    """Return what is not as it was scripted; empty when all is well."""
    wrong: list[str] = []

    def expect(what: str, seen: object, wanted: object) -> None:
        if seen != wanted:
            wrong.append(f"{what} is {seen!r}; expected {wanted!r}")

    expect("the chat's answer", found.chat and found.chat.text, CAPITAL)
    expect("the story", found.story and found.story.text, STORY)
    expect("the tool call", found.call and (found.call.name, found.call.args), ("weather", CALL))
    expect("the value", found.city, CITY)
    expect("the error", type(found.error), BadRequest)
    expect("the number of failures", len(found.failures), 0)
    for question in questions:
        reply = found.answers.get(question.key)
        expect(f"the answer to {question.key}", reply and reply.text, question.answer)
    total = sum((reply.usage.cost or Decimal(0) for reply in found.answers.values()), Decimal(0))
    expect("the cost of the batch", found.cost, total)
    if not 0 < total < emulator.spent:
        wrong.append(f"the answers cost {total}, and the account was charged {emulator.spent}")
    return wrong
