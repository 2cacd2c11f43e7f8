"""Replies that no one scripted: plausible, and the same for the same seed and request.

They depend on what was asked, not on the order in which requests arrive, so concurrent runs agree with each other.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
import struct
from random import Random

from ..json_values import JSON, as_object
from ..prompts import count_tokens, cut, text_of
from ..replies import Reply, ToolCall
from .prompted import schema_in
from .request_checks import ChatCall, TextCall
from .schema_values import Words, value_for

__all__ = ["chat_reply", "completion_reply", "embedding", "packed", "randomness"]

PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGD4DwABBAEAX+XDSwAAAABJ"
    "RU5ErkJggg=="
)
"""A picture of one point."""

SILENCE = bytes(480)
"""A hundredth of a second, as 16-bit samples at 24 kHz: the only format that models stream."""

_OPENINGS = (
    "Here is what matters about {topic}.",
    "Let us look at {topic}.",
    "In short, {topic} can be understood in a few steps.",
    "A good way to begin with {topic} is to ask what it is for.",
)
_BODY = (
    "First, it helps to separate what is known about {topic} from what is assumed.",
    "The most common mistake is to treat every case alike.",
    "A small example usually shows more than a long definition.",
    "Most of the effort goes into the details, and they repay it.",
    "If two readings are possible, prefer the one that can be checked.",
    "What changes with time should be written down with its date.",
    "The exceptions are few, but they are the reason for the rule.",
    "Measured values settle the question faster than opinions about {topic}.",
)
_CLOSINGS = (
    "Tell me which part of {topic} you would like to see in more detail.",
    "With that, you have the main points of {topic}.",
    "I can give an example if that helps.",
)
_WRAPPINGS = (
    "{}",
    "{}",
    "{}\n",
    "```json\n{}\n```",
    "```json\n{}\n```\n",
    "Here is the JSON:\n\n```json\n{}\n```",
    "Sure! Here it is:\n\n{}",
    "```json\n{}\n```\n\nLet me know if you need anything else!",
)
"""How models write a value that a prompt asks for, often though it asks for nothing else."""
_THOUGHTS = (
    "The question is about {topic}.",
    "I should keep the answer short and to the point.",
    "There is more than one reading, so I take the usual one.",
    "That is enough to answer.",
)
_WORDS_OF_VECTOR = 64
"""How many words of a text count for its vector, since each costs a millisecond."""

_COMMON_WORDS = frozenset({
    "a", "about", "all", "also", "an", "and", "any", "are", "as", "at", "be", "by", "can", "could", "do", "does",
    "explain", "for", "from", "give", "have", "how", "i", "if", "in", "is", "it", "its", "list", "me", "my", "name",
    "of", "on", "one", "or", "please", "reply", "say", "short", "show", "so", "some", "tell", "that", "the",
    "their", "them", "then", "there", "this", "to", "up", "use", "was", "we", "were", "what", "when", "where",
    "which", "who", "why", "will", "with", "word", "write", "you", "your",
})  # fmt: skip


def randomness(seed: int, *about: object) -> Random:
    """Return random numbers that depend on these values alone."""
    text = json.dumps([seed, *about], ensure_ascii=False, sort_keys=True, default=str)
    return Random(hashlib.blake2b(text.encode(errors="replace"), digest_size=16).digest())


def chat_reply(call: ChatCall, model: str, *, seed: int) -> Reply:
    """Return a reply that does what the request asks for: calls a tool, fills a schema, or says something."""
    random = randomness(seed, model, call.seed, call.messages, call.response_format)
    prompt = _last_text(call.messages, "user")
    words = Words(prompt, random)
    reasoning = _think(prompt, random) if call.wants_reasoning else None
    if tools := _chosen_tools(call, prompt):
        calls = [ToolCall(str(tool["name"]), _arguments(tool, words)) for tool in tools]
        return Reply.of(*calls, reasoning=reasoning)
    text = _text(call, prompt, words, random)
    images = (PIXEL,) if call.wants_images else ()
    text, reason = _ended(text, call, spent=count_tokens(reasoning or ""))
    audio = SILENCE * count_tokens(text) if call.wants_audio else None
    return Reply.of(text, reasoning=reasoning, images=images, audio=audio, finish_reason=reason)


def completion_reply(call: TextCall, *, seed: int) -> Reply:
    """Return a continuation of a prompt."""
    tokens = cut(" " + _prose(call.prompt, randomness(seed, call.prompt)))
    is_cut = call.max_tokens is not None and len(tokens) > call.max_tokens
    return Reply.of("".join(tokens[: call.max_tokens]), finish_reason="length" if is_cut else "stop")


def embedding(text: str, model: str, length: int, *, seed: int) -> list[float]:
    """Return a vector of length 1 that depends on these values alone; equal words bring vectors closer."""
    total = [0.0] * length
    for word in re.findall(r"\w+", text.lower())[:_WORDS_OF_VECTOR] or [text]:
        random = randomness(seed, model, word)
        total = [sum_ + random.gauss(0.0, 1.0) for sum_ in total]
    norm = math.sqrt(math.fsum(value * value for value in total)) or 1.0
    exact = [value / norm for value in total]
    # Rounded to the precision that is sent as base64, so that both forms are equal.
    return list(struct.unpack(f"<{length}f", struct.pack(f"<{length}f", *exact)))


def packed(vector: list[float]) -> str:
    """Return a vector in base64, as little-endian floats of 32 bits."""
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def _last_text(messages: list[JSON], role: str) -> str:
    found = (text_of(message.get("content")) for message in reversed(messages) if message.get("role") == role)
    return next(found, "")


def _chosen_tools(call: ChatCall, prompt: str) -> list[JSON]:
    """Return the tools to call: none where there is a result already, unless one is demanded by name."""
    if not call.tools or call.tool_choice == "none":
        return []
    if call.tool_choice.startswith("="):
        return [tool for tool in call.tools if tool["name"] == call.tool_choice[1:]][:1]
    if call.messages[-1].get("role") == "tool" and call.tool_choice != "required":
        return []
    asked = set(re.findall(r"[a-z]{3,}", prompt.lower()))
    named = [tool for tool in call.tools if set(_split_name(str(tool["name"]))) <= asked]
    if len(named) > 1 and call.parallel:
        return named
    return named[:1] or [max(call.tools, key=lambda tool: len(_words_of(tool) & asked))]


def _split_name(name: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name) if len(word) > 2] or [name]


def _words_of(tool: JSON) -> set[str]:
    text = " ".join(_split_name(str(tool["name"]))) + f" {tool.get('description', '')}"
    return set(re.findall(r"[a-z]{3,}", text.lower())) - _COMMON_WORDS


def _arguments(tool: JSON, words: Words) -> str:
    value = value_for(as_object(tool.get("parameters")) or {"type": "object"}, words)
    return json.dumps(as_object(value), ensure_ascii=False)


def _text(call: ChatCall, prompt: str, words: Words, random: Random) -> str:
    form = call.response_format or {}
    if form.get("type") == "json_schema":
        schema = as_object(as_object(form.get("json_schema")).get("schema"))
        return json.dumps(value_for(schema, words), ensure_ascii=False)
    is_json = form.get("type") == "json_object"
    asking = ("system", "developer", "user") if is_json else ("system", "developer")
    asked = schema_in([text_of(each.get("content")) for each in call.messages if each.get("role") in asking])
    if asked is not None:
        value = json.dumps(value_for(asked, words), ensure_ascii=False)
        return value if is_json else random.choice(_WRAPPINGS).format(value)
    if is_json:
        return json.dumps({"answer": _prose(prompt, random)}, ensure_ascii=False)
    if call.messages[-1].get("role") == "tool":
        result = text_of(call.messages[-1].get("content"))
        return f"The tool answered {result[:200]}. " + _prose(prompt, random)
    return _prose(prompt, random)


def _prose(prompt: str, random: Random) -> str:
    topic = _topic(prompt)
    body = random.sample(_BODY, random.randint(1, 3))
    sentences = [random.choice(_OPENINGS), *body, random.choice(_CLOSINGS)]
    return " ".join(sentence.format(topic=topic) for sentence in sentences)


def _think(prompt: str, random: Random) -> str:
    kept = random.randint(2, len(_THOUGHTS))
    return " ".join(_THOUGHTS[:kept]).format(topic=_topic(prompt))


def _topic(prompt: str) -> str:
    """Return the words a prompt seems to be about, without braces."""
    words = [word for word in re.findall(r"\w+", prompt[:2_000]) if word.lower() not in _COMMON_WORDS]
    return " ".join(words[:4]) or "this"


def _ended(text: str, call: ChatCall, *, spent: int) -> tuple[str, str | None]:
    """Return the text up to a stop sequence or the token limit, with the finish reason."""
    for sequence in call.stop:
        if sequence and sequence in text:
            return text[: text.index(sequence)], "stop"
    if call.max_tokens is None:
        return text, None
    tokens = cut(text)
    left = max(0, call.max_tokens - spent)
    return ("".join(tokens[:left]), "length") if len(tokens) > left else (text, None)
