"""Reads the body of a chat, text or embeddings request as the service does, and refuses what that refuses.

These rules are written from the service's documentation, apart from the client's own request types, so that each can
show a mistake of the other. Parameters that are not listed are forwarded by the service, so they are let through.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from pydantic import JsonValue

from ..exchange.field_checks import (
    Check,
    boolean,
    either,
    invalid,
    is_number,
    json_object,
    kind_of,
    list_of,
    number,
    one_of,
    text,
)
from ..exchange.service_errors import bad_request

__all__ = [
    "ChatCall",
    "EmbeddingsCall",
    "TextCall",
    "read_chat",
    "read_completion",
    "read_embeddings",
]

JSON: TypeAlias = dict[str, JsonValue]

_EFFORTS = ("max", "xhigh", "high", "medium", "low", "minimal", "none")

_PARAMETERS: Mapping[str, Check] = {
    "model": text(),
    "models": list_of(text()),
    "stream": boolean,
    "temperature": number(0, 2),
    "top_p": number(0, 1),
    "top_k": number(0, whole=True),
    "min_p": number(0, 1),
    "top_a": number(0, 1),
    "frequency_penalty": number(-2, 2),
    "presence_penalty": number(-2, 2),
    "repetition_penalty": number(0, 2),
    "max_tokens": number(1, whole=True),
    "max_completion_tokens": number(1, whole=True),
    "max_tool_calls": number(1, 30, whole=True),
    "seed": number(whole=True),
    "top_logprobs": number(0, 20, whole=True),
    "logprobs": boolean,
    "stop": either(text(), list_of(text(), longest=4)),
    "logit_bias": json_object,
    "parallel_tool_calls": boolean,
    "provider": json_object,
    "plugins": list_of(json_object),
    "reasoning": json_object,
    "reasoning_effort": one_of(*_EFFORTS),
    "modalities": list_of(one_of("text", "image", "audio")),
    "session_id": text(256),
    "user": text(),
    "metadata": json_object,
    "trace": json_object,
    "service_tier": text(),
    "prompt_cache_key": text(),
}
"""Each may be null as well, which is the same as leaving it out."""

_PROVIDER_FIELDS = frozenset({
    "order", "only", "ignore", "allow_fallbacks", "require_parameters", "data_collection", "zdr",
    "enforce_distillable_text", "quantizations", "sort", "preferred_min_throughput", "preferred_max_latency",
    "max_price", "options", "experimental",
})  # fmt: skip

_PART_FIELDS: Mapping[str, tuple[str, str | None]] = {
    "text": ("text", None),
    "input_text": ("text", None),
    "image_url": ("image_url", "url"),
    "input_audio": ("input_audio", "data"),
    "video_url": ("video_url", "url"),
    "input_video": ("video_url", "url"),
    "file": ("file", None),
}
"""Type of a content part -> its field, and the text that must stand in that."""

_ROLES = ("system", "developer", "user", "assistant", "tool")

_FUNCTION_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatCall:
    """What of a chat request decides the answer."""

    models: tuple[str, ...]
    """The model asked for, then its fallbacks; empty for the account's default."""
    messages: list[JSON]
    stream: bool
    tools: tuple[JSON, ...] = ()
    """The `function` of each tool that the client executes."""
    tool_choice: str = "auto"
    """`auto`, `none`, `required`, or the name of the one to call behind `=`."""
    parallel: bool = True
    response_format: JSON | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    wants_reasoning: bool = False
    wants_images: bool = False
    wants_audio: bool = False
    top_logprobs: int | None = None
    """How many alternatives of each token; None: not even the probability of the token."""
    seed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextCall:
    """What of a text completion request decides the answer."""

    models: tuple[str, ...]
    prompt: str
    stream: bool
    max_tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingsCall:
    """What of an embeddings request decides the answer."""

    model: str
    inputs: tuple[str, ...]
    dimensions: int | None = None
    as_base64: bool = False


def read_chat(body: JsonValue) -> ChatCall:
    """Return what a chat request asks for.

    Raises:
        ServiceError: 400; the message names the field.
    """
    fields = _checked(body)
    messages = fields.get("messages")
    if messages is None:
        raise bad_request('Input required: specify "prompt" or "messages"')
    if not isinstance(messages, list) or not messages:
        raise invalid("messages", "a non-empty array", messages)
    for place, message in enumerate(messages):
        _check_message(f"messages.{place}", message)
    reasoning = _reasoning(fields)
    modalities = _strings(fields.get("modalities"))
    stream = fields.get("stream") is True
    if "audio" in modalities and not stream:
        raise bad_request("Audio output requires stream: true")
    return ChatCall(
        models=_models(fields),
        messages=[message for message in messages if isinstance(message, dict)],
        stream=stream,
        tools=_tools(fields.get("tools")),
        tool_choice=_tool_choice(fields),
        parallel=fields.get("parallel_tool_calls") is not False,
        response_format=_response_format(fields.get("response_format")),
        max_tokens=_max_tokens(fields),
        stop=_strings(fields.get("stop")),
        wants_reasoning=reasoning,
        wants_images="image" in modalities,
        wants_audio="audio" in modalities,
        top_logprobs=(_whole(fields.get("top_logprobs")) or 0) if fields.get("logprobs") is True else None,
        seed=_whole(fields.get("seed")),
    )


def read_completion(body: JsonValue) -> TextCall:
    """Return what a text completion request asks for.

    Raises:
        ServiceError: 400; the message names the field.
    """
    fields = _checked(body)
    prompt = fields.get("prompt")
    if prompt is None:
        raise bad_request('Input required: specify "prompt" or "messages"')
    if not isinstance(prompt, str):
        raise invalid("prompt", "a string", prompt)
    return TextCall(
        models=_models(fields),
        prompt=prompt,
        stream=fields.get("stream") is True,
        max_tokens=_max_tokens(fields),
    )


def read_embeddings(body: JsonValue) -> EmbeddingsCall:
    """Return what an embeddings request asks for.

    Raises:
        ServiceError: 400; the message names the field.
    """
    fields = _checked(body)
    model = fields.get("model")
    if not isinstance(model, str):
        raise invalid("model", "a string", model)
    form = fields.get("encoding_format")
    if form not in (None, "float", "base64"):
        raise invalid("encoding_format", "one of 'float', 'base64'", form)
    dimensions = fields.get("dimensions")
    if dimensions is not None and (wrong := number(1, 16_384, whole=True)(dimensions)):
        raise invalid("dimensions", wrong, dimensions)
    return EmbeddingsCall(
        model=model,
        inputs=_embedding_inputs(fields.get("input")),
        dimensions=_whole(dimensions),
        as_base64=form == "base64",
    )


def _embedding_inputs(given: JsonValue) -> tuple[str, ...]:
    """Return one text for each vector wanted; tokens and parts are taken as the JSON they are."""
    if isinstance(given, str) and given:
        return (given,)
    if isinstance(given, list) and given:
        if all(is_number(item) for item in given):
            return (str(given),)
        if all(isinstance(item, str | list | dict) and item for item in given):
            return tuple(item if isinstance(item, str) else str(item) for item in given)
    raise invalid("input", "a non-empty string, or a non-empty array of strings, tokens or parts", given)


def _checked(body: JsonValue) -> JSON:
    if not isinstance(body, dict):
        raise bad_request(f"Invalid input: expected object, received {kind_of(body)}")
    for name, check in _PARAMETERS.items():
        value = body.get(name)
        if value is not None and (expected := check(value)):
            raise invalid(name, expected, value)
    provider = body.get("provider")
    unknown = sorted(provider.keys() - _PROVIDER_FIELDS) if isinstance(provider, dict) else []
    if unknown:
        raise bad_request(f"provider: Unrecognized key: {unknown[0]!r}")
    return body


def _check_message(path: str, message: JsonValue) -> None:
    if not isinstance(message, dict):
        raise invalid(path, "an object", message)
    role = message.get("role")
    if wrong := one_of(*_ROLES)(role):
        raise invalid(f"{path}.role", wrong, role)
    content = message.get("content")
    if role == "tool" and not isinstance(message.get("tool_call_id"), str):
        raise invalid(f"{path}.tool_call_id", "a string", message.get("tool_call_id"))
    if isinstance(content, list):
        for place, part in enumerate(content):
            _check_part(f"{path}.content.{place}", part, text_only=role in ("system", "developer"))
    elif not isinstance(content, str) and not (content is None and role == "assistant"):
        raise invalid(f"{path}.content", "a string or an array", content)
    calls = message.get("tool_calls")
    if calls is not None:
        if not isinstance(calls, list):
            raise invalid(f"{path}.tool_calls", "an array", calls)
        for place, call in enumerate(calls):
            function = call.get("function") if isinstance(call, dict) else None
            if not isinstance(function, dict) or not isinstance(function.get("name"), str):
                raise invalid(f"{path}.tool_calls.{place}.function.name", "a string", None)


def _check_part(path: str, part: JsonValue, *, text_only: bool) -> None:
    if not isinstance(part, dict):
        raise invalid(path, "an object", part)
    kind = part.get("type")
    if not isinstance(kind, str) or kind not in _PART_FIELDS or (text_only and kind != "text"):
        known = ("text",) if text_only else tuple(_PART_FIELDS)
        raise invalid(f"{path}.type", "one of " + ", ".join(map(repr, known)), kind)
    name, inner = _PART_FIELDS[kind]
    value = part.get(name)
    if kind in ("text", "input_text"):
        if not isinstance(value, str):
            raise invalid(f"{path}.{name}", "a string", value)
        return
    if not isinstance(value, dict):
        raise invalid(f"{path}.{name}", "an object", value)
    if inner is not None and not isinstance(value.get(inner), str):
        raise invalid(f"{path}.{name}.{inner}", "a string", value.get(inner))


def _tools(tools: JsonValue) -> tuple[JSON, ...]:
    if tools is None:
        return ()
    if not isinstance(tools, list):
        raise invalid("tools", "an array", tools)
    functions: list[JSON] = []
    for place, tool in enumerate(tools):
        kind = tool.get("type") if isinstance(tool, dict) else None
        if not isinstance(tool, dict) or not isinstance(kind, str):
            raise invalid(f"tools.{place}.type", "a string", kind)
        if kind != "function":
            continue
        function = tool.get("function")
        name = function.get("name") if isinstance(function, dict) else None
        if not isinstance(function, dict) or not isinstance(name, str) or not _FUNCTION_NAME.fullmatch(name):
            expected = "a string of 1 to 64 letters, digits, underscores or dashes"
            raise invalid(f"tools.{place}.function.name", expected, name)
        parameters = function.get("parameters")
        if parameters is not None and not isinstance(parameters, dict):
            raise invalid(f"tools.{place}.function.parameters", "an object", parameters)
        functions.append(function)
    return tuple(functions)


def _tool_choice(fields: JSON) -> str:
    choice = fields.get("tool_choice")
    if choice is None:
        return "auto"
    if isinstance(choice, str) and choice in ("auto", "none", "required"):
        return choice
    if isinstance(choice, dict) and isinstance(choice.get("type"), str):
        if choice["type"] != "function":
            return "auto"  # forces a server tool, which runs inside the service
        function = choice.get("function")
        name = function.get("name") if isinstance(function, dict) else None
        if isinstance(name, str) and any(tool.get("name") == name for tool in _tools(fields.get("tools"))):
            return f"={name}"
        raise invalid("tool_choice.function.name", "the name of one of the tools", name)
    raise invalid("tool_choice", "'auto', 'none', 'required' or an object", choice)


def _response_format(given: JsonValue) -> JSON | None:
    if given is None:
        return None
    if not isinstance(given, dict):
        raise invalid("response_format", "an object", given)
    kinds = ("text", "json_object", "json_schema", "grammar", "python")
    if wrong := one_of(*kinds)(given.get("type")):
        raise invalid("response_format.type", wrong, given.get("type"))
    if given["type"] == "json_schema":
        wrapper = given.get("json_schema")
        if not isinstance(wrapper, dict):
            raise invalid("response_format.json_schema", "an object", wrapper)
        name = wrapper.get("name")
        if not isinstance(name, str) or not _FUNCTION_NAME.fullmatch(name):
            expected = "a string of 1 to 64 letters, digits, underscores or dashes"
            raise invalid("response_format.json_schema.name", expected, name)
        schema = wrapper.get("schema")
        if schema is not None and not isinstance(schema, dict):
            raise invalid("response_format.json_schema.schema", "an object", schema)
    return given


def _reasoning(fields: JSON) -> bool:
    """Return whether the reply is to hold its reasoning."""
    given, short = fields.get("reasoning"), fields.get("reasoning_effort")
    reasoning: JSON = given if isinstance(given, dict) else {}
    effort = reasoning.get("effort")
    if effort is not None and (wrong := one_of(*_EFFORTS)(effort)):
        raise invalid("reasoning.effort", wrong, effort)
    budget = reasoning.get("max_tokens")
    if budget is not None and (wrong := number(1, whole=True)(budget)):
        raise invalid("reasoning.max_tokens", wrong, budget)
    if effort is not None and budget is not None:
        raise bad_request('Only one of "reasoning.effort" and "reasoning.max_tokens" can be specified')
    if effort is not None and short is not None and effort != short:
        raise bad_request('"reasoning_effort" and "reasoning.effort" must agree')
    if reasoning.get("exclude") is True or reasoning.get("enabled") is False or "none" in (effort, short):
        return False
    return given is not None or short is not None or fields.get("include_reasoning") is True


def _models(fields: JSON) -> tuple[str, ...]:
    model, others = fields.get("model"), _strings(fields.get("models"))
    preset = fields.get("preset")
    if model is None and not others and isinstance(preset, str):
        return (f"@preset/{preset}",)
    return (model, *others) if isinstance(model, str) else others


def _max_tokens(fields: JSON) -> int | None:
    given = [_whole(fields.get(name)) for name in ("max_completion_tokens", "max_tokens")]
    return next((value for value in given if value is not None), None)


def _strings(value: JsonValue) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _whole(value: JsonValue) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
