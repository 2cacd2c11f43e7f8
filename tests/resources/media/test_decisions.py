"""Decisions: questions as they are sent, and answers by their kinds."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from openrouter_async import AsyncOpenRouter, ConfigurationError, Retries, errors
from openrouter_async.types.media.decisions import UnknownAnswer
from tests.support.loopback import LoopbackServer, Reply, serve_responses

pytestmark = pytest.mark.loopback

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"
QUESTIONS: dict[str, Any] = {
    "mood": {"type": "choice", "instructions": "How?", "criteria": {"calm": None, "angry": "loud"}},
    "late": {"type": "noul", "instructions": "Is it late?"},
    "how": {"type": "score", "instructions": "How late?", "criteria": ["a bit", "much"]},
    "where": {"type": "box", "instructions": "Where?"},
}
ANSWERS: dict[str, Any] = {
    "mood": {
        "type": "choice",
        "choice": "angry",
        "confidence": 0.9,
        "probabilities": {"angry": 0.9, "calm": 0.1},
    },
    "late": {"type": "noul", "noul": 0.8},
    "how": {"type": "score", "score": 1.5, "legend": {"0": "a bit"}},
    "where": {"type": "box", "box": {"left": 0.1, "top": 0.2, "right": 0.3, "bottom": 0.4}},
}
USAGE = {"input_tokens": 9, "output_tokens": 4, "cost": 0.0002}


def reply(answers: object) -> Reply:
    return Reply(json={"id": "gen-1", "model": "m", "answers": answers, "usage": USAGE})


def client_of(server: LoopbackServer) -> AsyncOpenRouter:
    return AsyncOpenRouter(KEY, base_url=server.url, retries=Retries(base=0.001))


async def test_each_question_has_an_answer_of_its_kind() -> None:
    with LoopbackServer(serve_responses([reply(ANSWERS)])) as server:
        async with client_of(server) as client, client.track() as spend:
            decisions = await client.decisions.create({"parcel": "late"}, QUESTIONS, model="m")
        assert server.requests[0].path == "/api/v1/systemone"
        assert server.requests[0].json() == {
            "model": "m",
            "state": {"parcel": "late"},
            "questions": QUESTIONS,
        }
    assert decisions.choice("mood").choice == "angry"
    assert decisions.choice("mood").probabilities == {"angry": 0.9, "calm": 0.1}
    assert decisions.noul("late").noul == 0.8
    assert decisions.score("how").score == 1.5
    assert decisions.box("where").box.right == 0.3
    assert (decisions.cost, spend.cost) == (Decimal("0.0002"), Decimal("0.0002"))
    with pytest.raises(ConfigurationError, match="'mood' is a ChoiceAnswer; expected a ScoreAnswer"):
        decisions.score("mood")
    with pytest.raises(ConfigurationError, match="'nothing' is none"):
        decisions.noul("nothing")


async def test_a_kind_of_answer_that_is_newer_is_kept() -> None:
    with LoopbackServer(serve_responses([reply({"late": {"type": "colour", "colour": "red"}})])) as server:
        async with client_of(server) as client:
            decisions = await client.decisions.create("x", {"late": QUESTIONS["late"]}, model="m")
    answer = decisions.answers["late"]
    assert isinstance(answer, UnknownAnswer)
    assert (answer.type, answer.model_extra) == ("colour", {"colour": "red"})


async def test_an_answer_that_is_missing_is_an_error() -> None:
    with LoopbackServer(serve_responses([reply({"mood": ANSWERS["mood"]})])) as server:
        async with client_of(server) as client:
            with pytest.raises(
                errors.InvalidResponseError, match=r"leaves out \['how', 'late', 'where'\], of 4"
            ):
                await client.decisions.create("x", QUESTIONS, model="m")


@pytest.mark.parametrize(
    ("state", "questions", "reason"),
    [
        ("x", {}, "questions is .*at least 1 item"),
        ("x", {"a": {"type": "colour", "instructions": "?"}}, "questions.a.type is 'colour'; expected 'box'"),
        ("x", {"a": {"type": "choice", "instructions": "?"}}, "questions.a.criteria is missing"),
        ("x", {"a": {"type": "noul", "instructions": 7}}, "questions.a.instructions is 7"),
        (7, QUESTIONS, "state is 7; expected text, a dict or a list"),
        ([object()], QUESTIONS, "state is .*expected JSON values only"),
    ],
)
async def test_wrong_arguments_are_told_before_anything_is_sent(
    state: Any, questions: Any, reason: str
) -> None:
    with LoopbackServer(serve_responses([reply(ANSWERS)])) as server:
        async with client_of(server) as client:
            with pytest.raises(ConfigurationError, match=reason):
                await client.decisions.create(state, questions, model="m")
    assert server.requests == []
