"""`cache ls`, `stats` and `prune`."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from pathlib import Path

import pytest

from openrouter_async.caching.store import AnswerStore, KeptAnswer
from tests.cli.commands import environment, run

DAY = 86_400


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A cache with an answer of today, of yesterday, ...; the newest was used twice."""
    store = AnswerStore(tmp_path / "answers.sqlite")
    for age in range(5):
        answer = KeptAnswer(
            operation="chat.create",
            model="openai/gpt-5-mini",
            created=time.time() - age * DAY - 60,
            status=200,
            headers={},
            generation_id=f"gen-{age}",
            cost=Decimal("0.25"),
            body=b'{"text": "%b"}' % (b"x" * 990),
        )
        store.keep({b"%d" % age: answer}, ttl=None, max_bytes=2**30)
    for _ in range(2):
        store.find(b"0", now=time.time(), ttl=None)
    store.close()
    return tmp_path / "answers.sqlite"


def test_answers_are_exported_as_json_lines_the_oldest_first(path: Path, tmp_path: Path) -> None:
    done = run("cache", "export", str(path), env=environment(None))
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["id"] for row in rows] == [f"gen-{age}" for age in (4, 3, 2, 1, 0)]
    assert {**rows[4], "created": None} == {
        "key": b"0".hex(),
        "id": "gen-0",
        "operation": "chat.create",
        "model": "openai/gpt-5-mini",
        "created": None,
        "hits": 2,
        "cost": "0.25",
        "answer": {"text": "x" * 990},
    }
    assert run("cache", "export", str(path), "--json", env=environment(None)).stdout == done.stdout


def test_answers_are_listed_the_newest_first(path: Path) -> None:
    done = run("cache", "ls", str(path), "-n", "2", env=environment(None))
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [(row[1], row[2], row[4], row[5], row[6]) for row in rows] == [
        ("chat.create", "openai/gpt-5-mini", "2", "$0.25", "gen-0"),
        ("chat.create", "openai/gpt-5-mini", "0", "$0.25", "gen-1"),
    ]
    listed = json.loads(run("cache", "ls", str(path), "--json", env=environment(None)).stdout)
    assert [each["id"] for each in listed] == [f"gen-{age}" for age in range(5)]


def test_what_was_saved_is_counted(path: Path) -> None:
    done = run("cache", "stats", str(path), "--json", env=environment(None))
    stats = json.loads(done.stdout)
    assert (stats["answers"], stats["hits"], stats["saved"]) == (5, 2, 0.5)
    assert 5_000 < stats["bytes"] < 10_000
    assert "saved\t$0.50" in run("cache", "stats", str(path), env=environment(None)).stdout


def test_old_and_many_answers_are_removed(path: Path) -> None:
    done = run("cache", "prune", str(path), "--days", "3", "--json", env=environment(None))
    assert json.loads(done.stdout) == {"removed": 2, "left": 3}
    done = run("cache", "prune", str(path), "--max-bytes", "1300", "--json", env=environment(None))
    assert json.loads(done.stdout)["left"] == 1


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("stats", "none.sqlite"), "'none.sqlite' cannot be used: the file does not exist"),
        (("stats", "text"), "'text' cannot be used: file is not a database"),
        (
            ("prune", "answers.sqlite"),
            "nothing selects the answers to remove; give --days, --max-bytes, or both",
        ),
        (("ls", "answers.sqlite", "--days", "1"), "--days and --max-bytes are for prune"),
    ],
)
def test_mistakes_are_told(path: Path, arguments: tuple[str, ...], reason: str) -> None:
    (path.parent / "text").write_text("no database, but long enough to be looked at" * 100)
    done = run("cache", *arguments, env=environment(None), cwd=path.parent)
    assert done.returncode != 0
    assert reason in " ".join(done.stderr.split())
    assert not (path.parent / "none.sqlite").exists()
