"""Two models answer one question, side by side."""

from __future__ import annotations

import pytest

from tests.page.chat_page import ChatPage, expect
from tests.page.test_chatting import chats


def test_two_models_answer_side_by_side_and_one_is_used(chat: ChatPage) -> None:
    chat.emulator.reply_with(
        lambda request: f"From {request.json['model']}, {len(request.json['messages'])}."
    )
    chat.button("Compare with a second model").click()
    chat.page.get_by_role("combobox").fill("claude haiku 4.5")
    expect(chat.page.get_by_role("option").first).to_contain_text("Haiku")
    chat.page.keyboard.press("Enter")
    expect(chat.page.locator("#model-name")).to_contain_text("GPT-4.1 Mini")
    chat.prompt.fill("Hello")
    chat.prompt.press("Enter")
    expect(chat.answers).to_have_count(2)
    first, second = chat.answers.nth(0), chat.answers.nth(1)
    expect(first.locator(".prose")).to_have_text("From openai/gpt-4.1-mini, 1.")
    expect(second.locator(".prose")).to_have_text("From anthropic/claude-haiku-4.5, 1.")
    chat.wait_idle()
    left, right = first.bounding_box(), second.bounding_box()
    assert left
    assert right
    assert left["x"] + left["width"] <= right["x"]
    assert abs(left["y"] - right["y"]) < 30
    assert {request.json["messages"][0]["content"] for request in chats(chat)} == {"Hello"}  # type: ignore[index,call-overload]  # JSON
    second.get_by_role("button", name="Use this answer").click()
    expect(first.get_by_role("button", name="Use this answer")).to_be_visible()
    expect(second.get_by_role("button", name="Use this answer")).to_have_count(0)
    chat.page.get_by_role("button", name="Stop comparing with").click()
    chat.send("More")
    expect(chat.prose).to_have_text("From openai/gpt-4.1-mini, 3.")
    assert chats(chat)[-1].json["messages"][1]["content"] == "From anthropic/claude-haiku-4.5, 1."  # type: ignore[index,call-overload]  # JSON
    chat.saved("Hello")
    chat.page.reload()
    expect(chat.answers).to_have_count(3)
    expect(chat.button("Compare with a second model")).to_be_visible()


@pytest.mark.parametrize("width", [390, 560])
def test_narrow_screens_compare_too(chat: ChatPage, width: int) -> None:
    chat.page.set_viewport_size({"width": width, "height": 800})
    chat.emulator.reply_with(lambda request: f"From {request.json['model']}.")
    chat.button("Compare with a second model").click()
    chat.page.get_by_role("combobox").fill("claude haiku 4.5")
    expect(chat.page.get_by_role("option").first).to_contain_text("Haiku")
    chat.page.keyboard.press("Enter")
    stop = chat.page.get_by_role("button", name="Stop comparing with")
    expect(stop).to_contain_text("Haiku")
    chat.prompt.fill("Hello")
    chat.prompt.press("Enter")
    expect(chat.answers).to_have_count(2)
    chat.wait_idle()
    assert chat.page.evaluate("document.documentElement.scrollWidth") == width
    chosen = chat.page.locator("#model")
    heights: list[float] = []
    for button in (stop, chosen, chat.button("Settings of the conversation"), chat.button("Export")):
        box = button.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        heights.append(box["y"] + box["height"] / 2)
    assert heights[0] > heights[1] + 20, "the second model is below the first"
    assert max(heights[1:]) - min(heights[1:]) < 3, "all else is on one line"
    first, second = chat.answers.nth(0).bounding_box(), chat.answers.nth(1).bounding_box()
    assert first is not None
    assert second is not None
    assert first["y"] + first["height"] <= second["y"]
