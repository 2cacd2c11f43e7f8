"""Regular expressions mean the same on every Python that the package runs on."""

from __future__ import annotations

import re

from tests.support.folders import ROOT

SOURCES = sorted((ROOT / "src").rglob("*.py"))
POSSESSIVE = re.compile(r"\)(?:[*+?]|\{\d*,?\d*\})\+")
SAFE = (r"""(?:[^"\\]++|\\.)*+""", r"""(?:\\.[^"\\]*+)*+""")
"""Groups that fail before they have read anything, or not at all."""


def test_a_group_is_possessive_only_where_it_cannot_fail_inside() -> None:
    """Before 3.11.5, Python goes on from where such a group has failed, rather than from where it began."""
    found = 0
    for path in SOURCES:
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            found += sum(map(line.count, SAFE))
            for safe in SAFE:
                line = line.replace(safe, "")
            assert not POSSESSIVE.search(line), f"{path}:{number}"
    assert found
