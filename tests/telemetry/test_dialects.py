"""Calls of the other dialects are told as those of chat are."""

from __future__ import annotations

import pytest

from tests.support.loopback import LoopbackServer, Reply, serve_responses
from tests.telemetry.seen import Seen

pytestmark = pytest.mark.loopback

RESPONSE = {
    "id": "resp-1",
    "object": "response",
    "model": "a/b",
    "status": "completed",
    "output": [
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Riddle"}]}
    ],
    "usage": {"input_tokens": 5, "output_tokens": 2, "total_tokens": 7, "cost": 0.001},
}
MESSAGE = {
    "id": "msg-1",
    "type": "message",
    "role": "assistant",
    "model": "a/b",
    "stop_reason": "end_turn",
    "content": [{"type": "text", "text": "Riddle"}],
    "usage": {"input_tokens": 5, "output_tokens": 2, "cost": 0.001},
}


@pytest.mark.parametrize("dialect", ["responses", "messages"])
async def test_a_call(dialect: str, seen: Seen) -> None:
    reply = Reply(json=RESPONSE if dialect == "responses" else MESSAGE)
    with LoopbackServer(serve_responses([reply])) as server:
        async with seen.client_at(server.url, content=True) as client:
            if dialect == "responses":
                await client.responses.create("Hi", model="a/b", max_output_tokens=9)
            else:
                await client.messages.create("Hi", model="a/b", max_tokens=9)
    told = dict(seen.one("chat a/b").attributes or {})
    expected = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.max_tokens": 9,
        "gen_ai.response.model": "a/b",
        "gen_ai.usage.input_tokens": 5,
        "gen_ai.usage.output_tokens": 2,
        "gen_ai.usage.cost.amount": 0.001,
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.output.messages": (
            '[{"role":"assistant","parts":[{"type":"text","content":"Riddle"}],"finish_reason":"stop"}]'
        ),
    }
    assert expected.items() <= told.items()
    assert "Hi" in str(told["gen_ai.input.messages"])
