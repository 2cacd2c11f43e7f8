"""Usable by everyone: by keyboard, with a screen reader, on a phone, in the dark."""

from __future__ import annotations

import pytest

from openrouter_async import tool
from openrouter_async.testing import tool_call
from tests.page.chat_page import ChatPage, expect

RICH = """## Heading

A [link](https://example.com), `code` and a list:

1. one
2. two

| a | b |
|---|--:|
| 1 | 2 |

> quoted

```python
@decorator
class Thing(Base):
    \"\"\"Say.\"\"\"
    number: int = 42  # comment

    def name(self, x=None): return f"{x}" + 'y'
```

```diff
- old
+ new
```

```html
<a href="x" class='y'>text</a><!-- comment -->
```

```json
{"key": [1, true, null, "text"]}
```
"""


@tool
async def stock(item: str) -> int:
    """How many of an item are in stock."""
    return 3


def _violations(chat: ChatPage) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(chat.page).response["violations"]
    return [
        f"{each['id']} ({each['impact']}): {[node['html'][:120] for node in each['nodes']]}"
        for each in found
        if each["impact"] in ("serious", "critical")
    ]


@pytest.mark.router(tools=[stock])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_serious(tab: ChatPage, scheme: str, width: int) -> None:
    tab.expected = lambda text: "402" in text
    tab.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its words
    tab.page.set_viewport_size({"width": width, "height": 800})
    tab.open()
    assert _violations(tab) == []
    cited = {"url": "https://example.com/a", "title": "A page", "start_index": 0, "end_index": 4}
    tab.emulator.reply(tool_call("stock", item="lamp"))
    tab.emulator.reply(RICH, reasoning="Hm.", annotations=[{"type": "url_citation", "url_citation": cited}])
    tab.send("Everything")
    for fold in tab.page.locator("summary").all():
        fold.click()
    tab.emulator.fail(402, "Insufficient credits")
    tab.send("Again")
    assert _violations(tab) == []
    tab.button("Settings of the conversation").click()
    assert _violations(tab) == []
    tab.page.keyboard.press("Escape")
    tab.page.locator("#model").click()
    assert _violations(tab) == []
    tab.page.keyboard.press("Escape")
    if width < 820:
        tab.open_list()
    tab.conversations.first.get_by_role("button").click()
    assert _violations(tab) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_serious_beside_a_second_model(chat: ChatPage, scheme: str, width: int) -> None:
    chat.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its words
    chat.page.set_viewport_size({"width": width, "height": 800})
    chat.emulator.reply("One[^1].\n\n[^1]: A note.", times=2)
    chat.button("Compare with a second model").click()
    chat.page.get_by_role("combobox").fill("claude haiku 4.5")
    expect(chat.page.get_by_role("option").first).to_contain_text("Haiku")
    chat.page.keyboard.press("Enter")
    chat.prompt.fill("Hello")
    chat.prompt.press("Enter")
    expect(chat.answers).to_have_count(2)
    chat.wait_idle()
    assert _violations(chat) == []
    chat.button("Prompts").click()
    assert _violations(chat) == []
    chat.page.keyboard.press("Escape")
    chat.button("Edit message").click()
    assert _violations(chat) == []


def test_everything_by_keyboard_alone(chat: ChatPage) -> None:
    keyboard = chat.page.keyboard
    chat.emulator.reply("First.")
    chat.emulator.reply("Again.")
    keyboard.press("Control+m")
    expect(chat.page.get_by_role("combobox")).to_be_focused()
    keyboard.type("gpt-4.1 nano")
    expect(chat.page.get_by_role("option").first).to_contain_text("Nano")
    keyboard.press("Enter")
    expect(chat.prompt).to_be_focused()
    keyboard.type("Hello")
    keyboard.press("Shift+Enter")
    keyboard.type("you")
    keyboard.press("Enter")
    chat.answer.wait_for()
    chat.wait_idle()
    expect(chat.user_messages.locator(".said")).to_have_text("Hello\nyou", use_inner_text=True)
    expect(chat.page.locator("#model-name")).to_contain_text("Nano", use_inner_text=True)
    _tab_to(chat, "Answer again", "Shift+Tab")
    keyboard.press("Enter")
    chat.prose.get_by_text("Again.").wait_for()
    chat.wait_idle()
    _tab_to(chat, "Previous version", "Shift+Tab")
    keyboard.press("Enter")
    expect(chat.prose).to_have_text("First.", use_inner_text=True)
    chat.saved("Hello")
    keyboard.press("Control+k")
    expect(chat.page.get_by_role("searchbox", name="Search conversations")).to_be_focused()
    _tab_to(chat, "Actions for Hello you", "Tab")
    keyboard.press("Enter")
    keyboard.press("ArrowDown")
    keyboard.press("ArrowUp")
    keyboard.press("Enter")
    expect(chat.page.get_by_role("textbox", name="Title")).to_be_focused()
    keyboard.type("Renamed")
    keyboard.press("Enter")
    chat.saved("Renamed")
    keyboard.press("Control+Shift+o")
    expect(chat.answers).to_have_count(0)
    expect(chat.prompt).to_be_focused()


def _tab_to(chat: ChatPage, name: str, key: str) -> None:
    """Press Tab until the button of that name has the focus."""
    label = "document.activeElement.getAttribute('aria-label')"
    for _ in range(40):
        chat.page.keyboard.press(key)
        if chat.page.evaluate(label) == name:
            return
    raise AssertionError(f"{name!r} is not reached by {key}")


def test_a_screen_reader_is_told_the_answer_once_it_is_whole(chat: ChatPage) -> None:
    said: list[str] = []
    chat.page.expose_function("heard", lambda text: said.append(text))
    chat.page.evaluate(
        """() => new MutationObserver(() => heard(document.getElementById("live").textContent))
          .observe(document.getElementById("live"), { childList: true })"""
    )
    chat.emulator.reply("**Forty** ", *(f"word{n} " for n in range(50)), "two.")
    chat.send("Hello")
    chat.becomes("document.getElementById('live').textContent.startsWith('Answer: ')")
    assert len(said) == 2
    assert said[0] == "The model is answering."
    assert said[1].startswith("Answer: Forty word0")
    assert said[1].endswith("two.")
    expect(chat.page.locator("#thread h3")).to_have_text(["You said", "gpt-4.1-mini"], use_inner_text=True)


@pytest.mark.parametrize("width", [320, 390, 768])
def test_a_narrow_screen_does_not_scroll_sideways(tab: ChatPage, width: int) -> None:
    tab.page.set_viewport_size({"width": width, "height": 700})
    tab.open()
    wide = "w" * 300
    tab.emulator.reply(
        f"{wide}\n\n`{wide}`\n\n```\n{wide}\n```\n\n| {wide} | b |\n|---|---|\n| 1 | 2 |\n\nhttps://e.com/{wide}"
    )
    tab.send(wide)
    fits = "document.documentElement.scrollWidth <= innerWidth"
    tab.becomes(fits)
    wider = width + 1
    too_wide = f"""[...document.querySelectorAll("#main *")]
      .filter((e) => !e.closest(".code pre, .table-scroll, #model-name") && e.getBoundingClientRect().right > {wider})
      .map((e) => e.outerHTML.slice(0, 99))"""
    assert tab.page.evaluate(too_wide) == []
    tab.open_list()
    tab.saved("www")
    tab.becomes(fits)
    tab.page.keyboard.press("Escape")
    tab.prompt.click()
    tab.open_list()
    tab.button("New conversation").click()
    tab.prompt.wait_for()
    tab.becomes("document.getElementById('side').inert")


def test_colours_follow_the_system_until_one_is_chosen(chat: ChatPage) -> None:
    red = "parseInt(getComputedStyle(document.body).backgroundColor.slice('rgb('.length))"
    dark, light = f"{red} < 60", f"{red} > 200"

    def choose(theme: str) -> None:
        for _ in range(3):
            if chat.page.locator("#theme").get_attribute("aria-label") == f"Colours: {theme}":
                return
            chat.page.locator("#theme").click()
        raise AssertionError(f"no {theme}")

    chat.page.emulate_media(color_scheme="dark")
    chat.becomes(dark)
    choose("light")
    chat.becomes(light)
    chat.page.reload()
    chat.becomes(light)
    chat.page.emulate_media(color_scheme="light")
    choose("dark")
    chat.becomes(dark)
    choose("system")
    chat.becomes(light)
