"""Reports for people."""

from __future__ import annotations

from pathlib import Path

from openrouter_async import BadRequest
from openrouter_async.types.chat.completion import ChatCompletion
from tests.batch.fakes import FakeModel, batch_of, completion, read, texts


async def test_a_report_says_what_became_of_the_items_and_what_they_cost(tmp_path: Path) -> None:
    def answer(text: str, model: FakeModel) -> ChatCompletion:
        if text.endswith("3"):
            raise BadRequest("no such thing", status=400)
        return completion(text)

    journal = tmp_path / "run.jsonl"
    await read(batch_of(texts(2), FakeModel(answer), journal=journal))
    batch = batch_of(texts(5), FakeModel(answer), journal=journal)
    await read(batch)
    assert batch.report().splitlines() == [
        "4 answered · 2 of them before · 1 failed · $0.004 · 0 s",
        "  a/model: 4 items, 40 + 80 tokens, $0.004",
        "  BadRequest: 1 failed",
    ]
