"""Each collection of the client, on the emulator: list, create, get, update, delete, and 404 afterwards.

A new collection is a new row.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import pytest

from openrouter_async import AsyncOpenRouter, NotFound
from openrouter_async.testing import Emulator

pytestmark = pytest.mark.loopback


@dataclass(frozen=True)
class Collection:
    """A namespace with `list`, `get`, `update` and `delete`."""

    name: str
    create: Callable[[Any], Awaitable[Any]]
    """Makes a member, given the namespace."""
    change: dict[str, object]
    """A change that sets something and removes something else."""
    id: Callable[[Any], str] = attrgetter("id")
    """The id of a member, from the answer to its creation."""
    kept: dict[str, object] | None = None
    """Fields that the change leaves alone."""


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
]


@pytest.mark.parametrize("collection", COLLECTIONS, ids=attrgetter("name"))
async def test_a_collection_keeps_its_members_until_they_are_deleted(collection: Collection) -> None:
    with Emulator() as emulator:
        async with AsyncOpenRouter(
            emulator.key, management_key=emulator.management_key, base_url=emulator.base_url
        ) as client:
            namespace: Any = getattr(client, collection.name)
            before = len(await namespace.list().all())
            id = collection.id(await collection.create(namespace))
            assert len(await namespace.list().all()) == before + 1
            await namespace.get(id)
            changed = await namespace.update(id, **collection.change)
            expected = {**(collection.kept or {}), **collection.change}
            assert {name: getattr(changed, name) for name in expected} == expected
            assert (await namespace.get(id)).model_dump() == changed.model_dump()
            assert await namespace.delete(id) is None
            for gone in (namespace.get, namespace.delete):
                with pytest.raises(NotFound):
                    await gone(id)
            assert len(await namespace.list().all()) == before
