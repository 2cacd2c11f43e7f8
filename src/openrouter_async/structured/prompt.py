"""The request for a value: words that ask any model for it, and again, and parameters that ask natively. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..errors import ConfigurationError
from ..types.requests.prevalidated import Prevalidated
from .output import Example, as_schema, example_json
from .schemas.describe import plain_json

if TYPE_CHECKING:
    from pydantic import JsonValue
    from typing_extensions import TypeForm

    from .._sansio.request import CallT, ModelCall
    from ..errors import StructuredOutputError
    from ..types.chat.model_reply import ModelReply
    from .output import Mode, Output
    from .schema import Schema

__all__ = ["check_call", "schema_prompt", "with_feedback", "with_output"]

MAX_TOLD = 20
"""The most violations that the model receives; the rest follows from them, or comes next."""

HEALING = "response-healing"

_PROVIDER = Prevalidated(require_parameters=True)


def schema_prompt(
    wanted: Schema[object] | TypeForm[object] | Mapping[str, object],
    *,
    system: str | None = None,
    examples: Sequence[Example | JsonValue] = (),
) -> str:
    """Return a system prompt that makes a model answer with a value of a schema.

    ```python
    schema_prompt(list[int], system="You are terse.", examples=[Example([2, 3, 5], input="The first 3 primes")])
    ```

    Args:
        wanted: A type, a `Schema`, or a JSON schema.
        system: Your own prompt; it comes first, unchanged.
        examples: Values, or an `Example` with its input for each.

    Raises:
        ConfigurationError: the type does not have a schema, or an example does not fit.
    """
    schema: Schema[object] = as_schema(wanted)
    description = schema.describe()
    if schema.is_wrapped:
        head, _, named = description.partition("\nwhere ")
        inside = "\n  ".join(head.split("\n"))
        description = f'{{\n  "value": {inside}\n}}' + (f"\nwhere {named}" if named else "")
    told = [
        "Answer with one JSON value and nothing else: no introduction, no explanation, no Markdown fence.",
        f"This is what it looks like; what follows // explains it, and is not part of it:\n{description}",
        *_examples(schema, examples, is_strict=False),
    ]
    return "\n\n".join(told if system is None else [system, *told])


def _examples(
    schema: Schema[object], examples: Sequence[Example | JsonValue], *, is_strict: bool
) -> list[str]:
    """Return the prompt text for examples, in the form that the reply must have."""
    told: list[str] = []
    for index, example in enumerate(examples):
        output = example_json(example, index)
        problem = ""
        try:
            schema.read_value(output)
            if is_strict:
                output = schema.strict.convert(output)
            elif schema.is_wrapped:
                output = {"value": output}
        except ValueError as error:
            problem = str(error) or "it has another shape"
        if problem:
            raise ConfigurationError(f"examples[{index}] does not fit the schema {schema.name!r}: {problem}")
        given = example.input if isinstance(example, Example) else None
        asked = ":" if given is None else f", for the input: {given}"
        told.append(f"Example {index + 1}{asked}\n{plain_json(output)}")
    return told


def with_output(output: Output[object], call: CallT, mode: Mode, *, streaming: bool) -> CallT:
    """Return the call that asks for a value: prompted with its schema in words, natively by parameters.

    Natively endpoints must know the schema unless the call says otherwise, and the examples alone are put into words.
    """
    if mode == "native":
        call = call.with_params(_asked(output, call, streaming=streaming))
        if not output.examples:
            return call
    words = output.words.get(mode)
    if words is None:
        words = output.words[mode] = _words(output, mode)
    return call.instructed(words)


def _words(output: Output[object], mode: Mode) -> str:
    if mode == "prompted":
        return schema_prompt(output.schema, examples=output.examples)
    return "\n\n".join(_examples(output.schema, output.examples, is_strict=True))


def _asked(output: Output[object], call: ModelCall, *, streaming: bool) -> Mapping[str, object]:
    """Return the parameters that ask natively; those of calls without any of their own are kept."""
    heals = output.healing and not streaming
    if call.params:
        return _with_form(output, call, heals=heals)
    key = type(call), output.name, heals
    asked = output.asked.get(key)
    if asked is None:
        asked = output.asked[key] = call.prevalidated(_with_form(output, call, heals=heals))
    return asked


def _with_form(output: Output[object], call: ModelCall, *, heals: bool) -> Mapping[str, object]:
    asked = call.in_form(output.schema.asked_format(output.name))
    provider = asked.get("provider")
    if provider is None:
        asked["provider"] = _PROVIDER
    elif isinstance(provider, Mapping):
        asked["provider"] = {**_PROVIDER, **provider}
    plugins = asked.get("plugins") or ()
    if (
        heals
        and isinstance(plugins, Sequence)
        and not any(isinstance(each, Mapping) and each.get("id") == HEALING for each in plugins)
    ):
        asked["plugins"] = [*plugins, {"id": HEALING}]
    return asked


def check_call(call: ModelCall) -> None:
    """Raise if a call already sets the form of its reply."""
    if name := call.names_a_form:
        raise ConfigurationError(f"both output and {name} are given; leave {name} out")


def with_feedback(call: CallT, reply: ModelReply[object], error: StructuredOutputError) -> CallT:
    """Return the call with the reply that did not fit, and the reason."""
    told = [f"Your reply cannot be used: {error.message}."]
    if violations := error.violations:
        told = [
            "Your reply does not fit what was asked for:",
            *(f"- {each}" for each in violations[:MAX_TOLD]),
        ]
        if len(violations) > MAX_TOLD:
            told.append(f"- and {len(violations) - MAX_TOLD} more")
    told.append("Answer again with the corrected JSON value, whole, and nothing else.")
    # Some providers refuse a message of the model without content.
    said = (reply,) if reply.text else ()
    return call.followed_by(*said, {"role": "user", "content": "\n".join(told)})
