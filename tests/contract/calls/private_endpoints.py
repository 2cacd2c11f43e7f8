"""Private endpoints."""

from __future__ import annotations

from typing import Any

from ..call import Call, number_text

ID = "550e8400-e29b-41d4-a716-446655440000"
WORKSPACE = "0df9e665-d932-5740-b2c7-b52af166bc11"
PRICES = {"data.pricing.*": number_text}


def _endpoint(reply: Any) -> Any:
    """Return the endpoint of an answer to a creation, which is a draft with its checks where that failed."""
    data = reply["data"]
    if "endpoint" not in data:
        return data
    return {**data["endpoint"], "validation": data["validation"], "error": reply["error"]}


CALLS = [
    Call("private_endpoints.list", lambda c: c.private_endpoints.list()),
    Call("private_endpoints.get", lambda c: c.private_endpoints.get(ID), answered=PRICES),
    Call(
        "private_endpoints.create",
        lambda c: c.private_endpoints.create(
            idempotency_key="once",
            model_permaslug="openai/gpt-4o",
            provider_slug="azure",
            upstream_model_id="deployment",
            base_url="https://a.example/v1",
            declared_region="europe",
            declared_zdr=None,
            pricing={"prompt": 0.000001, "completion": "0.000002", "cache_read": 0, "cache_write": 0},
            activate={"workspace_id": WORKSPACE},
        ),
        part=_endpoint,
    ),
    Call(
        "private_endpoints.update",
        lambda c: c.private_endpoints.update(
            ID,
            upstream_model_id="deployment-2",
            base_url="https://b.example/v1",
            declared_region=None,
            declared_zdr=True,
        ),
        answered=PRICES,
    ),
    Call("private_endpoints.delete", lambda c: c.private_endpoints.delete(ID, draft_only=True)),
    Call("private_endpoints.validate", lambda c: c.private_endpoints.validate(ID, WORKSPACE)),
    Call("private_endpoints.activate", lambda c: c.private_endpoints.activate(ID)),
    Call("private_endpoints.enable", lambda c: c.private_endpoints.enable(ID)),
    Call("private_endpoints.disable", lambda c: c.private_endpoints.disable(ID)),
    Call(
        "private_endpoints.set_pricing",
        lambda c: c.private_endpoints.set_pricing(
            ID, {"prompt": "0.000001", "completion": 0.000002, "cache_read": 0, "cache_write": 0}
        ),
        answered=PRICES,
    ),
]
