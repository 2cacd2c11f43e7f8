"""The reference: whatever is public by name stands on one of its pages."""

from __future__ import annotations

import re
from importlib.util import resolve_name

import pytest

import openrouter_async
from tests.architecture.source import PACKAGE
from tests.support.folders import ROOT

PAGES = "\n".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs" / "reference").glob("*.md"))
DOCUMENTED = re.findall(r"^::: (\S+)$", PAGES, re.MULTILINE)


@pytest.mark.parametrize("module", sorted(set(openrouter_async._EXPORTS.values())))
def test_each_module_of_public_names_is_documented(module: str) -> None:
    assert resolve_name(module, PACKAGE) in DOCUMENTED


def test_no_module_is_documented_twice() -> None:
    assert len(DOCUMENTED) == len(set(DOCUMENTED))
