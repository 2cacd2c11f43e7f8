"""Parts of a text that have at most so many tokens."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrouter_async import ConfigurationError, estimate_tokens, split_tokens, truncate_tokens

PROSE = "The lamp broke on the first day. I want my money back.\n\nIt was blue." * 40


@given(st.text(max_size=600), st.integers(1, 60))
def test_the_parts_are_the_text_and_none_is_too_long(text: str, tokens: int) -> None:
    parts = split_tokens(text, tokens)
    assert "".join(parts) == text
    assert all(len(part) == 1 or estimate_tokens(part).high <= tokens for part in parts)


@given(st.text(max_size=600), st.integers(1, 60))
def test_the_beginning_fits(text: str, tokens: int) -> None:
    begin = truncate_tokens(text, tokens)
    assert text.startswith(begin)
    assert not begin or estimate_tokens(begin).high <= tokens


def test_prose_is_cut_behind_sentences_and_the_parts_are_well_filled() -> None:
    parts = split_tokens(PROSE, 100)
    assert all(part.endswith((". ", ".", "\n\n", "blue.")) for part in parts)
    assert min(estimate_tokens(part).high for part in parts[:-1]) > 45


def test_arguments_may_be_named() -> None:
    named = split_tokens(text=PROSE, tokens=100, model="openai/gpt-5")
    assert named == split_tokens(PROSE, 100, "openai/gpt-5") != [PROSE]


def test_parts_may_overlap() -> None:
    parts = split_tokens(PROSE, 100, overlap=20)
    assert all(after.startswith(before[-20:]) for before, after in pairwise(parts))
    assert PROSE.endswith(parts[-1])


def test_a_short_text_stays_whole() -> None:
    assert split_tokens("a lamp", 100) == ["a lamp"]
    assert truncate_tokens("a lamp", 100) == "a lamp"
    assert split_tokens("", 100) == []


def test_a_bound_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="tokens is 0"):
        split_tokens("x", 0)
    with pytest.raises(ConfigurationError, match="overlap is -1"):
        split_tokens("x", 1, overlap=-1)
