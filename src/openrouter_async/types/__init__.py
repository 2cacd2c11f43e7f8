"""The pydantic types of sent and received data.

The modules of `chat` are attributes of this package too, also as `chat_messages` or `chat_request`, the names they had
before they stood in that folder.
"""

from __future__ import annotations

from types import ModuleType


def __getattr__(name: str) -> ModuleType:
    from importlib import import_module

    unknown = AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name.startswith("_"):
        raise unknown
    try:
        return import_module(f"{__name__}.chat.{name.removeprefix('chat_')}")
    except ModuleNotFoundError:
        raise unknown from None
