"""Templates: names of columns in braces, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrouter_async import ConfigurationError
from openrouter_async.tables.template import Template


@pytest.mark.parametrize(
    ("text", "columns", "filled"),
    [
        ("In which country is {city}?", ("city",), "In which country is Oslo?"),
        ("{city}, {city} and {year}", ("city", "year"), "Oslo, Oslo and 1048"),
        ('Answer {{"name": "{city}"}}', ("city",), 'Answer {"name": "Oslo"}'),
        ("{a column}", ("a column",), "{city.__class__}"),
        ("nothing", (), "nothing"),
    ],
)
def test_columns_are_filled_in(text: str, columns: tuple[str, ...], filled: str) -> None:
    template = Template("prompt", text)
    assert template.columns == columns
    assert template.fill({"city": "Oslo", "year": "1048", "a column": "{city.__class__}"}) == filled


@pytest.mark.parametrize(
    "text", ["{}", "{city!r}", "{city:>10}", "{city:{year}}", '{"name": 1}', "{", "}", "{city", "{!r}"]
)
def test_nothing_but_names_stands_in_braces(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"\{\{ and \}\} for braces that are text"):
        Template("prompt", text)


@pytest.mark.parametrize("text", ["{city.__class__}", "{city[0]}", "{0}", "{town}"])
def test_attributes_and_indexes_are_columns_that_are_not_there(text: str) -> None:
    with pytest.raises(ConfigurationError, match="expected one of 'city', 'year'"):
        Template("prompt", text).check(["city", "year"])


def test_a_dotted_name_is_a_column_of_that_name() -> None:
    template = Template("prompt", "{city.name}")
    template.check(["city.name"])
    assert template.fill({"city.name": "Oslo"}) == "Oslo"


def test_a_column_that_is_there_twice_is_not_chosen_from() -> None:
    with pytest.raises(ConfigurationError, match="has more than one column"):
        Template("prompt", "{city}").check(["city", "city"])


def test_a_template_is_text() -> None:
    with pytest.raises(ConfigurationError, match="prompt is a list; expected text"):
        Template("prompt", ["{city}"])  # type: ignore[arg-type]


@given(text=st.text(), cell=st.text())
def test_escaped_text_and_cells_come_out_as_they_are(text: str, cell: str) -> None:
    escaped = text.replace("{", "{{").replace("}", "}}")
    assert Template("prompt", f"{escaped}{{cell}}").fill({"cell": cell}) == text + cell
