"""`client.server_tools`: an alias leads to the tool it stands for."""

from __future__ import annotations

from decimal import Decimal

import pytest

from openrouter_async import APIStatusError, AsyncOpenRouter
from tests.support.loopback import LoopbackServer, Reply, serve_responses

from ..mocked import KEY, mocked

TOOL = {"id": "openrouter:web_search", "engines": [{"pricing": [{"price": "0.004", "unit": "request"}]}]}


@pytest.mark.loopback
async def test_an_alias_is_answered_with_the_tool() -> None:
    moved = Reply(308, headers={"location": "/api/v1/tools/openrouter:web_search"})
    with LoopbackServer(serve_responses([moved, Reply(200, json={"data": TOOL})])) as server:
        async with AsyncOpenRouter(KEY, base_url=f"{server.origin}/api/v1") as client:
            tool = await client.server_tools.get("web_search")
        assert [request.path for request in server.requests] == [
            "/api/v1/tools/web_search",
            "/api/v1/tools/openrouter:web_search",
        ]
    assert tool.id == "openrouter:web_search"
    assert tool.engines is not None
    assert tool.engines[0].pricing is not None
    assert tool.engines[0].pricing[0].price == Decimal("0.004")


@pytest.mark.loopback
async def test_the_key_is_not_taken_to_another_host() -> None:
    with LoopbackServer(serve_responses([])) as other:
        moved = Reply(308, headers={"location": f"{other.origin}/api/v1/tools/openrouter:web_search"})
        with LoopbackServer(serve_responses([moved])) as server:
            async with AsyncOpenRouter(KEY, base_url=f"{server.origin}/api/v1") as client:
                with pytest.raises(APIStatusError, match="redirects are not followed"):
                    await client.server_tools.get("web_search")
        assert other.requests == []


async def test_a_list_that_is_not_paged_comes_whole() -> None:
    async with mocked({"data": [TOOL]}) as service:
        assert [tool.id for tool in await service.client.server_tools.list().all()] == [TOOL["id"]]
        assert service.line == "GET /tools"
