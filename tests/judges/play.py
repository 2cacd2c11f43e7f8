"""The questions of the judges, and the answers they expect. Both sides import it, so it needs no packages."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

MODEL = "openai/gpt-4o-mini"
TEXT = "Paris, on the Seine: la Ville Lumière."
USE_THE_TOOL = "Use the tool for Oslo."
FACTS = "Name a city, and say how many people live there."
RESULT = "rain in Oslo"

CITY_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "population": {"type": "integer"}},
    "required": ["name", "population"],
    "additionalProperties": False,
}


def failing(status: int) -> str:
    """Return the question that is answered with an error status."""
    return f"Fail with {status}."


def wanted_status(question: str) -> int | None:
    """Return the status that a question is to fail with."""
    found = re.fullmatch(r"Fail with (\d{3})\.", question)
    return None if found is None else int(found[1])


def fails(call: Callable[[], object], *names: str) -> None:
    """Raise unless a call ends with an error of one of these classes, or of a kind of them."""
    try:
        result = call()
    except Exception as error:
        if not {kind.__name__ for kind in type(error).__mro__} & set(names):
            raise
        return
    raise AssertionError(f"no error, but {result!r}"[:200])
