"""A misspelt field is refused before anything is sent, in each object of which the service documents every field."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import pytest
from pydantic import TypeAdapter, ValidationError
from typing_extensions import is_typeddict

from openrouter_async import types

OPEN = {
    "AssistantTurn": "goes back as it came",
    "CallItem": "goes back as it came",
    "CalledFunction": "goes back as it came",
    "InputMessage": "goes back as it came",
    "JobRequest": "is checked by `client.batches`",
    "ResultItem": "goes back as it came",
    "ServerTool": "is any other tool",
    "ToolCallTurn": "goes back as it came",
    "_MayBeAsync": "is a part of other types",
}

READ = {"CallFields", "FunctionFields"}
"""Parts of replies."""


def typed_dicts() -> Iterator[type]:
    for found in pkgutil.walk_packages(types.__path__, types.__name__ + "."):
        for value in vars(importlib.import_module(found.name)).values():
            if is_typeddict(value) and value.__module__ == found.name and value.__name__ not in READ:
                yield value


@pytest.mark.parametrize("kind", list(typed_dicts()), ids=lambda kind: kind.__name__)
def test_an_unknown_field_is_refused_but_where_fields_are_free(kind: type) -> None:
    try:
        TypeAdapter(kind).validate_python({"misspelt": 1})
        refused = []
    except ValidationError as error:
        refused = [each["loc"] for each in error.errors() if each["type"] == "extra_forbidden"]
    assert refused == ([] if kind.__name__ in OPEN else [("misspelt",)])
