"""What httpx and httpcore log of our requests, and what the frames of our errors hold, has no key in it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import httpx
import httpx2
import pytest

from openrouter_async import AsyncOpenRouter, OpenRouterError, Retries
from tests.support.loopback import Connection, LoopbackServer

pytestmark = pytest.mark.loopback

KEY = "a-key-of-no-known-form-0123456789"


def echo(connection: Connection) -> None:
    """Answer with the key in the reason phrase, in a header and in the body, which breaks off."""
    while (request := connection.read_request()) is not None:
        sent = request.headers["authorization"].encode()
        connection.send(
            b"HTTP/1.1 401 you sent "
            + sent
            + b"\r\nx-you-sent: "
            + sent
            + b"\r\ncontent-length: 900\r\n\r\n"
            + sent
        )
        connection.close()
        return


async def failure(**arguments: Any) -> OpenRouterError:
    with LoopbackServer(echo) as server:
        async with AsyncOpenRouter(
            KEY, base_url=server.url, retries=Retries(attempts=1), **arguments
        ) as client:
            with pytest.raises(OpenRouterError) as caught:
                await client.chat.create("Hello", model="a/b")
    return caught.value


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    names = [
        *(f"httpx{version}" for version in ("", "2")),
        *(f"httpcore{version}.{part}" for version in ("", "2") for part in ("connection", "http11")),
        "openrouter_async",
    ]
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        caplog.set_level(logging.DEBUG, name)
    yield caplog
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


@pytest.mark.parametrize("parser", ["h11", "httptools"])
async def test_no_log_of_another_library_repeats_the_key(
    parser: str, everything_logged: pytest.LogCaptureFixture, request: pytest.FixtureRequest
) -> None:
    await failure(http_parser=parser)
    assert KEY not in everything_logged.text
    if parser == "h11" and not request.config.getoption("--httptools"):
        assert "HTTP Request: POST" in everything_logged.text
        assert "you sent" in everything_logged.text


@pytest.mark.parametrize("library", [httpx, httpx2], ids=lambda library: library.__name__)
async def test_nor_does_the_log_of_a_client_that_was_given(
    library: ModuleType, everything_logged: pytest.LogCaptureFixture
) -> None:
    async with library.AsyncClient() as given:
        await failure(http_client=given)
    assert KEY not in everything_logged.text
    assert "receive_response_headers.complete" in everything_logged.text
    assert library.__name__ in {record.name for record in everything_logged.records}


@pytest.mark.parametrize("parser", ["h11", "httptools"])
async def test_no_frame_below_the_call_keeps_what_was_read(parser: str) -> None:
    error: BaseException | None = await failure(http_parser=parser)
    seen = []
    while error is not None:
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_globals["__name__"] != __name__:
                seen.append(trace.tb_frame.f_code.co_name)
                assert KEY not in repr(list(trace.tb_frame.f_locals.values()))
            trace = trace.tb_next
        error = error.__cause__ or error.__context__
    assert "run" in seen
