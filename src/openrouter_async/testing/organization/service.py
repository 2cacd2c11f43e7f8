"""An emulated organization, where the facts alone do not say what the service does.

- Deleting an external user deactivates it; the record stays.
- A sync job takes a step with each look: queued, running, succeeded.
- A destination shows secrets with their middle left out, and `eu` as `europe`; a change keeps the settings that it does
  not name, and ignores such a secret.
- A private endpoint passes its checks if the account has a key with its provider (`client.byok`). A creation that is
  repeated under its `Idempotency-Key` is answered as before; one that should activate and does not pass is a 422 with
  the draft.
- An intern can use the secrets of the workspace and its own, which win over those of the same name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import JsonValue

from ... import operations as ops
from ...operations import Operation
from ...resources._bodies import SECRET_NAMES
from ..exchange.responses import EmulatedResponse, literal, plain
from ..exchange.service_errors import refused
from ..facts.table import Facts
from ..generic.service import GenericService
from ..json_values import JSON, as_list, as_object
from ..received import ReceivedRequest
from ..replies import Answer
from ..state.keys import iso_now
from ..state.state import State

__all__ = ["Organization"]

Path = Mapping[str, str]

_STEPS = ("queued", "running", "succeeded")
"""The status that each look shows."""
_CUT = "..."
"""Stands in a secret for its middle."""


class Organization:
    """The organization of one emulator."""

    def __init__(self, state: State, facts: Facts, generic: GenericService) -> None:
        self._state, self._facts, self._generic = state, facts, generic
        self._looks: dict[str, int] = {}
        self._created: dict[str, str] = {}
        self._answered: dict[str, EmulatedResponse] = {}

    # external users

    def deactivate(self, path: Path) -> EmulatedResponse:
        """Deactivate a user."""
        known = self._facts.operations[ops.UPDATE_EXTERNAL_USER.spec_id or ""]
        self._generic.answer(known, path, (), {"is_active": False}, headers={})
        return EmulatedResponse(status=204)

    # sync jobs

    def sync(self) -> EmulatedResponse:
        """Begin a job."""
        id = self._state.new_id("sync-")
        self._looks[id], self._created[id] = 0, iso_now()
        return plain({"data": self._job(id)}, status=202)

    def sync_job(self, id: str) -> EmulatedResponse:
        """Return a job, one step further than before."""
        if id not in self._looks:
            raise refused(404, f"Sync job {id} not found")
        self._looks[id] += 1
        return plain({"data": self._job(id)})

    def _job(self, id: str) -> JSON:
        step = min(self._looks[id], len(_STEPS) - 1)
        is_over = step == len(_STEPS) - 1
        groups = len([*self._generic.entries.all("/scim/groups")])
        return {
            "id": id,
            "status": _STEPS[step],
            "created_at": self._created[id],
            "started_at": self._created[id] if step else None,
            "finished_at": iso_now() if is_over else None,
            "synced_groups": groups if is_over else None,
            "deleted_groups": 0 if is_over else None,
            "error_message": None,
        }

    # destinations

    def create_destination(self, request: ReceivedRequest) -> EmulatedResponse:
        """Make a destination."""
        body = as_object(request.body)
        if isinstance(config := body.get("config"), dict):
            body = {**body, "config": _masked(config)}
        return self._by_facts(ops.CREATE_DESTINATION, {}, request, _with_regions(body))

    def update_destination(self, path: Path, request: ReceivedRequest) -> EmulatedResponse:
        """Change a destination."""
        body = as_object(request.body)
        if isinstance(config := body.get("config"), dict):
            entry = self._generic.entries.find("/observability/destinations", path["id"]) or {}
            named = {name: value for name, value in config.items() if not _is_cut(name, value)}
            body = {**body, "config": {**as_object(entry.get("config")), **_masked(named)}}
        return self._by_facts(ops.UPDATE_DESTINATION, path, request, _with_regions(body))

    # private endpoints

    def create_endpoint(self, request: ReceivedRequest) -> EmulatedResponse:
        """Make a private endpoint, or answer as before where its key is known."""
        key = request.headers.get("idempotency-key")
        if key is not None and key in self._answered:
            return self._answered[key]
        response = self._create_endpoint(request)
        if key is not None:
            self._answered[key] = response
        return response

    def _create_endpoint(self, request: ReceivedRequest) -> EmulatedResponse:
        made = self._by_facts(ops.CREATE_PRIVATE_ENDPOINT, {}, request, request.body)
        data = as_object(json.loads(made.parts[0].data)["data"])
        entry = self._generic.entries.find("/private-endpoints", str(data["id"]))
        assert entry is not None
        wants_to_activate = "activate" in as_object(request.body)
        passes = self._passes(entry)
        entry["status"] = data["status"] = "active" if wants_to_activate and passes else "draft"
        if passes or not wants_to_activate:
            return plain({"data": data}, status=201)
        refusal: JSON = {
            "data": {"endpoint": data, "validation": self._validation(entry)},
            "error": {"code": 422, "message": "The endpoint did not pass its checks"},
        }
        return literal(Answer(status=422, body=refusal))

    def validate_endpoint(self, path: Path, request: ReceivedRequest) -> EmulatedResponse:
        """Check a private endpoint."""
        self._by_facts(ops.VALIDATE_PRIVATE_ENDPOINT, path, request, request.body)  # refuses what is wrong
        entry = self._generic.entries.find("/private-endpoints", path["id"])
        assert entry is not None
        return plain({"data": self._validation(entry)})

    def delete_endpoint(self, path: Path, request: ReceivedRequest) -> EmulatedResponse:
        """Delete a private endpoint; with `draft_only`, only a draft."""
        entry = self._generic.entries.find("/private-endpoints", path["id"]) or {}
        if request.query.get("draft_only") == "true" and entry.get("status", "draft") != "draft":
            raise refused(409, "The endpoint is no longer a draft")
        return self._by_facts(ops.DELETE_PRIVATE_ENDPOINT, path, request, None)

    def _passes(self, entry: JSON) -> bool:
        keys = self._generic.entries.all("/byok")
        return any(key.get("provider") == entry.get("provider_slug") for key in keys)

    def _validation(self, entry: JSON) -> JSON:
        passed = self._passes(entry)
        check: JSON = {"name": "provider_key", "passed": passed}
        return {"passed": passed, "checks": [check if passed else {**check, "reason": "no_byok_key"}]}

    # the vault

    def effective_secrets(self, path: Path, request: ReceivedRequest) -> EmulatedResponse:
        """List the secrets that an intern can use."""
        entries, below = self._generic.entries, f"/vault/interns/{path['internId']}"
        found: dict[str, JSON] = {}
        for collection, scope in (("/vault/secrets", "workspace"), (f"{below}/secrets", "intern")):
            found |= {str(each["name"]): {**each, "scope": scope} for each in entries.all(collection)}
        entries.replace(f"{below}/effective-secrets", found)
        return self._by_facts(ops.LIST_EFFECTIVE_SECRETS, path, request, None)

    def _by_facts(
        self, operation: Operation, path: Path, request: ReceivedRequest, body: JsonValue
    ) -> EmulatedResponse:
        known = self._facts.operations[operation.spec_id or ""]
        return self._generic.answer(known, path, request.query_items, body, headers=request.headers)


def _with_regions(body: JSON) -> JSON:
    if "regions" not in body:
        return body
    return {**body, "regions": ["europe" if each == "eu" else each for each in as_list(body["regions"])]}


def _masked(value: JSON, path: str = "") -> JSON:
    """Return settings whose secrets have their middle left out."""
    return {name: _mask(inner, f"{path}{name}") for name, inner in value.items()}


def _mask(value: JsonValue, name: str) -> JsonValue:
    if isinstance(value, dict):
        return _masked(value, f"{name} ")
    if not isinstance(value, str) or _CUT in value or not SECRET_NAMES.search(name):
        return value
    return f"{value[:4]}{_CUT}{value[-4:]}" if len(value) >= 16 else f"****{_CUT}"


def _is_cut(name: str, value: JsonValue) -> bool:
    return isinstance(value, str) and _CUT in value and SECRET_NAMES.search(name) is not None
