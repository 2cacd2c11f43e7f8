"""FastAPI applications: the client as a dependency, and the typed router, over real sockets."""

from __future__ import annotations

import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from typing import Annotated, Any

import httpx
import pytest
from fastapi import Depends, FastAPI, Header, HTTPException
from starlette.middleware.base import RequestResponseEndpoint
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response

from openrouter_async import AsyncOpenRouter, ConfigurationError, OpenRouterError, tool
from openrouter_async.server import client_of, openrouter_lifespan, relay, with_lifespan
from openrouter_async.server.fastapi import Client, create_chat_router
from openrouter_async.testing import Emulator, Fault, tool_call
from tests.server.router_client import events
from tests.server.serving import serve
from tests.server.waiting import wait_for
from tests.support.emulated import MODEL
from tests.support.emulated import client_of as client_of_emulator
from tests.support.plain_http import PLAIN

BODY = {"messages": [{"role": "user", "content": "Hello"}]}


@contextmanager
def fastapi(emulator: Emulator, **settings: Any) -> Iterator[str]:
    """Serve an application with a router within the block, and give its address."""
    client = client_of_emulator(emulator)
    app = FastAPI(lifespan=openrouter_lifespan(client))
    app.include_router(create_chat_router(client, **settings), prefix="/api")

    @app.post("/own")
    async def own(client: Client) -> Response:
        return relay(client.chat.stream("Hello"))

    with serve(app) as served:
        yield served.url


def test_a_handler_gets_the_client_and_relays(emulator: Emulator) -> None:
    emulator.reply("Hello world")
    with fastapi(emulator) as url:
        answer = httpx.post(f"{url}/own", timeout=30, verify=PLAIN)
    assert events(answer.text)[-1][1]["text"] == "Hello world"


def test_the_client_is_closed_with_the_application(emulator: Emulator) -> None:
    client = client_of_emulator(emulator)
    with serve(FastAPI(lifespan=openrouter_lifespan(client))):
        pass
    with pytest.raises(ConfigurationError, match="closed"):
        client._sender.transport.check()


def test_a_client_is_made_from_the_environment(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENROUTER_API_KEY", emulator.key)
    monkeypatch.setenv("OPENROUTER_BASE_URL", emulator.base_url)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
        async with openrouter_lifespan()(app) as state:
            yield {**state, "mine": 1}

    app = FastAPI(lifespan=lifespan)

    @app.get("/")
    async def own(request: Request, client: Client) -> dict[str, Any]:
        return {"mine": request.state.mine, "models": len(await client.models.list())}

    with serve(app) as served:
        told = httpx.get(served.url, timeout=30, verify=PLAIN).json()
    assert told["mine"] == 1
    assert told["models"] > 100


def test_a_client_is_made_by_a_function_each_time_the_application_starts(emulator: Emulator) -> None:
    made: list[AsyncOpenRouter] = []

    def make() -> AsyncOpenRouter:
        made.append(client_of_emulator(emulator))
        return made[-1]

    app = FastAPI(lifespan=openrouter_lifespan(make))

    @app.get("/")
    async def own(client: Client) -> bool:
        return client is made[-1]

    assert not made
    for count in (1, 2):
        with serve(app) as served:
            assert httpx.get(served.url, timeout=30, verify=PLAIN).json() is True
        assert len(made) == count
        with pytest.raises(ConfigurationError, match="closed"):
            made[-1]._sender.transport.check()


def test_a_client_of_another_kind_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="client is a str; expected an AsyncOpenRouter"):
        openrouter_lifespan("sk-or-v1-secret")  # type: ignore[arg-type]


async def test_an_application_is_called_without_a_server(emulator: Emulator) -> None:
    ended: list[str] = []

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
        async with openrouter_lifespan(client_of_emulator(emulator))(app) as state:
            yield state
        ended.append("ended")

    app = FastAPI(lifespan=lifespan)

    @app.post("/chat")
    async def chat(client: Client) -> Response:
        return relay(client.chat.stream("Hello"))

    emulator.reply("Hello world")
    async with with_lifespan(app) as started:
        transport = httpx.ASGITransport(started)
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as browser:
            answer = await browser.post("/chat")
        assert events(answer.text)[-1][1]["text"] == "Hello world"
        assert not ended
    assert ended == ["ended"]

    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as browser:
        with pytest.raises(ConfigurationError, match=r"httpx.ASGITransport does not, but .* with_lifespan"):
            await browser.post("/chat")


async def test_what_a_lifespan_raises_is_raised() -> None:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        raise LookupError("at the end")

    with pytest.raises(ConfigurationError, match="made a str"):
        async with with_lifespan(FastAPI(lifespan=openrouter_lifespan(lambda: nullcontext("x")))):  # type: ignore[arg-type,return-value]
            pytest.fail("it started")
    with pytest.raises(LookupError, match="at the end"):
        async with with_lifespan(FastAPI(lifespan=lifespan)):
            pass
    with pytest.raises(ZeroDivisionError):
        async with with_lifespan(FastAPI()):
            _ = 1 / 0


async def test_an_application_that_refuses_to_start_is_told_of() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})

    with pytest.raises(OpenRouterError, match=r"lifespan.startup.failed: no database"):
        async with with_lifespan(app):
            pytest.fail("it started")


def test_an_application_without_a_client_is_told_so(caplog: pytest.LogCaptureFixture) -> None:
    app = FastAPI()

    @app.get("/")
    async def own(request: Request) -> None:
        client_of(request)

    with serve(app) as served:
        assert httpx.get(served.url, verify=PLAIN).status_code == 500
    assert "lifespan=openrouter_lifespan()" in caplog.text


@tool
def weather(city: str) -> str:
    """How the weather is in a city."""
    return f"rain in {city}"


def test_the_router_streams_counts_and_runs_tools(emulator: Emulator) -> None:
    emulator.reply(tool_call("weather", city="Oslo"))
    emulator.reply("It rains.")
    with fastapi(emulator, tools=[weather], budget="1.00") as url:
        answer = httpx.post(
            f"{url}/api/chat", json={**BODY, "temperature": 0.5, "top_p": 0.5}, timeout=30, verify=PLAIN
        )
    assert events(answer.text)[-1][1]["text"] == "It rains."
    sent = emulator.requests[-1].json
    assert (sent["temperature"], sent["top_p"], sent["model"]) == (0.5, 0.5, MODEL)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"messages": []}, 422),
        ({**BODY, "temperature": "warm"}, 422),
        ({**BODY, "temperature": 9}, 400),
        ({**BODY, "options": {"base_url": "http://127.0.0.1:1"}}, 400),
        ({"messages": BODY["messages"] * 3}, 413),
        ({**BODY, "model": "openai/o1"}, 400),
    ],
)
def test_a_wrong_body_is_refused(emulator: Emulator, body: Any, status: int) -> None:
    with fastapi(emulator, max_messages=2, models=[MODEL]) as url:
        answer = httpx.post(f"{url}/api/chat", json=body, timeout=30, verify=PLAIN)
    assert answer.status_code == status
    assert emulator.requests == []


def test_the_applications_own_rules_hold(emulator: Emulator) -> None:
    emulator.reply("Hello")

    async def signed_in(user: Annotated[str | None, Header()] = None) -> None:
        if user != "me":
            raise HTTPException(401)

    with fastapi(emulator, dependencies=[Depends(signed_in)]) as url:
        stranger = httpx.post(f"{url}/api/chat", json=BODY, verify=PLAIN)
        me = httpx.post(f"{url}/api/chat", json=BODY, headers={"user": "me"}, timeout=30, verify=PLAIN)
    assert (stranger.status_code, me.status_code) == (401, 200)


def test_too_many_at_once_and_too_much_money_are_refused(emulator: Emulator) -> None:
    emulator.reply("first", "second", fault=Fault.stall(after=2))
    emulator.reply("Hello", usage={"cost": 0.02}, times=None)
    with fastapi(emulator, max_concurrent_streams=1, budget="0.03") as url:
        with httpx.stream("POST", f"{url}/api/chat", json=BODY, timeout=30, verify=PLAIN) as one:
            assert one.status_code == 200
            second = httpx.post(f"{url}/api/chat", json=BODY, verify=PLAIN)
        wait_for(lambda: emulator.requests[-1].disconnected_at is not None or len(emulator.requests) > 2)
        statuses: list[int] = []

        def is_refused() -> bool:
            answer = httpx.post(f"{url}/api/chat", json=BODY, timeout=30, verify=PLAIN)
            statuses.append(answer.status_code)
            return answer.status_code == 402

        wait_for(is_refused)
    assert second.status_code == 429
    assert second.json()["error"]["type"] == "TooManyAtOnce"
    assert 200 in statuses


def test_usechat_is_answered_in_its_words(emulator: Emulator) -> None:
    emulator.reply("Hello")
    messages = [{"id": "a", "role": "user", "parts": [{"type": "text", "text": "Hi"}]}]
    body = {"id": "chat", "trigger": "submit-message", "messageId": "b", "messages": messages}
    with fastapi(emulator, format="ai-sdk") as url:
        answer = httpx.post(f"{url}/api/chat", json=body, timeout=30, verify=PLAIN)
        wrong = httpx.post(f"{url}/api/chat", json=BODY, verify=PLAIN)
    assert answer.headers["x-vercel-ai-ui-message-stream"] == "v1"
    assert '{"type":"text-delta","id":"text-1","delta":"Hello"}' in answer.text
    assert answer.text.endswith("data: [DONE]\n\n")
    assert wrong.status_code == 400
    assert "messages[0] is not a message of the AI SDK" in wrong.json()["error"]["message"]


def test_the_openapi_document_has_body_and_errors(emulator: Emulator) -> None:
    with fastapi(emulator) as url:
        document = httpx.get(f"{url}/openapi.json", verify=PLAIN).json()
    route = document["paths"]["/api/chat"]["post"]
    assert "text/event-stream" in route["responses"]["200"]["content"]
    assert route["responses"]["429"]["content"]["application/json"]["schema"]["$ref"].endswith("ErrorBody")
    body, error = (document["components"]["schemas"][name] for name in ("ChatBody", "ErrorObject"))
    assert "messages" in body["required"]
    assert body["properties"]["model"]["description"] == "Default: the client's."
    assert error["properties"]["type"]["description"].startswith("The class of the failure")


@pytest.mark.parametrize("after", [0, 3], ids=["before a piece", "in the midst"])
@pytest.mark.parametrize("around", ["function", "gzip"])
def test_W10_middleware_does_not_hide_that_the_browser_has_gone(
    emulator: Emulator, around: str, after: int, caplog: pytest.LogCaptureFixture
) -> None:
    emulator.reply("Hello ", "world", fault=Fault.stall(after=after))
    app = FastAPI(lifespan=openrouter_lifespan(client_of_emulator(emulator)))
    if around == "gzip":
        app.add_middleware(GZipMiddleware)
    else:

        @app.middleware("http")
        async def pass_on(request: Request, call_next: RequestResponseEndpoint) -> Response:
            return await call_next(request)

    @app.get("/")
    async def own(client: Client) -> Response:
        return relay(client.chat.stream("Hello"))

    with serve(app) as served:
        raw = socket.create_connection(("127.0.0.1", served.port), 20)
        raw.sendall(b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\naccept-encoding: gzip\r\n\r\n")
        wait_for(lambda: bool(emulator.requests) and emulator.requests[0].events_sent >= after)
        gone_at = time.monotonic()
        raw.close()
        wait_for(lambda: emulator.requests[0].disconnected_at is not None)
    assert (emulator.requests[0].disconnected_at or 0) - gone_at < 10  # the upstream stalls for ever
    assert "Traceback" not in caplog.text
