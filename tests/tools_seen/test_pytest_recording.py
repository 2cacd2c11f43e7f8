"""pytest-recording, which is vcrpy for pytest: the example of the page, recorded from a service and played without."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools_seen.needed import tool
from tests.tools_seen.page import run_example, write_example
from tests.tools_seen.service import KEY, service

tool("pytest_recording")


@pytest.mark.loopback
def test_records_once_and_plays_with_the_network_blocked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_example("vcrpy and pytest-recording", tmp_path)
    with service(monkeypatch) as server:
        run_example(tmp_path, "--record-mode=once", OPENROUTER_API_KEY=KEY)
        assert len(server.requests) == 1
    (cassette,) = tmp_path.rglob("*.yaml")
    assert KEY not in cassette.read_text("utf-8")
    run_example(
        tmp_path,
        "--record-mode=none",
        "--block-network",
        OPENROUTER_API_KEY=KEY,
        OPENROUTER_BASE_URL="https://openrouter.ai/api/v1",
    )
    assert len(server.requests) == 1
