"""Embeddings: the request that is sent, and vectors in the order of the inputs however they come."""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable
from decimal import Decimal
from threading import Event, Lock
from typing import Any, Literal

import anyio
import pytest

from openrouter_async import (
    AsyncOpenRouter,
    ConfigurationError,
    Embeddings,
    ResponseCache,
    Retries,
    errors,
    response_meta,
)
from openrouter_async.testing import Emulator
from tests.support.loopback import Connection, LoopbackServer, Reply, Request, serve_responses

pytestmark = pytest.mark.loopback

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"
MODEL = "openai/text-embedding-3-small"


def vectors(*data: Any, **more: Any) -> Reply:
    return Reply(json={"object": "list", "data": list(data), "model": "text-embedding-3-small", **more})


def embedding(index: int, *numbers: float, encoded: bool = False) -> dict[str, Any]:
    packed = base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()
    return {"object": "embedding", "index": index, "embedding": packed if encoded else list(numbers)}


def client_of(server: LoopbackServer) -> AsyncOpenRouter:
    return AsyncOpenRouter(KEY, base_url=server.url, retries=Retries(attempts=1))


async def test_a_request_says_what_was_asked_in_a_fixed_order() -> None:
    with LoopbackServer(serve_responses([vectors(embedding(0, 1.0))])) as server:
        async with client_of(server) as client:
            await client.embeddings.create(
                "red",
                model=MODEL,
                user="u",
                encoding_format="base64",
                dimensions=1,
                extra_body={"new": [1]},
                options={"cache": ResponseCache(ttl=60)},
            )
    request = server.requests[0]
    assert (request.method, request.path) == ("POST", "/api/v1/embeddings")
    assert request.body == (
        b'{"model":"openai/text-embedding-3-small","input":"red","dimensions":1,'
        b'"encoding_format":"base64","user":"u","new":[1]}'
    )
    assert request.headers["x-openrouter-cache"] == "true"


@pytest.mark.parametrize("encoded", [False, True], ids=["float", "base64"])
async def test_vectors_come_in_the_order_of_the_inputs(encoded: bool) -> None:
    data = [embedding(1, 3.0, -0.25, encoded=encoded), embedding(0, 0.5, 1.5, encoded=encoded)]
    usage = {"prompt_tokens": 2, "total_tokens": 2, "cost": 4e-8}
    with LoopbackServer(serve_responses([vectors(*data, id="gen-emb-1", usage=usage)])) as server:
        async with client_of(server) as client:
            reply = await client.embeddings.create(["a", "b"], model=MODEL)
    assert reply.vectors == [[0.5, 1.5], [3.0, -0.25]]
    assert [item.index for item in reply.data] == [0, 1]
    assert reply.usage is not None
    assert reply.usage.cost == Decimal("4e-8")
    assert (reply.id, response_meta(reply).attempts) == ("gen-emb-1", 1)


async def test_vectors_without_places_stay_as_they_came() -> None:
    data = [{"embedding": [2.0]}, {"embedding": [1.0]}]
    with LoopbackServer(serve_responses([vectors(*data)])) as server:
        async with client_of(server) as client:
            reply = await client.embeddings.create(["a", "b"], model=MODEL)
    assert reply.vectors == [[2.0], [1.0]]


@pytest.mark.parametrize("vector", ["not base64!", "AAAA", [1, "x"], None, {}], ids=str)
async def test_what_is_no_vector_is_an_invalid_answer(vector: Any) -> None:
    """Four characters of base64 are three bytes, and so no whole number of float32."""
    with LoopbackServer(serve_responses([vectors({"embedding": vector, "index": 0})])) as server:
        async with client_of(server) as client:
            with pytest.raises(errors.InvalidResponseError, match=r"data\.0\.embedding"):
                await client.embeddings.create("a", model=MODEL)


PART = {"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}}


@pytest.mark.parametrize(
    "given",
    [
        "text",
        ["a", "b"],
        ("a", "b"),
        [1, 2],
        [[1, 2], [3]],
        [{"content": [{"type": "text", "text": "x"}, PART]}],
    ],
    ids=str,
)
async def test_inputs_are_sent_as_given(given: Any) -> None:
    several = isinstance(given, list | tuple) and not isinstance(given[0], int)
    answer = vectors(*(embedding(place, 1.0) for place in range(len(given) if several else 1)))
    with LoopbackServer(serve_responses([answer])) as server:
        async with client_of(server) as client:
            await client.embeddings.create(given, model=MODEL)
    body = server.requests[0].json()
    assert isinstance(body, dict)
    assert body["input"] == (list(given) if isinstance(given, tuple) else given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("", "input is text of 0 characters; expected text that is not empty, its tokens, or a list"),
        ([], "input is a list of 0 items; expected text"),
        (None, "input is None; expected text"),
        (b"abc", "input is a bytes of 3 items; expected text"),
        ([True], "input is a list of 1 items; expected text"),
        (["secret", ""], "input[1] is text of 0 characters; expected text that is not empty"),
        ([1, "secret"], "input[1] is text of 6 characters; expected a whole number of at least 0"),
        ([-1], "input[0] is -1; expected a whole number of at least 0"),
        ([[1], []], "input[1] is a list of 0 items; expected at least 1 item"),
        ([{"content": []}], "input[0].content is a list of 0 items; expected at least 1 item"),
        ([{"content": [{"type": "x"}]}], "input[0].content[0].type is 'x'; expected 'text', 'image_url'"),
    ],
    ids=str,
)
async def test_wrong_inputs_are_refused_without_showing_them(given: Any, message: str) -> None:
    with LoopbackServer(serve_responses([])) as server:
        async with client_of(server) as client:
            with pytest.raises(ConfigurationError) as caught:
                await client.embeddings.create(given, model=MODEL)
    assert str(caught.value).startswith(message)
    assert "secret" not in str(caught.value)
    assert server.requests == []


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"dimensions": 0}, "dimensions is 0; expected a whole number of at least 1"),
        ({"encoding_format": "int8"}, "encoding_format is 'int8'; expected 'float' or 'base64'"),
        ({"stream": True}, "'stream' is not offered; vectors are not streamed"),
        (
            {"dimension": 3},
            "a request for embeddings has no parameter 'dimension'; did you mean 'dimensions'?",
        ),
        ({"model": ""}, "model is ''; expected a slug"),
        ({"extra_body": {"x": float("nan")}}, "extra_body['x'] cannot be sent; expected finite numbers"),
    ],
    ids=str,
)
async def test_wrong_parameters_are_refused(params: Any, message: str) -> None:
    with LoopbackServer(serve_responses([])) as server:
        async with client_of(server) as client:
            with pytest.raises(ConfigurationError) as caught:
                await client.embeddings.create("a", **{"model": MODEL, **params})
    assert str(caught.value).startswith(message)
    assert server.requests == []


@pytest.mark.parametrize(
    ("places", "said"),
    [
        ([0], "1 vectors for 2 inputs"),
        ([0, 1, 2], "3 vectors for 2 inputs"),
        ([], "0 vectors for 2 inputs"),
        ([0, 0], r"the inputs \[0, 0\], where 2 were sent"),
        ([1, 2], r"the inputs \[1, 2\], where 2 were sent"),
        ([0, None], r"the inputs \[0, None\]"),
    ],
)
async def test_vectors_that_do_not_match_the_inputs_are_no_answer(
    places: list[int | None], said: str
) -> None:
    answer = vectors(*({"embedding": [1.0], "index": place} for place in places))
    with LoopbackServer(serve_responses([answer])) as server:
        async with client_of(server) as client:
            with pytest.raises(errors.InvalidResponseError, match=said):
                await client.embeddings.create(["a", "b"], model=MODEL)


async def test_vectors_without_places_stand_in_the_order_of_the_inputs() -> None:
    answer = vectors({"embedding": [1.0]}, {"embedding": [2.0]})
    with LoopbackServer(serve_responses([answer])) as server:
        async with client_of(server) as client:
            assert (await client.embeddings.create(["a", "b"], model=MODEL)).vectors == [[1.0], [2.0]]


def service(fails_at: int | None = None) -> Callable[[Connection], None]:
    """Return the handler of a service whose vector of a text is its number, and which answers late parts first."""

    has_failed = Event()

    def answer(connection: Connection, request: Request) -> None:
        body: Any = request.json()
        first = int(body["input"][0])
        if fails_at is not None:
            if first == fails_at:
                connection.send(Reply(402, json={"error": {"code": 402, "message": "no credits"}}).encode())
                has_failed.set()
                return
            has_failed.wait(10)  # the others are answered after the failure, and some time behind it
            connection.pause(0.1)
        connection.pause(0.02 if first == 0 else 0)
        data = [embedding(place, float(text)) for place, text in enumerate(body["input"])]
        usage = {"prompt_tokens": len(data), "total_tokens": len(data), "cost": 0.5, "is_byok": False}
        connection.send(vectors(*reversed(data), usage=usage, id=f"gen-{first}").encode())

    return serve_responses([answer])


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["float", "base64"])
async def test_thousands_of_long_vectors_are_within_the_limits_of_an_answer(
    encoding: Literal["float", "base64"],
) -> None:
    async with Emulator() as emulator:
        async with AsyncOpenRouter(emulator.key, base_url=emulator.base_url) as client:
            reply = await client.embeddings.create(
                ["a"] * 2_100, model="openai/text-embedding-3-small", encoding_format=encoding
            )
        assert len(emulator.requests) == (10 if encoding == "float" else 2)
    assert (len(reply.vectors), len(reply.vectors[0])) == (2_100, 1_536)


async def test_more_inputs_than_a_request_carries_go_in_several_at_once() -> None:
    with LoopbackServer(service()) as server:
        async with client_of(server) as client, client.track() as spend:
            reply = await client.embeddings.create(
                [str(n) for n in range(5_000)], model=MODEL, dimensions=1, user="u"
            )
        bodies: list[Any] = [request.json() for request in server.requests]
    assert sorted(len(body["input"]) for body in bodies) == [904, 2048, 2048]
    assert {(body["model"], body["dimensions"], body["user"]) for body in bodies} == {(MODEL, 1, "u")}
    assert reply.vectors == [[float(n)] for n in range(5_000)]
    assert [each.index for each in reply.data] == [*range(5_000)]
    assert reply.usage is not None
    assert (reply.usage.prompt_tokens, reply.usage.is_byok) == (5_000, False)
    assert (reply.cost, spend.cost, spend.calls) == (Decimal("1.5"), Decimal("1.5"), 3)
    assert reply.id == "gen-0"
    assert response_meta(reply).status == 200


async def test_at_most_eight_requests_run_at_once() -> None:
    running, most = 0, 0
    lock = Lock()

    def answer(connection: Connection, request: Request) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        connection.pause(0.01)
        with lock:
            running -= 1
        connection.send(vectors(embedding(0, 1.0)).encode())

    with LoopbackServer(serve_responses([answer])) as server:
        async with client_of(server) as client:
            reply = await client.embeddings.create(["a"] * 40, model=MODEL, inputs_per_request=1)
    assert len(reply.vectors) == 40
    assert 2 <= most <= 8


async def test_a_failure_keeps_what_the_others_gave_and_begins_no_more() -> None:
    with LoopbackServer(service(fails_at=4)) as server:
        async with client_of(server) as client:
            with pytest.raises(errors.InsufficientCredits) as caught:
                await client.embeddings.create(
                    [str(n) for n in range(100)], model=MODEL, inputs_per_request=2
                )
    assert len(server.requests) < 50
    done = caught.value.done
    assert isinstance(done, Embeddings)
    assert {each.index: each.embedding for each in done.data} == {
        each.index: [float(each.index or 0)] for each in done.data
    }
    assert {0, 1} <= {each.index for each in done.data}
    assert not {4, 5} & {each.index for each in done.data}


async def test_a_cancelled_call_leaves_no_socket() -> None:
    def stalls(connection: Connection, request: Request) -> None:
        connection.wait_closed()
        connection.close()

    with LoopbackServer(serve_responses([stalls])) as server:
        async with client_of(server) as client:
            with anyio.move_on_after(0.2):
                await client.embeddings.create(["a"] * 4, model=MODEL, inputs_per_request=1)
            assert client._sender.transport.connections == (0, 0)


async def test_a_number_of_inputs_is_checked() -> None:
    async with AsyncOpenRouter(KEY) as client:
        with pytest.raises(ConfigurationError, match="inputs_per_request is 0"):
            await client.embeddings.create(["a"], model=MODEL, inputs_per_request=0)


async def test_models_that_make_vectors() -> None:
    page = {"data": [{"id": MODEL, "name": "x"}], "links": {"next": None}}
    with LoopbackServer(serve_responses([Reply(json=page)])) as server:
        async with client_of(server) as client:
            (model,) = await client.embeddings.models(limit=5).all()
            with pytest.raises(ConfigurationError, match="limit is 1001"):
                client.embeddings.models(limit=1001)
        assert server.requests[0].path == "/api/v1/embeddings/models?limit=5"
    assert model.id == MODEL


async def test_of_many_texts_equal_ones_are_sent_once() -> None:
    with Emulator() as emulator:
        async with AsyncOpenRouter(emulator.key, base_url=emulator.base_url) as client:
            model = "openai/text-embedding-3-small"
            reply = await client.embeddings.many(
                iter(["red", "blue", "red", "red"]), model=model, dimensions=8
            )
            single = await client.embeddings.create(["red", "blue"], model=model, dimensions=8)
        red, blue = single.vectors
        assert reply.vectors == [red, blue, red, red]
        assert [each.index for each in reply.data] == [0, 1, 2, 3]
        assert emulator.requests[0].json["input"] == ["red", "blue"]
        assert reply.cost == single.cost
        assert response_meta(reply).status == 200


async def test_many_texts_are_not_one_text() -> None:
    async with AsyncOpenRouter("key") as client:
        with pytest.raises(ConfigurationError, match="texts is one text"):
            await client.embeddings.many("red", model="a/b")
