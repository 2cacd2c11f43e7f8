"""The key is sent, and stands nowhere else: in what can be printed, logged, warned of, pickled or kept in a file."""

from __future__ import annotations

import logging
import pickle
import warnings
from pathlib import Path

import pytest

from openrouter_async import AsyncOpenRouter, Item, RequestEvent
from tests.faults.calls import ALL, KEY, Call, client_of, fail, kinds, succeed
from tests.faults.evidence import check_hidden
from tests.faults.scenes.answers import failure, good
from tests.faults.scenes.batches import echo
from tests.faults.service import FaultServer

pytestmark = pytest.mark.loopback


class Keeping:
    """A hook that keeps all it is told."""

    def __init__(self) -> None:
        self.told: list[RequestEvent] = []

    def __getattr__(self, name: str) -> object:
        if name not in ("started", "retried", "finished", "failed"):
            raise AttributeError(name)
        return self.told.append


@kinds(ALL)
async def test_what_a_caller_can_look_at(
    faults: FaultServer, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    hook, words = Keeping(), f"your key {KEY} is odd"
    caplog.set_level(logging.DEBUG)
    with (
        faults.play(failure(503, words, headers={"x-echo": KEY}), failure(400, words), good) as stage,
        warnings.catch_warnings(record=True) as warned,
    ):
        warnings.simplefilter("always")
        async with client_of(stage, hooks=[hook], log_bodies=True) as client:
            error = await fail(call, client)
            ended = await succeed(call, client)
            derived = client.with_options(api_key=KEY, headers={"x-mine": "1"})
            check_hidden(
                repr(client), repr(derived), repr(client._sender.settings), repr(derived._sender.settings)
            )
            check_hidden(repr(client.chat.stream("Hello")), repr(client.conversation()))
        sent = [request.headers["authorization"] for request in stage.requests]
    assert sent == [f"Bearer {KEY}"] * 3
    assert len(hook.told) >= 5
    ours = "".join(record.getMessage() for record in caplog.records if record.name == "openrouter_async")
    assert "Hello" in ours  # bodies were logged, so the log is no empty one
    check_hidden(repr(hook.told), ours, repr(ended), *map(repr, warned))
    check_hidden(pickle.dumps(error).decode("latin-1"))


async def test_what_is_kept_in_files(faults: FaultServer, tmp_path: Path) -> None:
    with faults.play(echo) as stage:
        async with AsyncOpenRouter(KEY, base_url=stage.url, default_model="a/b") as client:
            async with client.batch(
                [Item("a", "x"), Item("b", "fail")], journal=tmp_path / "run.jsonl"
            ) as batch:
                check_hidden(repr([result async for result in batch]), repr(batch.summary), repr(batch))
            chat = client.conversation()
            await chat.send("Hello")
            check_hidden(repr(chat), repr(chat.history), repr(chat.messages))
    check_hidden((tmp_path / "run.jsonl").read_text())
