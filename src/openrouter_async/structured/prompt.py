"""The request for a value: words that ask any model for it, and again, and parameters that ask natively. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from ..errors import ConfigurationError
from ..types._base import WireType
from ..types.chat.messages import system, user
from ..types.requests.check import Prevalidated
from .output import Example, as_schema, example_json
from .schemas.describe import plain_json

if TYPE_CHECKING:
    from pydantic import JsonValue
    from typing_extensions import TypeForm

    from .._sansio.chat_body import ChatCall
    from ..errors import StructuredOutputError
    from ..types.chat.completion import ChatCompletion
    from ..types.chat.messages import MessageLike, MessagesLike
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


def with_output(output: Output[object], call: ChatCall, mode: Mode, *, streaming: bool) -> ChatCall:
    """Return the call that asks for a value: prompted with its schema in words, natively by parameters.

    Natively endpoints must know the schema unless the call says otherwise, and the examples alone are put into words.
    """
    if mode == "prompted":
        words = schema_prompt(output.schema, examples=output.examples)
        return replace(call, messages=_instructed(call.messages, words))
    asked = {**call.params, "response_format": output.schema.asked_format(output.name)}
    provider = asked.get("provider")
    if provider is None:
        asked["provider"] = _PROVIDER
    elif isinstance(provider, Mapping):
        asked["provider"] = {**_PROVIDER, **provider}
    plugins = asked.get("plugins") or ()
    if (
        output.healing
        and not streaming
        and isinstance(plugins, Sequence)
        and not any(isinstance(each, Mapping) and each.get("id") == HEALING for each in plugins)
    ):
        asked["plugins"] = [*plugins, {"id": HEALING}]
    examples = _examples(output.schema, output.examples, is_strict=True)
    messages = _instructed(call.messages, "\n\n".join(examples)) if examples else call.messages
    return replace(call, messages=messages, params=asked)


def _instructed(messages: MessagesLike, words: str) -> list[MessageLike]:
    """Return the messages with `words` at the end of the system prompt: some models' templates refuse a second one."""
    listed = _as_list(messages)
    at = next((index for index, message in enumerate(listed) if not _instructs(message)), len(listed))
    own = listed[at - 1] if at else None
    content = own.get("content") if isinstance(own, Mapping) else None
    if isinstance(content, str):
        merged: object = f"{content}\n\n{words}"
    elif isinstance(content, Sequence):
        merged = [*content, {"type": "text", "text": f"\n\n{words}"}]
    else:  # there is none, or what is wrong with it is said when it is checked
        return [*listed[:at], system(words), *listed[at:]]
    assert isinstance(own, Mapping)  # it has content
    return [*listed[: at - 1], cast("MessageLike", {**own, "content": merged}), *listed[at:]]


def _instructs(message: MessageLike) -> bool:
    return isinstance(message, Mapping) and message.get("role") in ("system", "developer")


def check_call(call: ChatCall) -> None:
    """Raise if a call specifies the form of its reply itself."""
    given = (call.params.get("response_format"), (call.extra_body or {}).get("response_format"))
    if given != (None, None):
        raise ConfigurationError("both output and response_format are given; leave response_format out")


def with_feedback(call: ChatCall, reply: ChatCompletion[object], error: StructuredOutputError) -> ChatCall:
    """Return the call with the reply that did not fit, and its violations."""
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
    messages = [*_as_list(call.messages), reply] if reply.text else _as_list(call.messages)
    return replace(call, messages=[*messages, user("\n".join(told))])


def _as_list(messages: MessagesLike) -> list[MessageLike]:
    if isinstance(messages, str):
        return [user(messages)]
    return [messages] if isinstance(messages, Mapping | WireType) else list(messages)
