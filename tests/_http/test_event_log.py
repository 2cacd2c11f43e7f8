"""The log of calls: its one logger, its levels, and its records, as the page about logging has them."""

from __future__ import annotations

import logging
import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from openrouter_async import AsyncOpenRouter, NotFound, Retries
from openrouter_async._http.observers import Attempt, Observer
from openrouter_async._sansio.request import RequestData
from openrouter_async.protocols import Sender
from tests.support.folders import ROOT
from tests.support.loopback import LoopbackServer, Reply, serve_responses

pytestmark = pytest.mark.loopback

PAGE = (Path(ROOT) / "docs" / "howto" / "logging.md").read_text("utf-8")
KEY = "sk-or-v1-logged"
GOOD = Reply(
    json={
        "id": "gen-1",
        "choices": [{"message": {"content": "Riddle"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11, "cost": 0.00001},
    }
)
BUSY = Reply(503, json={"error": {"message": "busy", "code": 503}})
GONE = Reply(404, json={"error": {"message": "no such model", "code": 404}})


async def log_of(
    caplog: pytest.LogCaptureFixture, *replies: Reply, level: int = logging.INFO, log_bodies: bool = False
) -> list[logging.LogRecord]:
    """Make a call for each of the last replies, and return the records of our logger."""
    caplog.set_level(level, "openrouter_async")
    with LoopbackServer(serve_responses(list(replies))) as server:
        async with AsyncOpenRouter(
            KEY,
            base_url=server.url,
            default_model="a/model",
            retries=Retries(attempts=2, base=0.001),
            log_bodies=log_bodies,
        ) as client:
            with suppress(NotFound):
                await client.chat.create("Xylophone")
    return [record for record in caplog.records if record.name == "openrouter_async"]


def shape(line: str) -> str:
    """Return a record with its times left out."""
    return re.sub(r"\d+\.\d{3} s", "… s", line)


async def test_an_id_of_the_service_moves_no_cursor(
    caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest
) -> None:
    if request.config.getoption("--httptools"):
        pytest.skip("httptools refuses a header with a control character")
    headers = {"x-generation-id": "gen-1\x1b[2J", "x-request-id": "r\x9b2J"}
    done = (await log_of(caplog, replace(GOOD, headers=headers)))[-1].getMessage()
    assert r"'gen-1\x1b[2J', request 'r" in done
    assert done.isprintable()


async def test_records_read_as_on_the_page(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "openrouter_async")
    replies = [
        Reply(json={"data": []}, headers={"cf-ray": "8f1b-ARN"}),
        replace(BUSY, headers={"cf-ray": "8f1c-ARN"}),
        replace(GOOD, headers={"cf-ray": "8f2d-ARN", "x-generation-id": "gen-1762-a1b2"}),
    ]
    with LoopbackServer(serve_responses(replies)) as server:
        retries = Retries(attempts=2, base=0.001)
        async with (
            AsyncOpenRouter(KEY, base_url=server.url, default_model="a/model", retries=retries) as client,
            client.track("1.00"),
        ):
            await client.chat.create("Xylophone", max_tokens=10)
    records = [record for record in caplog.records if record.name == "openrouter_async"]
    told = [f"{record.levelname} {record.name} {record.getMessage()}" for record in records]
    (shown,) = re.findall(r"```\n(INFO .*?)\n```", PAGE, re.DOTALL)
    assert [shape(line) for line in told] == [shape(line) for line in shown.splitlines()]


async def test_a_failure_is_information_with_its_class(caplog: pytest.LogCaptureFixture) -> None:
    (record,) = await log_of(caplog, GONE)
    assert record.levelno == logging.INFO
    assert shape(record.getMessage()) == "chat.create failed: attempt 1, status 404, … s, NotFound"


async def test_the_beginning_of_a_request_is_for_debugging(caplog: pytest.LogCaptureFixture) -> None:
    records = await log_of(caplog, GOOD, level=logging.DEBUG)
    assert [(record.levelname, record.getMessage().partition(":")[0]) for record in records] == [
        ("DEBUG", "chat.create started"),
        ("INFO", "chat.create finished"),
    ]


@pytest.mark.parametrize("log_bodies", [False, True])
async def test_prompts_and_replies_are_logged_only_where_asked_and_the_key_never(
    log_bodies: bool, caplog: pytest.LogCaptureFixture
) -> None:
    records = await log_of(caplog, GOOD, level=logging.DEBUG, log_bodies=log_bodies)
    text = "\n".join(record.getMessage() for record in records)
    assert ("Xylophone" in text, "Riddle" in text) == (log_bodies, log_bodies)
    assert KEY not in text
    with_bodies = {record.levelno for record in records if "Xylophone" in record.getMessage()}
    assert with_bodies == ({logging.DEBUG} if log_bodies else set())


class Raising(Observer):
    """Fails at the end of each call."""

    def observe(self, _request: RequestData, _sender: Sender) -> Observer:
        return self

    def ended(self, _attempt: Attempt) -> None:
        raise LookupError("first" if self is FIRST else "second")


FIRST = Raising()


async def test_an_exception_that_gives_way_to_another_is_an_error(caplog: pytest.LogCaptureFixture) -> None:
    with LoopbackServer(serve_responses([GOOD])) as server:
        async with AsyncOpenRouter(KEY, base_url=server.url, default_model="a/model") as client:
            client._sender.transport.observers.extend([FIRST, Raising()])
            with pytest.raises(LookupError, match="first"):
                await client.chat.create("Hi")
    (record,) = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert "second" in str(record.exc_info)


def test_the_library_has_one_logger_and_adds_no_handler() -> None:
    """The emulator has one below it. Whoever runs the program decides where records go.

    The command `serve` is such a program, and leaves out lines of uvicorn.
    """
    assert logging.getLogger("openrouter_async").handlers == []
    sources = (Path(ROOT) / "src" / "openrouter_async").rglob("*.py")
    names = {name for path in sources for name in re.findall(r"getLogger\((.*?)\)", path.read_text("utf-8"))}
    assert names <= {'"openrouter_async"', '"openrouter_async.testing"', "_name", '"uvicorn.error"'}
