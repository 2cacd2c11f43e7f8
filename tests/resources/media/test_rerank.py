"""Ranks: the caller's own documents, by their scores."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from openrouter_async import AsyncOpenRouter, ConfigurationError, Retries, errors, response_meta
from tests.support.loopback import LoopbackServer, Reply, serve_responses

pytestmark = pytest.mark.loopback

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"
MODEL = "cohere/rerank-v3.5"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


def reply(*scores: tuple[int, float]) -> Reply:
    results = [
        {"index": index, "relevance_score": score, "document": {"text": "?"}} for index, score in scores
    ]
    usage = {"cost": 0.001, "search_units": 1}
    return Reply(json={"id": "gen-1", "model": MODEL, "results": results, "usage": usage})


def client_of(server: LoopbackServer) -> AsyncOpenRouter:
    return AsyncOpenRouter(KEY, base_url=server.url, retries=Retries(base=0.001))


@dataclass(frozen=True)
class Page:
    url: str
    body: str


async def test_documents_come_back_as_they_were_given_the_best_first() -> None:
    pages = [Page("/a", "grass"), Page("/b", "the sea"), Page("/c", "the sky")]
    with LoopbackServer(serve_responses([reply((2, 0.7), (1, 0.9), (0, 0.1))])) as server:
        async with client_of(server) as client, client.track() as spend:
            ranking = await client.rerank.create(
                "Which is blue?", pages, model=MODEL, text=lambda page: page.body, top_n=3, user="u"
            )
        body = server.requests[0].json()
    documents = ["grass", "the sea", "the sky"]
    assert body == {
        "model": MODEL,
        "query": "Which is blue?",
        "documents": documents,
        "user": "u",
        "top_n": 3,
    }
    assert [(ranked.document, ranked.score, ranked.index) for ranked in ranking] == [
        (pages[1], 0.9, 1), (pages[2], 0.7, 2), (pages[0], 0.1, 0),
    ]  # fmt: skip
    assert ranking.documents == [pages[1], pages[2], pages[0]]
    assert (len(ranking), ranking[0].document.url) == (3, "/b")
    assert (ranking.cost, spend.cost) == (Decimal("0.001"), Decimal("0.001"))
    assert response_meta(ranking).status == 200
    assert "sea" not in repr(ranking)


async def test_documents_may_have_images(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(PNG)
    given: list[Any] = [
        "words",
        {"text": "words", "image": "https://example.com/a.png"},
        {"image": path},
        {"image": PNG},
    ]
    with LoopbackServer(serve_responses([reply((0, 0.5))])) as server:
        async with client_of(server) as client:
            ranking = await client.rerank.create("?", given, model=MODEL)
        body: Any = server.requests[0].json()
    data_url = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    assert body["documents"] == [*given[:2], {"image": data_url}, {"image": data_url}]
    assert ranking.documents == ["words"]


@pytest.mark.parametrize("scores", [[(2, 0.5)], [(-1, 0.5)], [(0, 0.5), (0, 0.4)]])
async def test_ranks_of_what_was_not_given_are_an_error(scores: list[tuple[int, float]]) -> None:
    with LoopbackServer(serve_responses([reply(*scores)])) as server:
        async with client_of(server) as client:
            with pytest.raises(
                errors.InvalidResponseError, match=r"the answer ranks the documents \[.*where 2 were given"
            ):
                await client.rerank.create("?", ["a", "b"], model=MODEL)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"query": ""}, "query is "),
        ({"documents": []}, "documents is .*expected a list that is not empty"),
        ({"documents": "words"}, "expected a list"),
        ({"documents": ["a", 7]}, r"documents\[1\] is 7; expected text, or a dict"),
        ({"documents": [{"txt": "a"}]}, r"documents\[0\] is .*give text=\.\.\."),
        ({"documents": [{"image": b"words"}]}, "media type of .* is unknown"),
        ({"top_n": 0}, "top_n is 0"),
        ({"model": None}, "model is None"),
    ],
)
async def test_wrong_arguments_are_told_before_anything_is_sent(
    arguments: dict[str, Any], reason: str
) -> None:
    given = {"query": "?", "documents": ["a"], "model": MODEL, **arguments}
    with LoopbackServer(serve_responses([reply((0, 0.5))])) as server:
        async with client_of(server) as client:
            with pytest.raises(ConfigurationError, match=reason):
                await client.rerank.create(given.pop("query"), given.pop("documents"), **given)
    assert server.requests == []
