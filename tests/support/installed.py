"""Run by the interpreter of an environment that has the built package and nothing more: is all of it there?

A script rather than a test, since that environment has no pytest.
"""

from __future__ import annotations

import importlib.metadata
import importlib.resources
import sys
import sysconfig
from pathlib import Path

import openrouter_async


def main() -> None:
    home = Path(openrouter_async.__file__).resolve()
    site = Path(sysconfig.get_path("purelib")).resolve()
    assert home.is_relative_to(site), f"not the installed one: {home}"
    for name in openrouter_async.__all__:
        getattr(openrouter_async, name)
    assert importlib.metadata.version("openrouter-async") == openrouter_async.__version__
    page = (
        "index.html",
        "assets/app.js",
        "assets/css/base.css",
        "assets/store/tree.js",
        "assets/vendor/markdown-it.js",
    )
    for name in (
        "py.typed",
        "cli/demo/questions.jsonl",
        "tokens/weights.json",
        *(f"server/page/{file}" for file in page),
    ):
        assert importlib.resources.files(openrouter_async).joinpath(name).is_file(), f"without {name}"
    assert len(openrouter_async.ModelCatalogue.snapshot()) > 300
    installed = {found.metadata["Name"].lower() for found in importlib.metadata.distributions()}
    extras = {
        "starlette",
        "uvicorn",
        "rich",
        "cyclopts",
        "tiktoken",
        "mcp",
        "fastapi",
        "httptools",
        "opentelemetry-api",
    } & installed
    assert not extras, f"came without being asked for: {sorted(extras)}"
    names, python = len(openrouter_async.__all__), sys.version.split()[0]
    print(f"openrouter_async {openrouter_async.__version__}: {names} public names, Python {python}")


if __name__ == "__main__":
    main()
