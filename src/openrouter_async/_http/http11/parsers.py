"""Which parser reads answers: h11, or httptools where its package is installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

from ..._extras import needs_extra
from ...errors import ConfigurationError
from .answer import H11Answers, MakeAnswer

__all__ = ["HTTPParser", "answers_by"]

HTTPParser: TypeAlias = Literal["h11", "httptools"]


def answers_by(parser: HTTPParser) -> Callable[[], MakeAnswer]:
    """Return what makes, for each connection, the maker of its answers.

    Raises:
        ConfigurationError: the name is unknown, or its package is missing.
    """
    if parser == "h11":
        return H11Answers
    if parser == "httptools":
        with needs_extra("fast", "http_parser='httptools'"):
            from .with_httptools import HttptoolsAnswer
        return lambda: HttptoolsAnswer
    raise ConfigurationError(f"http_parser is {parser!r}; expected 'h11' or 'httptools'")
