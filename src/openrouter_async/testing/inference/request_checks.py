"""Reads the body of a chat, text or embeddings request as the service does, and refuses what that refuses.

These rules follow the service's documentation and share nothing with the client's own request types, so each can show
a mistake of the other. The service forwards unlisted parameters, so these pass.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from ..exchange.field_checks import (
    Check,
    boolean,
    by_type,
    expecting,
    invalid,
    is_number,
    json_object,
    kind_of,
    list_of,
    number,
    one_of,
    record,
    text,
)
from ..exchange.service_errors import bad_request
from ..json_values import JSON, as_list, as_object, objects_in

__all__ = [
    "ChatCall",
    "EmbeddingsCall",
    "TextCall",
    "read_chat",
    "read_completion",
    "read_embeddings",
]

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
    "stop": lambda path, value: None if isinstance(value, str) else list_of(text(), most=4)(path, value),
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

_NAME = expecting(
    "a string of 1 to 64 letters, digits, underscores or dashes",
    lambda value: isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,64}", value) is not None,
)

_CHAT: Mapping[str, Check] = {
    "reasoning": record(effort=one_of(*_EFFORTS), max_tokens=number(1, whole=True)),
    "tools": list_of(
        by_type({"function": record({"function": record({"name": _NAME}, parameters=json_object)})}, is_open=True)
    ),
    "response_format": by_type({
        "text": record(),
        "json_object": record(),
        "json_schema": record({"json_schema": record({"name": _NAME}, schema=json_object)}),
        "grammar": record(),
        "python": record(),
    }),
}  # fmt: skip

_EMBEDDINGS: Mapping[str, Check] = {
    "encoding_format": one_of("float", "base64"),
    "dimensions": number(1, 16_384, whole=True),
}

_TEXT = record({"text": text()})
_VIDEO = record({"video_url": record({"url": text()})})
_PART = by_type({
    "text": _TEXT,
    "input_text": _TEXT,
    "image_url": record({"image_url": record({"url": text()})}),
    "input_audio": record({"input_audio": record({"data": text()})}),
    "video_url": _VIDEO,
    "input_video": _VIDEO,
    "file": record({"file": json_object}),
})  # fmt: skip
_MESSAGE = record(
    {"role": one_of("system", "developer", "user", "assistant", "tool")},
    tool_calls=list_of(record({"function": record({"name": text()})})),
)


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
    fields = _checked(body, _CHAT)
    messages = fields.get("messages")
    if messages is None:
        raise bad_request('Input required: specify "prompt" or "messages"')
    list_of(_check_message, least=1)("messages", messages)
    reasoning = _reasoning(fields)
    modalities = _strings(fields.get("modalities"))
    stream = fields.get("stream") is True
    if "audio" in modalities and not stream:
        raise bad_request("Audio output requires stream: true")
    tools = objects_in(fields.get("tools"))
    functions = tuple(as_object(tool.get("function")) for tool in tools if tool["type"] == "function")
    form = fields.get("response_format")
    return ChatCall(
        models=_models(fields),
        messages=objects_in(messages),
        stream=stream,
        tools=functions,
        tool_choice=_tool_choice(fields.get("tool_choice"), functions),
        parallel=fields.get("parallel_tool_calls") is not False,
        response_format=None if form is None else as_object(form),
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
    fields = _checked(body, {})
    prompt = fields.get("prompt")
    if prompt is None:
        raise bad_request('Input required: specify "prompt" or "messages"')
    text()("prompt", prompt)
    return TextCall(
        models=_models(fields),
        prompt=str(prompt),
        stream=fields.get("stream") is True,
        max_tokens=_max_tokens(fields),
    )


def read_embeddings(body: JsonValue) -> EmbeddingsCall:
    """Return what an embeddings request asks for.

    Raises:
        ServiceError: 400; the message names the field.
    """
    fields = _checked(body, _EMBEDDINGS)
    text()("model", fields.get("model"))
    return EmbeddingsCall(
        model=str(fields["model"]),
        inputs=_embedding_inputs(fields.get("input")),
        dimensions=_whole(fields.get("dimensions")),
        as_base64=fields.get("encoding_format") == "base64",
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


def _checked(body: JsonValue, more: Mapping[str, Check]) -> JSON:
    if not isinstance(body, dict):
        raise bad_request(f"Invalid input: expected object, received {kind_of(body)}")
    for name, check in {**_PARAMETERS, **more}.items():
        if body.get(name) is not None:
            check(name, body[name])
    unknown = sorted(as_object(body.get("provider")).keys() - _PROVIDER_FIELDS)
    if unknown:
        raise bad_request(f"provider: Unrecognized key: {unknown[0]!r}")
    return body


def _check_message(path: str, value: JsonValue) -> None:
    _MESSAGE(path, value)
    message = as_object(value)
    role, content = message["role"], message.get("content")
    if role == "tool":
        text()(f"{path}.tool_call_id", message.get("tool_call_id"))
    if isinstance(content, list):
        part = by_type({"text": _TEXT}) if role in ("system", "developer") else _PART
        list_of(part)(f"{path}.content", content)
    elif not isinstance(content, str) and not (content is None and role == "assistant"):
        raise invalid(f"{path}.content", "a string or an array", content)


def _tool_choice(choice: JsonValue, tools: tuple[JSON, ...]) -> str:
    if choice is None:
        return "auto"
    if isinstance(choice, str) and choice in ("auto", "none", "required"):
        return choice
    if isinstance(choice, dict) and isinstance(choice.get("type"), str):
        if choice["type"] != "function":
            return "auto"  # forces a server tool, which runs inside the service
        name = as_object(choice.get("function")).get("name")
        if isinstance(name, str) and any(tool["name"] == name for tool in tools):
            return f"={name}"
        raise invalid("tool_choice.function.name", "the name of one of the tools", name)
    raise invalid("tool_choice", "'auto', 'none', 'required' or an object", choice)


def _reasoning(fields: JSON) -> bool:
    """Return whether the reply should contain its reasoning."""
    given, short = fields.get("reasoning"), fields.get("reasoning_effort")
    reasoning = as_object(given)
    effort, budget = reasoning.get("effort"), reasoning.get("max_tokens")
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
    return tuple(item for item in as_list(value) if isinstance(item, str))


def _whole(value: JsonValue) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
