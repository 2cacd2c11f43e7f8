"""The service that the examples of README.md and docs/ talk to: the emulator, with the keys they are given."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from openrouter_async.testing import Emulator

__all__ = ["doc_server"]


@contextmanager
def doc_server() -> Iterator[str]:
    """Serve the examples, and yield the base URL."""
    keys = {"key": "sk-or-v1-example", "management_key": "sk-or-v1-example-management"}
    with Emulator(**keys) as emulator:
        yield emulator.base_url
