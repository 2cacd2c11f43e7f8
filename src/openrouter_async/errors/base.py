"""`OpenRouterError`, what every error carries, and the failures in which the service reported none."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, Protocol, TypedDict

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = [
    "BudgetExceeded",
    "ConfigurationError",
    "ConnectError",
    "ConnectionLost",
    "DeadlineExceeded",
    "DownloadInterrupted",
    "EmptyReply",
    "Facts",
    "InvalidResponseError",
    "InvalidWebhook",
    "JobFailed",
    "JournalError",
    "LedgerError",
    "OpenRouterError",
    "PartialReply",
    "ProxyError",
    "Refused",
    "RepeatedToolCall",
    "ReplyNotParsed",
    "ReplyTruncated",
    "RequestTimeout",
    "ResponseTooLarge",
    "SchemaMismatch",
    "StreamDecodeError",
    "StreamError",
    "StreamInterrupted",
    "StreamTruncated",
    "StructuredOutputError",
    "TLSError",
    "TimeoutPhase",
    "TokenUsage",
    "ToolError",
]

MAX_MESSAGE_LENGTH = 2_000
"""The most characters of `str(error)`; a longer text is cut and ends in `…`. Chosen: a screenful."""


TimeoutPhase = Literal["connect", "queue", "headers", "body", "idle", "event"]


class Facts(TypedDict, total=False):
    """What every error carries besides its message."""

    request_id: str | None
    generation_id: str | None
    attempts: int
    retry_after: float | None
    may_have_been_billed: bool | None
    partial: PartialReply | None


class TokenUsage(Protocol):
    """The usage of a request, as `types.common.Usage` has it."""

    prompt_tokens: int | None
    completion_tokens: int | None
    total_tokens: int | None
    cost: Decimal | None
    """US dollars charged to the account; None where the service did not say."""


class PartialReply(Protocol):
    """The part of a reply in an error: a `ChatCompletion`, of which these are the fields most asked for."""

    model: str | None
    provider: str | None

    @property
    def generation_id(self) -> str | None: ...
    @property
    def finish_reason(self) -> str | None: ...
    @property
    def text(self) -> str: ...
    @property
    def reasoning(self) -> str | None: ...
    @property
    def refusal(self) -> str | None: ...
    @property
    def tool_calls(self) -> Sequence[object]: ...
    @property
    def usage(self) -> TokenUsage | None: ...


class OpenRouterError(Exception):
    """Any failure of this library. `str()` is one readable line, at most 2,000 characters."""

    def __init__(self, message: str, **facts: Unpack[Facts]) -> None:
        if len(message) > MAX_MESSAGE_LENGTH:
            message = message[: MAX_MESSAGE_LENGTH - 1] + "…"
        super().__init__(message)
        self.message: str = message
        """The event, the value seen, and the remedy."""
        self.request_id: str | None = facts.get("request_id")
        """The id of the request at the edge in front of the service, if it sent one."""
        self.generation_id: str | None = facts.get("generation_id")
        """Id of the billed record (`gen-…`), from the header `X-Generation-Id` or the body."""
        self.attempts: int = facts.get("attempts", 0)
        """Requests sent for this call; 0 where nothing was sent."""
        self.retry_after: float | None = facts.get("retry_after")
        """Seconds the service asked to wait, if it did."""
        self.may_have_been_billed: bool | None = facts.get("may_have_been_billed")
        """False: certainly not. True: tokens were delivered. None: unknown."""
        self.partial: PartialReply | None = facts.get("partial")
        """The part of a reply that had arrived, above all of a stream: text, reasoning, tool calls so far, usage if
        seen."""
        self.billed: tuple[TokenUsage | None, ...] = ()
        """The `Usage` of each request of this call that was charged for; None for one of which it is not known."""
        self.done: object = None
        """The part of a call of several requests that succeeded: the `Embeddings`, each with its `index`; else
        None."""
        self.run: object = None
        """The `Run` that failed, with all it had done; None outside of runs. `run_of(error)` has its type."""
        self.steps_left: str | None = None
        """With `Steps`: the models from the one that failed, such as `b/strong > c/best`; None where it was the first.
        A batch sends only those again."""

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
    """The proxy could not be reached, requires another password, or opened no connection; the service received
    nothing."""

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
        """Its answer: an HTTP status, or a code of SOCKS5; None without an answer."""
        self.refused = refused
        """Whether it said no; it is not asked again then. A proxy that fails (502, no answer) is."""


class ConnectionLost(OpenRouterError):
    """The connection broke, or spoke no HTTP, before a whole answer had arrived."""


class RequestTimeout(OpenRouterError):
    """A clock of `Timeouts` ran out; `phase` says which."""

    def __init__(self, message: str, *, phase: TimeoutPhase, **facts: Unpack[Facts]) -> None:
        super().__init__(message, **facts)
        self.phase: TimeoutPhase = phase
        """`connect`, `queue`, `headers`, `body`, `idle` or `event`."""


class DeadlineExceeded(OpenRouterError):
    """The total time of the call ran out; it counts retries and waits."""


class InvalidResponseError(OpenRouterError):
    """A 200 that is not what was promised: HTML, nothing, not JSON, the wrong shape."""

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
        """The first 200 characters of the body."""


class InvalidWebhook(OpenRouterError):
    """A webhook that does not come from the service, was changed on its way, or is too old."""


class EmptyReply(InvalidResponseError):
    """A reply with no text, reasoning, tool call, image, audio, refusal or annotation."""


class ResponseTooLarge(OpenRouterError):
    """A limit of `Limits` was passed; the connection was closed."""

    def __init__(self, message: str, *, limit: int, **facts: Unpack[Facts]) -> None:
        super().__init__(message, **facts)
        self.limit: int = limit
        """The limit, in bytes, or in what else it counts."""


class StreamError(OpenRouterError):
    """A failure after a stream had begun; `partial` keeps what had arrived."""


class StreamInterrupted(StreamError):
    """The stream broke off before it was complete."""


class DownloadInterrupted(StreamInterrupted):
    """A file was cut off; the part that arrived is kept."""

    def __init__(
        self,
        message: str,
        *,
        received: int = 0,
        data: bytes | None = None,
        path: str | None = None,
        **facts: Unpack[Facts],
    ) -> None:
        super().__init__(message, **facts)
        self.received: int = received
        """Bytes that had arrived."""
        self.data: bytes | None = data
        """These bytes, where they were collected in memory."""
        self.path: str | None = path
        """The file in which they are, where they were saved: the name asked for, and `.part`."""


class StreamTruncated(StreamInterrupted):
    """The stream ended cleanly, but with neither a finish reason nor `[DONE]`."""


class StreamDecodeError(StreamError):
    """An event of the stream is not a chunk; `data` keeps the first 200 characters of it."""

    def __init__(self, message: str, *, data: str | None = None, **facts: Unpack[Facts]) -> None:
        super().__init__(message, **facts)
        self.data: str | None = data


class StructuredOutputError(OpenRouterError):
    """The reply does not give the wanted value; nothing was guessed."""

    def __init__(
        self,
        message: str,
        *,
        raw: str | None = None,
        violations: Sequence[str] = (),
        completion: PartialReply | None = None,
        **facts: Unpack[Facts],
    ) -> None:
        super().__init__(message, **facts)
        self.raw: str | None = raw
        """The reply as the model wrote it."""
        self.violations: tuple[str, ...] = tuple(violations)
        """The faults of the value, each with its path."""
        self.completion: PartialReply | None = completion
        """The reply with its usage and cost."""


class ReplyNotParsed(StructuredOutputError):
    """No JSON value could be read from the reply."""


class SchemaMismatch(StructuredOutputError):
    """The reply contains a value, but not of the requested type."""


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


class JobFailed(OpenRouterError):
    """A job that the service had accepted ended without a result; `job` says how."""

    def __init__(self, message: str, *, job: object = None, **facts: Unpack[Facts]) -> None:
        super().__init__(message, **facts)
        self.job: object = job
        """The job as the service last described it."""


class JournalError(OpenRouterError):
    """The journal of a batch cannot be read, written or locked; `path` is the file."""

    def __init__(self, message: str, *, path: str | None = None, **facts: Unpack[Facts]) -> None:
        super().__init__(message, **facts)
        self.path: str | None = path


class LedgerError(OpenRouterError):
    """The ledger that several processes share cannot be read or written; `where` is its file or address."""

    def __init__(self, message: str, *, where: str | None = None, **facts: Unpack[Facts]) -> None:
        super().__init__(message, **facts)
        self.where: str | None = where


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
