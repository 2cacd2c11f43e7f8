"""A whole conversation in one screen; `OPENROUTER_ASYNC_PICTURES=1` writes it to docs/images for the documentation."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest

from openrouter_async import tool
from openrouter_async.testing import tool_call
from tests.page.chat_page import ChatPage, expect
from tests.support.folders import ROOT

LARGEST = 150_000
"""Bytes that a picture has at most, so that the repository stays small."""

OTHERS = [
    ("Names for a small sailing boat", 0),
    ("Why is the sky dark at night?", 0),
    ("Regular expression for dates", 1),
    ("A week in Lofoten", 1),
    ("Explain B-trees simply", 4),
    ("Letter to the landlord", 5),
]

QUESTION = "Which lamps should I order this week, and how do I compute that in Python?"

ANSWER = """Two of them run out before the next delivery:

| Lamp | In stock | A week | Lasts |
|:--|--:|--:|--:|
| Aurora | 3 | 6 | **3 days** |
| Fjell | 8 | 9 | **6 days** |
| Nordlys | 40 | 5 | 8 weeks |

Order **Aurora** and **Fjell**. As code, with a week of reserve:

```python
def to_order(stock: int, weekly: int, weeks: float = 2) -> int:
    \"\"\"How many to order so that `weeks` are covered.\"\"\"
    return max(0, round(weekly * weeks) - stock)
```
"""


@tool
async def stock(shelf: str) -> list[dict[str, int | str]]:
    """What lies on a shelf, and how much of it is sold in a week."""
    return [
        {"lamp": "Aurora", "stock": 3, "weekly": 6},
        {"lamp": "Fjell", "stock": 8, "weekly": 9},
        {"lamp": "Nordlys", "stock": 40, "weekly": 5},
    ]


def _fill_list(tab: ChatPage) -> None:
    """Put earlier conversations into the list."""
    now = datetime.now(UTC)
    for number, (title, days) in enumerate(OTHERS):
        at = (now - timedelta(days=days, minutes=number)).isoformat()
        document = {
            "id": f"other-{number}",
            "title": title,
            "created_at": at,
            "updated_at": at,
            "nodes": [],
            "leaf": None,
        }
        tab.page.evaluate(
            """async (document) => fetch(`api/conversations/${document.id}`, {
              method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify(document),
            })""",
            document,
        )


def _picture(tab: ChatPage, name: str, element: str | None = None) -> None:
    if not os.environ.get("OPENROUTER_ASYNC_PICTURES"):
        return
    path = ROOT / "docs" / "images" / name
    path.parent.mkdir(exist_ok=True)
    (tab.page.locator(element) if element else tab.page).screenshot(path=path)
    assert path.stat().st_size < LARGEST


@pytest.mark.router(tools=[stock], title="Lamp shop")
def test_a_conversation_fills_the_screen_well(tab: ChatPage) -> None:
    tab.page.set_viewport_size({"width": 1280, "height": 860})
    tab.page.goto(tab.url)
    _fill_list(tab)
    tab.open()
    tab.emulator.reply(
        tool_call("stock", shelf="lamps"), reasoning="I need the stock first, and the sales of a week."
    )
    tab.emulator.reply(ANSWER)
    answer = tab.send(QUESTION)
    tab.saved("Which lamps")
    expect(answer.locator("table tr")).to_have_count(4)
    expect(answer.locator(".tool-state")).to_have_text("done", use_inner_text=True)
    expect(tab.page.locator(".conversations h2")).to_have_text(
        ["Today", "Yesterday", "Last 7 days"], use_inner_text=True
    )
    scroll = "document.getElementById('scroll')"
    tab.becomes(
        f"{scroll}.scrollHeight - {scroll}.clientHeight - {scroll}.scrollTop < 2"
    )  # the end is in sight
    _picture(tab, "chat-page.png")
    tab.page.emulate_media(color_scheme="dark")
    _picture(tab, "chat-page-dark.png")
    tab.page.emulate_media(color_scheme="light")
    tab.page.set_viewport_size({"width": 390, "height": 780})
    _picture(tab, "chat-page-phone.png")
    tab.page.set_viewport_size({"width": 1280, "height": 860})
    tab.button("Model: OpenAI: GPT-4.1 Mini").click()
    tab.page.get_by_role("combobox").fill("claude")
    tab.page.get_by_role("option").nth(3).wait_for()
    _picture(tab, "chat-page-models.png", "#models-dialog")
