"""`hide_secrets`: text without the keys of the user, before it is kept."""

from __future__ import annotations

import re

from .stored_keys import known_keys

__all__ = ["hide_secrets"]

_KEYS = re.compile(r"\b(sk-|ghp_|gho_|github_pat_|xox[abp]-|AKIA|AIza|hf_)[A-Za-z0-9_-]{16,}")
"""Keys of services that mark them as such: OpenRouter, OpenAI, Anthropic, GitHub, Slack, AWS, Google, Hugging Face."""
LEAST = 8
"""Characters of a key of ours; a shorter one would be found in any text."""


def hide_secrets(text: str) -> str:
    """Return a text in which `[secret]` is in place of each key: our own, and what looks like one of a service."""
    for key in known_keys():
        if len(key) >= LEAST:
            text = text.replace(key, "[secret]")
    return _KEYS.sub("[secret]", text)
