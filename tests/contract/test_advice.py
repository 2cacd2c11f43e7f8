"""The error for a misspelt argument advises only what the method that was called has an argument for."""

from __future__ import annotations

import inspect
import itertools
import re
from collections.abc import Awaitable, Iterable, Iterator
from copy import copy
from dataclasses import replace
from typing import Any, TypeAlias, cast

import pytest

from openrouter_async import AsyncOpenRouter, ConfigurationError

from .call import Call, carry_out
from .calls import every_call
from .checks import success

Given: TypeAlias = tuple[tuple[Any, ...], dict[str, Any]]
"""The arguments of a call, by position and by name."""


class Misspelling:
    """Stands for a client, and misspells an argument of the method of it that is called."""

    def __init__(self, place: int) -> None:
        self.place = place
        """Which of the places where an argument can be misspelt."""
        self.called: inspect.Signature | None = None
        """Of the method whose argument it misspelt; None while there is no such place."""

    def misspelt(self, method: Any, given: Given) -> Given:
        places = list(_misspelt(signature := inspect.signature(method), given))
        if self.place >= len(places):
            return given
        self.called = signature
        return places[self.place]


class Part:
    """A part of the client that is stood for: the client itself, a resource of it, or a method."""

    def __init__(self, part: Any, client: Misspelling) -> None:
        self._part, self._client = part, client

    def __getattr__(self, name: str) -> Any:
        return Part(getattr(self._part, name), self._client)

    def __call__(self, *args: Any, **params: Any) -> Any:
        args, params = self._client.misspelt(self._part, (args, params))
        return self._part(*args, **params)


def _misspelt(signature: inspect.Signature, given: Given) -> Iterator[Given]:
    args, params = given
    if any(each.kind is each.VAR_KEYWORD for each in signature.parameters.values()):
        yield args, {**params, "misspelt": 1}
    yield from ((tuple(changed), params) for changed in _changed([*args]))
    yield from ((args, changed) for name in params for changed in _inside(params, name))


def _changed(value: Any) -> Iterator[Any]:
    """Yield a value as often as it has dicts in it, with a field more in one of them."""
    if isinstance(value, dict):
        yield {**value, "misspelt": 1}
        for name in value:
            yield from _inside(value, name)
    elif isinstance(value, list):
        for index in range(len(value)):
            yield from _inside(value, index)


def _inside(value: Any, place: Any) -> Iterator[Any]:
    for changed in _changed(value[place]):
        copied = copy(value)
        copied[place] = changed
        yield copied


async def refusals(call: Call) -> list[tuple[str, inspect.Signature]]:
    """Return what each misspelling of a call is told before anything is sent, and the method that was called."""
    told: list[tuple[str, inspect.Signature]] = []
    for place in itertools.count():
        client = Misspelling(place)

        def make(real: AsyncOpenRouter, client: Misspelling = client) -> Awaitable[object]:
            return call.make(cast("AsyncOpenRouter", Part(real, client)))

        (seen,) = await carry_out(replace(call, make=make), *success(call, most=1))
        if client.called is None:
            return told
        if isinstance(seen.error, ConfigurationError):
            told.append((str(seen.error), client.called))
    raise AssertionError("unreachable")


def not_followed(told: Iterable[tuple[str, inspect.Signature]]) -> list[str]:
    """Return the messages that advise an argument which the method lacks."""
    return [
        message
        for message, called in told
        if any(advised not in called.parameters for advised in re.findall(r"\buse (\w+)", message))
    ]


@pytest.mark.parametrize("call", [pytest.param(call, id=call.name) for call in every_call()])
async def test_a_misspelt_argument_is_told_what_the_method_takes(call: Call) -> None:
    assert not_followed(await refusals(call)) == []


async def test_what_is_told_is_looked_at() -> None:
    (ranks,) = (call for call in every_call() if call.name == "rerank.create")
    told = await refusals(ranks)
    assert any("no parameter 'misspelt'" in message for message, _ in told)
    assert any("provider.misspelt is unknown" in message for message, _ in told)
    bare = inspect.signature(lambda: None)
    assert not_followed((message, bare) for message, _ in told)
