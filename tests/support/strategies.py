"""Hypothesis strategies that more than one part of the suite uses."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

__all__ = ["damaged"]

_SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()
)
_JSON = st.recursive(
    _SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=4
)


@st.composite
def damaged(draw: st.DrawFn, whole: dict[str, Any]) -> dict[str, Any]:
    """Return `whole` with up to four of its fields, at any depth, left out or replaced by any JSON value."""
    value = deepcopy(whole)
    for *way, last in draw(st.lists(st.sampled_from(_fields(whole)), max_size=4, unique=True)):
        owner: Any = value
        for step in way:
            known = isinstance(owner, dict) and step in owner
            known = known or (isinstance(owner, list) and isinstance(step, int) and step < len(owner))
            owner = owner[step] if known else None
        if isinstance(owner, dict) and last in owner:
            if draw(st.booleans()):
                del owner[last]
            else:
                owner[last] = draw(_JSON)
    return value


def _fields(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the path of each field of an object within a JSON value."""
    found: list[tuple[str | int, ...]] = []
    if isinstance(value, dict):
        for name, inner in value.items():
            found += [(*path, name), *_fields(inner, (*path, name))]
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            found += _fields(inner, (*path, index))
    return found
