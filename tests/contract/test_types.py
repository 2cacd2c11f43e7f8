"""Our types agree with the service's schemas, field by field, or `differences.py` says why not.

A failure names what differs by kind, schema and field (see `agreement`). Mend the type; where the type is right,
add the key to `DIFFERENCES` with its reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from openrouter_async.testing.facts.shapes import fields_of, members
from openrouter_async.testing.facts.table import ServiceOperation, load_facts
from openrouter_async.types.chat.messages import Message
from openrouter_async.types.chat.request import ChatParams
from openrouter_async.types.embeddings.request import EmbeddedParts
from openrouter_async.types.media.speech import SpeechTurn
from openrouter_async.types.responses.request import ResponseParams

from . import pairs
from .agreement import Comparison
from .calls import every_call
from .differences import BOUNDS, DIFFERENCES
from .shapes import Shape
from .table import Table

JSON = "application/json"

SENT = [
    (ChatParams, "ChatRequest"),
    (Message, "ChatMessages"),
    (EmbeddedParts, "Input"),
    (SpeechTurn, "SpeechTurn"),
    (ResponseParams, "ResponsesRequest"),
]
"""Types of what is sent that are not the keyword arguments of a method, with the shape they stand for.

The others are found by the example calls (see `pairs`). What a type is made of is compared with it.
"""


def shapes() -> dict[str, Shape]:
    """Return the named shapes, and those that only an operation has, by names such as `getCredits.reply`."""
    table = Table.known()
    named = dict(table.shapes)
    for id, facts in table.operations.items():
        named[f"{id}.query"] = query_shape([p for p in facts["params"] if p["in"] == "query"])
        named |= {f"{id}.body": shape for kind, shape in facts["body"].items() if kind == JSON}
    for operation in load_facts().operations.values():
        named |= {f"{operation.id}.{part}": shape for part, shape in _parts(operation)}
    return named


def _parts(operation: ServiceOperation) -> Iterator[tuple[str, Any]]:
    """Yield the shapes of an operation's answer, of its `data` (itself where it has none) and of an item of that."""
    if operation.reply is not None:
        yield "reply", operation.reply
        data = _inner(operation.reply) or operation.reply
        yield "data", data
        possible, _ = members(data, load_facts().shapes)
        yield from (("item", member["items"]) for member in possible if "items" in member)
    if operation.event is not None:
        yield "event", _inner(operation.event) or operation.event


def _inner(shape: Any) -> Any:
    possible, _ = members(shape, load_facts().shapes)
    return next(
        (fields["data"].shape for member in possible if "data" in (fields := fields_of(member))), None
    )


def query_shape(params: list[dict[str, Any]]) -> Shape:
    """Return the shape of query parameters; what a query says by `true` and `false` is a boolean with us."""
    fields = {f"{param['name']}?": _as_given(param["shape"]) for param in params}
    return {"type": "object", "fields": fields}


def _as_given(shape: Shape) -> Shape:
    words = shape.get("enum") if isinstance(shape, dict) else None
    if words == ["false", "true"]:
        return "boolean"
    return {"type": "boolean", "enum": [True]} if words == ["true"] else shape


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    comparison, calls = Comparison(shapes(), BOUNDS), every_call()
    for ours, schema in SENT:
        comparison.compare(ours, schema, sent=True)
    for ours, schema, apart in pairs.sent(calls):
        comparison.compare(ours, schema, sent=True, apart=apart)
    for ours, schema in pairs.received(calls):
        comparison.compare(ours, schema, sent=False)
    return comparison


def test_types_and_schemas_agree_but_for_known_differences(comparison: Comparison) -> None:
    unknown = {key: detail for key, detail in comparison.found.items() if key not in DIFFERENCES}
    assert unknown == {}


def test_no_known_difference_is_stale(comparison: Comparison) -> None:
    assert DIFFERENCES.keys() - comparison.found.keys() == set()


def test_bounds_taken_from_the_documentation_are_still_needed(comparison: Comparison) -> None:
    assert BOUNDS.keys() - comparison.used == set()
