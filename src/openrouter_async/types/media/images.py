"""Images that were made, and the models that make them. Source: the service's OpenAPI document."""

from __future__ import annotations

import base64
import binascii
import builtins
import os
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from ..._files import save_file
from ...errors import InvalidResponseError
from .._base import WireType
from ..batches import JobUsage
from ..chat.media_types import sniff
from ..common import (
    JsonObject,
    Lenient,
    MaybeBool,
    MaybeDecimal,
    MaybeFloat,
    MaybeInt,
    MaybeStr,
    WithoutNulls,
)

if TYPE_CHECKING:
    from typing import Self

__all__ = [
    "GeneratedImage",
    "GeneratedImages",
    "ImageArchitecture",
    "ImageCapability",
    "ImageChunk",
    "ImageEndpoint",
    "ImageEndpoints",
    "ImageModel",
    "ImagePrice",
    "ImageUsage",
]

SNIFFED = 1_024
"""Characters of base64 in which the kind of an image is looked for."""


_BASE64 = str.maketrans("-_", "+/", " \t\r\n")
"""From the alphabet of URLs to the usual one, without what breaks lines."""


class GeneratedImage(WireType):
    """An image."""

    b64_json: Annotated[str, Field(repr=False)]
    """The bytes, as base64; empty where only `url` says where they are."""
    media_type: MaybeStr = None
    """Such as `image/png` or `image/svg+xml`; detected from the first bytes if the service does not say it."""

    @model_validator(mode="before")
    @classmethod
    def _read_other_forms(cls, image: object) -> object:
        """Read an image that is, or has, a URL in place of base64; that of a `data:` URL contains it."""
        if isinstance(image, str):
            image = {"url" if ":" in image[:8] else "b64_json": image}
        if not isinstance(image, dict):
            return image
        fields: dict[str, object] = {**image}
        given, url = fields.get("b64_json"), fields.get("url")
        for data_url in (given, url):
            if isinstance(data_url, str) and data_url.startswith("data:"):
                head, _, given = data_url.partition(",")
                fields["media_type"] = fields.get("media_type") or head[5:].partition(";")[0] or None
                if data_url is url:
                    del fields["url"]
                break
        if isinstance(given, str):
            fields["b64_json"] = given
        elif isinstance(url, str):
            fields["b64_json"] = ""
        return fields

    @model_validator(mode="after")
    def _sniff(self) -> Self:
        if self.media_type is None and (seen := _seen(self.b64_json)) is not None:
            self._amend(media_type=seen)
        return self

    @property
    def url(self) -> str | None:
        """Where the image is, if the answer says that in place of the image; often for an hour only."""
        url = (self.model_extra or {}).get("url")
        return url if isinstance(url, str) else None

    @property
    def bytes(self) -> builtins.bytes:
        """The file.

        Raises:
            InvalidResponseError: the data is not base64, or not in the answer.
        """
        if not self.b64_json and self.url:
            raise InvalidResponseError("the answer does not contain the image, only its address; see .url")
        try:
            return _decoded(self.b64_json)
        except (binascii.Error, ValueError):
            problem = f"an image of {len(self.b64_json)} characters is not base64"
        raise InvalidResponseError(problem)

    async def save(self, path: str | os.PathLike[str]) -> Path:
        """Write it to a file, and return its path; an existing file is replaced whole.

        Raises:
            ConfigurationError: the file cannot be written.
            InvalidResponseError: the data is not base64.
        """
        return await save_file(path, self.bytes)


def _decoded(encoded: str) -> bytes:
    """Return the bytes in base64 of either alphabet, on one line or several, with or without its padding."""
    plain = encoded.translate(_BASE64)
    return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)


def _seen(encoded: str) -> str | None:
    try:
        begin = _decoded(encoded[:SNIFFED])
    except (binascii.Error, ValueError):
        return None
    return sniff(begin) or ("image/svg+xml" if b"<svg" in begin else None)


class ImageUsage(JobUsage):
    """Tokens, in the model's own count, and the cost of the images."""


class GeneratedImages(WireType):
    """The images of a request."""

    created: MaybeInt = None
    """Seconds since 1970; 0 with some providers."""
    data: Annotated[list[GeneratedImage], WithoutNulls()]
    """In the order in which they were made; may be fewer than were asked for."""
    usage: Annotated[ImageUsage | None, Lenient()] = None

    @property
    def images(self) -> list[GeneratedImage]:
        """The images; may be fewer than were asked for."""
        return self.data

    @property
    def image(self) -> GeneratedImage:
        """The first image.

        Raises:
            InvalidResponseError: it is missing.
        """
        if not self.data:
            raise InvalidResponseError("the answer has no image")
        return self.data[0]

    @property
    def cost(self) -> Decimal | None:
        """US dollars charged for them; None where the service did not say."""
        return None if self.usage is None else self.usage.cost


class ImageArchitecture(WireType):
    """The inputs and outputs of a model."""

    input_modalities: Annotated[list[str] | None, Lenient()] = None
    output_modalities: Annotated[list[str] | None, Lenient()] = None


class ImageCapability(WireType):
    """The values that a parameter can have."""

    type: Annotated[Literal["enum", "range", "boolean"] | str | None, Lenient()] = None
    values: Annotated[list[str] | None, Lenient()] = None
    """Of an enum."""
    min: MaybeFloat = None
    """Of a range."""
    max: MaybeFloat = None


Capabilities = dict[str, ImageCapability]


class ImageModel(WireType):
    """A model that makes images."""

    id: str
    name: MaybeStr = None
    created: MaybeInt = None
    """Seconds since 1970."""
    description: MaybeStr = None
    architecture: Annotated[ImageArchitecture | None, Lenient()] = None
    supported_parameters: Annotated[Capabilities | None, Lenient()] = None
    """The parameters it supports, by the names of `ImageParams`; others are not supported."""
    supports_streaming: MaybeBool = None
    endpoints: MaybeStr = None
    """Where its offers are listed; `client.images.endpoints` reads them."""


class ImagePrice(WireType):
    """One price of an offer."""

    billable: Annotated[
        Literal["output_image", "input_image", "input_font", "input_reference", "input_text"] | str | None,
        Lenient(),
    ] = None
    unit: Annotated[Literal["request", "image", "megapixel", "token"] | str | None, Lenient()] = None
    cost_usd: MaybeDecimal = None
    """US dollars for one unit."""
    variant: MaybeStr = None
    """Which size or quality it is for."""


class ImageEndpoint(WireType):
    """A provider's offer of a model."""

    provider_name: MaybeStr = None
    provider_slug: MaybeStr = None
    provider_tag: MaybeStr = None
    supported_parameters: Annotated[Capabilities | None, Lenient()] = None
    allowed_passthrough_parameters: Annotated[list[str] | None, Lenient()] = None
    """The possible settings in `provider={"options": ...}`."""
    pricing: Annotated[list[ImagePrice] | None, Lenient()] = None
    supports_streaming: MaybeBool = None


class ImageEndpoints(WireType):
    """Everyone who offers a model."""

    id: MaybeStr = None
    endpoints: list[ImageEndpoint]


class ImageChunk(WireType):
    """An event of a stream of images, as it came."""

    type: MaybeStr = None
    b64_json: Annotated[str | None, Field(repr=False), Lenient()] = None
    media_type: MaybeStr = None
    partial_image_index: MaybeInt = None
    phase: Annotated[Literal["content", "reasoning", "draft"] | str | None, Lenient()] = None
    text: MaybeStr = None
    created: MaybeInt = None
    usage: Annotated[ImageUsage | None, Lenient()] = None
    error: Annotated[JsonObject | str | None, Lenient()] = None
