"""What a client was told, checked and complete: arguments, environment and defaults become `Settings`.

Only what is wrong in itself is refused here; what an operation lacks, such as a key, is refused when it is
called.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import os
import platform
import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, TypeVar
from urllib.parse import urlsplit

from ._secret import Secret
from ._version import __version__
from .errors import ConfigurationError
from .options import App, Key, Rate, RequestOptions, ResponseCache, Retries, Timeouts

if TYPE_CHECKING:
    from .hooks import RequestHook
    from .types.chat_request import ChatParams

__all__ = ["Settings", "check_instance", "check_key", "is_loopback", "is_once_key"]

DEFAULT_BASE_URL = "https://openrouter.ai/api/v1"
USER_AGENT = f"openrouter-async/{__version__} python/{platform.python_version()}"

KeySource: TypeAlias = Secret | Callable[[], Awaitable[str]]

T = TypeVar("T")

_OF_CONNECTIONS = frozenset(
    {"limits", "proxy", "ssl_context", "transport", "http_client", "http_parser", "allow_plain_http"}
)
"""Arguments of a client that derived clients and calls cannot have differently."""

# Header names a caller may not set by hand, and what sets them instead.
_RESERVED_HEADERS = {
    "authorization": "api_key",
    "proxy-authorization": "proxy",
    "content-length": "nothing: it is computed",
    "transfer-encoding": "nothing: it is computed",
    "host": "base_url",
    "connection": "nothing: connections belong to the client",
    "accept-encoding": "nothing: it names what the client can decode",
}


LONGEST_ONCE = 512
"""Characters of a value of `metadata`."""

_HEADER_NAME = re.compile(r"[-!#$%&'*+.^_`|~0-9A-Za-z]+")
_NOT_IN_A_HEADER = re.compile(r"[\0-\x08\x0b-\x1f\x7f\ud800-\udfff]")
"""Control characters, and halves of characters, which cannot be encoded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything a request needs besides its operation and arguments."""

    api_key: KeySource | None
    management_key: KeySource | None
    base_url: str
    """Without a slash at the end."""
    default_model: str | None
    params: Mapping[str, object]
    """Parameters of requests for text that do not give them themselves; checked where they are used."""
    timeouts: Timeouts
    retries: Retries
    rate: Rate | None
    hooks: tuple[RequestHook, ...]
    app: App
    cache: ResponseCache | None
    once: bool | str
    router_metadata: bool
    session_id: str | None
    anthropic_beta: tuple[str, ...]
    extra_headers: tuple[tuple[str, str], ...]
    query: tuple[tuple[str, str], ...]
    log_bodies: bool
    plain_http_hosts: frozenset[str]
    headers: tuple[tuple[bytes, bytes], ...] = dataclasses.field(default=(), init=False)
    """All request headers these settings give, but the key, as they are sent, which is in UTF-8."""

    def __post_init__(self) -> None:
        _check_base_url(self.base_url, self.plain_http_hosts)
        if not isinstance(self.default_model, str | None):
            raise ConfigurationError(
                f"default_model is {self.default_model!r}; expected a slug such as 'openai/gpt-5-mini', or None"
            )
        _check_once(self.once, self.cache)
        encoded = ((name.encode(), value.encode()) for name, value in _headers(self).items())
        object.__setattr__(self, "headers", tuple(encoded))

    @classmethod
    def make(
        cls,
        *,
        api_key: Key | None,
        management_key: Key | None,
        base_url: str | None,
        default_model: str | None,
        params: ChatParams | None,
        app: App | None,
        timeouts: Timeouts | None,
        retries: Retries | None,
        hooks: Sequence[RequestHook],
        allow_plain_http: Collection[str],
        log_bodies: bool,
    ) -> Settings:
        """Return the settings of a new client; what is None comes from the environment or the defaults."""
        environment = os.environ.get
        return cls(
            api_key=_key("api_key", api_key or environment("OPENROUTER_API_KEY")),
            management_key=_key("management_key", management_key or environment("OPENROUTER_MANAGEMENT_KEY")),
            base_url=_base_url(base_url or environment("OPENROUTER_BASE_URL") or DEFAULT_BASE_URL),
            default_model=default_model,
            params=_params(params or {}),
            timeouts=check_instance("timeouts", timeouts or Timeouts(), Timeouts),
            retries=check_instance("retries", retries or Retries(), Retries),
            rate=None,
            hooks=_hooks(hooks),
            app=check_instance("app", app or App(), App),
            cache=None,
            once=False,
            router_metadata=False,
            session_id=None,
            anthropic_beta=(),
            extra_headers=(),
            query=(),
            log_bodies=log_bodies,
            plain_http_hosts=frozenset(_names("allow_plain_http", allow_plain_http)),
        )

    def with_params(self, params: ChatParams) -> Settings:
        """Return these settings with other parameters of requests, and none of their own."""
        return dataclasses.replace(self, params=_params(params))

    def derive(self, options: RequestOptions | None) -> Settings:
        """Return these settings with those of `options` in their place.

        Raises:
            ConfigurationError: an option is unknown, or its value wrong.
        """
        if options is None:
            return self
        _check_mapping("options", options, '{"timeouts": Timeouts(total=20)}')
        if not options:
            return self
        unknown = options.keys() - RequestOptions.__annotations__.keys()
        if fixed := unknown & _OF_CONNECTIONS:
            raise ConfigurationError(
                f"{min(fixed)} belongs to the connections, which derived clients and calls share;"
                " give it to AsyncOpenRouter(...)"
            )
        if unknown:
            known = ", ".join(sorted(RequestOptions.__annotations__))
            raise ConfigurationError(f"unknown option {min(unknown)!r}; the options are {known}")
        changes: dict[str, object] = dict(options)
        if "api_key" in options:
            changes["api_key"] = _key("api_key", options["api_key"])
        if "management_key" in options:
            changes["management_key"] = _key("management_key", options["management_key"])
        if "base_url" in options:
            changes["base_url"] = _base_url(options["base_url"])
        if "timeouts" in options:
            changes["timeouts"] = check_instance("timeouts", options["timeouts"], Timeouts).over(
                self.timeouts
            )
        if "retries" in options:
            changes["retries"] = check_instance("retries", options["retries"], Retries).over(self.retries)
        if "rate" in options and options["rate"] is not None:
            check_instance("rate", options["rate"], Rate)
        if "params" in options:
            changes["params"] = {**self.params, **_params(options["params"])}
        if "app" in options:
            check_instance("app", options["app"], App)
        if "hooks" in options:
            changes["hooks"] = _hooks(options["hooks"])
        if "anthropic_beta" in options:
            changes["anthropic_beta"] = tuple(_names("anthropic_beta", options["anthropic_beta"]))
        if "headers" in options:
            merged = {**dict(self.extra_headers), **_lower(options["headers"])}
            changes["extra_headers"] = tuple(merged.items())
            del changes["headers"]
        if "query" in options:
            _check_mapping("query", options["query"], '{"name": "value"}')
            changes["query"] = tuple({**dict(self.query), **options["query"]}.items())
        return dataclasses.replace(self, **changes)  # type: ignore[arg-type]  # names checked above


def is_loopback(host: str) -> bool:
    """Return whether `host` names this machine: `localhost`, 127.0.0.0/8 or ::1."""
    if host.lower() == "localhost" or host.lower().endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_instance(name: str, value: T, kind: type[T]) -> T:
    """Return `value` if it is of that class.

    Raises:
        ConfigurationError: it is not.
    """
    if not isinstance(value, kind):
        raise ConfigurationError(f"{name} is a {type(value).__name__}; expected {kind.__name__}(...)")
    return value


def _check_mapping(name: str, value: object, example: str) -> None:
    if not isinstance(value, Mapping):
        raise ConfigurationError(f"{name} is a {type(value).__name__}; expected a dict, such as {example}")


def _params(value: ChatParams) -> Mapping[str, object]:
    _check_mapping("params", value, "PRESETS['precise']")
    return value


def _names(name: str, value: Collection[str]) -> Collection[str]:
    """Refuse text, which would be taken letter by letter."""
    if isinstance(value, str):
        raise ConfigurationError(f"{name} is {value!r}; expected a list of names")
    for each in value:
        if not isinstance(each, str):
            raise ConfigurationError(f"{name} has {each!r}; expected names as text")
    return value


def _hooks(value: Sequence[RequestHook]) -> tuple[RequestHook, ...]:
    if not isinstance(value, Sequence):
        raise ConfigurationError(f"hooks is a {type(value).__name__}; expected a list of RequestHooks")
    for i, hook in enumerate(value):
        for method in ("started", "retried", "finished", "failed"):
            if not callable(getattr(hook, method, None)):
                raise ConfigurationError(
                    f"hooks[{i}] is a {type(hook).__name__} without the method {method!r};"
                    " expected a RequestHook"
                )
    return tuple(value)


def _key(name: str, value: Key | None) -> KeySource | None:
    """Check a key without ever showing it."""
    if value is None or callable(value):
        return value
    text = value if isinstance(value, str) else getattr(value, "get_secret_value", lambda: None)()
    if not isinstance(text, str):
        raise ConfigurationError(
            f"{name} is a {type(value).__name__}; expected text, a SecretStr, or an async function"
        )
    return Secret(check_key(name, text))


def check_key(name: str, text: str) -> str:
    """Return a key without the blanks around it, if it can stand in a header.

    Raises:
        ConfigurationError: it is empty, or has a character no key has. The key is not shown.
    """
    text = text.strip()
    if not text:
        raise ConfigurationError(f"{name} is empty")
    if not (text.isascii() and text.isprintable()) or " " in text:
        raise ConfigurationError(f"{name} has a character that no key has (a blank, a line break, not ASCII)")
    return text


def _base_url(value: str) -> str:
    if not isinstance(value, str):
        raise ConfigurationError(f"base_url is {value!r}; expected text such as {DEFAULT_BASE_URL!r}")
    return value.strip().rstrip("/")


def _check_base_url(value: str, plain_http_hosts: Collection[str]) -> None:
    try:
        parts = urlsplit(value)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise ConfigurationError(f"base_url is no URL: {error}") from error
    if parts.username is not None or parts.password is not None:
        raise ConfigurationError("base_url has a user name or password in it; give the key as api_key")
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        raise ConfigurationError(f"base_url is {value!r}; expected a URL such as {DEFAULT_BASE_URL!r}")
    if parts.scheme == "http" and not is_loopback(host) and host not in plain_http_hosts:
        raise ConfigurationError(
            f"base_url is {value!r}: the key would travel in clear; use https,"
            f" or allow this host by name with allow_plain_http=[{host!r}]"
        )


def is_once_key(once: object) -> bool:
    """Return whether it can be the key of a request that is billed once."""
    return isinstance(once, str) and 1 <= len(once) <= LONGEST_ONCE


def _check_once(once: bool | str, cache: ResponseCache | None) -> None:
    if not (isinstance(once, bool) or is_once_key(once)):
        raise ConfigurationError(
            f"once is {once!r}; expected True, False, or a key of 1 to {LONGEST_ONCE} characters"
        )
    if once and isinstance(cache, ResponseCache) and (cache.clear or not cache.enabled):
        raise ConfigurationError(
            f"once needs the response cache, but cache is {cache!r}; leave it out, or give a ttl alone"
        )


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    _check_mapping("headers", headers, '{"x-name": "value"}')
    checked: dict[str, str] = {}
    for name, value in headers.items():
        if not isinstance(name, str) or _HEADER_NAME.fullmatch(name) is None:
            raise ConfigurationError(
                f"the name of a header is {name!r}; expected letters, digits and hyphens, such as 'x-name'"
            )
        lower = name.lower()
        if lower in _RESERVED_HEADERS:
            raise ConfigurationError(f"the header {name!r} is set by {_RESERVED_HEADERS[lower]}")
        checked[lower] = _header_value(name, value)
    return checked


def _header_value(name: str, value: str) -> str:
    """Return a value as HTTP allows it: one line, without blanks around it, which do not belong to it."""
    if not isinstance(value, str) or "\n" in value or "\r" in value:
        raise ConfigurationError(f"the header {name!r} has a value that is no single line of text")
    bad = _NOT_IN_A_HEADER.search(value)
    if bad is not None:
        raise ConfigurationError(
            f"the header {name!r} has the character {bad[0]!r}, which no header can have; take it out"
        )
    return value.strip(" \t")


def _headers(settings: Settings) -> dict[str, str]:
    """Return the request headers that come from the settings, by lower-case name."""
    headers = {"user-agent": USER_AGENT, "accept-encoding": "gzip, deflate"}
    app = settings.app
    if app.referer:
        headers["http-referer"] = _header_value("http-referer", app.referer)
    if app.title:
        headers["x-openrouter-title"] = _header_value("x-openrouter-title", app.title)
    if app.categories:
        headers["x-openrouter-categories"] = ",".join(app.categories)
    if settings.router_metadata:
        headers["x-openrouter-metadata"] = "enabled"
    if settings.session_id is not None:
        if not isinstance(settings.session_id, str):
            raise ConfigurationError(f"session_id is a {type(settings.session_id).__name__}; expected text")
        if not 1 <= len(settings.session_id) <= 256:
            raise ConfigurationError(
                f"session_id has {len(settings.session_id)} characters; expected 1 to 256"
            )
        headers["x-session-id"] = _header_value("x-session-id", settings.session_id)
    if settings.anthropic_beta:
        headers["x-anthropic-beta"] = _header_value("x-anthropic-beta", ",".join(settings.anthropic_beta))
    cache = settings.cache
    if cache is not None:
        check_instance("cache", cache, ResponseCache)
        headers["x-openrouter-cache"] = "true" if cache.enabled else "false"
        if cache.ttl is not None:
            headers["x-openrouter-cache-ttl"] = str(cache.ttl)
        if cache.clear:
            headers["x-openrouter-cache-clear"] = "true"
    headers.update(settings.extra_headers)
    return headers
