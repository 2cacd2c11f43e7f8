"""The parts of a chat message that are not text: annotations, images, audio, and the probabilities of tokens."""

# Without `from __future__ import annotations`, for which pydantic compiles the type of each field again.

import base64
import binascii
from typing import Annotated, Literal, TypeAlias

from pydantic import Discriminator, Tag, model_validator

from .._base import WireType
from ..common import JsonObject, Lenient, MaybeFloat, MaybeInt, MaybeStr

__all__ = [
    "Annotation",
    "AudioOutput",
    "CitedPage",
    "ContentPart",
    "FileAnnotation",
    "Image",
    "ImageURL",
    "Logprobs",
    "ParsedFile",
    "TokenLogprob",
    "UnknownAnnotation",
    "UrlCitation",
    "each_image_once",
    "each_once",
]


class ContentPart(WireType):
    """A part of a content that came as a list."""

    type: MaybeStr = None
    text: MaybeStr = None

    @model_validator(mode="before")
    @classmethod
    def _read_text(cls, part: object) -> object:
        """Read a part that is only its text."""
        return {"type": "text", "text": part} if isinstance(part, str) else part


class CitedPage(WireType):
    """A web page, and the part of the text that rests on it."""

    url: MaybeStr = None
    title: MaybeStr = None
    content: MaybeStr = None
    """An excerpt of the page."""
    start_index: MaybeInt = None
    """Position in the text of the message, in characters."""
    end_index: MaybeInt = None


class UrlCitation(WireType):
    """The annotation of a text with a web page."""

    type: Literal["url_citation"] = "url_citation"
    url_citation: Annotated[CitedPage | None, Lenient()] = None

    @model_validator(mode="before")
    @classmethod
    def _read_flat(cls, citation: object) -> object:
        """Read a citation that has the page beside its type, as in the Responses API."""
        if not isinstance(citation, dict) or citation.get("url_citation") or "url" not in citation:
            return citation
        page = {name: value for name, value in citation.items() if name in CitedPage.model_fields}
        rest = {name: value for name, value in citation.items() if name not in CitedPage.model_fields}
        return {**rest, "url_citation": page}

    @property
    def url(self) -> str | None:
        """The address of the page."""
        return self.url_citation.url if self.url_citation else None

    @property
    def title(self) -> str | None:
        """The title of the page."""
        return self.url_citation.title if self.url_citation else None


class ParsedFile(WireType):
    """A file of the request, as the service read it."""

    hash: MaybeStr = None
    name: MaybeStr = None
    content: Annotated[list[JsonObject] | None, Lenient()] = None
    """Content parts, `text` and `image_url`, as they came."""


class FileAnnotation(WireType):
    """A parsed file; sent back with the message, it saves parsing the file again."""

    type: Literal["file"] = "file"
    file: Annotated[ParsedFile | None, Lenient()] = None


class UnknownAnnotation(WireType):
    """An annotation of a type that has no class here; its fields are in `model_extra`."""

    type: MaybeStr = None


def _annotation_type(value: object) -> str:
    type_ = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    return type_ if type_ in ("url_citation", "file") else "unknown"


Annotation: TypeAlias = Annotated[
    Annotated[UrlCitation, Tag("url_citation")]
    | Annotated[FileAnnotation, Tag("file")]
    | Annotated[UnknownAnnotation, Tag("unknown")],
    Discriminator(_annotation_type),
]
"""The service's additions to a message, beside its text."""


def each_once(annotations: list[Annotation] | None) -> list[Annotation] | None:
    """Return annotations without those that say what one before them says."""
    if annotations is None or len(annotations) < 2:
        return annotations
    return [*{each.model_dump_json(): each for each in annotations}.values()]


class ImageURL(WireType):
    """The location of an image: most often a `data:` URL that contains it."""

    url: MaybeStr = None


class Image(WireType):
    """An image that the model made."""

    type: MaybeStr = None
    image_url: Annotated[ImageURL | None, Lenient()] = None
    index: MaybeInt = None

    @model_validator(mode="before")
    @classmethod
    def _read_flat(cls, image: object) -> object:
        """Read an image that is only its URL, or has that under another name, or has its bytes beside it."""
        if isinstance(image, str):
            image = {"url": image}
        if not isinstance(image, dict) or isinstance(image.get("image_url"), dict):
            return image
        encoded = image.get("b64_json")
        for url in (image.get("image_url"), image.get("url"), _data_url(encoded)):
            if isinstance(url, str):
                rest = {name: value for name, value in image.items() if name not in ("url", "b64_json")}
                return {"type": "image_url", **rest, "image_url": {"url": url}}
        return image

    @property
    def url(self) -> str | None:
        """A `data:` URL, or a web address."""
        return self.image_url.url if self.image_url else None

    @property
    def media_type(self) -> str | None:
        """E.g. `image/png`; None where the image is not in its URL."""
        head, found, _ = (self.url or "").partition(",")
        if not found or not head.startswith("data:"):
            return None
        return head.removeprefix("data:").partition(";")[0] or None

    def decode(self) -> bytes | None:
        """Return the bytes of the image; None where they are not in its URL, or cannot be read."""
        head, found, data = (self.url or "").partition(",")
        if not found or not head.startswith("data:") or not head.endswith(";base64"):
            return None
        return _from_base64(data)


def each_image_once(images: list[Image] | None) -> list[Image] | None:
    """Return images without those that are one before them at the same place; of no place but their own are all
    without a URL."""
    if images is None or len(images) < 2:
        return images
    return [*{(image.index, image.url or position): image for position, image in enumerate(images)}.values()]


class AudioOutput(WireType):
    """Speech that the model made."""

    id: MaybeStr = None
    """Refers to this audio in a later request."""
    data: MaybeStr = None
    """Base64, in the format that was asked for."""
    transcript: MaybeStr = None
    expires_at: MaybeInt = None
    """Until when `id` can be used, in seconds since 1970."""

    def decode(self) -> bytes | None:
        """Return the bytes of the audio; None if it is missing or unreadable."""
        return _from_base64(self.data) if self.data else None


class TokenLogprob(WireType):
    """A token and how probable it was."""

    token: MaybeStr = None
    logprob: MaybeFloat = None
    """Natural logarithm of the probability."""
    bytes: Annotated[list[int] | None, Lenient()] = None
    """UTF-8; a token may contain part of a character."""
    top_logprobs: Annotated[list["TokenLogprob"] | None, Lenient()] = None


class Logprobs(WireType):
    """How probable the tokens of a reply were."""

    content: Annotated[list[TokenLogprob] | None, Lenient()] = None
    refusal: Annotated[list[TokenLogprob] | None, Lenient()] = None


def _data_url(encoded: object) -> str | None:
    """Return the URL that contains an image in base64."""
    if not isinstance(encoded, str):
        return None
    from .media_types import sniff  # few replies have an image

    return f"data:{sniff(_from_base64(encoded[:64]) or b'') or 'image/png'};base64,{encoded}"


def _from_base64(data: str) -> bytes | None:
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return None
