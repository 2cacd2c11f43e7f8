"""`faults`: what the strictest of the big providers would refuse in the messages of a chat request.

The service hands messages on to OpenAI, Anthropic and Google, each of which answers 400 for what the others may take,
and a message that is refused once is refused in every later request too. The rules, each with whose it is:

- OpenAI: calls have ids, a name of letters, digits, `_` and `-` up to 64, and arguments in JSON text; `tool_calls` is
  no empty list; each call is answered before anything else is said, once, and nothing else is answered.
- Anthropic: the arguments are an object; no text is blank, and content is null only beside calls (thinking alone is no
  answer); no id is used twice in a conversation; the last message is no assistant's.
- Google: no message is without content; as many results as calls; a picture has the type it says.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

__all__ = ["faults"]

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MAGIC = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif", b"RIFF": "image/webp"}


def faults(messages: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what would be refused, each with its place; empty where all would take them."""
    return [*_each(messages), *_order(messages)]


def _each(messages: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for place, message in enumerate(messages):
        role, content = message.get("role"), message.get("content")
        where = f"{place} ({role})"
        if role not in ("system", "developer", "user", "assistant", "tool"):
            yield f"{where}: no such role"
        if content is None:
            shown = message.get("images") or message.get("audio")
            if role != "assistant" or not (message.get("tool_calls") or shown):
                yield f"{where}: no content"
        elif isinstance(content, str):
            if not content.strip() and not message.get("configuration_update"):
                yield f"{where}: blank text"
        elif not content:
            yield f"{where}: no parts"
        else:
            yield from (f"{where}: {fault}" for part in content for fault in _part(part))
        if "tool_calls" in message and not message["tool_calls"]:
            yield f"{where}: an empty list of calls"
        for call in message.get("tool_calls") or ():
            yield from (f"{where}: {fault}" for fault in _call(call))


def _part(part: Mapping[str, Any]) -> Iterator[str]:
    if part["type"] == "text" and not part["text"].strip():
        yield "a part of blank text"
    if part["type"] == "image_url" and part["image_url"]["url"].startswith("data:"):
        head, _, data = part["image_url"]["url"].partition(",")
        begin = base64.b64decode(data[:16] + "==")
        for magic, media_type in _MAGIC.items():
            if begin.startswith(magic) and head != f"data:{media_type};base64":
                yield f"a picture of {media_type} as {head}"


def _call(call: Mapping[str, Any]) -> Iterator[str]:
    if call.get("type") != "function":
        yield f"a call of type {call.get('type')!r}"
    if not (isinstance(call.get("id"), str) and call["id"]):
        yield f"a call with the id {call.get('id')!r}"
    function = call["function"]
    if not _NAME.fullmatch(function["name"]):
        yield f"a call of {function['name']!r}"
    try:
        arguments = json.loads(function["arguments"], parse_constant=_refuse)
    except ValueError:
        yield f"arguments that are no JSON: {function['arguments']!r}"
    else:
        if not isinstance(arguments, dict):
            yield f"arguments that are no object: {function['arguments']!r}"


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _order(messages: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if messages and messages[-1]["role"] == "assistant":
        yield "the last message is the assistant's"
    used: set[str] = set()
    wanted: list[str] = []
    for place, message in enumerate(messages):
        if message["role"] == "tool":
            id = message["tool_call_id"]
            if id in wanted:
                wanted.remove(id)
            else:
                yield f"{place}: a result of no call, {id!r}"
            continue
        if wanted:
            yield f"{place}: the calls {wanted!r} have no results"
        wanted = [call["id"] for call in message.get("tool_calls") or ()]
        for id in wanted:
            if id in used:
                yield f"{place}: the id {id!r} is used twice"
            used.add(id)
    if wanted:
        yield f"the calls {wanted!r} have no results"
