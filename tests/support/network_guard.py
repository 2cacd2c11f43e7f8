"""Keeps the test suite off the network: only loopback can be reached, an attempt at more fails the test.

That must not depend on what the code under test makes of an exception, so every attempt is also written down.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn
from unittest import mock

__all__ = ["NetworkUse", "only_loopback"]


class NetworkUse(AssertionError):
    """Code under test wanted to reach a host that is not this one."""


@contextmanager
def only_loopback() -> Iterator[list[str]]:
    """Refuse connections to, and name lookups of, other hosts; yields the list of such attempts.

    Names below `.invalid` fail to resolve, as they do everywhere, without anyone being asked.
    """
    attempts: list[str] = []

    def refuse(what: str) -> NoReturn:
        attempts.append(what)
        raise NetworkUse(f"{what}; tests may reach loopback only")

    connect, connect_ex, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def check(sock: socket.socket, address: object) -> None:
        if sock.family in (socket.AF_INET, socket.AF_INET6):
            assert isinstance(address, tuple)
            if not _is_loopback(address[0]):
                refuse(f"connect to {address!r}")

    def guarded_connect(sock: socket.socket, address: object) -> None:
        check(sock, address)
        connect(sock, address)  # type: ignore[arg-type]  # whatever the caller gave is handed on

    def guarded_connect_ex(sock: socket.socket, address: object) -> int:
        check(sock, address)
        return connect_ex(sock, address)  # type: ignore[arg-type]  # whatever the caller gave is handed on

    def guarded_getaddrinfo(host: bytes | str | None, *args: object, **kwargs: object) -> object:
        name = host.decode() if isinstance(host, bytes) else host
        if name is not None and not _is_address(name) and not _is_loopback(name):
            if name.rstrip(".").endswith(".invalid"):
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            refuse(f"lookup of {name!r}")
        return getaddrinfo(host, *args, **kwargs)  # type: ignore[arg-type]  # as above

    with (
        mock.patch.object(socket.socket, "connect", guarded_connect),
        mock.patch.object(socket.socket, "connect_ex", guarded_connect_ex),
        mock.patch.object(socket, "getaddrinfo", guarded_getaddrinfo),
    ):
        yield attempts


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    if _is_address(host):
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    return host == "localhost"
