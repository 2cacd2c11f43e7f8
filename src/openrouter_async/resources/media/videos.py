"""Videos: `create` returns a job, which is waited for and saved."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

from pydantic import JsonValue

from ... import operations
from ..._checks import whole
from ..._sansio.pagination import OffsetPaging
from ..._sansio.request import RequestData, build_request, finish_body, user_of
from ...errors import InvalidResponseError
from ...options import RequestOptions
from ...protocols import Sender
from ...streaming.download import Download
from ...types.common import Listing
from ...types.media.video_request import VideoParams
from ...types.media.videos import Video, VideoModel, VideoStatus
from ...types.requests.check import check_params
from .._base import Resource, reader
from .._pagination import Paginator
from ..jobs import Job
from .references import ImageSource, encode_references
from .requests import begin_media, checked_prompt

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["VideoJob", "VideoReference", "VideosResource"]

VideoReference: TypeAlias = ImageSource | Mapping[str, JsonValue]
"""A picture: its URL, bytes or path; or what `image()`, `audio()` and `video()` make."""

_read = reader(Video)
_FOREIGN = operations.GET_VIDEO_CONTENT._replace(key="none")
"""The file, where it is on another host than the service: that must not get the key."""


class VideoJob(Job[Video]):
    """A video that is being made.

    ```python
    job = await client.videos.create("A calm sea.", model="x-ai/grok-imagine-video", duration=5)
    await job.wait(timeout=600)
    await job.save("sea.mp4")
    ```

    It is made, and billed, whatever happens to this object; `client.videos.get(id)` finds it again.
    """

    _NOUN = "video"

    def __init__(self, video: Video, sender: Sender) -> None:
        self._sender = sender
        super().__init__(video, partial(_look, sender, video.id, is_poll=True))

    @property
    def status(self) -> VideoStatus | None:
        """`pending`, `in_progress`, `completed`, `failed`, `cancelled` or `expired`, as the service said it last."""
        return self.state.status

    @property
    def cost(self) -> Decimal | None:
        """US dollars charged for it; None as long as that is not known."""
        return self.state.cost

    def download(self, *, index: int = 0) -> Download:
        """Return the file, piece by piece; the request is sent when the first is read.

        Args:
            index: Which one, where there are several.

        Raises:
            Conflict: it is not finished; wait for it first. This, as all that follows, is raised while reading.
            APIStatusError: 410: it is no longer kept.
            OpenRouterError: any other failure of a call.
        """
        whole("index", index, least=0)
        return Download(self._sender.download(_content(self.state, index, self._sender)), kind="a video")

    async def save(self, path: str | os.PathLike[str], *, index: int = 0) -> Path:
        """Write the file to the disk as it comes, and return its path; see `Download.save`.

        Raises:
            Conflict: it is not finished; wait for it first.
            DownloadInterrupted: it broke off; the received part is in `path` with `.part` behind its name.
            ConfigurationError: the file cannot be written.
            OpenRouterError: any other failure of a call.
        """
        return await self.download(index=index).save(path)


class VideosResource(Resource):
    """`/videos`."""

    async def create(
        self,
        prompt: str | None = None,
        *,
        model: str,
        first_frame: ImageSource | None = None,
        last_frame: ImageSource | None = None,
        input_references: Sequence[VideoReference] = (),
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[VideoParams],
    ) -> VideoJob:
        """Have a video made, and return the job, which has only begun then.

        Sends one request, which is billed once the video is there. It is sent again only where the service says that it
        took nothing on.

        Args:
            prompt: The description of the video; some models need none.
            model: A slug such as `google/veo-3.1`; see `client.videos.models`.
            first_frame: The picture that it begins with: a URL, bytes or a path.
            last_frame: The picture that it ends with.
            input_references: Pictures, sounds and videos to go by; frames win over them.
            extra_body: Further parameters, also ones that these types do not know; they win over the others.
            options: See `RequestOptions`; they apply to the job too.
            params: See `VideoParams`.

        Raises:
            ConfigurationError: an argument is wrong, or a file cannot be read; nothing was sent.
            OpenRouterError: any other failure of a call.
        """
        checked = check_params(VideoParams, params, elsewhere=_ELSEWHERE, where="a request for a video")
        body = begin_media(model)
        if prompt is not None:
            body["prompt"] = checked_prompt("prompt", prompt)
        frames = {"first_frame": first_frame, "last_frame": last_frame}
        given = {name: frame for name, frame in frames.items() if frame is not None}
        if given:
            parts = await encode_references("frames", [*given.values()])
            body["frame_images"] = [
                {**part, "frame_type": name}
                for name, part in zip(given, parts, strict=True)
                if isinstance(part, dict)
            ]
        if input_references:
            references = await encode_references("input_references", input_references)
            body["input_references"] = [*map(_as_url, references)]
        content = finish_body({**body, **checked}, extra_body)
        sender = self._sender.with_options(options)
        user = user_of(checked, extra_body)
        data = build_request(operations.CREATE_VIDEO, content=content, model=model, user=user)
        return VideoJob(await sender.send(data, _read), sender)

    async def get(self, id: str, *, options: RequestOptions | None = None) -> VideoJob:
        """Return the job of a video that was asked for before, also in another process. Costs nothing.

        Raises:
            NotFound: no video has this id.
        """
        sender = self._sender.with_options(options)
        return VideoJob(await _look(sender, id), sender)

    def content(self, id: str, *, index: int = 0, options: RequestOptions | None = None) -> Download:
        """Return the file of a finished video by its id, piece by piece; see `VideoJob.download`."""
        sender = self._sender.with_options(options)
        return Download(sender.download(_own_content(id, index)), kind="a video")

    def models(self, *, options: RequestOptions | None = None) -> Paginator[VideoModel]:
        """Return the models that make videos, in one request, which costs nothing."""
        paging = OffsetPaging(says_more=True)
        return self._pages(
            operations.LIST_VIDEO_MODELS, into=Listing[VideoModel], paging=paging, options=options
        )


_ELSEWHERE = {"frame_images": "give first_frame and last_frame"}


async def _look(sender: Sender, id: str, *, is_poll: bool = False) -> Video:
    return await sender.send(build_request(operations.GET_VIDEO, path={"jobId": id}, is_poll=is_poll), _read)


def _content(video: Video, index: int, sender: Sender) -> RequestData:
    """Return the request of a file: of the service by its id, of another host by its URL, without the key."""
    urls = video.unsigned_urls or []
    try:
        parts = urlsplit(urls[index] if index < len(urls) else "")
    except ValueError as error:
        raise InvalidResponseError(
            f"the video {video.id!r} is at a URL that cannot be read: {error}"
        ) from error
    if not parts.netloc or parts[:2] == urlsplit(sender.settings.base_url)[:2]:
        return _own_content(video.id, index)
    return replace(build_request(_FOREIGN, path={"jobId": video.id}), url=urls[index])


def _own_content(id: str, index: int) -> RequestData:
    query = {"index": whole("index", index, least=0) or None}
    return build_request(operations.GET_VIDEO_CONTENT, path={"jobId": id}, query=query)


def _as_url(part: JsonValue) -> JsonValue:
    """Return a sound as this operation takes it: by a URL, as pictures and videos are."""
    if not isinstance(part, dict) or not isinstance(sound := part.get("input_audio"), dict):
        return part
    url = f"data:audio/{sound.get('format')};base64,{sound.get('data')}"
    return {"type": "audio_url", "audio_url": {"url": url}}
