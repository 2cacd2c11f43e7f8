"""The table of faults: the rows of rows.toml beside what their tests gave.

`python -m tests.faults.table TABLE ASYNCIO.xml TRIO.xml HTTPTOOLS.xml HTTP.xml SOCKS5.xml` reads the reports that
pytest writes with `--junitxml`, writes the table to TABLE and prints it. It fails where a row has no test or a test
failed.
`nox -s faults` does this.
"""

from __future__ import annotations

import math
import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

__all__ = ["KINDS", "ROWS", "Row", "render", "row_of_test", "rows_of_table"]

KINDS = ("plain", "stream", "structured", "other")
"""Columns: plain calls, streams, structured output (whole and streamed), and tests of none of these."""

OTHERS = ("trio", "httptools", "http proxy", "socks5")
"""Columns of further runs: under trio, with httptools as the parser of HTTP, and through proxies of the suite."""

BLOCKED = "loop blocked"
"""Column of the longest step of all runs, in milliseconds of CPU time."""

SECTIONS = {
    "C": "Connection and head",
    "H": "Status codes",
    "R": "Retries and waits",
    "B": "Plain bodies",
    "S": "Streams",
    "F": "Floods",
    "X": "Cancellation, concurrency, lifetime",
    "J": "Batch and resume",
    "W": "Local servers",
}

_TEST = re.compile(r"test_([A-Z]\d\d)_\w+(?:\[(.*)\])?")


@dataclass(frozen=True)
class Row:
    """One fault."""

    id: str
    fault: str
    provoked: str
    promise: str


def _read_rows() -> dict[str, Row]:
    text = Path(__file__).with_name("rows.toml").read_text()
    return {
        id: Row(id, row["fault"], row.get("provoked", ""), row["promise"])
        for id, row in tomllib.loads(text).items()
    }


ROWS: Mapping[str, Row] = _read_rows()


@dataclass
class Results:
    """What the tests of one row gave under one event loop."""

    passed: dict[str, int] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    """By kind."""
    blocked_ms: float | None = None
    """The longest that a step of any of them kept the event loop to itself; None where none was watched."""


def row_of_test(name: str) -> tuple[str, str] | None:
    """Return the row and the kind that a test is about, None for a test of no row."""
    match = _TEST.fullmatch(name)
    if match is None:
        return None
    parameters = (match[2] or "").split("-")
    kind = next((each for each in parameters if each.removesuffix("_stream") in KINDS), "other")
    return match[1], kind.removesuffix("_stream")


def read_results(path: Path) -> dict[str, Results]:
    """Return the results of the rows, by id, from a report of pytest."""
    results: dict[str, Results] = {}
    for case in ElementTree.parse(path).iter("testcase"):
        found = row_of_test(case.attrib["name"])
        if found is None:
            continue
        row, kind = found
        result = results.setdefault(row, Results())
        for each in case.iter("property"):
            if each.attrib["name"] == "blocked_ms":
                result.blocked_ms = max(float(each.attrib["value"]), result.blocked_ms or 0)
        outcomes = {child.tag for child in case}
        counts = result.failed if outcomes & {"failure", "error"} else result.passed
        if "skipped" in outcomes:
            counts = result.skipped
        counts[kind] = counts.get(kind, 0) + 1
    return results


def render(asyncio: Mapping[str, Results], *others: Mapping[str, Results]) -> str:
    """Return the table as Markdown; the others are `OTHERS`."""
    lines = ["<!-- Made by `nox -s faults`; edit tests/faults/rows.toml instead. -->"]
    for letter, title in SECTIONS.items():
        lines += [
            "",
            f"## {title}",
            "",
            f"| row | fault | promise | {' | '.join((*KINDS, *OTHERS, BLOCKED))} |",
        ]
        lines.append("|---" * (4 + len(KINDS) + len(OTHERS)) + "|")
        for row in ROWS.values():
            if row.id.startswith(letter):
                cells = [_cell(asyncio.get(row.id), (kind,)) for kind in KINDS]
                runs = (
                    *others,
                    *({} for _ in OTHERS[len(others) :]),
                )  # those that were not made have no result
                cells += [_cell(results.get(row.id), KINDS) for results in runs]
                cells.append(_blocked([run[row.id] for run in (asyncio, *others) if row.id in run]))
                fault = f"{row.fault} ({row.provoked})" if row.provoked else row.fault
                lines.append(f"| {row.id} | {fault} | {row.promise} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _blocked(runs: list[Results]) -> str:
    longest = max((run.blocked_ms for run in runs if run.blocked_ms is not None), default=None)
    return "" if longest is None else f"{math.ceil(longest)} ms"


def rows_of_table(text: str) -> list[str]:
    """Return the ids of the rows in a table."""
    return re.findall(r"^\| ([A-Z]\d\d) \|", text, re.MULTILINE)


def _cell(results: Results | None, kinds: Iterable[str]) -> str:
    if results is None:
        return ""
    passed = sum(results.passed.get(kind, 0) for kind in kinds)
    failed = sum(results.failed.get(kind, 0) for kind in kinds)
    if failed:
        return f"**{failed} of {passed + failed} failed**"
    return "passed" if passed else "skipped" if any(kind in results.skipped for kind in kinds) else ""


def main(arguments: list[str]) -> int:
    """Write and print the table."""
    table, *reports = map(Path, arguments)
    asyncio, *others = map(read_results, reports)
    text = render(asyncio, *others)
    table.write_text(text)
    print(text)
    untested = [row for row in ROWS if row not in asyncio]
    failed = [row for row in ROWS if any(run[row].failed for run in (asyncio, *others) if row in run)]
    cases = sum(sum((*each.passed.values(), *each.failed.values())) for each in asyncio.values())
    print(f"{len(ROWS)} rows, {cases} tests under asyncio")
    print(f"without a test: {', '.join(untested) or 'none'}; failed: {', '.join(failed) or 'none'}")
    return bool(untested or failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
