"""What all namespaces send and read: nothing at all, headers, forms, keys of idempotency, answers with an error."""

from __future__ import annotations

from types import NoneType
from typing import Any

import pytest
from pydantic import JsonValue

from openrouter_async import (
    APIStatusError,
    AsyncOpenRouter,
    ConfigurationError,
    InvalidResponseError,
    NotFound,
    Retries,
    UnprocessableRequest,
)
from openrouter_async.operations import (
    DELETE_KEY,
    GET_KEY,
    GET_MODEL,
    LIST_KEYS,
    SEND_FEEDBACK,
    Operation,
    find_operation,
)
from openrouter_async.resources._base import Resource
from openrouter_async.types._base import WireType
from openrouter_async.types.common import Counted, JsonObject
from tests.support.loopback import LoopbackServer, Reply, serve_responses

from .mocked import KEY, MANAGEMENT_KEY, mocked

KEYED = SEND_FEEDBACK._replace(repeat="always", is_keyed=True)


def served(client: AsyncOpenRouter) -> Resource:
    return Resource(client._sender)


@pytest.mark.loopback
@pytest.mark.parametrize(
    "reply", [Reply(204), Reply(200, b""), Reply(200, json={"deleted": True}), Reply(200, b" null\n")]
)
async def test_an_answer_that_says_nothing_is_read_as_none(reply: Reply) -> None:
    with LoopbackServer(serve_responses([reply, reply])) as server:
        async with AsyncOpenRouter(KEY, management_key=KEY, base_url=server.url) as client:
            await served(client)._send(DELETE_KEY, into=NoneType, path={"hash": "h"})
            await client.request("DELETE", "/vault/secrets/x", into=NoneType)
        assert [request.method for request in server.requests] == ["DELETE"] * 2


@pytest.mark.loopback
async def test_a_page_or_an_error_in_place_of_nothing_is_told_and_sent_once() -> None:
    page = Reply(200, b"<h1>Sign in</h1>", headers={"content-type": "text/html"})
    error = Reply(200, json={"error": {"code": 404, "message": "no such key"}})
    with LoopbackServer(serve_responses([page, error])) as server:
        async with AsyncOpenRouter(
            KEY, management_key=KEY, base_url=server.url, retries=Retries(base=0.001)
        ) as client:
            with pytest.raises(InvalidResponseError, match="neither empty nor JSON"):
                await served(client)._send(DELETE_KEY, into=NoneType, path={"hash": "h"})
            with pytest.raises(NotFound, match="no such key"):
                await served(client)._send(DELETE_KEY, into=NoneType, path={"hash": "h"})
        assert len(server.requests) == 2


@pytest.mark.loopback
async def test_a_redirect_is_followed_once_with_the_key() -> None:
    alias = GET_MODEL._replace(key="any", is_redirected=True)
    moved = Reply(308, headers={"location": "/api/v1/model/a/c"})
    answers = [moved, Reply(200, json={"data": 1}), moved, moved]
    with LoopbackServer(serve_responses(answers)) as server:
        async with AsyncOpenRouter(KEY, base_url=f"{server.origin}/api/v1") as client:
            path = {"author": "a", "slug": "b"}
            assert await served(client)._send(alias, into=dict[str, int], path=path) == {"data": 1}
            with pytest.raises(APIStatusError, match="308"):
                await served(client)._send(alias, into=dict[str, int], path=path)
        assert [request.path for request in server.requests] == [
            "/api/v1/model/a/b",
            "/api/v1/model/a/c",
        ] * 2
        assert {request.headers["authorization"] for request in server.requests} == {f"Bearer {KEY}"}


@pytest.mark.loopback
async def test_no_other_redirect_is_followed() -> None:
    moved = Reply(308, headers={"location": "/api/v1/model/a/c"})
    with LoopbackServer(serve_responses([moved])) as server:
        async with AsyncOpenRouter(KEY, base_url=f"{server.origin}/api/v1") as client:
            with pytest.raises(APIStatusError, match="308"):
                await client.providers.list()
        assert len(server.requests) == 1


@pytest.mark.loopback
async def test_what_has_a_key_of_its_own_is_repeated_with_the_same() -> None:
    answers = [Reply(502), Reply(200, json={}), Reply(200, json={})]
    with LoopbackServer(serve_responses(answers)) as server:
        async with AsyncOpenRouter(
            KEY, management_key=KEY, base_url=server.url, retries=Retries(base=0.001)
        ) as client:
            await served(client)._send(KEYED, into=NoneType, body={})
            await served(client)._send(KEYED, into=NoneType, body={}, headers={"idempotency-key": "mine"})
        first, again, given = [request.headers["idempotency-key"] for request in server.requests]
    assert first == again != given == "mine"
    assert len(first) == 36


async def test_a_form_is_encoded_as_browsers_do() -> None:
    async with mocked({}) as service:
        form = {"grant_type": "urn:a:b", "subject_token": "a b&c=ü"}
        await served(service.client)._send(SEND_FEEDBACK, into=NoneType, form=form)
        assert service.request.headers["content-type"] == "application/x-www-form-urlencoded"
        assert service.request.content == b"grant_type=urn%3Aa%3Ab&subject_token=a+b%26c%3D%C3%BC"


async def test_a_header_that_would_be_two_is_refused() -> None:
    async with mocked({}) as service:
        with pytest.raises(
            ConfigurationError, match="'idempotency-key' has a value that is not a single line"
        ):
            await served(service.client)._send(
                KEYED, into=NoneType, headers={"idempotency-key": "a\r\nx-y: z"}
            )
        assert service.requests == []


DRAFT: JsonObject = {"data": {"id": "draft"}, "error": {"code": 422, "message": "refused"}}


@pytest.mark.parametrize(
    ("body", "status", "answers_with", "result"),
    [
        (DRAFT, 422, {422}, DRAFT),
        ({"error": {"code": 422, "message": "no"}}, 422, {422}, UnprocessableRequest),
        (DRAFT, 422, {402}, UnprocessableRequest),
        ([], 404, {404}, NotFound),
    ],
)
async def test_the_status_of_an_error_may_come_with_an_answer(
    body: JsonValue, status: int, answers_with: set[int], result: Any
) -> None:
    operation = SEND_FEEDBACK._replace(answers_with=frozenset(answers_with))
    async with mocked(body, status=status) as service:
        send = served(service.client)._send(operation, into=_Draft, body={})
        if isinstance(result, dict):
            assert (await send).model_dump() == result
        else:
            with pytest.raises(result):
                await send


class _Draft(WireType):
    """What must have `data`."""

    data: JsonValue


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"offset": -1}, "offset is -1; expected a whole number of at least 0"),
        ({"offset": True}, "offset is True"),
        ({"limit": 0}, "limit is 0; expected a whole number of at least 1"),
        ({"limit": 101}, "limit is 101; expected a whole number of 1 to 100"),
        ({"limit": "5"}, "limit is '5'"),
    ],
)
async def test_offset_and_limit_are_checked_before_a_list_is_read(query: dict[str, Any], told: str) -> None:
    async with mocked({}) as service:
        with pytest.raises(ConfigurationError, match=told):
            served(service.client)._pages(LIST_KEYS, into=Counted[JsonValue], query=query)


async def test_a_list_ends_where_its_total_is_reached() -> None:
    async with mocked({"data": [1, 2], "total_count": 3}, {"data": [3], "total_count": 3}) as service:
        pages = served(service.client)._pages(LIST_KEYS, into=Counted[int], query={"limit": 2})
        assert await pages.all() == [1, 2, 3]
        assert [request.url.query for request in service.requests] == [b"limit=2", b"limit=2&offset=2"]


@pytest.mark.parametrize(
    ("method", "path", "key"),
    [
        ("GET", "/credits", MANAGEMENT_KEY),
        ("PATCH", "/keys/abc", MANAGEMENT_KEY),
        ("GET", "/key", KEY),
        ("GET", "/unheard/of", KEY),
        ("POST", "/unheard/of", KEY),
    ],
)
async def test_a_request_by_path_is_sent_with_the_kind_of_key_that_its_operation_needs(
    method: str, path: str, key: str
) -> None:
    async with mocked({}) as service:
        await service.client.request(method, path, into=NoneType)
        assert service.key == key
        await service.client.request(method, path, into=NoneType, key="api_key")
        assert service.key == KEY


async def test_an_inference_key_where_a_management_key_is_needed_is_told_before_anything_is_sent() -> None:
    async with mocked({}, management_key=None) as service:
        with pytest.raises(
            ConfigurationError, match=r"needs a management key.*an inference key.*is not enough"
        ):
            await service.client.request("GET", "/credits", into=NoneType)
        assert service.requests == []


@pytest.mark.parametrize(
    ("method", "path", "found"),
    [
        ("GET", "/key", GET_KEY),
        ("GET", "/models/count", "models.count"),
        ("GET", "/models/openai/gpt/endpoints", "models.endpoints"),
        ("DELETE", "/keys/a%2Fb", DELETE_KEY),
        ("DELETE", "/keys/", None),
        ("DELETE", "/keys/a/b", None),
        ("POST", "/key", None),
    ],
)
def test_an_operation_is_found_by_its_path(method: str, path: str, found: Operation | str | None) -> None:
    row = find_operation(method, path)
    assert row == found or (row is not None and row.name == found)


async def test_half_of_a_surrogate_pair_is_no_part_of_a_path_or_a_query() -> None:
    """A name of a file may have one, where it is not UTF-8."""
    async with mocked({}) as mock:
        with pytest.raises(ConfigurationError, match="hash is"):
            await mock.client.keys.get("a\udcff")
        with pytest.raises(ConfigurationError, match="offset is"):
            await mock.client.request("GET", "/keys", into=NoneType, query={"offset": "a\udcff"})
        assert mock.requests == []
