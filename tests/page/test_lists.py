"""The lists: conversations beside the messages, and models to choose from."""

from __future__ import annotations

from tests.page.chat_page import ChatPage, expect

FILL = """async (count) => {
  for (let i = 0; i < count; i++) {
    const at = new Date(Date.UTC(2026, 0, 1, 0, i)).toISOString();
    const node = { id: "a", parent: null, role: "user", content: `Some words about subject${i}, Needle${i} included` };
    await fetch(`api/conversations/c${i}`, {
      method: "PUT", headers: { "Content-Type": "application/json" },
      body: JSON.stringify({
        id: `c${i}`, title: `Talk ${i}`, created_at: at, updated_at: at, nodes: [node], leaf: "a",
      }),
    });
  }
}"""


def test_the_list_is_paged_without_doubles_and_the_focus_moves_on(tab: ChatPage) -> None:
    tab.page.goto(tab.url)
    tab.page.evaluate(FILL, 120)
    tab.open()
    expect(tab.conversations).to_have_count(50)
    tab.emulator.reply("Hi.")
    tab.send("Newest")
    tab.saved("Newest")
    other = tab.page.context.new_page()
    other.goto(tab.url)
    other.evaluate(FILL.replace("2026", "2027"), 3)  # three move to the front of the list meanwhile
    tab.button("Show more").click()
    expect(tab.conversations).to_have_count(100)
    expect(tab.conversations.nth(50).locator("a")).to_be_focused()
    tab.button("Show more").click()
    expect(tab.conversations).to_have_count(121)
    ids = tab.conversations.evaluate_all("(all) => all.map((e) => e.dataset.conversation)")
    assert len(set(ids)) == 121
    tab.button("Show more").wait_for(state="hidden")


def test_search_shows_where_it_found(tab: ChatPage) -> None:
    tab.page.goto(tab.url)
    tab.page.evaluate(FILL, 12)
    tab.open()
    tab.page.get_by_role("searchbox", name="Search conversations").fill("NEEDLE7")
    expect(tab.conversations).to_have_count(1)
    expect(tab.page.locator(".conversation-found")).to_contain_text("about subject7, needle7 included")
    expect(tab.page.locator(".conversation-found mark")).to_have_text("needle7")
    tab.page.get_by_role("searchbox", name="Search conversations").fill("")
    expect(tab.conversations).to_have_count(12)
    expect(tab.page.locator(".conversation-found")).to_have_count(0)


def test_menus_and_dialogs_return_the_focus(tab: ChatPage) -> None:
    tab.page.goto(tab.url)
    tab.page.evaluate(FILL, 3)
    tab.open()
    menu = tab.page.get_by_role("button", name="Actions for Talk 1")
    menu.focus()
    tab.page.keyboard.press("Enter")
    tab.page.keyboard.press("Escape")
    expect(menu).to_be_focused()
    tab.page.keyboard.press("Enter")
    tab.page.get_by_role("menuitem", name="Rename").click()
    tab.page.get_by_role("textbox", name="Title").fill("Renamed")
    tab.page.keyboard.press("Enter")
    tab.saved("Renamed")
    expect(tab.page.get_by_role("button", name="Actions for Renamed")).to_be_focused()
    tab.page.keyboard.press("Enter")
    tab.page.get_by_role("menuitem", name="Delete").click()
    tab.button("Delete").click()
    expect(tab.conversations).to_have_count(2)
    assert tab.page.evaluate("document.activeElement.closest('.conversation') !== null")


def test_all_models_are_listed_sorted_and_kept_as_favourites(chat: ChatPage) -> None:
    chat.page.locator("#model").click()
    options = chat.page.get_by_role("option").filter(has=chat.page.locator(".model-id"))
    count = chat.page.evaluate("async () => (await (await fetch('api/models')).json()).data.length")
    assert count > 120
    expect(options).to_have_count(count)
    sort = chat.page.locator("#models-sort")

    def sort_by(name: str) -> None:
        sort.click()
        chat.page.get_by_role("menuitem", name=name).click()
        expect(sort).to_have_text(f"Sort: {name}")
        expect(sort).to_be_focused()

    sort_by("By name")
    names = options.locator(".model-title").all_inner_texts()
    assert names == chat.page.evaluate("(names) => names.toSorted((a, b) => a.localeCompare(b))", names)
    sort_by("Longest context first")
    chat.page.get_by_role("combobox", name="Search models").fill("claude haiku 4.5")
    chat.button("Add favourite").click()
    expect(chat.button("Remove favourite")).to_be_visible()
    expect(options.first).to_contain_text("favourite")
    chat.page.keyboard.press("Escape")
    chat.page.reload()
    chat.page.locator("#model-name").filter(has_text="GPT").wait_for()
    chat.page.locator("#model").click()
    expect(sort).to_have_text("Sort: Longest context first")
    sort_by("Favourites and recent first")
    expect(options.nth(1)).to_contain_text("Haiku 4.5")
    options.nth(1).locator(".model-star").click()
    expect(options.nth(1)).not_to_contain_text("favourite")
    expect(chat.page.locator("#models-dialog")).to_be_visible()
