"""Families of tokenizers: which models have which, and how each differs from those that can be imitated. Facts only.

`factor` and `frame` come from recorded exchanges: half of those of each family fitted them, the other half checked
them. They are English and JSON, since that is what was recorded; so are the bands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ._text import Encoding

__all__ = ["Family", "FamilyName", "Frame", "family_of"]

FamilyName: TypeAlias = Literal[
    "o200k",
    "cl100k",
    "claude",
    "gemini",
    "kimi",
    "qwen",
    "glm",
    "deepseek",
    "grok",
    "llama3",
    "mistral",
    "other",
]


@dataclass(frozen=True, slots=True)
class Frame:
    """The tokens of a prompt besides its texts."""

    prompt: float
    """Once."""
    message: float
    """For each message: its role and its borders."""
    tools: float
    """Once, if any tool is offered: what the model is told of tools."""
    tool: float
    """For each tool."""
    tool_text: float
    """Tokens for one token of a tool's definition as JSON."""
    call: float
    """For each call in earlier messages."""
    schema: float = 0.0
    """Once, if the answer is to follow a schema."""
    schema_text: float = 1.0
    """Tokens for one token of that schema as JSON."""


@dataclass(frozen=True, slots=True)
class Family:
    """One family of tokenizers."""

    name: FamilyName
    encoding: Encoding
    """The one that it is likest to."""
    factor: float
    """Its tokens for one of that encoding's."""
    band: float
    """How far nine of ten estimates are off at most, as a share."""
    is_verified: bool
    """Whether it was compared with real counts."""
    frame: Frame


_FAMILIES: dict[FamilyName, Family] = {
    family.name: family
    for family in (
        Family("o200k", "o200k", 1.0, 0.12, True, Frame(3, 4, 0, 10, 0.6, 4)),
        Family("cl100k", "cl100k", 1.0, 0.12, True, Frame(3, 4, 0, 10, 0.6, 4)),
        Family("claude", "cl100k", 1.1, 0.25, True, Frame(4, 4, 480, 10, 1.2, 40, 150)),
        Family("gemini", "o200k", 1.0, 0.25, True, Frame(0, 0, 0, 5, 0.4, 10)),
        Family("kimi", "o200k", 1.0, 0.20, True, Frame(3, 4, 0, 10, 1.0, 10)),
        Family("qwen", "o200k", 1.05, 0.20, True, Frame(3, 5, 100, 5, 1.0, 20)),
        Family("glm", "o200k", 1.0, 0.20, True, Frame(3, 4, 90, 5, 1.0, 10)),
        Family("deepseek", "o200k", 1.05, 0.30, False, Frame(2, 1, 60, 10, 1.0, 10)),
        Family("grok", "o200k", 1.0, 0.40, False, Frame(150, 4, 150, 10, 1.0, 10)),
        Family("llama3", "cl100k", 1.0, 0.30, False, Frame(5, 5, 50, 10, 1.0, 10)),
        Family("mistral", "o200k", 1.05, 0.30, False, Frame(3, 4, 30, 10, 1.0, 10)),
        Family("other", "o200k", 1.05, 0.40, False, Frame(4, 5, 60, 10, 1.0, 10)),
    )
}

_NAMES: tuple[tuple[str, FamilyName], ...] = (
    (r"openai/(gpt-3\.5|gpt-4(?![o.])|text-embedding)", "cl100k"),
    (r"openai/", "o200k"),
    (r"anthropic/", "claude"),
    (r"google/gem", "gemini"),
    (r"moonshotai/", "kimi"),
    (r"qwen/", "qwen"),
    (r"(z-ai|thudm)/", "glm"),
    (r"deepseek/(?!.*(llama|qwen))", "deepseek"),
    (r"x-ai/", "grok"),
    (r".*/.*(llama-?3|l3\.)|nousresearch/hermes-[34]", "llama3"),
    (r"mistralai/|.*/.*(mistral|mixtral)", "mistral"),
)
"""Patterns of lower-case names, the first that fits decides."""


def family_of(model: str | None) -> Family:
    """Return the family that a model's name tells; `other` where it tells none."""
    name = (model or "").lower().removeprefix("~")
    return _FAMILIES[next((family for pattern, family in _NAMES if re.match(pattern, name)), "other")]
