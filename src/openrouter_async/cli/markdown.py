"""Markdown as a terminal shows it: nothing of an answer is left out, and each line of it stays a line.

HTML, addresses of pictures and formulas stay as they were written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import ClassVar

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import CodeBlock, Heading, Markdown, MarkdownElement
from rich.syntax import Syntax

__all__ = ["blocks_of", "code_blocks", "drawn_lines"]

_FORMULA = re.compile(r"\\\(.+?\\\)|\\\[.+?\\\]|\$\$.+?\$\$", re.DOTALL)
_END = re.compile(r"(?: |\x1b\[[0-9;]*m)+$")
_CODE = re.compile(r"\x1b\[[0-9;]*m")
INDENT = 2
"""Columns before a line of code, which tell it from text without colours."""


def blocks_of(text: str) -> list[tuple[str, bool]]:
    """Return the blocks of a text, and whether lines that one has stay as they are while it grows.

    More text may change what is above in a list or a table, but in code and in a paragraph only what is below.
    """
    starts = [
        (token.map[0], token.type in ("fence", "code_block", "paragraph_open"))
        for token in _parser().parse(text)
        if token.level == 0 and token.map is not None
    ]
    lines = text.splitlines(keepends=True)
    ends = [start for start, _ in starts[1:]] + [len(lines)]
    begins = [0, *ends]  # what is before the first block belongs to it
    return [
        ("".join(lines[begin:end]), is_stable)
        for begin, end, (_, is_stable) in zip(begins, ends, starts, strict=False)
    ]


def code_blocks(text: str) -> list[str]:
    """Return the contents of the fenced blocks of code, wherever they are in an answer."""
    return [token.content for token in _parser().parse(text) if token.type == "fence"]


def drawn_lines(console: Console, text: str) -> list[str]:
    """Return a text as lines that fit the terminal, with its codes for colours."""
    with console.capture() as capture:
        console.print(_Drawn(text))
    lines = [_END.sub(lambda end: end[0].replace(" ", ""), line) for line in capture.get().split("\n")]
    while lines and _is_blank(lines[-1]):
        lines.pop()
    while lines and _is_blank(lines[0]):
        del lines[0]
    return lines


def _is_blank(line: str) -> bool:
    return not _CODE.sub("", line).strip()


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["strikethrough", "table"]).disable("image")
    parser.inline.ruler.before("escape", "formula", _formula)
    return parser


def _formula(state: StateInline, silent: bool) -> bool:
    """Take a formula as text, so its backslashes and underscores stay."""
    found = _FORMULA.match(state.src, state.pos)
    if found is None:
        return False
    if not silent:
        state.push("text", "", 0).content = found[0]
    state.pos = found.end()
    return True


class _Code(CodeBlock):
    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        code = str(self.text).rstrip()
        yield Syntax(
            code,
            self.lexer_name,
            theme="ansi_dark",
            background_color="default",
            word_wrap=True,
            padding=(0, 0, 0, INDENT),
        )


class _Heading(Heading):
    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        self.text.justify = "left"
        yield self.text


class _Drawn(Markdown):
    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "code_block": _Code,
        "fence": _Code,
        "heading_open": _Heading,
    }

    def __init__(self, text: str) -> None:
        super().__init__("", hyperlinks=False)
        self.parsed = _parser().parse(text)
        for token in self.parsed:
            if token.children:
                token.children = list(_as_written(token.children))


def _as_written(tokens: Iterable[Token]) -> Iterator[Token]:
    """Keep the ends of lines, and name an address once where the text of a link is the address itself."""
    waiting: list[Token] = []
    for token in tokens:
        if token.type == "softbreak":
            token.type = "hardbreak"
        waiting.append(token)
        if token.type == "link_open" or (len(waiting) == 2 and token.type == "text"):
            continue
        if (
            len(waiting) == 3
            and token.type == "link_close"
            and waiting[1].content == waiting[0].attrs["href"]
        ):
            waiting = waiting[1:2]
        yield from waiting
        waiting = []
    yield from waiting
