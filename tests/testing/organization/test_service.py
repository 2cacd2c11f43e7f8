"""An emulated organization, asked by the client: jobs, secrets, drafts and creations that are repeated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from openrouter_async import AsyncOpenRouter, ConfigurationError, Conflict, NotFound, Retries
from openrouter_async.testing import Emulator, Fault

pytestmark = pytest.mark.loopback

ENDPOINT: dict[str, Any] = {
    "model_permaslug": "openai/gpt-4o",
    "provider_slug": "azure",
    "upstream_model_id": "mine",
    "base_url": "https://a.example",
}


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openrouter_async.resources.jobs.FIRST_LOOK", 0.001)


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


def client_of(emulator: Emulator) -> AsyncOpenRouter:
    return AsyncOpenRouter(
        emulator.key,
        management_key=emulator.management_key,
        base_url=emulator.base_url,
        retries=Retries(base=0.001),
    )


async def test_a_sync_job_takes_a_step_with_each_look(emulator: Emulator) -> None:
    async with client_of(emulator) as client:
        groups = await client.scim.groups().all()
        job = await client.scim.sync()
        assert [state.status async for state in job.watch()] == ["queued", "running", "succeeded"]
        state = await job.wait(timeout=10)
        assert (state.synced_groups, state.deleted_groups) == (len(groups), 0)
        assert (await client.scim.sync_job(job.id)).is_finished
        with pytest.raises(NotFound):
            await client.scim.sync_job("sync-other")


async def test_a_destination_shows_no_secret_and_keeps_what_a_change_does_not_name(
    emulator: Emulator,
) -> None:
    config = {
        "baseUrl": "https://a.example",
        "publicKey": "pk-lf-0123456789",
        "secretKey": SecretStr("s" * 20),
    }
    config["headers"] = {"Authorization": "Basic 0123456789"}
    async with client_of(emulator) as client:
        made = await client.observability.create("langfuse", "Prod", config, regions=["eu", "us"])
        assert made.regions == ["europe", "us"]
        shown = {"baseUrl": "https://a.example", "publicKey": "pk-l...6789", "secretKey": "ssss...ssss"}
        assert made.config == {**shown, "headers": {"Authorization": "Basi...6789"}}
        again = await client.observability.update(
            made.id, config={**(made.config or {}), "baseUrl": "https://b.example"}, regions=["eu"]
        )
        assert again.config == {**(made.config or {}), "baseUrl": "https://b.example"}
        assert again.regions == ["europe"]
        assert (await client.observability.get(made.id)).config == again.config
        (listed,) = await client.observability.list().all()
        assert listed.config == again.config
        with pytest.raises(NotFound):
            await client.observability.update("550e8400-e29b-41d4-a716-446655440000", config={"a": 1})


async def test_a_private_endpoint_is_checked_with_a_key_of_ones_own(emulator: Emulator) -> None:
    async with client_of(emulator) as client:
        draft = await client.private_endpoints.create(**ENDPOINT, activate={"workspace_id": "w"})
        assert (draft.status, (draft.error or {})["code"]) == ("draft", 422)
        assert draft.validation is not None
        assert [check.reason for check in draft.validation.checks or ()] == ["no_byok_key"]
        assert (await client.private_endpoints.get(draft.id)).status == "draft"
        assert not (await client.private_endpoints.validate(draft.id, "w")).passed

        await client.byok.create("azure", "key-0123456789")
        assert (await client.private_endpoints.validate(draft.id, "w")).passed
        assert (await client.private_endpoints.activate(draft.id)).status == "active"
        assert (await client.private_endpoints.disable(draft.id)).status == "disabled"
        assert (await client.private_endpoints.enable(draft.id)).status == "active"
        made = await client.private_endpoints.create(**ENDPOINT, activate={"workspace_id": "w"})
        assert (made.status, made.error) == ("active", None)
        with pytest.raises(Conflict):
            await client.private_endpoints.delete(made.id, draft_only=True)
        await client.private_endpoints.delete(made.id)
        other = await client.private_endpoints.create(**ENDPOINT)
        assert other.status == "draft"
        await client.private_endpoints.delete(other.id, draft_only=True)
        assert [each.id for each in await client.private_endpoints.list()] == [draft.id]
        with pytest.raises(NotFound):
            await client.private_endpoints.validate("other", "w")


async def test_a_creation_that_is_repeated_makes_one_endpoint(emulator: Emulator) -> None:
    async with client_of(emulator) as client:
        one = await client.private_endpoints.create(**ENDPOINT, idempotency_key="once")
        two = await client.private_endpoints.create(**ENDPOINT, idempotency_key="once")
        other = await client.private_endpoints.create(**ENDPOINT)
        assert one.id == two.id != other.id
        assert len(await client.private_endpoints.list()) == 2


async def test_a_user_that_is_deactivated_is_kept(emulator: Emulator) -> None:
    async with client_of(emulator) as client:
        await client.external_users.create("u/1")
        await client.external_users.deactivate("u/1")
        assert await client.external_users.list().all() == []
        (user,) = await client.external_users.list(include_inactive=True).all()
        assert (user.user, user.is_active) == ("u/1", False)
        assert (await client.external_users.update("u/1", is_active=True)).is_active
        with pytest.raises(NotFound):
            await client.external_users.deactivate("u/2")


async def test_secrets_of_an_intern_are_beside_those_of_the_workspace(emulator: Emulator) -> None:
    async with client_of(emulator) as client:
        for intern in (None, "intern-1"):
            name = f"OF_{intern}"
            await client.vault.store(name, SecretStr("hush-hush"), hosts=["a.example"], intern=intern)
            assert [each.name for each in await client.vault.list(intern=intern).all()] == [name]
            await client.vault.delete(name, intern=intern)
            assert await client.vault.list(intern=intern).all() == []
            with pytest.raises(NotFound):
                await client.vault.delete(name, intern=intern)


async def test_an_intern_can_use_the_secrets_of_the_workspace_and_its_own(emulator: Emulator) -> None:
    async with client_of(emulator) as client:
        assert await client.vault.effective("i").all() == []
        for name, intern in (("A", None), ("B", None), ("B", "i"), ("C", "other")):
            await client.vault.store(name, "hush-hush", hosts=[f"{intern}.example"], intern=intern)
        found = {each.name: (each.scope, each.hosts) for each in await client.vault.effective("i").all()}
        assert found == {"A": ("workspace", ["None.example"]), "B": ("intern", ["i.example"])}
        assert [each.name for each in await client.vault.copy(["A"], intern="i")] == ["A"]
        assert {each.scope for each in await client.vault.effective("i").all()} == {"intern"}
        page = await client.vault.effective("i", limit=1)
        assert (len(page), page.has_more) == (1, True)


async def test_a_key_of_the_wrong_kind_is_refused_with_what_to_do(emulator: Emulator) -> None:
    async with AsyncOpenRouter(emulator.key, base_url=emulator.base_url) as client:
        calls = (
            client.organization.settings,
            client.scim.sync,
            client.private_endpoints.list,
            lambda: client.external_users.create("u"),
            lambda: client.observability.create("webhook", "n", {}),
        )
        for call in calls:
            with pytest.raises(ConfigurationError, match="management"):
                await call()
        assert emulator.requests == []
        assert await client.vault.list().all() == []


async def test_a_creation_whose_answer_is_lost_is_repeated_and_makes_one_endpoint(emulator: Emulator) -> None:
    emulator.inject_faults(0.4, Fault.reset(), Fault.disconnect(), Fault.disconnect(after=20))
    async with client_of(emulator) as client:
        client = client.with_options(retries=Retries(attempts=12, base=0.001))
        made = [(await client.private_endpoints.create(**ENDPOINT)).id for _ in range(10)]
        assert sum(request.fault is not None for request in emulator.requests) > 3
        emulator.inject_faults(0)
        assert [each.id for each in await client.private_endpoints.list()] == made
