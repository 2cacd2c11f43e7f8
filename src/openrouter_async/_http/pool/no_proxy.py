"""`NO_PROXY`: the hosts that are reached without the proxy of the environment.

Every program reads this variable a little differently. Here an entry has the meaning that curl, Go or requests give
it: a name with its subdomains, `.name` or `*.name` for subdomains only, an address, a network in CIDR; each possibly
with a port, or `scheme://` before it. Commas or spaces separate entries. Any other entry matches no host.
"""

from __future__ import annotations

import ipaddress
import logging
import re
from dataclasses import dataclass
from typing import TypeAlias

from ..library import httpx

__all__ = ["NoProxy"]

LOGGER = logging.getLogger("openrouter_async")

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_ENTRY = re.compile(
    r"(?:(?P<scheme>https?|all)://)?"
    r"(?:\[(?P<bracketed>[^][]+)\](?P<prefix>/\d+)?|(?P<network>[\d.]+/\d+|[\da-f:.]*:[\da-f:.]*:[^][]*)|(?P<name>[^][:/]+))"
    r"(?::(?P<port>\d{1,5}))?/?"
)
_NAME = re.compile(r"(?:\*?\.)?[\w-]+(?:\.[\w-]+)*\.?")
DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class _Entry:
    """A part that is empty or None matches everything."""

    scheme: str
    port: int | None
    network: Network | None = None
    name: str = ""
    """Begins with a dot to mean subdomains only."""

    @classmethod
    def parse(cls, text: str) -> _Entry | None:
        """Return the meaning of an entry; None if it is ambiguous."""
        match = _ENTRY.fullmatch(text.lower())
        if match is None:
            return None
        scheme = "" if match["scheme"] in (None, "all") else match["scheme"]
        port = None if match["port"] is None else int(match["port"])
        if port is not None and not 0 < port < 65_536:
            return None
        address = (match["bracketed"] or "") + (match["prefix"] or "") or match["network"] or match["name"]
        network = _network(address)
        if network is not None:
            return cls(scheme, port, network)
        if match["name"] is None or _NAME.fullmatch(address) is None:
            return None
        ascii_name = _ascii(address.removeprefix("*").strip("."))
        if ascii_name is None:
            return None
        return cls(scheme, port, name="." + ascii_name if address[0] in "*." else ascii_name)

    def matches(self, scheme: str, host: str, port: int | None) -> bool:
        if (self.scheme and self.scheme != scheme) or (self.port is not None and self.port != port):
            return False
        if self.network is not None:
            address = _address(host)
            return address is not None and address in self.network
        return host == self.name or host.endswith(self.name if self.name[0] == "." else "." + self.name)


class NoProxy:
    """The entries of one value of the variable."""

    def __init__(self, text: str) -> None:
        """Read it; each unreadable entry is logged once, and ignored."""
        self._is_everything = False
        self._entries: list[_Entry] = []
        for entry in re.split(r"[,\s]+", text):
            if entry == "*":
                self._is_everything = True
            elif entry:
                parsed = _Entry.parse(entry)
                if parsed is None:
                    # What stands before an @ may be a password.
                    LOGGER.warning(
                        "an entry of NO_PROXY is skipped, since it is no name, address or network: %r",
                        entry.rpartition("@")[2][:100],
                    )
                else:
                    self._entries.append(parsed)

    def matches(self, url: httpx.URL) -> bool:
        """Return whether a URL is reached without a proxy."""
        if self._is_everything:
            return True
        host = url.raw_host.decode("ascii").lower().rstrip(".")
        port = url.port or DEFAULT_PORTS.get(url.scheme)
        return any(entry.matches(url.scheme, host, port) for entry in self._entries)


def _network(text: str) -> Network | None:
    """Return an address as a network of one, or a network; bits beyond its prefix and zones do not count."""
    address, slash, prefix = text.partition("/")
    try:
        network = ipaddress.ip_network(address.partition("%")[0] + slash + prefix, strict=False)
    except ValueError:
        return None
    if isinstance(network, ipaddress.IPv6Network) and network.prefixlen == 128:
        mapped = network.network_address.ipv4_mapped
        return network if mapped is None else ipaddress.ip_network(mapped)
    return network


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _ascii(name: str) -> str | None:
    """Return a name in the form of a URL; None if it cannot be in one."""
    try:
        return httpx.URL(scheme="http", host=name).raw_host.decode("ascii")
    except httpx.InvalidURL:
        return None
