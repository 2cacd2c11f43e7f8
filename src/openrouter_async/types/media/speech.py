"""Speech: the parameters of a request, and the result.

Source: `SpeechRequest` of the service's OpenAPI document.
"""

from __future__ import annotations

import builtins
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Required, TypeAlias

from typing_extensions import TypedDict

from ..._files import save_file
from ..requests.fields import ByKey, NonEmptyText, OneOfOrText, Text, closed
from .common import AudioProvider, GroupedParams

if TYPE_CHECKING:
    from ..meta import ResponseMeta

__all__ = [
    "ReferenceAudio",
    "ReferenceImage",
    "ReferenceSound",
    "ReferenceText",
    "ReferenceURL",
    "Speech",
    "SpeechParams",
    "SpeechReference",
    "SpeechTurn",
]


@closed
class SpeechTurn(TypedDict, total=False):
    """The words of one voice."""

    text: Required[str]
    voice: str
    instructions: str
    """How it is said."""


@closed
class ReferenceURL(TypedDict):
    """Where a picture is."""

    url: NonEmptyText
    """An http(s) or a `data:` URL."""


@closed
class ReferenceImage(TypedDict):
    """A picture to speak by."""

    type: Literal["image_url"]
    image_url: ReferenceURL


@closed
class ReferenceSound(TypedDict, total=False):
    """A voice to speak with: its data, or where it is."""

    data: Annotated[str, Text(least=1, most=20_971_520)]
    """Base64, at most 20 MiB."""
    format: NonEmptyText
    url: NonEmptyText


@closed
class ReferenceAudio(TypedDict):
    """A voice to speak with."""

    type: Literal["input_audio"]
    input_audio: ReferenceSound


@closed
class ReferenceText(TypedDict):
    """The words of the recording of the voice."""

    type: Literal["text"]
    text: Annotated[str, Text(most=10_000)]


SpeechReference: TypeAlias = Annotated[ReferenceImage | ReferenceAudio | ReferenceText, ByKey("type")]


class SpeechParams(GroupedParams, total=False):
    """Keyword arguments of `client.audio.speak`."""

    voice: NonEmptyText
    """Which voice; the list of models has those of each model, and some need one."""
    response_format: Annotated[Literal["mp3", "pcm"] | str, OneOfOrText()]
    """Default `pcm`: bare samples, which players do not know; ask for `mp3` to save a file."""
    speed: float
    """1 is usual; not every provider knows it."""
    instructions: NonEmptyText
    """How it is said."""
    provider: AudioProvider
    """Who may speak."""


@dataclass(frozen=True, slots=True)
class Speech:
    """Speech that was made."""

    bytes: builtins.bytes = field(repr=False)
    """The file, in the format that was asked for."""
    media_type: str | None
    """As the service says it: `audio/mpeg`, or `audio/pcm` for bare samples."""
    _meta: ResponseMeta | None = field(default=None, repr=False, compare=False)

    @property
    def generation_id(self) -> str | None:
        """The id of the billed record, which alone says what it cost."""
        return None if self._meta is None else self._meta.generation_id

    async def save(self, path: str | os.PathLike[str]) -> Path:
        """Write it to a file, and return its path; an existing file is replaced whole.

        Raises:
            ConfigurationError: the file cannot be written.
        """
        return await save_file(path, self.bytes)
