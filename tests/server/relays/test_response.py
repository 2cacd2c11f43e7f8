"""A relay is a response like any other: what hangs on it is run, and what is written leaves at once."""

from __future__ import annotations

import socket
import threading
from asyncio import Transport
from typing import Annotated, Any

import anyio.to_thread
import httpx
import pytest
from anyio.lowlevel import checkpoint
from fastapi import BackgroundTasks, Depends, FastAPI
from starlette.background import BackgroundTask
from starlette.middleware.base import RequestResponseEndpoint
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from openrouter_async.server import create_router, openrouter_lifespan, relay
from openrouter_async.server.fastapi import Client, create_chat_router
from openrouter_async.server.protocol import TimedProtocol
from openrouter_async.testing import Emulator, Fault
from tests.server.serving import serve
from tests.server.waiting import wait_for
from tests.support.emulated import client_of as client_of_emulator
from tests.support.plain_http import PLAIN

LEFT = b"GET /%b HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"


def of_dependency(request: Request, tasks: BackgroundTasks) -> None:
    tasks.add_task(request.app.state.ran.append, "task")


def application(emulator: Emulator, ran: list[str]) -> FastAPI:
    """Return an application whose routes leave word of what ran, each hung on the response in another way."""
    app = FastAPI(lifespan=openrouter_lifespan(client_of_emulator(emulator)))
    app.state.ran = ran

    @app.get("/endpoint")
    async def endpoint(client: Client, tasks: BackgroundTasks) -> Response:
        tasks.add_task(ran.append, "task")
        return relay(client.chat.stream("Hello"))

    @app.get("/dependency")
    async def dependency(client: Client, _: Annotated[None, Depends(of_dependency)]) -> Response:
        return relay(client.chat.stream("Hello"))

    @app.get("/response")
    async def own(client: Client) -> Response:
        response = relay(client.chat.stream("Hello"))
        response.background = BackgroundTask(ran.append, "task")
        return response

    return app


@pytest.mark.parametrize("path", ["endpoint", "dependency", "response"])
@pytest.mark.parametrize("ending", ["whole", "refused", "broken off", "left"])
def test_background_tasks_run_after_the_stream(emulator: Emulator, path: str, ending: str) -> None:
    ran: list[str] = []
    match ending:
        case "whole":
            emulator.reply("Hello world")
        case "refused":
            emulator.fail(404, "No endpoints found")
        case "broken off":
            emulator.reply("Hello ", "world", fault=Fault.disconnect(after=3))
        case _:
            emulator.reply("Hello ", "world", fault=Fault.stall(after=3))
    with serve(application(emulator, ran)) as served:
        if ending == "left":
            connection = socket.create_connection(("127.0.0.1", served.port), timeout=20)
            connection.sendall(LEFT % path.encode())
            wait_for(lambda: len(emulator.requests) == 1)
            assert ran == []
            connection.close()
        else:
            assert httpx.get(f"{served.url}/{path}", timeout=30, verify=PLAIN).status_code in (200, 404)
        wait_for(lambda: bool(ran))
    assert ran == ["task"]


def test_background_tasks_run_although_what_is_to_store_it_fails(emulator: Emulator) -> None:
    ran: list[str] = []
    app = FastAPI(lifespan=openrouter_lifespan(client_of_emulator(emulator)))

    async def fail(reply: Any) -> None:
        raise LookupError("no database")

    @app.get("/story")
    async def story(client: Client, tasks: BackgroundTasks) -> Response:
        tasks.add_task(ran.append, "task")
        return relay(client.chat.stream("Hello"), on_finish=fail)

    emulator.reply("Hello world")
    with serve(app) as served:
        assert "event: error" in httpx.get(f"{served.url}/story", timeout=30, verify=PLAIN).text
        wait_for(lambda: bool(ran))
    assert ran == ["task"]


def test_what_is_whole_is_stored_although_the_browser_leaves_meanwhile(emulator: Emulator) -> None:
    begun, gone, kept = threading.Event(), threading.Event(), []
    app = FastAPI(lifespan=openrouter_lifespan(client_of_emulator(emulator)))

    async def keep(reply: Any) -> None:
        begun.set()
        await anyio.to_thread.run_sync(gone.wait, 20)
        await checkpoint()  # where a cancelled task ends
        kept.append(reply.text)

    @app.get("/story")
    async def story(client: Client) -> Response:
        return relay(client.chat.stream("Hello"), on_finish=keep)

    emulator.reply("Hello world")
    with serve(app) as served:
        connection = socket.create_connection(("127.0.0.1", served.port), timeout=20)
        connection.sendall(LEFT % b"story")
        assert begun.wait(20)
        connection.close()
        wait_for(lambda: served.connections == 0)
        gone.set()
        wait_for(lambda: bool(kept))
    assert kept == ["Hello world"]


def recording(protocol: type[Any]) -> tuple[type[Any], list[int]]:
    """Return a protocol that notes of each connection, when it ends, whether Nagle's algorithm was off."""
    found: list[int] = []

    class Recording(protocol):  # type: ignore[misc]  # given at run time
        def connection_made(self, transport: Transport) -> None:
            super().connection_made(transport)
            self._own = transport.get_extra_info("socket").dup()

        def connection_lost(self, exc: Exception | None) -> None:
            with self._own:
                found.append(self._own.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            super().connection_lost(exc)

    return Recording, found


@pytest.mark.parametrize("protocol", [H11Protocol, HttpToolsProtocol])
@pytest.mark.parametrize("layers", [0, 1, 3])
def test_an_event_leaves_at_once_on_a_socket_that_listened_before(
    emulator: Emulator, protocol: type[Any], layers: int
) -> None:
    """As uvicorn's workers have one: asyncio turns Nagle's algorithm off for those only that it opens itself."""
    app = application(emulator, [])
    for _ in range(layers):

        @app.middleware("http")
        async def named(request: Request, call_next: RequestResponseEndpoint) -> Response:
            response = await call_next(request)
            response.headers["x-served"] = "yes"
            return response

    if layers:
        app.add_middleware(GZipMiddleware)

    @app.get("/plain")
    async def plain() -> Response:
        return PlainTextResponse("Hello")

    emulator.reply("Hello world")
    http, found = recording(protocol)
    with serve(app, http=http) as served:
        for path in ("plain", "response"):
            with httpx.Client(verify=PLAIN) as browser:
                browser.get(f"{served.url}/{path}", timeout=30)
    assert found == [0, 1], "the first is as the server made it"


def test_so_does_all_that_the_command_serves(emulator: Emulator) -> None:
    http, found = recording(TimedProtocol)
    client = client_of_emulator(emulator)
    with (
        serve(create_router(client), http=http, lifespan="off") as served,
        httpx.Client(verify=PLAIN) as browser,
    ):
        browser.get(served.url, timeout=30)
    assert found == [1]


def test_a_handler_gets_the_client_while_all_threads_are_busy(emulator: Emulator) -> None:
    app = application(emulator, [])
    is_busy, done = threading.Event(), threading.Event()

    @app.get("/busy")
    def busy() -> None:
        is_busy.set()
        assert done.wait(20)

    @app.get("/one-thread")
    async def one_thread() -> None:
        anyio.to_thread.current_default_thread_limiter().total_tokens = 1

    emulator.reply("Hello world")
    with serve(app) as served:
        httpx.get(f"{served.url}/one-thread", verify=PLAIN)
        waiting = threading.Thread(target=httpx.get, args=(f"{served.url}/busy",), kwargs={"timeout": 30})
        waiting.start()
        assert is_busy.wait(20)
        answer = httpx.get(f"{served.url}/response", timeout=10, verify=PLAIN)
        done.set()
        waiting.join()
    assert "Hello world" in answer.text


@pytest.mark.parametrize("shape", ["client", "mounted", "chat router"])
def test_an_application_can_be_started_again(emulator: Emulator, shape: str) -> None:
    """As it is for each of its tests, in an event loop of its own."""
    client = client_of_emulator(emulator)
    app = FastAPI(lifespan=openrouter_lifespan(client))
    if shape == "mounted":
        app.mount("/shown", create_router(client))
    elif shape == "chat router":
        app.include_router(create_chat_router(client, format="text"))

    @app.get("/story")
    async def story(client: Client) -> Response:
        return relay(client.chat.stream("Hello"), format="text")

    for _ in range(3):
        emulator.reply("Hello world")
        with serve(app) as served:
            if shape == "client":
                answer = httpx.get(f"{served.url}/story", timeout=30, verify=PLAIN)
            else:
                path = {"mounted": "/shown/v1/chat/completions", "chat router": "/chat"}[shape]
                body = {"messages": [{"role": "user", "content": "Hello"}]}
                answer = httpx.post(f"{served.url}{path}", json=body, timeout=30, verify=PLAIN)
            assert "Hello world" in answer.text
