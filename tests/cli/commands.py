"""Runs the command as a shell would: in a process of its own, in a pipe or in a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

from openrouter_async.testing import Emulator
from tests.support.folders import ROOT
from tests.support.forked import Forked

__all__ = ["COMMAND", "RunHere", "Terminal", "environment", "run", "run_raw"]

RunHere = Callable[..., "subprocess.CompletedProcess[str]"]
"""As `run`, with the emulator's environment, in this process: for tables, since a process takes most of a second."""

COMMAND = ("-m", "openrouter_async")

LIMIT_S = 40.0
"""How long a command may take on a busy machine."""


def environment(emulator: Emulator | None, **more: str) -> dict[str, str]:
    """Return what a command sees: the emulator with its keys, and nothing of ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OPENROUTER_")}
    settings = {
        "PYTHONPATH": str(ROOT / "src"),
        "COLUMNS": "100",
        "TERM": "xterm",
        "PYTHONWARNINGS": "default",
    }
    if emulator is not None:
        settings |= {
            "OPENROUTER_BASE_URL": emulator.base_url,
            "OPENROUTER_API_KEY": emulator.key,
            "OPENROUTER_MANAGEMENT_KEY": emulator.management_key,
        }
    return {**kept, **settings, **more}


def run(
    *arguments: str, env: Mapping[str, str], stdin: str | bytes = "", cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command whose output is a pipe."""
    code, output, errors = run_raw(*arguments, env=env, stdin=stdin, cwd=cwd)
    assert b"Traceback" not in errors, errors
    return subprocess.CompletedProcess(arguments, code, output.decode(), errors.decode())


def run_raw(
    *arguments: str, env: Mapping[str, str], stdin: str | bytes = "", cwd: Path | None = None
) -> tuple[int, bytes, bytes]:
    """Do the same, and return the exit code and the bytes of standard output and standard error."""
    pipes = [os.pipe() for _ in range(3)]
    (theirs, typed), (shown, out), (told, err) = pipes
    command = Forked(COMMAND + arguments, (theirs, out, err), env=env, cwd=cwd)
    for each in (theirs, out, err):
        os.close(each)
    with ThreadPoolExecutor(3) as threads:
        threads.submit(_write, typed, stdin.encode() if isinstance(stdin, str) else stdin)
        reads = [threads.submit(_read, each) for each in (shown, told)]
        try:
            code = command.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            command.kill()
            raise
        output, errors = (read.result() for read in reads)
    return code, output, errors


def _write(descriptor: int, data: bytes) -> None:
    with suppress(BrokenPipeError), open(descriptor, "wb") as file:
        file.write(data)


def _read(descriptor: int) -> bytes:
    with open(descriptor, "rb") as file:
        return file.read()


class Terminal:
    """A command in a terminal, and a person before it who waits for what they see."""

    def __init__(
        self,
        *arguments: str,
        env: Mapping[str, str],
        cwd: Path | None = None,
        columns: int | None = None,
        lines: int = 24,
    ) -> None:
        """Describe it; without `columns`, its width is that of the environment, and its size unknown."""
        self._arguments = COMMAND + arguments
        self._env = dict(env)
        self._size = None if columns is None else (columns, lines)
        if columns is not None:
            self._env.pop("COLUMNS", None)
        self._cwd = cwd
        self.seen = ""
        """Everything that was shown, with an end of line wherever something was typed."""
        self._shown = ""
        self._from = 0

    def __enter__(self) -> Self:
        self._ours, theirs = pty.openpty()
        if self._size is not None:
            columns, lines = self._size
            fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self._process = Forked(
            self._arguments, (theirs, theirs, theirs), env=self._env, cwd=self._cwd, in_terminal=True
        )
        os.close(theirs)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(LIMIT_S)
        os.close(self._ours)

    def type(self, text: str) -> None:
        """Press keys; what was shown until now is not waited for again."""
        self.seen += "\n"
        self._from = len(self.seen)
        os.write(self._ours, text.encode())

    def expect(self, text: str) -> None:
        """Wait until this is shown, after what was typed last."""
        self._read_until(lambda: text in self.seen[self._from :], f"{text!r} was not shown")

    def interrupt(self, until: str) -> None:
        """Press Ctrl-C, again where nothing happens: a line editor misses one that comes before it waits for keys."""
        self.type("\x03")
        while until not in self.seen[self._from :]:
            ready, _, _ = select.select([self._ours], [], [], 1.0)
            if ready:
                self._read()
            else:
                os.write(self._ours, b"\x03")

    def end(self) -> int:
        """Wait for the end, and return the exit code."""
        self._read_until(lambda: False, "it did not end", may_end=True)
        return self._process.wait(LIMIT_S)

    def screen(self, columns: int, lines: int = 400) -> list[str]:
        """Return what stands on a screen after all that was shown, a text for each line, without blanks at its end.

        Where the terminal is smaller than that, what it moved up and away stands above; see `scrolled`.
        """
        screen = pyte.Screen(columns, lines)
        pyte.Stream(screen).feed(self.seen.replace("\n", "\r\n"))
        return [line.rstrip() for line in screen.display]

    def scrolled(self) -> list[str]:
        """Return all lines of a terminal of known size, from the first that was moved up and away to the last."""
        assert self._size is not None
        screen = pyte.HistoryScreen(*self._size, history=10_000, ratio=0.5)
        pyte.Stream(screen).feed(self._shown.replace("\n", "\r\n"))
        above = [
            "".join(row[column].data for column in range(self._size[0])).rstrip()
            for row in screen.history.top
        ]
        lines = [*above, *(line.rstrip() for line in screen.display)]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    def _read_until(self, is_there: Callable[[], bool], problem: str, *, may_end: bool = False) -> None:
        end = time.monotonic() + LIMIT_S
        while not is_there():
            ready, _, _ = select.select([self._ours], [], [], max(0.0, end - time.monotonic()))
            assert ready, f"{problem} in {LIMIT_S} s: {self.seen!r}"
            if not self._read():
                assert may_end, f"{problem} before the end: {self.seen!r}"
                return

    def _read(self) -> bool:
        """Take in what is shown; False where the command has ended."""
        try:
            data = os.read(self._ours, 65_536)
        except OSError:  # Linux says so where the other side is closed
            data = b""
        text = data.decode(errors="replace").replace("\r\n", "\n")
        self.seen += text
        self._shown += text
        return bool(data)
