"""The API for OpenAI's clients, used by the `openai` package itself; `nox -s web` installs it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from openrouter_async import AsyncOpenRouter, Retries, tool
from openrouter_async.server import client_of, create_router, openrouter_lifespan, relay
from openrouter_async.testing import Emulator, ReceivedRequest, Reply, tool_call
from tests.peers import scene
from tests.peers.playing import answer, report_of
from tests.server.router_client import TOKEN
from tests.server.serving import serve


def client_without_retries(emulator: Emulator) -> AsyncOpenRouter:
    return AsyncOpenRouter(emulator.key, base_url=emulator.base_url, retries=Retries(attempts=1))


@pytest.fixture(scope="module")
def seen() -> dict[str, Any]:
    """What the package saw of a router as its base URL."""
    with Emulator() as emulator:
        emulator.reply_with(answer)
        client = client_without_retries(emulator)
        router = create_router(client, token=TOKEN)
        app = Starlette(routes=[Mount("/router", router)], lifespan=openrouter_lifespan(client))
        with serve(app) as served:
            report = report_of("openai", f"{served.url}/router/v1", TOKEN, TOKEN)
        report["seen"]["spent"] = float(emulator.spent)
    assert report["attempts"] == []
    found: dict[str, Any] = report["seen"]
    return found


@pytest.mark.parametrize("name", ["plain", "streamed"])
def test_it_reads_text_finish_and_usage(seen: dict[str, Any], name: str) -> None:
    found = seen[name]
    assert (found["text"], found["finish"]) == (scene.ANSWER, "stop")
    assert 0 < found["usage"]["cost"] < seen["spent"]
    assert found["usage"]["total"] == found["usage"]["prompt"] + found["usage"]["completion"]


def test_it_calls_tools_of_its_own(seen: dict[str, Any]) -> None:
    assert json.loads(seen["tools"].pop("arguments")) == scene.WEATHER_ARGUMENTS
    assert seen["tools"] == {"name": "get_weather", "then": f"It says {scene.WEATHER_RESULT}."}
    assert json.loads(seen["streamed_tools"].pop("arguments")) == scene.WEATHER_ARGUMENTS
    assert seen["streamed_tools"] == {"name": "get_weather", "finish": "tool_calls"}


def test_it_gets_vectors(seen: dict[str, Any]) -> None:
    packed, floats = seen["embeddings"]["packed"], seen["embeddings"]["floats"]
    assert len(packed) == len(floats) == 2
    for one, other in zip(packed, floats, strict=True):
        assert one == pytest.approx(other, abs=1e-6)


def test_it_lists_models(seen: dict[str, Any]) -> None:
    assert scene.MODEL in seen["models"]["ids"]


@pytest.mark.parametrize(
    ("name", "error", "status", "message"),
    [
        ("unknown_model", "BadRequestError", 400, "is not a valid model ID"),
        ("wrong_key", "AuthenticationError", 401, "this server needs its token"),
        ("too_soon", "RateLimitError", 429, "Slow down"),
        ("cut_off", "APIError", None, "Provider disconnected"),
    ],
)
def test_it_has_the_class_for_an_error(
    seen: dict[str, Any], name: str, error: str, status: int | None, message: str
) -> None:
    assert (seen[name].get("error"), seen[name].get("status")) == (error, status), seen[name]
    assert message in seen[name]["message"]


@tool
def look_up(word: str) -> str:
    """What a word means."""
    return "a city"


def test_a_run_of_tools_is_one_answer_to_it() -> None:
    """Its calls are not shown: the package would take them for its own to run."""

    def answers(request: ReceivedRequest) -> Reply | Any:
        if request.messages[-1]["role"] == "tool":
            return Reply.of(scene.ANSWER)
        return tool_call("look_up", word="Paris")

    async def endpoint(request: Request) -> Response:
        body = await request.json()
        return relay(
            client_of(request).chat.run_stream(body["messages"], model=body["model"], tools=[look_up]),
            format="openai",
        )

    with Emulator() as emulator:
        emulator.reply_with(answers)
        app = Starlette(
            routes=[Route("/v1/chat/completions", endpoint, methods=["POST"])],
            lifespan=openrouter_lifespan(client_without_retries(emulator)),
        )
        with serve(app) as served:
            found = report_of("openai", f"{served.url}/v1", TOKEN, TOKEN)["seen"]["streamed"]
    assert (found["text"], found["finish"]) == (scene.ANSWER, "stop")
    assert found["usage"]["cost"] > 0
