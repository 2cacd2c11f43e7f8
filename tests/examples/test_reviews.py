"""The example of a data team's job, at a smaller size, with the emulator."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from examples import reviews
from openrouter_async import AsyncOpenRouter
from openrouter_async.testing import Emulator
from openrouter_async.testing.received import ReceivedRequest
from tests.support.folders import ROOT


def answer(request: ReceivedRequest) -> str:
    if not request.prompt.startswith("Label"):
        return "Lamps break."
    confidence = 0.5 if request.json["model"] == reviews.CHEAP and "day 3" in request.prompt else 0.9
    is_complaint = (
        "true" if request.json["model"] != reviews.OTHER or "day 4" not in request.prompt else "false"
    )
    return f'{{"is_complaint": {is_complaint}, "topics": ["lamp"], "confidence": {confidence}}}'


async def test_reviews_are_labelled_compared_embedded_and_summarised(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = [f"Order {number % 69}: the lamp broke on day {number % 7}." for number in range(70)]
    with Emulator(credits="10") as emulator:
        emulator.reply_with(answer)
        async with AsyncOpenRouter(emulator.key, base_url=emulator.base_url) as client:
            await reviews.main(client, texts, tmp_path)
            said, asked = capsys.readouterr().out, len(emulator.requests)
            await reviews.main(client, texts, tmp_path)
        again = [request.prompt for request in emulator.requests[asked:] if "messages" in request.json]
    assert "10 of 70 are labelled differently" in said
    assert "1.00 Order 0: the lamp broke on day 0." in said
    assert "Lamps break." in said
    assert not any(prompt.startswith("Label") for prompt in again)  # the second run resumed
    with (tmp_path / "first.csv").open(encoding="utf-8", newline="") as file:
        rows = [*csv.DictReader(file)]
    assert len(rows) == 70
    assert {row["model"] for row in rows if row["index"] in ("3", "10")} == {reviews.STRONG}
    assert (tmp_path / "first.failed.jsonl").read_bytes() == b""


def test_the_job_is_short() -> None:
    lines = (ROOT / "examples" / "reviews.py").read_text("utf-8").splitlines()
    assert len(lines) <= 110
