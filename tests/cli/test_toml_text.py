"""One value of a TOML document is changed, or the document is refused."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrouter_async.cli.toml_text import with_value

NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8)
VALUES = st.one_of(st.booleans(), st.text(st.characters(exclude_categories=["Cs"]), max_size=20))


@given(st.lists(st.tuples(st.sampled_from([None, "aliases"]), NAMES, st.none() | VALUES), max_size=8))
def test_the_document_has_what_was_written(steps: list[tuple[str | None, str, str | bool | None]]) -> None:
    text = ""
    wanted: dict[str, object] = {}
    for table, name, value in steps:
        if table is None and name == "aliases":
            continue
        text = with_value(text, table, name, value)
        inside = wanted if table is None else wanted.setdefault(table, {})
        assert isinstance(inside, dict)
        inside.pop(name, None)
        if value is not None:
            inside[name] = value
        assert tomllib.loads(text) == wanted


def test_a_value_over_several_lines_is_left_to_its_author() -> None:
    with pytest.raises(ValueError, match="several lines"):
        with_value('system = """\none\ntwo\n"""\n', None, "system", "x")
