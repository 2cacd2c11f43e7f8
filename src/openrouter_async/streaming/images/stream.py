"""`ImageStream`: images while they are made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lifecycle import OwnedStream
from .events import ImageEvent
from .reader import ImageReader

if TYPE_CHECKING:
    from ...types.media.images import GeneratedImages
    from ..source import StreamSource

__all__ = ["ImageStream"]


class ImageStream(OwnedStream[ImageEvent]):
    """The images of a request while the model makes them; an async context manager and iterator.

    ```python
    async with client.images.stream("A fox.", model="openai/gpt-image-1") as stream:
        async for event in stream:
            match event:
                case ImagePartial(image=image):
                    show(image.bytes)
        images = await stream.final()
    ```

    Nothing is sent before you ask for the first event. Leaving the block closes the connection. One task at a time
    may
    read it.
    """

    _MADE_BY = "client.images.stream(...) as stream"

    def __init__(self, source: StreamSource) -> None:
        self._reader = ImageReader(lambda: source.meta)
        super().__init__(source, self._reader)

    async def final(self) -> GeneratedImages:
        """Read to the end, and return the images that `create` would have given.

        Raises:
            ConfigurationError: the stream was closed before it was complete.
            OpenRouterError: as the events do.
        """
        self._queue.clear()
        while await self._refill():
            self._queue.clear()
        reply = self._reader.reply
        assert reply is not None  # `_refill` ends only then
        return reply
