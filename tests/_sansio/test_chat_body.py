"""Bodies: always the same bytes for the same arguments, in a fixed order, and only what JSON and UTF-8 can carry."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrouter_async._sansio.chat_body import ChatCall, chat_body, completion_body
from openrouter_async.errors import ConfigurationError
from openrouter_async.types.chat.content_parts import image
from openrouter_async.types.chat.generation_params import GenerationParams
from openrouter_async.types.chat.messages import user
from openrouter_async.types.chat.request import REPLACED_PARAMS
from openrouter_async.types.requests.prevalidated import Prevalidated
from tests.support.recordings import Recording, each_recording

Body = Callable[..., bytes]


def body_of(messages: Any, *, stream: bool = False, **call: Any) -> bytes:
    return chat_body(ChatCall(messages, **call), stream=stream)


BOTH = pytest.mark.parametrize("body", [body_of, completion_body], ids=["chat", "completion"])


def test_a_plain_call_has_model_and_messages_only() -> None:
    assert (
        body_of("hi", model="a/b", params={})
        == b'{"model":"a/b","messages":[{"role":"user","content":"hi"}]}'
    )


def test_the_prompt_form_has_a_prompt() -> None:
    assert completion_body("Once", model="a/b", params={}) == b'{"model":"a/b","prompt":"Once"}'


@BOTH
def test_without_a_model_none_is_sent(body: Body) -> None:
    assert "model" not in json.loads(body("hi", model=None, params={}))


@BOTH
@pytest.mark.parametrize("model", ["", 5, ["a/b"]], ids=repr)
def test_a_model_that_is_no_slug_is_refused(body: Body, model: Any) -> None:
    with pytest.raises(ConfigurationError, match="expected a slug such as"):
        body("hi", model=model, params={})


@BOTH
def test_only_streams_say_so(body: Body) -> None:
    assert b"stream" not in body("hi", model="m", params={}, stream=False)
    assert body("hi", model="m", params={}, stream=True).endswith(b',"stream":true}')


def test_keys_stand_in_the_declared_order_whatever_the_order_of_arguments() -> None:
    params = {"debug": {}, "tools": [], "temperature": 1, "models": ["x"]}
    expected = ["model", "messages", "models", "temperature", "debug", "tools", "stream", "zzz"]
    for ordered in (params, dict(reversed(params.items()))):
        body = body_of("hi", model="m", params=ordered, extra_body={"zzz": 1}, stream=True)
        assert list(json.loads(body)) == expected


@BOTH
def test_extra_body_comes_last_and_wins(body: Body) -> None:
    extra = {"temperature": 9, "safe_prompt": True, "model": "c/d", "nested": ({"a": None},)}
    sent = json.loads(body("hi", model="a/b", params={"temperature": 1, "seed": 1}, extra_body=extra))
    assert sent["temperature"] == 9
    assert sent["model"] == "c/d"
    assert sent["seed"] == 1
    assert list(sent)[-2:] == ["safe_prompt", "nested"]
    assert sent["nested"] == [{"a": None}]


@BOTH
@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ([("a", 1)], "extra_body is a list of 1 items; expected a dict of JSON values"),
        ({1: 2}, "extra_body has the key 1; expected text"),
        ({"a": {1, 2}}, r"extra_body\['a'\] cannot be sent; expected JSON values only, without a set"),
        ({"a": [float("inf")]}, "expected finite numbers in JSON"),
        ({"a": {1: 2}}, "expected JSON objects whose keys are text"),
        ({"a": b"x"}, "without a bytes"),
    ],
    ids=["list", "key", "set", "infinite", "inner key", "bytes"],
)
def test_an_extra_body_that_is_no_json_is_refused(body: Body, extra: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        body("hi", model="m", params={}, extra_body=extra)


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ({"messages": "a\ud83d"}, "messages[0].content"),
        ({"messages": [user("x", "a\ud83d")]}, "messages[0].content[1].text"),
        ({"messages": "x", "params": {"stop": ["a\udc00"]}}, "stop[0]"),
        ({"messages": "x", "extra_body": {"k": {"a\ud83d": 1}}}, "a key of k"),
    ],
    ids=["text", "part", "parameter", "key"],
)
def test_half_of_a_surrogate_pair_is_refused_and_its_place_named(
    arguments: dict[str, Any], path: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        body_of(model="m", **arguments)
    assert str(caught.value).startswith(f"{path} contains half of a surrogate pair")
    assert caught.value.__context__ is None


def test_a_prompt_that_is_no_text_is_refused_without_showing_it() -> None:
    with pytest.raises(ConfigurationError, match=r"^prompt is a list of 1 items; expected text$"):
        completion_body(["secret"], model="m", params={})


def test_a_file_is_not_read_here(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"is not encoded yet; await encode_attachments"):
        body_of([user(image(tmp_path / "x.png"))], model="m", params={})


def test_parameters_of_chat_are_checked_for_streams() -> None:
    params = {"modalities": ["text", "audio"], "audio": {"voice": "alloy"}}
    assert json.loads(body_of("hi", model="m", params=params, stream=True))["audio"] == {"voice": "alloy"}
    with pytest.raises(ConfigurationError, match="only streams"):
        body_of("hi", model="m", params=params)


@pytest.mark.slow
@given(st.text(), st.floats(0, 2), st.lists(st.text(), max_size=4))
def test_whatever_is_text_arrives_as_it_was(prompt: str, temperature: float, stop: list[str]) -> None:
    params: GenerationParams = {"temperature": temperature, "stop": stop}
    for body in (
        body_of(prompt, model="m", params=params),
        completion_body(prompt, model="m", params=params),
    ):
        sent = json.loads(body)
        assert (sent["temperature"], sent["stop"]) == (temperature, stop)
        assert prompt in (sent.get("prompt"), sent.get("messages", [{}])[0].get("content"))


NOT_AS_DOCUMENTED = {
    "chat_audio_input_gemini_2_5_flash_1": "input_audio.data",  # its data was shortened in the recording
    "chat_text_gemini_2_5_flash_image_previ_1": "type is missing",
    "chat_tools2_claude_4_5_haiku_1": "messages[0].cache_control is unknown",
}
"""Recorded requests that the service took although they are not as documented, with what is said of them."""


@each_recording("chat", "stream")
def test_a_request_that_the_service_took_is_sent_unchanged(recording: Recording) -> None:
    wanted = json.loads(recording.request.get("body") or "null")
    if recording.request["path"] != "/api/v1/chat/completions" or not wanted:
        pytest.skip("no chat request is recorded")
    messages, model, stream = wanted.pop("messages"), wanted.pop("model"), wanted.pop("stream", False)
    params = {name: value for name, value in wanted.items() if name not in REPLACED_PARAMS}
    if recording.name in NOT_AS_DOCUMENTED:
        with pytest.raises(ConfigurationError) as caught:
            body_of(messages, model=model, params=params, stream=stream)
        assert NOT_AS_DOCUMENTED[recording.name] in str(caught.value)
        return
    sent = json.loads(body_of(messages, model=model, params=params, stream=stream))
    for message in messages:
        if message.get("tool_calls") and not (message.get("content") or " ").strip() and "content" in message:
            message["content"] = None
    assert sent == {"model": model, "messages": messages, **params, **({"stream": True} if stream else {})}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("extra_body", [None, {"seed": 1, "user": "a"}])
def test_parameters_that_were_checked_before_are_sent_as_others_are(
    stream: bool, extra_body: dict[str, Any] | None
) -> None:
    params = {
        "seed": 7,
        "response_format": Prevalidated(type="json_object"),
        "plugins": [{"id": "response-healing"}],
        "provider": {"require_parameters": True},
    }
    bodies = [
        body_of("hi", model="a/b", params=given, extra_body=extra_body, stream=stream)
        for given in (params, ChatCall.prevalidated(params))
    ]
    assert bodies[0] == bodies[1]
    assert b'"require_parameters":true' in bodies[0]


def test_a_wrong_parameter_is_refused_before_it_is_kept() -> None:
    with pytest.raises(ConfigurationError, match="temperature is 'warm'"):
        ChatCall.prevalidated({"temperature": "warm"})
