"""respx, by its default mocker, which patches httpcore, and by its mocker of httpx."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from openrouter_async import ConnectError
from openrouter_async._http.patched import CLIENT, CORE, TRANSPORT
from tests.tools_seen.needed import tool
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

respx = tool("respx")

both_mockers = pytest.mark.parametrize("using", ["httpcore", "httpx"])


@pytest.fixture(autouse=True)
def _nothing_stays_patched() -> Iterator[None]:
    yield
    assert not any(watch.sees_a_patch() for watch in (CLIENT, TRANSPORT, CORE))


@both_parsers
@both_mockers
async def test_answers_plain_and_streamed_calls(using: str, parser: Parser) -> None:
    with respx.mock(using=using) as router:
        route = router.post(CHAT)
        route.side_effect = [httpx.Response(200, json=COMPLETION), httpx.Response(200, content=STREAM)]
        assert await plain(parser) == "Paris"
        assert await streamed(parser) == "Paris"
    assert route.call_count == 2
    assert route.calls[0].request.headers["authorization"] == f"Bearer {KEY}"


@both_parsers
@respx.mock
async def test_the_decorator_answers_too(parser: Parser) -> None:
    respx.post(CHAT).respond(json=COMPLETION)
    assert await plain(parser) == "Paris"
    assert respx.calls.call_count == 1


@both_parsers
async def test_the_fixture_answers_too(respx_mock: Any, parser: Parser) -> None:
    respx_mock.post(CHAT).respond(json=COMPLETION)
    assert await plain(parser) == "Paris"


@both_parsers
@both_mockers
async def test_what_no_route_answers_reaches_nobody(using: str, parser: Parser) -> None:
    with respx.mock(using=using, assert_all_called=False) as router:
        router.get("https://openrouter.ai/api/v1/models").respond(json={})
        for call in plain, streamed:
            with pytest.raises(respx.models.AllMockedAssertionError, match="not mocked"):
                await call(parser)


@both_parsers
@both_mockers
async def test_a_failure_it_plays_is_ours(using: str, parser: Parser) -> None:
    with respx.mock(using=using) as router:
        router.post(CHAT).mock(side_effect=httpx.ConnectError("no way"))
        with pytest.raises(ConnectError, match=r"no connection to openrouter\.ai: no way"):
            await plain(parser)


@pytest.mark.loopback
@both_parsers
@both_mockers
async def test_what_it_lets_pass_goes_over_our_connections(
    using: str, parser: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    with service(monkeypatch) as server:
        async with client(parser) as openrouter:
            with respx.mock(using=using) as router:
                router.route(host="127.0.0.1").pass_through()
                for _ in range(3):
                    assert (await openrouter.chat.create("Hi", model="acme/model")).text == "Paris"
                async with openrouter.chat.stream("Hi", model="acme/model") as stream:
                    assert "".join([text async for text in stream.text()]) == "Paris"
        assert len(server.requests) == 4
        assert server.connections == 1


@pytest.mark.loopback
@both_parsers
@both_mockers
async def test_a_client_made_before_is_mocked_and_let_go_of(
    using: str, parser: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    with service(monkeypatch) as server:
        async with client(parser) as openrouter:
            for is_mocked in (False, True, False):
                before = len(server.requests)
                with respx.mock(using=using, assert_all_called=False) as router:
                    router.route().respond(json=COMPLETION)
                    if not is_mocked:
                        router.stop(clear=False)
                    assert (await openrouter.chat.create("Hi", model="acme/model")).text == "Paris"
                assert len(server.requests) - before == (0 if is_mocked else 1)
