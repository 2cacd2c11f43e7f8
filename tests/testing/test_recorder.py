"""What a recorder writes, and that the emulator gives it back."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import anyio
import httpx
import httpx2
import pytest
from pydantic import JsonValue

from openrouter_async import AsyncOpenRouter, Retries, errors
from openrouter_async.errors import ConfigurationError
from openrouter_async.testing import Emulator, Fault, Recorder, tool_call
from openrouter_async.testing.recordings.exchange_files import ExchangeFile, without_identity

MODEL = "openai/gpt-4o-mini"


def client_of(emulator: Emulator, recorder: Recorder | None = None) -> AsyncOpenRouter:
    return AsyncOpenRouter(
        emulator.key,
        base_url=emulator.base_url,
        default_model=MODEL,
        transport=recorder,
        retries=Retries(attempts=1),
    )


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def text_in(folder: Path) -> str:
    return "".join(path.read_text("utf-8") for path in folder.iterdir())


def only_file(folder: Path) -> str:
    (path,) = folder.iterdir()
    return path.read_text("utf-8")


async def text_of(client: AsyncOpenRouter) -> str:
    async with client.chat.stream("Hello") as stream:
        return "".join([text async for text in stream.text()])


async def run(client: AsyncOpenRouter) -> list[object]:
    """Return what a program got: two chats of the same words, a stream, a tool call, a read, and an error."""
    async with client:
        first = await client.chat.create("Hello")
        second = await client.chat.create("Hello")
        streamed = await client.chat.stream("Hello").final()
        called = await client.chat.stream("Look").final()
        key = await client.request("GET", "/providers", into=dict[str, JsonValue])
        with pytest.raises(errors.BadRequest) as caught:
            await client.chat.create("Hello", model="openai/none")
        return [
            first.text,
            second.text,
            streamed.text,
            streamed.usage,
            called.tool_calls[0].args,
            key,
            caught.value.availability,
        ]


@pytest.mark.loopback
async def test_a_recorded_run_is_replayed(tmp_path: Path) -> None:
    with Emulator() as live:
        for text in ("first", "second"):
            live.reply(text)
        live.reply("third")
        live.reply(tool_call("look", at="it"))
        async with Recorder(tmp_path / "run") as recorder:
            got = await run(client_of(live, recorder))
    with Emulator(recordings=tmp_path / "run", strict=True) as replayed:
        assert await run(client_of(replayed)) == got
        assert {request.origin for request in replayed.requests} == {"recorded"}
    names = names_in(tmp_path / "run")
    assert names == [
        "0001_chat_completions_openai_gpt_4o_mini.json",
        "0002_chat_completions_openai_gpt_4o_mini.json",
        "0003_chat_completions_openai_gpt_4o_mini_stream.json",
        "0004_chat_completions_openai_gpt_4o_mini_stream.json",
        "0005_providers.json",
        "0006_chat_completions_openai_none_400.json",
    ]


async def test_no_key_and_no_account_is_written(tmp_path: Path) -> None:
    with Emulator() as emulator:
        emulator.answer(
            "/key",
            {"data": {"label": emulator.key, "creator_user_id": "user_2a4b6c8d0e2f"}},
            headers={
                "set-cookie": "session=secret-session",
                "x-openrouter-region": "eu",
                "x-generation-id": "gen-1",
            },
        )
        async with Recorder(tmp_path) as recorder, client_of(emulator, recorder) as client:
            await client.request("GET", "/key", into=dict[str, JsonValue])
    text = only_file(tmp_path)
    assert emulator.key not in text
    assert "user_2a4b6c8d0e2f" not in text
    assert "secret-session" not in text
    written = json.loads(text)
    assert written["response"]["headers"].keys() == {"x-generation-id", "x-openrouter-region", "date"}
    assert json.loads(written["response"]["body"])["data"]["creator_user_id"] == "user_REDACTED0000"


@pytest.mark.parametrize(
    "spelt",
    [
        b"%s",
        b'{"a": "\xff %s"}',
        "\u00e9 %s".encode("utf-16-le"),
        "%s".encode("utf-16"),
        b'{"a": "\\u0061-key-of-no-known-form-0123456789"}',
        b"https://example.com/?key=a%2Dkey-of-no-known-form-0123456789",
    ],
)
async def test_a_key_of_any_form_in_any_encoding_is_left_out(spelt: bytes, tmp_path: Path) -> None:
    key = "a-key-of-no-known-form-0123456789"
    body = spelt
    for encoding in ("ascii", "utf-16-le"):
        body = body.replace("%s".encode(encoding), key.encode(encoding))
    file = ExchangeFile(method="GET", path=f"/api/v1/key?was={key}", status=200, body=body, request_body=body)
    file.write(tmp_path / "one.json", key=key)
    read = ExchangeFile.read(tmp_path / "one.json")
    for kept in (read.body, read.request_body, read.path.encode()):
        assert b"REDACTED" in kept.replace(b"\0", b"")
        assert b"0123456789" not in kept.replace(b"\0", b"")


async def test_the_key_that_a_request_carried_is_left_out(tmp_path: Path) -> None:
    key = "a-key-of-no-known-form-0123456789"
    with Emulator(key=key) as emulator:
        emulator.reply(f"You are {key}.")
        async with Recorder(tmp_path) as recorder, client_of(emulator, recorder) as client:
            await client.chat.create("Hello", model="openai/gpt-4o-mini")
    assert "You are REDACTED." in only_file(tmp_path)
    assert key not in only_file(tmp_path)


async def test_a_placeholder_for_a_key_spoils_no_words(tmp_path: Path) -> None:
    ExchangeFile(method="GET", path="/key", status=200, body=b'"a test"').write(
        tmp_path / "1.json", key="test"
    )
    assert ExchangeFile.read(tmp_path / "1.json").body == b'"a test"'


def test_an_id_without_identity_keeps_its_kind_and_length() -> None:
    assert without_identity("user_0123456789abcdef") == "user_REDACTED00000000"
    assert without_identity("org_abcdefgh and user_id") == "org_REDACTED and user_id"


async def test_a_stream_is_written_byte_for_byte(tmp_path: Path) -> None:
    chunk = '{"choices":[{"delta":{"content":"hé"},"finish_reason":"stop"}]}'
    body = f": comment\r\n\r\ndata: {chunk}\n\ndata: [DONE]\n\n".encode()
    with Emulator() as emulator:
        emulator.answer("/chat/completions", body, content_type="text/event-stream")
        async with Recorder(tmp_path) as recorder, client_of(emulator, recorder) as client:
            assert (await client.chat.stream("Hello").final()).text == "hé"
    assert json.loads(only_file(tmp_path))["response"]["body"].encode() == body


async def test_a_stream_that_broke_off_is_written_as_far_as_it_went(tmp_path: Path) -> None:
    with Emulator() as emulator:
        emulator.reply("one ", "two", fault=Fault.disconnect(after=2))
        async with Recorder(tmp_path) as recorder, client_of(emulator, recorder) as client:
            with pytest.raises(errors.StreamInterrupted):
                await text_of(client)
    body = json.loads(only_file(tmp_path))["response"]["body"]
    assert body.endswith("\n\n")
    assert '"one "' in body
    assert "[DONE]" not in body


@pytest.mark.parametrize("library", [httpx, httpx2], ids=lambda library: library.__name__)
async def test_an_encoded_body_is_written_decoded(tmp_path: Path, library: ModuleType) -> None:
    packed = gzip.compress(b'{"packed": true}')

    def answer(request: Any) -> object:
        assert (request.method, request.content, str(request.url)) == (
            "POST",
            '{"ü":1}'.encode(),
            "http://127.0.0.1:9/api/v1/odd?x=%C3%BC+1",
        )
        return library.Response(
            200,
            headers={"content-encoding": "gzip", "content-type": "application/json"},
            stream=library.ByteStream(packed),
        )

    async with (
        Recorder(tmp_path, transport=library.MockTransport(answer)) as recorder,
        AsyncOpenRouter("sk-or-v1-x", base_url="http://127.0.0.1:9/api/v1", transport=recorder) as client,
    ):
        reply = await client.request("POST", "/odd", into=dict[str, bool], body={"ü": 1}, query={"x": "ü 1"})
        assert reply == {"packed": True}
    assert json.loads(only_file(tmp_path))["response"]["body"] == '{"packed": true}'


async def test_a_body_that_is_no_text_comes_back_too(tmp_path: Path) -> None:
    with Emulator() as emulator:
        emulator.answer("/audio/speech", b"\xff\xfb\x00sound", content_type="audio/mpeg")
        async with Recorder(tmp_path) as recorder, client_of(emulator, recorder) as client:
            await client.request("POST", "/audio/speech", body={"input": "hi"}, into=bytes)
    with Emulator(recordings=tmp_path) as emulator:
        async with client_of(emulator) as client:
            sound = await client.request("POST", "/audio/speech", body={"input": "hi"}, into=bytes)
    assert sound == b"\xff\xfb\x00sound"


async def test_numbers_go_on_behind_what_is_there(tmp_path: Path) -> None:
    await anyio.Path(tmp_path / "0041_chat.json").write_text("{}")
    with Emulator() as emulator:
        async with Recorder(tmp_path) as recorder, client_of(emulator, recorder) as client:
            await client.request("GET", "/key", into=dict[str, JsonValue])
    assert names_in(tmp_path) == ["0041_chat.json", "0042_key.json"]


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="cannot be made"):
        Recorder(tmp_path / "file" / "folder")


@pytest.mark.loopback
async def test_two_recorders_of_one_folder_lose_nothing(tmp_path: Path) -> None:
    async with (
        Emulator() as emulator,
        Recorder(tmp_path) as first,
        Recorder(tmp_path) as second,
        client_of(emulator, first) as one,
        client_of(emulator, second) as other,
    ):
        for number in range(2):
            await one.chat.create(f"one {number}")
            await other.chat.create(f"other {number}")
    sent = text_in(tmp_path)
    assert [name[:5] for name in names_in(tmp_path)] == ["0001_", "0002_", "0003_", "0004_"]
    assert all(f"{name} {number}" in sent for name in ("one", "other") for number in range(2))
