"""pytest-httpx, which patches httpx's transport."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from openrouter_async import RequestTimeout
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

pytest_httpx = tool("pytest_httpx")


@both_parsers
async def test_answers_plain_and_streamed_calls(httpx_mock: Any, parser: Parser) -> None:
    httpx_mock.add_response(method="POST", url=CHAT, json=COMPLETION)
    httpx_mock.add_response(method="POST", url=CHAT, content=STREAM)
    httpx_mock.add_response(
        method="POST", url=CHAT, stream=pytest_httpx.IteratorStream([STREAM[:30], STREAM[30:]])
    )
    assert await plain(parser) == "Paris"
    assert await streamed(parser) == "Paris"
    assert await streamed(parser) == "Paris"
    sent = httpx_mock.get_requests()
    assert [request.headers["authorization"] for request in sent] == [f"Bearer {KEY}"] * 3


@both_parsers
@pytest.mark.httpx_mock(assert_all_requests_were_expected=False)
async def test_what_nothing_answers_reaches_nobody(httpx_mock: Any, parser: Parser) -> None:
    for call in plain, streamed:
        with pytest.raises(RequestTimeout) as raised:
            await call(parser)
        assert "No response can be found for POST request" in str(raised.value.__cause__)


@pytest.mark.loopback
@both_parsers
@pytest.mark.httpx_mock(should_mock=lambda request: request.url.host != "127.0.0.1")
async def test_what_it_lets_pass_goes_over_our_connections(
    httpx_mock: Any, parser: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    with service(monkeypatch) as server:
        async with client(parser) as openrouter:
            for _ in range(3):
                assert (await openrouter.chat.create("Hi", model="acme/model")).text == "Paris"
        assert await streamed(parser) == "Paris"
        assert len(server.requests) == 4
        assert server.connections == 2
    assert httpx_mock.get_requests() == []


@both_parsers
async def test_a_failure_it_plays_is_ours(httpx_mock: Any, parser: Parser) -> None:
    httpx_mock.add_exception(httpx.ReadTimeout("too slow"))
    with pytest.raises(RequestTimeout, match="sent no answer within the headers clock"):
        await plain(parser)


def test_the_example_of_the_page(tmp_path: Path) -> None:
    write_example("pytest-httpx", tmp_path)
    run_example(tmp_path)
