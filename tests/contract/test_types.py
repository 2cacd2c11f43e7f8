"""Our types agree with the service's schemas, field by field, or `differences.py` says why not.

A failure names what differs by kind, schema and field (see `agreement`). Mend the type; where the type is right,
add the key to `DIFFERENCES` with its reason.
"""

from __future__ import annotations

import pytest

from openrouter_async.types.chat.messages import Message
from openrouter_async.types.chat.request import ChatParams
from openrouter_async.types.embeddings.request import EmbeddedParts
from openrouter_async.types.media.speech import SpeechTurn
from openrouter_async.types.responses.request import ResponseParams

from .agreement import Comparison
from .calls import every_call
from .differences import BOUNDS, DIFFERENCES
from .pairs import compared

SENT = [
    (ChatParams, "ChatRequest"),
    (Message, "ChatMessages"),
    (EmbeddedParts, "Input"),
    (SpeechTurn, "SpeechTurn"),
    (ResponseParams, "ResponsesRequest"),
]
"""Types of requests that are not the keyword arguments of a method, with the shape they should match.

The others are found by the example calls (see `pairs`). Types within types are compared too.
"""


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    comparison = compared(every_call())
    for ours, schema in SENT:
        comparison.compare(ours, schema, sent=True)
    return comparison


@pytest.mark.slow
def test_types_and_schemas_agree_but_for_known_differences(comparison: Comparison) -> None:
    unknown = {key: detail for key, detail in comparison.found.items() if key not in DIFFERENCES}
    assert unknown == {}


@pytest.mark.slow
def test_no_known_difference_is_stale(comparison: Comparison) -> None:
    assert DIFFERENCES.keys() - comparison.found.keys() == set()


def test_bounds_taken_from_the_documentation_are_still_needed(comparison: Comparison) -> None:
    assert BOUNDS.keys() - comparison.used == set()
