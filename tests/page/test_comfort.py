"""What makes the page pleasant: a first screen, folded lengths, sources, and colours of the system."""

from __future__ import annotations

import pytest

from tests.page.chat_page import ChatPage, expect


def test_an_empty_page_offers_four_questions_and_sends_none(chat: ChatPage) -> None:
    examples = chat.page.get_by_role("list", name="Example questions").get_by_role("button")
    expect(examples).to_have_count(4)
    chat.page.locator(".mark").wait_for()
    text = examples.nth(1).inner_text()
    examples.nth(1).click()
    expect(chat.prompt).to_have_value(text)
    expect(chat.prompt).to_be_focused()
    assert not [request for request in chat.emulator.requests if request.path.endswith("/chat/completions")]
    chat.emulator.reply("Here.")
    chat.prompt.press("Enter")
    chat.prose.get_by_text("Here.").wait_for()
    chat.wait_idle()
    expect(examples.first).to_be_hidden()


def test_nothing_is_asked_that_the_key_cannot_do(tab: ChatPage) -> None:
    statuses: list[int] = []
    tab.page.on("response", lambda response: statuses.append(response.status))
    tab.open()
    tab.emulator.reply("Hi.")
    tab.send("Hello")
    tab.saved("Hello")
    assert max(statuses) < 400


def test_own_long_messages_fold(chat: ChatPage) -> None:
    chat.emulator.reply("Read.")
    chat.send("line\n" * 60 + "end")
    said = chat.user_messages.locator(".said")
    show = chat.user_messages.get_by_role("button", name="Show all")
    expect(show).to_have_attribute("aria-expanded", "false")
    assert said.evaluate("(e) => e.scrollHeight > e.clientHeight")
    show.click()
    less = chat.user_messages.get_by_role("button", name="Show less")
    expect(less).to_be_focused()
    assert said.evaluate("(e) => e.scrollHeight === e.clientHeight")
    chat.emulator.reply("Short.")
    chat.send("Short")
    expect(chat.user_messages.get_by_role("button", name="Show less")).to_have_count(1)


def test_sources_are_numbered_and_folded(chat: ChatPage) -> None:
    pages = [(f"https://{name}.example/", name) for name in ("one", "two", "three", "four", "one")]
    chat.emulator.reply(
        "Known.",
        annotations=[
            {
                "type": "url_citation",
                "url_citation": {"url": url, "title": title, "start_index": 0, "end_index": 1},
            }
            for url, title in pages
        ],
    )
    answer = chat.send("Cite")
    sources = answer.locator(".sources")
    expect(sources.locator("summary")).to_have_text("4 sources")
    expect(sources.locator("a").first).to_be_hidden()
    sources.locator("summary").click()
    expect(sources.locator("a").first).to_be_visible()
    expect(sources.locator("li")).to_have_text(
        ["oneone.example", "twotwo.example", "threethree.example", "fourfour.example"]
    )
    assert sources.locator("ol").evaluate("(e) => getComputedStyle(e).listStyleType") == "decimal"


def test_forced_colours_show_rows_bubbles_and_buttons(tab: ChatPage) -> None:
    tab.page.emulate_media(forced_colors="active")
    tab.open()
    tab.emulator.reply("Hi.")
    tab.send("Hello")
    tab.saved("Hello")
    line = "(e) => parseFloat(getComputedStyle(e).borderTopWidth)"
    for element in (".said", "#send", "#composer", "#settings"):
        assert tab.page.locator(element).first.evaluate(line) > 0, element
    outline = "(e) => getComputedStyle(e).outlineStyle"
    assert tab.page.locator(".conversation.current").evaluate(outline) == "solid"
    tab.page.locator("#model").click()
    assert tab.page.locator('.model-option[aria-selected="true"]').evaluate(outline) == "solid"


@pytest.mark.parametrize(
    "label", ["Max tokens", "Temperature", "Reasoning effort", "Top P", "Seed", "System prompt"]
)
def test_settings_have_the_names_of_the_field(chat: ChatPage, label: str) -> None:
    chat.button("Settings of the conversation").click()
    expect(chat.page.get_by_label(label, exact=True)).to_be_visible()
    expect(chat.button("Reset to defaults")).to_be_visible()
