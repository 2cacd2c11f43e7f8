"""What clients that are not ours see of the emulator: the same text, arguments, usage and errors as ours."""

from __future__ import annotations

import json
from typing import Any

import pytest

from openrouter_async import AsyncOpenRouter
from openrouter_async.testing import Emulator, ReceivedRequest
from openrouter_async.testing.facts.table import load_facts
from tests.peers import scene
from tests.peers.playing import answer, report_of

PEERS = ("openai", "openrouter", "litellm")

ERRORS = {
    ("openai", "unknown_model"): ("BadRequestError", 400),
    ("openai", "wrong_key"): ("AuthenticationError", 401),
    ("openai", "too_soon"): ("RateLimitError", 429),
    ("openai", "cut_off"): ("APIError", None),
    ("openrouter", "unknown_model"): ("BadRequestResponseError", 400),
    ("openrouter", "wrong_key"): ("UnauthorizedResponseError", 401),
    ("openrouter", "too_soon"): ("TooManyRequestsResponseError", 429),
    ("openrouter", "cut_off"): ("ChatStreamChunkError", 502),
    ("openrouter", "account_by_inference_key"): ("ForbiddenResponseError", 403),
    ("litellm", "unknown_model"): ("BadRequestError", 400),
    ("litellm", "wrong_key"): ("AuthenticationError", 401),
    ("litellm", "too_soon"): ("RateLimitError", 429),
    ("litellm", "cut_off"): ("MidStreamFallbackError", 502),
}
"""Peer and scene -> the class that the peer has for the error, and its status."""

MESSAGES = {
    "unknown_model": f"{scene.UNKNOWN_MODEL} is not a valid model ID",
    "wrong_key": "User not found.",
    "too_soon": "Slow down",
    "cut_off": "Provider disconnected",
    "account_by_inference_key": "Only management keys can perform this operation",
}


class Played:
    """What a peer saw, and the emulator saw of the peer."""

    def __init__(self, report: dict[str, Any], requests: list[ReceivedRequest], spent: float) -> None:
        self.seen = report["seen"]
        self.attempts = report["attempts"]
        self.requests = requests
        self.spent = spent


@pytest.fixture(scope="module")
def played() -> dict[str, Played]:
    """What was played already, by peer; each plays all of its scenes once."""
    return {}


def play(peer: str, played: dict[str, Played]) -> Played:
    """Return what a peer saw; skips the test where the peer is not there."""
    if peer not in played:
        with Emulator() as emulator:
            emulator.reply_with(answer)
            report = report_of(peer, emulator.base_url, emulator.key, emulator.management_key)
            played[peer] = Played(report, emulator.requests, float(emulator.spent))
    return played[peer]


@pytest.fixture(params=PEERS)
def peer(request: pytest.FixtureRequest, played: dict[str, Played]) -> Played:
    """Each peer in turn, after its scenes."""
    return play(request.param, played)


@pytest.mark.parametrize("name", ["plain", "streamed"])
async def test_it_reads_text_and_usage_as_our_client_does(peer: Played, name: str) -> None:
    with Emulator() as emulator:
        emulator.reply_with(answer)
        async with AsyncOpenRouter(emulator.key, base_url=emulator.base_url) as client:
            ours = await client.chat.create(scene.QUESTION, model=scene.MODEL)
    assert ours.usage.is_reported
    assert ours.usage.cost
    assert peer.seen[name] == {
        "text": ours.text,
        "finish": ours.finish_reason,
        "usage": {
            "prompt": ours.usage.prompt_tokens,
            "completion": ours.usage.completion_tokens,
            "total": ours.usage.total_tokens,
            "cost": pytest.approx(float(ours.usage.cost)),
        },
    }


def test_it_calls_a_tool_and_sends_back_the_result(peer: Played) -> None:
    seen = peer.seen["tools"]
    assert json.loads(seen.pop("arguments")) == scene.WEATHER_ARGUMENTS
    assert seen == {"name": "get_weather", "then": f"It says {scene.WEATHER_RESULT}."}


def test_it_joins_the_fragments_of_a_tool_call(peer: Played) -> None:
    seen = peer.seen["streamed_tools"]
    assert json.loads(seen.pop("arguments")) == scene.WEATHER_ARGUMENTS
    assert seen == {"name": "get_weather", "finish": "tool_calls"}


def test_it_reaches_nothing_but_the_emulator(peer: Played) -> None:
    assert peer.attempts == []
    assert len(peer.requests) > 8
    assert peer.spent > 0


@pytest.mark.parametrize(
    ("name", "scene_name"), ERRORS, ids=[f"{name}-{scene_name}" for name, scene_name in ERRORS]
)
def test_it_has_the_class_for_an_error(name: str, scene_name: str, played: dict[str, Played]) -> None:
    seen = play(name, played).seen[scene_name]
    assert (seen.get("error"), seen.get("status")) == ERRORS[name, scene_name], seen
    assert MESSAGES[scene_name] in seen["message"]


# what one of them has that the others have not


def test_openai_lists_models_and_reads_packed_embeddings(played: dict[str, Played]) -> None:
    seen = play("openai", played).seen
    assert scene.MODEL in seen["models"]["ids"]
    assert seen["embeddings"]["packed"] == seen["embeddings"]["floats"]
    assert [len(vector) for vector in seen["embeddings"]["floats"]] == [8, 8]


def test_the_official_client_accepts_models_credits_and_the_key(played: dict[str, Played]) -> None:
    peer = play("openrouter", played)
    models, account = peer.seen["models"], peer.seen["account"]
    assert models["one"] == scene.MODEL
    assert models["one"] in models["ids"]
    assert len(models["ids"]) == len(set(models["ids"])) == models["count"]
    assert account["credits"] == 10
    assert account["used"] == account["used_by_key"] > 0
    assert account["label"].startswith("sk-or-v1-")


MANAGED = {
    "workspaces": {
        "name": "Lights",
        "description": "They glow.",
        "added": 2,
        "members": ["u2"],
        "budget": [5, True, 1],
        "listed": 1,
        "left": 0,
    },
    "guardrails": {"limit": None, "name": "g1", "assigned": [0, 2], "names": ["g1", "g2", "g3"]},
    "keys": {"disabled": True, "listed": 1, "shown": False},
    "vault": {"stored": ["a.example"], "names": ["TOKEN"], "left": 0},
    "endpoints": {"status": ["active", "disabled"], "listed": 1},
    "organization": {"members": 2, "settings": [True, True]},
}


def test_the_official_client_manages_an_account(played: dict[str, Played]) -> None:
    peer = play("openrouter_managing", played)
    assert {name: peer.seen[name] for name in MANAGED} == MANAGED
    assert peer.seen["gone"]["error"] == "NotFoundResponseError"
    used = {(request.method, request.path.partition("?")[0]) for request in peer.requests}
    operations = {found[0].id for method, path in used if (found := load_facts().find(method, path))}
    assert len(operations) > 30
