"""Where a continuation meets the text before it: no word is doubled, none is lost, and what is uncertain is refused."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrouter_async.errors import StreamError
from openrouter_async.streaming.recovery.seam import LONG_REPEAT, MAX_HELD, OverlapTrimmer, WordBuffer

STORY = "Once upon a time there was a king who had three daughters, and the youngest"


def join(before: str, continuation: str, *, gap: str = " ", step: int | None = None) -> str:
    """Return the text that a continuation makes of the one before, fed in pieces of `step` characters."""
    seam = OverlapTrimmer(before, gap)
    step = step or max(1, len(continuation))
    pieces = [continuation[at : at + step] for at in range(0, len(continuation), step)]
    return before + "".join(map(seam.feed, pieces)) + seam.finish()


# What is held


@pytest.mark.parametrize(
    ("pieces", "given_out", "held"),
    [
        pytest.param(["Once", " upon", " a"], ["", "Once", " upon"], " a", id="words with a space before"),
        pytest.param(["On", "ce", " "], ["", "", "Once"], " ", id="a word in pieces"),
        pytest.param(["end.\n\n", "New"], ["end.", ""], "\n\nNew", id="a paragraph"),
        pytest.param(["今日は", "良い"], ["今日は", "良い"], "", id="no spaces between words"),
        pytest.param(["今日は iPhone"], ["今日は"], " iPhone", id="two scripts"),
        pytest.param(["x" * (MAX_HELD + 20)], ["x" * (MAX_HELD + 20)], "", id="too long to be a word"),
    ],
)
def test_the_last_word_is_held_until_it_is_whole(pieces: list[str], given_out: list[str], held: str) -> None:
    hold = WordBuffer()
    assert [hold.feed(piece) for piece in pieces] == given_out
    assert hold.held == held
    assert hold.release() == held
    assert hold.held == ""


@given(st.lists(st.text(alphabet="ab. \n今", max_size=9)))
def test_what_is_held_and_given_out_is_the_text(pieces: list[str]) -> None:
    hold = WordBuffer()
    given_out = "".join(map(hold.feed, pieces))
    assert given_out + hold.held == "".join(pieces)
    assert not re.search(r"\s\Z", given_out)


# Continuations that go on where they should


@pytest.mark.parametrize(
    ("before", "continuation", "gap", "expected"),
    [
        pytest.param("the quick", " brown fox", " ", "the quick brown fox", id="with its space"),
        pytest.param("the quick", "brown fox", " ", "the quick brown fox", id="without its space"),
        pytest.param("the end.", "Then", "\n\n", "the end.\n\nThen", id="without its blank line"),
        pytest.param("the end.", "\n\nThen", "\n\n", "the end.\n\nThen", id="with its blank line"),
        pytest.param("the quick", ", brown fox", " ", "the quick, brown fox", id="with a comma in its place"),
        pytest.param("今日は", "良い天気", "", "今日は良い天気", id="no spaces between words"),
        pytest.param("def f():", "\n    return 1", "\n    ", "def f():\n    return 1", id="indented"),
        pytest.param(
            "it is very", " very good", " ", "it is very very good", id="a word that is meant twice"
        ),
        pytest.param("He said I", " I mean", " ", "He said I I mean", id="a stammer"),
        pytest.param("a", "", " ", "a", id="nothing"),
        pytest.param("a", "  ", " ", "a  ", id="only spaces"),
    ],
)
def test_it_goes_on(before: str, continuation: str, gap: str, expected: str) -> None:
    for step in (1, 2, 3, None):
        assert join(before, continuation, gap=gap, step=step) == expected


# Continuations that repeat something


@pytest.mark.parametrize(
    ("before", "continuation", "expected"),
    [
        pytest.param("the quick", "quick brown fox", "the quick brown fox", id="the last word"),
        pytest.param("see the quick", "the quick brown", "see the quick brown", id="the last two words"),
        pytest.param("is a", "a big dog", "is a big dog", id="a short word"),
        pytest.param(STORY, STORY + " was fair.", STORY + " was fair.", id="everything"),
        pytest.param(
            STORY, "\n\n" + STORY + " was fair.", STORY + " was fair.", id="everything, after a line"
        ),
        pytest.param(
            STORY,
            " had three daughters, and the youngest one",
            STORY + " one",
            id="many words, after a space",
        ),
        pytest.param(STORY, "and the youngest", STORY, id="and nothing else"),
        pytest.param("the", "there was", "the there was", id="not where a word only begins alike"),
    ],
)
def test_what_it_repeats_is_left_out(before: str, continuation: str, expected: str) -> None:
    for step in (1, 2, 5, None):
        assert join(before, continuation, step=step) == expected


def test_how_much_was_left_out_is_known() -> None:
    seam = OverlapTrimmer("the quick", " ")
    assert seam.feed("quick brown") == " brown"
    assert seam.repeated == len("quick")


# Continuations that are refused


@pytest.mark.parametrize(
    ("before", "continuation"),
    [
        pytest.param(STORY, "Once upon a time there lived a queen.", id="begins anew, and differs"),
        pytest.param(STORY, "\n\nOnce upon a time there was a queen who had", id="the same after a line"),
        pytest.param(STORY, "Once upon", id="begins anew, and ends"),
        pytest.param("I know what I", "I know nothing", id="begins anew, and its first word is the last one"),
        pytest.param("ha ha", "ha ha", id="a text that repeats itself"),
        pytest.param(
            "we go on and on and on, we go on and on and on,", " we go on and on and on, ever", id="a refrain"
        ),
    ],
)
def test_what_cannot_be_joined_is_refused(before: str, continuation: str) -> None:
    for step in (1, 2, 5, None):
        with pytest.raises(StreamError, match="the continuation"):
            join(before, continuation, step=step)


# Any text

WORDS = st.lists(
    st.sampled_from([f"w{number}" for number in range(200)]), unique=True, min_size=2, max_size=40
)


@given(WORDS, st.data())
def test_any_text_is_joined_wherever_it_breaks_off_and_whatever_is_repeated(
    words: list[str], data: st.DataObject
) -> None:
    """The words are different ones, so every repetition is one; each way to go on gives the same text."""
    text = " ".join(words)
    cut = data.draw(st.integers(1, len(words) - 1))
    before, rest = " ".join(words[:cut]), " ".join(words[cut:])
    again = data.draw(st.integers(0, cut))
    step = data.draw(st.integers(1, 12))
    repeated = " ".join([*words[cut - again : cut], rest])
    assert join(before, repeated, step=step) == text
    if again == 0 or again >= LONG_REPEAT:
        assert join(before, " " + repeated, step=step) == text


@given(st.text(alphabet="ab ,.\n", min_size=1), st.text(alphabet="ab ,.\n"), st.sampled_from(["", " ", "\n"]))
def test_it_never_depends_on_how_the_continuation_came(before: str, continuation: str, gap: str) -> None:
    def outcome(step: int | None) -> str:
        try:
            return join(before, continuation, gap=gap, step=step)
        except StreamError:
            return "refused"

    assert {outcome(step) for step in (1, 2, 3)} == {outcome(None)}


def test_a_text_that_begins_anew_is_refused_though_its_beginning_comes_twice_in_it() -> None:
    before = "Once upon a time. And once more: Once upon a time, it"
    with pytest.raises(StreamError, match="begins the text anew"):
        join(before, "Once upon a time there lived a queen.")
