"""`create_chat_router(resumable=...)`: one argument makes answers survive the browser, each its own user's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import httpx
from fastapi import Depends, FastAPI, Header

from openrouter_async.server import MemoryStreams, RelayOutcome, openrouter_lifespan
from openrouter_async.server.fastapi import create_chat_router
from openrouter_async.testing import Emulator, Fault
from tests.server.router_client import events
from tests.server.serving import serve
from tests.server.waiting import wait_for
from tests.support.emulated import client_of
from tests.support.plain_http import PLAIN

WORDS = [f"word{number} " for number in range(20)]
QUESTION = {"messages": [{"role": "user", "content": "Hello"}]}


async def user(x_user: Annotated[str, Header()] = "nobody") -> str:
    return x_user


@contextmanager
def routed(emulator: Emulator, **settings: Any) -> Iterator[httpx.Client]:
    client = settings.pop("client", None) or client_of(emulator)
    app = FastAPI(lifespan=openrouter_lifespan(client))
    settings = {"resumable": MemoryStreams(), "owner": Depends(user), **settings}
    app.include_router(create_chat_router(client, **settings), prefix="/api")
    with (
        serve(app) as served,
        httpx.Client(base_url=f"{served.url}/api", timeout=30, verify=PLAIN) as browser,
    ):
        yield browser


def ask(id: str, user: str = "ann") -> dict[str, Any]:
    return {"json": {**QUESTION, "id": id}, "headers": {"x-user": user}}


def test_an_answer_is_read_again_by_its_user_only(emulator: Emulator) -> None:
    emulator.reply(*WORDS, fault=Fault.latency(1.0, after=6))
    with routed(emulator) as browser, browser.stream("POST", "chat", **ask("7")) as answer:
        pieces = answer.iter_text()
        first = next(pieces)
        assert browser.get("chat/7/stream", headers={"x-user": "bob"}).status_code == 204
        assert browser.get("chat/8/stream", headers={"x-user": "ann"}).status_code == 204
        assert browser.delete("chat/7/stream", headers={"x-user": "bob"}).status_code == 404
        second = browser.get("chat/7/stream", headers={"x-user": "ann"})
        assert second.text == first + "".join(pieces)
        assert events(second.text)[-1][1]["text"] == "".join(WORDS)
    assert len(emulator.requests) == 1


def test_a_name_with_a_slash_reaches_no_other_user(emulator: Emulator) -> None:
    emulator.reply(*WORDS, fault=Fault.stall(after=4))
    with routed(emulator) as browser, browser.stream("POST", "chat", **ask("b/7", "a")) as answer:
        next(answer.iter_text())
        assert browser.get("chat/7/stream", headers={"x-user": "a/b"}).status_code == 204


def test_a_stop_ends_it(emulator: Emulator) -> None:
    emulator.reply(*WORDS, fault=Fault.stall(after=4))
    told = []

    async def end(outcome: RelayOutcome) -> None:
        told.append(outcome.kind)

    with routed(emulator, on_end=end) as browser, browser.stream("POST", "chat", **ask("7")) as answer:
        pieces = answer.iter_text()
        text = next(pieces)
        assert browser.delete("chat/7/stream", headers={"x-user": "ann"}).status_code == 204
        assert events(text + "".join(pieces))[-1][1]["type"] == "Stopped"
    assert told == ["stopped"]


def test_answers_without_a_reader_take_their_room_until_they_end(emulator: Emulator) -> None:
    emulator.reply(*WORDS, fault=Fault.stall(after=4))
    with routed(emulator, max_concurrent_streams=1, grace=0.5) as browser:
        with browser.stream("POST", "chat", **ask("7")) as answer:
            next(answer.iter_text())
        refused = browser.post("chat", **ask("8"))
        assert (refused.status_code, refused.json()["error"]["type"]) == (429, "TooManyAtOnce")
        wait_for(lambda: emulator.requests[0].disconnected_at is not None)
        emulator.reply("Hello")
        wait_for(lambda: browser.post("chat", **ask("8")).status_code == 200)


def test_its_calls_are_in_the_budget(emulator: Emulator) -> None:
    emulator.reply("Hello", usage={"cost": 0.5})
    client = client_of(emulator)
    spend = client.track("0.5")
    with routed(emulator, client=client, budget=spend) as browser:
        assert browser.post("chat", **ask("7")).status_code == 200
        assert browser.post("chat", **ask("7")).status_code == 402


def test_an_id_that_is_missing_is_told(emulator: Emulator) -> None:
    with routed(emulator) as browser:
        answer = browser.post("chat", json=QUESTION)
    assert answer.status_code == 400
    assert "id is missing" in answer.json()["error"]["message"]


def test_the_document_has_the_routes(emulator: Emulator) -> None:
    client = client_of(emulator)
    app = FastAPI()
    app.include_router(create_chat_router(client, resumable=MemoryStreams()))
    assert set(app.openapi()["paths"]["/chat/{id}/stream"]) == {"get", "delete"}
    plain = FastAPI()
    plain.include_router(create_chat_router(client))
    assert list(plain.openapi()["paths"]) == ["/chat"]
