"""`client.workspaces`: slugs, budgets by interval, and what deletes for good."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from openrouter_async import ConfigurationError

from ..mocked import mocked

BUDGET: dict[str, Any] = {"id": "b", "limit_usd": 500, "reset_interval": None, "workspace_id": "w"}


async def test_a_lifetime_budget_has_no_interval() -> None:
    async with mocked({"data": BUDGET, "include_byok_in_budgets": True}) as service:
        budget = await service.client.workspaces.set_budget("prod", "lifetime", Decimal("500"))
        assert service.line == "PUT /workspaces/prod/budgets/lifetime"
        assert service.body == {"limit_usd": 500.0}
        assert (budget.limit_usd, budget.reset_interval) == (Decimal(500), None)


async def test_budgets_and_added_members_come_as_lists() -> None:
    async with mocked({"data": [BUDGET, None], "include_byok_in_budgets": True}) as service:
        assert [budget.id for budget in await service.client.workspaces.budgets("prod")] == ["b"]
    async with mocked({"data": [{"id": "m", "role": "owner"}], "added_count": 1}) as service:
        added = await service.client.workspaces.add_members("prod", ["user_1"])
        assert [(member.id, member.role) for member in added] == [("m", "owner")]


@pytest.mark.parametrize(("flag", "query"), [(False, ""), (True, "?confirm_default_workspace_deletion=true")])
async def test_the_default_workspace_is_deleted_only_where_that_is_confirmed(flag: bool, query: str) -> None:
    async with mocked({"deleted": True}) as service:
        await service.client.workspaces.delete("prod", confirm_default_workspace_deletion=flag)
        assert service.line == f"DELETE /workspaces/prod{query}"


async def test_arguments_are_checked_before_anything_is_sent() -> None:
    async with mocked({}) as service:
        workspaces: Any = service.client.workspaces
        for call, told in [
            (lambda: workspaces.budget("prod", "yearly"), "interval is 'yearly'; expected 'daily'"),
            (lambda: workspaces.set_budget("prod", "daily", True), "limit_usd is True"),
            (lambda: workspaces.create("n", "No Slug"), "slug is 'No Slug'; expected text of 1 to 50"),
            (lambda: workspaces.update("prod"), "nothing is to be changed"),
            (lambda: workspaces.add_members("prod", ["u"] * 101), "user_ids has 101 ids; expected 1 to 100"),
            (lambda: workspaces.delete("prod", confirm_default_workspace_deletion="yes"), "True or False"),
            (lambda: workspaces.get(".."), "id is '..'"),
        ]:
            with pytest.raises(ConfigurationError, match=told):
                await call()
        assert service.requests == []
