"""`PLAIN`: for the clients of httpx in tests that speak to loopback without TLS."""

from __future__ import annotations

import ssl

__all__ = ["PLAIN"]

PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""What to give as `verify`: by itself each client, and each plain `httpx.get`, loads the certificates of the world,
which takes 20 ms of CPU."""
