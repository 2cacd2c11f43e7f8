"""Plain text is broken between words, wherever it is cut into pieces."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from openrouter_async.cli.wrapping import WordWrap


def wrapped(pieces: list[str], width: int) -> str:
    written: list[str] = []
    wrap = WordWrap(width, written.append)
    for piece in pieces:
        wrap.write(piece)
    wrap.end()
    return "".join(written)


def test_words_stay_whole() -> None:
    assert wrapped(["For forty ye", "ars no one ans", "wered"], 12) == "For forty\nyears no one\nanswered\n"


def test_a_word_that_is_too_long_and_a_script_without_blanks_are_cut() -> None:
    assert wrapped(["abcdefghij k"], 4) == "abcd\nefgh\nij k\n"
    assert wrapped(["潮の満ち", "引き"], 6) == "潮の満\nち引き\n"


def test_the_ends_of_lines_stay() -> None:
    assert wrapped(["a\n\n", "  b c\n"], 20) == "a\n\n  b c\n"


@given(st.text("ab \n潮", max_size=60), st.lists(st.integers(0, 60), max_size=6), st.integers(4, 20))
def test_nothing_is_lost_and_no_line_is_too_long(text: str, cuts: list[int], width: int) -> None:
    places = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    written = wrapped([text[a:b] for a, b in itertools.pairwise(places)], width)
    assert "".join(written.split()) == "".join(text.split())
    assert all(cell_len(line.rstrip()) <= width for line in written.split("\n"))
