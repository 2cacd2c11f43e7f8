"""Every failure a caller can meet, in one tree.

```
OpenRouterError
├── ConfigurationError              caller: wrong argument, no key, closed client; nothing was sent
├── ConnectError                    network: no connection (refused, DNS, no file descriptor)
│   ├── TLSError                    network: the certificate or the handshake was refused
│   └── ProxyError                  network: the proxy failed or refused; the service was not asked
├── ConnectionLost                  network: reset, end or nonsense before a whole answer
├── RequestTimeout                  a clock ran out; `.phase` says which
├── DeadlineExceeded                caller: the total time ran out, retries and waits included
├── APIStatusError                  the service answered with an error, as a status or inside a 200
│   ├── BadRequest                  caller: 400, and any 4xx without a class of its own
│   │   └── ContextLengthExceeded   caller: the prompt does not fit the model
│   ├── AuthenticationError         caller: 401
│   ├── InsufficientCredits         account: 402
│   ├── PermissionDenied            account: 403, wrong kind of key, region
│   │   ├── SpendingLimitExceeded   account: the key, or a budget of the workspace, has spent what it may
│   │   ├── ModerationError         caller: the input was flagged
│   │   └── GuardrailError          account: a guardrail blocked the request
│   ├── NotFound                    caller: 404, also "no endpoint is left after routing"
│   ├── Conflict                    caller: 409
│   ├── PayloadTooLarge             caller: 413
│   ├── UnprocessableRequest        caller: 422
│   ├── RateLimited                 account: 429
│   └── ServerError                 service: 408, 5xx, and errors of an unknown code
│       ├── ProviderError           provider: 502, 504, 524
│       └── Overloaded              provider: 503, 529
├── InvalidResponseError            service: 200, but not what was promised
│   └── EmptyReply                  provider: a reply with nothing in it
├── ResponseTooLarge                service: a size limit was passed, the connection is closed
├── StreamError                     after a stream had begun; `.partial` keeps what arrived
│   ├── StreamInterrupted           network: the stream broke off
│   │   └── StreamTruncated         provider: it ended cleanly, but without a finish
│   └── StreamDecodeError           service: an event that is no chunk
├── StructuredOutputError           the reply does not give the wanted value; `.raw` keeps it
│   ├── ReplyNotParsed              model: no JSON value could be read from it
│   ├── SchemaMismatch              model: a value, but not of the wanted type
│   ├── ReplyTruncated              model: cut off by the token limit
│   └── Refused                     model: it declined to answer
├── ToolError                       a tool failed, and was asked to raise
│   └── RepeatedToolCall            model: the same call again and again
├── JournalError                    caller: the journal of a batch cannot be read, written or locked
└── BudgetExceeded                  caller: the next call would have passed the budget
```

`asyncio.CancelledError` and exceptions of the caller's own code pass through the client unchanged.
The exception that caused one of these is kept as `__cause__`. All of them can be pickled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, TypedDict

if TYPE_CHECKING:
    from pydantic import JsonValue
    from typing_extensions import Unpack

    from .tools.result import Run
    from .types.chat import ChatCompletion
    from .types.common import Usage

__all__ = [
    "APIStatusError",
    "AuthenticationError",
    "Availability",
    "BadRequest",
    "BudgetExceeded",
    "ConfigurationError",
    "Conflict",
    "ConnectError",
    "ConnectionLost",
    "ContextLengthExceeded",
    "DeadlineExceeded",
    "EmptyReply",
    "Facts",
    "GuardrailError",
    "InsufficientCredits",
    "InvalidResponseError",
    "JournalError",
    "ModerationError",
    "NotFound",
    "OpenRouterError",
    "Overloaded",
    "PayloadTooLarge",
    "PermissionDenied",
    "ProviderError",
    "ProxyError",
    "RateLimited",
    "Refused",
    "RepeatedToolCall",
    "ReplyNotParsed",
    "ReplyTruncated",
    "RequestTimeout",
    "ResponseTooLarge",
    "SchemaMismatch",
    "ServerError",
    "SpendingLimitExceeded",
    "StatusFacts",
    "StreamDecodeError",
    "StreamError",
    "StreamInterrupted",
    "StreamTruncated",
    "StructuredOutputError",
    "TLSError",
    "TimeoutPhase",
    "ToolError",
    "UnprocessableRequest",
]

MAX_MESSAGE_LENGTH = 2_000
"""Characters of `str(error)`; what is longer is cut and ends in `…`."""

TimeoutPhase = Literal["connect", "queue", "headers", "body", "idle", "event"]


class Facts(TypedDict, total=False):
    """What every error carries besides its message."""

    request_id: str | None
    generation_id: str | None
    attempts: int
    retry_after: float | None
    may_have_been_billed: bool | None


class OpenRouterError(Exception):
    """Any failure of this library. `str()` is one readable line, at most 2,000 characters."""

    def __init__(self, message: str, **facts: Unpack[Facts]) -> None:
        if len(message) > MAX_MESSAGE_LENGTH:
            message = message[: MAX_MESSAGE_LENGTH - 1] + "…"
        super().__init__(message)
        self.message: str = message
        """What happened, the value seen, what to do."""
        self.request_id: str | None = facts.get("request_id")
        """The id that the edge in front of the service gave the request, if it did."""
        self.generation_id: str | None = facts.get("generation_id")
        """Id of the billed record (`gen-…`), from the header `X-Generation-Id` or the body."""
        self.attempts: int = facts.get("attempts", 0)
        """Requests sent for this call; 0 where nothing was sent."""
        self.retry_after: float | None = facts.get("retry_after")
        """Seconds the service asked to wait, if it did."""
        self.may_have_been_billed: bool | None = facts.get("may_have_been_billed")
        """False: certainly not. True: tokens were delivered. None: unknown."""
        self.billed: tuple[Usage | None, ...] = ()
        """What each request of this call used that was charged for; None in it for one of which that is not known."""
        self.run: Run[Any] | None = None
        """What a run of tools had done until then, with its usage; None outside of runs."""

    @property
    def may_have_been_carried_out(self) -> bool:
        """Whether the service may have done what was asked; False only where it certainly did not."""
        return self.may_have_been_billed is not False

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(
    cls: type[OpenRouterError], args: tuple[object, ...], state: dict[str, object]
) -> OpenRouterError:
    """Make a pickled error again, without calling the constructor of its class."""
    error = cls.__new__(cls, *args)
    error.__dict__.update(state)
    return error


class ConfigurationError(OpenRouterError):
    """A wrong argument, a missing key, a closed client. Nothing was sent."""

    def __init__(self, message: str, **facts: Unpack[Facts]) -> None:
        facts.setdefault("may_have_been_billed", False)
        super().__init__(message, **facts)


class ConnectError(OpenRouterError):
    """No connection could be made: refused, unknown host, no file descriptor left."""


class TLSError(ConnectError):
    """The TLS handshake failed: an unknown certificate, or a server that speaks no TLS."""


class ProxyError(ConnectError):
    """The proxy could not be reached, wants another password, or gave no connection; the service was not asked."""

    def __init__(
        self,
        message: str,
        *,
        proxy: str | None = None,
        status: int | None = None,
        refused: bool = False,
        **facts: Unpack[Facts],
    ) -> None:
        super().__init__(message, **facts)
        self.proxy = proxy
        """Host and port, without user and password; None where a transport of the caller's does not tell."""
        self.status = status
        """What it answered with: an HTTP status, or a code of SOCKS5; None where it did not answer."""
        self.refused = refused
        """Whether it said no; it is not asked again then. A proxy that fails (502, no answer) is."""


class ConnectionLost(OpenRouterError):
    """The connection broke, or spoke no HTTP, before a whole answer had arrived."""


class RequestTimeout(OpenRouterError):
    """A clock of `Timeouts` ran out; `phase` says which."""

    def __init__(
        self,
        message: str,
        *,
        phase: TimeoutPhase,
        partial: ChatCompletion | None = None,
        **facts: Unpack[Facts],
    ) -> None:
        super().__init__(message, **facts)
        self.phase: TimeoutPhase = phase
        """`connect`, `queue`, `headers`, `body`, `idle` or `event`."""
        self.partial: ChatCompletion | None = partial
        """What a stream had given until then; None for plain calls."""


class DeadlineExceeded(OpenRouterError):
    """The total time of the call ran out; it counts retries and waits."""

    def __init__(
        self, message: str, *, partial: ChatCompletion | None = None, **facts: Unpack[Facts]
    ) -> None:
        super().__init__(message, **facts)
        self.partial: ChatCompletion | None = partial
        """What a stream had given until then; None for plain calls."""


@dataclass(frozen=True, slots=True)
class Availability:
    """Why no endpoint could serve the request, and what could (`error.availability`)."""

    code: str | None = None
    """`model_not_found`, `no_endpoints`, `capacity_exhausted`, ...; new ones appear without notice."""
    retryable: bool | None = None
    """Whether the same request may succeed later; it decides over the status."""
    retry_after: float | None = None
    """Seconds."""
    requested_models: tuple[str, ...] = ()
    fallback_models: tuple[str, ...] = ()
    """Models that could serve the request instead."""
    affected_providers: tuple[str, ...] = ()
    excluded_by: tuple[str, ...] = ()
    """Filters that left no endpoint, e.g. `max_price`, `data_policy:zdr`."""
    constraint: Mapping[str, JsonValue] | None = None
    """`field` and `detail` of the constraint that was not met."""
    docs_url: str | None = None
    raw: Mapping[str, JsonValue] = field(default_factory=dict)
    """The object as it came."""


class StatusFacts(Facts, total=False):
    """What every `APIStatusError` is made from."""

    status: int
    code: int | str | None
    error_type: str | None
    provider: str | None
    metadata: Mapping[str, JsonValue]
    availability: Availability | None
    body: str | None
    is_reported: bool
    partial: ChatCompletion | None


class APIStatusError(OpenRouterError):
    """The service answered with an error: as a status, inside a 200, or inside a stream."""

    def __init__(self, message: str, **facts: Unpack[StatusFacts]) -> None:
        super().__init__(
            message,
            request_id=facts.get("request_id"),
            generation_id=facts.get("generation_id"),
            attempts=facts.get("attempts", 0),
            retry_after=facts.get("retry_after"),
            may_have_been_billed=facts.get("may_have_been_billed"),
        )
        self.status: int = facts.get("status", 500)
        """The HTTP status, or the code of an error that came inside a 200 (500 if it had no number)."""
        self.code: int | str | None = facts.get("code")
        """`error.code` as it came: a number, or a text such as `server_error`."""
        self.error_type: str | None = facts.get("error_type")
        """The stable name of the failure, e.g. `rate_limit_exceeded`, if the service gave one."""
        self.provider: str | None = facts.get("provider")
        """The upstream provider that failed, if the service named one."""
        self.metadata: Mapping[str, JsonValue] = facts.get("metadata", {})
        """`error.metadata` as it came, secrets removed; empty if there was none."""
        self.availability: Availability | None = facts.get("availability")
        self.body: str | None = facts.get("body")
        """The first characters of an error body that was no JSON."""
        self.is_reported: bool = facts.get("is_reported", False)
        """Whether the body is an error in the service's own form; what is none may come from something in front of it,
        which does not know what the service did."""
        self.partial: ChatCompletion | None = facts.get("partial")
        """The reply as far as it had come, perhaps only its ids; None where the error came in its place."""


class BadRequest(APIStatusError):
    """400, and any 4xx without a class of its own: a parameter the service refuses."""


class ContextLengthExceeded(BadRequest):
    """The prompt, with the tokens asked for, does not fit the model's context."""


class AuthenticationError(APIStatusError):
    """401: the key is missing, wrong, disabled or expired."""


class InsufficientCredits(APIStatusError):
    """402: the account or the key has no credits left."""


class PermissionDenied(APIStatusError):
    """403: the wrong kind of key, a region, ..."""


class SpendingLimitExceeded(PermissionDenied):
    """403: the key, or a budget of the workspace, has spent what it may; the account may have credits left."""


class ModerationError(PermissionDenied):
    """403: the input was flagged by moderation."""

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it was flagged, in the provider's words; may be empty."""
        return _strings(self.metadata.get("reasons"))

    @property
    def flagged_input(self) -> str | None:
        """The text that was flagged, cut in the middle by the service to 100 characters."""
        return _string(self.metadata.get("flagged_input"))

    @property
    def model_slug(self) -> str | None:
        """The model whose moderation flagged the input."""
        return _string(self.metadata.get("model_slug"))


class GuardrailError(PermissionDenied):
    """403: a guardrail of the account blocked the request."""

    @property
    def patterns(self) -> tuple[str, ...]:
        """The patterns that matched; may be empty."""
        return _strings(self.metadata.get("patterns"))


class NotFound(APIStatusError):
    """404: no such thing, or no endpoint is left after routing; see `availability`."""


class Conflict(APIStatusError):
    """409: the thing has changed or exists already; read it again."""


class PayloadTooLarge(APIStatusError):
    """413: the request body is too large."""


class UnprocessableRequest(APIStatusError):
    """422: well formed, but its meaning was refused."""


class RateLimited(APIStatusError):
    """429: the account's or the provider's rate limit; see `retry_after`."""


class ServerError(APIStatusError):
    """408, any 5xx, and errors inside a 200 whose code is not known."""


class ProviderError(ServerError):
    """502, 504, 524: the upstream provider failed."""

    @property
    def provider_code(self) -> str | None:
        """The provider's own code for the failure."""
        value = self.metadata.get("provider_code")
        return None if value is None else str(value)

    @property
    def raw(self) -> JsonValue:
        """The provider's own error, as text or JSON, if the service passed it on."""
        return self.metadata.get("raw")


class Overloaded(ServerError):
    """503, 529: no provider has capacity now."""


class InvalidResponseError(OpenRouterError):
    """A 200 that is not what was promised: HTML, nothing, no JSON, the wrong shape."""

    def __init__(
        self,
        message: str,
        *,
        content_type: str | None = None,
        body: str | None = None,
        **facts: Unpack[Facts],
    ) -> None:
        super().__init__(message, **facts)
        self.content_type: str | None = content_type
        self.body: str | None = body
        """The first 200 characters of what came."""


class EmptyReply(InvalidResponseError):
    """A reply with no text, reasoning, tool call, image, audio, refusal or annotation."""


class ResponseTooLarge(OpenRouterError):
    """A limit of `Limits` was passed; the connection was closed."""

    def __init__(
        self,
        message: str,
        *,
        limit: int,
        partial: ChatCompletion | None = None,
        **facts: Unpack[Facts],
    ) -> None:
        super().__init__(message, **facts)
        self.limit: int = limit
        """The limit, in bytes, or in what else it counts."""
        self.partial: ChatCompletion | None = partial
        """What a stream had given until then; None for plain calls."""


class StreamError(OpenRouterError):
    """A failure after a stream had begun."""

    def __init__(
        self, message: str, *, partial: ChatCompletion | None = None, **facts: Unpack[Facts]
    ) -> None:
        super().__init__(message, **facts)
        self.partial: ChatCompletion | None = partial
        """What had arrived: text, reasoning, tool calls so far, usage if seen."""


class StreamInterrupted(StreamError):
    """The stream broke off before it was complete."""


class StreamTruncated(StreamInterrupted):
    """The stream ended cleanly, but with neither a finish reason nor `[DONE]`."""


class StreamDecodeError(StreamError):
    """An event of the stream is no chunk; `data` keeps the first 200 characters of it."""

    def __init__(
        self,
        message: str,
        *,
        data: str | None = None,
        partial: ChatCompletion | None = None,
        **facts: Unpack[Facts],
    ) -> None:
        super().__init__(message, partial=partial, **facts)
        self.data: str | None = data


class StructuredOutputError(OpenRouterError):
    """The reply does not give the wanted value; nothing was guessed."""

    def __init__(
        self,
        message: str,
        *,
        raw: str | None = None,
        violations: Sequence[str] = (),
        completion: ChatCompletion | None = None,
        **facts: Unpack[Facts],
    ) -> None:
        super().__init__(message, **facts)
        self.raw: str | None = raw
        """The reply as the model wrote it."""
        self.violations: tuple[str, ...] = tuple(violations)
        """What is wrong with the value, each with its path."""
        self.completion: ChatCompletion | None = completion
        """The reply with its usage and cost."""


class ReplyNotParsed(StructuredOutputError):
    """No JSON value could be read from the reply."""


class SchemaMismatch(StructuredOutputError):
    """The reply holds a value, but none of the wanted type."""


class ReplyTruncated(StructuredOutputError):
    """The reply was cut off by the token limit before the value was complete."""


class Refused(StructuredOutputError):
    """The model declined to answer."""


class ToolError(OpenRouterError):
    """A tool failed, and was asked to raise."""

    def __init__(
        self,
        message: str,
        *,
        tool: str | None = None,
        call_id: str | None = None,
        **facts: Unpack[Facts],
    ) -> None:
        super().__init__(message, **facts)
        self.tool: str | None = tool
        """The name of the tool."""
        self.call_id: str | None = call_id


class RepeatedToolCall(ToolError):
    """The model made the same call, with the same arguments, in too many turns in a row; it was not run again."""


class JournalError(OpenRouterError):
    """The journal of a batch cannot be read, written or locked; `path` is the file."""

    def __init__(self, message: str, *, path: str | None = None, **facts: Unpack[Facts]) -> None:
        super().__init__(message, **facts)
        self.path: str | None = path


class BudgetExceeded(OpenRouterError):
    """The next call would have passed the budget, so it was not made."""

    def __init__(
        self,
        message: str,
        *,
        budget: Decimal | None = None,
        spent: Decimal | None = None,
        **facts: Unpack[Facts],
    ) -> None:
        super().__init__(message, **facts)
        self.budget: Decimal | None = budget
        """US dollars."""
        self.spent: Decimal | None = spent
        """US dollars spent, and held by calls in flight."""


def _string(value: JsonValue) -> str | None:
    return value if isinstance(value, str) else None


def _strings(value: JsonValue) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()
