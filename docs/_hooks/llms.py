"""Writes `llms.txt` and `llms-full.txt` into the site: the pages for coding assistants (https://llmstxt.org)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

INTRODUCTION = """\
# openrouter-async

> The asyncio client for OpenRouter, one API in front of 400+ models: typed streams, values of your own types from
> every model, tools, batches that resume, budgets, and an emulator for tests.

Use it like this: one `AsyncOpenRouter` per program, in `async with`; `await client.chat.create(prompt, model=...)`
for a reply, `async with client.chat.stream(...) as stream` for a stream, `output=Type` for a value,
`client.chat.run(..., tools=[...])` for tools, `client.batch(prompts, journal=..., budget=...)` for many prompts.
Replies have `.text`, `.cost` and `.usage`. Every failure is an `OpenRouterError`. Never set `timeout=` or
`max_retries=`: the options are `timeouts=Timeouts(...)` and `retries=Retries(...)`. Test with
`openrouter_async.testing.Emulator`.
"""


def on_nav(nav: Any, *, config: Any, files: Any) -> None:
    """Keep the pages in the order of the navigation."""
    config.extra["llms_pages"] = list(nav.pages)


def on_post_build(*, config: Any) -> None:
    """Write both files; the reference is listed, and only its own text is in the full one."""
    index, full = [INTRODUCTION, "## Pages\n"], [INTRODUCTION]
    for page in config.extra["llms_pages"]:
        index.append(f"- [{page.title}]({page.url or './'})")
        full.append(f"\n\n<!-- {page.file.src_uri} -->\n\n{page.markdown}")
    site = Path(config.site_dir)
    (site / "llms.txt").write_text("\n".join(index) + "\n", "utf-8")
    (site / "llms-full.txt").write_text("".join(full), "utf-8")
