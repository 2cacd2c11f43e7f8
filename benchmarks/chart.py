"""Draws docs/images/cost.svg, the chart of README.md and of docs/performance.md, from the table of docs/performance.md.

    python -m benchmarks.chart

The table is what `nox -s bench` printed; no figure is written by hand.
"""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "performance.md"
CHART = ROOT / "docs" / "images" / "cost.svg"

OURS = "openrouter-async"
CLIENTS = [OURS, "openai", "pydantic-ai", "litellm", "openrouter"]
ROWS = {
    "one stream of 20,000 chunks, `.text()`, F": "CPU of a streamed chunk, bare httpx = 1",
    "calls of 300 ms, 1,000 at once, A": "CPU of a call, 1,000 concurrent ones, bare aiohttp = 1",
}
"""Rows of the table, and their titles in the chart."""

BAR, GAP, LEFT, WIDTH = 18, 6, 130, 420


def figures(page: str) -> dict[str, dict[str, float]]:
    """Return the ratio of each client in each row; a client without one is left out."""
    table = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in page.splitlines()
        if line.startswith("| ")
    ]
    header = next(cells for cells in table if cells[0] == "measure")
    found = {cells[0]: dict(zip(header, cells, strict=True)) for cells in table if len(cells) == len(header)}
    return {
        title: {
            client: float(found[row][client].split()[0])
            for client in CLIENTS
            if found[row][client] not in ("–", "")
        }
        for row, title in ROWS.items()
    }


def drawn(shown: dict[str, dict[str, float]]) -> str:
    """Return the chart as SVG; shorter is better."""
    most = max(value for ratios in shown.values() for value in ratios.values())
    parts, y = [], 24
    for title, ratios in shown.items():
        parts.append(f'<text x="0" y="{y}" class="title">{title}</text>')
        y += 10
        for client, ratio in ratios.items():
            length = max(2, round(ratio / most * (WIDTH - LEFT - 60)))
            kind = "ours" if client == OURS else "other"
            parts += [
                f'<text x="{LEFT - 8}" y="{y + 14}" text-anchor="end">{client}</text>',
                f'<rect x="{LEFT}" y="{y}" width="{length}" height="{BAR}" class="{kind}"/>',
                f'<text x="{LEFT + length + 6}" y="{y + 14}">{ratio:g}</text>',
            ]
            y += BAR + GAP
        y += 30
    style = (
        "text{font:13px system-ui,sans-serif;fill:#444}.title{font-weight:600}.ours{fill:#3b6fd4}.other{fill:#b8b8b8}"
        "@media(prefers-color-scheme:dark){text{fill:#ddd}.other{fill:#777}}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y - 20}" width="{WIDTH}" height="{y - 20}"'
        f' role="img" aria-label="Cost in CPU time beside other clients">\n<style>{style}</style>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


if __name__ == "__main__":
    CHART.write_text(drawn(figures(PAGE.read_text("utf-8"))), "utf-8")
