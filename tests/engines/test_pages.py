"""The examples of the pages about engines, those included that the plain suite cannot run."""

from __future__ import annotations

import pytest
from sybil import Sybil

from openrouter_async.testing import Emulator
from tests.support.doc_examples import PythonFences, close_loop, open_loop
from tests.support.folders import ROOT


@pytest.mark.parametrize(("page", "blocks"), [("data-frames", 6), ("ray-data", 3)])
@pytest.mark.usefixtures("local_ray")
def test_examples_run(page: str, blocks: int, service: Emulator) -> None:
    service.reply_with(None)
    sybil = Sybil(parsers=[PythonFences(unless="nox -s engines runs it")], pattern="*.md")
    document = sybil.parse(ROOT / "docs" / "howto" / f"{page}.md")
    open_loop(document.namespace)
    try:
        examples = list(document.examples())
        for example in examples:
            example.evaluate()
    finally:
        close_loop(document.namespace)
    assert len(examples) == blocks
