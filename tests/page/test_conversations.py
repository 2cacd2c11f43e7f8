"""Conversations: kept, found, renamed, branched off, exported, deleted."""

from __future__ import annotations

import json
from pathlib import Path

from tests.page.chat_page import ChatPage, expect


def _talk(chat: ChatPage, *pairs: tuple[str, str]) -> None:
    for _, answer in pairs:
        chat.emulator.reply(answer)
    for question, _ in pairs:
        chat.send(question)
        chat.saved(pairs[0][0])


def _menu(chat: ChatPage, title: str, action: str) -> None:
    row = chat.conversations.filter(has_text=title)
    row.hover()
    row.get_by_role("button").click()
    chat.page.get_by_role("menuitem", name=action).click()


def test_a_reload_finds_the_conversation(chat: ChatPage) -> None:
    _talk(chat, ("What is a fjord?", "A **long** inlet."))
    url = chat.page.url
    assert "#" in url  # the list shows it, so it is saved
    chat.page.reload()
    chat.prose.get_by_text("inlet").wait_for()
    expect(chat.page).to_have_url(url)
    expect(chat.user_messages.locator(".said")).to_have_text(["What is a fjord?"], use_inner_text=True)
    expect(chat.prose.locator("strong")).to_have_text("long", use_inner_text=True)
    expect(chat.page).to_have_title("What is a fjord?")
    expect(chat.page.locator("#total")).to_contain_text("$0.0", use_inner_text=True)


def test_conversations_are_searched_by_what_was_said(chat: ChatPage) -> None:
    _talk(chat, ("About fjords", "Deep water."))
    chat.button("New conversation").click()
    _talk(chat, ("About deserts", "Dry sand."))
    expect(chat.page.locator(".conversation-title")).to_have_text(
        ["About deserts", "About fjords"], use_inner_text=True
    )
    search = chat.page.get_by_role("searchbox", name="Search conversations")
    search.fill("deep")
    chat.conversations.filter(has_text="About deserts").wait_for(state="detached")
    expect(chat.page.locator(".conversation-title")).to_have_text(["About fjords"], use_inner_text=True)
    search.fill("nothing like it")
    chat.page.get_by_text("Nothing was found.").wait_for()
    search.fill("")
    chat.saved("About deserts")
    chat.conversations.filter(has_text="About fjords").locator("a").click()
    chat.prose.get_by_text("Deep water.").wait_for()
    chat.page.go_back()
    chat.prose.get_by_text("Dry sand.").wait_for()


def test_a_conversation_is_renamed(chat: ChatPage) -> None:
    _talk(chat, ("Hello", "Hi."))
    _menu(chat, "Hello", "Rename")
    chat.page.get_by_role("textbox", name="Title").fill("Greetings")
    chat.page.keyboard.press("Enter")
    chat.saved("Greetings")
    chat.page.reload()
    chat.saved("Greetings")
    expect(chat.page).to_have_title("Greetings")


def test_deleting_asks_first_and_then_it_is_gone(chat: ChatPage) -> None:
    _talk(chat, ("Hello", "Hi."))
    _menu(chat, "Hello", "Delete")
    chat.button("Cancel").click()
    expect(chat.conversations).to_have_count(1)
    _menu(chat, "Hello", "Delete")
    chat.button("Delete").click()
    chat.conversations.first.wait_for(state="detached")
    expect(chat.answers).to_have_count(0)
    expect(chat.page).to_have_url(chat.url)


def test_what_two_windows_say_in_one_conversation_is_kept_both(chat: ChatPage) -> None:
    """The second to save does not undo what the first said, and goes on as a copy with what is being typed."""
    _talk(chat, ("Hello", "Welcome."))
    url = chat.page.url
    other = ChatPage(chat.page.context.new_page(), chat.url, chat.emulator)
    other.page.goto(url)
    other.prose.get_by_text("Welcome.").wait_for()
    chat.emulator.reply("From the first.")
    with chat.page.expect_response(lambda answer: answer.request.method == "PUT" and answer.status == 204):
        chat.send("First")
    other.expected = lambda text: "412" in text
    other.emulator.reply(*(f"second{number} " for number in range(800)))
    other.send("Second", wait=False)
    other.prompt.fill("typed meanwhile")
    alert = other.page.get_by_role("alert")
    alert.get_by_text(
        "“Hello” was changed in another window. Both are kept, this one as “Hello (copy)”."
    ).wait_for()
    other.saved("Hello (copy)")
    expect(other.prompt).to_have_value("typed meanwhile")
    other.prose.get_by_text("second799").wait_for()
    other.wait_idle()
    expect(other.page).not_to_have_url(url)
    with other.page.expect_response(lambda answer: answer.request.method == "PUT" and answer.status == 204):
        other.emulator.reply("Third.")
        other.send("Third")
    other.page.reload()
    other.prose.get_by_text("Third.").wait_for()
    expect(other.answers.nth(1)).to_contain_text("second0", use_inner_text=True)
    chat.page.reload()
    chat.prose.get_by_text("From the first.").wait_for()
    expect(chat.answers).to_have_count(2)
    other.check()


def test_the_other_of_two_windows_is_loaded_by_a_button(chat: ChatPage) -> None:
    _talk(chat, ("Hello", "Welcome."))
    other = ChatPage(chat.page.context.new_page(), chat.url, chat.emulator)
    other.page.goto(chat.page.url)
    other.prose.get_by_text("Welcome.").wait_for()
    _menu(chat, "Hello", "Rename")
    chat.page.get_by_label("Title").fill("Renamed")
    chat.button("Rename").click()
    chat.saved("Renamed")
    other.expected = lambda text: "412" in text
    other.emulator.reply("Again.")
    other.send("More")
    other.button("Load the other").click()
    other.page.get_by_role("alert").wait_for(state="hidden")
    other.prose.get_by_text("Again.").wait_for(state="detached")
    expect(other.page).to_have_title("Renamed")
    expect(other.page).to_have_url(chat.page.url)
    other.saved("Hello (copy)")
    other.check()


def test_deleting_ends_an_answer_that_is_written(chat: ChatPage) -> None:
    """And the answer's last save does not bring the conversation back."""
    chat.emulator.reply(*(f"word{number} " for number in range(4000)))
    chat.send("Hello", wait=False).get_by_text("word5 ").wait_for()
    chat.saved("Hello")
    _menu(chat, "Hello", "Delete")
    chat.button("Delete").click()
    chat.conversations.first.wait_for(state="detached")
    request = next(each for each in chat.emulator.requests if each.path.endswith("/chat/completions"))
    assert request.wait_until_over()
    assert request.disconnected_at is not None
    chat.page.reload()
    chat.page.get_by_text("Conversations will be listed here.").wait_for()


def test_branching_off_starts_a_conversation_with_what_was_said_so_far(chat: ChatPage) -> None:
    _talk(chat, ("One", "First."), ("Two", "Second."))
    chat.answers.first.get_by_role("button", name="Branch off into a new conversation").click()
    chat.saved("One (branch)")
    expect(chat.prose).to_have_text(["First."], use_inner_text=True)
    chat.emulator.reply("Other.")
    chat.send("Three")
    chat.conversations.filter(has_not_text="branch").locator("a").click()
    chat.prose.get_by_text("Second.").wait_for()
    expect(chat.user_messages.locator(".said")).to_have_text(["One", "Two"], use_inner_text=True)


def test_export_as_markdown_and_json(chat: ChatPage, tmp_path: Path) -> None:
    _talk(chat, ("What is 1 + 1?", "It is `2`."))
    with chat.page.expect_download() as markdown:
        _menu(chat, "What is 1", "Export as Markdown")
    assert markdown.value.suggested_filename == "what-is-1-1.md"
    markdown.value.save_as(tmp_path / "a.md")
    assert (tmp_path / "a.md").read_text() == (
        "# What is 1 + 1?\n\n## You\n\nWhat is 1 + 1?\n\n## openai/gpt-4.1-mini\n\nIt is `2`.\n"
    )
    chat.button("Export").click()
    with chat.page.expect_download() as document:
        chat.page.get_by_role("menuitem", name="Export as JSON").click()
    document.value.save_as(tmp_path / "a.json")
    found = json.loads((tmp_path / "a.json").read_text())
    assert [node["content"] for node in found["nodes"]] == ["What is 1 + 1?", "It is `2`."]
    assert found["nodes"][1]["usage"]["cost"]


def test_a_draft_waits_in_its_conversation(chat: ChatPage) -> None:
    _talk(chat, ("Hello", "Hi."))
    chat.prompt.fill("not sent yet")
    chat.button("New conversation").click()
    expect(chat.prompt).to_have_value("")
    chat.conversations.first.locator("a").click()
    chat.prose.get_by_text("Hi.").wait_for()
    expect(chat.prompt).to_have_value("not sent yet")


def test_a_link_to_what_is_not_there_says_so(tab: ChatPage) -> None:
    tab.expected = lambda text: "404" in text
    tab.open("#no-such-conversation")
    tab.page.get_by_text("This conversation is not there any more.").wait_for()
    tab.emulator.reply("Still here.")
    tab.send("Hello")
    expect(tab.prose).to_have_text("Still here.", use_inner_text=True)


def test_a_title_is_made_from_the_first_exchange(chat: ChatPage) -> None:
    """Of a question that is too long for a title, the heading of the answer; a title that was given stays."""
    question = (
        "I have read a lot about narrow valleys that were cut by ice and filled by the sea; what are they?"
    )
    chat.emulator.reply("Sure.\n\n## The **fjords** of Norway\n\nLong inlets.")
    chat.send(question)
    chat.saved("The fjords of Norway")
    expect(chat.page).to_have_title("The fjords of Norway")
    chat.emulator.reply("# Another heading")
    chat.send("And then?")
    expect(chat.page).to_have_title("The fjords of Norway")
    chat.button("New conversation").click()
    chat.emulator.reply("# Heading")
    chat.send("Short question")
    chat.saved("Short question")
