"""The asyncio client for OpenRouter.

Importing the package loads nothing else: each public name is loaded from its module on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ._version import __version__

if TYPE_CHECKING:
    from .client import AsyncOpenRouter as AsyncOpenRouter
    from .options import App as App
    from .options import Limits as Limits
    from .options import RequestOptions as RequestOptions
    from .options import ResponseCache as ResponseCache
    from .options import Retries as Retries
    from .options import Timeouts as Timeouts

_EXPORTS = {
    "AsyncOpenRouter": ".client",
    "App": ".options",
    "Limits": ".options",
    "RequestOptions": ".options",
    "ResponseCache": ".options",
    "Retries": ".options",
    "Timeouts": ".options",
}
"""Public name -> the module it lives in."""

__all__ = ["__version__", *_EXPORTS]  # the table is the list


def __getattr__(name: str) -> object:
    module = _EXPORTS.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(module, __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
