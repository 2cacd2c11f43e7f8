"""Runs the examples of the documentation: the fenced `python` blocks of Markdown pages, for sybil.

They may use `await`, `async for` and `async with` at their top level. The blocks of one page share a namespace and
an event loop. A block that cannot run says so above it:

    <!-- not run: needs a terminal -->
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
from collections.abc import Iterable

from sybil import Document, Example, Region
from sybil.parsers.markdown.lexers import FencedCodeBlockLexer

__all__ = ["PythonFences", "close_loop", "open_loop"]

_NOT_RUN = re.compile(r"<!-- not run: [^>]+ -->\s*\Z")
_RUNNER = "__runner__"


class PythonFences:
    """A sybil parser of the fenced Python blocks that are to be run.

    A block that is not run for `unless`, a part of the reason above it, is run as well.
    """

    def __init__(self, unless: str | None = None) -> None:
        self._unless = unless
        self._fences = FencedCodeBlockLexer("python")

    def __call__(self, document: Document) -> Iterable[Region]:
        for fence in self._fences(document):
            reason = _NOT_RUN.search(document.text, 0, fence.start)
            if reason is None or (self._unless is not None and self._unless in reason[0]):
                yield Region(fence.start, fence.end, fence.lexemes["source"], _run)


def _run(example: Example) -> None:
    """Run one block; its line numbers are those of the page."""
    first_line = example.line + example.parsed.line_offset + 1
    code = compile(
        "\n" * (first_line - 1) + example.parsed,
        example.path,
        "exec",
        flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT,
        dont_inherit=True,
    )
    running = eval(code, example.namespace)
    if code.co_flags & inspect.CO_COROUTINE:
        example.namespace[_RUNNER].run(running)


def open_loop(namespace: dict[str, object]) -> None:
    namespace[_RUNNER] = asyncio.Runner()


def close_loop(namespace: dict[str, object]) -> None:
    runner = namespace.pop(_RUNNER)
    assert isinstance(runner, asyncio.Runner)
    namespace.clear()
    runner.close()
