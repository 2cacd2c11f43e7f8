"""pytest-httpx, which patches httpx's transport, and httpx2-pytest, which does the same to that of httpx2."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from openrouter_async import RequestTimeout
from openrouter_async._http.library import httpx
from tests.testing.test_pytest_plugin import run_pytest
from tests.tools_seen.base import BASE
from tests.tools_seen.needed import tool
from tests.tools_seen.page import run_example, write_example
from tests.tools_seen.service import (
    CHAT,
    COMPLETION,
    KEY,
    STREAM,
    Parser,
    both_parsers,
    client,
    plain,
    service,
    streamed,
)

pytest_httpx = tool(f"pytest_{BASE}")
options = getattr(pytest.mark, f"{BASE}_mock")


@pytest.fixture
def mock(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(f"{BASE}_mock")


@both_parsers
async def test_answers_plain_and_streamed_calls(mock: Any, parser: Parser) -> None:
    mock.add_response(method="POST", url=CHAT, json=COMPLETION)
    mock.add_response(method="POST", url=CHAT, content=STREAM)
    mock.add_response(method="POST", url=CHAT, stream=pytest_httpx.IteratorStream([STREAM[:30], STREAM[30:]]))
    assert await plain(parser) == "Paris"
    assert await streamed(parser) == "Paris"
    assert await streamed(parser) == "Paris"
    sent = mock.get_requests()
    assert [request.headers["authorization"] for request in sent] == [f"Bearer {KEY}"] * 3


@both_parsers
@options(assert_all_requests_were_expected=False)
async def test_what_nothing_answers_reaches_nobody(mock: Any, parser: Parser) -> None:
    for call in plain, streamed:
        with pytest.raises(RequestTimeout) as raised:
            await call(parser)
        assert "No response can be found for POST request" in str(raised.value.__cause__)


@pytest.mark.loopback
@both_parsers
@options(should_mock=lambda request: request.url.host != "127.0.0.1")
async def test_what_it_lets_pass_goes_over_our_connections(
    mock: Any, parser: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    with service(monkeypatch) as server:
        async with client(parser) as openrouter:
            for _ in range(3):
                assert (await openrouter.chat.create("Hi", model="acme/model")).text == "Paris"
        assert await streamed(parser) == "Paris"
        assert len(server.requests) == 4
        assert server.connections == 2
    assert mock.get_requests() == []


@both_parsers
async def test_a_failure_it_plays_is_ours(mock: Any, parser: Parser) -> None:
    mock.add_exception(httpx.ReadTimeout("too slow"))
    with pytest.raises(RequestTimeout, match="sent no answer within the headers clock"):
        await plain(parser)


@pytest.mark.skipif(BASE != "httpx", reason="the page shows the form for httpx")
def test_the_example_of_the_page(tmp_path: Path) -> None:
    write_example("pytest-httpx", tmp_path)
    run_example(tmp_path)


BESIDE_THE_EMULATOR = f"""
import httpx
import pytest

MODEL = "openai/gpt-4o-mini"


async def test_the_emulator_is_reached_and_all_else_is_mocked(openrouter_client, openrouter_emulator, {BASE}_mock):
    openrouter_emulator.reply("Paris")
    {BASE}_mock.add_response(url="https://example.com/", text="mocked")
    async with openrouter_client(default_model=MODEL) as client:
        assert (await client.chat.create("The capital of France?")).text == "Paris"
    import {BASE}
    assert {BASE}.get("https://example.com/").text == "mocked"


@pytest.mark.{BASE}_mock(should_mock=lambda request: True)
async def test_a_test_says_itself_what_is_mocked(openrouter_client, openrouter_emulator, {BASE}_mock):
    {BASE}_mock.add_response(json={{"choices": [{{"message": {{"content": "mocked"}}}}]}})
    async with openrouter_client(default_model=MODEL) as client:
        assert (await client.chat.create("The capital of France?")).text == "mocked"
    assert openrouter_emulator.requests == []
"""


def test_the_emulator_of_our_own_plugin_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "test_beside.py").write_text(BESIDE_THE_EMULATOR.replace("import httpx\n", "", 1))
    done = run_pytest(tmp_path, "-o", "asyncio_mode=auto")
    assert "2 passed" in done.stdout, done.stdout + done.stderr
