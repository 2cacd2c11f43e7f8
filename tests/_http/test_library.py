"""Clients and transports that callers give, of httpx and of httpx2; contents are decoded by the library alone."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

import anyio
import httpx
import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request as StarletteRequest
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from openrouter_async import (
    APIStatusError,
    AsyncOpenRouter,
    ConfigurationError,
    ConnectError,
    ConnectionLost,
    OpenRouterError,
    ProxyError,
    RequestTimeout,
    Retries,
    Timeouts,
)
from openrouter_async._http.library import library_of
from tests.support.loopback import Connection, LoopbackServer, Reply, Request, refused_port, serve_responses
from tests.support.proxies import HTTPProxy
from tests.tools_seen.service import CHAT, COMPLETION, KEY, STREAM

LIBRARIES = [httpx] if httpx is httpx2 else [httpx, httpx2]
ONCE = Retries(attempts=1)
EVENTS = {"content-type": "text/event-stream"}
MODEL = "acme/model"
either_library = pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.__name__)


def client(url: str = "https://openrouter.ai/api/v1", **settings: Any) -> AsyncOpenRouter:
    return AsyncOpenRouter(KEY, **{"base_url": url, "default_model": MODEL, "retries": ONCE, **settings})


async def both(openrouter: AsyncOpenRouter) -> tuple[str, str]:
    """Return the texts of a plain call and of a stream."""
    plain = await openrouter.chat.create("The capital of France?")
    async with openrouter.chat.stream("The capital of France?") as stream:
        return plain.text, "".join([text async for text in stream.text()])


def replied(coding: str = "identity") -> Callable[[Connection, Request], None]:
    """Return what answers both, in a content coding."""

    def answer(connection: Connection, request: Request) -> None:
        is_stream = '"stream":true' in request.body.decode()
        body = STREAM if is_stream else json.dumps(COMPLETION).encode()
        headers = {**(EVENTS if is_stream else {}), "content-encoding": coding}
        connection.send(Reply(200, CODINGS[coding](body), headers).encode())

    return answer


CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "identity": lambda body: body,
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "gzip, deflate": lambda body: zlib.compress(gzip.compress(body)),
}


@asynccontextmanager
async def _over_a_client(library: ModuleType) -> AsyncIterator[dict[str, object]]:
    async with library.AsyncClient() as given:
        yield {"http_client": given}
        assert not given.is_closed


@asynccontextmanager
async def _over_a_transport(library: ModuleType) -> AsyncIterator[dict[str, object]]:
    async with library.AsyncHTTPTransport() as given:
        yield {"transport": given}


@asynccontextmanager
async def _over_ours(_library: ModuleType) -> AsyncIterator[dict[str, object]]:
    yield {}


Given = Callable[[ModuleType], AbstractAsyncContextManager[dict[str, object]]]
either_given = pytest.mark.parametrize(
    "given", [_over_a_client, _over_a_transport], ids=["http_client", "transport"]
)


# Calls


@pytest.mark.loopback
@either_library
@either_given
async def test_a_given_one_sends_and_reads_calls(library: ModuleType, given: Given) -> None:
    with LoopbackServer(serve_responses([replied()])) as server:
        async with given(library) as arguments, client(server.url, **arguments) as openrouter:
            assert await both(openrouter) == ("Paris", "Paris")
        assert [request.headers["authorization"] for request in server.requests] == [f"Bearer {KEY}"] * 2
        assert server.requests[0].json() == {
            "model": MODEL,
            "messages": [{"role": "user", "content": "The capital of France?"}],
        }
        assert [request.path for request in server.requests] == ["/api/v1/chat/completions"] * 2


@either_library
async def test_what_is_sent_is_the_same_with_either(library: ModuleType) -> None:
    sent: list[tuple[str, str, list[tuple[bytes, bytes]], bytes]] = []

    async def handler(request: Any) -> object:
        assert type(request) is library.Request
        sent.append((request.method, str(request.url), request.headers.raw, await request.aread()))
        return library.Response(200, json=COMPLETION)

    async with client(transport=library.MockTransport(handler)) as openrouter:
        await openrouter.chat.create("Grüße")
        await openrouter.request("GET", "/some/thingü", into=bytes, query={"x": [1, "ä&=+ "]})
    chat, other = sent
    assert chat[:2] == ("POST", CHAT)
    assert json.loads(chat[3])["messages"][0]["content"] == "Grüße"
    headers = {name.lower(): value for name, value in chat[2]}
    assert len(headers) == len(chat[2])
    assert headers[b"content-length"] == b"%d" % len(chat[3])
    assert headers[b"host"] == b"openrouter.ai"
    assert other[1] == "https://openrouter.ai/api/v1/some/thing%C3%BC?x=1&x=%C3%A4%26%3D%2B+"


@pytest.mark.loopback
@either_library
@either_given
async def test_a_body_from_a_file_has_its_length(library: ModuleType, given: Given) -> None:
    job = {"id": "batch-1", "object": "batch", "status": "validating", "created_at": 1}
    requests = [{"custom_id": str(number), "body": {"input": "x" * 1000}} for number in range(100)]
    with LoopbackServer(serve_responses([Reply(json=job)])) as server:
        async with given(library) as arguments, client(server.url, **arguments) as openrouter:
            await openrouter.batches.submit(requests, model=MODEL, endpoint="/v1/embeddings")  # type: ignore[arg-type]
        request = server.requests[0]
    assert "transfer-encoding" not in request.headers
    assert request.headers["content-length"] == str(len(request.body))
    assert len(json.loads(request.body)["requests"]) == 100


@either_library
async def test_an_app_answers_in_the_same_process(library: ModuleType) -> None:
    """An ASGI app of starlette, which is how a team plays the service without a socket."""

    async def answer(request: StarletteRequest) -> Response:
        if (await request.json()).get("stream"):
            return StreamingResponse(iter([STREAM[:30], STREAM[30:]]), media_type="text/event-stream")
        return JSONResponse(COMPLETION)

    app = Starlette(routes=[Route("/api/v1/chat/completions", answer, methods=["POST"])])
    async with client(transport=library.ASGITransport(app)) as openrouter:
        assert await both(openrouter) == ("Paris", "Paris")
    async with (
        library.AsyncClient(transport=library.ASGITransport(app)) as given,
        client(http_client=given) as openrouter,
    ):
        assert await both(openrouter) == ("Paris", "Paris")


@pytest.mark.loopback
@either_library
async def test_a_proxy_of_a_given_client_is_used(library: ModuleType) -> None:
    with (
        LoopbackServer(serve_responses([replied()])) as server,
        LoopbackServer(HTTPProxy("user:right")) as proxy,
    ):
        address = proxy.origin.replace("://", "://user:right@")
        async with (
            library.AsyncClient(proxy=address) as given,
            client(server.url, http_client=given) as openrouter,
        ):
            assert await both(openrouter) == ("Paris", "Paris")
        assert len(proxy.requests) == 1


@either_library
async def test_the_pool_of_a_given_client_may_be_too_small(library: ModuleType) -> None:
    """Its queue has a clock of its own, and a stream that is left gives its connection back.

    Not under trio, which warns of the generators in generators that their own transports leave behind.
    """
    with LoopbackServer(serve_responses([_begins_a_stream])) as server:
        limits = library.Limits(max_connections=1)
        async with (
            library.AsyncClient(limits=limits) as given,
            client(server.url, http_client=given, timeouts=Timeouts(queue=0.1)) as openrouter,
        ):
            async with openrouter.chat.stream("Hi") as stream:
                assert await anext(stream.text()) == "Par"
                with pytest.raises(RequestTimeout, match="had no free connection") as caught:
                    await openrouter.chat.create("Hi")
                assert type(caught.value.__cause__) is library.PoolTimeout
            async with openrouter.chat.stream("Hi") as stream:
                assert await anext(stream.text()) == "Par"


def _begins_a_stream(connection: Connection, request: Request) -> None:
    connection.start_chunked(headers=EVENTS)
    connection.chunk(STREAM[: STREAM.index(b"\n\n") + 2])
    connection.wait_closed()


# Failures


@pytest.mark.loopback
@either_library
@either_given
async def test_a_cancelled_call_ends_its_connection(library: ModuleType, given: Given) -> None:
    def never(connection: Connection, request: Request) -> None:
        connection.wait_closed()
        ended.append(request.path)

    ended: list[str] = []
    with LoopbackServer(serve_responses([never])) as server:
        async with given(library) as arguments, client(server.url, **arguments) as openrouter:
            async with anyio.create_task_group() as calls:
                calls.start_soon(openrouter.chat.create, "Hi")
                assert await anyio.to_thread.run_sync(server.wait_until, lambda: len(server.requests) == 1)
                calls.cancel_scope.cancel()
            assert openrouter._sender.transport.limiter.in_use == 0
            assert await anyio.to_thread.run_sync(server.wait_until, lambda: len(ended) == 1)


def _resets(connection: Connection, request: Request) -> None:
    connection.reset()


def _breaks_off(connection: Connection, request: Request) -> None:
    connection.start_chunked()
    connection.chunk(b'{"id"')
    connection.close()


def _is_silent(connection: Connection, request: Request) -> None:
    connection.wait_closed()


def _falls_silent(connection: Connection, request: Request) -> None:
    connection.start_chunked()
    connection.chunk(b'{"id"')
    connection.wait_closed()


@pytest.mark.loopback
@either_library
@either_given
@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        (_resets, ConnectionLost, "was lost before the answer began"),
        (_breaks_off, ConnectionLost, "was lost before the answer was whole"),
        (b"nonsense\r\n\r\n", ConnectionLost, "was lost before the answer began"),
        (_is_silent, RequestTimeout, r"sent no answer within 0\.3 s"),
        (_falls_silent, RequestTimeout, "stopped sending in the middle of the answer"),
    ],
)
async def test_failures_of_the_wire_are_ours(
    library: ModuleType, given: Given, answer: Any, error: type[OpenRouterError], message: str
) -> None:
    is_late = error is RequestTimeout
    timeouts = Timeouts(headers=0.3, idle=0.3) if is_late else Timeouts()
    with LoopbackServer(serve_responses([answer])) as server:
        async with (
            given(library) as arguments,
            client(server.url, timeouts=timeouts, **arguments) as openrouter,
        ):
            with pytest.raises(error, match=message) as caught:
                await openrouter.chat.create("Hi")
            assert openrouter._sender.transport.limiter.in_use == 0
    assert library_of(caught.value.__cause__) in (library, None)


@pytest.mark.loopback
@either_library
@either_given
async def test_what_cannot_be_reached_says_why(library: ModuleType, given: Given) -> None:
    async with (
        given(library) as arguments,
        client(f"http://127.0.0.1:{refused_port()}", **arguments) as openrouter,
    ):
        with pytest.raises(ConnectError, match="Connection refused") as caught:
            await openrouter.chat.create("Hi")
        assert type(caught.value.__cause__) is library.ConnectError


@pytest.mark.loopback
@either_library
async def test_a_proxy_that_refuses_is_named_as_such(library: ModuleType) -> None:
    with LoopbackServer(HTTPProxy("user:right")) as proxy:
        async with (
            library.AsyncClient(proxy=proxy.origin) as given,
            client("https://api.invalid/api/v1", http_client=given) as openrouter,
        ):
            with pytest.raises(ProxyError, match="407"):
                await openrouter.chat.create("Hi")


# Contents, which neither library encodes or decodes


@pytest.fixture
def _without_their_decoders(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("this is ours to do")

    for library in LIBRARIES:
        monkeypatch.setattr(library.Response, "_get_content_decoder", refuse)
        multipart = import_module(f"{library.__name__}._multipart")
        monkeypatch.setattr(multipart.MultipartStream, "__init__", refuse)


@pytest.mark.loopback
@pytest.mark.usefixtures("_without_their_decoders")
@either_library
@pytest.mark.parametrize("given", [_over_ours, _over_a_client, _over_a_transport])
@pytest.mark.parametrize("coding", CODINGS)
async def test_contents_are_decoded_by_us_alone(library: ModuleType, given: Given, coding: str) -> None:
    with LoopbackServer(serve_responses([replied(coding)])) as server:
        async with given(library) as arguments, client(server.url, **arguments) as openrouter:
            assert await both(openrouter) == ("Paris", "Paris")
            assert b"Paris" in await openrouter.request("POST", "/some/file", into=bytes, body={})


@pytest.mark.loopback
@either_library
@pytest.mark.parametrize("coding", ["identity", "gzip"])
async def test_what_a_hook_of_the_client_has_read_is_not_read_again(library: ModuleType, coding: str) -> None:
    """The connection is free by then, and may serve another call."""

    async def look(response: Any) -> None:
        seen.append(await response.aread())

    seen: list[bytes] = []
    with LoopbackServer(serve_responses([replied(coding)])) as server:
        async with (
            library.AsyncClient(event_hooks={"response": [look]}) as given,
            client(server.url, http_client=given) as openrouter,
        ):
            assert await both(openrouter) == ("Paris", "Paris")
    assert seen == [json.dumps(COMPLETION).encode(), STREAM]


@pytest.mark.loopback
@either_library
@pytest.mark.parametrize("reads", [True, False])
@pytest.mark.parametrize("status", [401, 429])
async def test_a_status_that_a_hook_of_the_client_raises_is_that_status(
    library: ModuleType, reads: bool, status: int
) -> None:
    """It was a lost connection, which is sent again."""

    async def check(response: Any) -> None:
        if reads:
            await response.aread()
        response.raise_for_status()

    refusal = Reply(
        status, json={"error": {"code": status, "message": "not today"}}, headers={"retry-after": "0.05"}
    )
    with LoopbackServer(serve_responses([refusal, replied()])) as server:
        async with (
            library.AsyncClient(event_hooks={"response": [check]}) as given,
            client(server.url, http_client=given) as openrouter,
        ):
            with pytest.raises(APIStatusError, match="not today" if reads else str(status)) as caught:
                await openrouter.chat.create("Hi")
            assert (caught.value.status, caught.value.retry_after) == (status, 0.05)
            assert await both(openrouter) == ("Paris", "Paris")


@either_library
async def test_the_answer_of_a_mock_is_decoded_by_us_although_it_is_read_already(library: ModuleType) -> None:
    """Members that follow the first of a gzip are read too, which httpx 0.28 forgets."""
    body = json.dumps(COMPLETION).encode()
    content = gzip.compress(body[:20]) + gzip.compress(body[20:])
    mock = library.MockTransport(
        lambda _: library.Response(200, content=content, headers={"content-encoding": "gzip"})
    )
    async with client(transport=mock) as openrouter:
        assert (await openrouter.chat.create("Hi")).text == "Paris"


# Arguments


@either_library
@pytest.mark.parametrize(
    ("argument", "given", "message"),
    [
        ("http_client", lambda library: library.Client(), r"is a {0}\.Client; expected an instance of {1}"),
        (
            "http_client",
            lambda library: library.AsyncClient,
            r"is the class {0}\.AsyncClient; expected an inst",
        ),
        ("http_client", lambda library: library, "is a module; expected an instance of {1}"),
        (
            "http_client",
            lambda library: library.AsyncHTTPTransport(),
            r"is a {0}\.AsyncHTTPTransport; give it as transport=",
        ),
        ("http_client", lambda library: {}, "is a dict; expected an instance of {1}"),
        ("transport", lambda library: library.HTTPTransport(), r"is a {0}\.HTTPTransport; expected an inst"),
        (
            "transport",
            lambda library: library.AsyncClient(),
            r"is a {0}\.AsyncClient; give it as http_client=",
        ),
        (
            "transport",
            lambda library: library.MockTransport,
            "is the class {0}.MockTransport; expected an inst",
        ),
    ],
)
def test_what_is_of_the_wrong_kind_is_refused(
    library: ModuleType, argument: str, given: Callable[[ModuleType], object], message: str
) -> None:
    expected = message.format(library.__name__, r"httpx\.AsyncClient or httpx2\.AsyncClient")
    with pytest.raises(ConfigurationError, match=f"^{argument} {expected}"):
        client(**{argument: given(library)})


@pytest.mark.skipif(httpx is httpx2, reason="there is one library")
@pytest.mark.parametrize(("above", "below"), [(httpx, httpx2), (httpx2, httpx)])
def test_a_client_of_one_over_a_transport_of_the_other_is_refused(
    above: ModuleType, below: ModuleType
) -> None:
    """Neither can work, and they say so without a word."""
    given = above.AsyncClient(transport=below.MockTransport(lambda _: below.Response(200)))
    expected = (
        f"http_client is a {above.__name__}.AsyncClient over a {below.__name__}.MockTransport; make both"
    )
    with pytest.raises(ConfigurationError, match=expected):
        client(http_client=given)


@either_library
async def test_classes_that_others_derive_are_taken(library: ModuleType) -> None:
    class Theirs(library.AsyncClient):  # type: ignore[name-defined,misc]
        """As the default clients of openai and anthropic are."""

    async with (
        Theirs(transport=library.MockTransport(lambda _: library.Response(200, json=COMPLETION))) as given,
        client(http_client=given) as openrouter,
    ):
        assert (await openrouter.chat.create("Hi")).text == "Paris"


def test_where_only_httpx2_is_installed_it_is_the_base() -> None:
    program = """
import importlib.abc, sys

class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] in ("httpx", "httpcore"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
from openrouter_async._http.pool.connections import ConnectionTransport
print(*[kind.__module__ for kind in ConnectionTransport.__mro__[1:3]])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.stdout.split(), done.stderr) == (["httpx2", "httpx2"], "")
