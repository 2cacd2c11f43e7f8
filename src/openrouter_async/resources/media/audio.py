"""Speech: `speak`, `speak_stream`, `transcribe`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from anyio import to_thread
from pydantic import JsonValue, TypeAdapter

from ... import operations
from ..._checks import describe_value, one_of
from ..._sansio.request import RequestData, build_request, finish_body, user_of
from ...errors import ConfigurationError
from ...options import RequestOptions, Retries
from ...streaming.download import Download
from ...types.chat.content_parts import Attachment, audio
from ...types.media.speech import Speech, SpeechParams, SpeechReference, SpeechTurn
from ...types.media.transcription import Transcription, TranscriptionParams
from ...types.requests.check import check, check_params
from ...types.requests.fields import STRICT
from .._base import Resource, json_bytes, reader
from ..uploads import FileSource, FileUpload, open_upload
from .references import encode_references
from .requests import begin_media, checked_prompt

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["AudioResource", "AudioSource", "VoiceSource"]

AudioSource: TypeAlias = FileSource | FileUpload | str
"""A recording: its path, bytes, an open file, a stream, one of these with its name, or the URL of a recording."""

VoiceSource: TypeAlias = bytes | Path | Attachment | SpeechReference
"""What to speak by: a recording of a voice, what `audio()` or `image()` makes, or what is sent."""

_read_transcription = reader(Transcription)
_turns = TypeAdapter(list[SpeechTurn], config=STRICT)


class AudioResource(Resource):
    """`/audio`."""

    async def speak(
        self,
        input: str | Sequence[SpeechTurn],
        *,
        model: str,
        input_references: Sequence[VoiceSource] = (),
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[SpeechParams],
    ) -> Speech:
        """Return a text as speech.

        ```python
        speech = await client.audio.speak(
            "Good morning.", model="openai/gpt-4o-mini-tts", voice="alloy", response_format="mp3"
        )
        await speech.save("morning.mp3")
        ```

        Sends one request, which is billed; more where the retry rules allow it. Its cost is in the billed record,
        which `client.track` looks up.

        Args:
            input: The text; or turns of several voices, with models that know them.
            model: A slug such as `openai/gpt-4o-mini-tts`.
            input_references: A recording of the voice, and its text, with models that copy voices.
            extra_body: Further parameters, also ones that these types do not know; they win over the others.
            options: See `RequestOptions`.
            params: See `SpeechParams`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            DownloadInterrupted: it broke off; `data` is what had arrived.
            OpenRouterError: any other failure of a call.
        """
        data = await _speech(input, model, input_references, params, extra_body)
        download = Download(self._sender.with_options(options).download(data, is_whole=True), kind="audio")
        spoken = await download.read()
        return Speech(spoken, download.media_type, download.meta)

    def speak_stream(
        self,
        input: str | Sequence[SpeechTurn],
        *,
        model: str,
        input_references: Sequence[VoiceSource] = (),
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[SpeechParams],
    ) -> Download:
        """Return a text as speech, piece by piece while it is made; `save` writes it to a file.

        Arguments and errors are those of `speak`; they are raised while reading.
        """

        async def request() -> RequestData:
            return await _speech(input, model, input_references, params, extra_body)

        return Download(self._sender.with_options(options).download(request), kind="audio")

    async def transcribe(
        self,
        source: AudioSource,
        *,
        model: str,
        send_as: Literal["form", "json"] | None = None,
        format: str | None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[TranscriptionParams],
    ) -> Transcription:
        """Return a recording as text.

        ```python
        heard = await client.audio.transcribe(Path("talk.mp3"), model="openai/whisper-1")
        print(heard.text, heard.cost)
        ```

        Sends one request, which is billed; more where the retry rules allow it, but for a stream, which is read once.
        A file is read while it is sent. The service takes 25 MB in a form, and waits a minute for the provider: cut
        longer recordings.

        Args:
            source: The recording, or its URL.
            model: A slug such as `openai/whisper-1`.
            send_as: How it is sent: as a form, which is not held in memory, or as base64 in JSON. Default: a form, and
                JSON for a URL.
            format: Such as `mp3`, where neither data nor name show it.
            extra_body: Further parameters, also ones that these types do not know; they win over the others.
            options: See `RequestOptions`.
            params: See `TranscriptionParams`.

        Raises:
            ConfigurationError: an argument is wrong, or the file cannot be read; nothing was sent.
            PayloadTooLarge: the recording is too long.
            OpenRouterError: any other failure of a call.
        """
        one_of("send_as", send_as, ("form", "json", None))
        checked = check_params(TranscriptionParams, params, elsewhere={}, where="a transcription")
        if checked.get("response_format") in ("text", "srt", "vtt"):
            raise ConfigurationError(
                f"response_format is {checked['response_format']!r}; expected 'json' or 'verbose_json', as the service"
                " answers in JSON only; words and segments have the times for subtitles"
            )
        body, user = {**begin_media(model), **checked}, user_of(checked, extra_body)
        sender = self._sender.with_options(options)
        if isinstance(source, str) or send_as == "json":
            body = {**begin_media(model), "input_audio": await _inline(source, send_as, format), **checked}
            content = finish_body(body, extra_body)
            data = build_request(operations.CREATE_TRANSCRIPTION, content=content, model=model, user=user)
            return await sender.send(data, _read_transcription)
        with closing(
            await open_upload(_named(source, format), _fields({**body, **(extra_body or {})}))
        ) as form:
            data = build_request(
                operations.CREATE_TRANSCRIPTION,
                upload=form,
                content_type=form.content_type,
                model=model,
                user=user,
            )
            if not form.is_repeatable:
                sender = sender.with_options({"retries": Retries(attempts=1)})
            return await sender.send(data, _read_transcription)


async def _speech(
    input: str | Sequence[SpeechTurn],
    model: str,
    references: Sequence[VoiceSource],
    params: Mapping[str, object],
    extra_body: Mapping[str, JsonValue] | None,
) -> RequestData:
    checked = check_params(SpeechParams, params, elsewhere={}, where="a request for speech")
    said: object = input
    if isinstance(input, str) or not isinstance(input, Sequence) or not input:
        said = checked_prompt("input", input)
    else:
        said = check(_turns, list(input), "input", private=True)
    body = {**begin_media(model), "input": said, **checked}
    if references:
        body["input_references"] = await encode_references("input_references", references, audio)
    content, user = finish_body(body, extra_body), user_of(checked, extra_body)
    return build_request(operations.CREATE_SPEECH, content=content, model=model, user=user)


async def _inline(source: AudioSource, send_as: str | None, format: str | None) -> dict[str, JsonValue]:
    """Return what stands for a recording in JSON: its URL, or its data."""
    given = {} if format is None else {"format": format}
    if isinstance(source, str) and source.startswith(("http://", "https://")):
        if send_as == "form":
            raise ConfigurationError("send_as is 'form'; expected 'json', as a URL is sent in JSON")
        return {"url": source, **given}
    if isinstance(source, FileUpload):
        source = source.source
    if isinstance(source, str | bytes | Path):
        part = (await encode_references("source", [audio(source, format=format)]))[0]
        assert isinstance(part, dict)
        inner = part["input_audio"]
        assert isinstance(inner, dict)
        return inner
    if callable(read := getattr(source, "read", None)):
        data = await to_thread.run_sync(read)
        if not isinstance(data, bytes):
            raise ConfigurationError("the file is open as text; open it in binary mode, 'rb'")
        return await _inline(data, send_as, format)
    raise ConfigurationError(
        f"source is {describe_value(source, private=True)}; expected a pathlib.Path, bytes, an open file or a URL:"
        " a stream is sent as a form"
    )


def _named(source: FileSource | FileUpload, format: str | None) -> FileSource | FileUpload:
    """Return the file under a name that ends in its format; the service goes by it."""
    if format is None or (isinstance(source, FileUpload) and source.filename):
        return source
    if isinstance(source, FileUpload):
        return FileUpload(
            source=source.source,
            filename=f"audio.{format}",
            media_type=source.media_type,
            length=source.length,
        )
    return FileUpload(source=source, filename=f"audio.{format}")


def _fields(body: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """Return a body as the fields of a form: a list repeats its name, which ends in `[]`, and an object is JSON."""
    fields: list[tuple[str, str]] = []
    for name, value in body.items():
        if isinstance(value, list | tuple):
            fields += [(f"{name}[]", _text(item)) for item in value]
        elif value is not None:
            fields.append((name, _text(value)))
    return tuple(fields)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json_bytes(value).decode()
