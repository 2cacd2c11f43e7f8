"""The walk through the files (docs/walk.md) and CONTRIBUTING name files and functions that are there."""

from __future__ import annotations

import re

import pytest

from tests.architecture.source import SOURCE
from tests.support.folders import ROOT

PAGES = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("docs/walk.md", "CONTRIBUTING.md")}
FILES = sorted(
    (page, path)
    for page, text in PAGES.items()
    for path in set(re.findall(r"`((?:\w+/)*\w+(?:\.py|/))`", text))
    if not path.startswith(("src/", "tests/", "docs/", "examples/"))
)
FUNCTIONS = [
    (page, *found)
    for page, text in PAGES.items()
    for found in re.findall(r"`((?:\w+/)+\w+\.py)`: `([\w.]+)`", text)
]


@pytest.mark.parametrize(("page", "path"), FILES)
def test_each_file_of_the_walk_exists(page: str, path: str) -> None:
    assert (SOURCE / path).exists()


@pytest.mark.parametrize(("page", "path", "name"), FUNCTIONS)
def test_each_function_of_the_walk_stands_in_its_file(page: str, path: str, name: str) -> None:
    text = (SOURCE / path).read_text(encoding="utf-8")
    for part in name.split("."):
        assert re.search(rf"\b(?:class|def) {part}\b", text), part
