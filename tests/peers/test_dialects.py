"""The Responses and the Messages dialect, seen by the packages of those who made them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from openrouter_async import AsyncOpenRouter, Retries
from openrouter_async.testing import Emulator, ReceivedRequest
from tests.peers import scene
from tests.peers.playing import answer, report_of
from tests.server.router_client import routed

ERRORS = {
    ("anthropic", "unknown_model"): ("BadRequestError", 400),
    ("anthropic", "wrong_key"): ("AuthenticationError", 401),
    ("anthropic", "too_soon"): ("RateLimitError", 429),
    ("anthropic", "cut_off"): ("APIStatusError", 200),
    ("openai_responses", "unknown_model"): ("BadRequestError", 400),
    ("openai_responses", "wrong_key"): ("AuthenticationError", 401),
    ("openai_responses", "too_soon"): ("RateLimitError", 429),
    ("openai_responses", "cut_off"): ("RuntimeError", None),
}
"""Peer and scene -> the class that the peer has for the error, and its status."""


@dataclass
class Played:
    """The report of a peer, and the emulator's side of it."""

    seen: dict[str, Any]
    requests: list[ReceivedRequest]
    spent: float


PLAYED: dict[tuple[str, str], Played] = {}


@pytest.fixture(params=["anthropic", "openai_responses"])
def name(request: pytest.FixtureRequest) -> str:
    """Each peer in turn."""
    return str(request.param)


@pytest.fixture(params=["emulator", "router"])
def played(name: str, request: pytest.FixtureRequest) -> Played:
    """The scenes of the peer with the emulator, or with a router before it; skips the test where it is missing."""
    place = str(request.param)
    if (name, place) not in PLAYED:
        with Emulator() as emulator:
            emulator.reply_with(answer)
            keys = emulator.key, emulator.management_key
            if place == "emulator":
                report = report_of(name, emulator.base_url, *keys)
            else:
                client = AsyncOpenRouter(
                    emulator.key, base_url=emulator.base_url, retries=Retries(attempts=1)
                )
                with routed(emulator, client=client, token=emulator.key) as browser:
                    report = report_of(name, f"{browser.served.url}/v1", *keys)
            assert report["attempts"] == []
            PLAYED[name, place] = Played(report["seen"], emulator.requests, float(emulator.spent))
    return PLAYED[name, place]


@pytest.fixture
def seen(played: Played) -> dict[str, Any]:
    """The report of the peer."""
    return played.seen


@pytest.mark.parametrize("scene_name", ["plain", "streamed"])
def test_it_reads_text_usage_and_cost(seen: dict[str, Any], scene_name: str) -> None:
    found = seen[scene_name]
    assert found["text"] == scene.ANSWER, found
    assert found["finish"] in ("end_turn", "completed")
    assert found["usage"]["input"] > 0
    assert found["usage"]["output"] > 0
    assert found["usage"] == seen["plain"]["usage"]
    assert found["cost"] in (seen["plain"]["cost"], None)
    assert seen["plain"]["cost"] > 0


def test_it_streams_piece_by_piece(seen: dict[str, Any]) -> None:
    assert seen["streamed"]["joined"] == scene.ANSWER
    assert seen["streamed"]["pieces"] > 5


@pytest.mark.parametrize("scene_name", ["thinking", "streamed_thinking"])
def test_it_reads_the_thoughts(seen: dict[str, Any], scene_name: str) -> None:
    assert (seen[scene_name]["thinking"], seen[scene_name]["text"]) == (scene.THOUGHTS, scene.ANSWER), seen


@pytest.mark.parametrize("scene_name", ["tools", "streamed_tools"])
def test_it_calls_a_tool_and_sends_thoughts_and_result_back(played: Played, scene_name: str) -> None:
    found = played.seen[scene_name]
    assert found["name"] == "get_weather", found
    assert found["arguments"] == scene.WEATHER_ARGUMENTS
    assert found["finish"] in ("tool_use", "completed")
    assert found["then"] == f"It says {scene.WEATHER_RESULT}."
    (signature,) = found["signed"]
    bodies = [str(request.body) for request in played.requests]
    assert any(signature in body and scene.THOUGHTS in body for body in bodies)


def test_what_it_spent_is_what_it_read(played: Played) -> None:
    assert played.spent > played.seen["plain"]["cost"] * 2


@pytest.mark.parametrize("scene_name", ["unknown_model", "wrong_key", "too_soon", "cut_off"])
def test_it_has_the_class_for_an_error(name: str, seen: dict[str, Any], scene_name: str) -> None:
    found = seen[scene_name]
    assert (found.get("error"), found.get("status")) == ERRORS[name, scene_name], found
