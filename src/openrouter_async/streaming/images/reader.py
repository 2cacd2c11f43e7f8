"""`ImageReader`: the items of a source become images; an `ItemReader`. Pure.

Providers without streaming answer with plain JSON, which is read as a stream whose images all arrive together. A
stream is complete at `[DONE]`, or when the body ends after a whole image.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..._sansio.error_body import excerpt, load_json
from ..._sansio.error_mapping import payload_error
from ..._sansio.parse import ParseFailure, parse
from ..._sansio.response import read_reply
from ..._sansio.sse import Comment, ServerSentEvent
from ...errors import OpenRouterError, StreamDecodeError, StreamTruncated
from ...types.common import JsonObject, fuller_usage
from ...types.media.images import GeneratedImage, GeneratedImages, ImageChunk, ImageUsage
from ...types.meta import keep_meta
from ..chunk_reader import interrupted
from ..events import Keepalive, Progress, ReasoningDelta, TextDelta
from ..source import PlainBody
from .events import ImageCompleted, ImageEvent, ImagePartial, ImagesFinished

if TYPE_CHECKING:
    from ...types.meta import ResponseMeta
    from ..source import StreamItem

__all__ = ["ImageReader"]


class ImageReader:
    """The received part of one stream of images."""

    is_whole = False

    def __init__(self, meta: Callable[[], ResponseMeta | None]) -> None:
        self._meta = meta
        self.restart()

    def restart(self) -> None:
        """Forget what has arrived; the request is sent again."""
        self.reply: GeneratedImages | None = None
        self.is_complete: bool = False
        self.has_piece: bool = False
        self._images: list[GeneratedImage] = []
        self._usage: ImageUsage | None = None
        self._created: int | None = None

    def feed(self, items: list[StreamItem]) -> tuple[list[ImageEvent], OpenRouterError | None]:
        """Return the events of a read, and the failure at its end, if there is one."""
        events: list[ImageEvent] = []
        try:
            for item in items:
                if isinstance(item, Comment):
                    events.append(Keepalive(item.text.decode("utf-8", "replace")))
                elif isinstance(item, PlainBody):
                    self._take_whole(item, events)
                else:
                    self._take(item.data if isinstance(item, ServerSentEvent) else item, events)
                if self.is_complete:
                    break
        except OpenRouterError as error:
            return events, error
        return events, None

    def feed_eof(self) -> tuple[list[ImageEvent], OpenRouterError | None]:
        """Return the last event when the body ends, or the error of a premature end."""
        if not self._images:
            return [], StreamTruncated("the stream ended before an image was whole; nothing is billed for it")
        return [self._finished()], None

    def enrich(self, error: OpenRouterError) -> OpenRouterError:
        """Return the error to raise for one that ended the stream."""
        return interrupted(error) if self.has_piece else error

    def _take(self, data: bytes, events: list[ImageEvent]) -> None:
        said = data.strip()
        if said == b"[DONE]":
            if not self._images:
                raise StreamTruncated("the stream ended without an image; nothing is billed for it")
            events.append(self._finished())
        elif said not in (b"", b"null"):
            event = self._event(data)
            self.has_piece = True
            events.append(event)

    def _event(self, data: bytes) -> ImageEvent:
        try:
            chunk = parse(ImageChunk, data)
        except ParseFailure as failure:
            reason = failure.reason
        else:
            return self._event_of(chunk, data)
        raise StreamDecodeError(f"an event of the stream is none of images: {reason}", data=excerpt(data))

    def _event_of(self, chunk: ImageChunk, data: bytes) -> ImageEvent:
        if chunk.error:
            raise payload_error(chunk.error, around=_object(data))
        kind = (chunk.type or "").removeprefix("image_generation.")
        if kind == "text_chunk" and chunk.text is not None and chunk.phase in ("content", "reasoning"):
            return TextDelta(chunk.text) if chunk.phase == "content" else ReasoningDelta(chunk.text)
        if kind in ("partial_image", "completed") and chunk.b64_json is not None:
            image = GeneratedImage(b64_json=chunk.b64_json, media_type=chunk.media_type)
            if kind == "partial_image":
                return ImagePartial(image, chunk.partial_image_index or 0)
            self._images.append(image)
            self._created = chunk.created if self._created is None else self._created
            if chunk.usage is not None:
                self._usage = chunk.usage if self._usage is None else _later(self._usage, chunk.usage)
            return ImageCompleted(image)
        return Progress(chunk.type or "", _object(data))

    def _take_whole(self, body: bytes, events: list[ImageEvent]) -> None:
        meta = self._meta()
        assert meta is not None  # a body follows its headers
        reply = read_reply(GeneratedImages, meta.status, meta.headers, body)
        self._images, self._usage, self._created = reply.data, reply.usage, reply.created
        self.has_piece = True
        events += [ImageCompleted(image) for image in reply.data]
        self.reply = reply
        events.append(self._finished())

    def _finished(self) -> ImagesFinished:
        self.is_complete = True
        if self.reply is None:
            self.reply = GeneratedImages(data=self._images, usage=self._usage, created=self._created)
        keep_meta(self.reply, self._meta())
        return ImagesFinished(self.reply)


def _later(before: ImageUsage, later: ImageUsage) -> ImageUsage:
    return ImageUsage.model_validate(fuller_usage(before, later).model_dump(exclude_unset=True))


def _object(data: bytes) -> JsonObject:
    try:
        value = load_json(data)
    except ParseFailure:
        return {}
    return value if isinstance(value, dict) else {}
