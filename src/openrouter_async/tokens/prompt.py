"""`estimate_prompt`: about how many tokens a request's prompt has: texts, images, tools, and what frames them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..types._base import WireType
from ..types.chat.content_parts import Attachment
from ._families import Family, family_of
from ._media import MediaKind, count_media
from ._text import LOOKED_AT, count_text
from .estimate import TokenEstimate, in_band

__all__ = ["estimate_body", "estimate_messages", "estimate_prompt"]

_LEAST = 256
"""Characters of a text that are always read."""

TOLD_TO_THINK = 30
"""Tokens that some models, and not others, are told more when they are to think."""


def estimate_prompt(
    messages: object,
    *,
    model: str | None = None,
    tools: Sequence[object] = (),
    response_format: object = None,
    reasoning: object = None,
) -> TokenEstimate:
    """Return the approximate number of tokens of a prompt. Sends nothing, and downloads nothing.

    ```python
    estimate = estimate_prompt([system("Be brief."), user("Why?")], model="anthropic/claude-sonnet-4.5", tools=tools)
    print(estimate.tokens, estimate.high)
    ```

    It does not include additions by the service: web pages, parsed documents, presets. Images that are not at hand,
    and other attachments, are known only roughly, and have a wide band.

    Args:
        messages: As in `client.chat.create`: a string, a message, or several; dicts, or earlier replies.
        model: The model whose tokens to count; see `estimate_tokens`.
        tools: The tools, as they are sent.
        response_format: As it is sent; a JSON schema in it counts.
        reasoning: As it is sent; asking a model to reason adds tokens with some models.
    """
    counting = _Counting(family_of(model), model or "")
    for message in _as_list(messages):
        counting.message(message)
    counting.tools(tools)
    counting.response_format(response_format)
    thinks = bool(reasoning) or counting.model.endswith(":thinking")
    counting.overhead += counting.family.overhead.prompt + (
        counting.family.overhead.thinking if thinks else 0
    )
    estimate = counting.estimate()
    return replace(estimate, high=estimate.high + TOLD_TO_THINK) if thinks else estimate


def estimate_body(body: Mapping[str, object]) -> TokenEstimate:
    """Return about how many tokens the prompt of a request has, of whichever dialect its body is."""
    model, messages, tools = body.get("model"), body.get("messages"), body.get("tools")
    texts = [body.get(name) for name in ("prompt", "input", "instructions", "system")]
    return estimate_prompt(
        [*(messages if isinstance(messages, list) else ()), *(text for text in texts if text)],
        model=model if isinstance(model, str) else None,
        tools=tools if isinstance(tools, list) else (),
        response_format=body.get("response_format"),
        reasoning=body.get("reasoning"),
    )


def estimate_messages(messages: object, *, model: str | None = None) -> TokenEstimate:
    """Return about how many tokens messages add to a prompt: without what each prompt has once."""
    counting = _Counting(family_of(model), model or "")
    for message in _as_list(messages):
        counting.message(message)
    return counting.estimate()


def _as_list(messages: object) -> Iterable[object]:
    if isinstance(messages, str | Mapping | WireType) or not isinstance(messages, Iterable):
        return [messages]
    return messages


@dataclass(slots=True)
class _Counting:
    """Adds up the tokens of one prompt."""

    family: Family
    model: str
    text: float = 0.0
    overhead: float = 0.0
    media: list[tuple[float, float, float]] = field(default_factory=list)
    looked_at: int = 0
    """Characters; beyond a limit, only part of each further text is sampled."""

    def estimate(self) -> TokenEstimate:
        sums = in_band(self.text + self.overhead, self.family)
        for tokens, least, most in self.media:
            sums += TokenEstimate(round(tokens), int(least), round(most), sums.basis)
        return sums

    def message(self, message: object) -> None:
        self.overhead += self.family.overhead.message
        if isinstance(message, WireType):
            message = _message_of(message)
        if isinstance(message, Mapping):
            self.content(message.get("content"))
            self.words(
                message.get("name"),
                message.get("reasoning") or message.get("reasoning_content"),
                message.get("refusal"),
            )
            for call in _items(message.get("tool_calls")):
                self.call(call)
            for image in _items(message.get("images")):
                self.part({"type": "image_url", **image} if isinstance(image, Mapping) else None)
        else:
            self.content(message)

    def words(self, *texts: object) -> None:
        for text in texts:
            if isinstance(text, str):
                most = max(LOOKED_AT - self.looked_at, len(text) // 32, _LEAST)
                self.looked_at += min(len(text), most)
                self.text += count_text(text, self.family.encoding, most=most) * self.family.factor

    def content(self, content: object) -> None:
        if isinstance(content, str):
            self.words(content)
        elif isinstance(content, Attachment | Mapping):
            self.part(content)
        elif isinstance(content, Iterable):
            for part in content:
                self.part(part)

    def part(self, part: object) -> None:
        match part:
            case str():
                self.words(part)
            case Attachment(kind=kind, source=source):
                data = source if isinstance(source, bytes) else _data_url(source)
                self.attachment(kind, data, dict(part.options).get("detail"))
            case {"type": "input_audio", "input_audio": {"data": str(data)}}:
                self.attachment("audio", data)
            case {"type": "image_url", "image_url": {"url": url, **given}}:
                self.attachment("image", _data_url(url), given.get("detail"))
            case {"type": "video_url" | "input_video", "video_url": {"url": url}}:
                self.attachment("video", _data_url(url))
            case {"type": "file", "file": {**given}}:
                self.attachment("file", _data_url(given.get("file_data")))
            case {"text": text}:
                self.words(text)
            case int():  # a token, given by its number
                self.media.append((1, 1, 1))
            case list():  # several of them
                count = len(part)
                self.media.append((count, count, count))
            case {"content": _}:  # a message within a list, or the result of a tool
                self.message(part)
            case Mapping():  # a call and its result as the Responses dialect has them, or a newer kind
                self.words(part.get("arguments"), part.get("output"))
            case _:
                pass

    def attachment(self, kind: MediaKind, data: str | bytes | None, detail: object = None) -> None:
        shown = detail if isinstance(detail, str) else None
        self.media.append(count_media(kind, data, self.family, model=self.model, detail=shown))

    def call(self, call: object) -> None:
        function = call.get("function") if isinstance(call, Mapping) else None
        if isinstance(function, Mapping):
            self.overhead += self.family.overhead.call
            self.words(function.get("name"), function.get("arguments"))

    def tools(self, tools: Sequence[object]) -> None:
        overhead = self.family.overhead
        for tool in tools:
            self.overhead += overhead.tool + self._json(_definition(tool)) * overhead.tool_text
        if tools:
            self.overhead += overhead.tools

    def response_format(self, wanted: object) -> None:
        overhead = self.family.overhead
        schema = wanted.get("json_schema") if isinstance(wanted, Mapping) else None
        if schema is not None:
            self.overhead += overhead.schema + self._json(schema) * overhead.schema_text

    def _json(self, value: object) -> float:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain)
        return count_text(text, self.family.encoding) * self.family.factor


def _items(value: object) -> Iterable[object]:
    return value if isinstance(value, list | tuple) else ()


def _message_of(message: WireType) -> Mapping[str, object]:
    """Return the message of a reply, or of a whole completion, as it is sent back."""
    inner = getattr(message, "message", message)
    wire = inner if isinstance(inner, WireType) else message
    return wire.model_dump(
        include={"content", "tool_calls", "reasoning", "reasoning_content", "refusal", "images"}
    )


def _definition(tool: object) -> object:
    """Return the part of a tool that the model sees: name, description and parameters of a function."""
    if isinstance(tool, WireType):
        tool = tool.model_dump(exclude_none=True)
    tool = getattr(tool, "definition", tool)  # a tool made from a function
    if isinstance(tool, Mapping) and isinstance(function := tool.get("function"), Mapping):
        return {name: value for name, value in function.items() if name != "strict"}
    return tool


def _plain(value: object) -> object:
    return value.model_dump(exclude_none=True) if isinstance(value, WireType) else str(value)


def _data_url(source: object) -> str | None:
    return source if isinstance(source, str) and source.startswith("data:") else None
