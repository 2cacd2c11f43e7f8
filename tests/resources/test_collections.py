"""Each collection of the client, on the emulator: list, create, get, update, delete, and 404 afterwards.

A new collection is a new row. Collections that cannot be changed, or whose members are only deactivated, have tests of
their own: presets, files, the vault, external users.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter
from typing import Any

import pytest

from openrouter_async import AsyncOpenRouter, NotFound
from openrouter_async.resources._pagination import Paginator
from openrouter_async.testing import Emulator

pytestmark = pytest.mark.loopback


@dataclass(frozen=True)
class Collection:
    """A namespace with `list`, `get`, `update` and `delete`, or methods by other names that do the same."""

    name: str
    create: Callable[[Any], Awaitable[Any]]
    """Makes a member, given the namespace."""
    change: dict[str, object]
    """A change that sets something and removes something else."""
    id: Callable[[Any], str] = attrgetter("id")
    """The id of a member, from the answer to its creation."""
    kept: dict[str, object] | None = None
    """Fields that the change leaves alone."""
    methods: tuple[str, str, str, str] = ("list", "get", "update", "delete")
    deleted_with: dict[str, object] = field(default_factory=dict)
    """Arguments of `delete`."""


UUID = "550e8400-e29b-41d4-a716-446655440000"

COLLECTIONS = [
    Collection(
        "keys",
        lambda keys: keys.create("ci", limit=5, limit_reset="monthly"),
        {"name": "nightly", "limit": None},
        attrgetter("data.hash"),
        {"limit_reset": "monthly"},
    ),
    Collection(
        "guardrails",
        lambda guardrails: guardrails.create("interns", limit_usd=5, allowed_providers=["openai"]),
        {"name": "trainees", "limit_usd": None},
        kept={"allowed_providers": ["openai"]},
    ),
    Collection(
        "workspaces",
        lambda workspaces: workspaces.create("Production", "production", description="Live"),
        {"name": "Live", "description": None},
        kept={"slug": "production"},
    ),
    Collection(
        "byok",
        lambda byok: byok.create("openai", "sk-proj-0123456789", name="mine"),
        {"name": None, "disabled": True},
        kept={"provider": "openai"},
    ),
    Collection(
        "observability",
        lambda observability: observability.create(
            "webhook", "Prod", {"url": "https://a.example"}, api_key_hashes=["f0" * 32], regions=["us"]
        ),
        {"name": "Production", "api_key_hashes": None},
        kept={"regions": ["us"], "config": {"url": "https://a.example"}},
    ),
    Collection(
        "scim",
        lambda scim: scim.create_mapping(UUID, UUID, "member"),
        {"role": "admin"},
        kept={"workspace_id": UUID},
        methods=("mappings", "mapping", "update_mapping", "delete_mapping"),
        deleted_with={"keep_members": False},
    ),
    Collection(
        "private_endpoints",
        lambda endpoints: endpoints.create(
            model_permaslug="openai/gpt-4o",
            provider_slug="azure",
            upstream_model_id="mine",
            declared_zdr=True,
        ),
        {"upstream_model_id": "other", "declared_zdr": None},
        kept={"provider_slug": "azure", "status": "draft"},
    ),
]


@pytest.mark.parametrize("collection", COLLECTIONS, ids=attrgetter("name"))
async def test_a_collection_keeps_its_members_until_they_are_deleted(collection: Collection) -> None:
    with Emulator() as emulator:
        async with AsyncOpenRouter(
            emulator.key, management_key=emulator.management_key, base_url=emulator.base_url
        ) as client:
            namespace: Any = getattr(client, collection.name)
            listed, get, update, delete = (getattr(namespace, name) for name in collection.methods)
            delete = partial(delete, **collection.deleted_with)
            before = await _count(listed())
            id = collection.id(await collection.create(namespace))
            assert await _count(listed()) == before + 1
            await get(id)
            changed = await update(id, **collection.change)
            expected = {**(collection.kept or {}), **collection.change}
            assert {name: getattr(changed, name) for name in expected} == expected
            assert (await get(id)).model_dump() == changed.model_dump()
            assert await delete(id) is None
            for gone in (get, delete):
                with pytest.raises(NotFound):
                    await gone(id)
            assert await _count(listed()) == before


async def _count(listed: Any) -> int:
    """Return how many members a list has, which comes in pages or whole."""
    return len(await (listed.all() if isinstance(listed, Paginator) else listed))
