"""The page's files over HTTP: compressed, named by their content, and asked for once."""

from __future__ import annotations

import re

import pytest

from openrouter_async.testing import Emulator
from tests.server.router_client import routed

FILES = re.compile(r'(?:src|href)="(assets/[^"]+)"')


def test_what_the_page_names_is_kept_for_good_and_compressed(emulator: Emulator) -> None:
    with routed(emulator) as browser:
        page = browser.get("")
        assert page.headers["cache-control"] == "no-cache"
        names = FILES.findall(page.text)
        assert len(names) == 4  # an icon, a style sheet, the theme, the script
        for name in names:
            packed = browser.get(name)
            assert packed.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert packed.headers["content-encoding"] == "gzip"
            assert packed.headers["vary"] == "accept-encoding"
            assert re.search(r"\.[0-9a-f]{16}\.", name)
            plain = browser.get(name, headers={"accept-encoding": "identity"})
            assert "content-encoding" not in plain.headers
            assert plain.content == packed.content
            again = browser.get(name, headers={"if-none-match": packed.headers["etag"]})
            assert (again.status_code, again.content) == (304, b"")
        assert browser.get("", headers={"if-none-match": page.headers["etag"]}).status_code == 304


@pytest.mark.parametrize("name", ["app.0123456789abcdef.js", "page.css", "index.html"])
def test_a_name_of_another_version_is_not_there(emulator: Emulator, name: str) -> None:
    with routed(emulator) as browser:
        assert browser.get(f"assets/{name}").status_code == 404


def test_the_modules_are_served_as_they_are_and_asked_about_each_time(emulator: Emulator) -> None:
    with routed(emulator) as browser:
        module = browser.get("assets/store/tree.js")
        assert module.headers["content-type"] == "text/javascript; charset=utf-8"
        assert module.headers["cache-control"] == "no-cache"
        assert "export function" in module.text
