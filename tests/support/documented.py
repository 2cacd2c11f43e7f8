"""Counts the parameters that the reference of the built site shows, and lists those that it does not.

    python -m tests.support.documented SITE

Each function, method and class in the site's inventory must show every parameter of its signature, that of a
constructor on its class. Exits with 1 where one is missing, or where a public name of the package has no entry.
"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
import zlib
from html import unescape
from pathlib import Path
from typing import Any

import openrouter_async

_ENTRY = re.compile(r"^(?P<name>\S+) py:(?P<kind>\w+) -?\d+ (?P<page>[^#]+)#(?P<anchor>\S+) ")
_HEADING = re.compile(r'<h\d id="(openrouter_async\.[\w.]+)"')
_TAG = re.compile(r"<[^>]+>")


def inventory(site: Path) -> dict[str, tuple[str, str, str]]:
    """Return kind, page and anchor of each documented object, by its full name."""
    raw = (site / "objects.inv").read_bytes()
    text = zlib.decompress(raw.split(b"\n", 4)[4]).decode()
    found = (_ENTRY.match(line) for line in text.splitlines())
    return {
        match["name"]: (match["kind"], match["page"], match["anchor"].replace("$", match["name"]))
        for match in found
        if match
    }


def loaded(name: str) -> Any:
    """Return the object of a full name; None for one that only type checkers see."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for part in parts[end:]:
            found = getattr(found, part, None)
        return found
    raise LookupError(name)


def parameters(value: Any) -> list[str]:
    """Return the names of the parameters of a callable; none where Python knows no signature of it."""
    if inspect.isclass(value):
        if hasattr(value, "model_fields") or hasattr(value, "__total__"):
            return []  # the fields of a pydantic type and of a TypedDict are attributes
        if (
            getattr(value, "_is_protocol", False)
            or getattr(value.__init__, "__module__", "").split(".")[0] != "openrouter_async"
        ):
            return []
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):
        return []
    return [name for name in signature.parameters if name not in {"self", "cls"} and not name.startswith("_")]


def section(site: Path, page: str, anchor: str) -> str:
    """Return the text of an object from its heading to the next."""
    html = (site / page / "index.html").read_text()
    start = (
        html.index(f'<h2 id="{anchor}"') if f'<h2 id="{anchor}"' in html else html.index(f' id="{anchor}"')
    )
    following = _HEADING.search(html, start + 5)
    return unescape(_TAG.sub(" ", html[start : following.start() if following else len(html)]))


def main(site: Path) -> int:
    entries = inventory(site)
    shown = 0
    missing = []
    for name, (kind, page, anchor) in sorted(entries.items()):
        if kind not in {"class", "function", "method"} or anchor != name:
            continue
        value = loaded(name)
        names = parameters(value)
        if not names:
            continue
        text = section(site, page, anchor)
        for parameter in names:
            if re.search(rf"\b{re.escape(parameter)}\b", text):
                shown += 1
            else:
                missing.append(f"{name}: {parameter}")
    last = {name.rpartition(".")[2] for name in entries}
    unlisted = [name for name in openrouter_async.__all__ if name not in last and not name.startswith("__")]
    for line in missing:
        print("not shown:", line)
    for public in unlisted:
        print("no entry:", public)
    listed = (site / "llms.txt").read_text().count("\n- [")
    whole = (site / "llms-full.txt").read_text().count(".md -->\n")
    pages = len(list(site.rglob("index.html")))
    if not listed == whole == pages:
        missing.append(f"llms.txt lists {listed} pages, llms-full.txt has {whole}, the site {pages}")
    print(f"{shown} parameters of {len(entries)} objects are shown, {len(missing)} are not")
    return 1 if missing or unlisted else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
