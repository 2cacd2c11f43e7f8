"""The suite cannot reach the network, and an attempt cannot be hidden."""

from __future__ import annotations

import asyncio
import contextlib
import socket

import pytest

from tests.support.network_guard import NetworkUse

DOCUMENTATION = ("192.0.2.1", 80)
"""An address that by RFC 5737 is nobody's."""


def test_connecting_to_another_host_fails(network_attempts: list[str]) -> None:
    with socket.socket() as sock, pytest.raises(NetworkUse):
        sock.connect(DOCUMENTATION)
    assert network_attempts == ["connect to ('192.0.2.1', 80)"]
    network_attempts.clear()


async def test_an_event_loop_is_guarded_too(network_attempts: list[str]) -> None:
    with pytest.raises(NetworkUse):
        await asyncio.open_connection(*DOCUMENTATION)
    with pytest.raises(NetworkUse):
        await asyncio.open_connection("example.com", 443)
    assert network_attempts == ["connect to ('192.0.2.1', 80)", "lookup of 'example.com'"]
    network_attempts.clear()


@pytest.mark.xfail(raises=pytest.fail.Exception, reason="this test has to fail")
def test_a_swallowed_attempt_fails_the_test_all_the_same() -> None:
    with contextlib.suppress(NetworkUse), socket.socket() as sock:
        sock.connect(DOCUMENTATION)


def test_names_below_invalid_do_not_resolve(network_attempts: list[str]) -> None:
    with pytest.raises(socket.gaierror):
        socket.create_connection(("x.invalid", 80))
    assert network_attempts == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_is_reached(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        socket.create_connection((host, listener.getsockname()[1])).close()
