"""The organization: members, settings, users, directory, observability destinations."""

from __future__ import annotations

from collections.abc import Awaitable

from openrouter_async.resources.organization.scim import SyncJob
from openrouter_async.types.organization.scim import SyncState

from ..call import Call

ID = "550e8400-e29b-41d4-a716-446655440000"
WORKSPACE = "0df9e665-d932-5740-b2c7-b52af166bc11"


async def _state(job: Awaitable[SyncJob]) -> SyncState:
    return (await job).state


CALLS = [
    Call("organization.members", lambda c: c.organization.members(offset=2, limit=50)),
    Call("organization.settings", lambda c: c.organization.settings()),
    Call(
        "organization.update_settings",
        lambda c: c.organization.update_settings(is_filtered_model_catalog_enabled=True),
    ),
    Call(
        "external_users.list",
        lambda c: c.external_users.list(user="u/1", include_inactive=True, offset=2, limit=50),
    ),
    Call("external_users.get", lambda c: c.external_users.get("u/1")),
    Call("external_users.create", lambda c: c.external_users.create("u/1")),
    Call("external_users.update", lambda c: c.external_users.update("u/1", is_active=True)),
    Call("external_users.deactivate", lambda c: c.external_users.deactivate("u/1")),
    Call(
        "scim.groups",
        lambda c: c.scim.groups(display_name="Engineers", external_id="00g1", offset=2, limit=50),
    ),
    Call("scim.mappings", lambda c: c.scim.mappings(offset=2, limit=50)),
    Call("scim.mapping", lambda c: c.scim.mapping(ID)),
    Call("scim.create_mapping", lambda c: c.scim.create_mapping(ID, WORKSPACE, "member")),
    Call("scim.update_mapping", lambda c: c.scim.update_mapping(ID, role="admin")),
    Call("scim.delete_mapping", lambda c: c.scim.delete_mapping(ID, keep_members=True)),
    Call("scim.sync", lambda c: _state(c.scim.sync())),
    Call("scim.sync_job", lambda c: _state(c.scim.sync_job(ID))),
    Call(
        "observability.list",
        lambda c: c.observability.list(workspace_id=WORKSPACE, offset=2, limit=50),
    ),
    Call("observability.get", lambda c: c.observability.get(ID)),
    Call(
        "observability.create",
        lambda c: c.observability.create(
            "langfuse",
            "Production",
            {"publicKey": "pk-lf-12345678", "secretKey": "sk-lf-12345678"},
            workspace_id=WORKSPACE,
            enabled=True,
            privacy_mode=False,
            sampling_rate=0.5,
            api_key_hashes=["f0" * 32],
            filter_rules={
                "enabled": True,
                "groups": [
                    {
                        "logic": "or",
                        "rules": [
                            {"field": "model", "operator": "starts_with", "value": "openai/"},
                            {"field": "total_cost", "operator": "gt", "value": 0.5},
                            {"field": "user_id", "operator": "exists"},
                        ],
                    }
                ],
            },
            regions=["eu", "us"],
            broadcast_generation_cost=True,
            broadcast_generation_cost_allocation=True,
            broadcast_generation_identity=False,
            broadcast_generation_request_context=False,
        ),
    ),
    Call(
        "observability.update",
        lambda c: c.observability.update(
            ID,
            name="n",
            config={"secretKey": "sk-lf-12345678"},
            enabled=False,
            privacy_mode=True,
            sampling_rate=1,
            api_key_hashes=None,
            filter_rules=None,
            regions=["europe"],
            broadcast_generation_cost=False,
            broadcast_generation_cost_allocation=False,
            broadcast_generation_identity=True,
            broadcast_generation_request_context=True,
        ),
    ),
    Call("observability.delete", lambda c: c.observability.delete(ID)),
]
