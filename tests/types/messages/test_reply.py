"""A message is read leniently, and its blocks go back unchanged."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from openrouter_async.types.common import Usage, total_usage
from openrouter_async.types.messages.blocks import (
    Block,
    CompactionBlock,
    ContainerUploadBlock,
    RedactedThinkingBlock,
    ServerToolUseBlock,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
)
from openrouter_async.types.messages.reply import MessageReply
from openrouter_async.types.messages.usage import MessageUsage
from tests.support.message_wire import BLOCKS, MESSAGE


def reply(**fields: object) -> MessageReply:
    return MessageReply.model_validate_json(json.dumps({**MESSAGE, **fields}))


def written(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def test_what_goes_back_is_what_came_byte_by_byte() -> None:
    param = reply().as_param()
    assert list(param) == ["role", "content"]
    assert written(param["content"]) == written(BLOCKS)


def test_each_block_has_its_class() -> None:
    kinds = {block.type: type(block) for block in reply().blocks}
    assert kinds.pop("text") is TextBlock
    assert kinds.pop("thinking") is ThinkingBlock
    assert kinds.pop("redacted_thinking") is RedactedThinkingBlock
    assert kinds.pop("tool_use") is ToolUseBlock
    assert kinds.pop("server_tool_use") is ServerToolUseBlock
    assert {kind for name, kind in kinds.items() if name and name.endswith("_result")} == {ToolResultBlock}
    others = {name for name, kind in kinds.items() if kind is Block}
    assert others == {"from_the_future"}
    assert (kinds["container_upload"], kinds["compaction"]) == (ContainerUploadBlock, CompactionBlock)


def test_its_properties_are_those_of_every_reply() -> None:
    message = reply()
    assert message.text == "Ä lamp, “two”.They are lit."
    assert message.output == message.text
    assert message.thinking == message.reasoning == "Two\n\nlamps…"
    assert message.cost == Decimal("0.0125")
    assert message.generation_id == "gen-1"
    assert message.finish_reason == "tool_calls"
    assert [(page.url, page.title) for page in message.annotations] == [
        ("https://example.com/lamps", "Lamps")
    ]
    (call,) = message.tool_calls
    assert (call.id, call.name, call.args, call.complete) == (
        "toolu_1",
        "stock",
        {"b": 1.0, "a": [None, "é"]},
        True,
    )


def test_only_encrypted_reasoning_names_its_provider() -> None:
    assert reply().encrypted_by == "Anthropic"
    assert reply(content=[BLOCKS[2]]).encrypted_by is None


def test_usage_says_the_same_in_the_words_of_chat_without_adding_to_what_came() -> None:
    usage = reply().usage
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens) == (12, 34)
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (24, 34, 58)
    assert usage.prompt_tokens_details is not None
    assert usage.prompt_tokens_details.cached_tokens == 7
    assert usage.prompt_tokens_details.cache_write_tokens == 5
    assert usage.completion_tokens_details is not None
    assert usage.completion_tokens_details.reasoning_tokens == 9
    assert usage.model_dump(exclude_unset=True).keys() == MESSAGE["usage"].keys()


def test_usages_of_both_dialects_add_up() -> None:
    usage = reply().usage
    twice = total_usage([usage, usage])
    assert isinstance(twice, MessageUsage)
    assert (twice.input_tokens, twice.prompt_tokens, twice.cost) == (24, 48, Decimal("0.0250"))
    both = total_usage([usage, Usage(prompt_tokens=1, completion_tokens=2, total_tokens=3, cost=Decimal(1))])
    assert (both.prompt_tokens, both.total_tokens, both.cost) == (25, 61, Decimal("1.0125"))


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "content_filter"),
        ("pause_turn", "pause_turn"),
        ("of_tomorrow", "of_tomorrow"),
        (None, None),
    ],
)
def test_the_stop_reason_in_the_words_of_chat(reason: str | None, finish: str | None) -> None:
    message = reply(stop_reason=reason)
    assert message.stop_reason == reason
    assert message.finish_reason == finish


def test_a_refusal_says_why() -> None:
    details = {"type": "refusal", "category": "cyber", "explanation": "Not that."}
    assert reply(stop_reason="refusal", stop_details=details).refusal == "Not that."
    assert reply(stop_reason="refusal", stop_details={**details, "explanation": None}).refusal == "cyber"
    assert reply(stop_reason="refusal").refusal == "refusal"
    assert reply(stop_details=details).refusal is None


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("Hi", "Hi"),
        (None, ""),
        ([], ""),
        ([None, "Hi", {"type": "text"}], "Hi"),
        ({"type": "text", "text": "Hi"}, "Hi"),
        ([{"type": 7, "text": "?"}], ""),
    ],
)
def test_a_content_of_another_form_is_read(content: object, text: str) -> None:
    assert reply(content=content).text == text


def test_fields_of_another_type_spoil_nothing() -> None:
    message = reply(
        usage=[], stop_details="?", container=3, openrouter_metadata=7, stop_reason=[], new={"a": 1}
    )
    assert message.text
    assert not message.usage.is_reported
    assert message.model_extra == {"new": {"a": 1}}


@pytest.mark.parametrize(
    ("given", "args", "complete"),
    [
        ({"a": 1}, {"a": 1}, True),
        ('{"a": 1}', {"a": 1}, True),
        (None, {}, True),
        ({}, {}, True),
        ('{"a": ', None, False),
        ([1], None, True),
    ],
)
def test_arguments_in_other_forms_mean_what_they_mean_in_a_chat(
    given: object, args: object, complete: bool
) -> None:
    block = {"type": "tool_use", "id": "t", "name": "f", "input": given}
    (call,) = reply(content=[block]).tool_calls
    assert (call.args, call.complete) == (args, complete)


def test_a_call_that_the_token_limit_cut_is_not_run() -> None:
    blocks = [{"type": "tool_use", "id": id, "name": "f", "input": {}} for id in "ab"]
    first, last = reply(content=blocks, stop_reason="max_tokens").tool_calls
    assert (first.complete, last.complete) == (True, False)


def test_a_call_without_an_id_or_a_name() -> None:
    (call,) = reply(content=[{"type": "tool_use", "input": {"a": 1}}]).tool_calls
    assert (call.id, call.name, call.complete) == ("call_0", "", False)
