"""An account managed by the official `openrouter` package, which checks every field of an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from openrouter import OpenRouter


def scenes(base_url: str, _key: str, management_key: str) -> dict[str, Callable[[], dict[str, Any]]]:
    """Return what to do by its name; each calls several operations."""
    client = OpenRouter(api_key=management_key, server_url=base_url, timeout_ms=10_000)

    def workspaces() -> dict[str, Any]:
        made = client.workspaces.create(name="Lamps", slug="lamps", description="They glow.").data
        changed = client.workspaces.update(id=made.id, name="Lights").data
        added = client.workspaces.bulk_add_members(id=made.id, user_ids=["u1", "u2"]).added_count
        client.workspaces.bulk_remove_members(id=made.id, user_ids=["u1"])
        members = client.workspaces.list_members(id=made.id).result.data
        budget = client.workspaces.set_budget(workspace_ref="lamps", interval="monthly", limit_usd=5).data
        read = client.workspaces.get_budget(workspace_ref="lamps", interval="monthly").data
        budgets = client.workspaces.list_budgets(workspace_ref="lamps").data
        client.workspaces.delete_budget(workspace_ref="lamps", interval="monthly")
        listed = client.workspaces.list().result
        client.workspaces.delete(id=made.id)
        return {
            "name": changed.name,
            "description": changed.description,
            "added": added,
            "members": [each.user_id for each in members],
            "budget": [budget.limit_usd, budget.id == read.id, len(budgets)],
            "listed": listed.total_count,
            "left": client.workspaces.list().result.total_count,
        }

    def gone() -> dict[str, Any]:
        return {"reply": repr(client.workspaces.get(id="lamps"))}

    def guardrails() -> dict[str, Any]:
        ids = [client.guardrails.create(name=f"g{n}", limit_usd=n).data.id for n in (1, 2, 3)]
        changed = client.guardrails.update(id=ids[0], limit_usd=None).data
        client.guardrails.bulk_assign_keys(id=ids[0], key_hashes=["a" * 64])
        client.guardrails.bulk_assign_keys(id=ids[1], key_hashes=["a" * 64, "b" * 64])
        first = client.guardrails.list_guardrail_key_assignments(id=ids[0]).result.total_count
        every = client.guardrails.list_key_assignments().result.total_count
        client.guardrails.bulk_unassign_keys(id=ids[1], key_hashes=["b" * 64])
        page, names = client.guardrails.list(limit=2), []
        while page is not None:
            names += [each.name for each in page.result.data]
            page = page.next()
        client.guardrails.delete(id=ids[2])
        return {"limit": changed.limit_usd, "name": changed.name, "assigned": [first, every], "names": names}

    def keys() -> dict[str, Any]:
        made = client.byok.create(provider="openai", key="sk-secret", name="ours").data
        changed = client.byok.update(id=made.id, disabled=True).data
        listed = client.byok.list(provider="openai").result.total_count
        client.byok.delete(id=made.id)
        return {"disabled": changed.disabled, "listed": listed, "shown": "sk-secret" in repr(changed)}

    def vault() -> dict[str, Any]:
        stored = client.vault.store_vault_secret(name="TOKEN", value="hush", hosts=["a.example"]).data
        names = [each.name for each in client.vault.list_vault_secrets().data]
        client.vault.delete_vault_secret(name="TOKEN")
        return {"stored": stored.hosts, "names": names, "left": len(client.vault.list_vault_secrets().data)}

    def endpoints() -> dict[str, Any]:
        made = client.private_endpoints.create(
            model_permaslug="openai/gpt-4o", provider_slug="azure", upstream_model_id="gpt"
        ).data
        active = client.private_endpoints.activate(id=made.id).data.status
        disabled = client.private_endpoints.disable(id=made.id).data.status
        return {"status": [active, disabled], "listed": len(client.private_endpoints.list().data)}

    def organization() -> dict[str, Any]:
        members = client.organization.list_members().result.data
        changed = client.organization.update_settings(is_filtered_model_catalog_enabled=True).data
        read = client.organization.get_settings().data
        shown = changed.is_filtered_model_catalog_enabled, read.is_filtered_model_catalog_enabled
        return {"members": len(members), "settings": list(shown)}

    return {
        "workspaces": workspaces,
        "gone": gone,
        "guardrails": guardrails,
        "keys": keys,
        "vault": vault,
        "endpoints": endpoints,
        "organization": organization,
    }
