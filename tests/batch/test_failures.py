"""Items that failed: written out, read as items again, and what a resumed run does with them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import JsonValue

from openrouter_async import (
    BadRequest,
    ConfigurationError,
    ConnectionLost,
    DeadlineExceeded,
    Failed,
    Failures,
    Item,
    OpenRouterError,
    Overloaded,
    RequestTimeout,
    ResponseTooLarge,
    SchemaMismatch,
    image,
    read_items,
    system,
    user,
)
from openrouter_async.batch.items import ItemLike
from openrouter_async.batch.kept_failures import kept_error
from openrouter_async.types.chat.completion import AssistantMessage, ChatCompletion
from tests.batch.fakes import FakeModel, batch_of, completion, read

HOPELESS = (BadRequest("no such thing", status=400), SchemaMismatch("it does not fit"))
TRANSIENT = (Overloaded("busy", status=503), ConnectionLost("gone"))


def failing(error: OpenRouterError) -> FakeModel:
    def answer(text: str, model: FakeModel) -> ChatCompletion:
        raise error

    return FakeModel(answer)


async def test_failures_are_written_out_and_read_as_items_again(tmp_path: Path) -> None:
    items: list[ItemLike] = [
        "a question",
        [system("Be brief."), user("Hi")],
        Item("c", "with its own", model="b/model", temperature=0.5, extra_body={"x": 1}),
    ]
    batch = batch_of(items, failing(HOPELESS[0]), concurrency=1)
    await read(batch)
    path = tmp_path / "failed.jsonl"
    assert batch.failures.write_jsonl(path) == len(batch.failures) == 3
    again = [*read_items(path)]
    assert [item.key for item in again] == [failed.key for failed in batch.failures]
    assert [item.messages for item in again] == ["a question", items[1], "with its own"]
    assert (again[2].model, again[2].params, again[2].extra_body) == (
        "b/model",
        {"temperature": 0.5},
        {"x": 1},
    )
    answered = await read(batch_of(read_items(path), FakeModel(lambda text, model: completion("now"))))
    assert {result.output for result in answered} == {"now"}


def test_a_reply_among_the_messages_is_written_with_the_fields_it_came_with(tmp_path: Path) -> None:
    reply = AssistantMessage.model_validate({"role": "assistant", "content": "Well", "of_tomorrow": 1})
    failures = Failures()
    item = Item("a", [user("Hi"), reply, user("And?")])
    failures.add(Failed(key="a", index=0, source=item, error=HOPELESS[0]))
    failures.write_jsonl(tmp_path / "failed.jsonl")
    [again] = read_items(tmp_path / "failed.jsonl")
    assert isinstance(again.messages, list)
    assert again.messages[1] == {"role": "assistant", "content": "Well", "of_tomorrow": 1}


def test_attachments_are_written_with_their_data_or_where_they_are(tmp_path: Path) -> None:
    attachments = [
        image(b"\x89PNG\r\n\x1a\n" + b"0" * 9, detail="low"),
        image(Path("/tmp/no.png")),
        image("https://example.com/a.png"),
    ]
    item = Item("a", [user("What is this?", *attachments)])
    failures = Failures()
    failures.add(Failed(key="a", index=0, source=item, error=HOPELESS[0]))
    failures.write_jsonl(tmp_path / "failed.jsonl")
    [again] = read_items(tmp_path / "failed.jsonl")
    assert again.messages == item.messages


async def test_an_item_that_is_no_json_does_not_keep_the_others_from_the_file(tmp_path: Path) -> None:
    items = [Item("a", "x", metadata={"a": object()}), Item("b", "y")]  # type: ignore[dict-item]
    batch = batch_of(items, failing(HOPELESS[0]))
    await read(batch)
    batch.failures.write_jsonl(tmp_path / "failed.jsonl")
    assert [item.key for item in read_items(tmp_path / "failed.jsonl")] == ["b"]


@pytest.mark.parametrize("line", ["[1]", "nonsense", '"text"'])
def test_a_file_that_is_something_else_is_refused(line: str, tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text(f"\n{line}\n")
    with pytest.raises(ConfigurationError, match=r"line 2 of .* is not a JSON object"):
        [*read_items(tmp_path / "x.jsonl")]


@pytest.mark.parametrize("error", [*HOPELESS, *TRANSIENT], ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("policy", ["never", "transient", "all", None])
async def test_a_resumed_run_asks_again_what_it_is_told_to(
    policy: str | None, error: OpenRouterError, tmp_path: Path
) -> None:
    journal = tmp_path / "run.jsonl"
    await read(batch_of(["a question"], failing(error), journal=journal, attempts=1))
    asks = policy == "all" or (policy != "never" and error in TRANSIENT)
    for run in range(2):  # the journal is written anew by the first of them
        model = failing(error)
        batch = batch_of(
            ["a question"],
            model,
            journal=journal,
            attempts=1,
            **({} if policy is None else {"retry_failed": policy}),
        )
        [result] = await read(batch)
        assert (len(model.asked), result.is_resumed) == ((1, False) if asks else (0, True)), run
        assert isinstance(result, Failed)
        assert (type(result.error), result.error.message) == (type(error), error.message)
        assert (batch.summary.failed, len(batch.failures)) == (1, 1)
    model = FakeModel()
    await read(batch_of(["a question"], model, journal=journal, retry_failed="all"))
    assert model.asked == ["a question"]
    model = FakeModel()
    await read(batch_of(["a question"], model, journal=journal, retry_failed="all"))
    assert model.asked == []


async def test_what_retry_on_names_is_transient(tmp_path: Path) -> None:
    journal = tmp_path / "run.jsonl"
    await read(batch_of(["x"], failing(HOPELESS[1]), journal=journal, retry_on=(SchemaMismatch,), attempts=1))
    model = FakeModel()
    await read(batch_of(["x"], model, journal=journal))
    assert model.asked == ["x"]


async def test_a_failed_item_whose_request_changed_is_asked(tmp_path: Path) -> None:
    journal = tmp_path / "run.jsonl"
    await read(batch_of([Item("a", "x")], failing(HOPELESS[0]), journal=journal))
    model = FakeModel()
    [result] = await read(batch_of([Item("a", "other")], model, journal=journal))
    assert result.output == "answer to other"


async def test_a_failure_of_an_earlier_run_does_not_stop_the_batch(tmp_path: Path) -> None:
    journal = tmp_path / "run.jsonl"
    await read(batch_of(["x"], failing(HOPELESS[0]), journal=journal))
    model = FakeModel()
    results = await read(batch_of(["x", "y"], model, journal=journal, stop_on_error=True, concurrency=1))
    assert (len(results), model.asked) == (2, ["y"])


def test_every_class_of_error_can_be_told_again() -> None:
    from openrouter_async import errors

    for name in errors.__all__:
        if isinstance(kind := getattr(errors, name), type) and issubclass(kind, OpenRouterError):
            error = kept_error({"type": name, "message": "what happened", "status": 418})
            assert (error.message, type(error)) == ("what happened", kind)
    assert type(kept_error({"type": "SomeNewError", "message": 3})) is OpenRouterError
    assert type(kept_error(None)) is OpenRouterError


@pytest.mark.parametrize(
    ("error", "said_before"),
    [
        (
            RequestTimeout("a.b sent nothing within 60 s; see Timeouts(idle=...)", phase="idle"),
            {"type": "RequestTimeout", "message": "a.b sent nothing within 60 s; see Timeouts(idle=...)"},
        ),
        (
            RequestTimeout("the pool had no free connection to a.b", phase="queue"),
            {"type": "RequestTimeout", "message": "the pool had no free connection to a.b"},
        ),
        (
            ResponseTooLarge("the reply has 9 values or more; at most 7 are read", limit=7),
            {"type": "ResponseTooLarge", "message": "the reply has 9 values or more; at most 7 are read"},
        ),
        (
            DeadlineExceeded("the call was not done within its total time of 3 s"),
            {"type": "DeadlineExceeded", "message": "the call was not done within its total time of 3 s"},
        ),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_a_failure_that_is_resumed_has_the_class_and_the_facts_that_it_had(
    tmp_path: Path, error: OpenRouterError, said_before: dict[str, JsonValue]
) -> None:
    """`said_before` is what earlier versions wrote."""
    journal = tmp_path / "run.jsonl"
    await read(batch_of(["x"], failing(error), journal=journal))
    [resumed] = await read(batch_of(["x"], FakeModel(), journal=journal, retry_failed="never"))
    assert isinstance(resumed, Failed)
    for kept in (resumed.error, kept_error(said_before)):
        assert (type(kept), str(kept)) == (type(error), str(error))
        assert {name: getattr(kept, name, None) for name in ("phase", "limit")} == {
            name: getattr(error, name, None) for name in ("phase", "limit")
        }


def test_failures_beyond_those_in_memory_are_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openrouter_async.batch.failures.IN_MEMORY", 2)
    failures = Failures()
    sources: list[ItemLike] = [
        "a text", [{"role": "user", "content": "x"}], Item("own", "y", temperature=0.5), Item("bad", object()),  # type: ignore[list-item,arg-type]
        "last",
    ]  # fmt: skip
    for index, source in enumerate(sources):
        failures.add(
            Failed(
                key=f"k{index}",
                index=index,
                source=source,
                error=BadRequest("no", status=400),
                cost=None if index == 4 else Decimal("0.1"),
                elapsed=1.5,
                attempts=2,
            )
        )
    assert len(failures) == 5
    assert failures[0].source == "a text"
    assert [failed.key for failed in failures] == ["k0", "k1", "k2", "k3", "k4"]
    third, fourth, fifth = failures[2:]
    assert isinstance(third.source, Item)
    assert (third.source.messages, third.source.params) == ("y", {"temperature": 0.5})
    assert (third.index, third.cost, third.elapsed, third.attempts) == (2, Decimal("0.1"), 1.5, 2)
    assert isinstance(third.error, BadRequest)
    assert (fourth.source, fifth.cost, failures[-1].key) == ("", None, "k4")
    with pytest.raises(IndexError):
        failures[5]
    failures.add(failures[2])
    assert failures.write_jsonl(tmp_path / "failed.jsonl") == 6
    assert [item.key for item in read_items(tmp_path / "failed.jsonl")] == ["k0", "k1", "k2", "k4", "k2"]
