"""What else can be done with answers and conversations: continue, import, prompts, images."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from tests.page.chat_page import ChatPage, expect
from tests.page.test_chatting import chats, png


def test_an_answer_that_was_cut_is_continued_in_its_place(chat: ChatPage) -> None:
    chat.emulator.reply("One, two, ", finish_reason="length")
    answer = chat.send("Count")
    expect(answer).to_contain_text("Cut short", use_inner_text=True)
    chat.emulator.reply("three.")
    answer.get_by_role("button", name="Continue").click()
    expect(chat.prose).to_have_text("One, two, three.", use_inner_text=True)
    chat.wait_idle()
    expect(answer).not_to_contain_text("Cut short", use_inner_text=True)
    expect(answer.get_by_role("button", name="Continue")).to_have_count(0)
    roles = [message["role"] for message in chats(chat)[1].json["messages"]]  # type: ignore[union-attr,index,call-overload]  # JSON
    assert roles == ["user", "assistant", "user"]
    chat.emulator.reply("Bye.")
    chat.send("Thanks")
    said = [message["content"] for message in chats(chat)[2].json["messages"]]  # type: ignore[union-attr,index,call-overload]  # JSON
    assert said == ["Count", "One, two, three.", "Thanks"]
    with chat.page.expect_download() as saved:
        chat.button("Export").click()
        chat.page.get_by_role("menuitem", name="Export as JSON").click()
    node = json.loads(saved.value.path().read_text())["nodes"][1]
    assert node["usage"]["completion_tokens"] > 3  # of both
    assert "earlier_usage" not in node


def test_an_exported_conversation_is_imported_as_a_new_one(chat: ChatPage, tmp_path: Path) -> None:
    chat.emulator.reply("A **long** inlet.")
    chat.send("What is a fjord?")
    with chat.page.expect_download() as saved:
        chat.button("Export").click()
        chat.page.get_by_role("menuitem", name="Export as JSON").click()
    saved.value.save_as(tmp_path / "fjord.json")
    url = chat.page.url
    chat.page.locator("#import-input").set_input_files(tmp_path / "fjord.json")
    expect(chat.conversations).to_have_count(2)
    expect(chat.page).not_to_have_url(url)
    chat.page.reload()
    expect(chat.prose.locator("strong")).to_have_text("long")
    chat.emulator.reply("More.")
    chat.send("And?")
    expect(chat.answers).to_have_count(2)


@pytest.mark.parametrize(
    ("text", "reason"), [("# Markdown", "not JSON"), ("[1]", "not an object"), ("{}", "no list")]
)
def test_a_file_without_a_conversation_is_refused(
    chat: ChatPage, tmp_path: Path, text: str, reason: str
) -> None:
    (tmp_path / "a.json").write_text(text)
    chat.page.locator("#import-input").set_input_files(tmp_path / "a.json")
    expect(chat.page.get_by_role("alert")).to_contain_text(
        f"a.json cannot be imported: it {'is' if 'not' in reason else 'has'}"
    )
    expect(chat.page.get_by_role("alert")).to_contain_text(reason)


def test_prompts_are_kept_inserted_and_deleted(chat: ChatPage) -> None:
    chat.prompt.fill("Translate into French: ")
    chat.button("Prompts").click()
    chat.page.get_by_role("menuitem", name="Save the message as a prompt…").click()
    chat.page.get_by_role("textbox", name="Name").fill("French")
    chat.page.keyboard.press("Enter")
    chat.page.locator("dialog[open]").wait_for(state="hidden")
    chat.prompt.fill("")
    chat.page.reload()
    chat.prompt.fill("Please. ")
    chat.button("Prompts").click()
    chat.page.get_by_role("menuitem", name="French").click()
    expect(chat.prompt).to_have_value("Please. Translate into French: ")
    chat.button("Prompts").click()
    chat.page.get_by_role("menuitem", name="Delete a prompt…").click()
    chat.page.get_by_role("menuitem", name="French").click()
    chat.button("Delete").click()
    chat.button("Prompts").click()
    expect(chat.page.get_by_role("menuitem")).to_have_count(1)


@pytest.mark.parametrize(("width", "prompts"), [(1280, 1), (1280, 60), (390, 1)])
def test_the_menu_of_prompts_covers_neither_the_side_bar_nor_what_is_written(
    chat: ChatPage, width: int, prompts: int
) -> None:
    chat.page.set_viewport_size({"width": width, "height": 800})
    kept = {
        f"Prompt {number}, whose name is as long as forty characters"[:40]: "?" for number in range(prompts)
    }
    chat.page.evaluate("kept => localStorage.setItem('openrouter-chat-prompts', JSON.stringify(kept))", kept)
    chat.page.reload()
    chat.prompt.fill("Line\n" * 4)
    chat.button("Prompts").click()
    menu = chat.page.get_by_role("menu", name="Prompts").bounding_box()
    assert menu is not None
    assert menu["x"] >= 8
    assert menu["y"] >= 8
    assert menu["x"] + menu["width"] <= width - 8
    for name in ("#side", "#composer"):
        other = chat.page.locator(name).bounding_box()
        assert other is not None
        beside = menu["x"] >= other["x"] + other["width"] or menu["x"] + menu["width"] <= other["x"]
        assert beside or menu["y"] >= other["y"] + other["height"] or menu["y"] + menu["height"] <= other["y"]
    expect(chat.page.get_by_role("menuitem")).to_have_count(prompts + 2)


def test_an_image_of_the_model_is_saved(chat: ChatPage) -> None:
    picture = png(4, 4)
    chat.emulator.reply("Here.", images=["data:image/png;base64," + base64.b64encode(picture).decode()])
    answer = chat.send("Draw")
    with chat.page.expect_download() as saved:
        answer.get_by_role("button", name="Save image").click()
    assert saved.value.suggested_filename == "image.png"
    assert saved.value.path().read_bytes() == picture
