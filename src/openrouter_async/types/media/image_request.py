"""The parameters of an image request. Source: `ImageGenerationRequest` of the service's OpenAPI document."""

from __future__ import annotations

from typing import Annotated, Literal

from ..requests.fields import Between, NonEmptyText, OneOfOrText
from .common import GroupedParams, ImageProvider

__all__ = ["ImageParams"]


class ImageParams(GroupedParams, total=False):
    """Keyword arguments of `client.images`; which of them a model takes, `client.images.models` says."""

    n: Annotated[int, Between(1, 10)]
    """Images at most, 1 to 10; many providers make one only, and refuse more."""
    size: NonEmptyText
    """A tier (`2K`), or pixels (`2048x2048`), which `resolution` and `aspect_ratio` must then agree with."""
    resolution: Annotated[Literal["512", "768", "1K", "1.5K", "2K", "4K"] | str, OneOfOrText()]
    """The tier of the size; each provider has its own pixels for it."""
    aspect_ratio: Annotated[
        Literal[
            "1:1", "1:2", "1:4", "1:8", "2:1", "2:3", "2.35:1", "3:2", "3:4", "4:1", "4:3", "4:5", "5:2",
            "5:4", "5:7", "7:5", "8:1", "9:16", "16:9", "9:19.5", "19.5:9", "9:20", "20:9", "9:21", "21:9",
            "auto",
        ]
        | str,
        OneOfOrText(),
    ]  # fmt: skip
    quality: Annotated[Literal["auto", "low", "medium", "high", "xhigh", "max"] | str, OneOfOrText()]
    """Ignored by providers that know none."""
    output_format: Annotated[Literal["png", "jpeg", "webp", "svg"] | str, OneOfOrText()]
    output_compression: Annotated[int, Between(0, 100)]
    """0 to 100, for `webp` and `jpeg`."""
    background: Annotated[Literal["auto", "transparent", "opaque"] | str, OneOfOrText()]
    """`transparent` needs `png` or `webp`."""
    seed: int
    """The same image for the same request, with providers that can."""
    provider: ImageProvider
    """Who may make it."""
