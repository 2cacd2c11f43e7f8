"""Which origin is reached through which proxy.

A proxy that was given serves every origin. Otherwise the environment decides, by httpx's rules: `HTTP_PROXY`,
`HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` in either case, and the system's settings where Python reads them. One rule
more: nothing of this machine goes through a proxy of the environment.
"""

from __future__ import annotations

import importlib.util
import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.request import getproxies

import httpx

from ..errors import ConfigurationError

__all__ = ["Proxies"]


@dataclass(frozen=True, slots=True)
class _Exception:
    """An entry of `NO_PROXY`; empty fields match everything."""

    scheme: str
    host: str
    """Starts with `*.` to mean subdomains only, with `*` to mean the host and its subdomains."""
    port: int | None

    @classmethod
    def parse(cls, entry: str) -> _Exception:
        if "://" not in entry:
            address = entry.split("/")[0]
            if _is_address(address):
                entry = f"all://[{address}]" if ":" in address else f"all://{address}"
            elif entry.lower() == "localhost":
                entry = f"all://{entry}"
            else:
                entry = f"all://*{entry}"
        url = httpx.URL(entry)
        return cls("" if url.scheme == "all" else url.scheme, "" if url.host == "*" else url.host, url.port)

    def matches(self, url: httpx.URL) -> bool:
        if self.scheme and self.scheme != url.scheme:
            return False
        if self.port is not None and self.port != url.port:
            return False
        if self.host.startswith("*."):
            return url.host.endswith(self.host[1:]) and url.host != self.host[1:]
        if self.host.startswith("*"):
            return url.host == self.host[1:] or url.host.endswith("." + self.host[1:])
        return not self.host or url.host == self.host


class Proxies:
    """The proxies of one client, as they were when it was made."""

    def __init__(
        self,
        given: httpx.Proxy | httpx.URL | str | None,
        environment: Callable[[], Mapping[str, str]] = getproxies,
    ) -> None:
        self._given = None if given is None else _checked(given)
        self._by_scheme: dict[str, str] = {}
        self._exceptions: list[_Exception] = []
        if self._given is None:
            self._read(environment())

    def _read(self, settings: Mapping[str, str]) -> None:
        entries = [entry.strip() for entry in settings.get("no", "").split(",")]
        if "*" in entries:
            return
        self._by_scheme = {
            scheme: url if "://" in url else f"http://{url}"
            for scheme in ("http", "https", "all")
            if (url := settings.get(scheme))
        }
        if self._by_scheme:
            self._exceptions = [_Exception.parse(entry) for entry in entries if entry]

    def of(self, url: httpx.URL) -> httpx.Proxy | None:
        """Return the proxy through which `url` is reached, None if it is reached directly.

        Raises:
            ConfigurationError: the proxy of the environment cannot be used; a given one is checked before.
        """
        if self._given is not None:
            return self._given
        proxy = self._by_scheme.get(url.scheme) or self._by_scheme.get("all")
        if (
            proxy is None
            or _is_this_machine(url.host)
            or any(entry.matches(url) for entry in self._exceptions)
        ):
            return None
        return _checked(proxy)


def _checked(given: httpx.Proxy | httpx.URL | str) -> httpx.Proxy:
    try:
        proxy = httpx.Proxy(given) if isinstance(given, httpx.URL | str) else given
    except (ValueError, httpx.InvalidURL):
        # The text is not shown: it may hold a password.
        raise ConfigurationError(
            "the proxy is no URL of the schemes http, https, socks5 or socks5h; expected e.g."
            " 'http://127.0.0.1:3128'"
        ) from None
    if proxy.url.scheme.startswith("socks5") and importlib.util.find_spec("socksio") is None:
        raise ConfigurationError(
            f"a proxy of the scheme {proxy.url.scheme!r} needs another package; pip install 'httpx[socks]'"
        )
    return proxy


def _is_this_machine(host: str) -> bool:
    if _is_address(host):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost" or host.endswith(".localhost")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
