"""The types of the example calls, of their arguments and their values, with the shapes they should match."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import anyio
from pydantic import BaseModel

from openrouter_async import AsyncOpenRouter
from openrouter_async.resources._pagination import Page
from openrouter_async.testing.facts.shapes import fields_of, members
from openrouter_async.testing.facts.table import ServiceOperation, load_facts

from .agreement import Comparison
from .call import Call, carry_out
from .checks import facts_of, success
from .differences import BOUNDS
from .shapes import Shape
from .table import Table

__all__ = ["compared"]


def compared(calls: list[Call]) -> Comparison:
    """Return how the types of calls differ from the facts."""
    comparison = Comparison(shapes(), BOUNDS)
    for ours, schema, apart in sent(calls):
        comparison.compare(ours, schema, sent=True, apart=apart)
    for ours, schema in received(calls):
        comparison.compare(ours, schema, sent=False)
    return comparison


def sent(calls: Iterable[Call]) -> Iterator[tuple[type, str, frozenset[str]]]:
    """Yield the type of the keyword arguments of each method that has one, and the shape it should match.

    That is the query, or the body: `getModels.query`, `createKeys.body`. The third is the names of the arguments that
    the method has apart from them.
    """
    client = AsyncOpenRouter("sk-or-v1-x")
    for name in sorted({call.name for call in calls}):
        namespace, _, method = name.partition(".")
        function = inspect.unwrap(getattr(type(getattr(client, namespace)), method, len))
        parameters = inspect.signature(function).parameters
        named = re.fullmatch(r"Unpack\[(\w+)\]", str([*parameters.values()][-1].annotation))
        owner = named and vars(sys.modules[function.__module__]).get(named[1])
        if owner:
            operation = next(facts_of(call) for call in calls if call.name == name)
            yield owner, f"{operation.id}.{'body' if operation.bodies else 'query'}", frozenset(parameters)


def received(calls: Iterable[Call]) -> Iterator[tuple[type, str]]:
    """Yield the type that each call returns, and the shape it should match.

    That is the whole answer, its `data`, or one item of that: `createKeys.reply`, `getKey.data`, `list.item`; of a
    stream it is an event.
    """
    for call in calls:
        operation = facts_of(call)
        if call.event is not None:
            yield call.event, f"{operation.id}.event"
        if operation.reply is None or call.part is not None or call.event is not None or call.ends:
            continue
        (seen,) = anyio.run(carry_out, call, *success(call, most=1))
        value: Any = seen.value
        kind = "data"
        if isinstance(value, Page):
            value, kind = value.items[0], "item"
        elif isinstance(value, BaseModel) and "data" in type(value).model_fields:
            kind = "reply"
        if isinstance(value, BaseModel):
            yield type(value), f"{operation.id}.{kind}"


def shapes() -> dict[str, Shape]:
    """Return the named shapes, and those that only an operation has, by names such as `getCredits.reply`."""
    table = Table.known()
    named = dict(table.shapes)
    for id, facts in table.operations.items():
        named[f"{id}.query"] = query_shape([p for p in facts["params"] if p["in"] == "query"])
        named |= {f"{id}.body": body for kind, body in facts["body"].items() if kind == "application/json"}
    for operation in load_facts().operations.values():
        named |= {f"{operation.id}.{part}": shape for part, shape in _parts(operation)}
    return named


def _parts(operation: ServiceOperation) -> Iterator[tuple[str, Any]]:
    """Yield the shapes of an operation's answer, of its `data` (else of the answer itself), and of an item of that."""
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
    """Return the shape of query parameters; `true` and `false` in a query are booleans with us."""
    fields = {f"{param['name']}?": _as_given(param["shape"]) for param in params}
    return {"type": "object", "fields": fields}


def _as_given(shape: Shape) -> Shape:
    words = shape.get("enum") if isinstance(shape, dict) else None
    if words == ["false", "true"]:
        return "boolean"
    return {"type": "boolean", "enum": [True]} if words == ["true"] else shape
