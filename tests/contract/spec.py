"""Print how much of the service is wrapped, and how a newer description of it differs from our facts.

    python -m tests.contract.spec [PATH] [--take] [--date 2026-08-22]

PATH is the service's OpenAPI document, or a wheel of its official Python SDK, packed or not. The differences are
printed as a to-do list, those that the client uses first; `--take` writes the newer facts. A document needs PyYAML, a
wheel the packages that the SDK imports.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from openrouter_async import operations
from openrouter_async.operations import Operation

from .differences import NOT_WRAPPED
from .distil import distil, distil_sdk
from .drift import STATUSES, Drift, drift
from .sdk import read_sdk
from .shapes import names_in
from .table import NEWEST, SPECIFICATION, Table, shapes_of_operation

__all__ = ["coverage", "main", "report"]

ROWS = {
    row.spec_id: row.name for row in vars(operations).values() if isinstance(row, Operation) and row.spec_id
}
"""Our names of operations by those of the service."""
OURS = "Changed, and used by the client"
NOT_OURS = "Changed, and not wrapped"
ONLY_STATUSES = "Other statuses of errors; the client reads any"


def main(arguments: list[str] | None = None) -> int:
    """Run the script; the result is its exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "path", type=Path, nargs="?", help="the document or the wheel; none: only say what is wrapped"
    )
    parser.add_argument("--date", help="day of a document, such as 2026-08-22; default: of the file")
    parser.add_argument("--take", action="store_true", help="write the newer facts into the table")
    options = parser.parse_args(arguments)
    print(*coverage(Table.known()), sep="\n")
    if options.path is None:
        return 0
    is_document = options.path.suffix in (".yaml", ".yml", ".json")
    target = SPECIFICATION if is_document else NEWEST
    before = Table.load(target)
    after = _of_document(options.path, options.date) if is_document else _of_sdk(options.path, before)
    print(
        f"\n{target.name} against {options.path.name}:",
        *report(drift(before, after), before, after),
        sep="\n",
    )
    if options.take:
        after.save(target)
        print(f"{target.name}: {len(after.operations)} operations, {len(after.shapes)} shapes written")
    return 0


def coverage(known: Table) -> Iterator[str]:
    """Yield how many operations are wrapped, and why the others are not."""
    wrapped = known.operations.keys() & ROWS.keys()
    others: dict[str, list[str]] = defaultdict(list)
    for name in sorted(known.operations.keys() - wrapped):
        others[NOT_WRAPPED.get(name, "nobody has said why")].append(name)
    count, missing = len(known.operations), len(known.operations) - len(wrapped)
    yield f"{count} operations: {len(wrapped)} wrapped, {missing} not{', because' if missing else ''}"
    yield from (f"- {reason}: {', '.join(names)}" for reason, names in others.items())


def report(found: Drift, before: Table, after: Table) -> Iterator[str]:
    """Yield the differences as a to-do list: new operations, gone ones, then changes, those that we use first."""
    if not found:
        yield "no drift"
    if found.new:
        yield "\nNew: each needs a row, a method and an example call (CONTRIBUTING), or a reason in NOT_WRAPPED."
        yield from (f"- [ ] {_route(after, name)}" for name in found.new)
    if found.gone:
        yield "\nGone:"
        yield from (f"- [ ] {_route(before, name)}{_ours([name])}" for name in found.gone)
    users = _users(before, after)
    changed = [([name], lines) for name, lines in found.operations.items()]
    changed += [(users[name], lines) for name, lines in found.shapes.items()]
    groups: dict[str, list[str]] = {title: [] for title in (OURS, NOT_OURS, ONLY_STATUSES)}
    for names, lines in changed:
        title = OURS if any(name in ROWS for name in names) else NOT_OURS
        for line in lines:
            groups[ONLY_STATUSES if STATUSES in line else title].append(f"- [ ] {line}{_ours(names)}")
    for title, items in groups.items():
        if items:
            yield f"\n{title}:"
            yield from items


def _route(table: Table, name: str) -> str:
    facts = table.operations[name]
    return f"{facts['method']} {facts['path']} ({name}, {facts['tag']})"


def _ours(names: Iterable[str]) -> str:
    """Return which of our operations these are, three at most."""
    ours = sorted(ROWS[name] for name in names if name in ROWS)
    more = f" and {len(ours) - 3} more" if len(ours) > 3 else ""
    return f"  <- {', '.join(ours[:3])}{more}" if ours else ""


def _users(*tables: Table) -> Mapping[str, list[str]]:
    """Return which operations lead to a shape, in any of the tables."""
    users: dict[str, set[str]] = defaultdict(set)
    for table in tables:
        for operation, facts in table.operations.items():
            todo = [name for shape in shapes_of_operation(facts) for name in names_in(shape)]
            seen: set[str] = set()
            while todo:
                name = todo.pop()
                if name not in seen:
                    seen.add(name)
                    users[name].add(operation)
                    todo += names_in(table.shapes[name])
    return {name: sorted(found) for name, found in users.items()}


def _of_document(path: Path, date: str | None) -> Table:
    import yaml  # type: ignore[import-untyped]  # only this needs it, so its stubs are not installed

    with path.open("rb") as file:
        document: dict[str, Any] = yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    table = distil(document)
    modified = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC).date().isoformat()
    table.source = {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "date": date or modified}
    return table


def _of_sdk(path: Path, before: Table) -> Table:
    with tempfile.TemporaryDirectory() as unpacked:
        if path.is_file():
            zipfile.ZipFile(path).extractall(unpacked)
        folder = Path(unpacked) if path.is_file() else path.parent if path.name == "openrouter" else path
        table = distil_sdk(read_sdk(folder), before, Table.load(SPECIFICATION))
        version = re.search(
            r"__version__[^\n]*\"([^\"]+)\"", (folder / "openrouter" / "_version.py").read_text()
        )
        table.source = {"sdk": version[1] if version else "unknown"}
    return table


if __name__ == "__main__":
    sys.exit(main())
