"""What `useChat` of Vercel's AI SDK sees: its own transport and reader, versions 5, 6 and 7, in Node."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from openrouter_async import AsyncOpenRouter, PausedRun, Retries, Run, tool
from openrouter_async.server import (
    chat_messages_of,
    client_of,
    openrouter_lifespan,
    relay,
    with_approvals,
)
from openrouter_async.testing import Answer, Emulator, Fault, ToolCall, tool_call
from tests.server.serving import serve
from tests.support.emulated import MODEL
from tests.support.strict_requests import faults

HERE = Path(__file__).parent
PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(16)).decode()
QUESTION = [{"id": "q1", "role": "user", "parts": [{"type": "text", "text": "The weather in Oslo?"}]}]


@pytest.fixture(params=["v5", "v6", "v7"])
def folder(request: pytest.FixtureRequest) -> Path:
    """The folder with one version of the package."""
    return folder_of(str(request.param))


@pytest.fixture(params=["v6", "v7"])
def approving(request: pytest.FixtureRequest) -> Path:
    """The folder with one version of the package that has tool approval."""
    return folder_of(str(request.param))


def folder_of(version: str) -> Path:
    place = HERE / version
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    if not (place / "node_modules" / "ai").is_dir():
        pytest.skip(
            f"the package ai is not installed; nox -s web, or npm ci in {place.relative_to(HERE.parents[2])}"
        )
    return place


@tool
def weather(city: str) -> dict[str, str]:
    """How the weather is in a city."""
    return {"sky": "rain", "city": city}


@tool
def broken(city: str) -> str:
    """Fails."""
    raise ValueError("no such city")


@tool(needs_approval=True)
def remove(path: str) -> str:
    """Remove a file."""
    return path


class City(BaseModel):
    name: str
    people: int


def read(
    folder: Path,
    emulator: Emulator,
    answer: Callable[[AsyncOpenRouter, list[dict[str, Any]]], Any],
    messages: list[Any] = QUESTION,
) -> dict[str, Any]:
    """Let the package send the messages and read the answer, and return what it saw."""

    async def endpoint(request: Request) -> Response:
        body = await request.json()
        return relay(
            answer(client_of(request), chat_messages_of(body["messages"])),
            format="ai-sdk-5" if folder.name == "v5" else "ai-sdk",
        )

    client = AsyncOpenRouter(
        emulator.key, base_url=emulator.base_url, default_model=MODEL, retries=Retries(attempts=1)
    )
    app = Starlette(routes=[Route("/", endpoint, methods=["POST"])], lifespan=openrouter_lifespan(client))
    with serve(app) as served:
        done = subprocess.run(
            ["node", str(HERE / "read.mjs"), str(folder), served.url, json.dumps(messages)],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def parts(seen: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [part for part in seen["message"]["parts"] if part["type"] == kind]


def test_text_and_reasoning_are_parts_that_end(folder: Path, emulator: Emulator) -> None:
    emulator.reply("It ", "rains.", reasoning="Look outside.", provider="Emulated")
    seen = read(folder, emulator, lambda client, messages: client.chat.stream(messages))
    assert seen["errors"] == []
    [reasoning], [text] = parts(seen, "reasoning"), parts(seen, "text")
    assert (reasoning["text"], reasoning["state"]) == ("Look outside.", "done")
    assert (text["text"], text["state"]) == ("It rains.", "done")
    assert [part["type"] for part in seen["message"]["parts"]] == ["step-start", "reasoning", "text"]
    assert {"text streaming", "reasoning streaming"} <= set(seen["states"])
    metadata = seen["message"]["metadata"]
    assert (metadata["finishReason"], metadata["provider"], metadata["model"]) == ("stop", "Emulated", MODEL)
    assert metadata["usage"]["cost"] == str(emulator.spent)
    assert seen["message"]["role"] == "assistant"


def test_a_tool_is_a_part_from_its_arguments_to_its_output(folder: Path, emulator: Emulator) -> None:
    emulator.reply("Let me look.", tool_call("weather", city="Oslo"))
    emulator.reply("It rains.")
    seen = read(folder, emulator, lambda client, messages: client.chat.run_stream(messages, tools=[weather]))
    assert seen["errors"] == []
    [part] = parts(seen, "tool-weather")
    assert (part["state"], part["input"]) == ("output-available", {"city": "Oslo"})
    assert part["output"] == {"sky": "rain", "city": "Oslo"}
    assert "tool-weather input-streaming" in seen["states"]
    kinds = [part["type"] for part in seen["message"]["parts"]]
    assert kinds == ["step-start", "text", "tool-weather", "step-start", "text"]
    assert [part["text"] for part in parts(seen, "text")] == ["Let me look.", "It rains."]
    assert seen["message"]["metadata"]["status"] == "complete"


THOUGHTS: dict[str, list[dict[str, Any]]] = {
    "signed text": [
        {
            "type": "reasoning.text",
            "text": "Hm.",
            "signature": "c2ln",
            "format": "anthropic-claude-v1",
            "index": 0,
        }
    ],
    "encrypted": [
        {"type": "reasoning.encrypted", "data": "x", "id": "c1", "format": "google-gemini-v1", "index": 0}
    ],
    "none, which is kept": [],
}


def thinking(details: list[dict[str, Any]], message: dict[str, Any]) -> Answer:
    said = {"role": "assistant", "content": None, "reasoning_details": details, **message}
    return Answer(body={"id": "gen-1", "model": MODEL, "choices": [{"index": 0, "message": said}]})  # type: ignore[dict-item]


@pytest.mark.parametrize("details", THOUGHTS.values(), ids=THOUGHTS)
@pytest.mark.parametrize("where", ["in the browser", "on the server", "nowhere"])
def test_reasoning_goes_back_with_its_reply(
    folder: Path, emulator: Emulator, details: list[dict[str, Any]], where: str
) -> None:
    """It goes to the browser and back, with a tool that the browser answers, and in the turn after a run."""
    call = {
        "id": "c1",
        "type": "function",
        "function": {"name": "weather", "arguments": '{"city":"Oslo"}'},
        "extra_content": {"google": {"thought_signature": "c2ln"}},
    }
    said: dict[str, Any] = {"content": "Hello."} if where == "nowhere" else {"tool_calls": [call]}
    emulator.script(thinking(details, said))

    def answer(client: AsyncOpenRouter, messages: list[dict[str, Any]]) -> Any:
        if where == "in the browser":
            return client.chat.stream(messages, tools=[weather.definition])
        return client.chat.run_stream(messages, tools=[weather])

    if where == "on the server":
        emulator.reply("It rains.")
    seen = read(folder, emulator, answer)
    assert seen["errors"] == []
    answered = seen["message"]
    if where == "in the browser":
        [part] = parts(seen, "tool-weather")
        part |= {"state": "output-available", "output": {"sky": "rain"}}
        messages = [*QUESTION, answered]
    else:
        more = {"id": "q2", "role": "user", "parts": [{"type": "text", "text": "And now?"}]}
        messages = [*QUESTION, answered, more]
    emulator.reply("So.")
    assert read(folder, emulator, answer, messages)["errors"] == []
    sent: Any = emulator.requests[-1].messages
    assert faults(sent) == []
    assert sent[1].get("reasoning_details") == details
    if where != "nowhere":
        assert sent[1]["tool_calls"] == [call]


def test_calls_of_two_steps_with_one_id_stay_apart(folder: Path, emulator: Emulator) -> None:
    """Providers begin anew to count with each reply."""
    emulator.reply(ToolCall("weather", '{"city": "Oslo"}', "call_0"))
    emulator.reply(ToolCall("weather", '{"city": "Bergen"}', "call_0"))
    emulator.reply("Both.")
    seen = read(folder, emulator, lambda client, messages: client.chat.run_stream(messages, tools=[weather]))
    outputs = [part["output"]["city"] for part in parts(seen, "tool-weather")]
    assert outputs == ["Oslo", "Bergen"]


def test_a_tool_that_fails_and_arguments_that_are_none(folder: Path, emulator: Emulator) -> None:
    emulator.reply(tool_call("broken", city="Oslo"), tool_call("weather", "no json"))
    emulator.reply("Sorry.")
    seen = read(
        folder, emulator, lambda client, messages: client.chat.run_stream(messages, tools=[weather, broken])
    )
    assert seen["errors"] == []
    for name in ("broken", "weather"):
        [part] = parts(seen, f"tool-{name}")
        assert (part["state"], bool(part["errorText"])) == ("output-error", True)
    assert "no such city" in parts(seen, "tool-broken")[0]["errorText"]


def test_a_failure_in_the_midst_is_an_error_and_keeps_what_came(folder: Path, emulator: Emulator) -> None:
    emulator.reply("It ", "rains.", fault=Fault.error_event(502, "Provider died", after=3))
    seen = read(folder, emulator, lambda client, messages: client.chat.stream(messages))
    [error] = seen["errors"]
    assert "Provider died" in error
    [text] = parts(seen, "text")
    assert (text["text"], text["state"]) == ("It rains.", "done")


def test_a_failure_before_the_first_piece_is_a_status(folder: Path, emulator: Emulator) -> None:
    emulator.fail(402, "No credits")
    seen = read(folder, emulator, lambda client, messages: client.chat.stream(messages))
    assert "No credits" in seen["refused"]


def test_a_value_in_the_making_is_one_data_part(folder: Path, emulator: Emulator) -> None:
    emulator.reply('{"name": "Os', 'lo", "people": 700000}')
    seen = read(folder, emulator, lambda client, messages: client.chat.stream(messages, output=City))
    [part] = parts(seen, "data-output")
    assert part["data"] == {"name": "Oslo", "people": 700000}
    assert parts(seen, "text") == []


def test_images_and_sources_are_parts(folder: Path, emulator: Emulator) -> None:
    page = {"url": "https://example.com/", "title": "Example"}
    url = f"data:image/png;base64,{PIXEL}"
    emulator.reply("Here.", images=[url], annotations=[{"type": "url_citation", "url_citation": page}])
    seen = read(folder, emulator, lambda client, messages: client.chat.stream(messages))
    assert parts(seen, "file") == [{"type": "file", "mediaType": "image/png", "url": url}]
    [source] = parts(seen, "source-url")
    assert (source["url"], source["title"]) == (page["url"], page["title"])


def test_a_call_that_waits_for_a_decision_is_a_data_part(folder: Path, emulator: Emulator) -> None:
    emulator.reply(tool_call("remove", path="/tmp/x"))
    seen = read(folder, emulator, lambda client, messages: client.chat.run_stream(messages, tools=[remove]))
    [waiting] = parts(seen, "data-waiting")
    assert (waiting["data"]["name"], waiting["data"]["wants"]) == ("remove", "approval")
    [call] = parts(seen, "tool-remove")
    assert call["state"] == ("input-available" if folder.name == "v5" else "approval-requested")
    assert seen["message"]["metadata"]["status"] == "paused"


def test_a_call_is_approved_by_the_package_itself(approving: Path, emulator: Emulator) -> None:
    emulator.reply("Shall I?", tool_call("remove", path="old.log"), reasoning="Hm.")
    emulator.reply("It is gone.")
    seen = approve(approving, emulator, approved=True)
    assert seen["errors"] == []
    assert seen["asked"] == 1
    assert len(seen["messages"]) == 2
    [part] = [part for part in seen["messages"][1]["parts"] if part["type"] == "tool-remove"]
    assert (part["state"], part["output"], part["input"]) == (
        "output-available",
        "old.log",
        {"path": "old.log"},
    )
    assert {"tool-remove approval-requested", "tool-remove approval-responded"} <= set(seen["states"])
    texts = [part["text"] for part in seen["messages"][1]["parts"] if part["type"] == "text"]
    assert texts == ["Shall I?", "It is gone."]
    assert faults(emulator.requests[-1].messages) == []
    assert emulator.requests[-1].messages[-1]["content"] == "old.log"
    assert emulator.unused == 0


def test_a_call_is_rejected_by_the_package_itself(approving: Path, emulator: Emulator) -> None:
    emulator.reply(tool_call("remove", path="old.log"))
    emulator.reply("It stays.")
    seen = approve(approving, emulator, approved=False, reason="not today")
    assert seen["errors"] == []
    [part] = [part for part in seen["messages"][1]["parts"] if part["type"] == "tool-remove"]
    assert part["state"] == "output-denied"
    assert part["approval"]["reason"] == "not today"
    told = "error: the call was not allowed: not today"
    assert emulator.requests[-1].messages[-1]["content"] == told
    assert chat_messages_of(seen["messages"])[2]["content"] == told
    assert faults(chat_messages_of(seen["messages"])[:-1]) == []


def approve(folder: Path, emulator: Emulator, *, approved: bool, reason: str = "") -> dict[str, Any]:
    """Let the package ask, decide about each call that waits, and ask again by itself; return what it saw."""
    kept: list[PausedRun] = []

    async def keep(run: Run[str]) -> None:
        kept.extend([run.paused] if run.paused else [])

    async def endpoint(request: Request) -> Response:
        body = await request.json()
        messages: Any = chat_messages_of(body["messages"])
        if kept:
            messages = with_approvals(PausedRun.from_json(kept.pop().model_dump_json()), body["messages"])
            assert messages.undecided == []
        run = client_of(request).chat.run_stream(messages, tools=[remove])
        return relay(run, format="ai-sdk", on_finish=keep)

    client = AsyncOpenRouter(emulator.key, base_url=emulator.base_url, default_model=MODEL)
    app = Starlette(routes=[Route("/", endpoint, methods=["POST"])], lifespan=openrouter_lifespan(client))
    with serve(app) as served:
        decision = ["yes" if approved else "no", reason]
        done = subprocess.run(
            ["node", str(HERE / "approve.mjs"), str(folder), served.url, "Remove the old log.", *decision],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def test_a_conversation_goes_on(folder: Path, emulator: Emulator) -> None:
    """What the package made of the first answer comes back with the next question, as models take it."""
    emulator.reply(tool_call("weather", city="Oslo"))
    emulator.reply("It rains.")
    first = read(folder, emulator, lambda client, messages: client.chat.run_stream(messages, tools=[weather]))
    picture = {"type": "file", "mediaType": "image/png", "url": f"data:image/png;base64,{PIXEL}"}
    again = {"id": "q2", "role": "user", "parts": [{"type": "text", "text": "Is this it?"}, picture]}
    emulator.reply("Yes.")
    read(
        folder,
        emulator,
        lambda client, messages: client.chat.stream(messages),
        [*QUESTION, first["message"], again],
    )
    sent = emulator.requests[-1].messages
    assert [message["role"] for message in sent] == ["user", "assistant", "tool", "assistant", "user"]
    call = sent[1]["tool_calls"][0]  # type: ignore[index]  # seen by the next line
    assert call["function"] == {"name": "weather", "arguments": '{"city":"Oslo"}'}
    assert sent[2] == {"role": "tool", "tool_call_id": call["id"], "content": '{"sky":"rain","city":"Oslo"}'}
    assert sent[3]["content"] == "It rains."
    assert sent[4]["content"] == [
        {"type": "text", "text": "Is this it?"},
        {"type": "image_url", "image_url": {"url": picture["url"]}},
    ]
