from __future__ import annotations

import inspect
import pickle
import re
from collections.abc import Callable
from decimal import Decimal

import pytest

from openrouter_async import errors
from openrouter_async.errors import OpenRouterError

CLASSES = [
    value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, OpenRouterError)
]

FACTS = {
    "request_id": "8f1-FRA",
    "generation_id": "gen-1",
    "attempts": 3,
    "retry_after": 1.5,
    "may_have_been_billed": None,
}

OWN: dict[type[OpenRouterError], dict[str, object]] = {
    errors.RequestTimeout: {"phase": "idle", "partial": "text"},
    errors.DeadlineExceeded: {"partial": "text"},
    errors.APIStatusError: {
        "status": 503,
        "code": "capacity_exhausted",
        "error_type": "provider_overloaded",
        "provider": "ExampleHost",
        "metadata": {"raw": [1, {"a": None}]},
        "availability": errors.Availability(code="x", retryable=True, raw={"code": "x"}),
        "body": "a page",
        "partial": "text",
    },
    errors.InvalidResponseError: {"content_type": "text/html", "body": "<p>"},
    errors.ResponseTooLarge: {"limit": 10, "partial": "text"},
    errors.StreamError: {"partial": "text"},
    errors.StreamDecodeError: {"data": "{", "partial": "text"},
    errors.StructuredOutputError: {"raw": "{", "violations": ("a: is no number",), "completion": "c"},
    errors.ToolError: {"tool": "f", "call_id": "call_1"},
    errors.BudgetExceeded: {"budget": Decimal("1.5"), "spent": Decimal("1.4")},
}
"""What the constructors take besides the facts; a class is made like its nearest ancestor here."""


def own(cls: type[OpenRouterError]) -> dict[str, object]:
    return next((OWN[base] for base in cls.__mro__ if base in OWN), {})


def make(cls: type[OpenRouterError], message: str = "it failed") -> OpenRouterError:
    build: Callable[..., OpenRouterError] = cls
    return build(message, **FACTS, **own(cls))


def drawn_tree() -> dict[str, str | None]:
    """Return name and name of the parent, from the drawing in the docstring of the module."""
    drawing = re.search(r"```\n(.*?)```", inspect.getdoc(errors) or "", re.DOTALL)
    assert drawing is not None
    parents: dict[str, str | None] = {}
    path: list[str] = []
    for line in drawing[1].splitlines():
        found = re.match(r"[│ ├└─]*", line)
        assert found is not None
        depth = len(found[0]) // 4
        name = line[found.end() :].split()[0]
        del path[depth:]
        parents[name] = path[-1] if path else None
        path.append(name)
    return parents


def test_the_tree_is_the_one_drawn() -> None:
    real = {cls.__name__: None if cls is OpenRouterError else cls.__bases__[0].__name__ for cls in CLASSES}
    assert drawn_tree() == real


def test_each_class_has_one_parent() -> None:
    assert all(len(cls.__bases__) == 1 for cls in CLASSES)


def test_every_class_is_exported() -> None:
    assert {cls.__name__ for cls in CLASSES} <= set(errors.__all__)
    assert all(sorted(each.__all__) == each.__all__ for each in (errors.base, errors.status))
    assert all(hasattr(errors, name) for name in errors.__all__)


@pytest.mark.parametrize("cls", CLASSES)
def test_every_class_keeps_what_it_is_given(cls: type[OpenRouterError]) -> None:
    error = make(cls)
    assert str(error) == error.message == "it failed"
    assert {name: getattr(error, name) for name in (*FACTS, *own(cls))} == {**FACTS, **own(cls)}


@pytest.mark.parametrize("cls", CLASSES)
def test_every_class_can_be_pickled_whole(cls: type[OpenRouterError]) -> None:
    error = make(cls)
    error.add_note("seen in a worker")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is cls
    assert (again.args, vars(again)) == (error.args, vars(error))


@pytest.mark.parametrize("cls", CLASSES)
def test_every_class_can_be_made_from_the_least(cls: type[OpenRouterError]) -> None:
    needed = {"phase": "idle"} if cls is errors.RequestTimeout else {}
    needed |= {"limit": 1} if cls is errors.ResponseTooLarge else {}
    build: Callable[..., OpenRouterError] = cls
    error = build("x", **needed)
    assert (error.request_id, error.generation_id, error.attempts, error.retry_after) == (None, None, 0, None)
    assert error.may_have_been_billed is (False if cls is errors.ConfigurationError else None)


@pytest.mark.parametrize("cls", CLASSES)
def test_a_message_is_cut_at_2000_characters(cls: type[OpenRouterError]) -> None:
    assert str(make(cls, "x" * 2_000)) == "x" * 2_000
    assert str(make(cls, "x" * 2_001)) == "x" * 1_999 + "…"
    assert len(repr(make(cls, "x" * 1_000_000))) < 2_100


def test_moderation_has_its_fields() -> None:
    error = errors.ModerationError(
        "x", status=403, metadata={"reasons": ["violence"], "flagged_input": "a...b", "model_slug": "m"}
    )
    assert (error.reasons, error.flagged_input, error.model_slug) == (("violence",), "a...b", "m")


@pytest.mark.parametrize("odd", [None, 1, "text", {"a": 1}], ids=repr)
def test_odd_metadata_reads_as_absent(odd: int | str | dict[str, int] | None) -> None:
    moderation = errors.ModerationError("x", metadata={"reasons": odd, "model_slug": 1})  # type: ignore[dict-item]  # odd on purpose
    guardrail = errors.GuardrailError("x", metadata={"patterns": odd})  # type: ignore[dict-item]  # odd on purpose
    assert (moderation.reasons, moderation.flagged_input, moderation.model_slug) == ((), None, None)
    assert guardrail.patterns == ()


def test_guardrails_and_providers_have_their_fields() -> None:
    assert errors.GuardrailError("x", metadata={"patterns": ["ssn", 1]}).patterns == ("ssn", "1")
    error = errors.ProviderError("x", metadata={"provider_code": 17, "raw": {"a": 1}})
    assert (error.provider_code, error.raw) == ("17", {"a": 1})
    assert (errors.ProviderError("x").provider_code, errors.ProviderError("x").raw) == (None, None)
