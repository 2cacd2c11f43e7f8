"""The report on the service: how much of it is wrapped, and how a newer description differs from the facts."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from . import spec
from .drift import drift
from .table import Table


def facts(path: str, reply: Any = "string", method: str = "GET") -> dict[str, Any]:
    return {
        "method": method,
        "path": path,
        "tag": "T",
        "key": "any",
        "params": [],
        "body": {},
        "body_required": False,
        "replies": {"200": {"application/json": reply}},
        "errors": [],
    }


BEFORE = Table(
    operations={
        "getCredits": facts("/credits", "#Money"),
        "getWeather": facts("/weather", "#Sky"),
        "old": facts("/old"),
    },
    shapes={"Money": {"type": "object", "fields": {"usd": "number"}}, "Sky": "string"},
)
AFTER = Table(
    operations={
        "getCredits": {**facts("/credits", "#Money"), "errors": [404]},
        "getWeather": facts("/weather", "#Sky"),
        "new": facts("/new"),
    },
    shapes={"Money": {"type": "object", "fields": {"usd": "number", "eur?": "number"}}, "Sky": "integer"},
)


def test_every_operation_is_wrapped_or_there_is_a_reason() -> None:
    first, *reasons = spec.coverage(Table.known())
    numbers = re.fullmatch(r"(\d+) operations: (\d+) wrapped, (\d+) not.*", first)
    assert numbers is not None, first
    count, wrapped, missing = map(int, numbers.groups())
    assert count == 139
    assert wrapped == len(spec.ROWS)
    assert sum(len(reason.partition(": ")[2].split(", ")) for reason in reasons) >= missing == count - wrapped
    assert not [reason for reason in reasons if "nobody" in reason]


def test_a_report_says_what_to_do_and_for_which_of_our_operations() -> None:
    lines = list(spec.report(drift(BEFORE, AFTER), BEFORE, AFTER))
    assert [line for line in lines if line.startswith("- ")] == [
        "- [ ] GET /new (new, T)",
        "- [ ] GET /old (old, T)",
        "- [ ] Money.eur: property added: number, optional  <- credits.get",
        "- [ ] Sky: type string -> integer",
        "- [ ] getCredits: error statuses added: 404  <- credits.get",
    ]


def test_nothing_is_said_where_nothing_differs() -> None:
    assert list(spec.report(drift(BEFORE, BEFORE), BEFORE, BEFORE)) == ["no drift"]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the table of the document is: an empty one in place of that of the service."""
    Table().save(tmp_path / "table.jsonl")
    monkeypatch.setattr("tests.contract.spec.SPECIFICATION", tmp_path / "table.jsonl")
    return tmp_path / "table.jsonl"


@pytest.fixture
def document(tmp_path: Path) -> str:
    pytest.importorskip("yaml", reason="a document is read with PyYAML")
    operation = {"operationId": "getThing", "tags": ["Things"], "responses": {"200": {}}}
    path = tmp_path / "openapi.yaml"
    path.write_text(json.dumps({"components": {"schemas": {}}, "paths": {"/thing": {"get": operation}}}))
    return str(path)


def test_drift_is_printed_and_nothing_is_written(
    document: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = place.read_bytes()
    assert spec.main([document]) == 0
    said = capsys.readouterr().out
    assert said.startswith("139 operations: ")
    assert "- [ ] GET /thing (getThing, Things)" in said
    assert place.read_bytes() == before


def test_what_is_taken_is_no_drift_any_more(
    document: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec.main([document, "--take", "--date", "2026-08-22"])
    capsys.readouterr()
    assert Table.load(place).source["date"] == "2026-08-22"
    spec.main([document])
    assert capsys.readouterr().out.endswith("no drift\n")
