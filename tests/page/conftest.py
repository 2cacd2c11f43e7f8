"""A real headless Chromium, the router over the emulator in real servers, and a page for each test.

Without playwright or without a Chromium the tests of this folder are skipped; `nox -s web` runs them, and sets
`OPENROUTER_ASYNC_NEEDS_BROWSER`, so that they fail there instead.
The variable `OPENROUTER_ASYNC_CHROMIUM` names the browser where it is not on the path.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from openrouter_async import AsyncOpenRouter
from openrouter_async.testing import Emulator
from tests.page.chat_page import ChatPage
from tests.support.emulated import MODEL

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.server.serving import Served

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",  # which root cannot have
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)
SPEED = 400
"""Tokens a second of the emulator, so that an answer is seen growing."""


def _missing(what: str) -> NoReturn:
    if os.environ.get("OPENROUTER_ASYNC_NEEDS_BROWSER"):
        pytest.fail(f"{what}; the chat page cannot be tested")
    pytest.skip(f"{what}; the chat page is not tested (nox -s web)")


def _browser_path() -> str:
    named = os.environ.get("OPENROUTER_ASYNC_CHROMIUM")
    if named:
        assert Path(named).is_file(), f"OPENROUTER_ASYNC_CHROMIUM is {named!r}; expected a program"
        return named
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        _missing(f"none of {', '.join(BROWSERS)} is installed")
    return found


@pytest.fixture(scope="package")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for the folder; its event loop would be in the way of other folders' tests."""
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        _missing("playwright is not installed")
    path = _browser_path()
    home = tmp_path_factory.mktemp("browser")
    environment = {**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": str(home)}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS), env=environment)
        yield browser
        browser.close()


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """An emulator that speaks slowly enough to be watched, and answers only what the test scripts."""
    with Emulator(strict=True, speed=SPEED, first_token_s=0.05) as emulator:
        yield emulator
        emulator.check()


@pytest.fixture
def server(emulator: Emulator, request: pytest.FixtureRequest) -> Iterator[Served]:
    """A server of a router over the emulator; `@pytest.mark.router(...)` gives arguments of `create_router`."""
    from starlette.applications import Starlette
    from starlette.routing import Mount

    from openrouter_async.server import create_router, openrouter_lifespan
    from tests.server.serving import serve

    mark = request.node.get_closest_marker("router")
    options = {"default_model": MODEL, **(mark.kwargs if mark else {})}
    model = options.pop("default_model")
    client = AsyncOpenRouter(emulator.key, base_url=emulator.base_url, default_model=model)
    app = create_router(client, **options)
    routed = Starlette(routes=[Mount("/", app)], lifespan=openrouter_lifespan(client))
    with serve(routed) as server:
        yield server


@pytest.fixture
def served(server: Served) -> str:
    """The URL of the server."""
    return f"{server.url}/"


@pytest.fixture
def tab(browser: Browser, served: str, emulator: Emulator) -> Iterator[ChatPage]:
    """A tab of a new profile, in which nothing is loaded yet."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 800},
        reduced_motion="reduce",
        accept_downloads=True,
        locale="en-US",
    )
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    chat = ChatPage(context.new_page(), served, emulator)
    yield chat
    context.close()
    chat.check()


@pytest.fixture
def chat(tab: ChatPage) -> ChatPage:
    """The page, ready to be used."""
    return tab.open()
