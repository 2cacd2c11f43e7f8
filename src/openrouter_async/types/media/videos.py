"""Videos that are made, and the models that make them. Source: the service's OpenAPI document."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal, TypeAlias

from ...errors import JobFailed, OpenRouterError
from .._base import WireType
from ..common import Charged, JsonObject, Lenient, MaybeBool, MaybeFloat, MaybeInt, MaybeStr

__all__ = ["UpscaleFactors", "Video", "VideoModel", "VideoStatus", "VideoUsage"]

VideoStatus: TypeAlias = (
    Literal["pending", "in_progress", "completed", "failed", "cancelled", "expired"] | str
)

TERMINAL = frozenset({"completed", "failed", "cancelled", "expired", "dead"})


class VideoUsage(WireType):
    """The cost of a video."""

    cost: Charged = None
    """US dollars charged to the account; None where the service did not say."""
    is_byok: MaybeBool = None
    """Whether your own provider key was used."""


class Video(WireType):
    """A video, as far as it has come."""

    id: str
    polling_url: MaybeStr = None
    """The service's address for polling; the client uses the id instead."""
    status: Annotated[VideoStatus | None, Lenient()] = None
    generation_id: MaybeStr = None
    """The id of the billed record."""
    unsigned_urls: Annotated[list[str] | None, Lenient()] = None
    """Where the files are, once there are any; those of the service want the key, others must not get it."""
    urls: Annotated[list[str] | None, Lenient()] = None
    error: Annotated[str | JsonObject | None, Lenient()] = None
    """The reason for the failure."""
    expires_at: MaybeInt = None
    """Until when the files are kept, in seconds since 1970."""
    usage: Annotated[VideoUsage | None, Lenient()] = None

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will come of it."""
        return self.status in TERMINAL

    @property
    def failure(self) -> OpenRouterError | None:
        """Why there is no video, and never will be; None if there is a video, or may still be."""
        if not self.is_finished or self.status == "completed":
            return None
        error = self.error
        said = error.get("message") if isinstance(error, dict) else error
        reason = f": {said}" if said else ""
        return JobFailed(
            f"the video {self.id!r} is {self.status}{reason}", job=self, generation_id=self.generation_id
        )

    @property
    def cost(self) -> Decimal | None:
        """US dollars charged for it; None as long as that is not known."""
        return None if self.usage is None else self.usage.cost


class UpscaleFactors(WireType):
    """How much larger a model can make a video."""

    min: MaybeFloat = None
    max: MaybeFloat = None


class VideoModel(WireType):
    """A model that makes videos; a list that is None was not told."""

    id: str
    name: MaybeStr = None
    canonical_slug: MaybeStr = None
    hugging_face_id: MaybeStr = None
    created: MaybeInt = None
    """Seconds since 1970."""
    description: MaybeStr = None
    supported_durations: Annotated[list[int] | None, Lenient()] = None
    """Seconds."""
    supported_resolutions: Annotated[list[str] | None, Lenient()] = None
    supported_aspect_ratios: Annotated[list[str] | None, Lenient()] = None
    supported_sizes: Annotated[list[str] | None, Lenient()] = None
    """Pixels, such as `1280x720`."""
    supported_frame_images: Annotated[list[str] | None, Lenient()] = None
    """`first_frame` and `last_frame`."""
    generate_audio: MaybeBool = None
    seed: MaybeBool = None
    creativity: Annotated[list[int] | None, Lenient()] = None
    upscale_factor: Annotated[UpscaleFactors | None, Lenient()] = None
    pricing_skus: Annotated[dict[str, str] | None, Lenient()] = None
    """US dollars as text, by what is counted, such as a second of a resolution."""
    allowed_passthrough_parameters: Annotated[list[str] | None, Lenient()] = None
    """The possible settings in `provider={"options": ...}`."""
