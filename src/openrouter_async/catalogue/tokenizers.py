"""Which tokenizer a model has, and how its counts relate to those that can be estimated. Facts, and no I/O.

`factor` and `band` come from recorded exchanges: half of each family's fitted them, the other half checked them (see
`tests/catalogue/test_tokens.py`). They are of English and JSON, since that is what was recorded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["Encoding", "Tokenizer", "TokenizerFamily", "tokenizer_of"]

Encoding: TypeAlias = Literal["o200k", "cl100k"]

TokenizerFamily: TypeAlias = Literal[
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
class Tokenizer:
    """A family of tokenizers."""

    family: TokenizerFamily
    encoding: Encoding
    """The one that it is likest to."""
    factor: float
    """Its tokens for one of that encoding."""
    band: float
    """How far nine of ten estimates are off at most, as a share."""
    is_verified: bool
    """Whether its counts were compared with real ones."""


_TOKENIZERS: dict[TokenizerFamily, Tokenizer] = {
    one.family: one
    for one in (
        Tokenizer("o200k", "o200k", 1.0, 0.12, True),
        Tokenizer("cl100k", "cl100k", 1.0, 0.12, True),
        Tokenizer("claude", "cl100k", 1.15, 0.25, True),
        Tokenizer("gemini", "o200k", 1.0, 0.20, True),
        Tokenizer("kimi", "o200k", 1.0, 0.20, True),
        Tokenizer("qwen", "o200k", 1.05, 0.20, True),
        Tokenizer("glm", "o200k", 1.0, 0.20, True),
        Tokenizer("deepseek", "o200k", 1.05, 0.25, False),
        Tokenizer("grok", "o200k", 1.0, 0.25, False),
        Tokenizer("llama3", "cl100k", 0.95, 0.25, False),
        Tokenizer("mistral", "o200k", 1.05, 0.30, False),
        Tokenizer("other", "o200k", 1.05, 0.40, False),
    )
}

_FAMILIES: tuple[tuple[str, TokenizerFamily], ...] = (
    (r"openai/(gpt-3\.5|gpt-4(?!o|\.|-1106-vision-o)|text-embedding|davinci|babbage)", "cl100k"),
    (r"openai/", "o200k"),
    (r"anthropic/", "claude"),
    (r"google/(gemini|gemma)", "gemini"),
    (r"moonshotai/", "kimi"),
    (r"qwen/", "qwen"),
    (r"(z-ai|thudm)/", "glm"),
    (r"deepseek/(?!.*(llama|qwen))", "deepseek"),
    (r"x-ai/", "grok"),
    (r"(.*/.*llama-?3|.*/.*l3\.|nousresearch/hermes-[34])", "llama3"),
    (r"(mistralai|nvidia/mistral|.*/.*mi(s|x)tral)", "mistral"),
)
_PATTERNS = tuple((re.compile(pattern), family) for pattern, family in _FAMILIES)


def tokenizer_of(model: str | None) -> Tokenizer:
    """Return the tokenizer of a model, by its name; of an unknown one, the family `other`."""
    name = (model or "").lower().removeprefix("~")
    for pattern, family in _PATTERNS:
        if pattern.match(name):
            return _TOKENIZERS[family]
    return _TOKENIZERS["other"]
