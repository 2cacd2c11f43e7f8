"""What is shown is what is followed: links, names, titles, copies and exports cannot read otherwise than they are."""

from __future__ import annotations

from typing import Any

import pytest

from tests.page.chat_page import ChatPage, expect

OVERRIDE = "\u202e"
UNSEEN = "\u200b\u2066\u2069\u00ad\ufeff\U000e0041"

LINKS = {
    "https://xn--pple-43d.com/": "https://xn--pple-43d.com/",
    "https://\u0430pple.com/": "https://xn--pple-43d.com/",
    "[bank.example.com](https://evil.example/)": "bank.example.com (evil.example)",
    "[https://bank.example.com/login](https://evil.example/)": "https://bank.example.com/login (evil.example)",
    "<https://bank.example.com@evil.example/>": "https://bank.example.com@evil.example/ (evil.example)",
    "[\u0430pple](https://xn--pple-43d.com/)": "\u0430pple (xn--pple-43d.com)",
    "[a@bank.example.com](mailto:a@evil.example)": "a@bank.example.com (evil.example)",
    "[the manual](https://docs.example.com/)": "the manual",
    "[example.com](https://www.example.com/a)": "example.com",
    "[docs of example.com](https://docs.example.com/)": "docs of example.com",
    "[main.py](https://github.com/x/y/blob/main/main.py)": "main.py",
    "[v1.2.3](https://example.com/)": "v1.2.3",
    f"[bank{UNSEEN}.example.com](https://evil.example/)": "bank.example.com (evil.example)",
    f"[{OVERRIDE}moc.knab](https://evil.example/)": "moc.knab (evil.example)",
}


def test_a_link_says_where_it_goes_if_its_text_says_otherwise(chat: ChatPage) -> None:
    chat.emulator.reply("\n\n".join(LINKS))
    answer = chat.send("Links")
    links = answer.locator(".prose a")
    expect(links).to_have_text(list(LINKS.values()), use_inner_text=True)
    target = chat.page.locator("#link-target")
    links.nth(2).hover()
    expect(target).to_have_text("https://evil.example/")
    chat.page.mouse.move(0, 0)
    target.wait_for(state="hidden")
    links.nth(7).focus()
    expect(target).to_have_text("https://docs.example.com/")


def test_titles_names_and_copies_have_nothing_unseen(chat: ChatPage) -> None:
    chat.emulator.reply(f"Run `rm{OVERRIDE}{UNSEEN} x`:\n\n```\nif a{OVERRIDE}:{UNSEEN}\n```\n")
    answer = chat.send(f"photo{OVERRIDE}gnp.exe{UNSEEN}")
    chat.saved("photognp.exe")
    expect(chat.page).to_have_title("photognp.exe")
    expect(chat.user_messages.locator(".said")).to_contain_text("photo[U+202E]gnp.exe[U+200B]")
    answer.get_by_role("button", name="Copy", exact=True).click()
    chat.becomes("async () => await navigator.clipboard.readText() === 'if a:\\n'")
    answer.get_by_role("button", name="Copy answer").click()
    chat.becomes(
        "async () => await navigator.clipboard.readText() === 'Run `rm x`:\\n\\n```\\nif a:\\n```\\n'"
    )
    expect(answer.locator(".prose p code")).to_have_text("rm x")


def test_joiners_of_emoji_and_persian_stay(chat: ChatPage) -> None:
    family, word = "\U0001f468\u200d\U0001f469", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
    chat.emulator.reply(f"{family} {word}")
    chat.send(family)
    expect(chat.prose).to_have_text(f"{family} {word}")
    expect(chat.page).to_have_title(family)


@pytest.fixture
def harmless(tab: ChatPage) -> Any:
    tab.page.goto(tab.url)
    script = "async ([base, text]) => (await import(`${base}assets/store/harmless.js`)).harmless(text)"
    return lambda text: tab.page.evaluate(script, [tab.url, text])


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("[a](javascript:x())", "[a](#)"),
        ("[a](JaVa&#115;cript:x)", "[a](#)"),
        ("[a](<javascript:x>)", "[a](<#>)"),
        ("![a](data:text/html,x)", "![a](#)"),
        ("[a][1]\n\n[1]: javascript:x", "[a][1]\n\n[1]: #"),
        ("<javascript:x>", "&lt;javascript:x>"),
        ('<a href="javascript:x">a</a>', '&lt;a href="javascript:x">a&lt;/a>'),
        ("\\`<img src=x onerror=y>\\`", "\\`&lt;img src=x onerror=y>\\`"),
        ("a [b](https://e.com) <https://e.com> [c](page.md) [d](#e) 1 < 2", None),
        ("`<b>` and ``[x](javascript:y)``", None),
        ("```html\n<a href='javascript:x'>\n```\n\n    <b>indented</b>", None),
        ("- a\n\n  ```\n  <b>\n  ```\n- c", None),
    ],
)
def test_exports_keep_no_links_that_run(harmless: Any, text: str, kept: str | None) -> None:
    assert harmless(text) == (text if kept is None else kept)


def test_an_export_of_hostile_sources_has_none_of_them(chat: ChatPage) -> None:
    sources = {"javascript:x()": "a", "https://e.com/(a)": "b](javascript:x)"}
    place = {"start_index": 0, "end_index": 1}
    annotations = [
        {"type": "url_citation", "url_citation": {"url": url, "title": title, **place}}
        for url, title in sources.items()
    ]
    chat.emulator.reply("[a](javascript:x)", annotations=annotations)
    chat.send("Hello")
    chat.button("Export").click()
    with chat.page.expect_download() as saved:
        chat.page.get_by_role("menuitem", name="Export as Markdown").click()
    text = saved.value.path().read_text()
    assert "[a](#)" in text
    assert "1. [b\\](javascript:x)](<https://e.com/(a)>)" in text


def test_text_from_right_to_left_runs_that_way(chat: ChatPage) -> None:
    chat.emulator.reply("שלום עולם\n\n- אחת\n\nEnglish\n\n```\ncode שלום\n```")
    answer = chat.send("مرحبا")
    direction = "(e) => getComputedStyle(e).direction"
    assert answer.locator(".prose p").first.evaluate(direction) == "rtl"
    assert answer.locator(".prose ul").evaluate(direction) == "rtl"
    assert answer.locator(".prose p").last.evaluate(direction) == "ltr"
    assert answer.locator("pre").evaluate(direction) == "ltr"
    assert chat.user_messages.locator(".said").evaluate(direction) == "rtl"
    chat.prompt.fill("مرحبا")
    assert chat.prompt.evaluate(direction) == "rtl"
