"""The list of models and one model: what is asked for, and what comes of the answer."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from openrouter_async import AsyncOpenRouter, ConfigurationError, Retries, errors, response_meta
from tests.support.loopback import LoopbackServer, Reply, serve_responses

pytestmark = pytest.mark.loopback

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"


def model(id: str) -> dict[str, Any]:
    return {"id": id, "pricing": {"prompt": "0.000001", "completion": "0.000002"}}


def page(*ids: str, **more: Any) -> Reply:
    return Reply(json={"data": [model(id) for id in ids], **more})


def client_of(server: LoopbackServer, key: str | None = KEY) -> AsyncOpenRouter:
    return AsyncOpenRouter(key, base_url=server.url, retries=Retries(attempts=1))


async def test_the_whole_list_is_one_request() -> None:
    whole = page("a/x", "a/y", total_count=2, links={"next": None})
    with LoopbackServer(serve_responses([whole, whole])) as server:
        async with client_of(server) as client:
            first = await client.models.list()
            ids = [model.id async for model in client.models.list()]
    assert [model.id for model in first.items] == ids == ["a/x", "a/y"]
    assert (first.has_more, first.total_count) == (False, 2)
    assert first.items[0].pricing.prompt == Decimal("0.000001")
    assert [request.path for request in server.requests] == ["/api/v1/models", "/api/v1/models"]


async def test_a_list_that_does_not_speak_of_pages_has_one() -> None:
    with LoopbackServer(serve_responses([page("a/x")])) as server:
        async with client_of(server) as client:
            assert [model.id async for model in client.models.list(limit=1)] == ["a/x"]
    assert len(server.requests) == 1


async def test_pages_follow_each_other() -> None:
    replies = [
        page("a/x", "a/y", total_count=3, links={"next": "/api/v1/models?offset=2&limit=2"}),
        page("a/z", total_count=3, links={"next": None}),
    ]
    with LoopbackServer(serve_responses(replies)) as server:
        async with client_of(server) as client:
            assert [model.id async for model in client.models.list(limit=2)] == ["a/x", "a/y", "a/z"]
    paths = [request.path for request in server.requests]
    assert paths == ["/api/v1/models?limit=2", "/api/v1/models?limit=2&offset=2"]


@pytest.mark.parametrize(
    ("filters", "query"),
    [
        ({"supported_parameters": ["tools", "seed"]}, "supported_parameters=tools%2Cseed"),
        ({"input_modalities": "image"}, "input_modalities=image"),
        ({"distillable": False, "zdr": True}, "distillable=false&zdr=true"),
        ({"max_price": 0.5, "min_price": 0}, "min_price=0&max_price=0.5"),
        ({"sort": "newest", "category": "marketing/seo"}, "category=marketing%2Fseo&sort=newest"),
        ({"q": "gpt & co", "offset": 3}, "q=gpt%20%26%20co&offset=3"),
    ],
    ids=str,
)
async def test_filters_stand_in_the_query(filters: Any, query: str) -> None:
    with LoopbackServer(serve_responses([page()])) as server:
        async with client_of(server) as client:
            await client.models.list(**filters)
    assert server.requests[0].path.replace("+", "%20") == f"/api/v1/models?{query}"


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"limit": 0}, "limit is 0; expected a whole number from 1 to 1000"),
        ({"zdr": False}, "zdr is False; expected True"),
        ({"supported_parameters": [1]}, "supported_parameters[0] is 1; expected text that is not empty"),
        (
            {"qq": "x"},
            "the list of models has no parameter 'qq'; did you mean 'q'? (for parameters that these types lack",
        ),
        ({"use_rss": True}, "'use_rss' is not offered; the list is read as JSON"),
    ],
    ids=str,
)
async def test_wrong_filters_are_refused_before_anything_is_sent(filters: Any, message: str) -> None:
    with LoopbackServer(serve_responses([])) as server:
        async with client_of(server) as client:
            with pytest.raises(ConfigurationError) as caught:
                client.models.list(**filters)
    assert str(caught.value).startswith(message)
    assert server.requests == []


async def test_models_are_read_without_a_key_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENROUTER_API_KEY", raising=False)
    one = Reply(json={"data": model("a/x")})
    with LoopbackServer(serve_responses([one, one])) as server:
        async with client_of(server, None) as client:
            await client.models.get("a/x")
            await client.models.get("a/x", options={"api_key": KEY})
    assert "authorization" not in server.requests[0].headers
    assert server.requests[1].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    ("id", "path"),
    [
        ("openai/gpt-4o", "openai/gpt-4o"),
        ("qwen/qwen3-coder:free", "qwen/qwen3-coder:free"),
        ("~openai/gpt-latest", "~openai/gpt-latest"),
        ("a b/c?d#e", "a%20b/c%3Fd%23e"),
    ],
)
async def test_one_model_is_asked_for_by_its_two_parts(id: str, path: str) -> None:
    with LoopbackServer(serve_responses([Reply(json={"data": model(id)})])) as server:
        async with client_of(server) as client:
            found = await client.models.get(id)
    assert found.id == id
    assert response_meta(found).status == 200
    assert server.requests[0].path == f"/api/v1/model/{path}"


@pytest.mark.parametrize("id", ["", "gpt-4o", "a/", "/b", "a/b/c", "@preset/x", "../keys", "a/.."])
async def test_an_id_of_another_form_is_refused(id: str) -> None:
    with LoopbackServer(serve_responses([])) as server:
        async with client_of(server) as client:
            with pytest.raises(ConfigurationError):
                await client.models.get(id)
    assert server.requests == []


async def test_a_row_that_is_null_is_lost_and_not_the_list() -> None:
    with LoopbackServer(
        serve_responses([Reply(json={"data": [{"id": "a/b"}, None, {"id": "c/d"}]})])
    ) as server:
        async with client_of(server) as client:
            assert [model.id for model in await client.models.list()] == ["a/b", "c/d"]


@pytest.mark.parametrize("body", [{}, {"data": None}, {"data": {}}, {"data": [{"name": "x"}]}], ids=str)
async def test_a_list_without_what_makes_it_one_is_an_invalid_answer(body: Any) -> None:
    with LoopbackServer(serve_responses([Reply(json=body)])) as server:
        async with client_of(server) as client:
            with pytest.raises(errors.InvalidResponseError):
                await client.models.list()
