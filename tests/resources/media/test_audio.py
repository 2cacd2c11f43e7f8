"""Speech: the requests that are sent, as JSON and as forms, and what becomes of their answers."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from openrouter_async import (
    AsyncOpenRouter,
    ConfigurationError,
    FileUpload,
    Retries,
    audio,
    errors,
    response_meta,
)
from tests.support.forms import parse_form
from tests.support.loopback import Connection, LoopbackServer, Reply, Request, serve_responses

pytestmark = pytest.mark.loopback

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"
TTS, STT = "openai/gpt-4o-mini-tts", "openai/whisper-1"
MP3 = b"ID3" + bytes(range(256)) * 2_000
WAV = b"RIFF\x00\x00\x00\x00WAVE" + bytes(20)
SPOKEN = Reply(200, MP3, {"content-type": "audio/mpeg", "x-generation-id": "gen-tts-1"})
HEARD = Reply(json={"text": "Good morning.", "usage": {"cost": 0.0006, "seconds": 6}})


def client_of(server: LoopbackServer) -> AsyncOpenRouter:
    return AsyncOpenRouter(KEY, base_url=server.url, retries=Retries(base=0.001))


def breaks_off(connection: Connection, request: Request) -> None:
    connection.send_head(200, {"content-type": "audio/mpeg", "content-length": str(len(MP3))})
    connection.send(MP3[:100_000])
    connection.close()


async def test_a_text_is_spoken_and_saved(tmp_path: Path) -> None:
    params: dict[str, Any] = {
        "voice": "alloy", "response_format": "mp3", "speed": 1.5, "instructions": "Slowly.", "session_id": "s",
        "user": "u", "trace": {"trace_id": "t"}, "provider": {"zdr": True, "options": {"openai": {"x": 1}}},
    }  # fmt: skip
    with LoopbackServer(serve_responses([SPOKEN])) as server:
        async with client_of(server) as client:
            speech = await client.audio.speak("Good morning.", model=TTS, **params)
        (request,) = server.requests
    assert request.path == "/api/v1/audio/speech"
    assert request.json() == {"model": TTS, "input": "Good morning.", **params}
    assert (speech.bytes, speech.media_type, speech.generation_id) == (MP3, "audio/mpeg", "gen-tts-1")
    assert response_meta(speech).status == 200
    assert (await speech.save(tmp_path / "a.mp3")).read_bytes() == MP3
    assert "ID3" not in repr(speech)


async def test_bytes_that_look_like_much_json_are_a_file_all_the_same() -> None:
    pcm = b"{[:" * 500_000
    with LoopbackServer(serve_responses([Reply(200, pcm, {"content-type": "audio/pcm"})])) as server:
        async with client_of(server) as client:
            speech = await client.audio.speak("Good morning.", model=TTS)
    assert speech.bytes == pcm


async def test_several_voices_and_a_voice_to_copy(tmp_path: Path) -> None:
    path = tmp_path / "voice.wav"
    path.write_bytes(WAV)
    turns: Any = [{"text": "Good morning.", "voice": "a"}, {"text": "Good night.", "instructions": "Softly."}]
    said: Any = {"type": "text", "text": "what is said in it"}
    with LoopbackServer(serve_responses([SPOKEN])) as server:
        async with client_of(server) as client:
            await client.audio.speak(turns, model=TTS, input_references=[path, WAV, said])
        body: Any = server.requests[0].json()
    assert body["input"] == turns
    sound = {"type": "input_audio", "input_audio": {"data": base64.b64encode(WAV).decode(), "format": "wav"}}
    assert body["input_references"] == [sound, sound, said]


async def test_speech_comes_while_it_is_made(tmp_path: Path) -> None:
    with LoopbackServer(serve_responses([SPOKEN])) as server:
        async with client_of(server) as client:
            async with client.audio.speak_stream("Hi", model=TTS) as speech:
                pieces = [piece async for piece in speech]
            assert b"".join(pieces) == MP3
            assert len(pieces) > 1
            path = await client.audio.speak_stream("Hi", model=TTS).save(tmp_path / "a.mp3")
    assert path.read_bytes() == MP3


async def test_what_arrived_of_speech_that_broke_off_was_paid_for_and_is_kept() -> None:
    with LoopbackServer(serve_responses([breaks_off])) as server:
        async with client_of(server) as client:
            with pytest.raises(errors.DownloadInterrupted, match=f"100000 of {len(MP3)} bytes") as caught:
                await client.audio.speak("Hi", model=TTS)
    assert caught.value.data == MP3[:100_000]
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Reply(402, json={"error": {"code": 402, "message": "no credits"}}), errors.InsufficientCredits),
        (Reply(200, json={"error": {"code": 402, "message": "no credits"}}), errors.InsufficientCredits),
        (Reply(200, json={"text": "?"}), errors.InvalidResponseError),
        (Reply(200, b"", {"content-type": "audio/mpeg"}), errors.InvalidResponseError),
    ],
)
async def test_what_is_no_speech_is_an_error(answer: Reply, expected: type[Exception]) -> None:
    with LoopbackServer(serve_responses([answer])) as server:
        async with client_of(server) as client:
            with pytest.raises(expected):
                await client.audio.speak("Hi", model=TTS)


async def test_what_speech_cost_is_in_its_record() -> None:
    record = {
        "data": {"id": "gen-tts-1", "model": TTS, "total_cost": 0.015, "usage": 0.015, "is_byok": False}
    }

    def answer(connection: Connection, request: Request) -> None:
        reply = Reply(json=record) if "/generation" in request.path else SPOKEN
        connection.send(reply.encode())

    with LoopbackServer(serve_responses([answer])) as server:
        async with client_of(server) as client, client.track() as spend:
            await client.audio.speak("Hi", model=TTS)
            await client.audio.speak_stream("Hi", model=TTS).read()
        paths = [request.path for request in server.requests]
    assert paths[2:] == ["/api/v1/generation?id=gen-tts-1"] * 2
    assert (spend.cost, spend.calls, spend.unsettled) == (Decimal("0.03"), 2, ())


PARAMS: dict[str, Any] = {
    "language": "en", "temperature": 0.5, "response_format": "verbose_json", "diarize": True,
    "timestamp_granularities": ["word", "segment"], "keyterms": ["é"], "session_id": "s", "user": "u",
    "trace": {"trace_id": "t"}, "provider": {"zdr": True},
}  # fmt: skip


async def test_a_recording_is_sent_as_a_form(tmp_path: Path) -> None:
    path = tmp_path / "talk.mp3"
    path.write_bytes(MP3)
    with LoopbackServer(serve_responses([HEARD])) as server:
        async with client_of(server) as client, client.track() as spend:
            heard = await client.audio.transcribe(path, model=STT, **PARAMS)
        (request,) = server.requests
    assert request.path == "/api/v1/audio/transcriptions"
    fields, (file,) = parse_form(request.headers["content-type"], request.body)
    assert (file.name, file.filename, file.media_type, file.data) == ("file", "talk.mp3", "audio/mpeg", MP3)
    assert fields == [
        ("model", STT.encode()), ("session_id", b"s"), ("trace", b'{"trace_id":"t"}'), ("user", b"u"),
        ("language", b"en"), ("temperature", b"0.5"), ("response_format", b"verbose_json"),
        ("timestamp_granularities[]", b"word"), ("timestamp_granularities[]", b"segment"), ("diarize", b"true"),
        ("keyterms[]", "é".encode()), ("provider", b'{"zdr":true}'),
    ]  # fmt: skip
    assert (heard.text, heard.cost) == ("Good morning.", Decimal("0.0006"))
    assert heard.usage is not None
    assert heard.usage.seconds == 6
    assert spend.cost == Decimal("0.0006")


async def test_a_recording_is_sent_as_json(tmp_path: Path) -> None:
    path = tmp_path / "talk.mp3"
    path.write_bytes(MP3)
    inline = {"data": base64.b64encode(MP3).decode(), "format": "mp3"}
    raw = {"data": base64.b64encode(b"\x00\x01").decode(), "format": "pcm16"}
    url = "https://example.com/talk.mp3"
    given: list[tuple[Any, str | None, dict[str, str]]] = [
        (path, None, inline),
        (MP3, None, inline),
        (io.BytesIO(MP3), None, inline),
        (FileUpload(source=MP3), None, inline),
        (b"\x00\x01", "pcm16", raw),
        (f"data:audio/mpeg;base64,{inline['data']}", None, inline),
        (url, None, {"url": url}),
        (url, "mp3", {"url": url, "format": "mp3"}),
    ]
    with LoopbackServer(serve_responses([HEARD])) as server:
        async with client_of(server) as client:
            for source, format, _ in given:
                await client.audio.transcribe(source, model=STT, send_as="json", format=format, **PARAMS)
            await client.audio.transcribe(url, model=STT)
        bodies = [json.loads(request.body) for request in server.requests]
    expected = [{"model": STT, "input_audio": sent, **PARAMS} for *_, sent in given]
    assert bodies == [*expected, {"model": STT, "input_audio": {"url": url}}]


async def test_a_stream_is_sent_once_and_a_format_names_the_file() -> None:
    async def stream() -> AsyncIterator[bytes]:
        yield MP3[:1000]
        yield MP3[1000:]

    busy = Reply(503, json={"error": {"code": 503, "message": "busy"}})
    with LoopbackServer(serve_responses([HEARD, busy, busy, HEARD])) as server:
        async with client_of(server) as client:
            await client.audio.transcribe(stream(), model=STT, format="mp3")
            with pytest.raises(errors.Overloaded):
                await client.audio.transcribe(FileUpload(source=stream(), length=len(MP3)), model=STT)
            await client.audio.transcribe(b"\x00\x01", model=STT, format="flac", extra_body={"prompt": "x"})
        files = [parse_form(request.headers["content-type"], request.body) for request in server.requests]
    assert [(file.filename, len(file.data)) for _, (file,) in files] == [
        ("audio.mp3", len(MP3)), ("file.bin", len(MP3)), ("audio.flac", 2), ("audio.flac", 2),
    ]  # fmt: skip
    assert ("prompt", b"x") in files[-1][0]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"source": "talk.mp3"}, "audio is sent inline: give bytes or a path"),
        ({"source": 7}, "the file is 7; expected a pathlib.Path"),
        ({"source": io.StringIO("x"), "send_as": "json"}, "open as text"),
        ({"source": 7, "send_as": "json"}, "expected a pathlib.Path, bytes, an open file or a URL"),
        ({"source": Path("/none.mp3")}, "'/none.mp3' cannot be read"),
        ({"source": b"\x00\x01", "send_as": "json"}, "has no known audio format|media type of .* is unknown"),
        ({"source": "https://example.com/a", "send_as": "form"}, "a URL is sent in JSON"),
        ({"send_as": "xml"}, "send_as is 'xml'; expected 'form', 'json' or None"),
        ({"response_format": "srt"}, "answers in JSON only"),
        ({"temperature": 2}, "temperature is 2"),
        ({"model": None}, "model is None"),
        ({"langauge": "en"}, "did you mean 'language'"),
    ],
)
async def test_wrong_arguments_are_told_before_anything_is_sent(
    arguments: dict[str, Any], reason: str
) -> None:
    given = {"source": MP3, "model": STT, **arguments}
    with LoopbackServer(serve_responses([HEARD])) as server:
        async with client_of(server) as client:
            with pytest.raises(ConfigurationError, match=reason):
                await client.audio.transcribe(given.pop("source"), **given)
    assert server.requests == []


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"input": ""}, "input is "),
        ({"input": []}, "input is "),
        ({"input": [{"voice": "a"}]}, r"input\[0\].text is missing"),
        ({"voice": ""}, "voice is ''"),
        ({"input_references": audio(WAV)}, "input_references is "),
        ({"input_references": ["words"]}, "give bytes or a path"),
    ],
)
async def test_wrong_arguments_of_speech(arguments: dict[str, Any], reason: str) -> None:
    given = {"input": "Hi", "model": TTS, **arguments}
    with LoopbackServer(serve_responses([SPOKEN])) as server:
        async with client_of(server) as client:
            with pytest.raises(ConfigurationError, match=reason):
                await client.audio.speak(given.pop("input"), **given)
    assert server.requests == []
