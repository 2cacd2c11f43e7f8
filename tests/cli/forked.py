"""Starts commands without the half second of CPU that loading them takes: a process that has loaded the command line
forks for each.

A command is a process of its own, with its own arguments, environment, folder, standard streams, terminal and signals,
as one started by `python -m openrouter_async` is. What a command does while it loads is tested with such a one.
"""

from __future__ import annotations

import atexit
import fcntl
import gc
import importlib
import os
import pickle
import pkgutil
import signal
import socket
import subprocess
import sys
import termios
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TextIO

from openrouter_async.__main__ import main
from tests.support.folders import ROOT

__all__ = ["Forked"]

_MESSAGE_BYTES = 1024 * 1024
_READ = {"PYTHONPATH", "PYTHONWARNINGS", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONIOENCODING"}
_FOLDERS = (
    "_http",
    "_sansio",
    "batch",
    "catalogue",
    "cli",
    "resources",
    "streaming",
    "structured",
    "types",
)
_USED_LATER = (
    "anyio._backends._asyncio",
    "anyio.streams.tls",
    "openrouter_async.chat",
    "openrouter_async.comparing",
)
"""What a command loads while it runs."""


class Forked:
    """A running command."""

    def __init__(
        self,
        arguments: Sequence[str],
        streams: tuple[int, int, int],
        *,
        env: Mapping[str, str],
        cwd: Path | None = None,
        in_terminal: bool = False,
    ) -> None:
        """Start it with copies of these descriptors as standard streams.

        With `in_terminal` it has a session of its own, whose terminal is its standard input.
        """
        unread = {name for name in env if name.startswith("PYTHON") and name not in _READ}
        assert not unread, f"only a new interpreter reads {unread}"
        self._told, told = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        what = pickle.dumps((list(arguments), dict(env), str(cwd or Path.cwd()), in_terminal))
        with told:
            socket.send_fds(_parent(), [what], [*streams, told.fileno()])
        self.pid = int(self._told.recv(64))
        self._status: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, below zero the number of a signal; None while it runs."""
        return self._ended(0.0)

    def wait(self, timeout: float) -> int:
        """Wait for the end, and return the exit code."""
        status = self._ended(timeout)
        if status is None:
            raise subprocess.TimeoutExpired(f"command {self.pid}", timeout)
        return status

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def _ended(self, timeout: float) -> int | None:
        if self._status is None:
            self._told.settimeout(max(timeout, 1e-6))
            try:
                self._status = int(self._told.recv(64))
            except TimeoutError:
                return None
            self._told.close()
        return self._status

    def __del__(self) -> None:
        self._told.close()


@cache
def _parent() -> socket.socket:
    """Start the process that forks, and return the socket that it listens to; it ends with this process."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    with theirs:
        parent = subprocess.Popen(
            [sys.executable, "-m", "tests.cli.forked", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": path, "PYTHONWARNINGS": "default"},
            stdin=subprocess.DEVNULL,
        )

    def end() -> None:
        ours.close()
        parent.wait()

    atexit.register(end)
    return ours


def _serve(number: int) -> bool:
    """Fork at each message; return True in a command, and False at the end of the parent."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that wait for commands
    with socket.socket(fileno=number) as asked:
        while True:
            what, descriptors, _, _ = socket.recv_fds(asked, _MESSAGE_BYTES, 4)
            if not what:
                return False
            if os.fork() == 0:
                asked.close()
                _begin(*pickle.loads(what), descriptors)
                return True
            for each in descriptors:
                os.close(each)


def _begin(
    arguments: list[str], env: dict[str, str], cwd: str, in_terminal: bool, descriptors: list[int]
) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    *streams, told = descriptors
    command = os.fork()
    if command == 0:
        os.close(told)
        _become(arguments, env, cwd, in_terminal, streams)
        return
    for each in streams:
        os.close(each)
    with socket.socket(fileno=told) as teller:
        teller.send(b"%d" % command)
        _, status = os.waitpid(command, 0)
        teller.send(b"%d" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _become(
    arguments: list[str], env: dict[str, str], cwd: str, in_terminal: bool, streams: list[int]
) -> None:
    for number, each in enumerate(streams):
        os.dup2(each, number)
        os.close(each)
    if in_terminal:
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    # Ignored where the tests run in the background of a shell.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    sys.path[:0] = [each for each in env.get("PYTHONPATH", "").split(os.pathsep) if each not in sys.path]
    for name in ("stdin", "stdout", "stderr"):
        setattr(sys, name, _fresh(getattr(sys, name)))
        setattr(sys, f"__{name}__", getattr(sys, name))
    sys.argv[1:] = arguments


def _fresh(stream: TextIO) -> TextIO:
    """Return a stream as a new interpreter would make it, of what its descriptor is now."""
    encoding, errors = stream.encoding, stream.errors
    if given := os.environ.get("PYTHONIOENCODING"):
        encoding, _, wanted = given.partition(":")
        errors = errors if stream.name == "<stderr>" else wanted or "strict"
    return open(stream.fileno(), stream.mode, encoding=encoding, errors=errors, closefd=False)


def _load() -> None:
    """Load all that a command loads: while it starts, and at its first use."""
    for folder in _FOLDERS:
        package = importlib.import_module(f"openrouter_async.{folder}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    for name in _USED_LATER:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    _load()
    if _serve(int(sys.argv[1])):
        main()
