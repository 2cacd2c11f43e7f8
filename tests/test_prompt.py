"""A prompt as a value: pickled, called with frames, and refused where it would cost more than it says."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from threading import Thread
from typing import Any

import pyarrow as pa
import pytest
from pydantic import BaseModel

from openrouter_async import ConfigurationError, Output, Prompt, Schema, open_ledger
from openrouter_async.testing import Emulator

MODEL = "openai/gpt-4o-mini"


class City(BaseModel):
    name: str


DOCUMENT = {"type": "object", "properties": {"name": {"type": "string"}}, "additionalProperties": False}
FRAME = pa.table({"city": ["Oslo", "Lima"]})


def at(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENROUTER_BASE_URL", emulator.base_url)
    monkeypatch.setenv("OPENROUTER_API_KEY", emulator.key)


@pytest.mark.parametrize(
    "output",
    [
        City,
        DOCUMENT,
        Output(City, attempts=1),
        Output(DOCUMENT),
        Schema.from_type(City),
        Schema.from_json_schema(DOCUMENT),
    ],
    ids=repr,
)
def test_a_pickled_prompt_asks_the_same(output: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-or-v1-of-the-driver")
    pickled = pickle.dumps(Prompt("{city}", output=output, model=MODEL))
    assert b"sk-or-v1" not in pickled
    with Emulator() as emulator:
        at(emulator, monkeypatch)
        emulator.reply_with(lambda request: json.dumps({"name": request.prompt}))
        answered = pickle.loads(pickled)(FRAME)
    assert answered["value"].to_pylist() == [{"name": "Oslo"}, {"name": "Lima"}]
    assert answered.schema.field("value").type == pa.struct([("name", pa.string())])


def test_columns_may_be_lists_and_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    with Emulator() as emulator:
        at(emulator, monkeypatch)
        emulator.reply_with(lambda request: "yes")
        answered = Prompt("{city}?", model=MODEL, value="is it")({"city": ["Oslo"], "n": [1]})
    assert answered["is it"].to_pylist() == ["yes"]
    assert list(answered.column_names) == ["city", "n", "is it", "error", "cost"]


async def test_it_can_be_called_where_an_event_loop_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    with Emulator() as emulator:
        at(emulator, monkeypatch)
        emulator.reply_with(lambda request: "yes")
        assert Prompt("{city}?", model=MODEL)(FRAME)["value"].to_pylist() == ["yes", "yes"]


def test_threads_take_turns_at_a_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part that is repeated is read from it."""
    journal = tmp_path / "run.jsonl"
    prompt = Prompt("{city}", model=MODEL, journal=journal, key="city")
    parts = [pa.table({"city": [f"{part}.{n}" for n in range(20)]}) for part in (0, 1, 2, 3, 1)]
    answered: list[pa.Table] = []
    with Emulator() as emulator:
        at(emulator, monkeypatch)
        emulator.reply_with(lambda request: f"re: {request.prompt}")
        threads = [Thread(target=lambda part=part: answered.append(prompt(part))) for part in parts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(emulator.requests) == 80
    values = [value for table in answered for value in table["value"].to_pylist()]
    assert sorted(values) == sorted(f"re: {name}" for part in parts for name in part["city"].to_pylist())


def test_a_budget_of_each_part_would_be_no_budget(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="which would be for each part of the data"):
        Prompt("{city}", budget="1.00")
    Prompt("{city}", budget="1.00", journal=tmp_path / "run.jsonl")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"concurrency": 0}, "concurrency is 0"),
        ({"output": 5}, "5 is not a type"),
        ({"tempreature": 0}, "tempreature"),
        ({"value": "error"}, "'error' would be there twice"),
        ({"prompt": "{city!r}"}, "prompt contains '{city!r}'"),
    ],
)
def test_wrong_arguments_are_refused_where_the_prompt_is_made(
    arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Prompt(**{"prompt": "{city}", **arguments})


def test_paths_are_those_of_the_program_that_made_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    prompt = Prompt("{city}", model=MODEL, ledger="run.db", key="city", budget="1.00", max_tokens=5)
    (elsewhere := tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(elsewhere)
    with Emulator() as emulator:
        at(emulator, monkeypatch)
        first, second = prompt(FRAME), pickle.loads(pickle.dumps(prompt))(FRAME)
        assert len([request for request in emulator.requests if request.path.endswith("completions")]) == 2
    assert first.equals(second)
    assert (tmp_path / "run.db").exists()


def test_what_is_open_here_is_not_for_other_processes(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path / "run.db")
    with pytest.raises(ConfigurationError, match="give its path or address as ledger="):
        Prompt("{city}", ledger=ledger)


def test_its_repr_has_no_secret() -> None:
    prompt = Prompt("secret {city}", options={"api_key": "sk-or-v1-secret"})
    assert repr(prompt) == "<Prompt value, error, cost>"


def test_what_is_not_a_frame_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="frame is a list; expected a data frame"):
        Prompt("{city}")([1])
