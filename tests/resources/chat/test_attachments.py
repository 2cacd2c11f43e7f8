"""Attachments are read and encoded off the event loop, under asyncio and trio alike."""

from __future__ import annotations

import functools
import os
import threading
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from openrouter_async._sansio.chat_body import ChatCall, chat_body
from openrouter_async.errors import ConfigurationError
from openrouter_async.resources.chat.attachments import encode_attachments
from openrouter_async.types.chat.content_parts import Attachment, file, image
from openrouter_async.types.chat.messages import MessagesLike, system, tool_result, user

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)
PNG_PART = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgoAAAAAAAAAAA=="}}
LOOPS = pytest.mark.parametrize("loop", ["asyncio", "trio"])


def encode(messages: MessagesLike, loop: str) -> Any:
    return anyio.run(encode_attachments, messages, backend=loop)


@LOOPS
def test_bytes_and_paths_are_encoded_wherever_they_stand(loop: str, tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(PNG)
    messages = [
        system("s"),
        user("a", image(path), image("https://a.example/x.png")),
        tool_result("1", image(PNG)),
    ]
    done = encode(messages, loop)
    assert done[0] == system("s")
    assert done[1]["content"][1] == PNG_PART
    assert done[2]["content"] == [PNG_PART]
    call = {"id": "1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    with_call = [*done[:2], {"role": "assistant", "tool_calls": [call]}, done[2]]
    assert chat_body(ChatCall(with_call, model="m")).count(b"data:image/png;base64,") == 2


@LOOPS
def test_a_single_message_stays_a_single_message(loop: str) -> None:
    assert encode(user(image(PNG)), loop) == {"role": "user", "content": [PNG_PART]}


@LOOPS
def test_what_was_given_is_not_changed(loop: str) -> None:
    messages = [user(image(PNG))]
    encode(messages, loop)
    assert isinstance(messages[0]["content"][0], Attachment)


@LOOPS
@pytest.mark.parametrize(
    "messages",
    ["hi", [user("hi")], [user("a", image("https://a.example/x.png"))], user("hi"), [], [5]],
    ids=["text", "messages", "url", "message", "empty", "wrong"],
)
def test_without_local_attachments_the_messages_come_back_at_once(
    loop: str, messages: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_thread(*_: object, **__: object) -> None:
        raise AssertionError("a thread was used")

    monkeypatch.setattr("openrouter_async.resources.chat.attachments.to_thread.run_sync", no_thread)
    assert encode(messages, loop) is messages


@LOOPS
def test_files_are_read_in_another_thread(loop: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.png").write_bytes(PNG)
    readers: list[threading.Thread] = []
    read_bytes = Path.read_bytes

    def noted(path: Path) -> bytes:
        readers.append(threading.current_thread())
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", noted)
    encode([user(image(tmp_path / "x.png"))], loop)
    assert len(readers) == 1
    assert readers[0] is not threading.main_thread()


@LOOPS
def test_a_missing_file_is_named(loop: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"gone\.pdf' cannot be read"):
        encode([user(file(tmp_path / "gone.pdf"))], loop)


@LOOPS
def test_a_cancelled_read_does_not_hold_up_the_caller(
    loop: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x.png").write_bytes(PNG)
    reading, go_on = threading.Event(), threading.Event()

    def stuck(_: Path) -> bytes:
        reading.set()
        go_on.wait(30)
        return PNG

    monkeypatch.setattr(Path, "read_bytes", stuck)

    async def cancelled() -> bool:
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as group:
                group.start_soon(functools.partial(encode_attachments, [user(image(tmp_path / "x.png"))]))
                while not reading.is_set():
                    await anyio.lowlevel.checkpoint()
                scope.cancel()
        returned_first = not go_on.is_set()
        go_on.set()
        return returned_first

    assert anyio.run(cancelled, backend=loop)


@LOOPS
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the platform has no named pipes")
def test_a_pipe_is_refused(loop: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigurationError, match="is not a regular file"):
        encode([user(image(tmp_path / "pipe"))], loop)
