"""What a browser has to load before the page can be used, and what it keeps."""

from __future__ import annotations

from typing import Any

from tests.page.chat_page import ChatPage

LARGEST = 180_000
"""Bytes on the wire until the page is ready: 3.6 seconds of a slow mobile network, which carries 50 KB a second."""

MOST_REQUESTS = 10


def _load(tab: ChatPage) -> list[dict[str, Any]]:
    """Load the page, and return what came over the network, from the first byte until nothing more is asked for."""
    session = tab.page.context.new_cdp_session(tab.page)
    session.send("Network.enable")
    names: dict[str, str] = {}
    loaded: list[dict[str, Any]] = []
    kept: set[str] = set()
    session.on(
        "Network.responseReceived", lambda event: names.update({event["requestId"]: event["response"]["url"]})
    )
    session.on("Network.requestServedFromCache", lambda event: kept.add(event["requestId"]))
    session.on("Network.loadingFinished", lambda event: loaded.append(event))  # built-ins are not taken
    tab.open()
    tab.page.wait_for_load_state("networkidle")
    session.detach()
    return [
        {"url": names[each["requestId"]].removeprefix(tab.url), "bytes": each["encodedDataLength"]}
        for each in loaded
        if each["requestId"] in names and each["requestId"] not in kept and each["encodedDataLength"]
    ]


def test_the_page_is_small_and_comes_in_few_requests(tab: ChatPage) -> None:
    loaded = _load(tab)
    assert len(loaded) <= MOST_REQUESTS, loaded
    assert sum(each["bytes"] for each in loaded) <= LARGEST, loaded
    assert len([each for each in loaded if each["url"].startswith("assets/app.")]) == 1


def test_what_the_browser_has_is_not_loaded_again(tab: ChatPage) -> None:
    _load(tab)
    tab.page.goto("about:blank")
    again = _load(tab)
    assert [each for each in again if each["url"].startswith("assets/")] == []
