"""The validated settings of a client: arguments, environment and defaults become `Settings`.

Only values that are wrong in themselves are refused here; an operation that lacks something, such as a key, refuses
the call.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias
from urllib.parse import urlsplit

from . import _checks
from ._secret import Secret
from ._version import __version__
from .errors import ConfigurationError
from .options import Key, RequestOptions, Retries, Timeouts

if TYPE_CHECKING:
    from .hooks import RequestHook
    from .special_options import App, LocalCache, Rate, ResponseCache
    from .types.chat.request import ChatParams

__all__ = ["READERS", "Settings", "check_key"]

DEFAULT_BASE_URL = "https://openrouter.ai/api/v1"
USER_AGENT = f"openrouter-async/{__version__} python/{platform.python_version()}"

KeySource: TypeAlias = Secret | Callable[[], Awaitable[str]]

_HABITS = {
    "timeout": "timeouts=Timeouts(total=60)",
    "max_retries": "retries=Retries(attempts=3)",
    "default_headers": "headers={...}",
    "extra_headers": "headers={...}",
    "default_query": "query={...}",
    "extra_query": "query={...}",
}
"""Options of other clients, and how they are written here."""

_OF_CONNECTIONS = frozenset(
    {
        "limits",
        "proxy",
        "ssl_context",
        "transport",
        "http_client",
        "http_parser",
        "allow_plain_http",
        "telemetry",
    }
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


_NOTHING: Mapping[str, str] = MappingProxyType({})


class Settings(NamedTuple):
    """Everything a request needs besides its operation and arguments; each field but the last three is an option."""

    api_key: KeySource | None = None
    management_key: KeySource | None = None
    base_url: str = DEFAULT_BASE_URL
    """Without a slash at the end."""
    default_model: str | None = None
    params: Mapping[str, object] = _NOTHING
    """Parameters of requests for text that do not give them themselves; checked where they are used."""
    app: App | None = None
    timeouts: Timeouts = Timeouts()
    retries: Retries = Retries()
    rate: Rate | None = None
    hooks: tuple[RequestHook, ...] = ()
    headers: Mapping[str, str] = _NOTHING
    """By lower-case name."""
    query: Mapping[str, str] = _NOTHING
    cache: ResponseCache | None = None
    local_cache: LocalCache | None = None
    coalesce: bool = False
    once: bool | str = False
    router_metadata: bool = False
    session_id: str | None = None
    prompt_cache: Literal["auto"] | None = None
    anthropic_beta: tuple[str, ...] = ()
    log_bodies: bool = False
    plain_http_hosts: frozenset[str] = frozenset()
    sent_headers: tuple[tuple[bytes, bytes], ...] = ()
    """All request headers these settings give, but the key, as they are sent, which is in UTF-8."""
    reuses: bool = False
    """Whether a call may be answered without a request of its own."""

    @classmethod
    def of_client(
        cls, options: RequestOptions, allow_plain_http: Collection[str], environment: Mapping[str, str]
    ) -> Settings:
        """Return the settings of a new client; a key or a URL that is not given comes from the environment."""
        given: dict[str, object] = dict(options)
        for name in ("api_key", "management_key", "base_url"):
            given[name] = given.get(name) or environment.get(f"OPENROUTER_{name.upper()}") or None
        hosts = frozenset(_checks.names("allow_plain_http", allow_plain_http))
        return cls(plain_http_hosts=hosts)._with({}).derive(given)  # type: ignore[arg-type]  # the names are those of options

    def with_params(self, params: ChatParams) -> Settings:
        """Return these settings with other parameters of requests, and none of their own."""
        return self._with({"params": _params(params)})

    def derive(self, options: RequestOptions | None) -> Settings:
        """Return these settings with those of `options` in their place.

        Raises:
            ConfigurationError: an option is unknown, or its value wrong.
        """
        if options is None:
            return self
        _checks.mapping("options", options, '{"timeouts": Timeouts(total=20)}')
        unknown = options.keys() - READERS.keys()
        if fixed := unknown & _OF_CONNECTIONS:
            raise ConfigurationError(
                f"{min(fixed)} belongs to the connections, which derived clients and calls share;"
                " give it to AsyncOpenRouter(...)"
            )
        if unknown:
            name = min(unknown)
            known = (
                f"use {_HABITS[name]}" if name in _HABITS else "the options are " + ", ".join(sorted(READERS))
            )
            raise ConfigurationError(f"unknown option {name!r}; {known}")
        changes = {
            name: READERS[name](value, self)
            for name, value in options.items()
            if value is not None or name not in _NONE_IS_NOTHING
        }
        return self._with(changes) if changes else self

    def _with(self, changes: dict[str, object]) -> Settings:
        settings = self._replace(**changes)  # type: ignore[arg-type]  # read as each is
        _check_base_url(settings.base_url, settings.plain_http_hosts)
        cache = settings.cache
        if settings.once and cache is not None and (cache.clear or not cache.enabled):
            raise ConfigurationError(
                f"once needs the response cache, but cache is {cache!r}; leave it out, or give a ttl alone"
            )
        encoded = ((name.encode(), value.encode()) for name, value in _headers(settings).items())
        reuses = settings.local_cache is not None or settings.coalesce
        return settings._replace(sent_headers=tuple(encoded), reuses=reuses)


def _params(value: ChatParams) -> Mapping[str, object]:
    return _checks.mapping("params", value, "PRESETS['precise']")


def _default_model(value: str | None) -> str | None:
    if not isinstance(value, str | None):
        raise ConfigurationError(
            f"default_model is {value!r}; expected a slug such as 'openai/gpt-5-mini', or None"
        )
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


def _key(name: str, value: Key) -> KeySource:
    """Check a key without ever showing it."""
    if callable(value):
        return value
    text = value if isinstance(value, str) else getattr(value, "get_secret_value", lambda: None)()
    if not isinstance(text, str):
        raise ConfigurationError(
            f"{name} is a {type(value).__name__}; expected text, a SecretStr, or an async function"
        )
    return Secret(check_key(name, text))


def check_key(name: str, text: str) -> str:
    """Return a key without surrounding whitespace, and without the quotes that `docker --env-file` and the like leave
    around it, if it can appear in a header.

    Raises:
        ConfigurationError: it is empty, or has a character that keys never have. The message does not contain the
            key.
    """
    text = text.strip()
    if text[:1] in ("'", '"') and text[:1] == text[-1:]:
        text = text[1:-1].strip()
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
        raise ConfigurationError(f"base_url is not a URL: {error}") from error
    if parts.username is not None or parts.password is not None:
        raise ConfigurationError("base_url has a user name or password in it; give the key as api_key")
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        raise ConfigurationError(f"base_url is {value!r}; expected a URL such as {DEFAULT_BASE_URL!r}")
    if parts.scheme == "http" and not _checks.is_this_machine(host) and host not in plain_http_hosts:
        raise ConfigurationError(
            f"base_url is {value!r}: the key would travel in clear; use https,"
            f" or allow this host by name with allow_plain_http=[{host!r}]"
        )


def _special(name: str, value: object, kind: str) -> object:
    """Check an option whose class is loaded where it is given."""
    from . import special_options

    return _checks.instance(name, value, getattr(special_options, kind))


def _once(value: bool | str) -> bool | str:
    if not isinstance(value, bool) and not (isinstance(value, str) and 1 <= len(value) <= LONGEST_ONCE):
        raise ConfigurationError(
            f"once is {value!r}; expected True, False, or a key of 1 to {LONGEST_ONCE} characters"
        )
    return value


def _session_id(value: str | None) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise ConfigurationError(f"session_id is a {type(value).__name__}; expected text")
    if not 1 <= len(value) <= 256:
        raise ConfigurationError(f"session_id has {len(value)} characters; expected 1 to 256")
    return value


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    checked: dict[str, str] = {}
    for name, value in _checks.mapping("headers", headers, '{"x-name": "value"}').items():
        if not isinstance(name, str) or _HEADER_NAME.fullmatch(name) is None:
            raise ConfigurationError(
                f"the name of a header is {name!r}; expected letters, digits and hyphens, such as 'x-name'"
            )
        lower = name.lower()
        if lower in _RESERVED_HEADERS:
            raise ConfigurationError(f"the header {name!r} is set by {_RESERVED_HEADERS[lower]}")
        checked[lower] = _checks.header_value(name, value)
    return checked


def _headers(settings: Settings) -> dict[str, str]:
    """Return the request headers that come from the settings, by lower-case name."""
    headers = {"user-agent": USER_AGENT, "accept-encoding": "gzip, deflate"}
    app = settings.app
    if app is not None:
        if app.referer:
            headers["http-referer"] = _checks.header_value("http-referer", app.referer)
        if app.title:
            headers["x-openrouter-title"] = _checks.header_value("x-openrouter-title", app.title)
        if app.categories:
            headers["x-openrouter-categories"] = ",".join(app.categories)
    if settings.router_metadata:
        headers["x-openrouter-metadata"] = "enabled"
    if settings.session_id is not None:
        headers["x-session-id"] = _checks.header_value("x-session-id", settings.session_id)
    if settings.anthropic_beta:
        headers["x-anthropic-beta"] = _checks.header_value(
            "x-anthropic-beta", ",".join(settings.anthropic_beta)
        )
    cache = settings.cache
    if cache is not None:
        headers["x-openrouter-cache"] = "true" if cache.enabled else "false"
        if cache.ttl is not None:
            headers["x-openrouter-cache-ttl"] = str(cache.ttl)
        if cache.clear:
            headers["x-openrouter-cache-clear"] = "true"
    return {**headers, **settings.headers}


# The options, each with what reads it: given the value and the settings it is laid upon, it returns that of the field.
READERS: dict[str, Callable[[Any, Settings], object]] = {
    "api_key": lambda value, _: _key("api_key", value),
    "management_key": lambda value, _: _key("management_key", value),
    "base_url": lambda value, _: _base_url(value),
    "default_model": lambda value, _: _default_model(value),
    "params": lambda value, old: {**old.params, **_params(value)},
    "app": lambda value, _: _special("app", value, "App"),
    "timeouts": lambda value, old: _checks.instance("timeouts", value, Timeouts).with_defaults(old.timeouts),
    "retries": lambda value, old: _checks.instance("retries", value, Retries).with_defaults(old.retries),
    "rate": lambda value, _: None if value is None else _special("rate", value, "Rate"),
    "hooks": lambda value, _: _hooks(value),
    "headers": lambda value, old: {**old.headers, **_lower(value)},
    "query": lambda value, old: {**old.query, **_checks.mapping("query", value, '{"name": "value"}')},
    "cache": lambda value, _: None if value is None else _special("cache", value, "ResponseCache"),
    "local_cache": lambda value, _: None if value is None else _special("local_cache", value, "LocalCache"),
    "coalesce": lambda value, _: _checks.flag("coalesce", value),
    "once": lambda value, _: _once(value),
    "router_metadata": lambda value, _: _checks.flag("router_metadata", value),
    "session_id": lambda value, _: _session_id(value),
    "prompt_cache": lambda value, _: (
        None if value is None else _checks.one_of("prompt_cache", value, ("auto",))
    ),
    "anthropic_beta": lambda value, _: _checks.names("anthropic_beta", value),
    "log_bodies": lambda value, _: _checks.flag("log_bodies", value),
}
_NONE_IS_NOTHING = frozenset(
    {"api_key", "management_key", "base_url", "params", "app", "timeouts", "retries"}
)
"""Options whose None says that they are not given; with others it is a value, or wrong."""
