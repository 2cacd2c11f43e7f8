"""Which of our types stand for which shapes, as the example calls tell: what is given to them, and what they return."""

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

from .call import Call, carry_out
from .checks import facts_of, success

__all__ = ["received", "sent"]


def sent(calls: Iterable[Call]) -> Iterator[tuple[type, str, frozenset[str]]]:
    """Yield the type of the keyword arguments of each method that has one, and the shape that it stands for.

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
    """Yield the type of what each call returns, and the shape it stands for.

    That is the whole answer, its `data`, or one item of that: `createKeys.reply`, `getKey.data`, `list.item`; of a
    stream it is an event.
    """
    for call in calls:
        operation = facts_of(call)
        if call.event is not None:
            yield call.event, f"{operation.id}.event"
        if operation.reply is None or call.part is not None or call.event is not None:
            continue
        (seen,) = anyio.run(carry_out, call, success(call)[0])
        value: Any = seen.value
        kind = "data"
        if isinstance(value, Page):
            value, kind = value.items[0], "item"
        elif isinstance(value, BaseModel) and "data" in type(value).model_fields:
            kind = "reply"
        if isinstance(value, BaseModel):
            yield type(value), f"{operation.id}.{kind}"
