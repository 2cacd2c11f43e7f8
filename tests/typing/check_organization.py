"""Example calls of what manages an organization, for type checkers only."""

from __future__ import annotations

from decimal import Decimal
from typing import assert_type

from pydantic import SecretStr

from openrouter_async import (
    AsyncOpenRouter,
    GroupMapping,
    ObservabilityDestination,
    OrganizationMember,
    PrivateEndpoint,
    SyncJob,
    VaultSecret,
)
from openrouter_async.types.organization.organization import ExternalUser, OrganizationSettings
from openrouter_async.types.organization.private_endpoints import EndpointValidation
from openrouter_async.types.organization.scim import DirectoryGroup, SyncState
from openrouter_async.types.organization.vault import Connection, EffectiveSecret


async def check(client: AsyncOpenRouter) -> None:
    assert_type(await client.organization.members(limit=5).all(), list[OrganizationMember])
    assert_type(await client.organization.settings(), OrganizationSettings)
    await client.organization.update_settings(is_filtered_model_catalog_enabled=None)  # type: ignore[arg-type]  # no default

    assert_type(await client.external_users.create("u1"), ExternalUser)
    assert_type(await client.external_users.list(include_inactive=True).all(), list[ExternalUser])
    await client.external_users.deactivate("u1")

    assert_type(await client.scim.groups(display_name="g").all(), list[DirectoryGroup])
    assert_type(await client.scim.create_mapping("g", "w", "admin"), GroupMapping)
    await client.scim.create_mapping("g", "w", "owner")  # type: ignore[arg-type]  # no such role
    await client.scim.delete_mapping("m")  # type: ignore[call-arg]  # says what becomes of the members
    job = await client.scim.sync()
    assert_type(job, SyncJob)
    assert_type(await job.wait(timeout=60), SyncState)

    config = {"publicKey": "pk", "secretKey": SecretStr("sk"), "headers": {"a": SecretStr("b")}}
    made = await client.observability.create("langfuse", "Production", config, regions=["eu"])
    assert_type(made, ObservabilityDestination)
    assert_type(await client.observability.update(made.id, config={"apiKey": "k"}), ObservabilityDestination)
    await client.observability.update(made.id, name=None)  # type: ignore[arg-type]  # null is not allowed there

    endpoint = await client.private_endpoints.create(
        model_permaslug="openai/gpt-4o",
        provider_slug="azure",
        upstream_model_id="mine",
        pricing={"prompt": Decimal("0.000001"), "completion": "0.000002"},
        activate={"workspace_id": "w"},
    )
    assert_type(endpoint, PrivateEndpoint)
    assert_type(await client.private_endpoints.list(), list[PrivateEndpoint])
    assert_type(await client.private_endpoints.validate(endpoint.id, "w"), EndpointValidation)
    await client.private_endpoints.set_pricing("e", {"prompt": 1})  # type: ignore[typeddict-item]  # both are wanted

    assert_type(await client.vault.store("TOKEN", SecretStr("t"), hosts=["a.example"]), VaultSecret)
    assert_type(await client.vault.list(intern="i").all(), list[VaultSecret])
    assert_type(await client.vault.copy(["TOKEN"], intern="i"), list[VaultSecret])
    assert_type(await client.vault.effective("i").all(), list[EffectiveSecret])
    assert_type(await client.vault.connections("i"), list[Connection])
