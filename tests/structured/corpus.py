"""Replies as models write them, and replies made to deceive; and how a reader does on both.

`python -m tests.structured.corpus` prints how many this library takes and gets right, beside json-repair by itself and
the first fence. `REALISTIC` are lead-ins, forms and afterwords crossed around one fitting value, each of which is to be
taken; of `ADVERSARIAL` one may take what was meant, or nothing.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any, Literal, NamedTuple
from unittest.mock import patch

import json_repair
from pydantic import BaseModel

from openrouter_async.errors import StructuredOutputError
from openrouter_async.structured.reading.standing import (
    NOT_MEANT,
    RETRACTIONS,
    _beginning_with,
    _right_before,
)
from openrouter_async.structured.schema import Schema
from openrouter_async.structured.schemas.violations import SchemaViolation
from tests.structured.deceiving import DECEIVING, Invoice, Person
from tests.structured.replies import read_text

__all__ = ["ADVERSARIAL", "READERS", "REALISTIC", "Reply", "main", "ours", "phrases", "score"]


class Reply(NamedTuple):
    """A reply, and what may be read from it."""

    wanted: Any
    text: str
    meant: object
    """None where there is nothing to be taken."""
    kind: str


class City(BaseModel):
    name: str
    country: str
    founded: int | None = None
    districts: list[str] = []


VALUES: list[tuple[Any, object]] = [
    (Person, {"name": "Bob", "age": 30}),
    (
        Invoice,
        {
            "number": "2024-17",
            "total": 118.5,
            "paid": False,
            "lines": [{"text": "Paper, A4", "price": 18.5}, {"text": "Chair {blue}", "price": 100.0}],
        },
    ),
    (
        City,
        {"name": "Ciudad de México", "country": "México", "founded": 1325, "districts": ["Coyoacán", "Roma"]},
    ),
    (City, {"name": "東京", "country": "日本", "founded": None, "districts": []}),
    (list[Person], [{"name": "Ann", "age": 41}, {"name": "Bob", "age": 30}]),
    (dict[str, int], {"apples": 3, "pears": 12}),
    (list[str], ["Glomma", "Rhône", "the river's end"]),
    (Literal["good", "bad", "mixed"], {"value": "mixed"}),
    (dict[str, Any], {"status": "ok", "note": "Wait, this is wrong: not text of the reply", "n": [1, 2]}),
]

LEADS = [
    "",
    "Here is the JSON:",
    "Sure! Here's the information you requested:",
    "Certainly! Below is the structured data extracted from the text.",
    "Here is the data of the example invoice, as JSON:",
    "Based on the document, I would say that the answer is:",
    "I could not find a tax number, but the other fields are clear:",
    "If I understand you correctly, you want this:",
    "The text does not mention a date, so I left it out. Result:",
    "Note that all amounts are in euros, not dollars.\n\nOutput:",
    "Let me think step by step. First I look for the name, then for the number; there might be two, but only one fits."
    "\n\nAnswer:",
    "I chose this instead of the former one because it is the capital:",
    "Unlike the earlier draft, this follows the schema:",
    "**Extracted data**\n",
    "### Final answer\n",
    "The output, matching the format that you asked for, is",
    '<think>\nThe user wants JSON. Perhaps {"name": "Al"} or [1, 2]? No. Wait, I have it.\n</think>\n',
    "As an AI I cannot verify this, but here it is:",
    "1. I read the text.\n2. I looked for the fields.\n3. I wrote them down.\n\nHere is what I found:",
    "| field | found |\n|---|---|\n| name | yes |\n\nAs JSON:",
    "Sorry for the confusion! This should be right:",
    'You asked "who is it?" (see [1] and {note}):',
    "Hier ist das gewünschte Ergebnis, ohne weitere Erklärung:",
    "Voici la réponse, qui n'est pas encore vérifiée :",
    "Aquí tienes un ejemplo de respuesta en formato JSON:",
    "Ecco il risultato, come richiesto:",
    "以下是结果，不含其他说明：",
    "以下が結果です。例えば次のようになります：",
    "Вот результат, но не все поля были в тексте:",
    "Aqui está o resultado:",
    "Here is the response as JSON. I've used `null` where nothing was said",
]

AFTERWORDS = [
    "",
    "Note: tax is not included.",
    "If you'd like XML, tell me.",
    "Let me know if you need anything else!",
    "I hope this helps. Don't hesitate to ask if something is wrong or missing.",
    "The values could be different in other years, but I have not looked there.",
    "**Explanation:** the first field is taken from the text; it might be a nickname instead of a name.",
    "The example above follows your schema. No other fields were found.",
    "- The name is not the full name.\n- The second field was never stated as such, e.g. in a table.",
    "(I left out what I was not sure of.)",
    "Would you like me to correct or revise anything? I could also add sources [1].",
    "Sources: [1], [2]",
    "Sources: [1] Smith, 2020, [2] Miller, 2021",
    "Please ignore case when you compare names. Errors should be reported.",
    "Hinweis: Das ist nicht die vollständige Liste, sondern nur ein Beispiel.",
    "N'hésitez pas à me dire si c'est faux ou s'il manque quelque chose.",
    "No dudes en preguntar si algo no está claro.",
    "如果有错误，请告诉我。不需要其他内容。",
    "Если что-то неправильно, извините, я исправлю.",
    "This was generated with care; use it instead of the previous one.",
]


def _pretty(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _short(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _with_commas(text: str) -> str:
    return re.sub(r"(?<=[^{\[,])\n( *[}\]])", r",\n\1", text)


def _paragraphs(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)


FORMS: dict[str, Callable[[str, object, str], str]] = {
    "a fence": lambda lead, value, after: _paragraphs(lead, f"```json\n{_pretty(value)}\n```", after),
    "a fence without label": lambda lead, value, after: _paragraphs(
        lead, f"```\n{_short(value)}\n```", after
    ),
    "lines of its own": lambda lead, value, after: _paragraphs(lead, _pretty(value), after),
    "the next line": lambda lead, value, after: f"{lead}\n{_short(value)}\n{after}".strip("\n"),
    "the same line": lambda lead, value, after: f"{lead} {_short(value)}\n\n{after}".strip(),
    "a fence that stays open": lambda lead, value, after: _paragraphs(lead, f"```json\n{_pretty(value)}"),
    "a tag": lambda lead, value, after: _paragraphs(lead, f"<answer>\n{_short(value)}\n</answer>", after),
    "a leaked end": lambda lead, value, after: _paragraphs(lead, _short(value)) + "<|im_end|>",
    "a comma too many": lambda lead, value, after: _paragraphs(
        lead, f"```json\n{_with_commas(_pretty(value))}\n```", after
    ),
}
"""Of these all kinds of values are taken."""

SENTENCES: dict[str, Callable[[str, object, str], str]] = {
    "a sentence": lambda lead, value, after: f"{lead} {_short(value)} {after}".strip(),
    "back ticks in a sentence": lambda lead, value, after: f"{lead} `{_short(value)}`. {after}".strip(),
    "a bullet": lambda lead, value, after: _paragraphs(lead, f"- {_short(value)}", after),
    "a quotation": lambda lead, value, after: _paragraphs(lead, f"> {_short(value)}", after),
    "round brackets": lambda lead, value, after: _paragraphs(lead, f"({_short(value)})", after),
    "a bracket too many": lambda lead, value, after: _paragraphs(
        lead, _short(value) + _short(value)[-1], after
    ),
}
"""Of these objects are taken."""


def _realistic() -> Iterator[Reply]:
    objects = cycle([each for each in VALUES if isinstance(each[1], dict)])
    every = cycle(VALUES)
    for lead in LEADS:
        for after in AFTERWORDS:
            for forms, values in ((FORMS, every), (SENTENCES, objects)):
                for form, write in forms.items():
                    wanted, value = next(values)
                    yield Reply(wanted, write(lead, value, after), _made(wanted, value), form)


def _made(wanted: Any, value: Any) -> object:
    schema: Schema[object] = Schema.from_type(wanted)
    return schema.read_value(value["value"] if schema.is_wrapped else value)


REALISTIC: list[Reply] = list(_realistic())
ADVERSARIAL: list[Reply] = [Reply(*row) for row in DECEIVING]


def ours(wanted: Any, text: str) -> object:
    """Return what this library reads; None if it refuses."""
    try:
        return read_text(text, Schema.from_type(wanted))
    except StructuredOutputError:
        return None


def bare_repair(wanted: Any, text: str) -> object:
    """Return what json-repair makes of a reply, if it fits."""
    try:
        return _fitting(wanted, json_repair.loads(text))
    except (ValueError, RecursionError):
        return None


def first_fence(wanted: Any, text: str) -> object:
    """Return what the first fence of a reply holds, or else the reply, if it is JSON that fits."""
    fence = re.search(r"```(?:json)?\s*(.*?)```", text, re.DOTALL)
    try:
        return _fitting(wanted, json.loads(fence[1] if fence else text))
    except ValueError:
        return None


def _fitting(wanted: Any, value: Any) -> object:
    schema: Schema[object] = Schema.from_type(wanted)
    if schema.is_wrapped and isinstance(value, dict) and value.keys() == {"value"}:
        value = value["value"]
    try:
        return schema.read_value(value)
    except SchemaViolation:
        return None


READERS: dict[str, Callable[[Any, str], object]] = {
    "openrouter-async": ours, "json-repair": bare_repair, "first fence": first_fence
}  # fmt: skip


def score(read: Callable[[Any, str], object], replies: list[Reply]) -> Counter[str]:
    """Return how many replies are `right`, `wrong` and `refused`; what is refused rightly is right."""
    counts: Counter[str] = Counter()
    for reply in replies:
        got = read(reply.wanted, reply.text)
        if got is None:
            counts["refused"] += 1
            counts["right"] += reply.meant is None
        else:
            counts["right" if repr(got) == repr(reply.meant) else "wrong"] += 1
    return counts


def phrases() -> dict[str, tuple[int, int]]:
    """Return how many realistic replies each phrase of `standing` refuses, and how many wrong values it prevents."""
    refused = [reply for reply in REALISTIC if ours(reply.wanted, reply.text) is None]
    found: dict[str, tuple[int, int]] = {}
    for name, every, compiled in (
        ("_NOT_MEANT", NOT_MEANT, _right_before),
        ("_RETRACTION", RETRACTIONS, _beginning_with),
    ):
        for phrase in every:
            others = [other for other in every if other != phrase]
            with patch(f"openrouter_async.structured.reading.standing.{name}", compiled(others)):
                found[phrase] = (
                    len(refused) - score(ours, refused)["refused"],
                    score(ours, ADVERSARIAL)["wrong"],
                )
    return found


def main() -> None:
    """Print the table."""
    print(
        f"{'':18} {'realistic':>10} {'right':>7} {'wrong':>7}   {'adversarial':>11} {'taken':>7} {'wrong':>7}"
    )
    for name, read in READERS.items():
        usual, odd = score(read, REALISTIC), score(read, ADVERSARIAL)
        share = f"{usual['right'] / len(REALISTIC):.1%}"
        taken = len(ADVERSARIAL) - odd["refused"]
        print(
            f"{name:18} {len(REALISTIC):10,} {share:>7} {usual['wrong']:7,}"
            f"   {len(ADVERSARIAL):11,} {taken:7,} {odd['wrong']:7,}"
        )
    print(f"\n{'refused':>10} {'saved':>7}   by the phrase")
    for phrase, (refused, saved) in phrases().items():
        print(f"{refused:10,} {saved:7,}   {phrase}")


if __name__ == "__main__":
    main()
