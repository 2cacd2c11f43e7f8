"""Workspaces, and keys of one's own with providers."""

from __future__ import annotations

from ..call import Call

ID = "550e8400-e29b-41d4-a716-446655440000"

CALLS = [
    Call("workspaces.list", lambda c: c.workspaces.list(offset=2, limit=50)),
    Call("workspaces.get", lambda c: c.workspaces.get("production")),
    Call(
        "workspaces.create",
        lambda c: c.workspaces.create(
            "Production",
            "production",
            description="d",
            default_text_model="openai/gpt-5-mini",
            default_image_model=None,
            default_provider_sort="price",
            disabled_server_tools=["openrouter:bash"],
            is_observability_io_logging_enabled=True,
            io_logging_api_key_ids=[1, 2],
            io_logging_sampling_rate=0.5,
            is_observability_broadcast_enabled=False,
            is_data_discount_logging_enabled=False,
        ),
    ),
    Call(
        "workspaces.update",
        lambda c: c.workspaces.update(
            "production",
            name="n",
            slug="new-slug",
            description=None,
            default_text_model=None,
            default_image_model="openai/dall-e-3",
            default_provider_sort=None,
            disabled_server_tools=None,
            is_observability_io_logging_enabled=False,
            io_logging_api_key_ids=None,
            io_logging_sampling_rate=1,
            is_observability_broadcast_enabled=True,
            is_data_discount_logging_enabled=True,
        ),
    ),
    Call(
        "workspaces.delete",
        lambda c: c.workspaces.delete("production", confirm_default_workspace_deletion=True),
    ),
    Call("workspaces.members", lambda c: c.workspaces.members("production", offset=2, limit=50)),
    Call("workspaces.add_members", lambda c: c.workspaces.add_members("production", ["user_1"])),
    Call(
        "workspaces.remove_members",
        lambda c: c.workspaces.remove_members("production", ["user_1"]),
        part=lambda reply: reply["removed_count"],
    ),
    Call("workspaces.budgets", lambda c: c.workspaces.budgets("production")),
    Call("workspaces.budget", lambda c: c.workspaces.budget("production", "lifetime")),
    Call(
        "workspaces.set_budget",
        lambda c: c.workspaces.set_budget("production", "monthly", 50, include_byok_in_budgets=True),
    ),
    Call("workspaces.delete_budget", lambda c: c.workspaces.delete_budget("production", "daily")),
    Call("byok.list", lambda c: c.byok.list(provider="amazon-bedrock", workspace_id=ID, offset=2, limit=50)),
    Call("byok.get", lambda c: c.byok.get(ID)),
    Call(
        "byok.create",
        lambda c: c.byok.create(
            "openai",
            "sk-proj-0123456789",
            name="n",
            workspace_id=ID,
            disabled=False,
            is_fallback=True,
            is_required=False,
            is_byok_only=False,
            allowed_api_key_hashes=["f0" * 32],
            allowed_models=["openai/gpt-5-mini"],
            allowed_user_ids=["user_1"],
            declared_region="europe",
            declared_zdr=True,
        ),
    ),
    Call(
        "byok.update",
        lambda c: c.byok.update(
            ID,
            key="sk-proj-0123456789",
            name=None,
            disabled=True,
            is_fallback=False,
            is_required=True,
            is_byok_only=True,
            allowed_api_key_hashes=None,
            allowed_models=None,
            allowed_user_ids=None,
            declared_region=None,
            declared_zdr=None,
        ),
    ),
    Call("byok.delete", lambda c: c.byok.delete(ID)),
]
