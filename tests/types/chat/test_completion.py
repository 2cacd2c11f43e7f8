"""The reply to a chat request: read whatever its shape, easy to use, and fit to be sent back."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openrouter_async._sansio.chat_reply import check_completion
from openrouter_async._sansio.response import read_reply
from openrouter_async.errors import OpenRouterError
from openrouter_async.types.chat.completion import ChatCompletion
from openrouter_async.types.chat.messages import wire_messages
from openrouter_async.types.chat.model_reply import ModelReply
from openrouter_async.types.chat.parts import FileAnnotation, Image, UnknownAnnotation, UrlCitation
from openrouter_async.types.messages.reply import MessageReply
from openrouter_async.types.meta import ResponseMeta, keep_meta
from openrouter_async.types.responses.response import Response
from tests.support.recordings import Recording, assert_matches_facts, each_recording, load_recordings


def completion(message: object = None, **choice: object) -> ChatCompletion:
    body = {"id": "gen-1", "choices": [{"index": 0, "message": message, **choice}]}
    return read_reply(ChatCompletion, 200, {}, json.dumps(body).encode())


@each_recording("chat")
def test_recorded_replies_are_read_as_they_are(recording: Recording) -> None:
    reply = read_reply(ChatCompletion, recording.status, recording.headers, recording.body)
    check_completion(reply)
    assert_matches_facts(reply, recording.facts)
    assert reply.end is None


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("hello", "hello"),
        (None, ""),
        ([{"type": "text", "text": "he"}, {"type": "x", "y": 1}, {"type": "text", "text": "llo"}], "hello"),
        (12, "12"),
        (["he", {"type": "text", "text": "llo"}, None, 3], "hello"),
    ],
)
def test_text_is_joined_from_whatever_the_content_is(content: object, text: str) -> None:
    assert completion({"content": content}).text == text


def test_a_reply_of_the_prompt_form_has_text() -> None:
    body = b'{"choices": [{"text": "hello", "finish_reason": "stop"}]}'
    reply = read_reply(ChatCompletion, 200, {}, body)
    check_completion(reply)
    assert reply.text == reply.output == "hello"
    assert reply.message.content == "hello"


def test_a_reply_without_choices_has_properties() -> None:
    reply: ChatCompletion = ChatCompletion()
    assert (reply.text, reply.tool_calls, reply.images, reply.annotations) == ("", [], [], [])
    assert reply.reasoning is reply.reasoning_details is reply.refusal is reply.audio is None
    assert reply.finish_reason is reply.native_finish_reason is reply.generation_id is None


def test_reasoning_details_are_kept_exactly_as_they_came() -> None:
    details = [{"zeta": 1, "type": "reasoning.new", "alpha": {"b": 1.0, "a": [10**30, None]}}, {"type": None}]
    reply = completion({"content": "x", "reasoning_details": details})
    assert json.dumps(reply.reasoning_details) == json.dumps(details)
    sent_back = reply.message.model_dump(exclude_unset=True)
    assert json.dumps(sent_back["reasoning_details"]) == json.dumps(details)


def test_an_empty_list_of_reasoning_details_is_not_the_same_as_none() -> None:
    assert (
        completion({"reasoning_details": []}).message.model_dump(exclude_unset=True)["reasoning_details"]
        == []
    )
    assert "reasoning_details" not in completion({"content": ""}).message.model_dump(exclude_unset=True)


def test_the_message_sent_back_has_the_ids_of_the_tool_calls() -> None:
    calls = [
        {"function": {"name": "f", "arguments": {"a": 1}}},
        {"id": "x", "function": {"name": "g"}},
        {"id": "x", "function": {"name": "h"}},
    ]
    reply = completion({"tool_calls": calls})
    sent_back = reply.message.model_dump(exclude_unset=True)["tool_calls"]
    assert [c["id"] for c in sent_back] == [c.id for c in reply.tool_calls] == ["call_0", "x", "call_2"]
    assert reply.tool_calls[0].args == {"a": 1}


def test_unknown_values_and_fields_are_kept() -> None:
    reply = completion({"content": "x", "mood": "good"}, finish_reason="end_turn", extra=[1])
    assert reply.finish_reason == "end_turn"
    assert reply.choices[0].model_extra == {"extra": [1]}
    assert reply.message.model_extra == {"mood": "good"}


def test_equal_annotations_are_kept_once() -> None:
    cited = {"type": "url_citation", "url_citation": {"url": "https://x.example", "title": "X"}}
    other = {"type": "url_citation", "url_citation": {"url": "https://y.example", "title": "X"}}
    parsed = {"type": "file", "file": {"hash": "h", "content": [{"type": "text", "text": "t"}]}}
    reply = completion({"annotations": [parsed, cited, dict(reversed(cited.items())), other, parsed, cited]})
    assert [each.model_dump() for each in reply.annotations] == [
        each.model_dump() for each in completion({"annotations": [parsed, cited, other]}).annotations
    ]
    assert [wire_messages(reply)[0]["annotations"]] == [[parsed]]  # type: ignore[typeddict-item]  # of an assistant


def test_annotations_are_told_apart_by_type() -> None:
    reply = completion(
        {
            "annotations": [
                {
                    "type": "url_citation",
                    "url_citation": {"url": "https://x.example", "title": "X", "start_index": 1},
                },
                {"type": "file", "file": {"hash": "h", "content": [{"type": "text", "text": "t"}]}},
                {"type": "file_annotation", "file_annotation": {"file_id": "f"}},
                {"type": "url_citation", "url_citation": None},
            ]
        }
    )
    citation, file, unknown, empty = reply.annotations
    assert isinstance(citation, UrlCitation)
    assert (citation.url, citation.title) == ("https://x.example", "X")
    assert isinstance(file, FileAnnotation)
    assert file.file is not None
    assert file.file.content == [{"type": "text", "text": "t"}]
    assert isinstance(unknown, UnknownAnnotation)
    assert unknown.model_extra == {"file_annotation": {"file_id": "f"}}
    assert isinstance(empty, UrlCitation)
    assert empty.url is None


@pytest.mark.parametrize(
    ("url", "media_type", "data"),
    [
        ("data:image/png;base64,aGk=", "image/png", b"hi"),
        ("data:image/png;base64,a", "image/png", None),
        ("data:image/svg+xml,<svg/>", "image/svg+xml", None),
        ("https://x.example/a,b.png", None, None),
        (None, None, None),
    ],
)
def test_an_image_is_decoded_if_it_is_in_its_url(
    url: str | None, media_type: str | None, data: bytes | None
) -> None:
    image = Image.model_validate({"image_url": {"url": url}})
    assert (image.media_type, image.decode()) == (media_type, data)


PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUg=="


@pytest.mark.parametrize(
    ("image", "url"),
    [
        ({"image_url": PIXEL}, PIXEL),
        ({"type": "image", "url": PIXEL}, PIXEL),
        (PIXEL, PIXEL),
        ({"b64_json": PIXEL.partition(",")[2]}, PIXEL),
        ({"b64_json": "/9j/4AAQSkZJRgABAQ=="}, "data:image/jpeg;base64,/9j/4AAQSkZJRgABAQ=="),
        ({"b64_json": "?"}, "data:image/png;base64,?"),
        ({"image_url": None, "b64_json": 3}, None),
    ],
)
def test_an_image_is_found_wherever_its_message_has_it(image: object, url: str | None) -> None:
    reply = completion({"content": "x", "images": [image]})
    assert [picture.url for picture in reply.images] == [url]


def test_a_citation_may_have_its_page_beside_its_type() -> None:
    page = {"url": "https://a.example", "title": "A", "start_index": 1, "end_index": 5}
    nested, flat = {"type": "url_citation", "url_citation": page}, {"type": "url_citation", **page}
    (citation,) = completion({"content": "x", "annotations": [nested, flat]}).annotations
    assert isinstance(citation, UrlCitation)
    assert (citation.url, citation.title) == ("https://a.example", "A")


def test_images_among_the_parts_of_the_content_are_images_of_the_reply() -> None:
    part = {"type": "image_url", "image_url": {"url": PIXEL}}
    reply = completion({"content": [{"type": "text", "text": "a dot"}, part, {"type": "image"}]})
    assert (reply.text, [image.url for image in reply.images]) == ("a dot", [PIXEL])


def test_an_image_that_came_twice_is_there_once() -> None:
    here, there = ({"image_url": {"url": PIXEL}, "index": index} for index in range(2))
    unreadable = {"type": "image_url"}
    reply = completion({"images": [here, there, here, unreadable, unreadable]})
    assert [(image.index, image.url) for image in reply.images] == [
        (0, PIXEL),
        (1, PIXEL),
        (None, None),
        (None, None),
    ]


@pytest.mark.parametrize("name", ["reasoning_details", "images", "annotations"])
def test_one_unusable_entry_of_a_list_takes_no_other_with_it(name: str) -> None:
    good = {"type": "file", "image_url": {"url": "https://x.example/a.png"}, "text": "hm"}
    reply = completion({"content": "x", name: [None, good, 3]})
    assert [each if isinstance(each, dict) else each.model_dump(exclude_unset=True)
            for each in getattr(reply, name)] == [good]  # fmt: skip


def test_text_with_half_a_surrogate_pair_can_be_written() -> None:
    body = b'{"choices": [{"message": {"content": "a\\ud83d b\\u0000"}}]}'
    assert (
        read_reply(ChatCompletion, 200, {}, body).text.encode() == "a\N{REPLACEMENT CHARACTER} b\0".encode()
    )


def test_no_class_is_made_for_a_type_parameter() -> None:
    assert ChatCompletion[int] is ChatCompletion[list[str]] is ChatCompletion


def test_metadata_survives_pickling() -> None:
    reply = completion({"content": "x"})
    keep_meta(reply, ResponseMeta(200, {}, None, "gen-header", 0.5, 1))
    again = pickle.loads(pickle.dumps(reply))
    assert again == reply
    assert again.generation_id == "gen-header"


PATHS = st.lists(st.integers(0, 30), min_size=1, max_size=8)
JUNK = st.sampled_from(
    [None, True, 0, -1, 1.5, "", "text", "7", [], [None], [[]], {}, {"error": "x"}, [{}], {"type": 1}]
)


def damaged(value: Any, path: list[int], junk: object, *, delete: bool) -> Any:
    """Return the JSON value with one field, found by walking along `path`, deleted or replaced."""
    keys = (
        list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    )
    if not keys or not path:
        return junk
    key = keys[path[0] % len(keys)]
    copy = dict(value) if isinstance(value, dict) else list(value)
    if len(path) > 1:
        copy[key] = damaged(copy[key], path[1:], junk, delete=delete)
    elif delete:
        del copy[key]
    else:
        copy[key] = junk
    return copy


@settings(max_examples=300)
@given(st.sampled_from(load_recordings("chat")), PATHS, JUNK, st.booleans())
def test_a_damaged_reply_is_read_or_refused_with_an_error_of_ours(
    recording: Recording, path: list[int], junk: object, delete: bool
) -> None:
    body = json.dumps(damaged(json.loads(recording.body), path, junk, delete=delete)).encode()
    try:
        reply = read_reply(ChatCompletion, 200, {}, body)
        check_completion(reply)
    except OpenRouterError:
        return
    use_everything(reply)


def use_everything(reply: ChatCompletion) -> None:
    """Read each property, which must not raise, and write the reply."""
    reply.text.encode()
    for name in (
        "reasoning",
        "tool_calls",
        "images",
        "annotations",
        "refusal",
        "audio",
        "finish_reason",
        "output",
    ):
        getattr(reply, name)
    assert reply.reasoning_details == reply.message.reasoning_details
    for image in reply.images:
        image.decode()
    reply.message.model_dump_json(exclude_unset=True)


@pytest.mark.parametrize("said", [{}, {"usage": None}, {"usage": {}}, {"usage": "much"}])
@pytest.mark.parametrize("kind", [ChatCompletion, Response, MessageReply])
def test_usage_is_empty_where_the_service_reported_none(
    kind: type[ModelReply[str]], said: dict[str, object]
) -> None:
    reply = kind.model_validate(said)
    assert not reply.usage.is_reported
    assert reply.usage.total_tokens is None
    assert reply.cost is None
    assert reply.billed == (None,)
