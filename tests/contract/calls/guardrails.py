"""Guardrails."""

from __future__ import annotations

from ..call import Call

WORKSPACE = "0df9e665-d932-5740-b2c7-b52af166bc11"
ID = "550e8400-e29b-41d4-a716-446655440000"

CALLS = [
    Call("guardrails.list", lambda c: c.guardrails.list(workspace_id=WORKSPACE, offset=2, limit=50)),
    Call("guardrails.get", lambda c: c.guardrails.get(ID)),
    Call(
        "guardrails.create",
        lambda c: c.guardrails.create(
            "interns",
            workspace_id=WORKSPACE,
            description="d",
            limit_usd=20,
            reset_interval="monthly",
            include_byok_in_budgets=True,
            allowed_models=["openai/gpt-5-mini"],
            ignored_models=None,
            allowed_providers=["openai"],
            ignored_providers=["azure"],
            allowed_data_regions=["europe"],
            enforce_zdr_anthropic=True,
            enforce_zdr_openai=True,
            enforce_zdr_google=True,
            enforce_zdr_xai=True,
            enforce_zdr_other=None,
            enforce_zdr=True,
            allow_safety_retention_google=False,
            allow_safety_retention_other=False,
            enable_free_model_publication=False,
            enable_free_model_training=False,
            enable_paid_model_training=False,
            content_filter_builtins=[
                {"slug": "regex-prompt-injection", "action": "block", "scan_scope": "user_only"}
            ],
            content_filters=[{"pattern": r"\bsecret\b", "action": "redact", "label": "[X]"}],
        ),
    ),
    Call(
        "guardrails.update",
        lambda c: c.guardrails.update(
            ID,
            name="n",
            description=None,
            limit_usd=None,
            reset_interval=None,
            include_byok_in_budgets=False,
            allowed_models=None,
            ignored_models=["openai/gpt-4o-mini"],
            allowed_providers=None,
            ignored_providers=None,
            allowed_data_regions=None,
            enforce_zdr_anthropic=None,
            enforce_zdr_openai=None,
            enforce_zdr_google=None,
            enforce_zdr_xai=None,
            enforce_zdr_other=True,
            enforce_zdr=None,
            allow_safety_retention_google=None,
            allow_safety_retention_other=None,
            enable_free_model_publication=None,
            enable_free_model_training=None,
            enable_paid_model_training=None,
            content_filter_builtins=None,
            content_filters=None,
        ),
    ),
    Call("guardrails.delete", lambda c: c.guardrails.delete(ID)),
    Call("guardrails.keys", lambda c: c.guardrails.keys(ID, offset=2, limit=5)),
    Call("guardrails.keys.all", lambda c: c.guardrails.keys(offset=2, limit=5)),
    Call(
        "guardrails.assign_keys",
        lambda c: c.guardrails.assign_keys(ID, ["f01d"]),
        part=lambda reply: reply["assigned_count"],
    ),
    Call(
        "guardrails.unassign_keys",
        lambda c: c.guardrails.unassign_keys(ID, ["f01d"]),
        part=lambda reply: reply["unassigned_count"],
    ),
    Call("guardrails.members", lambda c: c.guardrails.members(ID, offset=2, limit=5)),
    Call("guardrails.members.all", lambda c: c.guardrails.members(offset=2, limit=5)),
    Call(
        "guardrails.assign_members",
        lambda c: c.guardrails.assign_members(ID, ["user_1"]),
        part=lambda reply: reply["assigned_count"],
    ),
    Call(
        "guardrails.unassign_members",
        lambda c: c.guardrails.unassign_members(ID, ["user_1"]),
        part=lambda reply: reply["unassigned_count"],
    ),
]
