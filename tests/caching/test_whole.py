"""Which answers are kept: whole ones that say something, and no others."""

from __future__ import annotations

from typing import Any

import pytest

from openrouter_async import ChatCompletion, operations
from openrouter_async._sansio.request import build_request
from openrouter_async.caching.whole import is_reusable, is_whole
from openrouter_async.types.embeddings.reply import Embeddings
from openrouter_async.types.messages.reply import MessageReply
from openrouter_async.types.responses.response import Response

CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def chat(finish: str | None = "stop", **message: Any) -> ChatCompletion:
    message = {"role": "assistant", "content": "Blue.", **message}
    return ChatCompletion.model_validate(
        {"id": "gen-1", "choices": [{"index": 0, "finish_reason": finish, "message": message}]}
    )


@pytest.mark.parametrize(
    "reply",
    [
        chat(),
        chat("tool_calls", content=None, tool_calls=[CALL]),
        MessageReply.model_validate(
            {"id": "m", "content": [{"type": "text", "text": "Blue."}], "stop_reason": "end_turn"}
        ),
        Embeddings.model_validate({"data": [{"embedding": [0.5], "index": 0}]}),
    ],
    ids=["text", "tool call", "message", "vectors"],
)
def test_whole_answers_are_kept(reply: object) -> None:
    assert is_whole(reply)


@pytest.mark.parametrize(
    "reply",
    [
        chat("length"),
        chat("content_filter"),
        chat("error"),
        chat(None),
        chat("something new"),
        chat(refusal="I cannot."),
        chat(content=""),
        chat(content=None),
        ChatCompletion.model_validate(
            {
                "id": "gen-1",
                "choices": [
                    {
                        "index": 0,
                        "finish_reason": "stop",
                        "message": {"role": "assistant", "content": "Blue."},
                    },
                    {
                        "index": 1,
                        "finish_reason": "length",
                        "message": {"role": "assistant", "content": "Gre"},
                    },
                ],
            }
        ),
        MessageReply.model_validate(
            {"id": "m", "content": [{"type": "text", "text": "Blu"}], "stop_reason": "max_tokens"}
        ),
        Response.model_validate({"id": "r", "status": "incomplete", "output": []}),
        {"any": "json"},
        None,
    ],
)
def test_others_are_not(reply: object) -> None:
    assert not is_whole(reply)


def test_only_requests_that_models_answer_with_json_are_looked_up() -> None:
    assert is_reusable(build_request(operations.CREATE_CHAT, content=b"{}"))
    assert is_reusable(build_request(operations.CREATE_EMBEDDINGS, content=b"{}"))
    assert not is_reusable(build_request(operations.CREATE_SPEECH, content=b"{}"))
    assert not is_reusable(build_request(operations.CREATE_IMAGES, content=b"{}"))
    assert not is_reusable(build_request(operations.GET_KEY))
