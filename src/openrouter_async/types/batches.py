"""The service's own batches, read tolerantly. Source: `createBatches` and its like in the official client.

A batch is one job of many requests that the service works on within a day, for about half the price.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import JsonValue
from typing_extensions import TypedDict

from ._base import WireType
from .common import JsonObject, Lenient, MaybeInt, MaybeStr, Usage, WithoutNulls
from .requests.fields import NonEmptyText, OneOfOrText, Text, closed

__all__ = [
    "BatchJob",
    "CacheWrites",
    "DeletedCopies",
    "DeletedJob",
    "JobCounts",
    "JobEndpoint",
    "JobError",
    "JobPage",
    "JobProvider",
    "JobRequest",
    "JobSettings",
    "JobStatus",
    "JobUsage",
    "UpstreamDeletion",
    "UsageIteration",
]

JobEndpoint: TypeAlias = (
    Literal["/v1/chat/completions", "/v1/responses", "/v1/messages", "/v1/embeddings"] | str
)
"""Which operation the requests of a batch are of."""

JobStatus: TypeAlias = (
    Literal[
        "validating", "in_progress", "finalizing", "completed", "failed", "expired", "cancelling", "cancelled"
    ]
    | str
)

TERMINAL = frozenset({"completed", "failed", "expired", "cancelled"})


class JobRequest(TypedDict):
    """One request of a batch, as it is sent."""

    custom_id: str
    """The name of its result; once in a batch."""
    body: Mapping[str, JsonValue]
    """As for the operation that the batch is of; a `model` in it must be that of the batch."""


@closed
class JobProvider(TypedDict, total=False):
    """Which provider gets a batch."""

    only: list[str] | None
    """Names or slugs, as in `provider` of a chat request."""
    allow_fallbacks: bool | None


@closed
class JobSettings(TypedDict, total=False):
    """The settings that all requests of a batch share, as they are sent."""

    callback_url: Annotated[str, Text(pattern="^https://", of="a URL by https")]
    completion_window: NonEmptyText
    endpoint: Annotated[JobEndpoint, OneOfOrText()]
    model: NonEmptyText
    provider: JobProvider


class JobCounts(WireType):
    """How many requests a batch has, by what became of them."""

    total: MaybeInt = None
    completed: MaybeInt = None
    failed: MaybeInt = None


class JobError(WireType):
    """Why a batch failed; with a code of 402, why its results are withheld."""

    code: MaybeInt = None
    message: MaybeStr = None


class CacheWrites(WireType):
    """Tokens written to the prompt cache, by how long they stay there."""

    ephemeral_5m_input_tokens: MaybeInt = None
    ephemeral_1h_input_tokens: MaybeInt = None


class UsageIteration(WireType):
    """The usage of one step, with models of Anthropic."""

    type: MaybeStr = None
    """`message`, `compaction`, `advisor_message`, ..."""
    model: MaybeStr = None
    input_tokens: MaybeInt = None
    output_tokens: MaybeInt = None
    cache_read_input_tokens: MaybeInt = None
    cache_creation_input_tokens: MaybeInt = None
    cache_creation: Annotated[CacheWrites | None, Lenient()] = None


class JobUsage(Usage):
    """What all requests of a batch used together."""

    service_tier: MaybeStr = None
    speed: Annotated[Literal["fast", "standard"] | str | None, Lenient()] = None
    cache_creation: Annotated[CacheWrites | None, Lenient()] = None
    iterations: Annotated[list[UsageIteration] | None, Lenient()] = None


class BatchJob(WireType):
    """A batch at the service."""

    id: str
    object: MaybeStr = None
    """`batch`."""
    endpoint: Annotated[JobEndpoint | None, Lenient()] = None
    model: MaybeStr = None
    provider: MaybeStr = None
    """The provider, once it is chosen."""
    completion_window: MaybeStr = None
    """`24h`."""
    status: Annotated[JobStatus | None, Lenient()] = None
    created_at: MaybeInt = None
    """Seconds since 1970."""
    finalized_at: MaybeInt = None
    """Seconds since 1970."""
    expires_at: MaybeInt = None
    """Seconds since 1970 at which the provider abandons it; may be more than a day later."""
    request_counts: Annotated[JobCounts | None, Lenient()] = None
    usage: Annotated[JobUsage | None, Lenient()] = None
    """Of all requests together, with the cost; None until it is known."""
    results: Annotated[list[JsonObject] | None, Lenient()] = None
    """As they came, in any order; None before the end, and in lists. `client.batches.results` reads them."""
    error: Annotated[JobError | None, Lenient()] = None

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will come of it; results there may be whatever the status."""
        return self.status in TERMINAL

    @property
    def is_withheld(self) -> bool:
        """Whether its results are there, and wait until the account has the credits for them."""
        return self.results is None and self.error is not None and self.error.code == 402


class JobPage(WireType):
    """A page of batches."""

    object: MaybeStr = None
    """`list`."""
    data: Annotated[list[BatchJob], WithoutNulls()]
    first_id: MaybeStr = None
    last_id: MaybeStr = None
    has_more: bool = False


class UpstreamDeletion(WireType):
    """What became of the copy at the provider."""

    provider: MaybeStr = None
    status: Annotated[Literal["deleted", "unsupported", "not_applicable"] | str | None, Lenient()] = None


class DeletedCopies(WireType):
    """Where requests and results were deleted."""

    openrouter: MaybeStr = None
    """`deleted`."""
    upstream: Annotated[UpstreamDeletion | None, Lenient()] = None


class DeletedJob(WireType):
    """The remains of a deleted batch."""

    id: str
    object: MaybeStr = None
    """`batch`."""
    deletion: Annotated[DeletedCopies | None, Lenient()] = None
