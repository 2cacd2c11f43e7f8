"""Writes the examples of the documentation as modules, for type checkers.

    python -m tests.support.doc_modules FOLDER

Each example of README.md and of the tutorial becomes a module of its own, since it is a whole file. The examples of
another page share their names and may use `await`, so they become the body of one function. Line numbers are those of
the page. `my_application` stands for the reader's own program, `app` is the application of the tutorial.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from sybil.document import Document
from sybil.parsers.markdown.lexers import FencedCodeBlockLexer

from tests.support.folders import ROOT

__all__ = ["modules", "python_blocks"]


def python_blocks(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the line on which the code of each fenced `python` block begins, from 0, and the code."""
    document = Document(path.read_text("utf-8"), str(path))
    for fence in FencedCodeBlockLexer("python")(document):
        before = document.text[: fence.start].count("\n")
        yield before + 1, fence.lexemes["source"]


def modules(readme: Path, docs: Path) -> dict[str, str]:
    """Return the source of each module, by its file name."""
    found = {"my_application.py": "def run(question: str) -> str:\n    return question\n"}
    tutorial = docs / "tutorial.md"
    for page in (readme, *([tutorial] if tutorial.exists() else [])):
        for line, code in python_blocks(page):
            is_app = page == tutorial and "app = FastAPI(" in code
            found["app.py" if is_app else f"{page.stem.lower()}_{line}.py"] = "\n" * line + code
    for page in sorted({*docs.rglob("*.md")} - {tutorial}):
        lines = ["async def page() -> None:"]
        for line, code in python_blocks(page):
            lines += [""] * (line - len(lines))
            lines += [f"    {written}" if written else "" for written in code.splitlines()]
        if len(lines) > 1:
            name = "_".join(page.relative_to(docs).with_suffix("").parts).replace("-", "_")
            found[f"docs_{name}.py"] = "\n".join(lines) + "\n"
    return found


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, source in modules(ROOT / "README.md", ROOT / "docs").items():
        (folder / name).write_text(source, "utf-8")
