"""Values in a journal: a later run reads them from the reply as it came, by the type that it has."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, TypeVar

import pytest
from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    Json,
    PlainSerializer,
    SecretStr,
    computed_field,
    field_serializer,
    model_serializer,
)

from openrouter_async import AsyncOpenRouter, Done, Failed, Item, Output, SchemaMismatch, tool
from openrouter_async.testing import Emulator, Reply, tool_call
from tests.batch.fakes import read

pytestmark = pytest.mark.loopback

NATIVE = "maker/native"
WORDED: dict[str, Any] = {"id": "maker/worded", "supported_parameters": ["temperature", "tools"]}


class Login(BaseModel):
    user: str
    password: SecretStr


class Hidden(BaseModel):
    name: str
    draft: str = Field(exclude=True)


class Area(BaseModel):
    model_config = ConfigDict(extra="forbid")
    width: int
    height: int

    @computed_field
    def square(self) -> int:
        return self.width * self.height


class Priced(BaseModel):
    amount: Decimal

    @field_serializer("amount")
    def shown(self, value: Decimal) -> str:
        return f"{value} EUR"


class Flat(BaseModel):
    name: str

    @model_serializer
    def flat(self) -> str:
        return self.name


class Renamed(BaseModel):
    name: str = Field(validation_alias="givenName", serialization_alias="given-name")


class Chosen(BaseModel):
    name: str = Field(validation_alias=AliasChoices("name", "full_name"))


class Embedded(BaseModel):
    data: Json[dict[str, int]]


class Unwritable(BaseModel):
    code: Annotated[str, PlainSerializer(lambda value: 1 / 0)]


class Map(BaseModel):
    counts: dict[str, int]
    note: str | None = None


KINDS: list[tuple[Any, Any]] = [
    (Login, {"user": "ada", "password": "lace"}),
    (Hidden, {"name": "a", "draft": "b"}),
    (Area, {"width": 2, "height": 3}),
    (Priced, {"amount": "1.50"}),
    (Flat, {"name": "a"}),
    (Renamed, {"givenName": "a"}),
    (Chosen, {"name": "a"}),
    (Embedded, {"data": '{"a": 1}'}),
    (Unwritable, {"code": "a"}),
    (Map, {"counts": {"a": 1}, "note": None}),
    (list[Login], [{"user": "ada", "password": "lace"}]),
    (SecretStr, "lace"),
    (set[int], [1, 2]),
]

T = TypeVar("T")


async def one(emulator: Emulator, wanted: type[T], path: Path, *, model: str, **settings: Any) -> Any:
    """Run a batch of one item, and return its result."""
    async with AsyncOpenRouter(emulator.key, base_url=emulator.base_url, default_model=model) as client:
        (result,) = await read(client.batch([Item("a", "Go.")], output=wanted, journal=path, **settings))
    return result


def asked(emulator: Emulator) -> int:
    return sum(request.path == "/chat/completions" for request in emulator.requests)


@pytest.mark.parametrize("model", [NATIVE, "maker/worded"])
@pytest.mark.parametrize(("wanted", "value"), KINDS, ids=lambda part: getattr(part, "__name__", ""))
async def test_a_value_comes_back_as_it_was(wanted: Any, value: Any, model: str, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    output = Output(wanted)
    text = json.dumps(value)
    if model == NATIVE and output.schema.strict_problem is None:
        text = json.dumps(output.schema.strict.convert(value))
    elif not isinstance(value, dict | list):
        text = json.dumps({"value": value})
    with Emulator(models=[NATIVE, WORDED]) as emulator:
        emulator.reply_with(lambda _: text)
        first, second = [await one(emulator, wanted, path, model=model) for _ in range(2)]
        assert asked(emulator) == 1
    assert second.is_resumed
    assert first.output == second.output
    assert second.completion.path == first.completion.path
    (record,) = [json.loads(line) for line in path.read_bytes().splitlines()]
    assert record["output"] == value


@pytest.mark.parametrize(
    "around",
    [
        lambda text: f"```json\n{text}\n```",
        lambda text: text.replace('"', "'"),  # nearly JSON, which is mended
        lambda text: json.dumps({"login": json.loads(text)}),
    ],
)
async def test_so_does_one_that_had_to_be_found(around: Callable[[str], str], tmp_path: Path) -> None:
    with Emulator(models=[NATIVE, WORDED]) as emulator:
        emulator.reply_with(lambda _: around('{"user": "ada", "password": "lace"}'))
        path = tmp_path / "run.jsonl"
        results = [await one(emulator, Login, path, model="maker/worded") for _ in range(2)]
        assert asked(emulator) == 1
    assert [result.output for result in results] == [Login(user="ada", password="lace")] * 2


async def test_a_journal_that_does_not_say_how_it_was_asked_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with Emulator(models=[NATIVE, WORDED]) as emulator:
        for model in (NATIVE, "maker/worded"):
            value: Any = {"counts": {"a": 1}, "note": None}
            text = json.dumps(Output(Map).schema.strict.convert(value) if model == NATIVE else value)
            emulator.reply(text)
            await one(emulator, Map, path, model=model, on_change="redo")
            last = path.read_bytes().splitlines()[-1]
            record = json.loads(last)
            del record["path"]
            path.write_text(json.dumps(record, separators=(",", ":")) + "\n")
            result = await one(emulator, Map, path, model=model)
            assert result.is_resumed
            assert result.output == Map(counts={"a": 1})


def tightened(limit: int) -> type[BaseModel]:
    """Return a model whose schema is always the same, and whose validator is not."""

    def check(value: int) -> int:
        if value > limit:
            raise ValueError(f"must be at most {limit}")
        return value

    class Size(BaseModel):
        size: Annotated[int, AfterValidator(check)]

    return Size


async def several(
    emulator: Emulator, wanted: type[BaseModel], path: Path, **settings: Any
) -> tuple[list[Any], Any]:
    async with AsyncOpenRouter(emulator.key, base_url=emulator.base_url, default_model=NATIVE) as client:
        items = [Item(str(number), f"{number}") for number in range(4)]
        batch = client.batch(items, output=wanted, journal=path, **settings)
        results = await read(batch)
    return sorted(results, key=lambda result: int(result.key)), batch.summary


async def test_what_fits_no_longer_fails_by_itself_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with Emulator(models=[NATIVE]) as emulator:
        emulator.reply_with(lambda request: json.dumps({"size": int(request.prompt)}))
        _, before = await several(emulator, tightened(10), path)
        kept = path.read_bytes()
        results, summary = await several(emulator, tightened(2), path)
        assert asked(emulator) == 4
        assert [type(result) for result in results] == [Done, Done, Done, Failed]
        error = results[3].error
        assert isinstance(error, SchemaMismatch)
        assert "must be at most 2" in str(error)
        assert error.raw == '{"size": 3}'
        assert any('on_change="redo"' in note for note in error.__notes__)
        assert (summary.done, summary.resumed, summary.failed, summary.errors) == (
            3,
            3,
            1,
            {"SchemaMismatch": 1},
        )
        assert summary.cost == before.cost  # nothing was paid again
        assert path.read_bytes() == kept
        _, after = await several(emulator, tightened(10), path)  # nothing is lost
        assert after.resumed == 4


async def test_what_fits_no_longer_is_asked_again_if_wanted(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with Emulator(models=[NATIVE]) as emulator:
        emulator.reply_with(lambda request: json.dumps({"size": int(request.prompt)}))
        await several(emulator, tightened(10), path)
        emulator.reply_with(lambda request: json.dumps({"size": 0}))
        results, summary = await several(emulator, tightened(2), path, on_change="redo")
        assert asked(emulator) == 5
        assert [result.output.size for result in results] == [0, 1, 2, 0]  # type: ignore[attr-defined]
        assert (summary.done, summary.resumed) == (4, 3)
        results, _ = await several(emulator, tightened(2), path)
        assert asked(emulator) == 5
        assert all(result.is_resumed for result in results)


async def test_with_stop_on_error_it_ends_the_batch_as_any_failure(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with Emulator(models=[NATIVE]) as emulator:
        emulator.reply_with(lambda request: json.dumps({"size": int(request.prompt)}))
        await several(emulator, tightened(10), path)
        with pytest.raises(SchemaMismatch):
            await several(emulator, tightened(2), path, stop_on_error=True)


@pytest.mark.parametrize("completion", ["null", "[]", '{"choices": "no"}'])
async def test_a_record_without_a_reply_fails_its_item(completion: str, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with Emulator(models=[NATIVE]) as emulator:
        emulator.reply_with(lambda request: json.dumps({"size": int(request.prompt)}))
        await several(emulator, tightened(10), path)
        lines = path.read_text("utf-8").splitlines(keepends=True)
        head, _, _ = lines[2].partition('"completion":')
        lines[2] = f'{head}"completion":{completion}}}\n'
        path.write_text("".join(lines), "utf-8")
        _, summary = await several(emulator, tightened(10), path)
        assert (summary.done, summary.failed) == (3, 1)
        _, again = await several(emulator, tightened(10), path, on_change="redo")
        assert (again.done, asked(emulator)) == (4, 5)


async def test_a_reply_that_calls_tools_is_kept_too(tmp_path: Path) -> None:
    def weather(city: str) -> str:
        """Tell the weather."""
        return city

    path = tmp_path / "run.jsonl"
    tools = [tool(weather).definition]
    with Emulator(models=[NATIVE]) as emulator:
        emulator.reply_with(lambda _: Reply.of(tool_call("weather", city="Oslo")))
        results = [await one(emulator, Login, path, model=NATIVE, tools=tools) for _ in range(2)]
        assert asked(emulator) == 1
    assert [[call.name for call in result.completion.tool_calls] for result in results] == [["weather"]] * 2


ORDER = """
from pydantic_core import to_json
from openrouter_async import Schema
from pydantic import BaseModel, Field
class Tags(BaseModel):
    tags: set[str] = Field(default={"one", "two", "three", "four", "five"})
print(to_json(Schema.from_type(Tags).json_schema).decode())
"""


@pytest.mark.slow
def test_a_schema_is_the_same_in_every_process() -> None:
    """Else the request of an item would change with each run, and the journal could not be used again."""
    found = {
        subprocess.run(
            [sys.executable, "-c", ORDER], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in "12345"
    }
    assert len(found) == 1
