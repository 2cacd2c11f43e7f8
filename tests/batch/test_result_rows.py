"""Results as rows and as a CSV file."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

from pydantic import BaseModel

from openrouter_async import AsyncOpenRouter, Results
from openrouter_async.testing import Emulator, Failure
from tests.batch.fakes import FakeModel, batch_of, completion, read


class Address(BaseModel):
    city: str
    zip: int | None = None


class Person(BaseModel):
    name: str
    tags: list[str]
    address: Address


PERSON = (
    '{"name": "Ann, the \\"first\\"", "tags": ["a", "ü"], "address": {"city": "Oslo\\nNorway", "zip": 12}}'
)


async def test_values_are_flattened_and_failures_are_rows_too(tmp_path: Path) -> None:
    with Emulator() as emulator:
        emulator.reply_with(
            lambda request: Failure(status=400, message="no") if "bad" in request.prompt else PERSON
        )
        async with AsyncOpenRouter(emulator.key, base_url=emulator.base_url) as client:
            results = await client.batch(["bad", "good"], output=Person, model="openai/gpt-4o-mini")
    bad, good = results.rows()
    assert [*bad] == [*good]
    assert (bad["error"], bad["output.name"], bad["cost"]) == ("BadRequest", None, Decimal(0))
    assert (good["error"], good["output.address.city"], good["output.address.zip"]) == (
        None,
        "Oslo\nNorway",
        12,
    )
    assert good["output.tags"] == '["a", "ü"]'
    assert good["cost"] == emulator.spent
    results.to_csv(tmp_path / "people.csv")
    with (tmp_path / "people.csv").open(encoding="utf-8", newline="") as file:
        written = [*csv.DictReader(file)]
    assert [row["output.name"] for row in written] == ["", 'Ann, the "first"']
    assert [*written[0]] == [*bad]


async def test_a_text_is_one_cell() -> None:
    results = Results(await read(batch_of(["x"], FakeModel(lambda text, model: completion("a text")))))
    [row] = results.rows()
    assert (row["output"], row["model"], row["prompt_tokens"]) == ("a text", "a/model", 10)


FORMULAS = (
    "=1+1",
    '=HYPERLINK("http://a.example","x")',
    "@SUM(A1)",
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "\t=1",
    "\r=1",
    "- A(1)",
)
TEXTS = ("- one\n- two (2)", "-5", "+49.5", "1=1", "a@b.example", "-", "")  # fmt: skip


async def test_a_spreadsheet_computes_no_text_of_a_model(tmp_path: Path) -> None:
    texts = [*FORMULAS, *TEXTS]
    model = FakeModel(lambda text, model: completion(texts[int(text)]))
    results = Results(await read(batch_of([str(number) for number in range(len(texts))], model)))
    for formulas in (False, True):
        results.to_csv(tmp_path / "a.csv", formulas=formulas)
        with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
            written = [row["output"] for row in csv.DictReader(file)]
        before = "" if formulas else "'"
        assert written == [*(before + text for text in FORMULAS), *TEXTS]


def test_no_results_are_an_empty_file(tmp_path: Path) -> None:
    Results[str]().to_csv(tmp_path / "none.csv")
    assert (tmp_path / "none.csv").read_bytes() == b""
