"""Which origin is reached through which proxy.

A proxy that was given serves every origin. Otherwise the environment decides: `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`
and `NO_PROXY` in either case, and the system's settings where Python reads them. One rule more: nothing of this
machine goes through a proxy of the environment.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from urllib.request import getproxies

from ..._checks import is_this_machine
from ...errors import ConfigurationError
from ..library import httpx

if TYPE_CHECKING:
    from .no_proxy import NoProxy

__all__ = ["DEFAULT_PORTS", "Proxies", "ProxyFailure", "name_of"]

DEFAULT_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}

SOCKS_TEXT = 255
"""Bytes that a user or a password may have in SOCKS5 (RFC 1929, section 2), as a name may (RFC 1928, section 5)."""


class ProxyFailure(httpx.ProxyError):
    """A proxy could not be reached, or made no way to the origin; nothing was sent to that."""

    def __init__(self, message: str, *, proxy: str, status: int | None = None, refused: bool = False) -> None:
        super().__init__(message)
        self.proxy = proxy
        self.status = status
        self.refused = refused
        """Whether it refused, so a retry is of no use."""


def name_of(proxy: httpx.Proxy) -> str:
    """Return host and port of a proxy, without user and password."""
    url = proxy.url
    host = f"[{url.host}]" if ":" in url.host else url.host
    return f"{host}:{url.port or DEFAULT_PORTS[url.scheme]}"


_AROUND = " \t\r\n'\""
"""What files of variables leave around a value."""


class Proxies:
    """The proxies of one client, as they were when it was made."""

    def __init__(
        self,
        given: httpx.Proxy | httpx.URL | str | None,
        environment: Callable[[], Mapping[str, str]] = getproxies,
    ) -> None:
        self._given = None if given is None else _checked(given)
        self._by_scheme: dict[str, str] = {}
        self._exceptions: NoProxy | None = None
        if self._given is None:
            settings = environment()
            self._by_scheme = {
                scheme: url if "://" in url else f"http://{url}"
                for scheme in ("http", "https", "all")
                if (url := settings.get(scheme, "").strip(_AROUND))
            }
            if self._by_scheme:
                from .no_proxy import NoProxy

                self._exceptions = NoProxy(settings.get("no", ""))

    def of(self, url: httpx.URL) -> httpx.Proxy | None:
        """Return the proxy through which `url` is reached, None if it is reached directly.

        Raises:
            ConfigurationError: the proxy of the environment cannot be used; a given one is checked before.
        """
        if self._given is not None:
            return self._given
        proxy = self._by_scheme.get(url.scheme) or self._by_scheme.get("all")
        if proxy is None or is_this_machine(url.host):
            return None
        if self._exceptions is not None and self._exceptions.matches(url):
            return None
        return _checked(proxy, "the proxy that HTTPS_PROXY, HTTP_PROXY or ALL_PROXY names")


def _checked(given: httpx.Proxy | httpx.URL | str, what: str = "the proxy") -> httpx.Proxy:
    try:
        proxy = httpx.Proxy(given) if isinstance(given, httpx.URL | str) else given
        if not proxy.url.host or not 0 < (proxy.url.port or 1) < 65_536:
            raise ValueError("no host, or no port of one")
    except (ValueError, httpx.InvalidURL):
        # The text is not shown: it may hold a password.
        raise ConfigurationError(
            f"{what} is not a URL of the schemes http, https, socks5 or socks5h; expected e.g."
            " 'http://127.0.0.1:3128'"
        ) from None
    if proxy.url.scheme.startswith("socks5"):
        if importlib.util.find_spec("socksio") is None:
            raise ConfigurationError(
                f"a proxy of the scheme {proxy.url.scheme!r} needs the package socksio;"
                " pip install 'openrouter-async[socks]'"
            )
        if any(not 1 <= len(text) <= SOCKS_TEXT for text in proxy.raw_auth or ()):
            raise ConfigurationError(
                f"user and password of a SOCKS5 proxy have 1 to {SOCKS_TEXT} bytes each; those given do not"
            )
    return proxy
