"""What is sent again, by operation: what creates or changes something never is where it may have been carried out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from openrouter_async import AsyncOpenRouter, Retries, errors
from tests.support.loopback import Connection, LoopbackServer, Reply, Request, serve_responses

pytestmark = pytest.mark.loopback

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"
PAGE = {"content-type": "text/html"}


def client_of(server: LoopbackServer) -> AsyncOpenRouter:
    return AsyncOpenRouter(KEY, management_key=KEY, base_url=server.url, retries=Retries(base=0.001))


async def _streamed(client: AsyncOpenRouter) -> object:
    async with client.stream_request("POST", "/x", into=dict[str, Any], body={}) as stream:
        return [event async for event in stream]


CHANGES: dict[str, Callable[[AsyncOpenRouter], Awaitable[object]]] = {
    "keys.create": lambda c: c.keys.create("a"),
    "keys.update": lambda c: c.keys.update("h", name="b"),
    "keys.delete": lambda c: c.keys.delete("h"),
    **{
        f"request {method}": lambda c, method=method: c.request(method, "/x", into=dict, body={})  # type: ignore[misc]
        for method in ("POST", "PUT", "PATCH", "DELETE")
    },
    "stream_request": _streamed,
}

UNREADABLE: dict[str, Callable[[Connection, Request], None] | Reply] = {
    "201, broken": Reply(201, b'{"half":', headers={"content-type": "application/json"}),
    "200, empty": Reply(200, b""),
    **{f"{status}, a page": Reply(status, b"<h1>down</h1>", headers=PAGE) for status in (500, 502, 504, 524)},
    "502, no error object": Reply(502, json={"message": "Internal server error"}),
    "500, an error that is text": Reply(500, json={"error": "oops"}),
    "lost before the answer": lambda connection, _: connection.close(),
    "no HTTP": lambda connection, _: (connection.send(b"HELLO\r\n\r\n"), connection.close())[0],
}


@pytest.mark.parametrize("call", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("answer", UNREADABLE.values(), ids=UNREADABLE)
async def test_a_change_whose_answer_cannot_be_read_is_sent_once_and_says_so(call: Any, answer: Any) -> None:
    if call is _streamed and answer is UNREADABLE["200, empty"]:
        pytest.skip("a stream of no events is one")
    with LoopbackServer(serve_responses([answer] * 3)) as server:
        async with client_of(server) as client:
            with pytest.raises(errors.OpenRouterError, match="may have been carried out") as caught:
                await call(client)
        assert len(server.requests) == 1
    assert caught.value.may_have_been_carried_out
    assert caught.value.may_have_been_billed is None
    assert caught.value.attempts == 1


@pytest.mark.parametrize("call", CHANGES.values(), ids=CHANGES)
async def test_a_change_that_the_service_says_has_failed_is_sent_again(call: Any) -> None:
    failed = Reply(502, json={"error": {"code": 502, "message": "later"}})
    with LoopbackServer(serve_responses([failed] * 3)) as server:
        async with client_of(server) as client:
            with pytest.raises(errors.ProviderError) as caught:
                await call(client)
        assert len(server.requests) == 3
    assert caught.value.is_reported
    assert "carried out" not in str(caught.value)


async def test_a_change_on_a_connection_that_went_stale_is_not_sent_again() -> None:
    """The server takes the second request on the same connection, and closes it without a word."""
    good = Reply(json={"data": []})

    def serve(connection: Connection) -> None:
        for number in range(2):
            if connection.read_request() is None:
                return
            if number == 0:
                connection.send(good.encode())
        connection.close()

    with LoopbackServer(serve) as server:
        async with client_of(server) as client:
            await client.request("GET", "/x", into=dict)
            with pytest.raises(errors.ConnectionLost):
                await client.request("POST", "/x", into=dict, body={})
        assert [request.method for request in server.requests] == ["GET", "POST"]


async def test_a_read_is_sent_again_whatever_happened() -> None:
    good = Reply(json={"data": {}})
    with LoopbackServer(
        serve_responses([UNREADABLE["502, a page"], UNREADABLE["200, empty"], good])
    ) as server:
        async with client_of(server) as client:
            assert await client.request("GET", "/x", into=dict) == {"data": {}}
        assert len(server.requests) == 3


async def test_nothing_was_carried_out_where_there_was_no_connection_or_a_refusal() -> None:
    refused = Reply(400, json={"error": {"code": 400, "message": "no"}})
    with LoopbackServer(serve_responses([refused])) as server:
        async with client_of(server) as client:
            with pytest.raises(errors.BadRequest) as caught:
                await client.keys.create("a")
    assert not caught.value.may_have_been_carried_out
    async with client_of(server) as client:  # the server is gone
        with pytest.raises(errors.ConnectError) as lost:
            await client.keys.create("a")
    assert not lost.value.may_have_been_carried_out
