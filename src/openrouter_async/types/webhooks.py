"""The events that the service sends to webhooks. Source: the service's guide to video generation."""

from __future__ import annotations

from typing import Annotated

from ._base import WireType
from .common import JsonObject, Lenient, MaybeStr

__all__ = ["WebhookEvent"]


class WebhookEvent(WireType):
    """Something that happened to a job."""

    type: str
    """Such as `video.generation.completed`, `.failed`, `.cancelled` or `.expired`, and the same of `batch`."""
    created_at: MaybeStr = None
    """When, as the service writes it."""
    data: Annotated[JsonObject | None, Lenient()] = None
    """As it came: `id` and `status` of the job, and for videos `generation_id`, `model`, `usage` and `error`."""
    key: MaybeStr = None
    """The same for each sending of one event; from the header `X-OpenRouter-Idempotency-Key`."""

    @property
    def job_id(self) -> str | None:
        """The id of the job; `client.videos.get` or `client.batches.get` asks for it."""
        found = (self.data or {}).get("id")
        return found if isinstance(found, str) else None
