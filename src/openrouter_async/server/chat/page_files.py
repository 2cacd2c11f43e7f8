"""The routes of the page's files: few, compressed, and kept by the browser for good.

`index.html` names one script and one style sheet, each with a fingerprint in its name, so a browser asks for them once
until they change. The modules and styles themselves are served as well, for those who look into the page; a browser
asks about them each time.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from .bundles import Bundles

if TYPE_CHECKING:
    from starlette.types import Scope

__all__ = ["page_routes"]

_STYLES = re.compile(r'(?:<link rel="stylesheet" href="assets/[^"]+">\s*)+')
_STYLE = re.compile(r'href="(assets/[^"]+)"')
_SCRIPT = re.compile(r'(<script (?:type="module" )?src=")assets/([^"]+)"')
_ICON = re.compile(r'(?<=href=")assets/(icon\.svg)(?=")')
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".html": "text/html; charset=utf-8",
}
_ASK_AGAIN = "no-cache"
_FOR_GOOD = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class _File:
    """A file as it is sent."""

    plain: bytes
    packed: bytes
    headers: dict[str, str]

    @classmethod
    def of(cls, name: str, content: bytes, cache: str) -> _File:
        tag = hashlib.sha256(content).hexdigest()[:32]
        headers = {
            "content-type": _TYPES[Path(name).suffix],
            "cache-control": cache,
            "vary": "accept-encoding",
            "etag": f'"{tag}"',
        }
        return cls(content, gzip.compress(content, 9, mtime=0), headers)

    def answer(self, request: Headers) -> Response:
        """Return the file as the browser wants it: compressed, plain, or not again."""
        tags = {tag.strip().removeprefix("W/") for tag in request.get("if-none-match", "").split(",")}
        if self.headers["etag"] in tags:
            return Response(status_code=304, headers=self.headers)
        if "gzip" in request.get("accept-encoding", ""):
            return Response(self.packed, headers={**self.headers, "content-encoding": "gzip"})
        return Response(self.plain, headers=self.headers)


class _Page:
    """The files of a folder, joined on the first request: about a tenth of a second, once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._files: dict[str, _File] = {}

    def file(self, name: str) -> _File | None:
        """Return a file by its name, or None; "" is the page itself. It may read the disk."""
        with self._lock:
            if not self._files:
                self._files = self._joined()
        return self._files.get(name)

    def _joined(self) -> dict[str, _File]:
        assets = self._folder / "assets"
        bundles = Bundles(lambda path: (assets / path).read_text(encoding="utf-8"))
        made: dict[str, bytes] = {}

        def keep(name: str, content: bytes) -> str:
            stem, dot, suffix = name.rpartition(".")
            named = f"{stem}.{hashlib.sha256(content).hexdigest()[:16]}{dot}{suffix}"
            made[named] = content
            return f"assets/{named}"

        def join_styles(found: re.Match[str]) -> str:
            parts = [(self._folder / path).read_bytes() for path in _STYLE.findall(found[0])]
            return f'<link rel="stylesheet" href="{keep("page.css", b"".join(parts))}">\n  '

        html = (self._folder / "index.html").read_text(encoding="utf-8")
        html = _STYLES.sub(join_styles, html)
        html = _ICON.sub(lambda found: keep(found[1], (assets / found[1]).read_bytes()), html)
        html = _SCRIPT.sub(lambda found: f'{found[1]}assets/{bundles.name_of(found[2])}"', html)
        made.update((name, text.encode()) for name, text in bundles.made.items())
        files = {name: _File.of(name, content, _FOR_GOOD) for name, content in made.items()}
        return {"": _File.of("index.html", html.encode(), _ASK_AGAIN), **files}


class _Assets(StaticFiles):
    """The joined files, and those that they consist of; modules have their type whatever this machine's table says."""

    def __init__(self, page: _Page, folder: Path) -> None:
        super().__init__(directory=folder)
        self._page = page

    async def get_response(self, path: str, scope: Scope) -> Response:
        file = await anyio.to_thread.run_sync(self._page.file, path) if path else None
        if file is not None and scope["method"] in ("GET", "HEAD"):
            return file.answer(Headers(scope=scope))
        response = await super().get_response(path, scope)
        if path.endswith(".js"):
            response.headers["content-type"] = _TYPES[".js"]
        response.headers["cache-control"] = _ASK_AGAIN
        return response


def page_routes(folder: Path) -> list[BaseRoute]:
    """Return the routes of the page in a folder: `index.html`, and the files that it loads from `assets`."""
    page = _Page(folder)

    async def index(request: Request) -> Response:
        file = await anyio.to_thread.run_sync(page.file, "")
        assert file is not None  # the page itself
        return file.answer(request.headers)

    return [Route("/", index, methods=["GET"]), Mount("/assets", _Assets(page, folder / "assets"))]
