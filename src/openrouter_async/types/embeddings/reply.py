"""Vectors that stand for texts. Source: the reply of `createEmbeddings` in the service's OpenAPI document."""

from __future__ import annotations

import base64
import binascii
import sys
from array import array
from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from .._base import WireType
from ..common import Charged, CostDetails, Lenient, MaybeBool, MaybeInt, MaybeStr, added_up
from ..meta import charged_for, keep_meta, kept_meta, together

__all__ = ["EmbeddedTokens", "Embedding", "EmbeddingUsage", "Embeddings", "Vector"]


class _OrBase64:
    """Marks a list of numbers that may come as base64 of little-endian float32."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        encoded = core_schema.no_info_after_validator_function(_decoded, core_schema.str_schema())
        return core_schema.union_schema([handler(source), encoded], mode="left_to_right")


def _decoded(text: str) -> list[float]:
    try:
        numbers = array("f", base64.b64decode(text, validate=True))
    except (ValueError, binascii.Error):
        raise PydanticCustomError("vector", "not base64 of float32 numbers") from None
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tolist()


Vector: TypeAlias = Annotated[list[float], _OrBase64()]
"""Numbers, however they came: as such, or as base64."""


class Embedding(WireType):
    """The vector of one input."""

    object: MaybeStr = None
    """`embedding`."""
    embedding: Vector
    index: MaybeInt = None
    """The place of its input in the request, from 0."""


def _in_order(embeddings: list[Embedding]) -> list[Embedding]:
    places = [embedding.index for embedding in embeddings]
    if None in places:
        return embeddings
    return sorted(embeddings, key=lambda embedding: embedding.index or 0)


def _shown(places: list[int | None]) -> str:
    return f"{places[:8]}" + (" …" if len(places) > 8 else "")


class EmbeddedTokens(WireType):
    """The kinds of tokens."""

    text_tokens: MaybeInt = None
    image_tokens: MaybeInt = None
    audio_tokens: MaybeInt = None
    video_tokens: MaybeInt = None
    file_tokens: MaybeInt = None


class EmbeddingUsage(WireType):
    """Tokens, in the model's own count, and their cost."""

    prompt_tokens: MaybeInt = None
    total_tokens: MaybeInt = None
    cost: Charged = None
    """US dollars charged to the account; None where the service did not say."""
    is_byok: MaybeBool = None
    """Whether your own provider key was used."""
    cost_details: Annotated[CostDetails | None, Lenient()] = None
    prompt_tokens_details: Annotated[EmbeddedTokens | None, Lenient()] = None


class Embeddings(WireType):
    """The vectors of a request, in the order of its inputs."""

    object: MaybeStr = None
    """`list`."""
    data: Annotated[list[Embedding], AfterValidator(_in_order)]
    model: MaybeStr = None
    """The model that made them, by its provider's name."""
    id: MaybeStr = None
    """The generation id; of several requests that of the first."""
    provider: MaybeStr = None
    usage: Annotated[EmbeddingUsage | None, Lenient()] = None

    @classmethod
    def joined(cls, parts: Iterable[tuple[int, Embeddings]]) -> Embeddings:
        """Return the vectors of several requests together, each with where its inputs begin; costs are added up."""
        given = [*parts]
        usages = [part.usage for _, part in given if part.usage is not None]
        data = [
            embedding.model_copy(update={"index": start + place})
            for start, part in given
            for place, embedding in enumerate(part.data)
        ]
        _, first = given[0]
        usage = EmbeddingUsage.model_validate(added_up(usages)) if usages else None
        whole = first.model_copy(update={"data": data, "usage": usage})
        keep_meta(whole, together([kept_meta(part) for _, part in given]))
        return whole

    def fault(self, inputs: int) -> str | None:
        """Return why these cannot be the vectors of so many inputs; None if they can."""
        if len(self.data) != inputs:
            return f"{len(self.data)} vectors for {inputs} inputs"
        places = [embedding.index for embedding in self.data]
        if any(place is not None for place in places) and places != list(range(inputs)):
            return f"the vectors of the inputs {_shown(places)}, where {inputs} were sent"
        return None

    @property
    def cost(self) -> Decimal | None:
        """US dollars charged for it; None where the service did not say."""
        return charged_for(self, None if self.usage is None else self.usage.cost)

    @property
    def vectors(self) -> list[list[float]]:
        """One vector for each input, in the order of the inputs."""
        return [embedding.embedding for embedding in self.data]
