"""Our types agree with the service's schemas, field by field, or `differences.py` says why not.

A failure names what differs by kind, schema and field (see `agreement`). Mend the type; where the type is right,
add the key to `DIFFERENCES` with its reason.
"""

from __future__ import annotations

import pytest

from openrouter_async.types.chat import ChatCompletion
from openrouter_async.types.chat_chunk import ChatChunk
from openrouter_async.types.chat_messages import Message
from openrouter_async.types.chat_request import ChatParams

from .agreement import Comparison
from .differences import BOUNDS, DIFFERENCES
from .table import SPECIFICATION, Table

SENT = [(ChatParams, "ChatRequest"), (Message, "ChatMessages")]
"""Types of what is sent, with the schema they stand for; what they are made of is compared with them."""

RECEIVED = [(ChatCompletion, "ChatResult"), (ChatChunk, "ChatStreamChunk")]
"""The same of what is received."""


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    comparison = Comparison(Table.load(SPECIFICATION).shapes, BOUNDS)
    for ours, schema in SENT:
        comparison.compare(ours, schema, sent=True)
    for ours, schema in RECEIVED:
        comparison.compare(ours, schema, sent=False)
    return comparison


def test_types_and_schemas_agree_but_for_known_differences(comparison: Comparison) -> None:
    unknown = {key: detail for key, detail in comparison.found.items() if key not in DIFFERENCES}
    assert unknown == {}


def test_no_known_difference_is_stale(comparison: Comparison) -> None:
    assert DIFFERENCES.keys() - comparison.found.keys() == set()


def test_bounds_taken_from_the_documentation_are_still_needed(comparison: Comparison) -> None:
    assert BOUNDS.keys() - comparison.used == set()
