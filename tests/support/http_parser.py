"""Lets the suite run with httptools as the parser of all connections: `pytest --httptools`."""

from __future__ import annotations

import os
from typing import Any

from openrouter_async._http.pool.connections import ConnectionTransport
from openrouter_async._http.transport import Transport

__all__ = ["use_chosen_parser", "use_httptools"]

_CHOSEN = "OPENROUTER_ASYNC_TEST_HTTP_PARSER"
"""Tells processes that tests start."""


def use_httptools() -> None:
    """Make httptools the default, here and in processes that tests start."""
    os.environ[_CHOSEN] = "httptools"
    use_chosen_parser()


def use_chosen_parser() -> None:
    """Make what the environment names the default."""
    if os.environ.get(_CHOSEN) != "httptools":
        return
    make = Transport.__init__

    def make_with_httptools(self: Transport, **arguments: Any) -> None:
        given = arguments["transport"] or arguments["http_client"]
        if arguments.get("http_parser", "h11") == "h11" and given is None:
            arguments["http_parser"] = "httptools"
        make(self, **arguments)

    Transport.__init__ = make_with_httptools  # type: ignore[method-assign]
    assert ConnectionTransport.__init__.__kwdefaults__ is not None
    ConnectionTransport.__init__.__kwdefaults__["http_parser"] = "httptools"
