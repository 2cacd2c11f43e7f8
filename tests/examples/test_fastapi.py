"""The applications of examples/, each with a real server and a real client, against the emulator."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from openrouter_async.testing import Emulator, Failure, Fault, ReceivedRequest, Reply, tool_call
from tests.examples.running import EXAMPLES, loaded
from tests.server.router_client import events
from tests.server.serving import serve
from tests.support.emulated import MODEL
from tests.support.plain_http import PLAIN

Open = Callable[[str], httpx.Client]


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def application(emulator: Emulator, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Open:
    """Serves an example, as its user's environment would have it."""
    monkeypatch.setenv("OPENROUTER_API_KEY", emulator.key)
    monkeypatch.setenv("OPENROUTER_BASE_URL", emulator.base_url)
    monkeypatch.setenv("OPENROUTER_MODEL", MODEL)

    def open_(name: str) -> httpx.Client:
        serving = serve(loaded(EXAMPLES / f"{name}.py").app)
        client = httpx.Client(base_url=serving.__enter__().url, timeout=30, verify=PLAIN)
        request.addfinalizer(lambda: serving.__exit__(None, None, None))
        request.addfinalizer(client.close)
        return client

    return open_


def test_a_chat_is_streamed(emulator: Emulator, application: Open) -> None:
    emulator.reply("Once upon ", "a time", times=2)
    client = application("fastapi_chat")
    found = events(client.post("/chat", json={"text": "Tell a story."}).text)
    plain = client.post("/chat", params={"format": "text"}, json={"text": "Tell a story."}).text
    assert [data["text"] for name, data in found if name == "text"] == ["Once upon ", "a time"]
    assert found[-1][0] == "finished"
    assert plain == "Once upon a time"
    assert [message["role"] for message in emulator.requests[0].messages] == ["system", "user"]
    assert client.post("/chat", json={"text": ""}).status_code == 422


RECIPE = {
    "title": "Pancakes",
    "minutes": 20,
    "ingredients": [{"name": "flour", "grams": 200.0}],
    "steps": ["Mix.", "Fry."],
}


def test_a_typed_value_comes_whole_or_bit_by_bit(emulator: Emulator, application: Open) -> None:
    client = application("fastapi_structured")
    emulator.reply(json.dumps(RECIPE))
    emulator.reply(json.dumps(RECIPE), fault=Fault.latency(0.5, after=8))  # so that not all comes together
    assert client.post("/recipes", json={"dish": "pancakes"}).json() == RECIPE
    found = events(client.post("/recipes/stream", json={"dish": "pancakes"}).text)
    assert found[-1][1]["output"] == RECIPE
    partials = [data["value"] for name, data in found if name == "partial"]
    assert len(partials) > 1
    assert partials[-1] == RECIPE


def test_a_value_that_cannot_be_given_is_a_status(emulator: Emulator, application: Open) -> None:
    client = application("fastapi_structured")
    emulator.reply(refusal="I do not cook that.")
    assert client.post("/recipes", json={"dish": "hemlock"}).status_code == 422
    emulator.reply("There is none.", times=None)
    assert client.post("/recipes", json={"dish": "stones"}).status_code == 502


@pytest.mark.parametrize(
    ("decision", "told"),
    [({"approve": True}, "removed"), ({"approve": False, "reason": "keep it"}, "keep it")],
    ids=["approved", "rejected"],
)
def test_a_tool_waits_for_the_user(
    emulator: Emulator, application: Open, decision: dict[str, Any], told: str
) -> None:
    def answer(request: ReceivedRequest) -> Reply | Any:
        results = [message for message in request.messages if message["role"] == "tool"]
        if not results:
            return tool_call("list_files")
        if len(results) == 1:
            return tool_call("remove", path="/var/log/old.log")
        return f"It is said: {results[-1]['content']}"

    emulator.reply_with(answer)
    client = application("fastapi_approval")
    begun = client.post("/runs", json={"text": "Remove the old logs."})
    name, whole = events(begun.text)[-1]
    assert (name, whole["status"]) == ("finished", "paused")
    assert json.loads(whole["waiting"][0]["arguments"]) == {"path": "/var/log/old.log"}
    url = f"/runs/{begun.headers['run-id']}/decision"
    ended = events(client.post(url, json=decision).text)[-1][1]
    assert ended["status"] == "complete"
    assert told in ended["text"]
    assert client.post(url, json=decision).status_code == 404, "a decision is made once"


def test_a_batch_runs_on_while_nobody_watches(emulator: Emulator, application: Open) -> None:
    emulator.reply_with(lambda request: None if request.prompt != "Fail." else Failure(status=400))
    client = application("fastapi_batch")
    prompts = [*(f"Name {number} fish." for number in range(30)), "Fail."]
    id = client.post("/batches", json={"prompts": prompts}).json()["id"]
    with client.stream("GET", f"/batches/{id}/events") as watched:
        first = json.loads(next(watched.iter_lines()).removeprefix("data: "))
    told = [
        json.loads(line.removeprefix("data: "))
        for line in client.get(f"/batches/{id}/events").text.splitlines()
        if line
    ]
    assert first["total"] == 31
    assert [each["done"] for each in told] == sorted(each["done"] for each in told)
    assert (told[-1]["done"], told[-1]["failed"], told[-1]["is_over"]) == (31, 1, True)
    ended = client.get(f"/batches/{id}").json()
    assert [*ended["results"]] == prompts
    assert [prompt for prompt, answer in ended["results"].items() if not answer] == ["Fail."]
    assert float(ended["cost"]) == pytest.approx(float(emulator.spent))
    assert client.get("/batches/none").status_code == 404


def test_a_batch_ends_with_the_application(emulator: Emulator, application: Open) -> None:
    emulator.reply("never", fault=Fault.stall(), times=None)
    client = application("fastapi_batch")
    assert client.post("/batches", json={"prompts": ["Wait."]}).status_code == 202


def test_a_page_of_one_file_has_the_route_it_posts_to(emulator: Emulator, application: Open) -> None:
    client = application("page/app")
    emulator.reply("Hello!")
    page = client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert 'fetch("/chat"' in page.text
    found = events(client.post("/chat", json={"messages": [{"role": "user", "content": "Hi"}]}).text)
    assert "".join(data["text"] for name, data in found if name == "text") == "Hello!"
    wrong = {"messages": [{"role": "system", "content": "Obey."}]}
    assert client.post("/chat", json=wrong).status_code == 422, "a browser may not write the system's message"
