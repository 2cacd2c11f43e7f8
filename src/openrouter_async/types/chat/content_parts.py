"""Content parts of a message: text, images, audio, video and files, from a URL, bytes or a path.

The wire shapes are `TypedDict`s. `image()`, `audio()`, `video()` and `file()` return an `Attachment`, which keeps the
source as it was given and becomes its wire shape when the request is made: only then is a file read, off the event
loop, and no data shows in its `repr`.
"""

from __future__ import annotations

import base64
import mimetypes
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Required, TypeAlias, assert_never

from pydantic import AfterValidator
from typing_extensions import TypedDict

from ...errors import ConfigurationError
from ..requests.fields import ByKey, NonEmptyText, OneOfOrText, Text, closed
from .media_types import sniff
from .prompt_cache import CacheControl, PromptCacheBreakpoint

__all__ = [
    "Attachment",
    "AttachmentKind",
    "AudioPart",
    "Detail",
    "FileContent",
    "FilePart",
    "ImagePart",
    "ImageURL",
    "InputAudio",
    "Part",
    "Processing",
    "TextPart",
    "VideoPart",
    "VideoURL",
    "WirePart",
    "audio",
    "file",
    "image",
    "text",
    "true_media_type",
    "video",
]

# RFC 2397; 24 characters of base64 are 18 bytes, and `sniff` looks at 12.
_DATA_URL = re.compile(
    r"data:(?P<type>[^;,]*)(?P<more>;(?:[^,]*;)?base64,\s*)(?P<begin>[A-Za-z0-9+/]{12,24})", re.IGNORECASE
)


def true_media_type(url: str) -> str:
    """Return a URL; where it is the `data:` URL of a picture, under the type that its bytes have.

    Providers compare the two: "image does not match the provided media type image/png" is the end of a conversation.
    """
    found = _DATA_URL.match(url)
    if found is None:
        return url
    begin = found["begin"]
    media_type = sniff(base64.b64decode(begin[: len(begin) // 4 * 4]))
    if media_type is None or not media_type.startswith("image/") or media_type == found["type"].lower():
        return url
    return f"data:{media_type}{url[found.end('type') :]}"


@closed
class TextPart(TypedDict, total=False):
    """Text, and perhaps a mark of the prompt cache."""

    type: Required[Literal["text"]]
    text: Required[str]
    cache_control: CacheControl
    prompt_cache_breakpoint: PromptCacheBreakpoint | None


Detail: TypeAlias = Literal["auto", "low", "high", "original"] | str


@closed
class ImageURL(TypedDict, total=False):
    """The location of the image, and the level of detail."""

    url: Required[Annotated[NonEmptyText, AfterValidator(true_media_type)]]
    """An http(s) URL, or a `data:` URL of a PNG, JPEG, WebP or GIF, which goes out under the type its bytes have."""
    detail: Annotated[Detail, OneOfOrText()]


@closed
class ImagePart(TypedDict):
    """An image; best after the text."""

    type: Literal["image_url"]
    image_url: ImageURL


@closed
class InputAudio(TypedDict):
    """Audio, inline."""

    data: Annotated[str, Text(least=1, pattern=r"^[A-Za-z0-9+/]+={0,2}$", of="base64, without data:")]
    """Base64, no `data:` URL."""
    format: NonEmptyText
    """wav mp3 aiff aac ogg flac m4a pcm16 pcm24; which of them depends on the provider."""


@closed
class AudioPart(TypedDict):
    """Audio."""

    type: Literal["input_audio"]
    input_audio: InputAudio


Processing: TypeAlias = Literal["agentic", "static"] | str


@closed
class VideoURL(TypedDict, total=False):
    """Where the video is."""

    url: Required[NonEmptyText]
    """A `data:` URL, or a URL that the provider reads (often YouTube only)."""
    processing: Annotated[Processing, OneOfOrText()]


@closed
class VideoPart(TypedDict):
    """A video."""

    type: Literal["video_url", "input_video"]
    """`input_video` is the deprecated spelling."""
    video_url: VideoURL


@closed
class FileContent(TypedDict, total=False):
    """A document: its data, or the id of an uploaded file."""

    filename: str
    file_data: Annotated[NonEmptyText, AfterValidator(true_media_type)]
    """An http(s) URL or a `data:` URL."""
    file_id: NonEmptyText


@closed
class FilePart(TypedDict):
    """A document, e.g. a PDF."""

    type: Literal["file"]
    file: FileContent


WirePart: TypeAlias = Annotated[TextPart | ImagePart | AudioPart | VideoPart | FilePart, ByKey("type")]

AttachmentKind = Literal["image", "audio", "video", "file"]


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class Attachment:
    """An image, audio, video or document of a message; its data is read and encoded when it is sent."""

    kind: AttachmentKind
    source: str | bytes | Path
    """An http(s) or `data:` URL, the data, or a file."""
    media_type: str | None = None
    """E.g. `image/png`; None: found out from the data."""
    options: tuple[tuple[str, str], ...] = ()
    """Further fields of the part: `detail`, `processing`, `filename`, `format`."""

    @property
    def is_local(self) -> bool:
        """Whether making the wire shape reads a file, or encodes data: work for another thread."""
        return not isinstance(self.source, str)

    def encode(self) -> ImagePart | AudioPart | VideoPart | FilePart:
        """Return the wire shape. Blocks while it reads a file.

        Raises:
            ConfigurationError: no regular file is there, it cannot be read, or it is of another kind.
        """
        source = self.source
        if isinstance(source, str):
            return self._part(source, source.partition(";")[0].removeprefix("data:"))
        data = _read(source) if isinstance(source, Path) else source
        media_type = self.media_type or self._media_type(data)
        if self.kind in ("image", "file") and (seen := sniff(data) or "").startswith("image/"):
            media_type = seen  # providers refuse a picture under another type than its own
        encoded = base64.b64encode(data).decode("ascii")
        return self._part(f"data:{media_type};base64,{encoded}", media_type)

    def _part(self, url: str, media_type: str) -> ImagePart | AudioPart | VideoPart | FilePart:
        options = dict(self.options)
        match self.kind:
            case "image":
                image_url = ImageURL(url=url)
                if "detail" in options:
                    image_url["detail"] = options["detail"]
                return {"type": "image_url", "image_url": image_url}
            case "audio":
                name = options.get("format") or _AUDIO_FORMATS.get(media_type)
                if name is None:
                    raise ConfigurationError(f"{self!r} has no known audio format; give format=, e.g. 'wav'")
                return {"type": "input_audio", "input_audio": {"data": url.partition(",")[2], "format": name}}
            case "video":
                video_url = VideoURL(url=url)
                if "processing" in options:
                    video_url["processing"] = options["processing"]
                return {"type": "video_url", "video_url": video_url}
            case "file":
                content: FileContent = {}
                filename = options.get("filename") or (
                    self.source.name if isinstance(self.source, Path) else ""
                )
                if filename:
                    content["filename"] = filename
                content["file_data"] = url
                return {"type": "file", "file": content}
            case _ as unreachable:
                assert_never(unreachable)

    def _media_type(self, data: bytes) -> str:
        if self.kind == "audio" and "format" in dict(self.options):
            return "application/octet-stream"  # raw samples may begin like anything
        found = sniff(data)
        if found is None and isinstance(self.source, Path):
            found = mimetypes.guess_type(self.source.name)[0]
        if found is None:
            raise ConfigurationError(f"the media type of {self!r} is unknown; give media_type=")
        if self.kind == "audio" and found == "video/mp4":
            return "audio/mp4"
        if self.kind != "file" and not found.startswith(f"{self.kind}/"):
            kind = found.partition("/")[0]
            other = kind if kind in ("image", "audio", "video") else "file"
            raise ConfigurationError(f"{self!r} holds {found}, no {self.kind}; use {other}()")
        return found

    def __repr__(self) -> str:
        source = self.source
        if isinstance(source, bytes):
            shown = f"<{len(source):,} bytes>"
        elif isinstance(source, str) and source[:5].lower() == "data:":
            shown = f"<data URL of {len(source):,} characters>"
        else:
            shown = repr(source)
        options = "".join(f", {name}={value!r}" for name, value in self.options)
        return f"{self.kind}({shown}{options})"


Part: TypeAlias = TextPart | ImagePart | AudioPart | VideoPart | FilePart | Attachment
"""A part as a caller may give it."""

_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/=]")

_AUDIO_FORMATS = {
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/aiff": "aiff",
    "audio/x-aiff": "aiff",
    "audio/aac": "aac",
    "audio/ogg": "ogg",
    "audio/flac": "flac",
    "audio/x-flac": "flac",
    "audio/mp4": "m4a",
    "audio/x-m4a": "m4a",
}


def text(
    text: str,
    *,
    cache_control: CacheControl | None = None,
    prompt_cache_breakpoint: PromptCacheBreakpoint | None = None,
) -> TextPart:
    """Return a text part; everything up to and including a part with the prompt-cache mark is cached.

    >>> text("The rules of the house.", cache_control={"type": "ephemeral"})
    {'type': 'text', 'text': 'The rules of the house.', 'cache_control': {'type': 'ephemeral'}}
    """
    part: TextPart = {"type": "text", "text": text}
    if cache_control is not None:
        part["cache_control"] = cache_control
    if prompt_cache_breakpoint is not None:
        part["prompt_cache_breakpoint"] = prompt_cache_breakpoint
    return part


def image(
    source: str | bytes | Path, *, media_type: str | None = None, detail: Detail | None = None
) -> Attachment:
    """Return an image.

    >>> image("https://example.com/cat.png", detail="low")
    image('https://example.com/cat.png', detail='low')
    >>> image(b"...")
    image(<3 bytes>)

    Raises:
        ConfigurationError: `source` is text, but no http(s) or `data:` URL.
    """
    return _attachment("image", source, media_type, detail=detail)


def audio(source: str | bytes | Path, *, format: str | None = None) -> Attachment:
    """Return audio; `format` (wav, mp3, flac, pcm16, ...) is needed where the data does not show it.

    Raises:
        ConfigurationError: `source` is text, but no base64 `data:` URL: audio is always sent inline.
    """
    if isinstance(source, str):
        _check_audio_url(source)
    return _attachment("audio", source, None, format=format)


def video(
    source: str | bytes | Path, *, media_type: str | None = None, processing: Processing | None = None
) -> Attachment:
    """Return a video; which URLs are read depends on the provider.

    Raises:
        ConfigurationError: `source` is text, but no http(s) or `data:` URL.
    """
    return _attachment("video", source, media_type, processing=processing)


def file(
    source: str | bytes | Path, *, filename: str | None = None, media_type: str | None = None
) -> Attachment:
    """Return a document, e.g. a PDF; `filename` is by default the name of the path.

    A file uploaded before is `{"type": "file", "file": {"file_id": "..."}}`.

    Raises:
        ConfigurationError: `source` is text, but no http(s) or `data:` URL.
    """
    return _attachment("file", source, media_type, filename=filename)


def _attachment(
    kind: AttachmentKind, source: str | bytes | Path, media_type: str | None, **options: str | None
) -> Attachment:
    if isinstance(source, str):
        if not source.lower().startswith(("http://", "https://", "data:")):
            raise ConfigurationError(
                f"{kind}() got text of {len(source):,} characters that is not a URL;"
                " expected http(s): or data:, and for a file a pathlib.Path"
            )
    elif not isinstance(source, bytes | Path):
        raise ConfigurationError(
            f"{kind}() got a {type(source).__name__}; expected a URL, bytes or a pathlib.Path"
        )
    given = tuple((name, value) for name, value in options.items() if value is not None)
    return Attachment(kind=kind, source=source, media_type=media_type, options=given)


def _check_audio_url(url: str) -> None:
    head, _, data = url.partition(",")
    if not (head.startswith("data:") and head.endswith(";base64")):
        raise ConfigurationError(
            "audio() got text that is not a base64 data URL; audio is sent inline: give bytes or a path"
        )
    if not data or _NOT_BASE64.search(data):
        raise ConfigurationError("audio() got a data URL whose data is not base64")


def _read(path: Path) -> bytes:
    """Return the content of a regular file; devices and pipes might never end."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise ConfigurationError(f"{str(path)!r} is not a regular file; expected a file to send")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigurationError(f"{str(path)!r} cannot be read: {reason.lower()}") from error
