"""What was typed or answered survives a server that is away, a reload, another window, and blocked storage."""

from __future__ import annotations

from typing import Any

import pytest

from tests.page.chat_page import ChatPage, expect

SAVES = "**/api/conversations/*"


def _fail_saves(chat: ChatPage) -> None:
    chat.page.route(
        SAVES,
        lambda route: (
            route.abort("connectionrefused") if route.request.method == "PUT" else route.continue_()
        ),
    )


def test_a_save_that_failed_is_tried_again_and_the_notice_goes(chat: ChatPage) -> None:
    chat.expected = lambda text: "ERR_" in text
    _fail_saves(chat)
    chat.emulator.reply("Worth keeping.")
    chat.send("Hello")
    notice = chat.page.get_by_role("alert")
    notice.filter(has_text="“Hello” is not saved").wait_for()
    chat.page.unroute(SAVES)
    notice.wait_for(state="hidden")
    chat.saved("Hello")


def test_what_is_not_saved_is_warned_of_and_survives_a_reload(chat: ChatPage) -> None:
    chat.expected = lambda text: "ERR_" in text or text.startswith("dialog")
    _fail_saves(chat)
    chat.emulator.reply("Worth keeping.")
    chat.send("Hello")
    chat.page.get_by_role("alert").filter(has_text="is not saved").wait_for()
    warned: list[str] = []
    chat.page.remove_listener("dialog", chat.on_dialog)
    chat.page.on("dialog", lambda dialog: (warned.append(dialog.type), dialog.accept()))
    chat.page.reload()
    assert warned == ["beforeunload"]
    chat.prose.get_by_text("Worth keeping.").wait_for()
    chat.page.unroute(SAVES)
    chat.saved("Hello")
    chat.page.get_by_role("alert").wait_for(state="hidden")
    chat.page.reload()
    chat.prose.get_by_text("Worth keeping.").wait_for()
    assert warned == ["beforeunload"]


def test_drafts_survive_a_reload(chat: ChatPage) -> None:
    chat.prompt.fill("first words")
    chat.page.reload()
    expect(chat.prompt).to_have_value("first words")
    chat.page.locator("#model-name").filter(
        has_text="GPT"
    ).wait_for()  # without it the model would be asked for
    chat.emulator.reply("Hi.")
    chat.prompt.press("Enter")
    chat.prose.get_by_text("Hi.").wait_for()
    chat.wait_idle()
    chat.saved("first words")
    expect(chat.prompt).to_have_value("")
    chat.prompt.fill("and then")
    chat.page.reload()
    chat.prose.get_by_text("Hi.").wait_for()
    expect(chat.prompt).to_have_value("and then")
    chat.button("New conversation").click()
    expect(chat.prompt).to_have_value("")


def test_a_change_of_a_message_survives_a_reload(chat: ChatPage) -> None:
    chat.emulator.reply("Hi.", times=2)
    chat.send("Hello")
    chat.saved("Hello")
    chat.button("Edit message").click()
    box = chat.page.get_by_role("textbox", name="Edit message")
    box.fill("Hello, but")
    chat.page.reload()
    expect(box).to_have_value("Hello, but")
    box.press("Enter")
    expect(chat.user_messages.locator(".said")).to_have_text("Hello, but")
    chat.wait_idle()
    chat.button("Edit message").click()
    box.fill("No")
    box.press("Escape")
    chat.page.reload()
    expect(chat.user_messages.locator(".said")).to_have_text("Hello, but")
    expect(box).to_have_count(0)


def test_settings_of_a_conversation_that_is_not_sent_survive_a_reload(chat: ChatPage) -> None:
    def open_settings() -> None:
        chat.button("Settings of the conversation").click()

    system = chat.page.get_by_label("System prompt")
    open_settings()
    system.fill("Be brief.")
    chat.page.get_by_label("Temperature").fill("0.5")
    chat.page.reload()
    chat.page.locator("#model-name").filter(has_not_text="Choose a model").wait_for()
    open_settings()
    expect(system).to_have_value("Be brief.")
    expect(chat.page.get_by_label("Temperature")).to_have_value("0.5")
    chat.page.keyboard.press("Escape")
    chat.emulator.reply("Yes.")
    chat.send("Hello")
    sent = [request.json for request in chat.emulator.requests if request.path.endswith("/chat/completions")][
        -1
    ]
    assert sent is not None
    assert sent["temperature"] == 0.5
    chat.button("New conversation").click()
    chat.page.reload()
    chat.page.locator("#model-name").filter(has_not_text="Choose a model").wait_for()
    open_settings()
    expect(system).to_have_value("")


def test_a_tab_that_comes_to_the_front_shows_what_another_window_said(chat: ChatPage) -> None:
    chat.emulator.reply("Welcome.")
    chat.send("Hello")
    chat.saved("Hello")
    other = ChatPage(chat.page.context.new_page(), chat.url, chat.emulator)
    other.page.goto(chat.page.url)
    other.prose.get_by_text("Welcome.").wait_for()
    other.emulator.reply("From the other.")
    with other.page.expect_response(lambda answer: answer.request.method == "PUT" and answer.status == 204):
        other.send("More")
    chat.page.evaluate("window.dispatchEvent(new Event('focus'))")
    chat.prose.get_by_text("From the other.").wait_for()
    chat.emulator.reply("Third.")
    chat.send("Third")
    expect(chat.answers).to_have_count(3)
    other.check()


BLOCKED = """for (const name of ["localStorage", "sessionStorage", "indexedDB"]) {
  Object.defineProperty(window, name, { get() { throw new DOMException("blocked", "SecurityError"); } });
}"""


@pytest.mark.router(token="a-token-that-nobody-guesses")
def test_with_storage_blocked_the_page_works_without_memory(tab: ChatPage) -> None:
    tab.expected = lambda text: "401" in text
    tab.page.add_init_script(BLOCKED)
    tab.page.goto(tab.url)
    tab.page.locator("input[type=password]").fill("a-token-that-nobody-guesses")
    tab.page.keyboard.press("Enter")
    tab.page.locator("#model-name").filter(has_text="GPT").wait_for()
    tab.emulator.reply("Hi.")
    tab.send("Hello")
    tab.saved("Hello")
    tab.prompt.fill("a draft")
    tab.button("New conversation").click()
    expect(tab.prompt).to_have_value("")
    tab.conversations.first.locator("a").click()
    expect(tab.prompt).to_have_value("a draft")
    tab.page.locator("#theme").click()
    expect(tab.page.locator("#theme")).to_have_attribute("aria-label", "Colours: light")


def test_an_address_that_cannot_be_decoded_opens_a_new_conversation(tab: ChatPage) -> None:
    tab.open("#%")
    tab.emulator.reply("Hi.")
    tab.send("Hello")
    expect(tab.prose).to_have_text("Hi.", use_inner_text=True)


def test_a_conversation_that_is_gone_leaves_the_address_of_what_is_shown(chat: ChatPage) -> None:
    chat.expected = lambda text: "404" in text
    chat.emulator.reply("Hi.")
    chat.send("Hello")
    url = chat.page.url
    chat.page.evaluate("location.hash = 'gone'")
    chat.page.get_by_text("This conversation is not there any more.").wait_for()
    expect(chat.page).to_have_url(url)


COMPOSE = """([selector, key, init]) => document.querySelector(selector).dispatchEvent(
  new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...init }))"""


@pytest.mark.parametrize("init", [{"isComposing": True}, {"keyCode": 229}], ids=["composing", "229"])
def test_keys_of_an_input_method_send_stop_and_discard_nothing(chat: ChatPage, init: dict[str, Any]) -> None:
    chat.emulator.reply("Hi.")
    chat.send("Hello")
    chat.prompt.fill("にほん")
    chat.page.evaluate(COMPOSE, ["#prompt", "Enter", init])
    expect(chat.prompt).to_have_value("にほん")
    expect(chat.answers).to_have_count(1)
    chat.user_messages.first.hover()
    chat.button("Edit message").click()
    chat.page.get_by_role("textbox", name="Edit message").fill("ご")
    for key in ("Enter", "Escape"):
        chat.page.evaluate(COMPOSE, [".edit-box", key, init])
        expect(chat.page.get_by_role("textbox", name="Edit message")).to_have_value("ご")
    chat.page.get_by_role("textbox", name="Edit message").press("Escape")
    chat.prompt.fill("")
    chat.emulator.reply(*(f"word{number} " for number in range(300)))
    chat.send("Long", wait=False).get_by_text("word3 ").wait_for()
    chat.page.evaluate(COMPOSE, ["#prompt", "Escape", init])
    chat.wait_idle()
    expect(chat.answer).to_contain_text("word299", use_inner_text=True)


def _stored(id: str, **changes: Any) -> dict[str, Any]:
    time = "2026-01-01T00:00:00Z"
    return {
        "id": id,
        "title": id,
        "created_at": time,
        "updated_at": time,
        "nodes": [],
        "leaf": None,
        **changes,
    }


def _answer(**fields: Any) -> dict[str, Any]:
    said = {"id": "q", "parent": None, "role": "user", "content": "Q"}
    return {
        "nodes": [said, {"id": "a", "parent": "q", "role": "assistant", "content": "A", **fields}],
        "leaf": "a",
    }


TEXT_PART = {"type": "text", "text": "T"}
ANSWER = {"id": "a", "role": "assistant", "content": "A"}
KINDS = ("file", "input_audio", "image_url")
ODD = {
    "settings-text": {"settings": {"model": 7, "system": 3, "params": "x", "preset": []}, **_answer()},
    "settings-tools": {"settings": {"params": {"tools": "x", "reasoning": 3, "seed": {}}}, **_answer()},
    "content-parts": _answer(content=[{"type": "text", "text": "A"}, {"type": "odd"}, {"text": 3}]),
    "content-null-text": _answer(content=[{"type": "text"}, {"type": "text", "text": "A"}]),
    "content-image": _answer(content=[{"type": "text", "text": "A"}, {"type": "image_url", "image_url": "data:,x"}]),
    "calls-object": _answer(tool_calls={"id": "x"}),
    "calls-odd": _answer(tool_calls=[None, 3, {"id": 3}, {"name": None, "arguments": {"a": 1}, "at": "x"}]),
    "results-odd": _answer(tool_calls=[{"id": "x"}], tool_results=[None, {"id": "x", "content": {"a": 1}}, {}]),
    "results-parts": _answer(
        tool_calls=[{"id": "x", "name": "draw", "arguments": "{}"}],
        tool_results=[{"id": "x", "content": [TEXT_PART, {"type": "image_url", "image_url": {"url": 3}}]}],
    ),
    "reasoning-list": _answer(reasoning=["a"], reasoning_s="x", elapsed_s="long", first_piece_s=[]),
    "usage-text": _answer(usage="much"),
    "usage-odd": _answer(usage={"completion_tokens": "x", "cost": {}, "total_tokens": [1]}),
    "error-text": _answer(error="bad"),
    "error-odd": _answer(error={"message": 3, "advice": {}}),
    "images-odd": _answer(images=[None, 3, {}, "data:,x", "https://example.com/x.png"]),
    "annotations-odd": _answer(
        annotations=[
            None,
            {"url_citation": 3},
            {"type": "url_citation", "url": 3},
            {"type": "url_citation", "url": "https://e.com", "title": {}},
        ]
    ),
    "model-number": _answer(model=3, provider={}, finish_reason=[], waiting="x", stopped_by=3),
    "system": {"nodes": [{"id": "s", "role": "system", "content": "Be brief"}, {**ANSWER, "parent": "s"}], "leaf": "a"},
    "no-leaf": {**_answer(), "leaf": None},
    "user-parts": {
        "nodes": [
            {"id": "q", "role": "user", "content": [*({"type": kind} for kind in KINDS), {"type": "text", "text": 3}]},
            {**ANSWER, "parent": "q"},
        ],
        "leaf": "a",
    },
}  # fmt: skip


def test_any_stored_conversation_is_drawn_and_exported(tab: ChatPage) -> None:
    # That a browser saves what it is given is tested elsewhere; here counts what it is given.
    tab.page.add_init_script(
        """const given = URL.createObjectURL;
        URL.createObjectURL = (blob) => { window.exported = blob.text(); return given(blob); };"""
    )
    tab.open()
    for id, changes in ODD.items():
        status = tab.page.evaluate(
            """async (document) => (await fetch(`api/conversations/${document.id}`, {
              method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify(document),
            })).status""",
            _stored(id, **changes),
        )
        assert status == 204, id
    for id in ODD:
        tab.page.goto(f"{tab.url}#{id}")
        tab.prose.get_by_text("A", exact=True).wait_for()
        expect(tab.page).to_have_title(id)
        tab.page.evaluate("window.exported = undefined")
        tab.button("Export").click()
        tab.page.get_by_role("menuitem", name="Export as Markdown").click()
        tab.page.wait_for_function("window.exported")
        text = tab.page.evaluate("window.exported")
        assert id in text, id
        assert "undefined" not in text, id


@pytest.mark.parametrize("body", ["[]", "null", '{"id": "x"}', '{"nodes": "x"}', "{"])
def test_what_is_no_conversation_is_refused_with_a_notice(chat: ChatPage, body: str) -> None:
    chat.page.route(
        "**/api/conversations/odd", lambda route: route.fulfill(body=body, content_type="application/json")
    )
    chat.page.evaluate("location.hash = 'odd'")
    expect(chat.page.get_by_role("alert")).to_contain_text("not a conversation")
    chat.emulator.reply("Hi.")
    chat.send("Hello")
    expect(chat.prose).to_have_text("Hi.", use_inner_text=True)
