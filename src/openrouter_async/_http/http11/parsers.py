"""Which parser reads answers: h11, or httptools where its package is installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

from ..._extras import needs_extra
from ...errors import ConfigurationError
from ..library import httpcore
from ..network.stream import CallStream
from .connection import Forwarding, HTTPConnection
from .with_httpcore import HttpcoreConnection

__all__ = ["HTTPParser", "maker_of"]

HTTPParser: TypeAlias = Literal["h11", "httptools"]

MakeConnection: TypeAlias = Callable[[httpcore.Origin, CallStream, Forwarding | None], HTTPConnection]


def maker_of(parser: HTTPParser) -> MakeConnection:
    """Return the factory of connections with this parser.

    Raises:
        ConfigurationError: the name is unknown, or its package is missing.
    """
    if parser == "h11":
        return HttpcoreConnection
    if parser == "httptools":
        with needs_extra("fast", "http_parser='httptools'"):
            from .with_httptools import HttptoolsConnection
        return HttptoolsConnection
    raise ConfigurationError(f"http_parser is {parser!r}; expected 'h11' or 'httptools'")
