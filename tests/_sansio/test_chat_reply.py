"""Which completions are answers, and which error each of the others is."""

from __future__ import annotations

import contextlib
import json

import pytest

from openrouter_async._sansio.chat_reply import check_completion
from openrouter_async._sansio.response import read_reply
from openrouter_async.errors import (
    EmptyReply,
    InvalidResponseError,
    OpenRouterError,
    Overloaded,
    ProviderError,
    RateLimited,
    ServerError,
)
from openrouter_async.types.chat.completion import ChatCompletion
from tests.support.recordings import Recording, each_recording

OK = {"role": "assistant", "content": "hi"}


def check(body: object) -> ChatCompletion:
    reply: ChatCompletion = ChatCompletion.model_validate_json(json.dumps(body))
    check_completion(reply)
    return reply


def one(message: object, **choice: object) -> dict[str, object]:
    return {"id": "gen-1", "provider": "P", "choices": [{"message": message, **choice}]}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        pytest.param(
            {"error": {"code": 502, "message": "x"}}, ProviderError, id="error in place of the answer"
        ),
        pytest.param({"error": "overloaded"}, ServerError, id="error as text"),
        pytest.param(one(OK, error={"code": 429}), RateLimited, id="error in the choice"),
        pytest.param(one(OK, error="gone"), ServerError, id="error in the choice as text"),
        pytest.param(one(OK, finish_reason="error"), ServerError, id="only the finish reason"),
        pytest.param({"choices": []}, EmptyReply, id="no choices"),
        pytest.param({"choices": None}, EmptyReply, id="choices null"),
        pytest.param({"id": "gen-1"}, InvalidResponseError, id="choices missing"),
        pytest.param({"choices": [{}]}, InvalidResponseError, id="message missing"),
        pytest.param(one(None), InvalidResponseError, id="message null"),
        pytest.param({**one({}), "usage": {"completion_tokens": 0}}, EmptyReply, id="nothing in it"),
    ],
)
def test_what_is_no_answer_is_refused(body: object, error: type[OpenRouterError]) -> None:
    with pytest.raises(OpenRouterError) as caught:
        check(body)
    assert type(caught.value) is error
    assert isinstance(body, dict)
    assert caught.value.generation_id == body.get("id")


def test_an_error_in_a_choice_keeps_what_there_was() -> None:
    with pytest.raises(ProviderError) as caught:
        check(one(OK, error={"code": 502, "message": "upstream"}, finish_reason="error"))
    error = caught.value
    assert (error.code, error.provider, error.generation_id) == (502, "P", "gen-1")
    assert error.partial is not None
    assert error.partial.text == "hi"


def test_a_code_that_is_text_is_kept_and_counts_as_500() -> None:
    with pytest.raises(ServerError) as caught:
        check({"error": {"code": "strange", "message": "x"}})
    assert (caught.value.status, caught.value.code) == (500, "strange")


def test_the_finish_reason_error_alone_tells_the_providers_word() -> None:
    with pytest.raises(ServerError, match="MALFORMED_FUNCTION_CALL") as caught:
        check(one(OK, finish_reason="error", native_finish_reason="MALFORMED_FUNCTION_CALL"))
    assert caught.value.partial is not None


@pytest.mark.parametrize(
    "message",
    [
        {"reasoning": "hm"},
        {"reasoning_details": [{"type": "reasoning.encrypted", "data": "x"}]},
        {"tool_calls": [{"id": "a"}]},
        {"images": [{"image_url": {"url": "data:,"}}]},
        {"audio": {"id": "a"}},
        {"refusal": "no"},
        {"annotations": [{"type": "file"}]},
        {"content": " "},
    ],
    ids=lambda message: next(iter(message)),
)
def test_a_reply_without_output_tokens_is_not_empty_if_it_has_content(message: object) -> None:
    check({**one(message), "usage": {"completion_tokens": 0}})


@pytest.mark.parametrize("usage", [None, {}, {"completion_tokens": 1}, {"completion_tokens": None}])
def test_a_reply_without_text_is_an_answer_unless_no_tokens_were_made(usage: object) -> None:
    assert check({**one({"content": None}, finish_reason="stop"), "usage": usage}).text == ""


@pytest.mark.parametrize("error", [None, False, "", {}])
def test_an_error_that_is_nothing_is_none(error: object) -> None:
    check({**one(OK, error=error), "error": error})


MODELLED = {
    "modelled/chat_choice_error": ProviderError,
    "modelled/chat_empty_choices": EmptyReply,
    "modelled/chat_empty_content_no_tools": EmptyReply,
    "modelled/chat_missing_meta": None,
    "modelled/error_in_200_overloaded": Overloaded,
    "modelled/error_in_200_provider_unavailable": ProviderError,
}


@each_recording("modelled", only=MODELLED)
def test_modelled_replies_end_as_they_should(recording: Recording) -> None:
    expected = MODELLED[recording.name]
    with pytest.raises(expected) if expected else contextlib.nullcontext():
        check_completion(read_reply(ChatCompletion, 200, recording.headers, recording.body))
