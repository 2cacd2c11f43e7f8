"""An answer survives the page: it continues after reloads and in other windows, and is asked for once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.page.chat_page import ChatPage, expect

if TYPE_CHECKING:
    from playwright.sync_api import Request

    from openrouter_async.testing import RequestRecord
    from tests.server.serving import Served

WORDS = [f"word{number} " for number in range(600)]
ALL = "".join(WORDS).strip()


def chats(chat: ChatPage) -> list[RequestRecord]:
    return [each for each in chat.emulator.requests if each.path.endswith("/chat/completions")]


def beside(chat: ChatPage) -> ChatPage:
    """Return another window of the same browser."""
    return ChatPage(chat.page.context.new_page(), chat.url, chat.emulator)


def test_ten_reloads_in_the_middle_of_an_answer_lose_and_repeat_nothing(chat: ChatPage) -> None:
    chat.emulator.reply(*WORDS)
    chat.send("Go on", wait=False).get_by_text("word5 ").wait_for()
    for number in range(10):
        chat.page.reload()
        chat.answer.get_by_text(f"word{10 + 4 * number} ").wait_for()
    chat.wait_idle()
    expect(chat.prose).to_have_text(ALL, use_inner_text=True)
    chat.page.reload()
    expect(chat.prose).to_have_text(ALL, use_inner_text=True)
    expect(chat.conversations).to_have_count(1)
    assert len(chats(chat)) == 1


def test_a_second_window_reads_the_same_answer(chat: ChatPage) -> None:
    chat.emulator.reply(*WORDS)
    chat.send("Go on", wait=False).get_by_text("word5 ").wait_for()
    chat.saved("Go on")
    other = beside(chat)
    other.open(f"#{chat.page.url.partition('#')[2]}")
    for window in (chat, other):
        window.wait_idle()
        expect(window.prose).to_have_text(ALL, use_inner_text=True)
    chat.page.reload()
    expect(chat.prose).to_have_text(ALL, use_inner_text=True)
    expect(chat.conversations).to_have_count(1)
    assert len(chats(chat)) == 1
    other.expected = chat.expected = lambda text: "412" in text  # both save it, and the first one counts
    other.check()


def test_a_stop_in_one_window_ends_it_in_both(chat: ChatPage) -> None:
    chat.emulator.reply(*(f"word{number} " for number in range(4000)))
    chat.send("Go on", wait=False).get_by_text("word5 ").wait_for()
    chat.saved("Go on")
    other = beside(chat)
    other.open(f"#{chat.page.url.partition('#')[2]}")
    other.answer.get_by_text("word6 ").wait_for()
    other.button("Stop").click()
    for window in (chat, other):
        window.wait_idle()
        window.answer.get_by_text("Stopped").wait_for()
    [request] = chats(chat)
    assert request.wait_until_over()
    assert request.disconnected_at is not None
    other.expected = chat.expected = lambda text: "412" in text
    other.check()


@pytest.mark.router(grace=0.5)
def test_an_answer_ends_when_its_page_has_been_closed_for_a_while(chat: ChatPage) -> None:
    chat.emulator.reply(*(f"word{number} " for number in range(4000)))
    chat.send("Go on", wait=False).get_by_text("word5 ").wait_for()
    chat.page.goto("about:blank")
    [request] = chats(chat)
    assert request.wait_until_over()
    assert request.disconnected_at is not None
    chat.open()


def test_a_reload_while_an_answer_is_continued_keeps_its_beginning(chat: ChatPage) -> None:
    chat.emulator.reply("The beginning ", finish_reason="length")
    chat.emulator.reply(*WORDS)
    chat.send("Go on")
    chat.answer.get_by_role("button", name="Continue").click()
    chat.answer.get_by_text("word5 ").wait_for()
    chat.page.reload()
    chat.answer.get_by_text("word20 ").wait_for()
    chat.wait_idle()
    expect(chat.prose).to_have_text(f"The beginning {ALL}", use_inner_text=True)
    assert len(chats(chat)) == 2


def test_an_answer_continues_without_a_reload_when_the_network_is_back(
    chat: ChatPage, server: Served
) -> None:
    chat.emulator.reply(*WORDS)
    places: list[str | None] = []

    def requested(request: Request) -> None:
        if request.url.endswith("/stream"):
            places.append(request.headers.get("last-event-id"))

    chat.page.on("request", requested)
    chat.expected = lambda text: "ERR_" in text
    chat.send("Go on", wait=False).get_by_text("word5 ").wait_for()
    for number in range(2):
        chat.answer.get_by_text(f"word{20 + 100 * number} ").wait_for()
        chat.page.context.set_offline(True)
        chat.becomes("!navigator.onLine")
        server.cut()
        chat.page.wait_for_timeout(300)  # in which the server writes on
        chat.page.context.set_offline(False)
    chat.wait_idle()
    expect(chat.prose).to_have_text(ALL, use_inner_text=True)
    assert len(chats(chat)) == 1
    assert len(places) == 2
    assert all(places)


def test_a_stop_ends_the_wait_for_the_network(chat: ChatPage, server: Served) -> None:
    chat.emulator.reply(*WORDS)
    chat.expected = lambda text: "ERR_" in text
    chat.send("Go on", wait=False).get_by_text("word5 ").wait_for()
    chat.page.context.set_offline(True)
    chat.becomes("!navigator.onLine")
    server.cut()
    chat.page.wait_for_timeout(300)
    chat.button("Stop").click()
    chat.answer.get_by_text("Stopped").wait_for()
    chat.page.context.set_offline(False)
