"""Settings of sampling by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from .request import ChatParams

__all__ = ["PRESETS"]

PRESETS: Mapping[str, ChatParams] = MappingProxyType(
    {
        "creative": {"temperature": 1.0, "top_p": 0.95},
        "balanced": {"temperature": 0.7, "top_p": 1.0},
        "precise": {"temperature": 0.2, "top_p": 0.9},
        "deterministic": {"temperature": 0, "top_p": 1.0, "seed": 42},
        "code": {"temperature": 0.1, "top_p": 0.95},
    }
)
"""Settings of sampling by name, for a call: `create(..., **PRESETS["precise"])`, or a client:
`params=PRESETS["precise"]`. They are plain dicts, so one of your own is used alike."""
