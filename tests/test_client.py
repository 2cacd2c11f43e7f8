"""The client's settings: where they come from, what is refused before anything is sent, and what it shares."""

from __future__ import annotations

import copy
import logging
import multiprocessing
import os
import pickle
from collections.abc import Callable, Iterator

import anyio
import h11
import httpx
import hypothesis
import pytest
from hypothesis import strategies
from pydantic import JsonValue, SecretStr

from openrouter_async import (
    App,
    AsyncOpenRouter,
    ClientOptions,
    ConfigurationError,
    Limits,
    RequestEvent,
    RequestOptions,
    ResponseCache,
    Retries,
    Timeouts,
    errors,
    response_meta,
)
from openrouter_async._http.http11.parsers import HTTPParser
from openrouter_async._settings import READERS
from tests.support.loopback import (
    Connection,
    LoopbackServer,
    Reply,
    Request,
    client_tls,
    serve_responses,
    server_tls,
)

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"
REPLY = Reply(
    json={
        "id": "gen-1",
        "choices": [{"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
    }
)


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENROUTER_API_KEY", "OPENROUTER_MANAGEMENT_KEY", "OPENROUTER_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer(serve_responses([REPLY])) as server:
        yield server


# Where settings come from


async def test_key_and_base_url_come_from_the_environment(
    server: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENROUTER_API_KEY", f" {KEY}\n")
    monkeypatch.setenv("OPENROUTER_BASE_URL", server.url + "/")
    async with AsyncOpenRouter() as client:
        assert client.base_url == server.url
        await client.chat.create("Hello")
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


async def test_a_secret_str_is_a_key(server: LoopbackServer) -> None:
    async with AsyncOpenRouter(SecretStr(KEY), base_url=server.url) as client:
        await client.chat.create("Hello")
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


async def test_without_any_setting_requests_go_to_the_service() -> None:
    async with AsyncOpenRouter() as client:
        assert client.base_url == "https://openrouter.ai/api/v1"


async def test_the_default_model_is_sent_where_a_call_names_none(server: LoopbackServer) -> None:
    async with AsyncOpenRouter(KEY, base_url=server.url, default_model="a/default") as client:
        await client.chat.create("Hello")
        await client.chat.create("Hello", model="b/named")
        await client.chat.create("Hello", options={"default_model": "c/option"})
    sent = [request.json()["model"] for request in server.requests]  # type: ignore[index]
    assert sent == ["a/default", "b/named", "c/option"]


@pytest.mark.parametrize("given_to", ["the client", "a derived client", "the call"])
async def test_documented_headers_have_typed_options(server: LoopbackServer, given_to: str) -> None:
    options: RequestOptions = {
        "app": App(title="Demo", referer="https://demo.example", categories=["cli-agent", "game"]),
        "cache": ResponseCache(ttl=60, clear=True),
        "router_metadata": True,
        "session_id": "s-1",
        "anthropic_beta": ["one", "two"],
        "headers": {"X-Extra": "yes"},
        "query": {"a": "b c"},
    }
    of_client: RequestOptions = options if given_to == "the client" else {}
    derived: RequestOptions = options if given_to == "a derived client" else {}
    of_call: RequestOptions = options if given_to == "the call" else {}
    async with AsyncOpenRouter(**{"api_key": KEY, "base_url": server.url, **of_client}) as client:
        await client.with_options(**derived).chat.create("Hello", options=of_call)
    request = server.requests[0]
    expected = {
        "x-openrouter-title": "Demo",
        "http-referer": "https://demo.example",
        "x-openrouter-categories": "cli-agent,game",
        "x-openrouter-cache": "true",
        "x-openrouter-cache-ttl": "60",
        "x-openrouter-cache-clear": "true",
        "x-openrouter-metadata": "enabled",
        "x-session-id": "s-1",
        "x-anthropic-beta": "one,two",
        "x-extra": "yes",
    }
    assert {name: request.headers.get(name) for name in expected} == expected
    assert request.path.endswith("?a=b+c")


@pytest.mark.parametrize("parser", ["h11", "httptools"])
async def test_any_text_can_stand_in_a_header(server: LoopbackServer, parser: HTTPParser) -> None:
    texts = {"Café": "Café", "☕ 日本語": "☕ 日本語", " blanks\t": "blanks", "a\tb": "a\tb", "  ": ""}
    for text in texts:
        app = App(title=text, referer="https://bücher.example/ü")
        async with AsyncOpenRouter(KEY, base_url=server.url, app=app, http_parser=parser) as client:
            await client.chat.create("Hello", options={"headers": {"x-own": text}, "session_id": "é"})
    for sent, request in zip(texts.values(), server.requests, strict=True):
        got = {name: value.encode("latin-1").decode() for name, value in request.headers.items()}
        assert got["x-openrouter-title"] == got["x-own"] == sent
        assert (got["http-referer"], got["x-session-id"]) == ("https://bücher.example/ü", "é")


@hypothesis.given(text=strategies.text(max_size=30))
def test_any_text_in_a_header_is_sendable_or_refused_when_the_client_is_made(text: str) -> None:
    if any((char < " " and char != "\t") or char == "\x7f" or "\ud800" <= char < "\ue000" for char in text):
        with pytest.raises(ConfigurationError, match="x-openrouter-title"):
            AsyncOpenRouter(KEY, app=App(title=text))
        return
    client = AsyncOpenRouter(KEY, app=App(title=text))
    sent = dict(client._sender.settings.sent_headers).get(b"x-openrouter-title", b"")
    h11.Request(method="GET", target="/", headers=[("Host", "a"), (b"x", sent)])
    assert sent.decode() == text.strip(" \t")


# A derived client


async def test_a_derived_client_shares_connections_and_changes_only_what_is_given(
    server: LoopbackServer,
) -> None:
    async with AsyncOpenRouter(KEY, base_url=server.url, timeouts=Timeouts(idle=7, total=9)) as client:
        derived = client.with_options(
            default_model="a/b", timeouts=Timeouts(total=20), headers={"x-one": "1"}
        ).with_options(headers={"X-Two": "2"})
        await client.chat.create("Hello")
        await derived.chat.create("Hello")
        settings = derived._sender.settings
        assert (settings.timeouts.idle, settings.timeouts.total) == (7, 20)
        assert client.default_model is None
    assert server.connections == 1
    assert "x-one" not in server.requests[0].headers
    assert (server.requests[1].headers["x-one"], server.requests[1].headers["x-two"]) == ("1", "2")


async def test_a_derived_client_ends_with_its_origin_and_is_not_closed_alone(server: LoopbackServer) -> None:
    async with AsyncOpenRouter(KEY, base_url=server.url) as client:
        derived = client.with_options(default_model="a/b")
        async with derived:
            await derived.chat.create("Hello")
        await client.chat.create("Hello")
        with pytest.raises(ConfigurationError, match="closed with the client it came from"):
            await derived.aclose()
    with pytest.raises(ConfigurationError, match="the client is closed"):
        await derived.chat.create("Hello")


# What is refused before anything is sent


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param({"base_url": "openrouter.ai/api"}, "base_url is 'openrouter.ai/api'", id="no scheme"),
        pytest.param({"base_url": "ftp://openrouter.ai"}, "base_url is", id="other scheme"),
        pytest.param({"base_url": "https://u:p@openrouter.ai"}, "user name", id="user in the URL"),
        pytest.param({"base_url": "https://openrouter.ai/api?x=1"}, "base_url is", id="query"),
        pytest.param({"base_url": "http://openrouter.ai/api/v1"}, "in clear", id="plain http"),
        pytest.param({"base_url": "http://[::1"}, "not a URL", id="bad host"),
        pytest.param({"api_key": "has a blank"}, "api_key has a character", id="blank in the key"),
        pytest.param({"api_key": '""'}, "api_key is empty", id="nothing between quotes"),
        pytest.param({"api_key": "ключ"}, "api_key has a character", id="key beyond ASCII"),
        pytest.param({"api_key": 5}, "api_key is a int", id="key of another type"),
        pytest.param({"timeouts": 5}, "timeouts is a int", id="timeouts of another type"),
        pytest.param({"app": App(title="a\nb")}, "single line", id="line break in a header"),
        pytest.param(
            {"proxy": "http://p:1", "transport": httpx.AsyncHTTPTransport()}, "proxy", id="two ways"
        ),
        pytest.param({"proxy": "gopher://x"}, "proxy", id="unknown proxy"),
        pytest.param({"proxy": "http://127.0.0.1:99999"}, "proxy", id="port of no proxy"),
        pytest.param({"limits": 10}, r"limits is a int; expected Limits\(", id="limits of another type"),
        pytest.param({"hooks": 5}, "hooks is a int", id="hooks of another type"),
        pytest.param({"hooks": [print]}, r"hooks\[0\] .* 'started'", id="a hook without its methods"),
        pytest.param({"ssl_context": True}, "ssl_context is a bool", id="ssl_context of another type"),
        pytest.param({"transport": object()}, "transport is a object", id="transport of another type"),
        pytest.param({"http_client": httpx}, "http_client is a module", id="http_client of another type"),
        pytest.param({"proxy": 3128}, "proxy is a int", id="proxy of another type"),
        pytest.param(
            {"allow_plain_http": "a.example"}, "allow_plain_http is 'a.example'", id="text for a list"
        ),
    ],
)
def test_a_wrong_argument_is_refused_by_name(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        AsyncOpenRouter(**{"api_key": KEY, **arguments})  # type: ignore[arg-type]
    assert str(arguments.get("api_key", KEY)) not in str(caught.value)


HOSTS = (
    ["https://\u200b.example"]
    if httpx.__name__ == "httpx2"
    else ["https://xn--a.example", "https://\u200b.example"]
)
"""Those that httpx refuses; httpx2 looks up what is ASCII."""


@pytest.mark.parametrize("url", ["https://a.example/\0", *HOSTS])
async def test_a_base_url_that_no_request_can_have_is_refused(url: str) -> None:
    async with AsyncOpenRouter(KEY, base_url=url) as client:
        with pytest.raises(ConfigurationError, match="base_url is not a URL: "):
            await client.chat.create("Hello")


@pytest.mark.parametrize("copied", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_client_says_that_it_is_never_copied(copied: Callable[[object], object]) -> None:
    with pytest.raises(TypeError, match="never pickled or copied; make one in each process"):
        copied(AsyncOpenRouter(KEY))


def test_plain_http_is_allowed_to_hosts_named_for_it() -> None:
    client = AsyncOpenRouter(
        KEY, base_url="http://gateway.internal/v1", allow_plain_http=["gateway.internal"]
    )
    assert client.base_url == "http://gateway.internal/v1"


@pytest.mark.parametrize("written", [f" {KEY}\r\n", f'"{KEY}"', f"'{KEY}' "])
async def test_what_stands_around_a_key_is_not_part_of_it(
    written: str, server: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENROUTER_API_KEY", written)
    async with AsyncOpenRouter(base_url=server.url) as client:
        await client.chat.create("Hello")
    assert [request.headers["authorization"] for request in server.requests] == [f"Bearer {KEY}"]


async def test_a_missing_key_is_refused_by_the_call_that_needs_it(server: LoopbackServer) -> None:
    async with AsyncOpenRouter(base_url=server.url) as client:
        with pytest.raises(ConfigurationError, match="OPENROUTER_API_KEY") as caught:
            await client.chat.create("Hello")
        with pytest.raises(ConfigurationError, match="management_key"):
            await client.request("GET", "/credits", into=dict[str, JsonValue], key="management_key")
    assert caught.value.attempts == 0
    assert server.requests == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"timeout": 5}, "unknown option 'timeout'"),
        ({"headers": {"Authorization": "x"}}, "api_key"),
        ({"headers": {"x": "a\r\nb"}}, "single line"),
        ({"headers": {"x": "a\x00b"}}, r"the header 'x' has the character '\\x00'"),
        ({"headers": {"x": "a\x7f"}}, "which no header can have"),
        ({"headers": {"x": "\ud83d"}}, "which no header can have"),
        ({"headers": {"x": 5}}, "single line of text"),
        ({"headers": {"a name": "x"}}, "the name of a header is 'a name'"),
        ({"headers": {"é": "x"}}, "the name of a header is 'é'"),
        ({"headers": {"": "x"}}, "the name of a header is ''"),
        ({"headers": {5: "x"}}, "the name of a header is 5"),
        ({"anthropic_beta": [5]}, "anthropic_beta has 5"),
        ({"session_id": "x" * 257}, "session_id has 257"),
        ({"cache": True}, "cache is a bool"),
        ({"base_url": "http://openrouter.ai"}, "in clear"),
        ({"session_id": 5}, "session_id is a int"),
        ({"anthropic_beta": "a-beta"}, "anthropic_beta is 'a-beta'"),
        ({"hooks": [5]}, r"hooks\[0\] .* 'started'"),
        ({"headers": ["x"]}, "headers is a list"),
        ({"query": "x=1"}, "query is a str"),
        ({"limits": Limits(concurrency=1)}, "limits belongs to the connections"),
    ],
)
async def test_a_wrong_option_is_refused_by_name(
    server: LoopbackServer, options: dict[str, object], message: str
) -> None:
    async with AsyncOpenRouter(KEY, base_url=server.url) as client:
        with pytest.raises(ConfigurationError, match=message):
            await client.chat.create("Hello", options=options)  # type: ignore[arg-type]
        with pytest.raises(ConfigurationError, match=message):
            client.with_options(**options)  # type: ignore[arg-type]
    assert server.requests == []


def test_each_option_has_a_reader_and_is_an_argument_of_a_client() -> None:
    assert READERS.keys() == RequestOptions.__annotations__.keys()
    assert RequestOptions.__annotations__.keys() == ClientOptions.__annotations__.keys() | {"api_key"}


async def test_a_closed_client_refuses_to_work(server: LoopbackServer) -> None:
    client = AsyncOpenRouter(KEY, base_url=server.url)
    await client.aclose()
    await client.aclose()
    with pytest.raises(ConfigurationError, match="closed"):
        await client.chat.create("Hello")
    with pytest.raises(ConfigurationError, match="closed"):
        async with client:
            pass
    assert server.requests == []


def test_a_second_event_loop_is_refused() -> None:
    last = Reply(json=REPLY.json, headers={"connection": "close"})
    with LoopbackServer(serve_responses([last])) as server:
        client = AsyncOpenRouter(KEY, base_url=server.url)

        async def call() -> str:
            return (await client.chat.create("Hello")).text

        assert anyio.run(call) == "Hi"
        with pytest.raises(ConfigurationError, match="another event loop"):
            anyio.run(call)
        with pytest.raises(ConfigurationError, match="another event loop"):
            anyio.run(call, backend="trio")
        assert len(server.requests) == 1


def _call_in_child(client: AsyncOpenRouter, connection: object) -> None:
    try:
        anyio.run(client.chat.create, "Hello")
    except ConfigurationError as error:
        connection.send(str(error))  # type: ignore[attr-defined]
    os._exit(0)


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="the system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_is_refused() -> None:
    """Parent and child would read from one socket."""
    client = AsyncOpenRouter(KEY)
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    child = context.Process(target=_call_in_child, args=(client, theirs))
    child.start()
    child.join(20)
    assert ours.poll(0)
    assert "forked" in ours.recv()


# A client or transport of the caller's


async def test_an_http_client_of_the_caller_is_used_and_not_closed(server: LoopbackServer) -> None:
    async with httpx.AsyncClient() as theirs:
        async with AsyncOpenRouter(KEY, base_url=server.url, http_client=theirs) as client:
            assert (await client.chat.create("Hello")).text == "Hi"
        assert not theirs.is_closed
        assert (await theirs.get(server.url)).status_code == 200


async def test_a_transport_of_the_caller_is_used_and_not_closed() -> None:
    class Transport(httpx.MockTransport):
        is_closed = False

        async def aclose(self) -> None:
            self.is_closed = True

    transport = Transport(lambda request: httpx.Response(200, json=REPLY.json))
    async with AsyncOpenRouter(KEY, transport=transport) as client:
        assert (await client.chat.create("Hello")).text == "Hi"
    assert not transport.is_closed


async def test_a_stream_over_a_transport_of_the_caller_is_closed_with_its_block() -> None:
    class Body(httpx.AsyncByteStream):
        is_closed = False

        async def __aiter__(self):  # type: ignore[no-untyped-def]
            for piece in ("Hel", "lo"):
                yield b'data: {"choices": [{"delta": {"content": "%s"}}]}\n\n' % piece.encode()
            await anyio.sleep_forever()

        async def aclose(self) -> None:
            self.is_closed = True

    body = Body()
    transport = httpx.MockTransport(lambda request: httpx.Response(200, stream=body))
    async with AsyncOpenRouter(KEY, transport=transport) as client:
        async with client.chat.stream("Hello") as stream:
            texts = stream.text()
            assert [await anext(texts), await anext(texts)] == ["Hel", "lo"]
        assert body.is_closed
        assert client._sender.transport.limiter.in_use == 0


async def test_an_ssl_context_of_the_caller_says_who_is_trusted() -> None:
    with LoopbackServer(serve_responses([REPLY]), ssl_context=server_tls()) as server:
        async with AsyncOpenRouter(KEY, base_url=server.url, ssl_context=client_tls()) as client:
            assert (await client.chat.create("Hello")).text == "Hi"
        async with AsyncOpenRouter(KEY, base_url=server.url) as client:
            with pytest.raises(errors.TLSError):
                await client.chat.create("Hello")
        assert len(server.requests) == 1


async def test_options_that_are_no_dict_are_refused(server: LoopbackServer) -> None:
    async with AsyncOpenRouter(KEY, base_url=server.url) as client:
        with pytest.raises(ConfigurationError, match="options is a Timeouts; expected a dict"):
            await client.chat.create("Hello", options=Timeouts(total=1))  # type: ignore[arg-type]  # on purpose
    assert server.requests == []


# Any operation


async def test_request_reaches_any_operation(server: LoopbackServer) -> None:
    async with AsyncOpenRouter(KEY, management_key="sk-or-v1-management", base_url=server.url) as client:
        answer = await client.request(
            "post", "/some/thing", into=dict[str, JsonValue], body={"b": 1, "a": None}, query={"x": [1, 2]}
        )
        raw = await client.request("GET", "/some/file", into=bytes, key="management_key")
    first, second = server.requests
    assert answer["id"] == "gen-1"
    assert b"gen-1" in raw
    assert (first.method, first.path, first.body) == (
        "POST",
        "/api/v1/some/thing?x=1&x=2",
        b'{"b":1,"a":null}',
    )
    assert second.headers["authorization"] == "Bearer sk-or-v1-management"


@pytest.mark.parametrize(
    "path", ["key", "https://elsewhere.example/x", "//elsewhere.example", "/a/../b", "/a?b=c"]
)
async def test_request_refuses_what_is_no_path_below_the_base_url(server: LoopbackServer, path: str) -> None:
    async with AsyncOpenRouter(KEY, base_url=server.url) as client:
        with pytest.raises(ConfigurationError, match="path is"):
            await client.request("GET", path, into=bytes)
    assert server.requests == []


async def test_request_refuses_a_key_it_does_not_know(server: LoopbackServer) -> None:
    async with AsyncOpenRouter(KEY, base_url=server.url) as client:
        with pytest.raises(ConfigurationError, match="key is 'management'; expected 'api_key' or"):
            await client.request("GET", "/key", into=bytes, key="management")  # type: ignore[arg-type]  # on purpose
    assert server.requests == []


async def test_a_page_has_the_metadata_of_its_answer() -> None:
    with LoopbackServer(serve_responses([Reply(json={"data": [{"id": "a/b"}]})])) as server:
        async with AsyncOpenRouter(KEY, base_url=server.url) as client:
            page = await client.models.list()
    assert response_meta(page).status == 200
    assert "ResponseMeta" not in repr(page)


async def test_only_whole_answers_have_metadata(server: LoopbackServer) -> None:
    async with AsyncOpenRouter(KEY, base_url=server.url) as client:
        reply = await client.chat.create("Hello")
    assert response_meta(reply).status == 200
    with pytest.raises(ConfigurationError, match="Choice has no response metadata"):
        response_meta(reply.choices[0])


# Hooks and the log


class Hook:
    def __init__(self) -> None:
        self.seen: list[tuple[str, RequestEvent]] = []

    def started(self, event: RequestEvent) -> None:
        self.seen.append(("started", event))

    def retried(self, event: RequestEvent) -> None:
        self.seen.append(("retried", event))

    def finished(self, event: RequestEvent) -> None:
        self.seen.append(("finished", event))

    def failed(self, event: RequestEvent) -> None:
        self.seen.append(("failed", event))


async def test_hooks_are_told_of_each_request() -> None:
    hook = Hook()
    bad = Reply(503, json={"error": {"message": "no", "code": 503}})
    with LoopbackServer(serve_responses([bad, REPLY, bad])) as server:
        async with AsyncOpenRouter(
            KEY, base_url=server.url, hooks=[hook], retries=Retries(attempts=2, base=0.001)
        ) as client:
            await client.chat.create("Hello")
            with pytest.raises(errors.Overloaded):
                await client.chat.create("Hello")
    told = [(name, event.attempt, event.status) for name, event in hook.seen]
    assert told == [
        ("started", 1, None),
        ("retried", 1, 503),
        ("started", 2, None),
        ("finished", 2, 200),
        ("started", 1, None),
        ("retried", 1, 503),
        ("started", 2, None),
        ("failed", 2, 503),
    ]
    retried = hook.seen[1][1]
    assert retried.operation == "chat.create"
    assert isinstance(retried.error, errors.Overloaded)
    assert retried.wait is not None


async def test_what_a_hook_raises_reaches_the_caller_and_frees_the_connection(server: LoopbackServer) -> None:
    class Broken(Hook):
        def started(self, event: RequestEvent) -> None:
            raise LookupError("mine")

        def finished(self, event: RequestEvent) -> None:
            raise LookupError("mine too")

    class BrokenLater(Broken):
        started = Hook.started

    async with AsyncOpenRouter(KEY, base_url=server.url, limits=Limits(concurrency=1)) as client:
        for hook in (Broken(), BrokenLater()):
            with pytest.raises(LookupError):
                await client.chat.create("Hello", options={"hooks": [hook]})
        assert (await client.chat.create("Hello")).text == "Hi"


async def test_the_log_has_names_and_times_and_bodies_only_when_asked(
    server: LoopbackServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with AsyncOpenRouter(KEY, base_url=server.url) as client:
        await client.chat.create("a secret prompt")
        assert "chat.create finished: attempt 1, status 200" in caplog.text
        assert "a secret prompt" not in caplog.text
        await client.with_options(log_bodies=True).chat.create("a secret prompt")
    assert "a secret prompt" in caplog.text
    assert KEY not in caplog.text
    assert "status None" not in caplog.text


async def test_the_log_tells_a_stream_that_was_left_from_a_call_that_failed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def answer(connection: Connection, request: Request) -> None:
        connection.start_chunked()
        connection.event({"id": "gen-1", "choices": [{"delta": {"content": "a"}}]})
        connection.wait_closed()

    caplog.set_level(logging.DEBUG, "openrouter_async")
    with LoopbackServer(serve_responses([answer])) as server:
        async with AsyncOpenRouter(KEY, base_url=server.url) as client, client.chat.stream("Hello") as stream:
            await anext(stream)
    assert "chat.create left: attempt 1, status 200" in caplog.text
    assert "failed" not in caplog.text
