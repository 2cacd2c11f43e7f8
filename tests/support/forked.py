"""Starts Python without the second of CPU that loading the package takes: a process that has loaded it forks for each.

A command is a process of its own, with its own arguments, environment, folder, standard streams, terminal and signals,
as one started by `python` is. What a command does while it loads is tested with such a one.
"""

from __future__ import annotations

import atexit
import fcntl
import gc
import importlib
import io
import os
import pickle
import pkgutil
import runpy
import signal
import socket
import subprocess
import sys
import termios
import types
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Self, TextIO, cast

from tests.support.folders import ROOT

__all__ = ["Forked", "Python", "run"]

_MESSAGE_BYTES = 1024 * 1024
_READ = {
    "PYTHONASYNCIODEBUG",
    "PYTHONBREAKPOINT",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONHASHSEED",
    "PYTHONIOENCODING",
    "PYTHONPATH",
    "PYTHONUNBUFFERED",
    "PYTHONUTF8",
    "PYTHONWARNINGS",
}
"""Variables that are heeded, or do not matter to what these commands do."""
_FOLDERS = (
    "_http",
    "_sansio",
    "batch",
    "catalogue",
    "cli",
    "conversation",
    "ledger",
    "resources",
    "spending",
    "streaming",
    "structured",
    "testing",
    "tools",
    "types",
)
_USED_LATER = (
    "anyio._backends._asyncio",
    "anyio.streams.tls",
    "openrouter_async.chat",
    "openrouter_async.client",
    "openrouter_async.comparing",
    "openrouter_async.server",
    "uvicorn.lifespan.on",
    "uvicorn.loops.auto",
    "uvicorn.main",
    "uvicorn.protocols.http.auto",
    "uvicorn.protocols.websockets.auto",
)
"""What a command loads while it runs."""


class Forked:
    """A running command."""

    def __init__(
        self,
        arguments: Sequence[str],
        streams: tuple[int | None, int | None, int | None],
        *,
        env: Mapping[str, str],
        cwd: Path | None = None,
        in_terminal: bool = False,
        start_new_session: bool = False,
    ) -> None:
        """Start `python` with these arguments, and copies of these descriptors as standard streams; None is closed.

        The arguments begin with `-m MODULE`, `-c CODE` or a file, before which may be `-W error`.
        With `in_terminal` it has a session of its own, whose terminal is its standard input.
        """
        unread = {name for name in env if name.startswith("PYTHON") and name not in _READ}
        assert not unread, f"only a new interpreter reads {unread}"
        self._told, told = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        is_open = [each is not None for each in streams]
        what = pickle.dumps(
            (list(arguments), dict(env), str(cwd or Path.cwd()), in_terminal, start_new_session, is_open)
        )
        with told:
            given = [each for each in streams if each is not None]
            socket.send_fds(_parent(), [what], [*given, told.fileno()])
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
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):  # it ended just now
                os.kill(self.pid, number)

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


class Python(Forked):
    """`subprocess.Popen` of `python`, as far as tests use it: output in pipes, all input at once, in UTF-8 text."""

    def __init__(
        self,
        *arguments: str,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stdin: str = "",
        start_new_session: bool = False,
    ) -> None:
        (shown, out), (told, err) = os.pipe(), os.pipe()
        with TemporaryFile() as typed:
            typed.write(stdin.encode())
            typed.seek(0)
            super().__init__(
                arguments,
                (typed.fileno(), out, err),
                env=os.environ if env is None else env,
                cwd=cwd,
                start_new_session=start_new_session,
            )
        os.close(out)
        os.close(err)
        self.stdout: IO[str] = os.fdopen(shown, encoding="utf-8")
        self.stderr: IO[str] = os.fdopen(told, encoding="utf-8")

    @property
    def returncode(self) -> int | None:
        return self.poll()

    def communicate(self, timeout: float = 60.0) -> tuple[str, str]:
        """Return what is still printed, to the end of the process; nothing where it was asked before."""
        if self.stdout.closed:
            self.wait(timeout)
            return "", ""
        with self.stdout, self.stderr, ThreadPoolExecutor(2) as threads:
            reads = [threads.submit(each.read) for each in (self.stdout, self.stderr)]
            try:
                self.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
                raise
            return reads[0].result(), reads[1].result()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stdout.close()
        self.stderr.close()
        self.wait(60.0)


def run(
    *arguments: str,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: str = "",
    timeout: float = 60.0,
) -> subprocess.CompletedProcess[str]:
    """Run `python` with these arguments to its end, as `subprocess.run` does."""
    with Python(*arguments, env=env, cwd=cwd, stdin=stdin) as process:
        output, errors = process.communicate(timeout)
        return subprocess.CompletedProcess(arguments, process.wait(timeout), output, errors)


@cache
def _parent() -> socket.socket:
    """Start the process that forks, and return the socket that it listens to; it ends with this process."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    with theirs:
        parent = subprocess.Popen(
            [sys.executable, "-m", "tests.support.forked", str(theirs.fileno())],
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


def _serve(number: int) -> list[str] | None:
    """Fork at each message; return its arguments in a command, and None at the end of the parent."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that wait for commands
    with socket.socket(fileno=number) as asked:
        while True:
            what, descriptors, _, _ = socket.recv_fds(asked, _MESSAGE_BYTES, 4)
            if not what:
                return None
            if os.fork() == 0:
                asked.close()
                arguments, *place = pickle.loads(what)
                _begin(descriptors, *place)
                return list(arguments)
            for each in descriptors:
                os.close(each)


def _begin(
    descriptors: list[int],
    env: dict[str, str],
    cwd: str,
    in_terminal: bool,
    in_session: bool,
    is_open: list[bool],
) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    *given, told = descriptors
    command = os.fork()
    if command == 0:
        os.close(told)
        if in_session or in_terminal:
            os.setsid()
        _become(env, cwd, in_terminal, [given.pop(0) if each else None for each in is_open])
        return
    for each in given:
        os.close(each)
    with socket.socket(fileno=told) as teller:
        teller.send(b"%d" % command)
        _, status = os.waitpid(command, 0)
        teller.send(b"%d" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _become(env: dict[str, str], cwd: str, in_terminal: bool, streams: list[int | None]) -> None:
    for number, each in enumerate(streams):
        if each is None:
            os.close(number)
        else:
            os.dup2(each, number)
            os.close(each)
    if in_terminal:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    # Ignored where the tests run in the background of a shell.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    sys.path[:0] = [each for each in env.get("PYTHONPATH", "").split(os.pathsep) if each not in sys.path]
    warnings.resetwarnings()
    warnings.simplefilter("default")
    for name, stream in zip(("stdin", "stdout", "stderr"), streams, strict=True):
        setattr(sys, name, None if stream is None else _fresh(getattr(sys, name)))
        setattr(sys, f"__{name}__", getattr(sys, name))


def _fresh(stream: TextIO) -> IO[str]:
    """Return a stream as a new interpreter would make it, of what its descriptor is now."""
    encoding, errors = stream.encoding, stream.errors
    if given := os.environ.get("PYTHONIOENCODING"):
        encoding, _, wanted = given.partition(":")
        errors = errors if stream.name == "<stderr>" else wanted or "strict"
    if stream.name == "<stderr>":  # which keeps nothing, so nothing that failed is written again at the end
        raw = io.FileIO(stream.fileno(), "w", closefd=False)
        return io.TextIOWrapper(cast("IO[bytes]", raw), encoding, errors, write_through=True)
    return open(stream.fileno(), stream.mode, encoding=encoding, errors=errors, closefd=False)


def _execute(arguments: list[str]) -> None:
    """Do what `python` does with these arguments."""
    if arguments[:2] == ["-W", "error"]:
        warnings.simplefilter("error")
        arguments = arguments[2:]
    if arguments[0] == "-m":
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    elif arguments[0] == "-c":
        sys.argv = ["-c", *arguments[2:]]
        module = sys.modules["__main__"] = types.ModuleType("__main__")
        exec(arguments[1], module.__dict__)
    else:
        sys.argv = arguments
        sys.path.insert(0, str(Path(arguments[0]).resolve().parent))
        runpy.run_path(arguments[0], run_name="__main__")


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
    if asked := _serve(int(sys.argv[1])):
        _execute(asked)
