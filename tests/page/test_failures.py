"""What goes wrong is said where it happened, with what to do, and nothing that had come is lost."""

from __future__ import annotations

import re

import pytest

from openrouter_async.testing import Fault
from tests.page.chat_page import ChatPage, expect

TOKEN = "a-token-that-nobody-guesses"


def test_a_failure_before_the_first_piece_is_shown_with_advice_and_retried(chat: ChatPage) -> None:
    chat.expected = lambda text: "402" in text
    chat.emulator.fail(402, "Insufficient credits")
    answer = chat.send("Hello")
    error = answer.get_by_role("group", name="Error")
    expect(error).to_contain_text("Insufficient credits", use_inner_text=True)
    expect(error).to_contain_text("buy some at openrouter.ai, or pick a free model", use_inner_text=True)
    chat.emulator.reply("Now it works.")
    error.get_by_role("button", name="Retry").click()
    chat.prose.get_by_text("Now it works.").wait_for()
    chat.wait_idle()
    expect(chat.answer.locator(".versions-count")).to_have_text("2/2", use_inner_text=True)
    assert chat.emulator.requests[-1].json["messages"] == [{"role": "user", "content": "Hello"}]


@pytest.mark.parametrize(
    "fault", [Fault.error_event(502, after=30), Fault.reset(after=30)], ids=["told", "reset"]
)
def test_a_failure_half_way_keeps_what_had_come(chat: ChatPage, fault: Fault) -> None:
    chat.emulator.reply(*(f"word{number} " for number in range(100)), fault=fault)
    answer = chat.send("Hello")
    expect(answer.locator(".prose")).to_contain_text("word20", use_inner_text=True)
    expect(answer.locator(".error-advice")).not_to_be_empty()
    expect(answer.locator(".facts")).not_to_be_empty()
    chat.saved("Hello")
    chat.page.reload()
    chat.answer.get_by_role("group", name="Error").wait_for()
    expect(chat.prose).to_contain_text("word20", use_inner_text=True)


@pytest.mark.router(token=TOKEN)
def test_a_token_is_asked_for_once_and_kept_out_of_the_url(tab: ChatPage) -> None:
    tab.expected = lambda text: "401" in text
    tab.page.goto(tab.url)
    field = tab.page.locator("input[type=password]")
    field.fill("wrong-token-altogether")
    field.press("Enter")
    tab.page.get_by_text("That token was not accepted").wait_for()
    field.fill(TOKEN)
    field.press("Enter")
    tab.page.locator("#model-name").filter(has_text="GPT").wait_for()
    tab.emulator.reply("Welcome.")
    tab.send("Hello")
    expect(tab.prose).to_have_text("Welcome.", use_inner_text=True)
    tab.saved("Hello")
    tab.page.reload()
    tab.prose.get_by_text("Welcome.").wait_for()
    expect(tab.page.locator("dialog[open]")).to_have_count(0)
    assert TOKEN not in tab.page.url
    assert tab.page.evaluate("JSON.stringify(localStorage)").count(TOKEN) == 0


@pytest.mark.router(token=TOKEN)
def test_without_a_token_the_page_says_what_it_cannot_do(tab: ChatPage) -> None:
    tab.expected = lambda text: "401" in text
    tab.page.goto(tab.url)
    tab.button("Cancel").click()
    tab.page.get_by_role("alert").filter(has_text="Reload the page and give the token").wait_for()


@pytest.mark.router(max_body_bytes=3000)
def test_a_message_that_is_too_large_is_not_sent_and_not_lost(chat: ChatPage) -> None:
    chat.prompt.fill("x" * 4000)
    chat.prompt.press("Enter")
    note = chat.page.locator("#composer-note")
    note.filter(has_text="the server takes 3 KB").wait_for()
    expect(chat.prompt).to_have_value("x" * 4000)
    expect(chat.answers).to_have_count(0)


@pytest.mark.router(budget="0.000001")
def test_a_budget_that_is_reached_says_so(chat: ChatPage) -> None:
    chat.expected = lambda text: "402" in text
    expect(chat.page.locator("#account")).to_have_text(re.compile(r"of \$0\.000001$"), use_inner_text=True)
    chat.emulator.reply("Something that costs more than that.")
    chat.send("Hello")
    answer = chat.send("Again")
    expect(answer.locator(".error-advice")).to_contain_text(
        "spending limit of this server is reached", use_inner_text=True
    )


def test_a_server_that_is_gone_is_said_and_the_message_can_be_sent_again(chat: ChatPage) -> None:
    chat.expected = lambda text: "ERR_" in text
    chat.page.route("**/api/chat*", lambda route: route.abort("connectionrefused"))
    answer = chat.send("Hello")
    expect(answer.locator(".error-message")).to_contain_text(
        "The server cannot be reached.", use_inner_text=True
    )
    expect(answer.locator(".error-advice")).to_contain_text("Start it again", use_inner_text=True)
    chat.page.unroute("**/api/chat*")
    chat.emulator.reply("Back.")
    answer.get_by_role("button", name="Retry").click()
    chat.prose.get_by_text("Back.").wait_for()
    chat.wait_idle()


def test_a_conversation_that_cannot_be_saved_is_kept_here_and_said(chat: ChatPage) -> None:
    chat.expected = lambda text: "ERR_" in text
    chat.page.route("**/api/conversations/*", lambda route: route.abort("connectionrefused"))
    chat.emulator.reply("An answer worth keeping.")
    chat.send("Hello")
    chat.page.get_by_role("alert").filter(has_text="is not saved").wait_for()
    url = chat.page.url
    chat.button("New conversation").click()
    chat.page.go_back()
    chat.prose.get_by_text("An answer worth keeping.").wait_for()
    expect(chat.page).to_have_url(url)
    chat.page.unroute("**/api/conversations/*")
