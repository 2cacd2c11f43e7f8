"""Example calls of what manages an account, for type checkers only."""

from __future__ import annotations

from pathlib import Path
from typing import assert_type

from pydantic import SecretStr

from openrouter_async import (
    PRESETS,
    AccessToken,
    AnalyticsTable,
    AsyncOpenRouter,
    AuthorizationCode,
    BYOKKey,
    ContainerFile,
    Download,
    File,
    Guardrail,
    Preset,
    PresetDetails,
    PresetVersion,
    ServerTool,
    Workspace,
    WorkspaceBudget,
)
from openrouter_async.types.account.analytics import AnalyticsMeta
from openrouter_async.types.account.guardrails import KeyAssignment
from openrouter_async.types.account.oauth import SigningKey
from openrouter_async.types.account.workspaces import WorkspaceMember
from openrouter_async.types.catalogue.datasets import (
    AppRanking,
    ArenaScore,
    ModelRankings,
    SessionCost,
    TaskShares,
)


async def check(client: AsyncOpenRouter) -> None:
    workspace = await client.workspaces.create("Production", "production", default_text_model=None)
    assert_type(workspace, Workspace)
    assert_type(await client.workspaces.set_budget(workspace.id, "monthly", 500), WorkspaceBudget)
    assert_type(await client.workspaces.add_members("production", ["user_1"]), list[WorkspaceMember])
    await client.workspaces.budget("production", "yearly")  # type: ignore[arg-type]  # no such interval

    guardrail = await client.guardrails.create("interns", limit_usd=20, reset_interval="monthly")
    assert_type(guardrail, Guardrail)
    assert_type(await client.guardrails.assign_keys(guardrail.id, ["hash"]), int)
    assert_type(await client.guardrails.keys().all(), list[KeyAssignment])
    await client.guardrails.update(guardrail.id, name=None)  # type: ignore[arg-type]  # null is not allowed there

    assert_type(await client.analytics.query(["cost"], dimensions=["model"], limit=5), AnalyticsTable)
    assert_type(await client.analytics.meta(), AnalyticsMeta)
    assert_type(await client.presets.save("brief", **PRESETS["precise"], model="openai/gpt-5"), PresetDetails)
    assert_type(await client.presets.list().all(), list[Preset])
    assert_type(await client.presets.version("brief", 3), PresetVersion | None)
    await client.presets.save_responses("brief", model="a/b", instructions="Be brief.")
    await client.presets.save_messages("brief", model="a/b", system="Be brief.", max_tokens=100)
    await client.presets.save("brief", temprature=1)  # type: ignore[call-arg]  # misspelt

    assert_type(await client.server_tools.list(api_format="responses").all(), list[ServerTool])
    assert_type(await client.server_tools.get("openrouter:web_search"), ServerTool)
    assert_type(await client.datasets.models(start="2026-11-01", period="week"), ModelRankings)
    assert_type(await client.datasets.apps(sort="trending").all(), list[AppRanking])
    assert_type(await client.datasets.session_costs(turn_range="1-turn").all(), list[SessionCost])
    assert_type(await client.datasets.tasks(), TaskShares)
    for score in (await client.datasets.benchmarks(source="design-arena")).data:
        if isinstance(score, ArenaScore):
            assert_type(score.elo, float | None)

    assert_type(await client.files.upload(Path("report.pdf"), provider="openai"), File)
    assert_type(await client.files.list(provider="anthropic").all(), list[File])
    assert_type(client.files.content("file_1"), Download)
    assert_type(await client.containers.files("cntr_1").all(), list[ContainerFile])
    assert_type(await client.containers.promote("cntr_1", "cfile_1"), File)
    await client.files.upload("report.pdf")  # type: ignore[arg-type]  # a path is a Path

    assert_type(await client.oauth.exchange_token(SecretStr("jwt"), policy="fp_1"), AccessToken)
    assert_type(await client.oauth.create_code("v", callback_url="https://a.b", limit=5), AuthorizationCode)
    assert_type(await client.oauth.signing_keys(), list[SigningKey])

    async def token() -> str:
        return "jwt"

    client.with_options(api_key=client.oauth.key_source(token, policy="fp_1", scope="inference"))

    assert_type(await client.byok.create("openai", SecretStr("key"), is_fallback=True), BYOKKey)
    assert_type(await client.byok.update("id", key="key", allowed_models=None), BYOKKey)
