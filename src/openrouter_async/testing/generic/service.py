"""The service by the facts alone: judges a request, keeps what is created, and answers in the right shape.

- `GET` of a collection lists its entries, in pages where the operation has them; one that no operation can add to has
  two made-up entries.
- `POST` on a collection, or `PUT` on an entry, adds one; `PATCH` changes the fields that are given, null included.
- `GET`, `PATCH` and `DELETE` of an entry that is not there are a 404.
- A list of ids that is posted adds, or with `/remove` takes away, an entry for each; a key or member has one guardrail
  at most.
- `POST` or `PUT` below an entry (`/activate`, `/pricing`) changes that entry.
- Anything else is answered from its request, as far as its fields are those of the answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from ..exchange.field_checks import whole_query
from ..exchange.responses import EmulatedResponse, Part, plain
from ..exchange.service_errors import ServiceError, bad_request, refused
from ..facts.judging import complaints, judge_request
from ..facts.samples import full_sample
from ..facts.table import Facts, ServiceOperation
from ..json_values import JSON, as_list, as_object
from ..replies import Answer
from ..state.keys import iso_now
from .asked import Asked, noun
from .entries import Entries
from .fitting import Fitting
from .peculiar import described_file, promoted_file, save_preset, shape_word

__all__ = ["GenericService"]

_PAGE = 50
_STATES = {"activate": "active", "enable": "active", "disable": "disabled"}
"""The last step of a path -> the `status` that an entry has then."""
_LISTED_IDS = {"key_hashes": "key_hash", "member_user_ids": "user_id", "user_ids": "user_id", "names": "name"}
"""The list of ids that is posted -> the field of an entry that has one."""
_BYTES = b"\x00emulated\x00"


class GenericService:
    """The part of one emulator that answers whatever has no handler of its own."""

    def __init__(self, facts: Facts, seed: int) -> None:
        self._facts = facts
        self.entries = Entries()
        self._fitting = Fitting(facts.shapes, seed)

    def answer(
        self,
        operation: ServiceOperation,
        path: Mapping[str, str],
        query: Sequence[tuple[str, str]],
        body: JsonValue,
        *,
        headers: Mapping[str, str],
    ) -> EmulatedResponse:
        """Return the answer to a request; `path` has the parts of the path that vary.

        Raises:
            ServiceError: the request is wrong, or what it asks for does not exist.
        """
        kind = headers.get("content-type", "application/json").partition(";")[0].strip().lower()
        wrong = judge_request(
            self._facts, operation, path=path, query=query, headers=headers, body=body, content_type=kind
        )
        if wrong:
            place, _, name = wrong[0].where.partition(".")
            status = 404 if place == "path" and 404 in operation.errors else 400
            raise _in_form(operation, status, f"{name or place}: {wrong[0].detail}")
        asked = Asked(
            operation,
            path,
            dict(query),
            described_file(as_object(body)),
            facts=self._facts,
            entries=self.entries,
            fitting=self._fitting,
        )
        if asked.is_entry:
            return self._entry(asked)
        if operation.method == "GET":
            return self._read(asked)
        return self._write(asked)

    # one entry

    def _entry(self, asked: Asked) -> EmulatedResponse:
        collection, key = asked.collection, asked.key
        method = asked.operation.method
        if method == "PUT":
            return self._put(asked, key)
        found = self._find(asked, collection, key)
        if method == "DELETE":
            self.entries.remove(collection, key)
            return self._reply(asked, {"id": found.get("id", key)})
        if method == "PATCH":
            self._change(found, asked.body)
        return self._reply(asked, found)

    def _find(self, asked: Asked, collection: str, key: str) -> JSON:
        found = self.entries.find(collection, key)
        if found is None and not asked.can_be_added(collection):
            self._make_up(asked, collection)
            found = self.entries.find(collection, key)
        if found is None:
            raise _in_form(asked.operation, 404, f"{noun(collection)} not found")
        return found

    def _put(self, asked: Asked, key: str | None) -> EmulatedResponse:
        """Add or replace an entry, and answer with it."""
        self._check_parents(asked, asked.collection)
        tag = shape_word(asked.query.get("provider"))
        entry = self._fitting.fit(asked.item_shape, {**tag, **asked.parents, **asked.body})
        fields = as_object(entry)
        name = asked.key_field(fields)
        if key is None:
            key = str(fields.get(name))
            if name in asked.body and self.entries.find(asked.collection, key) is not None:
                raise _in_form(asked.operation, 409, f"{noun(asked.collection)} {key} exists already")
        elif name in fields and name != "id":
            shape = self._fitting.fields(asked.item_shape)[name]
            is_named = not complaints(key, shape, self._facts.shapes, name, is_sent=True)
            fields[name] = key if is_named else self._fitting.fresh(shape, name)
        former = self.entries.find(asked.collection, key)
        if former is not None:
            fields |= {each: former[each] for each in ("id", "created_at") if each in former}
        kept = {**asked.body, **fields}
        self.entries.put(asked.collection, key, kept)
        return self._reply(asked, kept)

    def _change(self, entry: JSON, fields: JSON) -> None:
        entry |= fields
        if "updated_at" in entry:
            entry["updated_at"] = iso_now()

    # collections, and all else

    def _read(self, asked: Asked) -> EmulatedResponse:
        operation, collection = asked.operation, asked.target
        if not self._fitting.is_list(operation.reply):
            self._check_parents(asked, collection)
            if operation.reply is None and asked.parent is not None:
                file = self.entries.find(*asked.parent) or {}
                if file.get("downloadable") is False:
                    raise _in_form(operation, 400, "Files that were uploaded cannot be downloaded")
            return self._reply(asked, self.entries.find("", collection) or self._sample(asked))
        self._check_parents(asked, collection)
        if not asked.can_be_added(collection):
            self._make_up(asked, collection)
        found = [entry for entry in self.entries.all(collection) if _passes(entry, asked.query)]
        return plain(self._page(asked, found))

    def _page(self, asked: Asked, found: list[JSON]) -> JSON:
        declared = asked.operation.parameter("query")
        is_paged = "limit" in declared
        limit = whole_query(asked.query, "limit", _PAGE, least=1) if is_paged else len(found)
        start = whole_query(asked.query, "offset", 0, least=0)
        after = asked.query.get("after") or asked.query.get("cursor") or asked.query.get("after_id")
        if after is not None:
            ids = [entry.get("id") for entry in found]
            if after not in ids:
                raise _in_form(asked.operation, 400, "after: no such entry")
            start = ids.index(after) + 1
        page, more = found[start : start + limit], start + limit < len(found)
        last = page[-1].get("id") if page else None
        tag = shape_word(asked.query.get("provider"))
        following = f"/api/v1{asked.target}?offset={start + limit}&limit={limit}" if more else None
        assert asked.operation.reply is not None
        return self._fitting.envelope(
            asked.operation.reply,
            [self._fitting.fit(asked.item_shape, {**entry, **tag}) for entry in page],
            **tag,
            total_count=len(found),
            has_more=more,
            first_id=page[0].get("id") if page else None,
            last_id=last,
            cursor=last if more else None,
            links={"next": following},
        )

    def _write(self, asked: Asked) -> EmulatedResponse:
        body, step = asked.body, asked.steps[-1]
        if asked.saves:
            return self._reply(asked, save_preset(asked, self.entries, self._fitting, self._facts))
        listed = next((name for name in _LISTED_IDS if name in body), None)
        if listed is not None:
            return self._listed(asked, listed)
        if asked.operation.method == "PATCH":
            entry = self.entries.find("", asked.target) or as_object(self._sample(asked))
            self._change(entry, body)
            self.entries.put("", asked.target, entry)
            return self._reply(asked, entry)
        if asked.operation.method == "POST" and asked.can_be_added(asked.collection):
            return self._put(asked, None)
        if asked.parent is not None:
            entry = self._find(asked, *asked.parent)
            if step == "promote":
                return self._reply(asked, promoted_file(entry, asked.item_shape, self.entries, self._fitting))
            fields = {**body, "status": _STATES[step]} if step in _STATES else body
            self._change(entry, fields)
            return self._reply(asked, entry)
        return self._reply(asked, {**body, **asked.parents})

    def _listed(self, asked: Asked, name: str) -> EmulatedResponse:
        """Add or remove an entry for each id of a list."""
        removes = asked.steps[-1] == "remove"
        collection = asked.target.removesuffix(f"/{asked.steps[-1]}") if asked.is_action else asked.target
        self._check_parents(asked, collection)
        ids = [str(each) for each in as_list(asked.body[name])]
        changed: list[JsonValue] = []
        shape = asked.shape_in(collection)
        for each in ids:
            if removes:
                changed += [found] if (found := self.entries.remove(collection, each)) else []
            elif self.entries.find(collection, each) is None:
                for other in self.entries.beside(collection) if "assignments" in asked.steps else ():
                    self.entries.remove(other, each)
                given: JSON = {**asked.parents, **self._original(asked, each), _LISTED_IDS[name]: each}
                entry = as_object(self._fitting.fit(shape, given))
                self.entries.put(collection, each, entry)
                changed.append(entry)
        counts: JSON = dict.fromkeys(
            ("assigned_count", "unassigned_count", "added_count", "removed_count"), len(changed)
        )
        return self._reply(asked, {"data": changed, **counts}, is_whole=True)

    def _original(self, asked: Asked, key: str) -> JSON:
        """Return the entry that is copied: a secret of the vault to that of an intern."""
        if asked.steps[-1] != "copy":
            return {}
        return self._find(asked, f"/{asked.steps[0]}/{asked.steps[-2]}", key)

    def _check_parents(self, asked: Asked, collection: str) -> None:
        """Raise a 404 where a collection belongs to an entry that is not there."""
        if asked.parent is not None and asked.is_listed(asked.parent[0]):
            self._find(asked, *asked.parent)

    def _make_up(self, asked: Asked, collection: str) -> None:
        """Fill a collection that nothing can be added to."""
        if not self.entries.knows(collection):
            shape = asked.shape_in(collection)
            for choice in range(2):
                where = f"{collection}.{choice}"
                entry = as_object(full_sample(shape, self._facts.shapes, choice=choice, where=where))
                name = asked.key_field(entry)
                given = {**asked.parents, name: f"{name}-{choice + 1}"}
                entry = as_object(self._fitting.fit(shape, {**entry, **given}))
                self.entries.put(collection, str(entry.get(name) or where), entry)

    def _sample(self, asked: Asked) -> JSON:
        return as_object(full_sample(asked.item_shape, self._facts.shapes, where=asked.target))

    def _reply(self, asked: Asked, entry: JSON, *, is_whole: bool = False) -> EmulatedResponse:
        """Return an answer with an entry in it, or, if it is whole, with the fields of the answer itself."""
        operation = asked.operation
        kind = operation.content_type
        if kind is None:
            return EmulatedResponse(status=operation.status)
        if operation.reply is None:
            return EmulatedResponse(headers={"content-type": _exact(kind)}, parts=(Part(_BYTES),))
        entry = {**entry, **shape_word(asked.query.get("provider"))}
        given: JSON = (
            entry if is_whole or "data" not in self._fitting.fields(operation.reply) else {"data": entry}
        )
        return plain(self._fitting.fit(operation.reply, given), status=operation.status)


def _passes(entry: JSON, query: Mapping[str, str]) -> bool:
    """Whether an entry has the values that a query names; an inactive one passes only with `include_inactive`."""
    if entry.get("is_active") is False and query.get("include_inactive") != "true":
        return False
    return all(str(entry[name]) == value for name, value in query.items() if isinstance(entry.get(name), str))


def _in_form(operation: ServiceOperation, status: int, message: str) -> ServiceError:
    """Return an error in the form that the operation has for it."""
    if operation.errors.get(status) == "#OAuthErrorResponseData":
        return ServiceError(
            Answer(status=status, body={"error": "invalid_request", "error_description": message})
        )
    return bad_request(message) if status == 400 else refused(status, message)


def _exact(kind: str) -> str:
    return kind.replace("audio/*", "audio/mpeg").replace("*/*", "application/octet-stream")
