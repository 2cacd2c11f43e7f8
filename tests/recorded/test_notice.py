"""The notice beside the exchanges names the source and the licence of each."""

from __future__ import annotations

import json
import re
from collections import Counter

from tests.support.folders import EXCHANGES

ROW = re.compile(r"^\| ([\w.-]+/[\w.-]+) \| (\S+) \| .+ \| (\d+) \|$", re.MULTILINE)


def test_the_notice_counts_the_exchanges_of_each_source_and_names_its_licence() -> None:
    counted: Counter[tuple[str, str]] = Counter()
    for path in EXCHANGES.glob("*.json"):
        if path.name != "FACTS.json":
            exchange = json.loads(path.read_text("utf-8"))
            counted["/".join(exchange["source"].split("/")[:2]), exchange["license"]] += 1
    rows = ROW.findall((EXCHANGES / "NOTICE.md").read_text("utf-8"))
    assert {(source, licence): int(count) for source, licence, count in rows} == counted
    assert counted.total() == 150
