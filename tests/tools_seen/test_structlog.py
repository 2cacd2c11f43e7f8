"""structlog formats our records, as the page about logging shows."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.folders import ROOT
from tests.tools_seen.needed import tool
from tests.tools_seen.service import KEY, plain, service

tool("structlog")


def example() -> str:
    page = (Path(ROOT) / "docs" / "howto" / "logging.md").read_text("utf-8")
    (_, section) = page.split("\n## structlog\n")
    match = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert match is not None
    return match[1]


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    logger = logging.getLogger("openrouter_async")
    level, handlers = logger.level, [*logger.handlers]
    yield logger
    logger.setLevel(level)
    logger.handlers[:] = handlers


@pytest.mark.loopback
@pytest.mark.usefixtures("logger")
async def test_the_example_of_the_docs_writes_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    exec(compile(example(), "logging.md", "exec"), {})
    with service(monkeypatch):
        assert await plain("h11") == "Paris"
    printed = capsys.readouterr().err
    (record,) = [json.loads(line) for line in printed.splitlines()]
    assert (record["logger"], record["level"]) == ("openrouter_async", "info")
    assert re.fullmatch(r"chat\.create finished: attempt 1, status 200, \d\.\d{3} s", record["event"])
    assert KEY not in printed
