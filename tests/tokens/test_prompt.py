"""Estimates of whole prompts, against the usage that the service reported."""

from __future__ import annotations

import base64
import re
import statistics
from dataclasses import asdict

import pytest

from openrouter_async import image, system, tool, user
from openrouter_async.tokens._families import family_of
from openrouter_async.tokens.estimate import estimate_tokens
from openrouter_async.tokens.prompt import estimate_prompt
from openrouter_async.types.chat.completion import AssistantMessage, ChatCompletion, Choice
from tests.support.folders import ROOT
from tests.tokens.fit_overheads import Recorded, fit, halves_of, recorded

WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Current weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
GPT = "openai/gpt-4o"


# Recorded exchanges

VERIFIED = ("o200k", "claude", "claude-3", "gemini", "kimi", "qwen", "glm")


def median_error(rows: list[Recorded]) -> float:
    return statistics.median(row.error for row in rows)


@pytest.mark.parametrize("held_out", [False, True], ids=["fitted", "held out"])
def test_the_median_error_of_either_half_is_below_a_tenth(held_out: bool) -> None:
    rows = [row for family in VERIFIED for row in halves_of(family)[held_out]]
    assert len(rows) > 35
    assert median_error(rows) < 0.10


@pytest.mark.parametrize("held_out", [False, True], ids=["fitted", "held out"])
def test_the_median_error_of_either_half_of_gpt_prompts_is_below_a_tenth(held_out: bool) -> None:
    assert median_error(halves_of("o200k")[held_out]) < 0.10


@pytest.mark.parametrize("family", VERIFIED)
def test_the_numbers_are_those_that_the_fitted_half_gives(family: str) -> None:
    """Or else they would have been set with the other half in sight."""
    found = family_of(next(row.model for row in halves_of(family)[0]))
    there = {"factor": found.factor, **asdict(found.overhead)}
    assert {name: round(number, digits_of(name)) for name, number in fit(family).items()} == {
        name: pytest.approx(number, abs=1.01 * 10 ** -digits_of(name)) for name, number in there.items()
    }


def digits_of(name: str) -> int:
    return 2 if name in ("factor", "tool_text", "schema_text") else 1


def test_the_page_states_the_errors_as_they_are() -> None:
    page = (ROOT / "docs/howto/token-counts.md").read_text("utf-8")
    stated = re.findall(r"\| `(\S+)` \| ±\S+ % \| (\S+) % of (\d+) \| (\S+) % of (\d+) \|", page)
    measured = [
        (
            family,
            *(
                str(part)
                for half in halves_of(family)
                for part in (f"{100 * median_error(half):.1f}", len(half))
            ),
        )
        for family in VERIFIED
    ]
    assert stated == measured


def test_nine_of_ten_recorded_prompts_are_within_the_band() -> None:
    rows = [row for row in recorded() if row.estimate.basis == "verified"]
    outside = [row.name for row in rows if not row.estimate.low <= row.used <= row.estimate.high]
    assert len(outside) <= 0.1 * len(rows), outside


def test_what_was_not_compared_says_so() -> None:
    others = {row.family.name for row in recorded() if row.estimate.basis == "unverified"}
    assert others <= {"deepseek", "grok", "gemma", "other"}


# What counts


def tokens(messages: object, **besides: object) -> int:
    return estimate_prompt(messages, model=GPT, **besides).tokens  # type: ignore[arg-type]


def test_each_form_of_a_message_counts_alike() -> None:
    as_dict = {"role": "user", "content": "How warm is it in Oslo?"}
    forms = ["How warm is it in Oslo?", as_dict, [as_dict], user("How warm is it in Oslo?")]
    assert len({tokens(form) for form in forms}) == 1


def test_a_message_has_more_tokens_than_its_text() -> None:
    text = "How warm is it in Oslo?"
    assert tokens(text) > estimate_tokens(text, GPT).tokens


def test_tools_count() -> None:
    assert tokens("Hi", tools=[WEATHER]) >= tokens("Hi") + 15


def test_a_tool_made_from_a_function_counts_as_what_is_sent_of_it() -> None:
    @tool
    def weather(city: str) -> str:
        """Current weather of a city"""
        return city

    assert tokens("Hi", tools=[weather]) == tokens("Hi", tools=[weather.definition])


def test_claude_is_told_more_of_tools_than_gpt() -> None:
    claude = estimate_prompt("Hi", model="anthropic/claude-sonnet-4.5", tools=[WEATHER])
    assert claude.tokens > tokens("Hi", tools=[WEATHER]) + 300


def test_a_schema_counts() -> None:
    schema = {"type": "json_schema", "json_schema": {"name": "weather", "schema": WEATHER["function"]}}
    assert tokens("Hi", response_format=schema) > tokens("Hi")
    assert tokens("Hi", response_format={"type": "json_object"}) == tokens("Hi")


def test_calls_and_results_count() -> None:
    call = {"id": "1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Oslo"}'}}
    messages = [user("Hi"), {"role": "assistant", "content": None, "tool_calls": [call]}]
    assert tokens(messages) > tokens([user("Hi")]) + 8
    assert (
        tokens([*messages, {"role": "tool", "tool_call_id": "1", "content": "7 °C"}]) > tokens(messages) + 3
    )


def test_a_reply_counts_as_the_message_it_becomes() -> None:
    reply = ChatCompletion(
        choices=[Choice(message=AssistantMessage(role="assistant", content="It is warm."))]
    )
    assert tokens([user("Hi"), reply]) == tokens(
        [user("Hi"), {"role": "assistant", "content": "It is warm."}]
    )


def test_several_messages_add_up() -> None:
    assert tokens([system("Be brief."), user("Hi")]) > tokens([user("Hi")]) + 4


# Images


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes(20)


@pytest.mark.parametrize(
    ("model", "size", "expected"),
    [
        ("openai/gpt-4o", (512, 512), 255),
        ("openai/gpt-4o", (1024, 1024), 765),
        ("openai/gpt-4o", (2048, 4096), 1105),
        ("openai/gpt-4o-mini", (512, 512), 8500),
        ("openai/gpt-4.1-mini", (64, 64), 6),
        ("anthropic/claude-sonnet-4.5", (1000, 1000), 1333),
        ("anthropic/claude-sonnet-4.5", (8000, 8000), 1600),
        ("google/gemini-2.5-flash", (300, 300), 258),
        ("google/gemini-2.5-flash", (960, 540), 6 * 258),
    ],
)
def test_an_image_counts_by_its_size(model: str, size: tuple[int, int], expected: int) -> None:
    with_image = estimate_prompt(user("See", image(png(*size))), model=model)
    without = estimate_prompt("See", model=model)
    assert abs(with_image.tokens - without.tokens - expected) <= 2


def test_an_image_counts_alike_as_bytes_and_as_a_data_url() -> None:
    url = "data:image/png;base64," + base64.b64encode(png(640, 480)).decode()
    part = {"type": "image_url", "image_url": {"url": url}}
    assert tokens(user("See", image(png(640, 480)))) == tokens(
        {"role": "user", "content": [{"type": "text", "text": "See"}, part]}
    )


def test_low_detail_is_cheaper() -> None:
    assert tokens(user("See", image(png(1024, 1024), detail="low"))) < tokens(
        user("See", image(png(1024, 1024)))
    )


def test_an_image_elsewhere_widens_the_band() -> None:
    known = estimate_prompt(user("See", image(png(1024, 1024))), model=GPT)
    unknown = estimate_prompt(user("See", image("https://example.com/cat.png")), model=GPT)
    assert unknown.high - unknown.low > 2 * (known.high - known.low)


def test_data_of_an_attachment_is_not_counted_as_text() -> None:
    url = "data:image/png;base64," + "A" * 400_000
    assert tokens([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}]) < 5_000
