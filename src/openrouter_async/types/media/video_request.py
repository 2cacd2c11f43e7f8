"""The parameters of a video request. Source: `VideoGenerationRequest` of the service's OpenAPI document."""

from __future__ import annotations

from typing import Annotated, Literal

from ..requests.fields import Between, NonEmptyText, OneOfOrText, Text
from .common import GroupedParams, VideoProvider

__all__ = ["VideoParams"]


class VideoParams(GroupedParams, total=False):
    """Keyword arguments of `client.videos.create`; which of them a model takes, `client.videos.models` says."""

    duration: Annotated[int, Between(1)]
    """Seconds."""
    resolution: Annotated[
        Literal["360p", "480p", "720p", "768p", "1080p", "1K", "2K", "4K"] | str, OneOfOrText()
    ]
    aspect_ratio: Annotated[
        Literal["16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3", "21:9", "9:21"] | str, OneOfOrText()
    ]
    size: NonEmptyText
    """Pixels, such as `1280x720`, in place of the two before."""
    generate_audio: bool
    """Default: as the offer has it."""
    seed: int
    creativity: int
    """For models that make videos larger."""
    upscale_factor: Annotated[float, Between(above=0)]
    """Likewise."""
    previous_job_id: NonEmptyText
    """The video that this one continues, with models that support it."""
    callback_url: Annotated[str, Text(pattern="^https://", of="https://...")]
    """Is told when the video is there; `verify_webhook` reads it."""
    provider: VideoProvider
    """What providers are told besides."""
