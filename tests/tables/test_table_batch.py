"""A prompt for each row of a data frame, by the real client over a socket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pydantic import BaseModel

from openrouter_async import AsyncOpenRouter, BudgetExceeded, ConfigurationError
from openrouter_async.testing import Emulator, Failure
from openrouter_async.testing.received import ReceivedRequest

MODEL = "openai/gpt-4o-mini"


class City(BaseModel):
    name: str
    people: int


def client_of(emulator: Emulator) -> AsyncOpenRouter:
    return AsyncOpenRouter(emulator.key, base_url=emulator.base_url, default_model=MODEL)


def echo(request: ReceivedRequest) -> str:
    return f"re: {request.prompt}"


@pytest.mark.loopback
async def test_the_answers_are_columns_behind_those_of_the_frame() -> None:
    frame = pa.table({"city": ["Oslo", None, "Lima"], "id": [1, 2, 3]})
    with Emulator() as emulator:
        emulator.reply_with(echo)
        async with client_of(emulator) as client:
            table = await client.batch.table(frame, prompt="{id}: {city}", system="Of {city}", max_tokens=20)
        spent = emulator.spent
    assert table.column_names == ["city", "id", "value", "error", "cost"]
    assert table.select(["city", "id"]).equals(frame)
    assert table["value"].to_pylist() == ["re: 1: Oslo", None, "re: 3: Lima"]
    assert table["error"].to_pylist() == [None, "not asked: the column 'city' is null", None]
    costs = table["cost"].to_pylist()
    assert costs[1] == 0
    assert Decimal(str(round(sum(costs), 12))) == spent > 0
    assert {message["content"] for request in emulator.requests for message in request.body["messages"]} == {
        "1: Oslo",
        "3: Lima",
        "Of Oslo",
        "Of Lima",
    }


@pytest.mark.loopback
async def test_values_are_structs_and_failures_stay_in_their_rows() -> None:
    def answer(request: ReceivedRequest) -> Any:
        if "Atlantis" in request.prompt:
            return Failure(status=400, message="no such place")
        if "Nowhere" in json.dumps(request.body):
            return "I do not know."
        return json.dumps({"name": request.prompt.split()[0], "people": 5})

    frame = pa.table({"city": ["Oslo", "Atlantis", "Nowhere", "Lima"]})
    with Emulator() as emulator:
        emulator.reply_with(answer)
        async with client_of(emulator) as client:
            table = await client.batch.table(
                frame, prompt="{city} ?", output=City, value="found", error="why", cost="usd"
            )
    assert table.schema.field("found").type == pa.struct([("name", pa.string()), ("people", pa.int64())])
    assert table["found"].to_pylist() == [
        {"name": "Oslo", "people": 5},
        None,
        None,
        {"name": "Lima", "people": 5},
    ]
    why, usd = table["why"].to_pylist(), table["usd"].to_pylist()
    assert [None if reason is None else reason.partition(":")[0] for reason in why] == [
        None,
        "BadRequest",
        "ReplyNotParsed",
        None,
    ]
    assert not usd[1]
    assert usd[2] > usd[0] > 0  # it was asked twice


@pytest.mark.loopback
async def test_a_stream_is_read_while_it_is_answered() -> None:
    """Of 20,000 rows few are read before the first leave, and all come in order."""
    read = 0

    def batches() -> Iterator[pa.RecordBatch]:
        nonlocal read
        for start in range(0, 20_000, 50):
            read += 50
            yield pa.record_batch({"n": range(start, start + 50)})

    reader = pa.RecordBatchReader.from_batches(pa.schema([("n", pa.int64())]), batches())
    seen: list[int] = []
    with Emulator() as emulator:
        emulator.reply_with(echo)
        async with (
            client_of(emulator) as client,
            client.batch.table(reader, prompt="{n}", concurrency=4) as rows,
        ):
            async for record_batch in rows:
                assert record_batch.schema == rows.schema
                seen += [int(text.removeprefix("re: ")) for text in record_batch["value"].to_pylist()]
                assert read <= len(seen) + 16 * 4 + 100
                if len(seen) >= 400:
                    break
    assert seen == list(range(400))


@pytest.mark.loopback
async def test_a_journal_and_a_budget_are_those_of_a_batch(tmp_path: Path) -> None:
    frame = pa.table({"id": [f"row {n}" for n in range(200)]})
    journal = tmp_path / "run.jsonl"
    with Emulator(credits="100") as emulator:
        emulator.reply_with(echo)
        async with client_of(emulator) as client:
            await client.chat.create("what a row costs", max_tokens=20)
            budget = emulator.spent * 60
            with pytest.raises(BudgetExceeded) as caught:
                await client.batch.table(
                    frame,
                    prompt="Ask {id}",
                    key="id",
                    max_tokens=20,
                    journal=journal,
                    budget=budget,
                    concurrency=4,
                )
            kept = caught.value.done
            assert isinstance(kept, pa.Table)
            answered = len(kept) - kept["value"].null_count
            assert 10 < answered < 200
            assert "not asked: the batch ended before" in kept["error"].to_pylist()
            before = len(emulator.requests)
            table = await client.batch.table(
                frame, prompt="Ask {id}", key="id", max_tokens=20, journal=journal, concurrency=4
            )
        assert len(emulator.requests) - before == 200 - answered
    assert table["value"].to_pylist() == [f"re: Ask row {n}" for n in range(200)]
    assert {json.loads(line)["key"] for line in journal.read_text("utf-8").splitlines()} >= {
        "row 0",
        "row 199",
    }


@pytest.mark.loopback
async def test_other_clocks_and_kinds_of_cells() -> None:
    frame = pa.table(
        {
            "number": pa.array([1.5]),
            "list": pa.array([["a", "ä"]]),
            "kind": pa.array(["x"]).dictionary_encode(),
            "struct": pa.array([{"a": 1}]),
        }
    )
    with Emulator() as emulator:
        emulator.reply_with(echo)
        async with client_of(emulator) as client:
            table = await client.batch.table(frame, prompt="{number} {list} {kind} {struct}")
    assert table["value"].to_pylist() == ['re: 1.5 ["a", "ä"] x {"a": 1}']


@pytest.mark.loopback
async def test_an_empty_frame_has_the_columns_too() -> None:
    async with AsyncOpenRouter("sk-or-v1-unused") as client:
        table = await client.batch.table(
            pa.table({"a": pa.array([], pa.string())}), prompt="{a}", output=City
        )
    assert table.num_rows == 0
    assert table.column_names == ["a", "value", "error", "cost"]


FRAME = pa.table({"city": ["Oslo"], "value": [1]})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"prompt": "{city}"}, r"'value' would be there twice; name the added one otherwise: value='...'"),
        ({"prompt": "{city}", "value": "a", "error": "a"}, "'a' would be there twice"),
        ({"prompt": "{city}", "value": ""}, "value is ''; expected the name of a column"),
        ({"prompt": "{town}", "value": "a"}, "expected one of 'city', 'value'"),
        ({"prompt": "{city}", "system": "{town}", "value": "a"}, "system names 'town'"),
        ({"prompt": "{city}", "value": "a", "key": "id"}, "key is 'id'; expected the name of one column"),
        ({"prompt": "{city}", "value": "a", "concurrency": 0}, "concurrency is 0"),
        ({"prompt": "{city}", "value": "a", "tempreature": 0}, "tempreature"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_sent(arguments: dict[str, Any], message: str) -> None:
    client = AsyncOpenRouter("sk-or-v1-unused")
    with pytest.raises(ConfigurationError, match=message):
        client.batch.table(FRAME, **arguments)


def test_bytes_and_lists_are_refused() -> None:
    client = AsyncOpenRouter("sk-or-v1-unused")
    with pytest.raises(ConfigurationError, match="the column 'a' contains bytes"):
        client.batch.table(pa.table({"a": [b"x"]}), prompt="{a}")
    with pytest.raises(ConfigurationError, match="frame is a list; expected a data frame"):
        client.batch.table([{"a": 1}], prompt="{a}")  # type: ignore[arg-type]
