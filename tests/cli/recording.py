"""Records `openrouter-async demo` in a terminal, and draws docs/images/demo.svg, the recording of README.md.

    python -m tests.cli.recording

The picture is animated by CSS alone. Its last screen is also what a reader sees whose software shows no animations, or
who prefers less motion.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Self
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import pyte

from tests.cli.commands import Terminal, environment
from tests.support.folders import ROOT

__all__ = ["COLUMNS", "PICTURE", "drawn", "last_screen", "record"]

PICTURE = ROOT / "docs" / "images" / "demo.svg"
COLUMNS, LINES = 80, 60
FRAME_S = 0.1
"""The shortest time that a screen is shown; what changes faster is drawn together."""
REST_S = 6.0
"""How long the last screen is shown before the recording begins again."""
WIDE, HIGH, SIDE, TOP = 8.0, 18, 16, 46
"""Pixels: a cell's width and height, and the edges around all cells."""

Style = tuple[str, bool]
Line = tuple[tuple[Style, str], ...]
"""The parts of a line, each of one colour and weight."""

FRAME = """<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height}" viewBox="0 0 {width:g} {height}" role="img" aria-label="{title}">
<style>
text {{ font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre; fill: #d0d4dc }}
.b {{ font-weight: bold; fill: #fff }} .red {{ fill: #ff7b72 }} .green {{ fill: #7ee787 }} .cyan, .blue {{ fill: #79c0ff }}
.brightblack {{ fill: #59616e }} .brightred {{ fill: #f778ba }} .magenta {{ fill: #ff7bd0 }} .brown {{ fill: #e3b341 }} .title {{ fill: #8b93a1 }}
.s {{ visibility: hidden; animation: {seconds:g}s step-end infinite }} .last {{ visibility: visible }}
{moments}
@media (prefers-reduced-motion: reduce) {{ .s {{ animation: none !important }} }}
</style>
<rect width="100%" height="100%" rx="8" fill="#14171d"/>
<circle cx="18" cy="17" r="5" fill="#ff5f57"/><circle cx="36" cy="17" r="5" fill="#febc2e"/><circle cx="54" cy="17" r="5" fill="#28c840"/>
<text class="title" x="50%" y="21" text-anchor="middle">{title}</text>
{texts}
</svg>
"""  # noqa: E501 - as it stands in the picture


@dataclass
class Recording:
    """Which lines were on the screen, from when until when."""

    shown: list[tuple[int, Line, float, float | None]] = field(default_factory=list)
    """Number of the line, its parts, and the seconds from the start; None: until the end."""
    seconds: float = 0.0


class Watched(Terminal):
    """A terminal of which each screen is noted, with its time."""

    def __init__(self, *arguments: str, env: Mapping[str, str]) -> None:
        super().__init__(*arguments, env=env, columns=COLUMNS, lines=LINES)
        self._screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.Stream(self._screen)
        self._fed = 0
        self.screens: list[tuple[float, list[Line]]] = []

    def __enter__(self) -> Self:
        super().__enter__()
        self._begun = time.monotonic()
        return self

    def _read(self) -> bool:
        is_there = super()._read()
        self._stream.feed(self._shown[self._fed :].replace("\n", "\r\n"))
        self._fed = len(self._shown)
        now = time.monotonic() - self._begun
        screen = [self._line(number) for number in range(LINES)]
        if self.screens and now - self.screens[-1][0] < FRAME_S:
            now = self.screens.pop()[0]
        self.screens.append((now, screen))
        return is_there

    def _line(self, number: int) -> Line:
        cells = [self._screen.buffer[number][column] for column in range(COLUMNS)]
        while cells and cells[-1].data == " ":
            cells.pop()
        parts = groupby(cells, key=lambda cell: (cell.fg, cell.bold))
        return tuple((style, "".join(cell.data for cell in part)) for style, part in parts)


def record(*arguments: str) -> Recording:
    """Run the command, and return what its terminal showed from the first line on."""
    with Watched(*arguments, env=environment(None)) as terminal:
        code = terminal.end()
    if code:
        raise RuntimeError(f"the command ended with {code}: {terminal.seen}")
    screens = [(at, screen) for at, screen in terminal.screens if any(screen)]
    start, end = screens[0][0], screens[-1][0]
    found = Recording(seconds=end - start)
    for number in range(LINES):
        changes = [
            (line, next(states)[0] - start)
            for line, states in groupby(screens, key=lambda screen: screen[1][number])
        ]
        for place, (line, since) in enumerate(changes):
            until = changes[place + 1][1] if place + 1 < len(changes) else None
            if line:
                found.shown.append((number, line, since, until))
    return found


def drawn(recording: Recording, title: str) -> str:
    """Return the picture."""
    seconds = recording.seconds + REST_S
    moments, texts = [], []
    for place, (number, line, since, until) in enumerate(recording.shown):
        steps = {0.0: "hidden", since: "visible"} | ({} if until is None else {until: "hidden"})
        keyframes = " ".join(f"{at / seconds:.2%} {{ visibility: {now} }}" for at, now in steps.items())
        moments.append(f"@keyframes k{place} {{ {keyframes} }} #t{place} {{ animation-name: k{place} }}")
        texts.append(_text(place, number, line, is_last=until is None))
    lines = 1 + max(number for number, *_ in recording.shown)
    return FRAME.format(
        width=COLUMNS * WIDE + 2 * SIDE,
        height=lines * HIGH + TOP + SIDE,
        title=escape(title),
        seconds=round(seconds, 2),
        moments="\n".join(moments),
        texts="\n".join(texts),
    )


def _text(place: int, number: int, line: Line, *, is_last: bool) -> str:
    """Return a line; its length is fixed, since fonts differ."""
    parts, column = [], 0
    for (colour, is_bold), text in line:
        words = " ".join([*(["b"] if is_bold else []), *([] if colour == "default" else [colour])])
        x, wide = SIDE + column * WIDE, len(text) * WIDE
        parts.append(f'<tspan class="{words}" x="{x:g}" textLength="{wide:g}">{escape(text)}</tspan>')
        column += len(text)
    kind = "s last" if is_last else "s"
    return f'<text id="t{place}" class="{kind}" y="{TOP + number * HIGH + 13}">{"".join(parts)}</text>'


def last_screen(picture: str) -> list[str]:
    """Return the lines that stand at the end of a picture."""
    return [line for _, line in sorted(_last_lines(picture))]


def _last_lines(picture: str) -> Iterator[tuple[int, str]]:
    for element in ElementTree.fromstring(picture).iter("{http://www.w3.org/2000/svg}text"):
        if element.get("class") == "s last":
            yield int(element.get("y", "0")), "".join(element.itertext())


def main(arguments: Sequence[str] = ("demo",), path: Path = PICTURE) -> None:
    """Record, and write the picture."""
    path.write_text(drawn(record(*arguments), f"openrouter-async {' '.join(arguments)}"), "utf-8")


if __name__ == "__main__":
    main()
