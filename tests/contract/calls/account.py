"""Keys, credits, activity, generations, and sign-in."""

from __future__ import annotations

from ..call import Call

WORKSPACE = "0df9e665-d932-5740-b2c7-b52af166bc11"

CALLS = [
    Call(
        "key.get",
        lambda c: c.key.get(),
        unread=dict.fromkeys(
            ("reply.is_provisioning_key", "reply.rate_limit"),
            "deprecated; `is_management_key` and the errors tell the same",
        ),
    ),
    Call("credits.get", lambda c: c.credits.get()),
    Call(
        "keys.list",
        lambda c: c.keys.list(include_disabled=True, include_expired=True, workspace_id=WORKSPACE, offset=2),
    ),
    Call("keys.get", lambda c: c.keys.get("f01d")),
    Call(
        "keys.create",
        lambda c: c.keys.create(
            "ci",
            limit=5,
            limit_reset="monthly",
            include_byok_in_limit=True,
            workspace_id=WORKSPACE,
            expires_at="2027-01-02T03:04:00Z",
            creator_user_id="u",
            external={"user": "u", "api_key": "k"},
        ),
    ),
    Call(
        "keys.update",
        lambda c: c.keys.update(
            "f01d",
            name="n",
            disabled=True,
            limit=None,
            limit_reset="daily",
            include_byok_in_limit=False,
            workspace_id="w",
        ),
    ),
    Call("keys.delete", lambda c: c.keys.delete("f01d")),
    Call(
        "activity.list",
        lambda c: c.activity.list(
            date="2026-11-01", api_key_hash="f01d", user_id="u", workspace_id="w", by_workspace=True
        ),
        answered={"data[].date": "2026-11-01"},
    ),
    Call("generations.get", lambda c: c.generations.get("gen-1")),
    Call("generations.content", lambda c: c.generations.content("gen-1")),
    Call(
        "generations.feedback",
        lambda c: c.generations.feedback("gen-1", "incorrect_response", comment="It was 4."),
    ),
    Call("oauth.exchange", lambda c: c.oauth.exchange("code", "v" * 43)),
    Call(
        "oauth.create_code",
        lambda c: c.oauth.create_code(
            "v" * 43,
            callback_url="https://example.com/done",
            key_label="mine",
            limit=5,
            usage_limit_type="monthly",
            expires_at="2027-01-02T03:04:00Z",
            workspace_id=WORKSPACE,
        ),
    ),
    Call(
        "oauth.exchange_token",
        lambda c: c.oauth.exchange_token("ey.a.b", policy="fp_1", scope="management"),
    ),
    Call("oauth.signing_keys", lambda c: c.oauth.signing_keys(), part=lambda reply: reply["keys"]),
]
