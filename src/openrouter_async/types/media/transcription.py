"""Transcriptions. Source: `STTRequest` and `STTResponse` of the service's OpenAPI document."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Literal

from .._base import WireType
from ..common import Charged, Lenient, MaybeFloat, MaybeInt, MaybeStr
from ..meta import charged_for
from ..requests.fields import Between, NonEmptyText, OneOfOrText
from .common import AudioProvider, GroupedParams

__all__ = [
    "Transcription",
    "TranscriptionEntity",
    "TranscriptionParams",
    "TranscriptionSegment",
    "TranscriptionUsage",
    "TranscriptionWord",
]


class TranscriptionParams(GroupedParams, total=False):
    """Keyword arguments of `client.audio.transcribe`."""

    language: NonEmptyText
    """Such as `en`. Default: the model finds out."""
    temperature: Annotated[float, Between(0, 1)]
    """0 to 1."""
    response_format: Annotated[Literal["json", "verbose_json"] | str, OneOfOrText()]
    """`verbose_json` has words, segments and more, with the few providers that know it."""
    timestamp_granularities: Sequence[Annotated[Literal["word", "segment"] | str, OneOfOrText()]]
    """The parts that get times, in `verbose_json`."""
    diarize: bool
    """Whether to tell speakers apart."""
    keyterms: Sequence[NonEmptyText]
    """Words that are likely."""
    provider: AudioProvider
    """Who may listen."""


class TranscriptionWord(WireType):
    """A word, or another sound."""

    word: str
    start: MaybeFloat = None
    """Seconds from the beginning."""
    end: MaybeFloat = None
    type: Annotated[Literal["word", "audio_event"] | str | None, Lenient()] = None
    confidence: MaybeFloat = None
    """0 to 1."""
    speaker: MaybeInt = None
    speaker_label: MaybeStr = None
    channel: MaybeInt = None


class TranscriptionSegment(WireType):
    """A segment of the speech."""

    id: MaybeInt = None
    start: MaybeFloat = None
    """Seconds from the beginning."""
    end: MaybeFloat = None
    text: str
    speaker: MaybeInt = None
    speaker_label: MaybeStr = None
    channel: MaybeInt = None
    avg_logprob: MaybeFloat = None
    compression_ratio: MaybeFloat = None
    no_speech_prob: MaybeFloat = None
    seek: MaybeInt = None
    temperature: MaybeFloat = None
    tokens: Annotated[list[int] | None, Lenient()] = None


class TranscriptionEntity(WireType):
    """A name, a date or the like."""

    type: MaybeStr = None
    text: MaybeStr = None
    start_char: MaybeInt = None
    """Position in the text, in characters."""
    end_char: MaybeInt = None


class TranscriptionUsage(WireType):
    """The duration, and the cost."""

    seconds: MaybeFloat = None
    """Of audio."""
    input_tokens: MaybeInt = None
    output_tokens: MaybeInt = None
    total_tokens: MaybeInt = None
    cost: Charged = None
    """US dollars charged to the account; None where the service did not say."""


class Transcription(WireType):
    """The text of a recording, with its parts."""

    text: str
    task: MaybeStr = None
    """`transcribe`."""
    language: MaybeStr = None
    language_confidence: MaybeFloat = None
    """0 to 1."""
    duration: MaybeFloat = None
    """Seconds."""
    confidence: MaybeFloat = None
    """0 to 1."""
    words: Annotated[list[TranscriptionWord] | None, Lenient()] = None
    """Where they were asked for."""
    segments: Annotated[list[TranscriptionSegment] | None, Lenient()] = None
    """Likewise."""
    entities: Annotated[list[TranscriptionEntity] | None, Lenient()] = None
    usage: Annotated[TranscriptionUsage | None, Lenient()] = None

    @property
    def cost(self) -> Decimal | None:
        """US dollars charged for it; None where the service did not say."""
        return charged_for(self, None if self.usage is None else self.usage.cost)
