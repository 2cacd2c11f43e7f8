"""Families of tokenizers: which models have which, and how each differs from those that can be imitated. Facts only.

`factor` and `overhead` of the families that are verified were fitted by tests/tokens/fit_overheads.py to half of the
recorded exchanges of each, and the other half was measured once they stood here; the bands are set by both. All is
English and JSON, since that was recorded. The numbers of other families are set by hand, from what is usual and a few
recordings.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ._text import Encoding

__all__ = ["Family", "FamilyName", "PromptOverhead", "family_of"]

FamilyName: TypeAlias = Literal[
    "o200k", "cl100k", "claude", "claude-3", "gemini", "gemma", "kimi", "qwen", "glm", "deepseek", "grok", "llama3",
    "mistral", "other",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class PromptOverhead:
    """The tokens of a prompt besides its texts."""

    prompt: float
    """Once."""
    message: float
    """For each message: its role and its borders."""
    tools: float = 0.0
    """Once, with any tool: the framing of tools in the prompt."""
    tool: float = 0.0
    """For each tool."""
    tool_text: float = 1.0
    """Tokens for one token of a tool's definition as JSON."""
    call: float = 0.0
    """For each call in earlier messages."""
    schema: float = 0.0
    """Once, if the answer is to follow a schema."""
    schema_text: float = 1.0
    """Tokens for one token of that schema as JSON."""
    thinking: float = 0.0
    """Once, if the request asks for reasoning."""


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
    overhead: PromptOverhead


_GPT = PromptOverhead(3.0, 3.9, tool=9.0, tool_text=0.42, call=10, schema=4.1, schema_text=0.51, thinking=1.0)
_CLAUDE = PromptOverhead(
    3.9, 4.4, tools=482.3, tool=8.4, tool_text=1.02, call=10.2, schema=51.7, schema_text=1.19, thinking=0.5
)
_CLAUDE_3 = PromptOverhead(3.3, 4.0, tools=346, tool=8, call=10, thinking=13.1)
_GEMINI = PromptOverhead(0.3, 1.6, tool=5.6, tool_text=0.79, call=10, schema_text=1.02)
_KIMI = PromptOverhead(2.5, 3.5, tool=7.6, tool_text=0.96, call=10)
_QWEN = PromptOverhead(3.5, 3.9, tools=82.6, tool=8.1, tool_text=1.01, call=10)
_GLM = PromptOverhead(2.7, 3.7, tools=88.8, tool=8.1, tool_text=1.01, call=10, thinking=3.5)
_DEEPSEEK = PromptOverhead(2, 1, tools=60, tool=10, call=10)
_GROK = PromptOverhead(150, 5, tools=135, tool=9, tool_text=0.9, call=11)
_USUAL = PromptOverhead(4, 5, tools=60, tool=10, call=10)

_FAMILIES: dict[FamilyName, Family] = {
    family.name: family
    for family in (
        Family("o200k", "o200k", 1.0, 0.15, True, _GPT),
        Family("cl100k", "cl100k", 1.0, 0.15, True, _GPT),
        Family("claude", "cl100k", 1.01, 0.20, True, _CLAUDE),
        Family("claude-3", "cl100k", 1.0, 0.30, True, _CLAUDE_3),
        Family("gemini", "o200k", 0.98, 0.40, True, _GEMINI),
        Family("kimi", "o200k", 0.99, 0.30, True, _KIMI),
        Family("qwen", "o200k", 1.0, 0.15, True, _QWEN),
        Family("glm", "o200k", 1.0, 0.20, True, _GLM),
        Family("deepseek", "o200k", 1.05, 0.40, False, _DEEPSEEK),
        Family("grok", "o200k", 1.0, 0.50, False, _GROK),
        Family("gemma", "o200k", 0.95, 0.40, False, _USUAL),
        Family("llama3", "cl100k", 1.0, 0.40, False, _USUAL),
        Family("mistral", "o200k", 1.05, 0.40, False, _USUAL),
        Family("other", "o200k", 1.05, 0.50, False, _USUAL),
    )
}

_NAMES: tuple[tuple[str, FamilyName], ...] = (
    (r"openai/(gpt-3\.5|gpt-4(?![o.])|text-embedding)", "cl100k"),
    (r"openai/", "o200k"),
    (r"anthropic/claude-3", "claude-3"),
    (r"anthropic/", "claude"),
    (r"google/gemini", "gemini"),
    (r"google/gemma", "gemma"),
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
    for pattern, family in _NAMES:
        if re.match(pattern, name):
            return _FAMILIES[family]
    return _FAMILIES["other"]
