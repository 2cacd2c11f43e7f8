"""Settings of a client, a derived client, and one call.

A field that is `OMIT` is inherited from the client to which the options apply, and there from the default of the
library. Times are seconds, sizes bytes. `None` means "no limit".
"""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, TypedDict, TypeVar

from . import _checks
from ._lazy import lazy_exports
from ._sentinels import OMIT, Omit

if TYPE_CHECKING:
    from .hooks import RequestHook
    from .special_options import App as App
    from .special_options import LocalCache as LocalCache
    from .special_options import Rate as Rate
    from .special_options import Recover as Recover
    from .special_options import ResponseCache as ResponseCache
    from .types.chat.request import ChatParams

__all__ = [
    "ClientOptions",
    "Key",
    "Limits",
    "RequestOptions",
    "Retries",
    "SecretLike",
    "Timeouts",
]


class SecretLike(Protocol):
    """A holder of a secret, such as `pydantic.SecretStr`."""

    def get_secret_value(self) -> str: ...


Key: TypeAlias = str | SecretLike | Callable[[], Awaitable[str]]
"""An API key, an object that contains one, or an async callable that returns one for each request."""

_T = TypeVar("_T", bound="Timeouts | Retries")


def _merge(given: _T, base: _T) -> _T:
    """Return `given` with its omitted fields taken from `base`; itself, if there are none.

    What calls look up by such an object is found at once where it is the same one.
    """
    changes = {
        field.name: value
        for field in dataclasses.fields(given)
        if (value := getattr(given, field.name)) is not OMIT
    }
    merged = dataclasses.replace(base, **changes)
    return given if merged == given else merged


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """The clocks of a call, in seconds; `None` switches one off.

    Waiting for the caller between two pieces of a stream counts for none of them but `total`.
    """

    connect: float | Omit | None = OMIT
    """Making the connection, TLS included. Default 5."""
    queue: float | Omit | None = OMIT
    """Waiting for a free place in the client's limiter. Default none."""
    headers: float | Omit | None = OMIT
    """From sending the request to the end of the response headers. Default 600, for streams 60."""
    body: float | Omit | None = OMIT
    """From the headers to the end of a plain answer; padding does not restart it. Default 1,800."""
    idle: float | Omit | None = OMIT
    """Without any byte, also of comments and padding. Default 60."""
    event: float | Omit | None = OMIT
    """Without an event of a stream; comments do not count. Default 300."""
    total: float | Omit | None = OMIT
    """The whole call, with retries and waits. Default none."""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value is not OMIT and value is not None:
                _checks.number(f"Timeouts.{field.name}", value)

    def with_defaults(self, base: Timeouts) -> Timeouts:
        """Return these timeouts, with what is omitted taken from `base`."""
        return _merge(self, base)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """When and how often a failed request is retried.

    A call of a model is retried after a lost connection before the response, an unreadable 200 (once), and 408, 429
    and 5xx; except after 429, each attempt may have been performed and billed. It is not retried after a plain call
    timed out once it was sent, unless `retry_ambiguous` or `once` is set, nor after a piece of a stream was
    delivered, nor after a response that reports its cost. Operations that create or change something are retried only
    if the service cannot have performed them; reads always.
    """

    attempts: int | Omit = OMIT
    """Requests in all, the first included. Default 3."""
    base: float | Omit = OMIT
    """Seconds; the i-th retry waits between 0 and `base * 2**i`. Default 0.5; 1.0 after 429 and 529."""
    cap: float | Omit = OMIT
    """The longest such wait, in seconds. Default 8; 20 after 429 and 529."""
    max_retry_after: float | Omit = OMIT
    """The longest `Retry-After` to wait for, in seconds; a longer one raises immediately. Default 60."""
    retry_ambiguous: bool | Omit = OMIT
    """Also repeat plain calls that timed out after they were sent; both may be billed. Default False."""

    def __post_init__(self) -> None:
        checks: dict[str, Callable[[str, object], object]] = {
            "attempts": _checks.whole,
            "retry_ambiguous": _checks.flag,
        }
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value is not OMIT:
                checks.get(field.name, _checks.number)(f"Retries.{field.name}", value)

    def with_defaults(self, base: Retries) -> Retries:
        """Return these rules, with what is omitted taken from `base`."""
        return _merge(self, base)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The concurrency limits of one client; set on creation, shared by the clients derived from it."""

    concurrency: int = 1_000
    """The number of concurrent calls; further ones wait in order. A stream counts until it is closed."""
    idle: int = 1_000
    """Connections kept open for later calls."""
    idle_expiry: float = 30.0
    """Seconds after which an unused connection is closed."""
    event_bytes: int = 32 * 1024 * 1024
    """The longest event, and the longest line, of a stream (images come as base64 in one event)."""
    stream_bytes: int = 128 * 1024 * 1024
    """The longest stream, after decompression, with the names and brackets around each piece: some 400,000 chunks."""
    body_bytes: int = 64 * 1024 * 1024
    """The largest plain answer, after decompression."""
    values: int = 1_000_000
    """The size limit of one JSON document, since parsing it blocks the event loop: a number counts 1, a string 3, a
    field name 12, an array 10, an object 80. A million takes about 50 ms to parse; the list of all models has
    340,000."""
    error_body_bytes: int = 1024 * 1024
    """How much of an error's body is read."""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if field.name == "idle_expiry":
                _checks.number("Limits.idle_expiry", value)
            else:
                _checks.whole(f"Limits.{field.name}", value, least=0 if field.name == "idle" else 1)


PromptCaching: TypeAlias = Literal["auto"]
"""The party that marks the parts of a prompt that a provider should cache."""


class ClientOptions(TypedDict, total=False):
    """The options that a client, a derived client and one call share.

    If the type of an option allows None and its description does not mention it, None means "not given"."""

    management_key: Key | None
    """For the operations that administer keys, credits and the like. Default: the environment's
    `OPENROUTER_MANAGEMENT_KEY`."""
    base_url: str | None
    """Default: the environment's `OPENROUTER_BASE_URL`, else `https://openrouter.ai/api/v1`."""
    default_model: str | None
    """The model of calls that name none; with None, the account's default model."""
    params: ChatParams | None
    """Parameters of chat and completion requests that do not give them themselves, such as `PRESETS["precise"]`; they
    are added to those of the client."""
    app: App | None
    """The URL of your application, for OpenRouter's rankings."""
    timeouts: Timeouts | None
    """The clocks; omitted ones stay as they are."""
    retries: Retries | None
    """Omitted rules stay as they are."""
    rate: Rate | None
    """The most requests to each model per minute."""
    hooks: Sequence[RequestHook]
    """Told of every request; they replace those of the client."""
    headers: Mapping[str, str]
    """Further request headers; they replace those of the client by name."""
    query: Mapping[str, str]
    """Further query parameters."""
    cache: ResponseCache | None
    """The service's own cache of whole answers."""
    local_cache: LocalCache | None
    """A file of answers on this machine, which is searched before a request is sent; None: off."""
    coalesce: bool
    """Calls that are equal to one in flight wait for its answer, which is paid once, and send no request of their own.

    A call that is cancelled leaves; when the last has left, the request is cancelled. Streams share one too. With
    `local_cache`, equal calls of other processes wait as well."""
    once: bool | str
    """Have the service's response cache answer a repetition of a chat request, so you pay once.

    The request gets a key among its `metadata`, and OpenRouter stores the whole answer for a day, or for the `ttl` of
    `cache`. Lost connections, timeouts and broken bodies are then retried automatically, within `retries`. True
    creates a new key for each call; a string is your own key, with which another process can repeat the call. It
    relies on the service to finish and store an answer whose client has disconnected, before the request is
    repeated."""
    router_metadata: bool
    """Ask for `openrouter_metadata`: which endpoints were considered, and why one was chosen."""
    prompt_cache: PromptCaching | None
    """`"auto"`: requests of chat and Messages mark what their provider should cache, if it wants marks (Anthropic,
    Gemini, Qwen): the tools, the system prompt and the last two turns. To write the cache costs more than the text, to
    read it far less. A request with marks of its own stays as it is."""
    session_id: str | None
    """Groups requests, and keeps them with one provider; at most 256 characters."""
    anthropic_beta: Sequence[str]
    """Names of beta features that are passed to Claude, e.g. `interleaved-thinking-2025-05-14`."""
    log_bodies: bool
    """Write prompts and replies to the log `openrouter_async` at level DEBUG."""


class RequestOptions(ClientOptions, total=False):
    """The settings that differ for one call, or for a derived client: `options={"timeouts": Timeouts(total=20)}`."""

    api_key: Key | None


_SPECIAL = ("App", "LocalCache", "Rate", "Recover", "ResponseCache")
__getattr__, _ = lazy_exports(__name__, dict.fromkeys(_SPECIAL, "..special_options"))
