"""The service's own batches: each look at one takes it a step further, and at the end its requests are answered."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from pydantic import JsonValue

from ..exchange.field_checks import json_object, list_of, one_of, record, text, whole_query
from ..exchange.responses import EmulatedResponse, plain
from ..exchange.service_errors import ServiceError, bad_request, refused
from ..json_values import as_object, objects_in
from ..received import ReceivedRequest
from ..replies import Answer

if TYPE_CHECKING:
    from ..inference.inference import Inference
    from ..replies import Reply
    from ..state.keys import EmulatedKey
    from ..state.state import State

__all__ = ["Batches"]

ENDPOINTS = ("/v1/chat/completions", "/v1/responses", "/v1/messages", "/v1/embeddings")
BEFORE_REQUESTS = ("callback_url", "endpoint", "model")
"""The other fields may follow: the official SDK sends them last."""
FILTERS = ("validating", "in_progress", "completed", "failed", "expired", "cancelled")

_BATCH = record({
    "endpoint": one_of(*ENDPOINTS),
    "model": text(least=1),
    "requests": list_of(record({"custom_id": text(), "body": json_object}), least=1),
})  # fmt: skip

ChooseFor = Callable[[ReceivedRequest], "Reply | None"]
"""Returns the reply to a request of a batch, None for a generated one."""


@dataclass
class _Batch:
    id: str
    endpoint: str
    model: str
    requests: list[dict[str, JsonValue]]
    key: EmulatedKey
    created_at: int = field(default_factory=lambda: int(time.time()))
    status: str = "validating"
    finalized_at: int | None = None
    completed: int = 0
    failed: int = 0
    usage: dict[str, JsonValue] | None = None
    results: list[JsonValue] | None = None

    def as_json(self) -> dict[str, JsonValue]:
        """Return it as lists have it."""
        counts: JsonValue = {"total": len(self.requests), "completed": self.completed, "failed": self.failed}
        return {
            "id": self.id,
            "object": "batch",
            "endpoint": self.endpoint,
            "model": self.model,
            "provider": None if self.status == "validating" else "Emulator",
            "completion_window": "24h",
            "status": self.status,
            "created_at": self.created_at,
            "finalized_at": self.finalized_at,
            "expires_at": self.created_at + 86_400,
            "request_counts": counts,
            "usage": self.usage,
            "results": None,
            "error": None,
        }


class Batches:
    """The batches of one emulator."""

    def __init__(self, state: State, inference: Inference, choose: ChooseFor) -> None:
        self._state = state
        self._inference = inference
        self._choose = choose
        self._batches: dict[str, _Batch] = {}

    def create(self, request: ReceivedRequest, key: EmulatedKey) -> EmulatedResponse:
        body = json_object("body", request.body)
        names = list(body)
        late = [name for name in BEFORE_REQUESTS if name in names and "requests" in names]
        if any(names.index(name) > names.index("requests") for name in late):
            raise bad_request("The fields of a batch must come before its requests")
        _BATCH("", body)
        endpoint, model, requests = str(body["endpoint"]), str(body["model"]), objects_in(body["requests"])
        for asked in (as_object(item["body"]) for item in requests):
            if asked.get("model", model) != model:
                raise bad_request("requests: body.model must be the model of the batch")
            if asked.get("stream"):
                raise bad_request("requests: body.stream is not supported in a batch")
        if len({str(item["custom_id"]) for item in requests}) < len(requests):
            raise bad_request("requests: custom_id must be unique")
        batch = _Batch(self._state.new_id("batch-"), endpoint, model, requests, key)
        self._batches[batch.id] = batch
        return plain(batch.as_json(), status=202)

    def get(self, id: str) -> EmulatedResponse:
        batch = self._find(id)
        if batch.status == "validating":
            batch.status = "in_progress"
        elif batch.status == "in_progress":
            self._finish(batch)
        shown = batch.as_json()
        if batch.results is not None and self._state.ledger.remaining < 0:
            error: JsonValue = {"code": 402, "message": "Add credits to see the results of this batch"}
            return plain({**shown, "error": error}, status=402)
        return plain({**shown, "results": batch.results})

    def list(self, query: Mapping[str, str]) -> dict[str, JsonValue]:
        """Return a page of them, the newest first."""
        limit = whole_query(query, "limit", 20, least=1, most=100)
        if "status" in query:
            one_of(*FILTERS)("status", query["status"])
        found = list(reversed(self._batches.values()))
        if "after" in query:
            ids = [batch.id for batch in found]
            if query["after"] not in ids:
                raise bad_request("after: no such batch")
            found = found[ids.index(query["after"]) + 1 :]
        found = [batch for batch in found if batch.status == query.get("status", batch.status)]
        page: list[JsonValue] = [batch.as_json() for batch in found[:limit]]
        ids = [batch.id for batch in found[:limit]]
        return {
            "object": "list",
            "data": page,
            "first_id": ids[0] if ids else None,
            "last_id": ids[-1] if ids else None,
            "has_more": len(found) > len(page),
        }

    def delete(self, id: str) -> dict[str, JsonValue]:
        batch = self._find(id)
        if batch.finalized_at is None:
            raise refused(409, f"The batch is {batch.status}")
        del self._batches[id]
        upstream: JsonValue = {"provider": "Emulator", "status": "not_applicable"}
        return {
            "id": id,
            "object": "batch",
            "deletion": {"openrouter": "deleted", "upstream": upstream},
        }

    def _find(self, id: str) -> _Batch:
        batch = self._batches.get(id)
        if batch is None:
            raise refused(404, "Batch not found")
        return batch

    def _finish(self, batch: _Batch) -> None:
        """Answer all requests, for half the price."""
        prompt = completion = 0
        cost = Decimal(0)
        results: list[JsonValue] = []
        for number, item in enumerate(batch.requests):
            status, body = self._answer(batch, item)
            usage = body.get("usage")
            if status == 200 and isinstance(usage, dict):
                prompt += int(str(usage.get("prompt_tokens") or 0))
                completion += int(str(usage.get("completion_tokens") or 0))
                cost += Decimal(str(usage.pop("cost", 0))) / 2
                usage.pop("is_byok", None)
            batch.completed += status == 200
            batch.failed += status != 200
            response: JsonValue = {"status_code": status, "request_id": None, "body": body}
            results.append(
                {
                    "id": f"{batch.id}-{number}",
                    "custom_id": item["custom_id"],
                    "response": response,
                    "error": None,
                }
            )
        self._state.ledger.spend(batch.key, cost)
        batch.usage = {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
            "cost": float(cost),
            "is_byok": False,
        }
        batch.results = results
        batch.status = "completed"
        batch.finalized_at = int(time.time())

    def _answer(self, batch: _Batch, item: Mapping[str, JsonValue]) -> tuple[int, dict[str, JsonValue]]:
        request = ReceivedRequest(
            method="POST",
            path=batch.endpoint.removeprefix("/v1"),
            query={},
            headers={},
            body={"model": batch.model, **as_object(item["body"])},
        )
        try:
            if batch.endpoint == "/v1/chat/completions":
                answer = self._inference.chat(request, batch.key, lambda: self._choose(request))
            elif batch.endpoint == "/v1/embeddings":
                answer = self._inference.embeddings(request, batch.key)
            else:
                raise refused(501, f"{batch.endpoint} is not emulated")
        except ServiceError as error:
            if isinstance(error.answer, Answer):
                return error.answer.status, _object(error.answer.encoded())
            return error.answer.status, error.answer.body()
        return 200, _object(b"".join(part.data for part in answer.parts))


def _object(data: bytes) -> dict[str, JsonValue]:
    value = json.loads(data)
    return value if isinstance(value, dict) else {"value": value}
