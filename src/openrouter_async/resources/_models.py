"""`ModelResource`: a namespace whose calls name their model by an id or by a short name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from ..options import RequestOptions
from ..protocols import Sender
from ..types.chat.short_names import MODELS
from ._base import Resource

__all__ = ["CheckShortName", "ModelResource"]

CheckShortName: TypeAlias = Callable[[str], Awaitable[None]]
"""Raises where a short name of `MODELS` stands for a model that the service no longer has."""


async def _take(name: str) -> None:
    """Take every short name: the list of models is not at hand."""


class ModelResource(Resource):
    def __init__(self, sender: Sender, check_short_name: CheckShortName | None = None) -> None:
        super().__init__(sender)
        self._check_short_name = check_short_name or _take

    def _short_name(self, model: str | None, options: RequestOptions | None) -> str | None:
        """Return the short name by which a call names its model; None where it gives an id, or none."""
        name = self._sender.default_model(options) if model is None else model
        return name if isinstance(name, str) and name in MODELS else None
