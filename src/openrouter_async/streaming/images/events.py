"""The events of a stream of images, for `match`; text that a model writes meanwhile arrives as in chat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from ..events import Keepalive, Progress, ReasoningDelta, TextDelta

if TYPE_CHECKING:
    from ...types.media.images import GeneratedImage, GeneratedImages

__all__ = ["ImageCompleted", "ImageEvent", "ImagePartial", "ImagesFinished"]


@dataclass(frozen=True, slots=True)
class ImagePartial:
    """An image that is not finished; costs nothing."""

    image: GeneratedImage
    index: int
    """Which of the partial images it is, from 0."""


@dataclass(frozen=True, slots=True)
class ImageCompleted:
    """An image, whole."""

    image: GeneratedImage


@dataclass(frozen=True, slots=True)
class ImagesFinished:
    """The stream is complete; always the last event."""

    images: GeneratedImages


ImageEvent: TypeAlias = (
    ImagePartial | ImageCompleted | TextDelta | ReasoningDelta | Progress | Keepalive | ImagesFinished
)
"""`Progress` is what the service says that this library does not know, drafts of text among them."""
