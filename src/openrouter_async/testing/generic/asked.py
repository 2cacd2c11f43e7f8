"""One request, with its path split into collections and entries."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..facts.shapes import Shape
from ..facts.table import Facts, ServiceOperation
from ..json_values import JSON
from .entries import Entries
from .fitting import Fitting

__all__ = ["Asked", "noun"]


class Asked:
    """One request, with its path split into collections and entries."""

    def __init__(
        self,
        operation: ServiceOperation,
        path: Mapping[str, str],
        query: Mapping[str, str],
        body: JSON,
        *,
        facts: Facts,
        entries: Entries,
        fitting: Fitting,
    ) -> None:
        self.operation, self.query, self.body = operation, query, body
        self._facts, self._entries, self._fitting, self._path = facts, entries, fitting, path
        self._template = operation.path.strip("/").split("/")
        self.steps: list[str] = []
        """The path, with each entry by the key that it is kept under."""
        for own in self._template:
            step = path[own[1:-1]] if own.startswith("{") else own
            if own.startswith("{"):
                step = entries.key_of("/" + "/".join(self.steps), step)
            self.steps.append(step)
        self.target = "/" + "/".join(self.steps)
        self.is_entry = self._template[-1].startswith("{")
        self.collection = "/" + "/".join(self.steps[:-1]) if self.is_entry else self.target
        self.key = self.steps[-1]

    @property
    def is_action(self) -> bool:
        """Whether the last step of the path says what to do with a collection."""
        return self.steps[-1] in ("add", "copy", "remove")

    @property
    def saves(self) -> bool:
        """Whether the request of a model is saved as a preset, in place of being answered."""
        return len(self._template) > 2 and self._template[:2] == ["presets", "{slug}"]

    @property
    def parent(self) -> tuple[str, str] | None:
        """The collection and key of the entry that the collection or action belongs to."""
        within = range(len(self._template) - (2 if self.is_entry else 1), 0, -1)
        for number in within:
            if self._template[number].startswith("{"):
                return "/" + "/".join(self.steps[:number]), self.steps[number]
        return None

    @property
    def parents(self) -> JSON:
        """The ids of the entries above, by the names that fields have for them: `workspace_id`."""
        found: JSON = dict(self._path)
        if self.parent is not None:
            collection, key = self.parent
            entry = self._entries.find(collection, key) or {}
            found[f"{noun(collection).lower().replace(' ', '_')}_id"] = entry.get("id", key)
        if self.is_entry or self.parent is not None:
            found.pop("id", None)
        return found

    @property
    def item_shape(self) -> Shape:
        """The shape of an entry, as this operation answers with it."""
        return self._fitting.item_shape(self.operation.reply) or "any"

    def shape_in(self, collection: str) -> Shape:
        """Return the shape of the entries of a collection, as its list has them, or else this operation."""
        lists = self._facts.find("GET", collection)
        if lists is not None and self._fitting.is_list(lists[0].reply):
            return self._fitting.item_shape(lists[0].reply) or "any"
        return self.item_shape

    def key_field(self, entry: JSON) -> str:
        """Return the field of an entry that stands for it in paths."""
        variable = self._template[-1][1:-1] if self.is_entry else None
        if variable is None:
            below = next(
                (m for m in ("GET", "DELETE", "PUT") if self._facts.find(m, f"{self.target}/x")), None
            )
            found = None if below is None else self._facts.find(below, f"{self.target}/x")
            variable = "id" if found is None else found[0].path.rpartition("/")[2].strip("{}")
        if variable in entry:
            return variable
        return next((name for name in entry if name.endswith(f"_{variable}")), "id")

    def can_be_added(self, collection: str) -> bool:
        """Whether an operation adds entries to a collection."""
        first, _, rest = collection.removeprefix("/").partition("/")
        if self._facts.find("POST", f"/{first}/x/chat/completions"):
            return True  # its entries are requests that were saved
        if self._facts.find("PUT", f"{collection}/x") or self._facts.find("POST", f"{collection}/add"):
            return True
        if rest and self._facts.find("POST", f"/{first}/x/{rest}"):
            return True  # to one of those that it sums up
        return self._facts.find("POST", collection) is not None and self._has_entries(collection)

    def is_listed(self, collection: str) -> bool:
        """Whether the entries of a collection are known: it has a list, or an operation adds to it."""
        return self._facts.find("GET", collection) is not None or self.can_be_added(collection)

    def _has_entries(self, path: str) -> bool:
        """Whether a path has entries, or a list of them, as opposed to an action or a question."""
        listed = self._facts.find("GET", path)
        return listed is not None or any(self._facts.find(m, f"{path}/x") for m in ("GET", "DELETE"))


def noun(collection: str) -> str:
    """Return the word for an entry of a collection: `Workspace`."""
    word = re.sub(r"ies$", "y", collection.rpartition("/")[2]).removesuffix("s")
    return word.replace("-", " ").capitalize()
