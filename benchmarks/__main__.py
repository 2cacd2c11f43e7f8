"""Measure this library, the floors below it and its peers, and print one table: `python benchmarks --help`.

Each measurement runs in a fresh process on one core, against a lean server on another. Repetitions take turns: every
client is measured once before any is measured again, and each ratio is of two figures of one repetition. Exits with
1 where a figure is above what it may be at most.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from statistics import median

from lean_server import lean_server
from measures import CLIENTS, COLUMNS, PEERS, ROWS, Row, Source

WORK = Path(__file__).with_name("work.py")
NOT_DONE: dict[str, set[str]] = {
    # A pool of httpx with hundreds of calls at once costs more than 90 ms of CPU a call, or never ends.
    "calls_256": {"httpx_json", "httpx_typed", "openrouter", "langchain"},
    "calls_1000": {"httpx_json", "httpx_typed", "openrouter", "langchain"},
    "reasoning": {"httpx_typed", *PEERS},
    "cancelled": {"httpx_json", "httpx_typed", *PEERS},
    "open_streams": {"litellm", "langchain"},  # cannot hold a thousand streams open
}


class Bench:
    """The figures of a run: `figures[work, client]` has one dict for each repetition, None where it failed."""

    def __init__(self, port: int, core: int | None, pythons: dict[str, str], timeout: float) -> None:
        self._url = f"http://127.0.0.1:{port}"
        self._core = "" if core is None else str(core)
        self._pythons = pythons
        self._timeout = timeout
        self.figures: dict[tuple[str, str], list[dict[str, float] | None]] = defaultdict(list)

    def run(self, client: str, work: str) -> dict[str, object] | None:
        """Do one piece of work in a fresh process; None where it fails or takes too long."""
        command = [self._pythons.get(client, sys.executable), str(WORK), client, work, self._url, self._core]
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=self._timeout, env=environment, check=True
            )
        except subprocess.CalledProcessError as error:
            lines = error.stderr.strip().splitlines() or ["no message"]
            print(f"{client} failed at {work}: {lines[-1][:200]}", file=sys.stderr)
            return None
        except subprocess.TimeoutExpired:
            print(f"{client} did not end {work} within {self._timeout:.0f} s", file=sys.stderr)
            return None
        figures: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
        return figures

    def measure(self, client: str, work: str) -> None:
        """Add a repetition; whoever failed once is not asked again."""
        of_both = self.figures[work, client]
        figures = None if None in of_both else self.run(client, work)
        of_both.append(figures)  # type: ignore[arg-type]  # works print numbers, by name

    def ratios(self, source: Source, floor: Source | None, unit: float = 1.0) -> list[float]:
        """Return the figures of a source over those of its floor, repetition by repetition."""
        ours = self.figures.get((source.work, source.client), [])
        if floor is None:
            return [figures[source.figure] / unit for figures in ours if figures]
        theirs = self.figures.get((floor.work, floor.client), [])
        return [
            figures[source.figure] / below[floor.figure]
            for figures, below in zip(ours, theirs, strict=False)
            if figures and below
        ]


def works_of(rows: list[Row], clients: list[str]) -> list[tuple[str, str]]:
    """Return works and clients, each pair once, in the order of the table; floors stand before what is above them."""
    pairs: dict[tuple[str, str], None] = {}
    for row in rows:
        candidates = [row.floor, row.ours]
        if row.compares:
            candidates += [Source(row.ours.work, client) for client in COLUMNS]
        for source in candidates:
            if source and source.client in clients and source.client not in NOT_DONE.get(source.work, ()):
                pairs[source.work, source.client] = None
    return list(pairs)


def cell(values: list[float], *, ranged: bool = False) -> str:
    """Return the median, and the range if it is asked for."""
    if not values:
        return "–"
    middle = number(median(values))
    return f"{middle} ({number(min(values))}–{number(max(values))})" if ranged and len(values) > 1 else middle


def number(value: float) -> str:
    """Return about three digits."""
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def table(bench: Bench, rows: list[Row], clients: list[str]) -> tuple[list[str], bool]:
    """Return the lines of the table, and whether nothing is above what it may be at most."""
    others = [client for client in COLUMNS if client in clients]
    lines = [["measure", "openrouter-async", "at most", "stretch", "reached", "floor"]]
    lines[0] += [COLUMNS[client] for client in others]
    all_met = True
    for row in rows:
        values = bench.ratios(row.ours, row.floor, row.unit)
        peers = {
            client: bench.ratios(Source(row.ours.work, client, row.ours.figure), row.floor, row.unit)
            for client in others
            if row.compares
        }
        reached = "–"
        if values:
            middle = median(values)
            met = middle <= row.at_most
            if row.below_peers:
                met = met and all(middle < median(peers[name]) for name in PEERS if peers.get(name))
            all_met = all_met and met
            is_far = met and row.stretch is not None and middle <= row.stretch
            reached = "stretch" if is_far else "yes" if met else "NO"
        elif row.ours.client in clients:
            all_met, reached = False, "FAILED"
        floor = "" if row.floor is None else seconds(bench.ratios(row.floor, None))
        lines.append(
            [
                row.title,
                cell(values, ranged=True),
                f"{row.at_most:g}",
                "" if row.stretch is None else f"{row.stretch:g}",
                reached,
                floor,
                *(cell(peers.get(client, [])) for client in others),
            ]
        )
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["-" * width for width in widths])
    printed = [
        "| " + " | ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) + " |"
        for line in lines
    ]
    return printed, all_met


def seconds(values: list[float]) -> str:
    """Return the median of absolute times."""
    if not values:
        return ""
    middle = median(values)
    return f"{middle * 1e6:.1f} µs" if middle < 0.01 else f"{middle:.3f} s"


def print_versions(bench: Bench, clients: list[str]) -> list[str]:
    """Print the packages of every client, and return those clients that work; each makes a call."""
    working = []
    print(
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    )
    for client in clients:
        packages = bench.run(client, "versions")
        if packages is not None:
            working.append(client)
            listed = ", ".join(f"{name} {version}" for name, version in packages.items())
            print(f"- {client}: {listed or 'the standard library only'}")
    return working


def arguments() -> argparse.Namespace:
    """Read the arguments."""
    works = list(dict.fromkeys(row.ours.work for row in ROWS))
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("measures", nargs="*", metavar="MEASURE", help=f"default: all of {', '.join(works)}")
    parser.add_argument("--clients", help=f"comma-separated; default: all of {', '.join(CLIENTS)}")
    parser.add_argument("--repetitions", type=int, default=3, help="of each measure (default: 3)")
    parser.add_argument(
        "--peer-repetitions", type=int, help="of other libraries, which take longest (default: as many)"
    )
    parser.add_argument(
        "--timeout", type=float, default=60.0, help="seconds for one measurement (default: 60)"
    )
    parser.add_argument(
        "--python",
        action="append",
        default=[],
        metavar="CLIENT=PATH",
        help="the interpreter of a peer's environment; a peer without one is left out",
    )
    chosen = parser.parse_args()
    if unknown := set(chosen.measures) - set(works):
        parser.error(f"unknown measures: {', '.join(sorted(unknown))}; there are {', '.join(works)}")
    chosen.pythons = dict(entry.split("=", 1) for entry in chosen.python)
    asked = chosen.clients.split(",") if chosen.clients else list(CLIENTS)
    if unknown := set(asked) - set(CLIENTS):
        parser.error(f"unknown clients: {', '.join(sorted(unknown))}; there are {', '.join(CLIENTS)}")
    chosen.clients = [client for client in CLIENTS if client in asked]
    if absent := [name for name in chosen.clients if name in PEERS and name not in chosen.pythons]:
        print(f"left out, for they have no --python: {', '.join(absent)}", file=sys.stderr)
        chosen.clients = [client for client in chosen.clients if client not in absent]
    chosen.rows = [row for row in ROWS if not chosen.measures or row.ours.work in chosen.measures]
    return chosen


def main() -> int:
    """Measure, and print the table."""
    chosen = arguments()
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    server_core, client_core = (cores[0], cores[-1]) if len(cores) > 1 else (None, None)
    peer_repetitions = chosen.repetitions if chosen.peer_repetitions is None else chosen.peer_repetitions
    began = time.monotonic()
    with lean_server(server_core) as port:
        bench = Bench(port, client_core, chosen.pythons, chosen.timeout)
        clients = print_versions(bench, chosen.clients)
        for repetition in range(chosen.repetitions):
            for work, client in works_of(chosen.rows, clients):
                if client not in PEERS or repetition < peer_repetitions:
                    bench.measure(client, work)
    lines, met = table(bench, chosen.rows, clients)
    print(f"\nmedians of {chosen.repetitions} repetitions (range), {time.monotonic() - began:.0f} s\n")
    print("\n".join(lines))
    print("\nevery goal reached" if met else "\na goal is MISSED")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
