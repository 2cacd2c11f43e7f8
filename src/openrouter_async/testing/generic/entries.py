"""The entries of all collections, by the path of the collection: `/workspaces`, `/workspaces/ID/members`.

An entry is found by its key, which is the step of the path for it, and by its `id` and `slug` as well.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..json_values import JSON

__all__ = ["Entries"]


class Entries:
    """The entries of one emulator."""

    def __init__(self) -> None:
        self._kept: dict[str, dict[str, JSON]] = {}

    def knows(self, collection: str) -> bool:
        """Whether there was ever an entry in a collection."""
        return collection in self._kept

    def put(self, collection: str, key: str, entry: JSON) -> None:
        """Add an entry, or replace the one that has this key."""
        self._kept.setdefault(collection, {})[key] = entry

    def replace(self, collection: str, entries: dict[str, JSON]) -> None:
        """Replace all entries of a collection."""
        self._kept[collection] = entries

    def find(self, collection: str, key: str) -> JSON | None:
        """Return the entry itself, which may be changed."""
        kept = self._kept.get(collection, {})
        return kept.get(key) or next((e for e in kept.values() if key in (e.get("id"), e.get("slug"))), None)

    def remove(self, collection: str, key: str) -> JSON | None:
        """Take an entry out of a collection, with all that is below it."""
        found = self.find(collection, key)
        if found is None:
            return None
        kept = self._kept[collection]
        own = next(name for name, entry in kept.items() if entry is found)
        del kept[own]
        for below in [path for path in self._kept if path.startswith(f"{collection}/{own}/")]:
            del self._kept[below]
        return found

    def key_of(self, collection: str, key: str) -> str:
        """Return the key that an entry has in its collection; the one given, if no entry has it."""
        found = self.find(collection, key)
        return next((name for name, entry in self._kept.get(collection, {}).items() if entry is found), key)

    def beside(self, collection: str) -> list[str]:
        """Return the collections of the same kind below other entries: of the keys of all other guardrails."""
        ours = collection.split("/")
        paths = [path for path in self._kept if path != collection]
        return [path for path in paths if (its := path.split("/"))[:2] == ours[:2] and its[3:] == ours[3:]]

    def all(self, collection: str) -> Iterator[JSON]:
        """Yield the entries of a collection, and those of the collections that it sums up.

        `/guardrails/assignments/keys` sums up `/guardrails/ID/assignments/keys` of all guardrails.
        """
        yield from list(self._kept.get(collection, {}).values())
        first, _, rest = collection.removeprefix("/").partition("/")
        for path, kept in list(self._kept.items()):
            steps = path.split("/")
            if rest and steps[1:2] == [first] and "/".join(steps[3:]) == rest:
                yield from kept.values()
