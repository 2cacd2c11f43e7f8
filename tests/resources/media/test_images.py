"""Images: the request that is sent, and what becomes of its answer."""

from __future__ import annotations

import base64
import functools
import threading
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from openrouter_async import AsyncOpenRouter, ConfigurationError, Retries, errors, image
from openrouter_async.streaming.images.events import ImageCompleted, ImagePartial, ImagesFinished
from tests.support.loopback import WAIT_S, Connection, LoopbackServer, Reply, Request, serve_responses

pytestmark = pytest.mark.loopback

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"
MODEL = "openai/gpt-image-1"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
B64 = base64.b64encode(PNG).decode()
USAGE = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "cost": 0.04}
REPLY = Reply(json={"created": 0, "data": [{"b64_json": B64, "media_type": "image/png"}], "usage": USAGE})


def client_of(server: LoopbackServer) -> AsyncOpenRouter:
    return AsyncOpenRouter(KEY, base_url=server.url, retries=Retries(base=0.001))


async def test_an_image_is_asked_for_and_costs() -> None:
    params: dict[str, Any] = {
        "n": 2, "size": "2K", "resolution": "2K", "aspect_ratio": "16:9", "quality": "high", "output_format": "webp",
        "output_compression": 80, "background": "opaque", "seed": 7, "session_id": "s", "user": "u",
        "trace": {"trace_id": "t"}, "provider": {"only": ["openai"], "options": {"openai": {"x": 1}}},
    }  # fmt: skip
    with LoopbackServer(serve_responses([REPLY])) as server:
        async with client_of(server) as client, client.track() as spend:
            reply = await client.images.create("A fox.", model=MODEL, **params)
        (request,) = server.requests
    assert request.path == "/api/v1/images"
    assert request.json() == {"model": MODEL, "prompt": "A fox.", **params}
    assert reply.image.bytes == PNG
    assert reply.image.media_type == "image/png"
    assert reply.cost == Decimal("0.04")
    assert (spend.cost, spend.calls) == (Decimal("0.04"), 1)


async def test_a_picture_that_cannot_be_read_yet_does_not_hold_up_a_cancellation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x.png").write_bytes(PNG)
    reading, go_on, was_read = threading.Event(), threading.Event(), threading.Event()

    def stuck(_: Path) -> bytes:
        reading.set()
        go_on.wait(WAIT_S)
        was_read.set()
        return PNG

    monkeypatch.setattr(Path, "read_bytes", stuck)
    with LoopbackServer(serve_responses([REPLY])) as server:
        async with client_of(server) as client, anyio.create_task_group() as group:
            create = functools.partial(client.images.create, input_references=[tmp_path / "x.png"])
            group.start_soon(functools.partial(create, "A fox.", model=MODEL))
            while not reading.is_set():
                await anyio.lowlevel.checkpoint()
            group.cancel_scope.cancel()
        assert not was_read.is_set()
        go_on.set()
        assert not server.requests


async def test_pictures_to_go_by_are_urls_bytes_and_paths(tmp_path: Path) -> None:
    path = tmp_path / "logo.jpg"  # of another kind than its name says
    path.write_bytes(PNG)
    part: Any = {"type": "image_url", "image_url": {"url": "https://example.com/b.png"}}
    with LoopbackServer(serve_responses([REPLY])) as server:
        async with client_of(server) as client:
            sources = ["https://example.com/a.png", PNG, path, image(path), part]
            await client.images.create("A fox.", model=MODEL, input_references=sources)
            body: Any = server.requests[0].json()
    data_url = f"data:image/png;base64,{B64}"
    urls = [reference["image_url"]["url"] for reference in body["input_references"]]
    assert urls == ["https://example.com/a.png", data_url, data_url, data_url, "https://example.com/b.png"]
    assert {reference["type"] for reference in body["input_references"]} == {"image_url"}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"prompt": ""}, "prompt is "),
        ({"model": None}, "model is None; expected a slug"),
        ({"model": 3}, "model is 3"),
        ({"n": 11}, "n is 11; expected a whole number from 1 to 10"),
        ({"output_compression": 101}, "output_compression is 101"),
        ({"stream": True}, "'stream' is not offered"),
        ({"sise": "1K"}, "did you mean 'size'"),
        ({"input_references": ["logo.png"]}, "for a file a pathlib.Path"),
        ({"input_references": [Path("/none.png")]}, "'/none.png' cannot be read"),
        ({"input_references": [b"%PDF-1.7"]}, "holds application/pdf, no image"),
        ({"input_references": ["https://a"] * 17}, "a list of at most 16"),
        ({"input_references": "https://a"}, "expected a list"),
        ({"provider": {"zdr": True}}, "provider.zdr is unknown"),
    ],
)
async def test_wrong_arguments_are_told_before_anything_is_sent(
    arguments: dict[str, Any], reason: str
) -> None:
    with LoopbackServer(serve_responses([REPLY])) as server:
        async with client_of(server) as client:
            with pytest.raises(ConfigurationError, match=reason):
                await client.images.create(**{"prompt": "A fox.", "model": MODEL, **arguments})
            with pytest.raises(ConfigurationError, match=reason):
                async with client.images.stream(
                    **{"prompt": "A fox.", "model": MODEL, **arguments}
                ) as stream:
                    await stream.final()
    assert server.requests == []


def closes(connection: Connection, request: Request) -> None:
    connection.close()


def breaks_off(connection: Connection, request: Request) -> None:
    connection.send_head(200, {"content-type": "application/json", "content-length": "500"})
    connection.send(b'{"created": 1, ')
    connection.close()


FAILED = Reply(502, json={"error": {"code": 502, "message": "Image generation failed"}})


@pytest.mark.parametrize("answer", [closes, breaks_off, Reply(500, b"<html>"), Reply(200, b"")])
async def test_an_image_that_may_have_been_made_is_not_made_again(answer: Any) -> None:
    with LoopbackServer(serve_responses([answer, REPLY])) as server:
        async with client_of(server) as client:
            with pytest.raises(errors.OpenRouterError, match="it may have been carried out"):
                await client.images.create("A fox.", model=MODEL)
    assert len(server.requests) == 1


async def test_an_image_of_which_the_service_says_that_it_failed_is_asked_for_again() -> None:
    with LoopbackServer(serve_responses([FAILED, REPLY])) as server:
        async with client_of(server) as client:
            assert (await client.images.create("A fox.", model=MODEL)).image.bytes == PNG
    assert len(server.requests) == 2


def streamed(connection: Connection, request: Request) -> None:
    connection.start_chunked()
    for index in range(2):
        connection.event(
            {"type": "image_generation.partial_image", "partial_image_index": index, "b64_json": B64}
        )
    connection.event({"type": "image_generation.completed", "b64_json": B64, "created": 1, "usage": USAGE})
    connection.event("[DONE]")
    connection.end_chunked()


async def test_an_image_is_seen_while_it_is_made() -> None:
    with LoopbackServer(serve_responses([streamed])) as server:
        async with client_of(server) as client, client.track() as spend:
            async with client.images.stream("A fox.", model=MODEL, n=1) as stream:
                events = [event async for event in stream]
                images = await stream.final()
            assert client._sender.transport.connections == (1, 1)
        assert server.requests[0].json() == {"model": MODEL, "prompt": "A fox.", "n": 1, "stream": True}
    assert [type(event) for event in events] == [ImagePartial, ImagePartial, ImageCompleted, ImagesFinished]
    assert images.image.bytes == PNG
    assert spend.cost == Decimal("0.04")


async def test_an_image_that_may_be_made_is_not_streamed_again() -> None:
    with LoopbackServer(serve_responses([closes, streamed])) as server:
        async with client_of(server) as client:
            with pytest.raises(errors.ConnectionLost, match="it may have been carried out"):
                async with client.images.stream("A fox.", model=MODEL) as stream:
                    await stream.final()
    assert len(server.requests) == 1


async def test_a_model_that_streams_nothing_gives_its_image_at_the_end() -> None:
    with LoopbackServer(serve_responses([REPLY])) as server:
        async with client_of(server) as client, client.images.stream("A fox.", model=MODEL) as stream:
            assert (await stream.final()).image.bytes == PNG


async def test_models_and_their_endpoints() -> None:
    capability = {"n": {"type": "range", "min": 1, "max": 4}}
    models = {"data": [{"id": MODEL, "supports_streaming": True, "supported_parameters": capability}]}
    price = {"billable": "output_image", "unit": "image", "cost_usd": 0.04}
    endpoints = {"id": MODEL, "endpoints": [{"provider_slug": "openai", "pricing": [price]}]}
    with LoopbackServer(serve_responses([Reply(json=models), Reply(json=endpoints)])) as server:
        async with client_of(server) as client:
            (model,) = await client.images.models().all()
            offers = await client.images.endpoints(model.id)
        paths = [request.path for request in server.requests]
    assert paths == ["/api/v1/images/models", "/api/v1/images/models/openai/gpt-image-1/endpoints"]
    assert model.supported_parameters is not None
    assert model.supported_parameters["n"].max == 4
    assert offers.endpoints[0].pricing is not None
    assert offers.endpoints[0].pricing[0].cost_usd == Decimal("0.04")
