"""`relay` in a handler, over real sockets: the emulator behind it, a browser's side in front of it."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import httpx
import pytest
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from openrouter_async import AsyncOpenRouter, ConfigurationError, Retries, tool
from openrouter_async.server import client_of, openrouter_lifespan, relay
from openrouter_async.server.relays import response
from openrouter_async.testing import Emulator, Fault, tool_call
from tests.server.router_client import events
from tests.server.serving import serve
from tests.server.waiting import wait_for
from tests.support.emulated import MODEL
from tests.support.emulated import client_of as client_of_emulator
from tests.support.plain_http import PLAIN

UNTIL_CANCELLED_S = 10.0
"""Seconds after which the service must see that the browser has gone."""

Handler = Callable[[AsyncOpenRouter, Request], Awaitable[Response]]


def application(emulator: Emulator, handler: Handler) -> Starlette:
    """Return an application with one route, `/`, whose handler gets a client."""
    client = AsyncOpenRouter(emulator.key, base_url=emulator.base_url, default_model=MODEL)

    async def endpoint(request: Request) -> Response:
        return await handler(client_of(request), request)

    return Starlette(routes=[Route("/", endpoint)], lifespan=openrouter_lifespan(client))


def get(url: str) -> httpx.Response:
    return httpx.get(url, timeout=30, verify=PLAIN)


async def chat(client: AsyncOpenRouter, request: Request) -> Response:
    return relay(client.chat.stream("Hello"))


def test_events_are_named_and_end_with_the_whole(emulator: Emulator) -> None:
    emulator.reply("Hello ", "world", reasoning="Greet.", provider="Emulated")
    with serve(application(emulator, chat)) as served:
        answer = get(served.url)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    found = events(answer.text)
    assert [data["text"] for name, data in found if name == "text"] == ["Hello ", "world"]
    assert "".join(data["text"] for name, data in found if name == "reasoning") == "Greet."
    name, whole = found[-1]
    assert name == "finished"
    assert (whole["text"], whole["reasoning"], whole["model"]) == ("Hello world", "Greet.", MODEL)
    assert (whole["finish_reason"], whole["provider"]) == ("stop", "Emulated")
    assert whole["usage"] == next(data for name, data in found if name == "usage")
    assert whole["generation_id"].startswith("gen-")


def test_no_proxy_is_let_to_hold_pieces_back(emulator: Emulator) -> None:
    emulator.reply("Hello")
    with serve(application(emulator, chat)) as served:
        headers = get(served.url).headers
    assert headers["cache-control"] == "no-cache, no-transform"
    assert headers["x-accel-buffering"] == "no"
    assert "content-length" not in headers


def test_a_piece_is_sent_when_it_comes(emulator: Emulator) -> None:
    """The second is held back until the first has been read on the other side."""
    emulator.reply("first", "second", fault=Fault.stall(after=2))
    with (
        serve(application(emulator, chat)) as served,
        httpx.stream("GET", served.url, timeout=30, verify=PLAIN) as answer,
    ):
        lines = answer.iter_lines()
        assert [next(lines), next(lines)] == ["event: text", 'data: {"text":"first"}']


def test_a_failure_before_the_first_piece_is_a_status(emulator: Emulator) -> None:
    emulator.fail(429, "Slow down", retry_after=7, times=None)

    async def handler(client: AsyncOpenRouter, request: Request) -> Response:
        return relay(client.chat.stream("Hello", options={"retries": Retries(attempts=1)}))

    with serve(application(emulator, handler)) as served:
        answer = get(served.url)
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "7"
    error = answer.json()["error"]
    assert (error["code"], error["type"]) == (429, "RateLimited")
    assert "Slow down" in error["message"]
    assert error["advice"]


@pytest.mark.parametrize("form", ["events", "openai", "ai-sdk"])
def test_who_speaks_is_no_first_piece(emulator: Emulator, form: Any) -> None:
    emulator.reply("Hello", fault=Fault.error_event(502, "Provider died", after=1))

    async def handler(client: AsyncOpenRouter, request: Request) -> Response:
        return relay(client.chat.stream("Hello", options={"retries": Retries(attempts=1)}), format=form)

    with serve(application(emulator, handler)) as served:
        assert get(served.url).status_code == 502
    assert emulator.requests[0].events_sent > 1


def test_a_failure_after_it_is_an_event_that_keeps_what_came(emulator: Emulator) -> None:
    emulator.reply("Hello ", "world", fault=Fault.error_event(502, "Provider died", after=3))
    with serve(application(emulator, chat)) as served:
        answer = get(served.url)
    assert answer.status_code == 200
    name, error = events(answer.text)[-1]
    assert name == "error"
    assert (error["code"], error["type"]) == (502, "ProviderError")
    assert "Provider died" in error["message"]
    assert error["partial"]["text"] == "Hello world"


def test_the_ai_sdk_is_told_at_the_end_what_was_used(emulator: Emulator) -> None:
    emulator.reply("Hello", usage={"cost": 0.5})

    async def handler(client: AsyncOpenRouter, request: Request) -> Response:
        return relay(client.chat.stream("Hello"), format="ai-sdk")

    with serve(application(emulator, handler)) as served:
        lines = get(served.url).text.splitlines()
    told = [json.loads(line[6:]) for line in lines if line.startswith("data: {")]
    assert told[-1]["type"] == "finish"
    assert told[-1]["messageMetadata"]["usage"]["cost"] == "0.5"


def test_a_late_first_piece_does_not_hold_back_the_head(emulator: Emulator) -> None:
    """After `start_after` the status is sent; what fails then is told in the stream."""
    emulator.reply("late", fault=Fault.stall(after=0))

    async def handler(client: AsyncOpenRouter, request: Request) -> Response:
        return relay(client.chat.stream("Hello"), start_after=0.05, keepalive=0.05)

    with (
        serve(application(emulator, handler)) as served,
        httpx.stream("GET", served.url, timeout=30, verify=PLAIN) as answer,
    ):
        assert answer.status_code == 200
        lines = answer.iter_lines()
        assert next(lines) == ": keep-alive"


def test_signs_of_life_are_written_between_pieces(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept = 0

    async def counted(seconds: float) -> None:
        nonlocal slept
        slept += 1
        await anyio.sleep(seconds)

    monkeypatch.setattr(response, "sleep", counted)
    emulator.reply("first", "second", fault=Fault.latency(0.5, after=2))

    async def handler(client: AsyncOpenRouter, request: Request) -> Response:
        return relay(client.chat.stream("Hello"), start_after=0.01, keepalive=0.05)

    with serve(application(emulator, handler)) as served:
        text = get(served.url).text
    between = text.split('{"text":"first"}')[1].split("event: text")[0]
    assert between.count(": keep-alive") >= 2
    assert 0 < slept <= text.count(": keep-alive") + len(events(text)) + 2, "it sleeps until the next is due"
    assert events(text)[-1][1]["text"] == "firstsecond"


@pytest.mark.parametrize(
    "stalled_after", [None, 0, 3], ids=["before the head", "before a piece", "in the midst"]
)
def test_W10_a_browser_that_goes_away_ends_the_request_upstream(
    emulator: Emulator, stalled_after: int | None
) -> None:
    emulator.reply("Hello ", "world", fault=Fault.stall(after=stalled_after))
    with serve(application(emulator, chat)) as served:
        connection = socket.create_connection(("127.0.0.1", served.port), timeout=20)
        connection.sendall(b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
        if stalled_after == 3:
            text = b""
            while b"world" not in text:
                text += connection.recv(65536)
        else:
            wait_for(lambda: len(emulator.requests) == 1)
        gone_at = time.monotonic()
        connection.close()
        wait_for(lambda: emulator.requests[0].disconnected_at is not None)
        assert emulator.requests[0].disconnected_at - gone_at < UNTIL_CANCELLED_S  # type: ignore[operator]  # just seen


@pytest.mark.slow
def test_a_browser_that_takes_nothing_ends_the_request_upstream(emulator: Emulator) -> None:
    """Its buffers are full, and the upstream call would be held for as long as it likes."""
    emulator.reply(*["x" * 60_000] * 400)

    async def handler(client: AsyncOpenRouter, request: Request) -> Response:
        return relay(client.chat.stream("Hello"), write_timeout=0.2)

    with serve(application(emulator, handler)) as served:
        connection = socket.create_connection(("127.0.0.1", served.port), timeout=20)
        connection.sendall(b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
        wait_for(lambda: bool(emulator.requests) and emulator.requests[0].disconnected_at is not None)
        connection.close()


class City(BaseModel):
    name: str
    people: int


def test_a_value_is_relayed_while_it_is_written(emulator: Emulator) -> None:
    fault = Fault.latency(0.2, after=4)  # a snapshot comes with each read
    emulator.reply('{"name": "Os', 'lo", "people": 7', "00000}", reasoning="Think.", fault=fault)

    async def handler(client: AsyncOpenRouter, request: Request) -> Response:
        return relay(client.chat.stream("A city", output=City))

    with serve(application(emulator, handler)) as served:
        found = events(get(served.url).text)
    partials = [data["value"] for name, data in found if name == "partial"]
    # What arrives together is one partial, so on a busy machine the first may be more than the first piece.
    assert partials[0] in ({"name": "Os"}, {"name": "Oslo", "people": 7}, partials[-1])
    assert len(partials) <= 3
    assert partials[-1] == {"name": "Oslo", "people": 700000}
    assert [name for name, _ in found if name == "text"] == []
    assert "".join(data["text"] for name, data in found if name == "reasoning") == "Think."
    assert found[-1][1]["output"] == {"name": "Oslo", "people": 700000}


def test_a_value_that_does_not_fit_is_an_error_with_the_reply(emulator: Emulator) -> None:
    emulator.reply('{"name": "Oslo"}')

    async def handler(client: AsyncOpenRouter, request: Request) -> Response:
        return relay(client.chat.stream("A city", output=City))

    with serve(application(emulator, handler)) as served:
        name, error = events(get(served.url).text)[-1]
    assert (name, error["type"]) == ("error", "SchemaMismatch")
    assert error["partial"]["text"] == '{"name": "Oslo"}'


@tool
def weather(city: str) -> str:
    """How the weather is in a city."""
    return f"rain in {city}"


@tool(needs_approval=True)
def remove(path: str) -> str:
    """Remove a file."""
    return f"removed {path}"


async def run_tools(client: AsyncOpenRouter, request: Request) -> Response:
    return relay(client.chat.run_stream("Hello", tools=[weather, remove]))


def test_a_run_is_relayed_with_its_tools(emulator: Emulator) -> None:
    emulator.reply(tool_call("weather", city="Oslo"))
    emulator.reply("It rains.")
    with serve(application(emulator, run_tools)) as served:
        found = events(get(served.url).text)
    names = [name for name, _ in found]
    data = dict(found)
    call = data["tool_call"]
    assert json.loads(call["arguments"]) == {"city": "Oslo"}
    assert "".join(each["fragment"] for name, each in found if name == "tool_call_delta") == call["arguments"]
    assert data["tool_result"] | {"seconds": 0} == {
        "id": call["id"],
        "name": "weather",
        "content": "rain in Oslo",
        "is_error": False,
        "seconds": 0,
    }
    assert names.index("tool_call") < names.index("tool_started") < names.index("tool_result")
    assert names.count("step_finished") == 2
    assert names[-1] == "finished"
    assert names.count("finished") == 1, "the end of a turn is not the end of the run"
    whole = data["finished"]
    assert (whole["text"], whole["status"], whole["steps"]) == ("It rains.", "complete", 2)
    assert whole["usage"]["cost"] == str(emulator.spent)


def test_a_run_that_waits_for_a_decision_says_for_which(emulator: Emulator) -> None:
    emulator.reply(tool_call("remove", path="/tmp/x"))
    with serve(application(emulator, run_tools)) as served:
        _, whole = events(get(served.url).text)[-1]
    assert whole["status"] == "paused"
    [waiting] = whole["waiting"]
    assert (waiting["name"], waiting["arguments"], waiting["wants"]) == (
        "remove",
        '{"path": "/tmp/x"}',
        "approval",
    )


def test_the_whole_is_given_to_the_handler(emulator: Emulator) -> None:
    kept = []

    async def keep(reply: Any) -> None:
        kept.append(reply.text)

    async def handler(client: AsyncOpenRouter, request: Request) -> Response:
        return relay(client.chat.stream("Hello"), on_finish=keep)

    emulator.reply("Hello world")
    with serve(application(emulator, handler)) as served:
        get(served.url)
    assert kept == ["Hello world"]


def test_W11_a_fault_of_the_application_tells_nothing_of_itself(
    emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(reply: Any) -> None:
        raise RuntimeError("the password is 1234")

    async def handler(client: AsyncOpenRouter, request: Request) -> Response:
        return relay(client.chat.stream("Hello"), on_finish=fail)

    emulator.reply("Hello world")
    with serve(application(emulator, handler)) as served:
        text = get(served.url).text
    assert events(text)[-1] == ("error", {"message": "internal error", "code": 500, "type": "InternalError"})
    assert "1234" not in text
    assert "the password is 1234" in caplog.text, "whoever runs the server has to see it"


async def text_only(client: AsyncOpenRouter, request: Request) -> Response:
    return relay(client.chat.stream("Hello"), format="text")


def test_text_is_the_text_alone(emulator: Emulator) -> None:
    emulator.reply("Grüße, ", "Welt", reasoning="Greet.")
    with serve(application(emulator, text_only)) as served:
        answer = get(served.url)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.content.decode() == "Grüße, Welt"


def test_text_that_breaks_off_does_not_end_cleanly(emulator: Emulator) -> None:
    emulator.reply("Hello ", "world", fault=Fault.error_event(after=3))
    with serve(application(emulator, text_only)) as served, pytest.raises(httpx.RemoteProtocolError):
        get(served.url)


@pytest.mark.parametrize(
    ("name", "value"), [("format", "xml"), ("start_after", 0), ("keepalive", -1), ("write_timeout", "1")]
)
def test_a_wrong_argument_is_named(emulator: Emulator, name: str, value: Any) -> None:
    client = AsyncOpenRouter(emulator.key, base_url=emulator.base_url)
    with pytest.raises(ConfigurationError, match=f"{name} is {value!r}"):
        relay(client.chat.stream("Hello"), **{name: value})


@pytest.mark.loopback
async def test_it_knows_no_event_loop(emulator: Emulator) -> None:
    """As a server under trio would call it."""
    emulator.reply("Hello ", "world")
    sent: list[Any] = []

    async def receive() -> Any:
        await anyio.sleep_forever()

    async def send(message: Any) -> None:
        sent.append(message)

    async with client_of_emulator(emulator) as client:
        await relay(client.chat.stream("Hello"), format="text")({"type": "http"}, receive, send)
    assert sent[0]["status"] == 200
    assert b"".join(message.get("body", b"") for message in sent) == b"Hello world"
    assert sent[-1]["more_body"] is False
