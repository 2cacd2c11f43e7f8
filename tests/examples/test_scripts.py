"""The programs for a terminal, each in a process of its own."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openrouter_async.testing import Emulator, Failure, Fault, ReceivedRequest, Reply, tool_call
from tests.examples.running import EXAMPLES, loaded, run


@pytest.fixture(scope="module")
def _emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(_emulator: Emulator) -> Emulator:
    _emulator.reset()
    return _emulator


def sent(emulator: Emulator) -> list[ReceivedRequest]:
    return [request for request in emulator.requests if request.path != "/models"]


def test_hello_prints_the_answer_and_its_cost(emulator: Emulator, tmp_path: Path) -> None:
    emulator.reply("Sphinx of black quartz, judge my vow.")
    answer, cost = run("hello.py", emulator=emulator, cwd=tmp_path).stdout.splitlines()
    assert answer == "Sphinx of black quartz, judge my vow."
    assert re.fullmatch(r"openai/gpt-4.1-mini by \w+, US\$ 0\.\d+", cost)


class TestStream:
    def test_only_the_answer_is_on_standard_output(self, emulator: Emulator, tmp_path: Path) -> None:
        emulator.reply("Once upon ", "a time", reasoning="A story, then.")
        done = run("stream.py", "Tell a story.", emulator=emulator, cwd=tmp_path, stdin="of a ship\n")
        assert done.stdout == "Once upon a time"
        assert done.stderr.startswith("A story, then.")
        assert "tokens, US$ 0." in done.stderr
        assert sent(emulator)[0].prompt == "Tell a story.\n\nof a ship"

    def test_a_stream_that_breaks_off_is_no_answer(self, emulator: Emulator, tmp_path: Path) -> None:
        emulator.reply("Once upon ", "a time", fault=Fault.disconnect(after=2))
        done = run("stream.py", "Tell a story.", emulator=emulator, cwd=tmp_path, expected=1)
        assert "Once upon a time".startswith(done.stdout)
        assert done.stderr.strip()


class TestAgent:
    @pytest.fixture
    def folder(self, tmp_path: Path, emulator: Emulator) -> Path:
        def answer(request: ReceivedRequest) -> Reply | Any:
            results = [message for message in request.messages if message["role"] == "tool"]
            if not results:
                return Reply.of(tool_call("list_files"), tool_call("read_file", name="../secret.txt"))
            if len(results) == 2:
                return tool_call("write_file", name="notes.txt", text="new")
            return f"It says: {results[-1]['content']}"

        emulator.reply_with(answer)
        (tmp_path / "secret.txt").write_text("hidden")
        folder = tmp_path / "work"
        folder.mkdir()
        (folder / "notes.txt").write_text("old")
        return folder

    def test_nothing_is_written_before_the_person_allows_it(self, emulator: Emulator, folder: Path) -> None:
        done = run("agent.py", str(folder), emulator=emulator, cwd=folder, stdin="Renew the notes.\ny\n")
        assert 'write_file {"name": "notes.txt", "text": "new"}\nAllow?' in done.stdout
        assert "It says: 3 characters written" in done.stdout
        assert re.search(r"US\$ 0\.\d+ of 1", done.stdout)
        assert (folder / "notes.txt").read_text() == "new"

    def test_a_refusal_reaches_the_model_with_its_reason(self, emulator: Emulator, folder: Path) -> None:
        run("agent.py", str(folder), emulator=emulator, cwd=folder, stdin="Renew the notes.\nnot today\n")
        assert "not today" in str(sent(emulator)[-1].messages[-1]["content"])
        assert (folder / "notes.txt").read_text() == "old"

    def test_files_outside_the_folder_are_not_read(self, emulator: Emulator, folder: Path) -> None:
        run("agent.py", str(folder), emulator=emulator, cwd=folder, stdin="Renew the notes.\nn\n")
        told = str(sent(emulator)[-1].messages)
        assert "outside the folder" in told
        assert "hidden" not in told


class TestClassify:
    def test_a_second_run_sends_nothing_and_writes_the_same(self, emulator: Emulator, tmp_path: Path) -> None:
        loaded(EXAMPLES / "classify.py").make_tickets(tmp_path / "tickets.csv", 40)
        emulator.reply_with(lambda request: Failure(status=403) if "Order 7:" in request.prompt else None)
        done = run("classify.py", emulator=emulator, cwd=tmp_path)
        labels = tmp_path / "tickets.labels.csv"
        first, asked = labels.read_text("utf-8"), len(sent(emulator))
        run("classify.py", emulator=emulator, cwd=tmp_path)
        assert "39 answered" in done.stdout
        assert asked == 40
        assert len(sent(emulator)) == asked
        assert labels.read_text("utf-8") == first
        rows = [*csv.DictReader(first.splitlines())]
        assert [row["row"] for row in rows] == [f"row-{n}" for n in range(1, 41) if n != 8]
        assert {row["topic"] for row in rows} <= {"delivery", "damage", "payment", "other"}
        (failed,) = (tmp_path / "tickets.failed.jsonl").read_text("utf-8").splitlines()
        assert json.loads(failed)["key"] == "row-8"

    def test_the_budget_is_respected_and_the_rest_is_sent_later(
        self, emulator: Emulator, tmp_path: Path
    ) -> None:
        loaded(EXAMPLES / "classify.py").make_tickets(tmp_path / "mine.csv", 40)
        done = run("classify.py", "mine.csv", "0.0003", emulator=emulator, cwd=tmp_path, expected=1)
        asked = len(sent(emulator))
        assert "budget" in done.stderr
        assert 0 < float(emulator.spent) <= 0.0003
        assert asked < 40
        run("classify.py", "mine.csv", "1.00", emulator=emulator, cwd=tmp_path)
        assert len(sent(emulator)) == 40

    def test_it_makes_ten_thousand_rows(self, tmp_path: Path) -> None:
        loaded(EXAMPLES / "classify.py").make_tickets(tmp_path / "tickets.csv")
        assert len((tmp_path / "tickets.csv").read_text("utf-8").splitlines()) == 10_001


INVOICE = {
    "number": "2026-117",
    "issued": "2026-05-03",
    "currency": "EUR",
    "lines": [
        {"description": "lamp", "quantity": "2", "unit_price": "19.50"},
        {"description": "cable", "quantity": "1", "unit_price": "4.90"},
    ],
    "total": "43.90",
}


class TestInvoice:
    @pytest.mark.parametrize(
        ("total", "told"), [("43.90", "the lines add up"), ("49.30", "add up to 43.90, not to 49.30")]
    )
    def test_the_file_is_sent_and_the_sum_is_checked(
        self, emulator: Emulator, tmp_path: Path, total: str, told: str
    ) -> None:
        emulator.reply(json.dumps({**INVOICE, "total": total}))
        done = run("invoice.py", emulator=emulator, cwd=tmp_path)
        assert f"2026-117 of 2026-05-03: {total} EUR; " in done.stdout
        assert told in done.stdout
        (request,) = sent(emulator)
        assert "data:application/pdf;base64," in str(request.messages)

    def test_the_pdf_has_its_objects_where_its_table_says(self) -> None:
        made = loaded(EXAMPLES / "invoice.py").pdf(["One", "Two"])
        start = int(made.split(b"startxref\n")[1].split()[0])
        assert made[start:].startswith(b"xref\n0 6\n")
        places = [int(place) for place in re.findall(rb"^(\d{10}) 00000 n", made, re.MULTILINE)]
        assert [made[place:].split(b"\n")[0] for place in places] == [b"%d 0 obj" % n for n in range(1, 6)]


def test_search_answers_from_the_best_passages_and_pays_for_vectors_once(
    emulator: Emulator, tmp_path: Path
) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    for name in ("lamps", "chairs", "tables"):
        (pages / f"{name}.md").write_text(f"# {name}\n\nAll about {name}.\n")
    emulator.reply("They shine [1].", times=None)
    done = run("search.py", "pages", "Which lamps shine?", emulator=emulator, cwd=tmp_path)
    assert done.stdout.startswith("They shine [1].\n\n[1] ")
    assert sorted(re.findall(r"\[\d\] (.*)", done.stdout)) == ["chairs.md", "lamps.md", "tables.md"]
    first = [request.path for request in sent(emulator)]
    assert [path.rsplit("/", 1)[1] for path in first] == ["embeddings", "embeddings", "rerank", "completions"]
    run("search.py", "pages", "Which tables stand?", emulator=emulator, cwd=tmp_path)
    assert [request.path for request in sent(emulator)[len(first) :]] == first[1:]
