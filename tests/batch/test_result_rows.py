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


def test_no_results_are_an_empty_file(tmp_path: Path) -> None:
    Results[str]().to_csv(tmp_path / "none.csv")
    assert (tmp_path / "none.csv").read_bytes() == b""
