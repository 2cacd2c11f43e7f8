"""The journal: what was answered is kept, once, whatever happens to the process or the disk."""

from __future__ import annotations

import codecs
import json
import os
import subprocess
import sys
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

import pytest

from openrouter_async.batch import journal as journal_module
from openrouter_async.batch.items import Item, _digest_of
from openrouter_async.batch.journal import Journal
from openrouter_async.batch.results import Done, Failed
from openrouter_async.errors import (
    BadRequest,
    ConfigurationError,
    InsufficientCredits,
    JournalError,
    Overloaded,
)
from openrouter_async.types.chat.completion import ChatCompletion
from tests.batch.fakes import FakeModel, batch_of, completion, read, texts
from tests.support.full_disk import files_of_at_most


def lines_of(path: Path) -> list[dict[str, object]]:
    """Return the records, read as anyone would: split at LF, each line JSON."""
    data = path.read_bytes()
    assert data.endswith(b"\n")
    return [json.loads(line) for line in data[:-1].split(b"\n")]


async def run(path: Path, count: int, model: FakeModel, **params: object) -> list[Done[str] | Failed]:
    items = [Item(f"item {number}", text) for number, text in enumerate(texts(count))]
    async with batch_of(items, model, journal=path, **params) as batch:
        return [result async for result in batch.ordered()]


async def test_a_second_run_asks_nothing_again(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    first = await run(path, 20, FakeModel())
    model = FakeModel()
    second = await run(path, 30, model)
    assert sorted(model.asked) == sorted(texts(30)[20:])
    assert [result.is_resumed for result in second if isinstance(result, Done)] == [True] * 20 + [False] * 10
    assert [result.output for result in second[:20]] == [result.output for result in first]
    assert second[0].completion.usage == first[0].completion.usage
    records = lines_of(path)
    assert [record["key"] for record in records] == [f"item {number}" for number in range(30)] or len(
        {str(record["key"]) for record in records}
    ) == len(records) == 30
    assert records[0]["text"] == "answer to question 0"
    assert records[0]["cost"] == "0.001"


class Day(StrEnum):
    """A text whose hash is that of its name."""

    MONDAY = "mon"


async def test_a_key_is_known_by_its_text(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    for number in range(2):
        async with batch_of([Item(Day.MONDAY, "question 0")], model := FakeModel(), journal=path) as batch:
            assert [result.is_resumed async for result in batch] == [number == 1]
        assert len(model.asked) == 1 - number
    async with batch_of([Item("mon", "question 0")], model := FakeModel(), journal=path) as batch:
        assert [result.is_resumed async for result in batch] == [True]
    assert model.asked == []


async def test_items_without_a_key_are_known_again_also_repeated_ones(tmp_path: Path) -> None:
    items = ["a", "b", "a"]
    for expected in (3, 0):
        model = FakeModel()
        async with batch_of(items, model, journal=tmp_path / "run.jsonl") as batch:
            assert len([result async for result in batch]) == 3
        assert len(model.asked) == expected


async def test_what_failed_is_recorded_and_asked_again(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"

    def answer(text: str, model: FakeModel) -> ChatCompletion:
        if text.endswith(("3", "7")):
            raise Overloaded("no capacity", status=503)
        return completion(text)

    await run(path, 10, FakeModel(answer), attempts=1)
    failed = [record for record in lines_of(path) if "error" in record]
    assert {record["key"] for record in failed} == {"item 3", "item 7"}
    assert failed[0]["error"] == {"type": "Overloaded", "message": "no capacity", "status": 503}
    model = FakeModel()
    assert {type(result) for result in await run(path, 10, model)} == {Done}
    assert sorted(model.asked) == ["question 3", "question 7"]
    records = lines_of(path)
    assert len(records) == len({str(record["key"]) for record in records}) == 10
    assert not any("error" in record for record in records)


async def test_a_changed_request_under_a_kept_key_is_refused_before_it_is_sent(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    await run(path, 5, FakeModel())
    model = FakeModel()
    with pytest.raises(ConfigurationError, match="'item 0' is not the one"):
        await run(path, 5, model, temperature=0.5, concurrency=1)
    assert model.asked == []
    assert len(lines_of(path)) == 5


async def test_a_changed_request_is_asked_again_if_wanted(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    await run(path, 5, FakeModel())
    model = FakeModel()
    await run(path, 5, model, temperature=0.5, on_change="redo")
    assert len(model.asked) == 5
    again = FakeModel()
    await run(path, 5, again, temperature=0.5)
    assert again.asked == []


@pytest.mark.parametrize("cut", [1, 3, 40, 200])
async def test_a_torn_last_line_is_removed_and_its_item_asked_again(
    cut: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "run.jsonl"
    items = [Item(f"Schlüssel {number}", f"frage {number}") for number in range(3)]
    async with batch_of(items, FakeModel(), journal=path, concurrency=1) as batch:
        assert len([result async for result in batch]) == 3
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    model = FakeModel()
    async with batch_of(items, model, journal=path, concurrency=1) as batch:
        assert len([result async for result in batch]) == 3
    assert model.asked == ["frage 2"]
    assert [record["key"] for record in lines_of(path)] == [item.key for item in items]
    assert "not written whole" in caplog.text


def test_a_line_torn_at_any_byte_is_repaired(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    line = '{"key":"ü","request":"x","text":"é","cost":null,"completion":{}}\n'.encode()
    for end in range(len(line)):
        path.write_bytes(line.replace(b"\xc3\xbc", b"a") + line[:end])
        journal = Journal(path)
        journal.close()
        assert path.read_bytes() == line.replace(b"\xc3\xbc", b"a")
        assert journal.done == 1


@pytest.mark.parametrize(
    "content",
    [
        b'{"prompt": "What is this?"}\n',
        b'{"key":"a","request":"x","completion":{}}\nnot mine',
        b"a letter to my mother",
        b"[1, 2]\n",
        b'{"key":"a"\n{"key":"b","completion":{}}\n',
    ],
)
def test_a_file_that_is_no_journal_is_refused_and_left_alone(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_bytes(content)
    with pytest.raises(JournalError, match="not a record of a batch") as caught:
        Journal(path)
    assert caught.value.path == str(path)
    assert path.read_bytes() == content


def test_two_runs_cannot_use_one_journal(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    journal = Journal(path)
    with pytest.raises(JournalError, match="used by another run"):
        Journal(path)
    code = f"from pathlib import Path; from openrouter_async.batch.journal import Journal; Journal(Path({str(path)!r}))"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "used by another run" in other.stderr
    journal.close()
    Journal(path).close()


def test_a_journal_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="cannot be opened: No such file or directory"):
        Journal(tmp_path / "nowhere" / "run.jsonl")
    with pytest.raises(JournalError, match="cannot be opened: Is a directory"):
        Journal(tmp_path)


async def test_a_removed_journal_ends_the_batch_and_what_was_finished_is_delivered(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"

    def answer(text: str, model: FakeModel) -> ChatCompletion:
        if text == "question 5":
            path.unlink()
        return completion(text)

    results: list[Done[str]] = []
    with pytest.raises(JournalError, match="it was removed"):
        await read(batch_of(texts(100), FakeModel(answer), journal=path, concurrency=1), results)
    assert [result.index for result in results] in (
        [*range(6)],
        [*range(7)],
    )  # the next one may be on its way


FULL_DISK = """
import asyncio, signal, sys
from pathlib import Path
sys.path[:0] = [{root!r}, {source!r}]
from openrouter_async.errors import JournalError
from tests.batch.fakes import FakeModel, batch_of, texts
from tests.support.full_disk import files_of_at_most

async def main():
    count = 0
    async with batch_of(texts(100), FakeModel(), journal=Path({path!r}), concurrency=1) as batch:
        try:
            async for result in batch:
                count += 1
        except JournalError as error:
            print(count, error)

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with files_of_at_most(2_000):
    asyncio.run(main())
"""


def test_a_full_disk_leaves_no_half_line(tmp_path: Path) -> None:
    """A limit of the size of files does what a full disk does: a write ends in the middle."""
    path = tmp_path / "run.jsonl"
    root = Path(__file__).parents[2]
    code = FULL_DISK.format(root=str(root), source=str(root / "src"), path=str(path))
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "cannot be written: File too large" in ran.stdout, ran.stderr
    records = lines_of(path)
    assert len(records) >= 1
    assert int(ran.stdout.split()[0]) - len(records) in (1, 2)  # the next one may have been on its way
    assert path.stat().st_size <= 2_000


async def test_the_account_running_dry_leaves_items_undone_not_failed(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"

    def answer(text: str, model: FakeModel) -> ChatCompletion:
        if int(text.split()[1]) >= 10:  # by its number, since the order of the tasks may be any
            raise InsufficientCredits("empty", status=402)
        return completion(text)

    with pytest.raises(InsufficientCredits):
        await run(path, 50, FakeModel(answer), concurrency=4)
    assert len(lines_of(path)) == 10
    assert not any("error" in record for record in lines_of(path))
    model = FakeModel()
    assert len(await run(path, 50, model)) == 50
    assert len(model.asked) == 40


@pytest.mark.parametrize("text", ["a\nb\r\nc", "a\u2028b\u2029c\x85d", "a\0b", "Ελληνικά 漢字 🙂", '"\\'])
async def test_any_text_is_one_line(text: str, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    for _ in range(2):
        async with batch_of(
            [Item(text, "x")], FakeModel(lambda _, __: completion(text)), journal=path
        ) as batch:
            (result,) = [result async for result in batch]
        assert (result.key, result.output) == (text, text)
    (record,) = lines_of(path)
    assert (record["key"], record["text"]) == (text, text)


async def test_what_earlier_runs_cost_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    await run(path, 5, FakeModel())
    async with batch_of([Item("new", "x")], FakeModel(), journal=path) as batch:
        assert [result.key async for result in batch] == ["new"]
        assert batch.progress.cost == Decimal("0.006")
    assert batch.summary.cost == Decimal("0.006")


KILLED = """
import asyncio, sys
from pathlib import Path
sys.path[:0] = [{root!r}, {source!r}]
import anyio
from openrouter_async.batch import journal as journal_module
from openrouter_async.batch.items import Item, _digest_of
from tests.batch.fakes import FakeModel, batch_of, completion

async def answer(text, model):
    print(text, flush=True)
    await anyio.sleep(0.001)
    return completion(text)

async def main():
    items = (Item(f"item {{number}}", f"question {{number}}") for number in range({count}))
    async with batch_of(items, FakeModel(answer), journal=Path({path!r}), concurrency=16) as batch:
        async for result in batch:
            pass
    print("finished", flush=True)

asyncio.run(main())
"""

KILLS = int(os.environ.get("OPENROUTER_ASYNC_KILLS", "4"))
"""How often the run is killed; a soak sets more."""


@pytest.mark.slow
def test_killed_at_any_moment_nothing_finished_is_lost_or_asked_again(tmp_path: Path) -> None:
    """The moment is chosen by how many items the run has begun, so that kills are spread over the whole run."""
    path = tmp_path / "run.jsonl"
    root = Path(__file__).parents[2]
    count = 40 * (KILLS + 1)
    code = KILLED.format(root=str(root), source=str(root / "src"), path=str(path), count=count)
    finished: set[str] = set()
    for kill in range(KILLS + 1):
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as run:
            assert run.stdout is not None
            for begun, line in enumerate(run.stdout, 1):
                assert line.strip() not in finished, "a finished item was sent again"
                if kill < KILLS and begun == 25 + (kill * 7) % 16:
                    run.kill()
                    break
        whole = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
        keys = [json.loads(line)["key"] for line in whole]
        assert len(keys) == len(set(keys)), "an item is in the journal twice"
        assert finished <= {key.replace("item", "question") for key in keys}, "a finished item was lost"
        finished = {key.replace("item", "question") for key in keys}
    assert len(lines_of(path)) == len(finished) == count


def test_a_device_is_no_journal() -> None:
    """It has no end, so reading it would never be done."""
    with pytest.raises(JournalError, match="is not a regular file"):
        Journal(Path("/dev/zero"))


@pytest.mark.parametrize("name", ["a\0b", "a" * 300])
def test_a_name_that_no_file_can_have_is_no_journal(name: str, tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="cannot be opened: "):
        Journal(tmp_path / name)


async def test_it_is_written_anew_without_renaming_what_is_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows refuses that, both ways."""
    path = tmp_path / "run.jsonl"
    monkeypatch.setattr(journal_module, "_CAN_RENAME_OPEN_FILES", False)
    replace = Path.replace

    def replaced(self: Path, target: Path) -> Path:
        descriptors = Path("/proc/self/fd")
        opened = {os.path.realpath(each) for each in descriptors.iterdir()}
        assert opened.isdisjoint({str(self.resolve()), str(target.resolve())}), (
            "a file that is open was renamed"
        )
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", replaced)

    def answer(text: str, model: FakeModel) -> ChatCompletion:
        if text.endswith("3"):
            raise BadRequest("no such thing", status=400)
        return completion(text)

    await run(path, 10, FakeModel(answer))
    journal = Journal(path)
    assert journal.done == 9
    assert len(lines_of(path)) == 9
    with pytest.raises(JournalError, match="used by another run"):
        Journal(path)
    journal.append(b'{"key":"x","completion":{}}\n')
    journal.close()
    assert len(lines_of(path)) == 10


def journal_with_a_failure(path: Path) -> list[bytes]:
    """Write a journal of an answer and a failure that cost nothing, and return its lines."""
    answered = {"key": "a", "request": "1", "text": "x", "cost": None, "completion": {}}
    failed = {"key": "b", "request": "2", "error": {"type": "BadRequest"}, "cost": None}
    lines = [json.dumps(record).encode() + b"\n" for record in (answered, failed)]
    path.write_bytes(b"".join(lines))
    return lines


def test_a_journal_written_anew_keeps_its_mode_its_link_and_the_files_beside_it(tmp_path: Path) -> None:
    path, link, mine = tmp_path / "run.jsonl", tmp_path / "link", tmp_path / "run.jsonl.new"
    [answered, _] = journal_with_a_failure(path)
    path.chmod(0o640)
    link.symlink_to("run.jsonl")
    mine.write_text("precious")
    Journal(link).close()
    assert path.read_bytes() == answered
    assert path.stat().st_mode & 0o777 == 0o640
    assert link.is_symlink()
    assert mine.read_text() == "precious"
    assert len(list(tmp_path.iterdir())) == 3


def test_a_journal_with_two_names_is_one_for_two_runs(tmp_path: Path) -> None:
    path, soft, hard = tmp_path / "run.jsonl", tmp_path / "soft", tmp_path / "hard"
    lines = journal_with_a_failure(path)
    soft.symlink_to("run.jsonl")
    hard.hardlink_to(path)
    journal = Journal(soft)
    for name in (path, soft, hard):
        with pytest.raises(JournalError, match="is used by another run"):
            Journal(name)
    journal.close()
    assert path.read_bytes() == b"".join(lines)
    assert hard.samefile(path)


def test_two_runs_cannot_use_a_journal_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    journal_with_a_failure(path)
    journal = Journal(path)
    with pytest.raises(JournalError, match="is used by another run"):
        Journal(path)
    journal.append(b"{}\n")
    journal.close()
    assert path.read_bytes().endswith(b"{}\n")


@pytest.mark.parametrize("end", [b"\n", b"\n\n \n", b"\r\n", b"  ", b"\n  "])
def test_blank_lines_are_no_damage(end: bytes, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    lines = journal_with_a_failure(path)
    path.write_bytes(b"\n".join(lines) + end)
    journal = Journal(path)
    assert journal.done == 1
    assert journal.find("a") is not None
    journal.append(lines[1])
    journal.close()
    again = Journal(path)
    again.close()
    assert again.done == 1
    assert path.read_bytes().startswith(lines[0])


def test_a_byte_order_mark_is_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    lines = journal_with_a_failure(path)
    path.write_bytes(codecs.BOM_UTF8 + b"\n".join(lines) + b"\n")
    for _ in range(2):  # the first time the failure is dropped
        journal = Journal(path)
        found = journal.find("a")
        journal.close()
        assert (journal.done, found is not None) == (1, True)


@pytest.mark.parametrize("torn", [b"\0" * 4096, b'{"key": "b", "requ' + b"\0" * 10, b'\0\0{"key":'])
def test_the_zeros_that_a_power_cut_leaves_are_cut_off(torn: bytes, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    lines = journal_with_a_failure(path)
    path.write_bytes(lines[0] + b"\n" + torn)
    journal = Journal(path)
    journal.close()
    assert (journal.done, path.read_bytes()) == (1, lines[0] + b"\n")


def test_prompts_with_keys_are_no_journal(tmp_path: Path) -> None:
    path = tmp_path / "prompts.jsonl"
    content = b'{"key": "a", "prompt": "hi"}\n{"key": "b", "prompt": "ho"}\n'
    path.write_bytes(content)
    with pytest.raises(JournalError, match="has a line 1 that is not a record of a batch"):
        Journal(path)
    assert path.read_bytes() == content


async def test_a_new_journal_is_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        Journal(tmp_path / "run.jsonl").close()
    finally:
        os.umask(before)
    assert (tmp_path / "run.jsonl").stat().st_mode & 0o777 == 0o600


async def test_a_record_whose_cost_nobody_knows_costs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    await run(path, 3, FakeModel(lambda text, _: completion(text, cost=None)))
    assert [record["cost"] for record in lines_of(path)] == [None] * 3
    journal = Journal(path)
    assert (journal.cost, journal.byok_cost) == (0, 0)
    journal.close()


def test_after_a_write_that_failed_nothing_more_is_written(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    line = b'{"key": "a"}\n'
    journal = Journal(path)
    with (
        files_of_at_most(len(line) + 3),
        pytest.raises(JournalError, match="cannot be written: File too large"),
    ):
        journal.append(2 * line)
    with pytest.raises(JournalError, match="could not be written before"):
        journal.append(line)
    journal.close()
    assert path.read_bytes() == line


def test_a_journal_that_was_written_anew_before_it_was_locked_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another run replaces the file between the opening and the locking: the lock would be that of the old one."""
    path = tmp_path / "run.jsonl"
    lock_file = journal_module._lock_file

    def late(number: int) -> None:
        path.rename(tmp_path / "old.jsonl")
        path.write_bytes(b"")
        lock_file(number)

    monkeypatch.setattr(journal_module, "_lock_file", late)
    with pytest.raises(JournalError, match="is used by another run"):
        Journal(path)


def test_a_journal_that_cannot_be_read_when_it_is_opened_says_so_and_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where its torn last line cannot be cut off."""

    def full(self: Journal) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Journal, "_read", full)
    with pytest.raises(JournalError, match="cannot be written: No space left on device"):
        Journal(tmp_path / "run.jsonl")


def test_where_numbers_are_short_a_key_is_known_by_a_digest() -> None:
    """As on machines of 32 bits, whose own hashes would be alike too often."""
    marks = {_digest_of(f"item {number}") for number in range(1_000)}
    assert len(marks) == 1_000
    assert max(marks) > 2**60
    assert _digest_of("item 0") in marks
