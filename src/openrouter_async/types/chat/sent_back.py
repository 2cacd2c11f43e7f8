"""The parts of a model's reply that are sent back, in a form that every provider accepts. No I/O here.

Models write calls that are cut, blank or nameless, and answers without text; the caller sees them unchanged. Sent
back like that, they cause a 400, and so does every later request of the conversation. `fit_reply` and `fit_result`
correct one message, and `fit_history` the order of all:

| received | sent back | because |
|---|---|---|
| arguments that are not a JSON object | the object they were read as, else `{}` | all require an object |
| a name with other characters than letters, digits, `_` and `-`, or above 64 | `_` for each, cut | OpenAI refuses it |
| a call without a name, and its result | nothing | there is nothing to call |
| an id that is missing, or was there before | one of its own, in results and reasoning too | Anthropic |
| a part of the content without text | nothing; an image beside it, in `images` | OpenAI takes text alone |
| blank text beside calls, images or speech | null | Anthropic refuses blank text |
| an answer of reasoning alone, or of nothing | `(no text)`, or the words of its refusal | Anthropic, Google |
| a result without text | `(no output)` | Anthropic, Google |
| a call without a result | a result that says so | OpenAI, Anthropic |
| a result that does not follow its call directly | the same, behind its call | OpenAI, Anthropic |
| a result without a call | nothing | OpenAI, Anthropic |

Everything else is sent back unchanged, including unknown fields of messages and calls, since models sign their
reasoning there. Valid parts stay unchanged, so a prompt cache stays valid.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from pydantic_core import from_json, to_json

from .completion import AssistantMessage, content_images
from .content_parts import true_media_type
from .settled_arguments import argument_text, settled_arguments

__all__ = [
    "NO_OUTPUT",
    "NO_RESULT",
    "NO_TEXT",
    "call_fields",
    "fit_history",
    "fit_reply",
    "fit_result",
    "sent_back",
]

NO_TEXT = "(no text)"
NO_OUTPUT = "(no output)"
NO_RESULT = "error: there is no result of this call"

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")

_Message: TypeAlias = dict[str, Any]
_Fields: TypeAlias = Mapping[str, Any]

_REDUCED = frozenset({"role", "content", "tool_calls", "function_call", "reasoning", "reasoning_content",
                      "reasoning_details", "refusal", "images", "audio", "annotations", "model", "name"})  # fmt: skip
"""Fields of a reply that do not go back as they came, or not always."""


def sent_back(reply: AssistantMessage) -> _Message:
    """Return the parts of a reply for the next request."""
    said = reply.model_dump(exclude_unset=True)
    content = said.get("content")
    if isinstance(content, list):  # of text alone; what else a part may be, requests do not take from a model
        texts = [text for part in content if isinstance(text := part.get("text"), str)]
        content = [{"type": "text", "text": text} for text in texts]
    message: _Message = {"role": "assistant", "content": content}
    calls = [
        {name: value for name, value in call.items() if name != "index"}
        for call in said.get("tool_calls") or ()
        if call.get("function")
    ]
    if calls:
        message["tool_calls"] = calls
    details = said.get("reasoning_details")
    if details is not None:
        message["reasoning_details"] = details
    for name in ("reasoning", "reasoning_content"):
        if not details and said.get(name):
            message[name] = said[name]
            break
    if said.get("refusal"):
        message["refusal"] = said["refusal"]
    images = [
        {"image_url": {"url": true_media_type(image.url)}}
        for image in reply.images or content_images(reply.content)
        if image.url
    ]
    if images:
        message["images"] = images
    audio = said.get("audio")
    if audio:
        message["audio"] = {"id": audio["id"]} if audio.get("id") else audio
    files = [item for item in said.get("annotations") or () if item.get("type") == "file"]
    if files:
        message["annotations"] = files
    for name in ("model", "name"):
        if said.get(name):
            message[name] = said[name]
    unknown = {name: value for name, value in said.items() if name not in _REDUCED and value is not None}
    return fit_reply({**message, **unknown})


def call_fields(call: _Fields) -> _Message:
    """Return the fields of a call that are unknown here, such as a signature."""
    return {name: value for name, value in call.items() if name not in ("id", "type", "function", "index")}


def fit_reply(message: _Fields) -> _Message:
    """Return a message of the model in a form that providers accept; unknown shapes are left to the validation."""
    fit = dict(message)
    calls = fit.get("tool_calls")
    if isinstance(calls, list | tuple) and all(map(_is_call, calls)):
        ids = {call.get("id") for call in calls}
        free = (name for number in itertools.count() if (name := f"call_{number}") not in ids)
        fit["tool_calls"] = [_fit_call(call, free) for call in calls if _has_name(call)]
        if not fit["tool_calls"]:
            del fit["tool_calls"]
    content = fit.get("content")
    if isinstance(content, list | tuple):
        content = [part for part in content if not _is_blank_part(part)]
        if len(content) != len(fit["content"]):
            fit["content"] = content
    if not content or (isinstance(content, str) and not content.strip()):
        if fit.get("tool_calls") or fit.get("images") or fit.get("audio"):
            if "content" in fit:
                fit["content"] = None
        else:
            refusal = fit.get("refusal")
            fit["content"] = refusal if isinstance(refusal, str) and refusal.strip() else NO_TEXT
    return fit


def fit_result(message: _Fields) -> _Message:
    """Return the result of a call as providers accept it."""
    content = message.get("content")
    if isinstance(content, list | tuple):
        content = [part for part in content if not _is_blank_part(part)]
    elif not isinstance(content, str) or content.strip():
        return dict(message)
    return {**message, "content": content if isinstance(content, list) and content else NO_OUTPUT}


def fit_history(messages: Sequence[_Fields]) -> list[_Message]:
    """Return the messages with each call followed by its result, and each result after its call; each is fit itself.

    A result belongs to the latest call before it that has its id.
    """
    if not any(message["role"] == "tool" or message.get("tool_calls") for message in messages):
        return [*messages]  # type: ignore[list-item]  # messages are dicts
    history: list[_Message] = []
    taken: dict[str, int] = {}
    for reply, others in _turns(messages):
        if reply is not None:
            results = [message for message in others if message["role"] == "tool"]
            history += _answered(reply, results, taken)
        history += [message for message in others if message["role"] != "tool"]
    return history


def _turns(messages: Sequence[_Fields]) -> Iterator[tuple[_Message | None, list[_Message]]]:
    """Yield each message of the model with those after it, and first those before all of them."""
    reply: _Message | None = None
    others: list[_Message] = []
    for message in messages:
        if message["role"] == "assistant":
            yield reply, others
            reply, others = dict(message), []
        else:
            others.append(dict(message))
    yield reply, others


def _answered(reply: _Message, results: list[_Message], taken: dict[str, int]) -> Iterator[_Message]:
    """Give a reply and the result of each of its calls, under ids that are not `taken`, which counts them."""
    calls = reply.get("tool_calls") or ()
    of_id: dict[str, list[_Message]] = {}
    for result in reversed(results):
        of_id.setdefault(result["tool_call_id"], []).append(result)
    ids: list[str] = []
    answers: list[_Message] = []
    for call in calls:
        id = call["id"]
        found = of_id.get(id)
        answer = found.pop() if found else {"role": "tool", "tool_call_id": id, "content": NO_RESULT}
        while id in taken:
            taken[call["id"]] += 1
            id = answer["tool_call_id"] = f"{call['id']}-{taken[call['id']]}"
        taken[id] = 1
        ids.append(id)
        answers.append(answer)
    new = {call["id"]: id for call, id in reversed([*zip(calls, ids, strict=True)]) if call["id"] != id}
    if new:
        reply["tool_calls"] = [{**call, "id": id} for call, id in zip(calls, ids, strict=True)]
        # Gemini's signatures name the call that they belong to.
        details = reply.get("reasoning_details")
        if details and not any(call["id"] in ids for call in calls):
            reply["reasoning_details"] = [
                {**entry, "id": new[entry["id"]]} if entry.get("id") in new else entry for entry in details
            ]
    yield reply
    yield from answers


def _is_call(call: object) -> bool:
    return isinstance(call, Mapping) and isinstance(call.get("function"), Mapping)


def _has_name(call: _Fields) -> bool:
    name = call["function"].get("name")
    return name is not None and (not isinstance(name, str) or bool(name.strip()))


def _fit_call(call: _Fields, free_ids: Iterator[str]) -> _Message:
    function = call["function"]
    name = function["name"]
    if isinstance(name, str) and not _NAME.fullmatch(name):
        name = re.sub(r"[^A-Za-z0-9_-]", "_", name.strip())[:64]
    return {
        **call,
        "id": call.get("id") or next(free_ids),
        "type": call.get("type") or "function",
        "function": {**function, "name": name, "arguments": _object_text(function.get("arguments"))},
    }


def _object_text(arguments: object) -> str:
    """Return the arguments as they came, if they are the JSON text of an object; else of the one they mean, or `{}`."""
    text = argument_text(arguments)
    if _is_object(text):
        return text
    settled = settled_arguments([text])
    if _is_object(settled):
        return settled
    try:
        value = from_json(settled)  # with NaN and infinities, which no JSON has
    except ValueError:
        return "{}"
    return to_json(value, inf_nan_mode="null").decode() if isinstance(value, dict) else "{}"


def _is_object(text: str) -> bool:
    try:
        return isinstance(from_json(text, allow_inf_nan=False), dict)
    except ValueError:
        return False


def _is_blank_part(part: object) -> bool:
    if not isinstance(part, Mapping) or part.get("type") != "text":
        return False
    text = part.get("text")
    return isinstance(text, str) and not text.strip()
