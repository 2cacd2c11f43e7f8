"""The reply to a chat request: `ChatCompletion`, the same object for a plain call and for a finished stream.

Almost nothing is required, enums are open, and unknown fields are kept. Whether a reply is a good one is judged by
`_sansio.chat_reply`; here it is only read.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    OnErrorOmit,
    TypeAdapter,
    model_validator,
)

from .._base import WireType
from ..bounds import MOST_CHOICES, too_many
from ..common import JsonObject, Lenient, MaybeInt, MaybePlace, MaybeStr, RawJson, RouterMetadata, Usage
from ..common import OutputT as OutputT
from .model_reply import ModelReply
from .parts import Annotation, AudioOutput, ContentPart, Image, Logprobs, each_image_once, each_once
from .safeguards import Alignment, SafeguardResult
from .tool_calls import ToolCall, ToolCallParts, read_tool_calls

if TYPE_CHECKING:
    from typing import Self

    from ...errors import OpenRouterError

__all__ = [
    "BETWEEN_BLOCKS",
    "TEXT_FIELDS",
    "AssistantMessage",
    "ChatCompletion",
    "Choice",
    "FinishReason",
    "Recovery",
    "content_images",
    "content_text",
    "readable_reasoning",
    "readable_text",
]

FinishReason: TypeAlias = Annotated[
    Literal["stop", "length", "tool_calls", "content_filter", "error"] | str | None, Lenient()
]
"""Why the model stopped, as the service names it; providers' own words also occur."""


def _nothing_is_empty(value: object) -> object:
    if isinstance(value, list) and len(value) > MOST_CHOICES:  # before they are read
        raise too_many(MOST_CHOICES, len(value), "choices")
    return [] if value is None else value


def content_text(content: str | list[ContentPart] | None) -> str:
    """Return the text of a content in any of its forms; empty without text."""
    if isinstance(content, list):
        return "".join(part.text or "" for part in content)
    return content or ""


def content_images(content: str | list[ContentPart] | None) -> list[Image]:
    """Return the images among the parts of a content."""
    parts = content if isinstance(content, list) else ()
    images = [Image.model_validate(part.model_extra) for part in parts if part.type in _IMAGE_TYPES]
    return [image for image in images if image.url is not None]


_IMAGE_TYPES = ("image_url", "image", "output_image")

TEXT_FIELDS = {"reasoning.text": "text", "reasoning.summary": "summary"}
"""Types of entries that can be read, with the field that contains the text; it may arrive in pieces."""

BETWEEN_BLOCKS = "\n\n"
"""Between the texts of two entries, each of which is a paragraph or more."""


def readable_text(entry: JsonObject) -> str:
    """Return the text of one entry; empty if it is encrypted, or only a signature."""
    field = TEXT_FIELDS.get(str(entry.get("type")))
    text = entry.get(field) if field else None
    return text if isinstance(text, str) else ""


def readable_reasoning(details: Iterable[JsonObject] | None) -> str | None:
    """Return the reasoning in the entries as text; None if none of them can be read."""
    return BETWEEN_BLOCKS.join(filter(None, map(readable_text, details or ()))) or None


class AssistantMessage(WireType):
    """The model's message. Sent back unchanged, it continues the conversation."""

    role: MaybeStr = None
    """`assistant`."""
    content: str | list[OnErrorOmit[ContentPart]] | None = None
    refusal: MaybeStr = None
    """Why the model declined, in its words."""
    reasoning: MaybeStr = None
    reasoning_content: MaybeStr = None
    """Another name for `reasoning`, which some servers use."""
    reasoning_details: Annotated[list[JsonObject] | None, Lenient()] = None
    """Reasoning unchanged, including an empty list; models require it back. None if there was no reasoning."""
    tool_calls: ToolCallParts = None
    """As they are sent back; every one has an id."""
    images: Annotated[list[OnErrorOmit[Image]] | None, AfterValidator(each_image_once), Lenient()] = None
    """Each once, however often it came."""
    audio: Annotated[AudioOutput | None, Lenient()] = None
    annotations: Annotated[list[OnErrorOmit[Annotation]] | None, AfterValidator(each_once), Lenient()] = None
    """Each once, however often it came."""
    model: MaybeStr = None
    name: MaybeStr = None

    @model_validator(mode="after")
    def _read_function_call(self) -> Self:
        """Take a call in the older form as one of the newer, unless there are such beside it."""
        extra = self.__pydantic_extra__
        if extra and isinstance(function := extra.get("function_call"), dict):
            del extra["function_call"]
            if not self.tool_calls:
                self._amend(tool_calls=_read_calls([{"type": "function", "function": function}]))
        return self

    @property
    def text(self) -> str:
        """The text; empty without text."""
        return content_text(self.content)


_read_calls = TypeAdapter(ToolCallParts, config=ConfigDict(defer_build=True)).validate_python


class Choice(WireType):
    """One answer."""

    index: MaybePlace = None
    message: AssistantMessage | None = None
    text: MaybeStr = None
    """The answer to a request of the older prompt form, in place of `message`."""
    finish_reason: FinishReason = None
    native_finish_reason: MaybeStr = None
    """The reason in the provider's words."""
    logprobs: Annotated[Logprobs | None, Lenient()] = None
    error: RawJson = None
    """What went wrong after a part of the answer was there."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """A cut in a reply, after which another request resumed it; see `Recover`."""

    at: int
    """Characters of the reply's text that stood before it."""
    error: OpenRouterError
    broken: ChatCompletion = field(repr=False)
    """What that request alone had given: its text, model, provider and id, and its usage, if that had come."""
    repeated: int = 0
    """Characters that the next request said again, and that were left out."""

    @property
    def generation_id(self) -> str | None:
        """The id of the billed record of the request that broke off; `client.generations.get` looks it up."""
        return self.error.generation_id or self.broken.id

    @property
    def cost(self) -> Decimal | None:
        """US dollars for the request that broke off; None where it broke off before the service had said it."""
        return self.broken.usage.cost


class ChatCompletion(ModelReply[OutputT]):
    """The reply to a chat request. The properties look at the first choice.

    Generic for the type checker only: `output` has the type that was asked for, which is text by default.
    """

    id: MaybeStr = None
    """The generation id."""
    object: MaybeStr = None
    created: MaybeInt = None
    """Seconds since 1970."""
    model: MaybeStr = None
    """The model that answered; often not the name that was asked for."""
    provider: MaybeStr = None
    # Not `default_factory=list`: pydantic asks for its signature, and Python looks for that with a tokenizer, for 3 ms.
    choices: Annotated[list[Choice], BeforeValidator(_nothing_is_empty)] = Field(default=[])
    usage: Annotated[Usage, Lenient(Usage)] = Field(default_factory=Usage)
    """Of all requests that were made for this reply, as far as it is known; empty if it is not. See `billed`."""
    service_tier: MaybeStr = None
    system_fingerprint: MaybeStr = None
    openrouter_metadata: Annotated[RouterMetadata | None, Lenient()] = None
    alignment: Annotated[Alignment | None, Lenient()] = None
    """The verdicts of the plugin `alignment`."""
    safeguard_results: Annotated[list[SafeguardResult] | None, Lenient()] = None
    """The verdicts of the plugin `armor`."""

    @property
    def text(self) -> str:
        """The text of the answer; empty without text."""
        choice = self.choices[0] if self.choices else _NO_CHOICE
        message = choice.message
        if message is None:
            return choice.text or ""
        content = message.content
        return (content if isinstance(content, str) else content_text(content)) or choice.text or ""

    @property
    def message(self) -> AssistantMessage:
        """The message to send back in the next request."""
        return self._first.message or AssistantMessage(role="assistant", content=self._first.text)

    @property
    def reasoning(self) -> str | None:
        """The reasoning as text, if the model showed any, from whichever field it is in."""
        message = self.message
        return message.reasoning or readable_reasoning(message.reasoning_details) or message.reasoning_content

    @property
    def reasoning_details(self) -> list[JsonObject] | None:
        """The reasoning as it came, to be sent back unchanged; None if the reply had no such field."""
        return self.message.reasoning_details

    @property
    def tool_calls(self) -> list[ToolCall]:
        """The calls of tools that the model asks for, with parsed arguments."""
        choice = self._first
        return read_tool_calls(
            choice.message.tool_calls if choice.message else None,
            whole=self._whole,
            choice=choice.index or 0,
            finish_reason=choice.finish_reason,
        )

    @property
    def images(self) -> list[Image]:
        """The images that the model made, wherever in the message they are."""
        return self.message.images or content_images(self.message.content)

    @property
    def audio(self) -> AudioOutput | None:
        """The speech that the model made."""
        return self.message.audio

    @property
    def annotations(self) -> list[Annotation]:
        """Web pages cited and files parsed."""
        return self.message.annotations or []

    @property
    def refusal(self) -> str | None:
        """Why the model declined, if it did."""
        return self.message.refusal

    @property
    def finish_reason(self) -> str | None:
        """Why the model stopped; of a stream the last reason given."""
        return (self.choices[0] if self.choices else _NO_CHOICE).finish_reason

    @property
    def native_finish_reason(self) -> str | None:
        """The same in the provider's words."""
        return self._first.native_finish_reason

    @property
    def encrypted_by(self) -> str | None:
        """The provider that alone can read the reasoning which is sent back; None where any can, or none is named."""
        details = self.reasoning_details or ()
        is_encrypted = any(entry.get("type") == "reasoning.encrypted" for entry in details)
        return self.provider if is_encrypted else None

    @property
    def confidence(self) -> float | None:
        """The probability of the least likely token of the answer, 0 to 1; None without `logprobs`.

        For labels and short answers: of a long text some word is always unlikely. Ask for it with `logprobs=True`,
        which costs nothing more.
        """
        found = self._first.logprobs
        tokens = None if found is None else found.content or found.refusal
        logs = [token.logprob for token in tokens or () if token.logprob is not None]
        return math.exp(min(0.0, *logs)) if logs else None

    @property
    def recoveries(self) -> tuple[Recovery, ...]:
        """The cuts in this reply's stream after which another request resumed it; see `Recover`. Usually empty.

        The fields of the reply besides its text are those of the last request.
        """
        recoveries: tuple[Recovery, ...] = self._marks.get("_recoveries", ())
        return recoveries

    @property
    def _first(self) -> Choice:
        return self.choices[0] if self.choices else _NO_CHOICE


_NO_CHOICE = Choice.model_construct()
