"""A relay of a resumed run: what a browser sees of the rest, and that no tool runs again."""

from __future__ import annotations

from collections import Counter

import pytest
from fastapi import FastAPI
from starlette.responses import Response

from openrouter_async import OpenRouterError, Retries, Run, run_of, tool
from openrouter_async.server import openrouter_lifespan, relay, with_lifespan
from openrouter_async.server.fastapi import Client
from openrouter_async.testing import Emulator, Fault, tool_call
from tests.server.router_client import events
from tests.support.emulated import client_of

httpx = pytest.importorskip("httpx")
pytestmark = pytest.mark.loopback


async def test_the_rest_of_a_run_is_relayed_and_no_tool_runs_again(emulator: Emulator) -> None:
    ran: Counter[int] = Counter()

    @tool
    async def count(number: int) -> int:
        """Count."""
        ran[number] += 1
        return number

    emulator.reply(tool_call("count", number=1))
    emulator.reply("Half ", "of ", "it", fault=Fault.disconnect(after=3))
    emulator.reply(tool_call("count", number=2))
    emulator.reply("Done")
    app = FastAPI(lifespan=openrouter_lifespan(lambda: client_of(emulator)))
    broken: list[Run[object]] = []

    @app.post("/chat")
    async def chat(client: Client) -> Response:
        asked = client.with_options(retries=Retries(attempts=1))
        async with asked.chat.run_stream("Count", tools=[count]) as stream:
            try:
                await stream.final()
            except OpenRouterError as error:
                found = run_of(error)
                assert found is not None
                broken.append(found)
        return Response(status_code=503)

    @app.post("/rest")
    async def rest() -> Response:
        return relay(broken[0].resume_stream())

    async with with_lifespan(app) as started:
        transport = httpx.ASGITransport(started)
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as browser:
            assert (await browser.post("/chat")).status_code == 503
            assert broken[0].text == "Half of "
            answer = await browser.post("/rest")
    name, data = events(answer.text)[-1]
    assert (name, data["text"]) == ("finished", "Done")
    assert ran == Counter({1: 1, 2: 1})
    assert emulator.unused == 0
