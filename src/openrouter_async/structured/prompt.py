"""The words that ask any model for a value of a schema, and those that ask it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError
from .output import Example, as_schema, example_json
from .schema import Schema
from .schemas.describe import plain_json

if TYPE_CHECKING:
    from pydantic import JsonValue
    from typing_extensions import TypeForm

__all__ = ["ask_again", "strict_examples", "universal_prompt"]

MAX_TOLD = 20
"""Violations that the model is told of; the rest follows from them, or comes next."""


def universal_prompt(
    wanted: Schema[Any] | TypeForm[object] | Mapping[str, object],
    *,
    system: str | None = None,
    examples: Sequence[Example | JsonValue] = (),
) -> str:
    """Return a system prompt that makes a model answer with a value of a schema.

    ```python
    universal_prompt(list[int], system="You are terse.", examples=[Example([2, 3, 5], input="The first 3 primes")])
    ```

    Args:
        wanted: A type, a `Schema`, or a JSON schema.
        system: Your own prompt; it stays first, unchanged.
        examples: Values, or each an `Example` with its input.

    Raises:
        ConfigurationError: there is no schema of it, or an example does not fit.
    """
    schema: Schema[Any] = as_schema(wanted)
    wrapped = schema.is_wrapped
    description = schema.describe()
    if wrapped:
        head, _, named = description.partition("\nwhere ")
        inside = "\n  ".join(head.split("\n"))
        description = f'{{\n  "value": {inside}\n}}' + (f"\nwhere {named}" if named else "")
    told = [
        "Answer with one JSON value and nothing else: no introduction, no explanation, no Markdown fence.",
        f"This is what it looks like; what follows // explains it, and is not part of it:\n{description}",
    ]
    for number, example in enumerate(examples, 1):
        told.append(_example(schema, example, number, wrapped=wrapped))
    if system is not None:
        told.insert(0, system)
    return "\n\n".join(told)


def strict_examples(schema: Schema[Any], examples: Sequence[Example | JsonValue]) -> str:
    """Return the examples for a model that follows the strict form of a schema; raises as `universal_prompt`."""
    told = [_example(schema, example, number, is_strict=True) for number, example in enumerate(examples, 1)]
    return "\n\n".join(told)


def _example(
    schema: Schema[Any],
    example: Example | JsonValue,
    number: int,
    *,
    wrapped: bool = False,
    is_strict: bool = False,
) -> str:
    output = example_json(example, number - 1)
    problem = ""
    try:
        schema.read_value(output)
        if is_strict:
            output = schema.strict.convert(output)
    except ValueError as error:
        problem = str(error) or "it has another shape"
    if problem:
        raise ConfigurationError(f"examples[{number - 1}] does not fit the schema {schema.name!r}: {problem}")
    answer = plain_json({"value": output} if wrapped else output)
    if isinstance(example, Example) and example.input is not None:
        return f"Example {number}, for the input: {example.input}\n{answer}"
    return f"Example {number}:\n{answer}"


def ask_again(problem: str, violations: Sequence[str]) -> str:
    """Return what the model is told of a reply that did not fit."""
    told = [f"Your reply cannot be used: {problem}."]
    if violations:
        told[0] = "Your reply does not fit what was asked for:"
        told += [f"- {violation}" for violation in violations[:MAX_TOLD]]
        if len(violations) > MAX_TOLD:
            told.append(f"- and {len(violations) - MAX_TOLD} more")
    told.append("Answer again with the corrected JSON value, whole, and nothing else.")
    return "\n".join(told)
