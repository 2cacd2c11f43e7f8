"""Which vectors are most like one."""

from __future__ import annotations

import math

import pytest

from openrouter_async import ConfigurationError, nearest


def test_the_most_alike_come_first() -> None:
    found = nearest([1, 0], [[0, 1], [2, 0], [-1, 0], [1, 1], [0, 0]], k=3)
    assert [near.place for near in found] == [1, 3, 0]
    assert [near.score for near in found] == pytest.approx([1, math.sqrt(0.5), 0])


def test_vectors_of_other_lengths_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="the vector 1 has 1 numbers; expected 2"):
        nearest([1, 0], [[0, 1], [1]])
    with pytest.raises(ConfigurationError, match="k is 0"):
        nearest([1], [[1]], k=0)
    assert nearest([1], []) == []
