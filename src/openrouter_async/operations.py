"""The table of operations: each HTTP method and path the client can call, once.

It holds no types, so importing it costs nothing. A resource's method gives the types.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Operation", "Repeat"]

KeyKind = Literal["inference", "management", "any", "optional", "none"]

Repeat = Literal["always", "unanswered", "refused"]
"""When a failed request may be sent again.

`always`: whatever happened; for reads.
`unanswered`: when no answer came, though the first may have been carried out and billed, but not after a timeout and
not after a piece of a stream was handed over; for what a model answers.
`refused`: only when it is certain that it was not carried out: there was no connection, or the service says so in an
error of its own; for what creates or changes something.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One HTTP method and path."""

    name: str
    """Our name for it, as in the client: `chat.create`; it stands in logs, hooks and errors."""
    method: str
    path: str
    """Below the base URL; `{name}` is filled in, quoted."""
    spec_id: str | None = None
    """`operationId` in the service's OpenAPI document; None where the document lacks the operation."""
    key: KeyKind = "inference"
    repeat: Repeat
    """When it may be sent again."""
    answers_with: frozenset[int] = frozenset()
    """Statuses of errors that come with an answer all the same."""
    is_file: bool = False
    """Whether the answer is given as bytes or text, of whatever kind, and not parsed."""


def _read(name: str, path: str, spec_id: str | None, key: KeyKind = "any") -> Operation:
    return Operation(name=name, method="GET", path=path, spec_id=spec_id, key=key, repeat="always")


CREATE_CHAT = Operation(
    name="chat.create",
    method="POST",
    path="/chat/completions",
    spec_id="sendChatCompletionRequest",
    repeat="unanswered",
)
CREATE_COMPLETION = Operation(
    name="completions.create", method="POST", path="/completions", repeat="unanswered"
)

LIST_MODELS = _read("models.list", "/models", "getModels", "optional")
GET_MODEL = _read("models.get", "/model/{author}/{slug}", "getModel", "optional")
GET_CREDITS = _read("credits.get", "/credits", "getCredits", "management")
GET_KEY = _read("key.get", "/key", "getCurrentKey")
CREATE_EMBEDDINGS = Operation(
    name="embeddings.create",
    method="POST",
    path="/embeddings",
    spec_id="createEmbeddings",
    repeat="unanswered",
)

COUNT_MODELS = _read("models.count", "/models/count", "listModelsCount", "optional")
LIST_USER_MODELS = _read("models.user", "/models/user", "listModelsUser", "inference")
LIST_MODEL_ENDPOINTS = _read(
    "models.endpoints", "/models/{author}/{slug}/endpoints", "listEndpoints", "optional"
)
LIST_ZDR_ENDPOINTS = _read("endpoints.zdr", "/endpoints/zdr", "listEndpointsZdr", "optional")
LIST_PROVIDERS = _read("providers.list", "/providers", "listProviders", "optional")

LIST_ACTIVITY = _read("activity.list", "/activity", "getUserActivity", "management")
LIST_KEYS = _read("keys.list", "/keys", "list", "management")
GET_ACCOUNT_KEY = _read("keys.get", "/keys/{hash}", "getKey", "management")
CREATE_KEY = Operation(
    name="keys.create",
    method="POST",
    path="/keys",
    spec_id="createKeys",
    key="management",
    repeat="refused",
)
UPDATE_KEY = Operation(
    name="keys.update",
    method="PATCH",
    path="/keys/{hash}",
    spec_id="updateKeys",
    key="management",
    repeat="refused",
)
DELETE_KEY = Operation(
    name="keys.delete",
    method="DELETE",
    path="/keys/{hash}",
    spec_id="deleteKeys",
    key="management",
    repeat="refused",
)
CREATE_BATCH = Operation(
    name="batches.create", method="POST", path="/batches", spec_id="createBatches", repeat="refused"
)
LIST_BATCHES = _read("batches.list", "/batches", "listBatches", "inference")
GET_BATCH = Operation(
    name="batches.get",
    method="GET",
    path="/batches/{id}",
    spec_id="getBatches",
    repeat="always",
    answers_with=frozenset({402}),
)
DELETE_BATCH = Operation(
    name="batches.delete", method="DELETE", path="/batches/{id}", spec_id="deleteBatch", repeat="refused"
)
GET_GENERATION = _read("generations.get", "/generation", "getGeneration", "inference")
GET_GENERATION_CONTENT = _read(
    "generations.content", "/generation/content", "listGenerationContent", "inference"
)
SEND_FEEDBACK = Operation(
    name="generations.feedback",
    method="POST",
    path="/generation/feedback",
    spec_id="submitGenerationFeedback",
    key="management",
    repeat="refused",
)
EXCHANGE_CODE = Operation(
    name="oauth.exchange",
    method="POST",
    path="/auth/keys",
    spec_id="exchangeAuthCodeForAPIKey",
    key="none",
    repeat="refused",
)
