"""When a prompt is no longer cached, by a table of what two requests of a conversation found and left."""

from __future__ import annotations

import json

import pytest

from openrouter_async._sansio.cache_marks import prompt_of_body, with_cache_marks
from openrouter_async._sansio.prompt_cache import MOST_BYTES, MOST_KEPT, PromptCaches
from openrouter_async.hooks import CollapseReason, PromptCacheCollapse


def body(system: str, *said: str) -> bytes:
    messages = [{"role": "system", "content": system}, *({"role": "user", "content": each} for each in said)]
    return json.dumps({"model": "m", "messages": messages}).encode()


BODY, OTHER = body("Be brief.", "Hi"), body("Be long.", "Hi")


def counts(prompt: int, read: int, written: int = 0) -> dict[str, int]:
    return {"input_tokens": prompt, "cache_read.input_tokens": read, "cache_write.input_tokens": written}


@pytest.mark.parametrize(
    ("before", "after", "provider", "seconds", "expected"),
    [
        pytest.param(counts(9000, 0, 8000), counts(9500, 8000), "A", 1, None, id="found again"),
        pytest.param(counts(9000, 0, 8000), counts(9500, 7700), "A", 1, None, id="rounded down"),
        pytest.param(counts(1500, 0, 1000), counts(1600, 0), "A", 1, None, id="too small to be cached"),
        pytest.param(counts(9000, 0, 0), counts(9500, 0), "A", 1, None, id="never cached"),
        pytest.param(counts(9000, 0, 8000), {"input_tokens": 9500}, "A", 1, None, id="nobody says"),
        pytest.param(counts(9000, 0, 8000), counts(9500, 0), "A", 1, (8000, "unknown"), id="gone"),
        pytest.param(counts(9000, 6000, 2000), counts(9500, 2000), "A", 1, (6000, "unknown"), id="in part"),
        pytest.param(
            counts(9000, 0, 8000), counts(9500, 0), "B", 1, (8000, "provider_changed"), id="elsewhere"
        ),
        pytest.param(
            counts(9000, 0, 8000), counts(5000, 0), "A", 1, (8000, "prompt_shortened"), id="trimmed"
        ),
        pytest.param(counts(9000, 0, 8000), counts(9500, 0), "A", 301, (8000, "idle"), id="forgotten"),
    ],
)
def test_a_collapse(
    before: dict[str, int],
    after: dict[str, int],
    provider: str,
    seconds: float,
    expected: tuple[int, CollapseReason] | None,
) -> None:
    caches = PromptCaches()
    assert caches.saw("c", "m", "A", before, content=BODY, now=0.0) is None
    found = caches.saw("c", "m", provider, after, content=BODY, now=seconds)
    assert found == (None if expected is None else PromptCacheCollapse(expected[0], 8000, expected[1]))


def test_conversations_and_models_have_caches_of_their_own() -> None:
    caches = PromptCaches()
    caches.saw("c", "m", "A", counts(9000, 0, 8000), content=BODY, now=0.0)
    assert caches.saw("d", "m", "A", counts(9000, 0), content=BODY, now=1.0) is None
    assert caches.saw("c", "n", "A", counts(9000, 0), content=BODY, now=1.0) is None
    assert caches.saw("c", "m", "A", counts(9000, 0), content=BODY, now=1.0) is not None


def test_a_collapse_is_told_once() -> None:
    caches = PromptCaches()
    caches.saw("c", "m", "A", counts(9000, 0, 8000), content=BODY, now=0.0)
    assert caches.saw("c", "m", "A", counts(9000, 0), content=BODY, now=1.0) is not None
    assert caches.saw("c", "m", "A", counts(9000, 0), content=BODY, now=2.0) is None


def test_old_conversations_are_forgotten() -> None:
    caches = PromptCaches()
    for number in range(MOST_KEPT + 1):
        caches.saw(str(number), "m", "A", counts(9000, 0, 8000), content=BODY, now=0.0)
    assert caches.saw("0", "m", "A", counts(9000, 0), content=BODY, now=1.0) is None


def test_a_prompt_that_begins_otherwise_is_another() -> None:
    caches = PromptCaches()
    caches.saw("c", "m", "A", counts(9000, 0, 8000), content=BODY, now=0.0)
    found = caches.saw("c", "m", "A", counts(9500, 0), content=OTHER, now=1.0)
    assert found is not None
    assert (found.missed, found.established, found.reason) == (8000, 8000, "prompt_changed")
    assert found.first_difference == prompt_of_body(BODY).index(b"brief")


def test_the_first_byte_that_differs_is_told_also_far_inside() -> None:
    caches, rules = PromptCaches(), "Rule. " * 1_000
    before = body(rules, "At 12:00: hi", "more")
    caches.saw("c", "m", "A", counts(9000, 0, 8000), content=before, now=0.0)
    after = body(rules, "At 12:01: hi", "more", "and more")
    found = caches.saw("c", "m", "A", counts(9500, 0), content=after, now=1.0)
    assert found is not None
    assert found.reason == "prompt_changed"
    assert found.first_difference == prompt_of_body(before).index(b"0: hi")


def test_marks_and_growth_are_no_difference() -> None:
    caches = PromptCaches()
    grown = with_cache_marks(body("Be brief.", "Hi", "Ho"), "anthropic/m")
    assert b"cache_control" in grown
    caches.saw("c", "m", "A", counts(9000, 0, 8000), content=BODY, now=0.0)
    found = caches.saw("c", "m", "A", counts(9500, 0), content=grown, now=1.0)
    assert found == PromptCacheCollapse(8000, 8000, "unknown")


def test_few_bytes_of_prompts_are_kept() -> None:
    caches = PromptCaches()
    for number in range(10):
        long = body("x" * (MOST_BYTES // 4), str(number))
        caches.saw(str(number), "m", "A", counts(9000, 0, 8000), content=long, now=0.0)
    assert sum(len(mark.content) for mark in caches._marks.values()) <= MOST_BYTES
