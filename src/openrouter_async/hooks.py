"""`RequestHook`: an object whose methods are called when requests start, are retried, finish and fail.

Hooks are plain functions called in the event loop, so they must be quick. An exception in a hook reaches the caller
unchanged, and the connection is released.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from .errors import OpenRouterError

if TYPE_CHECKING:
    from .types.common import Usage

__all__ = ["CollapseReason", "PromptCacheCollapse", "RequestEvent", "RequestHook"]

CollapseReason: TypeAlias = Literal[
    "provider_changed", "prompt_changed", "prompt_shortened", "idle", "unknown"
]
"""Why a provider had less of a prompt cached than before, as far as it can be seen.

Another provider answered, which has a cache of its own; the prompt begins otherwise than the one before, as those of
two conversations do that share an id; it was shorter; the last request was more than five minutes ago, after which
caches forget; or none of these.
"""


@dataclass(frozen=True, slots=True)
class PromptCacheCollapse:
    """A provider had less of a conversation's prompt cached than before, so the rest was paid for in full."""

    missed: int
    """Tokens that were cached before and were not now."""
    established: int
    """Tokens that were cached before."""
    reason: CollapseReason
    first_difference: int | None = None
    """The first byte of the prompt before that is another one now; None where all of it is there, or is not known."""


@dataclass(frozen=True, slots=True)
class RequestEvent:
    """The facts about a call at the moment of a hook."""

    operation: str
    """Name of the operation, e.g. `chat.create`."""
    method: str
    path: str
    """Below the base URL, without the query."""
    attempt: int
    """Number of the request within the call, from 1."""
    elapsed: float
    """Seconds since the call began, waiting included."""
    status: int | None = None
    """HTTP status, once there is one."""
    generation_id: str | None = None
    request_id: str | None = None
    """The id of the request at the edge in front of the service; the service's support asks for it."""
    error: OpenRouterError | None = None
    """Why the request is repeated, or why the call failed."""
    wait: float | None = None
    """Seconds until the next attempt, where there is one."""
    model: str | None = None
    """The model that answered; before that, the requested one."""
    user: str | None = None
    """The end user that the call names: its `user`, or the `user_id` in the metadata of Messages."""
    provider: str | None = None
    """Who served it."""
    usage: Usage | None = None
    """Tokens of the call once it is over, failed attempts that were charged for included."""
    cost: Decimal | None = None
    """US dollars for the same; None where the cost of one of its requests is not known."""
    finish_reasons: tuple[str, ...] = ()
    """Why the model stopped, for each choice."""
    is_streamed: bool = False
    time_to_first_piece: float | None = None
    """Seconds from the beginning of the call to the first event of its stream."""
    prompt_cache_collapse: PromptCacheCollapse | None = None
    """Set where a call that `finished` has a `session_id`, as those of conversations and runs do, and a provider had
    less of its prompt cached than of the one before."""
    is_poll: bool = False
    """Whether it only looks if a billed record is there yet, for `generations.get(wait=...)`, `track()` or a batch.

    One that finds none is `finished`, with status 404."""
    is_own: bool = False
    """Whether the library itself asks: for the prices and abilities of models, or for what a call or a job cost."""


class RequestHook(Protocol):
    """Told of every call of a client; each method is called at most once an attempt."""

    def started(self, event: RequestEvent) -> None:
        """A request is about to be sent."""

    def retried(self, event: RequestEvent) -> None:
        """A request failed, and will be repeated after `event.wait` seconds."""

    def finished(self, event: RequestEvent) -> None:
        """The answer, or the whole stream, was read."""

    def failed(self, event: RequestEvent) -> None:
        """The call failed for good with `event.error`; None where the caller cancelled it or closed the stream."""
