"""`chat_messages_of` and `with_approvals`: the messages that `useChat` of Vercel's AI SDK sends, and their decisions.

Text and files stay; tool calls and their outputs become the messages that models expect. Data that a reply needs
back, above all its reasoning, is in the metadata that the form `ai-sdk` sent; visible reasoning text, sources, data
parts and calls without output are not sent back. Files are passed on by their URL, and never fetched here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeGuard

from pydantic_core import to_json

from ..errors import ConfigurationError
from ..tools.approval import PausedRun
from ..tools.turn import NOT_ALLOWED
from ..types.chat.sent_back import call_fields

__all__ = ["chat_messages_of", "with_approvals"]

_DATA_URL = re.compile(r"data:audio/(?P<format>[\w.+-]+)(;[^,]*)?;base64,(?P<data>.*)", re.DOTALL)
_AUDIO_FORMATS = {"mpeg": "mp3", "x-wav": "wav", "wave": "wav", "mp4": "m4a"}
_HAS_OUTPUT = {"output-available": "output", "output-error": "errorText", "output-denied": "errorText"}


def chat_messages_of(ui_messages: object) -> list[dict[str, Any]]:
    """Return `messages` of a `useChat` body in the form that `client.chat.stream` takes.

    ```python
    body = await request.json()
    return relay(client.chat.stream(chat_messages_of(body["messages"])), format="ai-sdk")
    ```

    Raises:
        ConfigurationError: they are not valid messages.
    """
    if not isinstance(ui_messages, Sequence) or isinstance(ui_messages, str) or not ui_messages:
        raise ConfigurationError("messages must be a list of at least one message of the AI SDK")
    messages: list[dict[str, Any]] = []
    for number, message in enumerate(ui_messages):
        role = message.get("role") if isinstance(message, Mapping) else None
        parts = message.get("parts") if isinstance(message, Mapping) else None
        if role not in ("system", "user", "assistant") or not _are_parts(parts):
            raise ConfigurationError(
                f"messages[{number}] is not a message of the AI SDK; expected role and parts, as version 5 and newer"
                " send"
            )
        match role:
            case "system":
                messages.append({"role": "system", "content": "".join(_texts(parts))})
            case "user":
                messages.append({"role": "user", "content": [*_user_parts(parts)]})
            case "assistant":
                for step in _steps(parts):
                    messages += _step_messages(step)
    return messages


def with_approvals(paused: PausedRun, ui_messages: object) -> PausedRun:
    """Return a paused run with the decisions that the user made on a page with `useChat`, by its tool approval.

    ```python
    body = await request.json()
    paused = with_approvals(PausedRun.from_json(stored), body["messages"])
    if not paused.undecided:
        return relay(client.chat.run_stream(paused, tools=[delete]), format="ai-sdk")
    ```

    Keep the paused run on the server (`on_finish` of `relay` has it): the messages only say what was decided, so a page
    cannot have a call run that no model made. Decisions on other calls are ignored.

    Raises:
        ConfigurationError: they are not messages of the AI SDK.
    """
    if not isinstance(ui_messages, Sequence) or isinstance(ui_messages, str):
        raise ConfigurationError("messages must be a list of messages of the AI SDK")
    waiting = {each.call.id for each in paused.undecided if each.wants == "approval"}
    for message in ui_messages:
        parts = message.get("parts") if isinstance(message, Mapping) else None
        for part in parts if _are_parts(parts) else ():
            approval = _approval(part)
            id, approved = approval.get("id"), approval.get("approved")
            if part.get("state") != "approval-responded" or not isinstance(id, str) or id not in waiting:
                continue
            waiting.discard(id)
            if approved is True:
                paused = paused.approve(id)
            elif approved is False:
                reason = approval.get("reason")
                paused = paused.reject(id, reason=reason if isinstance(reason, str) else "")
    return paused


def _approval(part: Mapping[str, object]) -> Mapping[str, object]:
    approval = part.get("approval")
    return approval if isinstance(approval, Mapping) else {}


def _are_parts(parts: object) -> TypeGuard[list[Mapping[str, object]]]:
    return isinstance(parts, list) and all(
        isinstance(part, Mapping) and isinstance(part.get("type"), str) for part in parts
    )


def _texts(parts: Sequence[Mapping[str, object]]) -> Iterator[str]:
    return (str(part.get("text", "")) for part in parts if part["type"] == "text")


def _user_parts(parts: Sequence[Mapping[str, object]]) -> Iterator[dict[str, object]]:
    for part in parts:
        if part["type"] == "text":
            yield {"type": "text", "text": str(part.get("text", ""))}
        elif part["type"] == "file":
            yield _file(str(part.get("url", "")), str(part.get("mediaType", "")), part.get("filename"))


def _file(url: str, media_type: str, name: object) -> dict[str, object]:
    match media_type.partition("/")[0]:
        case "image" | "video" as kind:
            return {"type": f"{kind}_url", f"{kind}_url": {"url": url}}
        case "audio" if match := _DATA_URL.fullmatch(url):
            format = match["format"]
            audio = {"data": match["data"], "format": _AUDIO_FORMATS.get(format, format)}
            return {"type": "input_audio", "input_audio": audio}
    return {"type": "file", "file": {"filename": str(name or "file"), "file_data": url}}


def _steps(parts: Sequence[Mapping[str, object]]) -> Iterator[list[Mapping[str, object]]]:
    """Return the parts of each reply of an answer that several made up."""
    step: list[Mapping[str, object]] = []
    for part in parts:
        if part["type"] == "step-start":
            yield step
            step = []
        else:
            step.append(part)
    yield step


def _step_messages(parts: Sequence[Mapping[str, object]]) -> Iterator[dict[str, object]]:
    text = "".join(_texts(parts))
    calls = [part for part in parts if _tool_name(part) and part.get("state") in _HAS_OUTPUT]
    metadata = [_metadata(part) for part in parts]
    message: dict[str, object] = {"role": "assistant", "content": text or None}
    for found in metadata:
        if _are_objects(found.get("reasoning_details")):
            message["reasoning_details"] = found["reasoning_details"]
        for name in ("reasoning", "reasoning_content"):
            if isinstance(found.get(name), str):
                message[name] = found[name]
    if not text and not calls and (len(message) == 2 or any(map(_tool_name, parts))):
        return
    if calls:
        message["tool_calls"] = [
            {
                **_call_fields(part),
                "id": str(part.get("toolCallId")),
                "type": "function",
                "function": {"name": _tool_name(part), "arguments": _text(part.get("input") or {})},
            }
            for part in calls
        ]
    yield message
    for part in calls:
        output = part.get(_HAS_OUTPUT[str(part["state"])])
        if part["state"] == "output-denied":
            reason = _approval(part).get("reason")
            output = output or f"error: {NOT_ALLOWED}" + (f": {reason}" if reason else "")
        yield {"role": "tool", "tool_call_id": str(part.get("toolCallId")), "content": _text(output)}


def _metadata(part: Mapping[str, object]) -> Mapping[str, object]:
    """Return the metadata that the form `ai-sdk` attached to a part; the browser may have sent anything."""
    for name in ("providerMetadata", "callProviderMetadata"):
        metadata = part.get(name)
        if isinstance(metadata, Mapping) and isinstance(metadata.get("openrouter"), Mapping):
            found: Mapping[str, object] = metadata["openrouter"]
            return found
    return {}


def _are_objects(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, Mapping) for each in value)


def _call_fields(part: Mapping[str, object]) -> Mapping[str, object]:
    fields = _metadata(part).get("call")
    return call_fields(fields) if isinstance(fields, Mapping) else {}


def _tool_name(part: Mapping[str, object]) -> str:
    if part["type"] == "dynamic-tool":
        return str(part.get("toolName", ""))
    kind = str(part["type"])
    return kind.removeprefix("tool-") if kind.startswith("tool-") else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else to_json(value).decode()
