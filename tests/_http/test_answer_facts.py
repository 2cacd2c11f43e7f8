"""What hooks are told of the answer: model, provider, tokens, cost, and when its first piece came."""

from __future__ import annotations

from decimal import Decimal

import pytest

from openrouter_async import AsyncOpenRouter, NotFound, RequestEvent, Retries
from openrouter_async.errors import OpenRouterError
from openrouter_async.testing import Emulator, Fault
from tests.support.loopback import LoopbackServer, Reply, serve_responses, sse

pytestmark = pytest.mark.loopback

USAGE = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7, "cost": 0.002}
CHOICE = {"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}
COMPLETION = {
    "id": "gen-1",
    "model": "a/model-2",
    "provider": "Acme",
    "choices": [CHOICE],
    "usage": USAGE,
}
BUSY = Reply(503, json={"error": {"message": "busy", "code": 503}})
NONE_YET = Reply(404, json={"error": {"message": "not found", "code": 404}})
RECORD = Reply(json={"data": {"id": "gen-1", "total_cost": 0.002}})


def chunk(text: str, **more: object) -> dict[str, object]:
    delta = {"index": 0, "delta": {"content": text}, "finish_reason": more.pop("finish", None)}
    return {"id": "gen-1", "model": "a/model-2", "provider": "Acme", "choices": [delta], **more}


def stream_of(*events: object) -> Reply:
    return Reply(200, sse(*events), {"content-type": "text/event-stream"})


class Hook:
    def __init__(self) -> None:
        self.told: list[tuple[str, RequestEvent]] = []

    def started(self, event: RequestEvent) -> None:
        self.told.append(("started", event))

    def retried(self, event: RequestEvent) -> None:
        self.told.append(("retried", event))

    def finished(self, event: RequestEvent) -> None:
        self.told.append(("finished", event))

    def failed(self, event: RequestEvent) -> None:
        self.told.append(("failed", event))

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.told]

    @property
    def last(self) -> RequestEvent:
        return self.told[-1][1]


def client_of(server: LoopbackServer, hook: Hook) -> AsyncOpenRouter:
    return AsyncOpenRouter(
        "sk-or-v1-test",
        base_url=server.url,
        default_model="a/model",
        retries=Retries(attempts=2, base=0.001),
        hooks=[hook],
    )


async def test_a_whole_answer() -> None:
    hook = Hook()
    with LoopbackServer(serve_responses([BUSY, Reply(json=COMPLETION)])) as server:
        async with client_of(server, hook) as client:
            await client.chat.create("Hello")
    assert hook.names == ["started", "retried", "started", "finished"]
    assert {event.model for _, event in hook.told[:3]} == {"a/model"}
    event = hook.last
    assert (event.model, event.provider, event.finish_reasons) == ("a/model-2", "Acme", ("stop",))
    assert (event.cost, event.usage and event.usage.total_tokens) == (Decimal("0.002"), 7)
    assert (event.is_streamed, event.time_to_first_piece, event.is_poll) == (False, None, False)


async def test_a_stream() -> None:
    hook = Hook()
    reply = stream_of(chunk("Hi"), chunk("", finish="stop"), chunk("", usage=USAGE), "[DONE]")
    with LoopbackServer(serve_responses([reply])) as server:
        async with client_of(server, hook) as client, client.chat.stream("Hello") as stream:
            await stream.final()
    assert hook.names == ["started", "finished"]
    event = hook.last
    assert (event.model, event.provider, event.cost) == ("a/model-2", "Acme", Decimal("0.002"))
    assert hook.told[0][1].is_streamed
    assert event.is_streamed
    assert event.time_to_first_piece is not None
    assert 0 < event.time_to_first_piece <= event.elapsed


@pytest.mark.parametrize(
    ("reply", "cost", "model"),
    [
        (BUSY, Decimal(0), "a/model"),
        (stream_of(chunk("Hi"), chunk("", usage=USAGE, error={"message": "no", "code": 400})),
         Decimal("0.002"), "a/model-2"),
        (stream_of(chunk("Hi"), {"error": {"message": "no", "code": 400}}), None, "a/model-2"),
    ],
    ids=["free", "paid", "not known"],
)  # fmt: skip
async def test_a_call_that_fails(reply: Reply, cost: Decimal | None, model: str) -> None:
    hook = Hook()
    with LoopbackServer(serve_responses([reply])) as server:
        async with client_of(server, hook) as client:
            with pytest.raises(OpenRouterError):
                async with client.chat.stream("Hello") as stream:
                    await stream.final()
    assert hook.names[-1] == "failed"
    assert (hook.last.cost, hook.last.model) == (cost, model)


async def test_a_look_for_a_record_that_is_not_there_yet_is_no_failure() -> None:
    hook = Hook()
    with LoopbackServer(serve_responses([NONE_YET, RECORD, NONE_YET])) as server:
        async with client_of(server, hook) as client:
            await client.generations.get("gen-1", wait=True)
            assert hook.names == ["started", "finished"] * 2
            assert [event.status for name, event in hook.told if name == "finished"] == [404, 200]
            assert all(event.is_poll for _, event in hook.told)
            with pytest.raises(NotFound):
                await client.generations.get("gen-1")
    assert hook.names[-1] == "failed"
    assert not hook.last.is_poll


async def test_requests_of_the_librarys_own_are_told_apart(caplog: pytest.LogCaptureFixture) -> None:
    hook = Hook()
    caplog.set_level("INFO", "openrouter_async")
    with Emulator() as emulator:
        async with AsyncOpenRouter(
            emulator.key, base_url=emulator.base_url, default_model="openai/gpt-4.1-mini", hooks=[hook]
        ) as client:
            async with client.track("1.00"):
                emulator.reply("Hello", fault=Fault.disconnect(after=2))
                with pytest.raises(OpenRouterError):
                    async with client.chat.stream("Hello") as stream:
                        await stream.final()
            await client.models.catalogue(max_age=0)
            await client.models.list()
        own = {event.operation for name, event in hook.told if event.is_own}
        assert own == {"models.list", "generations.get"}
        asked = [event.operation for name, event in hook.told if name != "started" and not event.is_own]
        assert asked == ["chat.create", "models.list", "models.list"]
        seen = [(request.path, request.is_own) for request in emulator.requests]
        assert [path for path, is_own in seen if not is_own] == ["/chat/completions", "/models", "/models"]
        assert {path for path, is_own in seen if is_own} == {"/models", "/generation"}
    assert "models.list (own) finished: attempt 1, status 200" in caplog.text
    assert "models.list finished" in caplog.text


async def test_a_log_names_the_ids_of_a_call(caplog: pytest.LogCaptureFixture) -> None:
    hook = Hook()
    caplog.set_level("INFO", "openrouter_async")
    named = Reply(json=COMPLETION, headers={"x-generation-id": "gen-7", "cf-ray": "abc-ARN"})
    with LoopbackServer(serve_responses([named])) as server:
        async with client_of(server, hook) as client:
            await client.chat.create("Hello")
    assert (hook.last.generation_id, hook.last.request_id) == ("gen-7", "abc-ARN")
    assert ", gen-7, request abc-ARN, " in caplog.text
