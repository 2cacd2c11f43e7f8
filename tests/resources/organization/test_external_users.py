"""`client.external_users`: users are named by an id of the app."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from openrouter_async import ConfigurationError

from ..mocked import mocked

USER = {"user": "u/1", "is_active": False}


async def test_an_id_is_quoted_in_the_path() -> None:
    async with mocked({"data": USER}) as service:
        assert (await service.client.external_users.get("u/1")).is_active is False
        assert service.line == "GET /external-users/u%2F1"


async def test_deactivating_reads_nothing() -> None:
    async with mocked() as service:
        service.router.route().mock(return_value=httpx.Response(204))
        assert await service.client.external_users.deactivate("u1") is None
        assert service.line == "DELETE /external-users/u1"


async def test_the_list_asks_for_inactive_users_only_where_they_are_wanted() -> None:
    async with mocked({"data": [USER], "total_count": 1}) as service:
        await service.client.external_users.list()
        await service.client.external_users.list(include_inactive=True)
        assert [request.url.query for request in service.requests] == [b"", b"include_inactive=true"]


@pytest.mark.parametrize("user", ["", ".", "..", "x" * 513, 7])
async def test_an_id_that_the_service_cannot_use_is_refused(user: Any) -> None:
    async with mocked({}) as service:
        with pytest.raises(ConfigurationError, match="user is"):
            await service.client.external_users.create(user)
        assert service.requests == []
