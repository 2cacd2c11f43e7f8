"""The inputs and settings of embeddings.

Source: the body of `createEmbeddings` in the service's OpenAPI document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Annotated, Literal, Required, TypeAlias

from pydantic import Field, TypeAdapter
from typing_extensions import TypedDict

from ..._checks import describe_value
from ...errors import ConfigurationError
from ..chat.routing import Provider
from ..requests.check import check
from ..requests.fields import STRICT, Between, ByKey, JSONObject, NonEmptyText, OneOfOrText, Text, closed

__all__ = [
    "EmbeddedAudio",
    "EmbeddedFile",
    "EmbeddedImage",
    "EmbeddedMedia",
    "EmbeddedPart",
    "EmbeddedParts",
    "EmbeddedText",
    "EmbeddedURL",
    "EmbeddedVideo",
    "EmbeddingParams",
    "EmbeddingsInput",
    "check_embeddings_input",
]


@closed
class EmbeddedText(TypedDict):
    """Text."""

    type: Literal["text"]
    text: NonEmptyText


@closed
class EmbeddedURL(TypedDict):
    """Where an image is."""

    url: NonEmptyText
    """An http(s) or a `data:` URL."""


@closed
class EmbeddedImage(TypedDict):
    """An image."""

    type: Literal["image_url"]
    image_url: EmbeddedURL


@closed
class EmbeddedMedia(TypedDict, total=False):
    """Audio, video or a document."""

    data: Required[NonEmptyText]
    """Base64, or a URL."""
    format: NonEmptyText


@closed
class EmbeddedAudio(TypedDict):
    """Audio."""

    type: Literal["input_audio"]
    input_audio: EmbeddedMedia


@closed
class EmbeddedVideo(TypedDict):
    """A video."""

    type: Literal["input_video"]
    input_video: EmbeddedMedia


@closed
class EmbeddedFile(TypedDict):
    """A document."""

    type: Literal["input_file"]
    input_file: EmbeddedMedia


EmbeddedPart: TypeAlias = Annotated[
    EmbeddedText | EmbeddedImage | EmbeddedAudio | EmbeddedVideo | EmbeddedFile, ByKey("type")
]


@closed
class EmbeddedParts(TypedDict):
    """Several parts that get one vector together."""

    content: Annotated[Sequence[EmbeddedPart], Field(min_length=1)]


EmbeddingsInput: TypeAlias = (
    NonEmptyText | Sequence[NonEmptyText] | Sequence[int] | Sequence[Sequence[int]] | Sequence[EmbeddedParts]
)
"""A text, or its tokens; or several of either, or of parts, which get a vector each."""


@closed
class EmbeddingParams(TypedDict, total=False):
    """Keyword arguments of `client.embeddings.create`."""

    dimensions: Annotated[int, Between(1)]
    """Numbers in each vector, where the model can shorten them."""
    encoding_format: Literal["float", "base64"]
    """How vectors are sent; base64 is the shorter. They are numbers in the reply either way."""
    input_type: Annotated[
        Literal["search_query", "search_document", "classification", "clustering"] | str, OneOfOrText()
    ]
    """The use of the vectors, with models that distinguish uses."""
    provider: Provider | None
    """The providers that may serve the request."""
    user: NonEmptyText
    """A stable id of the end user."""
    session_id: Annotated[str, Text(least=1, most=256)]
    """Groups requests; at most 256 characters."""
    trace: JSONObject
    """For observability: `trace_id`, `span_name`, and anything."""


_KINDS: Sequence[tuple[type, type[object]]] = (
    (str, list[NonEmptyText]),
    (int, list[Annotated[int, Between(0)]]),
    (Mapping, list[EmbeddedParts]),
    (Sequence, list[Annotated[list[Annotated[int, Between(0)]], Field(min_length=1)]]),
)
"""The kind of the first item of a list, which the others must share."""


@cache
def _adapter(kind: int) -> TypeAdapter[object]:
    return TypeAdapter[object](_KINDS[kind][1], config=STRICT)


def check_embeddings_input(value: object) -> object:
    """Return `value` validated.

    Raises:
        ConfigurationError: it is empty, or none of the kinds of `EmbeddingsInput`; no text is in the message.
    """
    if isinstance(value, str) and value:
        return value
    if isinstance(value, Sequence) and not isinstance(value, str | bytes) and value:
        for kind, (type_, _) in enumerate(_KINDS):
            if isinstance(value[0], type_) and not isinstance(value[0], bool | bytes):
                return check(_adapter(kind), list(value), "input", private=True)
    raise ConfigurationError(
        f"input is {describe_value(value, private=True)}; expected text that is not empty, its tokens,"
        " or a list of texts, of tokens or of dicts with 'content'"
    )
