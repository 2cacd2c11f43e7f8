"""Asking and answering: what streams, what is shown of it, and what can be done with it."""

from __future__ import annotations

import re
import struct
import zlib
from pathlib import Path

import pytest

from openrouter_async import tool
from openrouter_async.testing import ReceivedRequest, tool_call
from tests.page.chat_page import ChatPage, expect


def chats(chat: ChatPage) -> list[ReceivedRequest]:
    """The requests for answers that reached the service."""
    return [request for request in chat.emulator.requests if request.path.endswith("/chat/completions")]


def png(width: int, height: int) -> bytes:
    """A red image."""

    def block(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\xc8\x20\x20" * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + block(b"IHDR", head)
        + block(b"IDAT", zlib.compress(rows))
        + block(b"IEND", b"")
    )


def test_an_answer_grows_and_ends_with_its_facts(chat: ChatPage) -> None:
    words = [f"word{number} " for number in range(200)]
    chat.emulator.reply("# Words\n\n", *words)
    answer = chat.send("Many words", wait=False)
    answer.get_by_text("word3 ").wait_for()
    chat.button("Stop").wait_for()
    expect(answer).not_to_contain_text("word199", use_inner_text=True)
    chat.wait_idle()
    expect(answer.locator("h1")).to_have_text("Words", use_inner_text=True)
    expect(answer).to_contain_text("word199", use_inner_text=True)
    facts = answer.locator(".facts").inner_text()
    assert re.fullmatch(r"\d+ tokens · \$0\.\d+ · \d+ tokens/s · \d+\.\d s · \w+", facts)
    cost = facts.split(" · ")[1]
    expect(chat.page.locator("#total")).to_have_text(re.compile(f"{re.escape(cost)}$"), use_inner_text=True)
    assert chats(chat)[0].json["messages"] == [{"role": "user", "content": "Many words"}]


def test_stopping_ends_the_request_and_keeps_what_came(chat: ChatPage) -> None:
    chat.emulator.reply(*(f"word{number} " for number in range(2000)))
    answer = chat.send("Go on for ever", wait=False)
    answer.get_by_text("word5 ").wait_for()
    chat.page.keyboard.press("Escape")
    chat.wait_idle()
    request = chats(chat)[0]
    assert request.wait_until_over()
    assert request.disconnected_at is not None
    assert request.events_sent < 2000
    expect(answer).to_contain_text("word5", use_inner_text=True)
    expect(answer).to_contain_text("Stopped.", use_inner_text=True)
    chat.emulator.reply("Shorter.")
    chat.send("Shorter, please")
    assert [message["role"] for message in chats(chat)[1].json["messages"]] == ["user", "assistant", "user"]  # type: ignore[union-attr,index,call-overload]  # JSON


def test_retrying_makes_a_version_and_both_can_be_seen(chat: ChatPage) -> None:
    for text in ("First answer", "Second answer", "On we go"):
        chat.emulator.reply(text)
    chat.send("Say it")
    chat.answer.get_by_role("button", name="Answer again").click()
    chat.prose.get_by_text("Second answer").wait_for()
    chat.wait_idle()
    expect(chat.answer.locator(".versions-count")).to_have_text("2/2", use_inner_text=True)
    chat.answer.get_by_role("button", name="Previous version").click()
    expect(chat.prose).to_have_text("First answer", use_inner_text=True)
    expect(chat.answer.locator(".versions-count")).to_have_text("1/2", use_inner_text=True)
    chat.send("And on")
    sent = [message["content"] for message in chats(chat)[2].json["messages"]]  # type: ignore[union-attr,index,call-overload]  # JSON
    assert sent == ["Say it", "First answer", "And on"]
    chat.answers.first.get_by_role("button", name="Next version").click()
    expect(chat.prose).to_have_text("Second answer", use_inner_text=True)
    chat.answers.first.get_by_role("button", name="Previous version").click()
    expect(chat.prose).to_have_text("On we go", use_inner_text=True)


def test_editing_makes_a_branch_and_loses_nothing(chat: ChatPage) -> None:
    chat.emulator.reply("About cats")
    chat.emulator.reply("About dogs")
    chat.send("Cats?")
    chat.user_messages.first.hover()
    chat.button("Edit message").click()
    box = chat.page.get_by_role("textbox", name="Edit message")
    expect(box).to_have_value("Cats?")
    box.fill("Dogs?")
    box.press("Enter")
    chat.prose.get_by_text("About dogs").wait_for()
    chat.wait_idle()
    message = chat.user_messages.first
    expect(message.locator(".said")).to_have_text("Dogs?", use_inner_text=True)
    assert chats(chat)[1].prompt == "Dogs?"
    message.get_by_role("button", name="Previous version").click()
    expect(message.locator(".said")).to_have_text("Cats?", use_inner_text=True)
    expect(chat.prose).to_have_text("About cats", use_inner_text=True)
    chat.button("Edit message").click()
    box.press("Escape")
    expect(chat.user_messages.first.locator(".said")).to_have_text("Cats?", use_inner_text=True)
    assert len(chats(chat)) == 2


def test_an_edit_survives_an_answer_that_ends_meanwhile(chat: ChatPage) -> None:
    chat.emulator.reply(*(f"word{number} " for number in range(300)))
    chat.send("Cats?", wait=False).get_by_text("word3 ").wait_for()
    chat.user_messages.first.hover()
    chat.button("Edit message").click()
    box = chat.page.get_by_role("textbox", name="Edit message")
    box.fill("Dogs and")
    chat.wait_idle()
    box.press_sequentially(" mice?")
    expect(box).to_have_value("Dogs and mice?")
    chat.emulator.reply("Mice.")
    box.press("Enter")
    chat.prose.get_by_text("Mice.").wait_for()
    chat.wait_idle()


def test_the_focus_stays_where_it_is_when_an_answer_ends(chat: ChatPage) -> None:
    chat.emulator.reply("First.")
    chat.emulator.reply(*(f"word{number} " for number in range(200)))
    chat.send("One")
    chat.send("Two", wait=False).get_by_text("word3 ").wait_for()
    button = chat.answers.first.get_by_role("button", name="Copy answer")
    button.focus()
    chat.wait_idle()
    expect(button).to_be_focused()


def test_a_refusal_is_shown_as_one(chat: ChatPage) -> None:
    chat.emulator.reply(refusal="I would rather not.")
    answer = chat.send("Do it")
    expect(answer.locator(".prose")).to_have_text("I would rather not.", use_inner_text=True)
    expect(answer.locator(".note")).to_have_text("The model declined to answer.", use_inner_text=True)


def test_reasoning_is_open_while_the_model_thinks_and_folds_when_it_speaks(chat: ChatPage) -> None:
    chat.emulator.reply("The answer.", reasoning="I weigh it. " * 150)
    answer = chat.send("Think", wait=False)
    fold = answer.locator("details.reasoning")
    fold.get_by_text("Thinking").wait_for()
    expect(fold).to_have_js_property("open", True)
    chat.wait_idle()
    expect(fold).to_have_js_property("open", False)
    expect(fold.locator("summary")).to_have_text(re.compile("^Thought for "), use_inner_text=True)
    fold.locator("summary").click()
    fold.get_by_text("I weigh it.").wait_for()


@tool
async def stock(item: str) -> int:
    """How many of an item are in stock."""
    if item == "unicorn":
        raise ValueError("there are no unicorns")
    return 3


@pytest.mark.router(tools=[stock])
def test_tool_calls_grow_and_show_what_came_back(chat: ChatPage) -> None:
    long = "lamp" * 300
    chat.emulator.reply("Let me look. ", tool_call("stock", item=long), tool_call("stock", item="unicorn"))
    chat.emulator.reply("Three lamps, no unicorns.")
    answer = chat.send("How many?", wait=False)
    first = answer.locator("details.tool").first
    first.get_by_text("writing arguments").wait_for()
    expect(first).to_have_js_property("open", True)
    lengths = set()
    while first.locator(".tool-state").inner_text() == "writing arguments…":
        lengths.add(len(first.locator("pre").first.inner_text()))
    assert len(lengths) > 2
    chat.wait_idle()
    expect(answer.locator(".tool-state")).to_have_text(["done", "failed"], use_inner_text=True)
    expect(first).to_have_js_property("open", False)
    first.locator("summary").click()
    expect(first.locator("pre").nth(1)).to_have_text("3", use_inner_text=True)
    assert first.locator("pre").nth(0).inner_text() == f'{{\n  "item": "{long}"\n}}'
    kinds = answer.locator(".flow > *").evaluate_all("(all) => all.map((e) => e.localName)")
    assert kinds == ["div", "details", "details", "div"]
    chat.emulator.reply("Bye")
    chat.send("Thanks")
    roles = [message["role"] for message in chats(chat)[2].json["messages"]]  # type: ignore[union-attr,index,call-overload]  # JSON
    assert roles == ["user", "assistant", "tool", "tool", "assistant", "user"]


def test_images_and_citations_are_shown(chat: ChatPage) -> None:
    import base64

    picture = "data:image/png;base64," + base64.b64encode(png(4, 4)).decode()
    cited = {"url": "https://example.com/a", "title": "A page", "start_index": 0, "end_index": 4}
    chat.emulator.reply(
        "Here.", images=[picture], annotations=[{"type": "url_citation", "url_citation": cited}]
    )
    answer = chat.send("Draw and cite")
    expect(answer.locator(".images img")).to_have_js_property("naturalWidth", 4)
    link = answer.locator(".sources a")
    expect(link).to_have_attribute("href", "https://example.com/a")
    expect(link.locator(".source-title")).to_have_text("A page", use_inner_text=True)


def test_attached_files_are_shown_sent_and_small_enough(chat: ChatPage, tmp_path: Path) -> None:
    (tmp_path / "large.png").write_bytes(png(3000, 1500))
    (tmp_path / "code.py").write_text("x = 1\n")
    (tmp_path / "paper.pdf").write_bytes(b"%PDF-1.4 nothing")
    (tmp_path / "broken.bin").write_bytes(b"\xff\xfe\x00\x01")
    chat.page.locator("#file-input").set_input_files(sorted(tmp_path.iterdir()))
    chips = chat.page.locator("#attached .chip")
    chips.nth(2).wait_for()
    expect(chat.page.locator("#composer-note")).to_contain_text("broken.bin is no text", use_inner_text=True)
    expect(chips).to_have_count(3)
    chat.page.get_by_role("button", name="Remove paper.pdf").click()
    expect(chips).to_have_count(2)
    chat.emulator.reply("Red.")
    chat.send("What colour?")
    content = chats(chat)[0].json["messages"][0]["content"]  # type: ignore[index,call-overload]  # JSON
    assert content[0] == {"type": "text", "text": "What colour?"}
    assert {"type": "text", "text": '<file name="code.py">\nx = 1\n\n</file>'} in content  # type: ignore[operator]  # JSON
    shown = chat.user_messages.first.locator("img")
    expect(shown).to_have_js_property("naturalWidth", 1568)
    expect(shown).to_have_js_property("naturalHeight", 784)
    expect(chat.user_messages.first.locator(".file-name")).to_have_text("code.py", use_inner_text=True)


PASTE = """([element, name, bytes, kind]) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], "shot.png", { type: "image/png" }));
  const target = document.querySelector(element);
  const init = { bubbles: true, cancelable: true };
  target.dispatchEvent(kind === "paste"
    ? new ClipboardEvent("paste", { ...init, clipboardData: data })
    : new DragEvent("drop", { ...init, dataTransfer: data }));
}"""


@pytest.mark.parametrize(("kind", "element"), [("paste", "#prompt"), ("drop", "#thread")])
def test_images_are_pasted_and_dropped(chat: ChatPage, kind: str, element: str) -> None:
    chat.page.evaluate(PASTE, [element, "shot.png", list(png(8, 8)), kind])
    chat.page.locator("#attached img").wait_for()
    chat.emulator.reply("A shot.")
    chat.prompt.press("Enter")
    chat.wait_idle()
    part = chats(chat)[0].json["messages"][0]["content"][0]  # type: ignore[index,call-overload]  # JSON
    assert part["image_url"]["url"].startswith("data:image/png;base64,")  # type: ignore[index,call-overload,union-attr]  # JSON


def test_settings_are_sent_and_kept_with_the_conversation(chat: ChatPage) -> None:
    chat.button("Settings of the conversation").click()
    fill = {"System prompt": "You are brief.", "Temperature": "0.3", "Max tokens": "50", "Seed": "7"}
    for label, value in fill.items():
        chat.page.get_by_label(label, exact=True).fill(value)
    chat.page.get_by_label("Reasoning effort").select_option("low")
    chat.page.get_by_label("Top P").fill("7")
    expect(chat.page.get_by_label("Top P")).to_have_attribute("aria-invalid", "true")
    chat.page.keyboard.press("Escape")
    chat.emulator.reply("Yes.")
    chat.send("Ready?")
    body = chats(chat)[0].json
    assert body["messages"][0] == {"role": "system", "content": "You are brief."}  # type: ignore[index,call-overload]  # JSON
    assert {name: body.get(name) for name in ("temperature", "max_tokens", "seed", "reasoning", "top_p")} == {
        "temperature": 0.3, "max_tokens": 50, "seed": 7, "reasoning": {"effort": "low"}, "top_p": None,
    }  # fmt: skip
    chat.saved("Ready?")
    chat.page.reload()
    chat.answer.wait_for()
    expect(chat.page.locator("#set-system")).to_have_value("You are brief.")
    expect(chat.page.locator("#set-temperature")).to_have_value("0.3")


def test_presets_of_the_server_and_ones_own(chat: ChatPage) -> None:
    chat.button("Settings of the conversation").click()
    preset = chat.page.get_by_label("Preset")
    preset.select_option("precise")
    expect(chat.page.get_by_label("Temperature")).to_have_value("0.2")
    chat.page.get_by_label("System prompt").fill("Be exact.")
    chat.button("Save as…").click()
    chat.page.get_by_role("textbox", name="Name").fill("mine")
    chat.page.get_by_role("button", name="Save", exact=True).click()
    chat.page.get_by_role("option", name="mine").wait_for(state="attached")
    chat.button("Reset to defaults").click()
    expect(chat.page.get_by_label("System prompt")).to_have_value("")
    preset.select_option("mine")
    expect(chat.page.get_by_label("System prompt")).to_have_value("Be exact.")
    expect(chat.page.get_by_label("Temperature")).to_have_value("0.2")


def test_another_model_is_searched_chosen_and_asked(chat: ChatPage) -> None:
    chat.button("Model: OpenAI: GPT-4.1 Mini").click()
    chat.page.get_by_role("combobox").fill("claude haiku 4.5")
    option = chat.page.get_by_role("option").first
    facts = re.compile(r"Haiku.*\$[\d.]+ in, \$[\d.]+ out\s*\d+K context", re.DOTALL)
    expect(option).to_have_text(facts, use_inner_text=True)
    chat.page.keyboard.press("Enter")
    expect(chat.page.locator("#model-name")).to_contain_text("Haiku", use_inner_text=True)
    chat.emulator.reply("Bonjour.")
    chat.send("Hello")
    assert chats(chat)[0].json["model"] == "anthropic/claude-haiku-4.5"
    expect(chat.answer.locator(".answer-name")).to_have_text("claude-haiku-4.5", use_inner_text=True)


def test_the_model_used_last_is_taken_again_if_it_is_still_offered(chat: ChatPage) -> None:
    chat.page.evaluate("localStorage.setItem('openrouter-chat-model', '\"anthropic/claude-haiku-4.5\"')")
    chat.page.reload()
    chat.page.locator("#model-name").filter(has_text="Haiku").wait_for()
    chat.page.evaluate("localStorage.setItem('openrouter-chat-model', '\"gone/model\"')")
    chat.page.reload()
    chat.page.locator("#model-name").filter(has_text="GPT-4.1 Mini").wait_for()


@pytest.mark.router(default_model=None)
def test_without_a_model_one_is_asked_for_and_then_the_message_is_sent(tab: ChatPage) -> None:
    tab.page.goto(tab.url)
    tab.prompt.fill("Hello")
    tab.prompt.press("Enter")
    tab.page.get_by_role("combobox").fill("gpt-4o-mini")
    expect(tab.page.get_by_role("option").first).to_contain_text(
        "openai/gpt-4o-mini"
    )  # the list may still be loading
    tab.emulator.reply("Hi.")
    tab.page.keyboard.press("Enter")
    tab.prose.get_by_text("Hi.").wait_for()
    tab.wait_idle()
    assert chats(tab)[0].json["model"] == "openai/gpt-4o-mini"


def test_two_conversations_are_answered_at_once(chat: ChatPage) -> None:
    chat.emulator.reply_with(lambda request: "slow " * 4000 if "slow" in request.prompt else "quick answer")
    chat.send("The slow one", wait=False).get_by_text("slow slow").wait_for()
    chat.button("New conversation").click()
    chat.send("The other one")
    expect(chat.prose).to_have_text("quick answer", use_inner_text=True)
    chat.page.locator(".running").wait_for()  # one, and no more: the list is drawn a moment after the answer
    chat.conversations.filter(has_text="The slow one").locator("a").click()
    chat.button("Stop").wait_for()  # the page changes over a moment after the click
    expect(chat.prose).to_contain_text("slow", use_inner_text=True)
    before = len(chat.prose.inner_text())
    chat.becomes(
        f"[...document.querySelectorAll('.message.answer .prose')].at(-1).innerText.length > {before}"
    )
    chat.button("Stop").click()
    chat.wait_idle()
