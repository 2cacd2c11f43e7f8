"""Resumable relays over real sockets: readers leave, come back and join, and get each event once."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from openrouter_async import AsyncOpenRouter, ConfigurationError, Retries, tool
from openrouter_async.server import (
    MemoryStreams,
    RelayOutcome,
    client_of,
    openrouter_lifespan,
    relay,
    resume_routes,
)
from openrouter_async.testing import Emulator, Fault, tool_call
from tests.server.router_client import events
from tests.server.serving import serve
from tests.server.waiting import wait_for
from tests.support.emulated import MODEL
from tests.support.plain_http import PLAIN

WORDS = [f"word{number} " for number in range(20)]


class Application:
    """An application with a resumable route, and what its `on_end` was told."""

    def __init__(self, emulator: Emulator, store: Any = None, **settings: Any) -> None:
        self.store = MemoryStreams() if store is None else store
        self.outcomes: list[RelayOutcome] = []
        self.settings = settings
        self.stream: Callable[[AsyncOpenRouter], Any] = lambda client: client.chat.stream("Hello")
        client = AsyncOpenRouter(
            emulator.key, base_url=emulator.base_url, default_model=MODEL, retries=Retries(attempts=1)
        )
        self.app = Starlette(
            routes=[Route("/chat/{id}", self._chat, methods=["POST"]), *resume_routes(self.store)],
            lifespan=openrouter_lifespan(client),
        )

    async def _chat(self, request: Request) -> Response:
        async def on_end(outcome: RelayOutcome) -> None:
            self.outcomes.append(outcome)

        settings = {"grace": 20.0, **self.settings}
        stream = self.stream(client_of(request))
        return relay(stream, resumable=self.store, id=request.path_params["id"], on_end=on_end, **settings)

    def ended(self, kind: str) -> RelayOutcome:
        wait_for(lambda: bool(self.outcomes))
        [outcome] = self.outcomes
        assert outcome.kind == kind
        return outcome


def post(url: str, id: str = "7") -> httpx.Response:
    return httpx.post(f"{url}/chat/{id}", timeout=30, verify=PLAIN)


def again(url: str, last: str | None = None, id: str = "7") -> httpx.Response:
    headers = {} if last is None else {"last-event-id": last}
    return httpx.get(f"{url}/chat/{id}/stream", headers=headers, timeout=30, verify=PLAIN)


def ids(text: str) -> list[str]:
    return re.findall(r"^id: (.*)$", text, re.MULTILINE)


def said(text: str) -> str:
    return "".join(data["text"] for name, data in events(text) if name == "text")


def read_until(answer: httpx.Response, wanted: str) -> str:
    """Read a response until it has said something; the rest is left."""
    text = ""
    for piece in answer.iter_text():
        text += piece
        if wanted in text:
            break
    return text


def whole_events(text: str) -> str:
    return text[: text.rindex("\n\n") + 2]


def test_the_first_reader_gets_what_a_plain_relay_sends(emulator: Emulator) -> None:
    emulator.reply("Hello ", "world")
    application = Application(emulator)
    with serve(application.app) as served:
        answer = post(served.url)
    assert answer.status_code == 200
    assert said(answer.text) == "Hello world"
    assert events(answer.text)[-1][0] == "finished"
    assert len(ids(answer.text)) == len(events(answer.text))
    outcome = application.ended("finished")
    assert outcome.result.text == "Hello world"
    assert outcome.cost == emulator.spent


def test_from_every_event_on_the_rest_comes_once(emulator: Emulator) -> None:
    emulator.reply(*WORDS)
    with serve(Application(emulator).app) as served:
        whole = post(served.url).text
        blocks = [block + "\n\n" for block in whole.split("\n\n") if block]
        for number, id in enumerate(ids(whole)[:-1]):
            rest = again(served.url, id)
            assert rest.status_code == 200
            assert rest.text == "".join(blocks[number + 1 :])
        assert again(served.url, ids(whole)[-1]).status_code == 204, "nothing is missing"
        assert again(served.url).status_code == 204, "nothing runs"
        assert again(served.url, "0123456789abcdef-3").status_code == 204, "it is no event of this stream"
    assert len(emulator.requests) == 1


def test_readers_come_back_and_join_while_one_request_runs(emulator: Emulator) -> None:
    """The first leaves after two words; one comes back where it was, another reads from the beginning."""
    emulator.reply(*WORDS, fault=Fault.latency(1.0, after=6))
    application = Application(emulator)
    with serve(application.app) as served:
        with httpx.stream("POST", f"{served.url}/chat/7", timeout=30, verify=PLAIN) as answer:
            first = whole_events(read_until(answer, "word1 "))
        rest = again(served.url, ids(first)[-1])
        assert said(first + rest.text) == "".join(WORDS)
        assert application.ended("finished").result.text == "".join(WORDS)
    assert len(emulator.requests) == 1
    assert emulator.requests[0].disconnected_at is None


def test_a_second_reader_gets_all_of_a_stream_that_runs(emulator: Emulator) -> None:
    emulator.reply(*WORDS, fault=Fault.latency(1.0, after=6))
    with (
        serve(Application(emulator).app) as served,
        httpx.stream("POST", f"{served.url}/chat/7", timeout=30, verify=PLAIN) as answer,
    ):
        first = read_until(answer, "word1 ")
        second = again(served.url)
        assert second.status_code == 200
        assert said(second.text) == "".join(WORDS)
        assert first
    assert len(emulator.requests) == 1


def test_it_ends_upstream_when_nobody_has_read_it_for_a_while(emulator: Emulator) -> None:
    emulator.reply(*WORDS, fault=Fault.stall(after=5))
    application = Application(emulator, grace=0.3)
    with serve(application.app) as served:
        with httpx.stream("POST", f"{served.url}/chat/7", timeout=30, verify=PLAIN) as answer:
            read_until(answer, "word1 ")
        outcome = application.ended("left")
        wait_for(lambda: emulator.requests[0].disconnected_at is not None)
    assert outcome.result is None
    assert outcome.partial.text.startswith("word0 word1 ")


def test_it_runs_on_as_long_as_one_reads(emulator: Emulator) -> None:
    emulator.reply(*WORDS, fault=Fault.latency(2.5, after=5))
    application = Application(emulator, grace=0.2)
    with serve(application.app) as served:
        assert said(post(served.url).text) == "".join(WORDS)
    application.ended("finished")


def test_a_stop_from_another_request_ends_it_for_all(emulator: Emulator) -> None:
    emulator.reply(*WORDS, fault=Fault.stall(after=5))
    application = Application(emulator)
    with (
        serve(application.app) as served,
        httpx.stream("POST", f"{served.url}/chat/7", timeout=30, verify=PLAIN) as answer,
    ):
        pieces = answer.iter_text()
        text = ""
        while "word1 " not in text:
            text += next(pieces)
        assert httpx.delete(f"{served.url}/chat/7/stream", verify=PLAIN).status_code == 204
        text += "".join(pieces)
        name, error = events(text)[-1]
        assert (name, error["type"], error["code"]) == ("error", "Stopped", 499)
        assert error["partial"]["text"] == said(text)
        assert application.ended("stopped").partial.text == said(text)
        assert httpx.delete(f"{served.url}/chat/7/stream", verify=PLAIN).status_code == 404
        assert emulator.requests[0].disconnected_at is not None


def test_a_new_stream_takes_the_place_of_the_one_before(emulator: Emulator) -> None:
    emulator.reply(*WORDS, fault=Fault.stall(after=5))
    emulator.reply("New.")
    application = Application(emulator)
    with (
        serve(application.app) as served,
        httpx.stream("POST", f"{served.url}/chat/7", timeout=30, verify=PLAIN) as answer,
    ):
        pieces = answer.iter_text()
        text = next(pieces)
        assert said(post(served.url).text) == "New."
        text += "".join(pieces)
        assert events(text)[-1][1]["type"] == "Stopped"
        assert events(again(served.url, ids(text)[0]).text)[-1][1]["type"] == "Stopped", "its own stream"
    assert sorted(outcome.kind for outcome in application.outcomes) == ["finished", "stopped"]


def test_a_failure_before_the_first_piece_is_a_status(emulator: Emulator) -> None:
    emulator.fail(402, "No credits")
    application = Application(emulator)
    with serve(application.app) as served:
        answer = post(served.url)
    assert (answer.status_code, answer.json()["error"]["type"]) == (402, "InsufficientCredits")
    assert "No credits" in str(application.ended("failed").error)


def test_a_failure_in_the_midst_is_an_event_for_all(emulator: Emulator) -> None:
    emulator.reply("Hello ", "world", fault=Fault.error_event(502, "Provider died", after=3))
    application = Application(emulator)
    with serve(application.app) as served:
        text = post(served.url).text
        rest = again(served.url, ids(text)[0]).text
    for each in (text, rest):
        name, error = events(each)[-1]
        assert (name, error["type"], error["partial"]["text"]) == ("error", "ProviderError", "Hello world")
    assert application.ended("failed").partial.text == "Hello world"


def test_a_stop_of_the_server_is_an_error_and_reaches_the_application(emulator: Emulator) -> None:
    emulator.reply(*WORDS, fault=Fault.stall(after=5))
    application = Application(emulator)
    with serve(application.app, grace_s=0) as served:
        with httpx.stream("POST", f"{served.url}/chat/7", timeout=30, verify=PLAIN) as answer:
            pieces = answer.iter_text()
            text = next(pieces)
            served.ask_to_stop()
            text += "".join(pieces)
        assert events(text)[-1][1]["type"] == "ServerStopping"
        assert events(text)[-1][1]["partial"]["text"] == said(text)
    assert application.ended("shut_down").partial.text == said(text)
    assert emulator.requests[0].wait_until_over(30)
    assert emulator.requests[0].disconnected_at is not None


def test_a_fault_of_the_application_is_logged_and_told(
    emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(reply: Any) -> None:
        raise RuntimeError("the password is 1234")

    emulator.reply("Hello")
    application = Application(emulator, on_finish=fail)
    with serve(application.app) as served:
        text = post(served.url).text
    assert events(text)[-1] == ("error", {"message": "internal error", "code": 500, "type": "InternalError"})
    assert "the password is 1234" in caplog.text
    assert application.ended("failed").result.text == "Hello"


def test_an_answer_that_is_too_large_ends(emulator: Emulator) -> None:
    emulator.reply(*WORDS)
    application = Application(emulator, MemoryStreams(max_events=5))
    with serve(application.app) as served:
        text = post(served.url).text
    assert events(text)[-1][1]["type"] == "StreamTooLarge"
    assert application.ended("failed").partial.text.startswith("word0 ")


def test_an_answer_for_which_the_store_has_no_room_ends(emulator: Emulator) -> None:
    emulator.reply(*WORDS, fault=Fault.stall(after=8))
    application = Application(emulator, MemoryStreams(max_total_bytes=200))
    with serve(application.app) as served:
        text = post(served.url).text
        assert events(text)[-1][1]["type"] == "StreamTooLarge"
    assert application.ended("failed").partial.text.startswith("word0 ")


def test_too_many_streams_are_refused(emulator: Emulator) -> None:
    emulator.reply(*WORDS, fault=Fault.stall(after=5))
    application = Application(emulator, MemoryStreams(max_streams=1))
    with (
        serve(application.app) as served,
        httpx.stream("POST", f"{served.url}/chat/7", timeout=30, verify=PLAIN) as answer,
    ):
        next(answer.iter_text())
        refused = post(served.url, "8")
        assert (refused.status_code, refused.json()["error"]["type"]) == (503, "TooManyStreams")
        assert application.ended("failed").error is not None


@tool
def weather(city: str) -> str:
    """How the weather is in a city."""
    return f"rain in {city}"


@pytest.mark.parametrize("kind", ["run", "conversation"])
def test_runs_and_conversations_are_resumed(emulator: Emulator, kind: str) -> None:
    emulator.reply(tool_call("weather", city="Oslo"))
    emulator.reply("It ", "rains.")
    application = Application(emulator)

    def stream(client: AsyncOpenRouter) -> Any:
        if kind == "run":
            return client.chat.run_stream("Hello", tools=[weather])
        return client.conversation(tools=[weather]).stream("Hello")

    application.stream = stream
    with serve(application.app) as served:
        whole = post(served.url).text
        for number, id in enumerate(ids(whole)[:-1]):
            assert events(again(served.url, id).text) == events(whole)[number + 1 :]
    names = [name for name, _ in events(whole)]
    assert names[-1] == "finished"
    assert names.count("tool_result") == 1
    outcome = application.ended("finished")
    assert outcome.run is not None
    assert outcome.run.text == "It rains."


@pytest.mark.parametrize("format", ["ai-sdk", "ai-sdk-5", "openai", "messages", "responses", "text"])
def test_each_format_is_replayed_as_it_was(emulator: Emulator, format: Any) -> None:
    emulator.reply(*WORDS, fault=Fault.latency(1.0, after=6))
    application = Application(emulator, format=format)
    with (
        serve(application.app) as served,
        httpx.stream("POST", f"{served.url}/chat/7", timeout=30, verify=PLAIN) as answer,
    ):
        pieces = answer.iter_text()
        first = next(pieces)
        second = again(served.url)
        first += "".join(pieces)
        assert second.text == first
        assert second.headers["content-type"] == answer.headers["content-type"]
    assert all(word in first for word in WORDS)


def test_text_that_breaks_off_does_not_end_cleanly(emulator: Emulator) -> None:
    emulator.reply("Hello ", "world", fault=Fault.error_event(after=3))
    with (
        serve(Application(emulator, format="text").app) as served,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        post(served.url)


def test_nothing_is_left_running(emulator: Emulator) -> None:
    emulator.reply(*WORDS)
    with serve(Application(emulator).app) as served:
        get_tasks = served.tasks
        before = get_tasks()
        for number in range(3):
            emulator.reply(*WORDS)
            post(served.url, str(number))
        wait_for(lambda: get_tasks() <= before)


def test_an_application_without_the_lifespan_is_told(emulator: Emulator) -> None:
    async def scenario() -> None:
        client = AsyncOpenRouter(emulator.key, base_url=emulator.base_url, default_model=MODEL)
        response = relay(client.chat.stream("Hello"), resumable=MemoryStreams(), id="1")
        with pytest.raises(ConfigurationError, match="lifespan=openrouter_lifespan"):
            await response({"type": "http", "path": "/"}, _never, _ignore)

    anyio.run(scenario)


async def _never() -> Any:
    await anyio.sleep_forever()


async def _ignore(message: Any) -> None:
    pass


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"id": "7"}, "without resumable"),
        ({"resumable": MemoryStreams()}, "resumable needs id"),
        ({"resumable": MemoryStreams(), "id": ""}, "id is ''"),
        ({"resumable": MemoryStreams(), "id": "x" * 301}, "1 to 300 characters"),
        ({"resumable": MemoryStreams(), "id": "7", "grace": 0}, "grace is 0"),
        ({"budget": "1.00"}, "budget is a str"),
    ],
)
def test_a_wrong_argument_is_named(emulator: Emulator, settings: Any, told: str) -> None:
    client = AsyncOpenRouter(emulator.key, base_url=emulator.base_url)
    with pytest.raises(ConfigurationError, match=told):
        relay(client.chat.stream("Hello"), **settings)
