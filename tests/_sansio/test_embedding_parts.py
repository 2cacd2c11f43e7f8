"""Many inputs become parts that a request can carry."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrouter_async._sansio.embedding_parts import MOST_TOKENS, most_inputs, split_inputs

LONG = "x" * (3 * MOST_TOKENS // 2)


@pytest.mark.parametrize(
    ("inputs", "most", "starts"),
    [
        (["a"], 2048, [0]),
        (["a"] * 2048, 2048, [0]),
        (["a"] * 2049, 2048, [0, 2048]),
        (["a"] * 5, 2, [0, 2, 4]),
        ([LONG, LONG], 2048, [0, 1]),
        ([LONG[3:], LONG[3:]], 2048, [0]),
        ([LONG, "a", LONG, "a"], 2048, [0, 2]),
        ([LONG * 3, "a"], 2048, [0, 1]),
        (["中" * MOST_TOKENS, "a"], 2048, [0, 1]),
        ([[1] * MOST_TOKENS, [1]], 2048, [0, 1]),
        ([{"content": [{"type": "text", "text": LONG}]}] * 2, 2048, [0, 1]),
        ([{"content": [{"type": "image_url", "image_url": {"url": LONG}}]}] * 2, 2048, [0]),
    ],
)
def test_parts_are_as_large_as_a_request_can_be(inputs: list[Any], most: int, starts: list[int]) -> None:
    assert split_inputs(inputs, most=most) == starts


@given(st.lists(st.text(max_size=5), min_size=1, max_size=40), st.integers(1, 10))
def test_no_input_is_lost_and_no_part_is_empty_or_too_large(inputs: list[str], most: int) -> None:
    starts = split_inputs(inputs, most=most)
    sizes = [end - start for start, end in zip(starts, [*starts[1:], len(inputs)], strict=True)]
    assert starts[0] == 0
    assert sum(sizes) == len(inputs)
    assert all(0 < size <= most for size in sizes)


@pytest.mark.parametrize(
    ("dimensions", "encoding", "most"),
    [
        (None, None, 219),
        (None, "float", 219),
        (None, "base64", 2048),
        (1536, None, 585),
        (256, None, 2048),
        (10**9, None, 1),
        ("wrong", None, 219),
    ],
)
def test_a_request_has_as_many_inputs_as_keep_its_answer_acceptable(
    dimensions: object, encoding: object, most: int
) -> None:
    assert most_inputs(dimensions, encoding) == most
