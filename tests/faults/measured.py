"""A client in a process of its own, for rows that limit memory: `measure` runs a coroutine function there.

`python -m tests.faults.measured MODULE:FUNCTION LOOP ARGUMENTS...` calls it under that event loop, and prints what it
returned, what CPU time it took, and how much more memory than before it held at most.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import resource
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import anyio
from anyio.lowlevel import current_token

from tests.support.folders import ROOT
from tests.support.http_parser import use_chosen_parser
from tests.support.proxied import use_chosen_proxy

__all__ = ["Measured", "loop_name", "measure"]


@dataclass(frozen=True)
class Measured:
    """What the other process found."""

    result: str
    """What the function returned."""
    cpu_seconds: float
    """Of this process, so that a busy machine does not count."""
    bytes_more: int
    """The most memory that was held during the call, above what was held before it."""


def loop_name() -> str:
    """Return `asyncio` or `trio`, whichever is running."""
    native = current_token().native_token
    return "asyncio" if isinstance(native, asyncio.AbstractEventLoop) else "trio"


async def measure(function: Callable[..., Awaitable[str]], *arguments: str) -> Measured:
    """Run a module's coroutine function in a process of its own, under the event loop of this one."""
    name = f"{function.__module__}:{function.__name__}"
    done = await anyio.run_process(
        [sys.executable, "-W", "error", "-m", "tests.faults.measured", name, loop_name(), *arguments],
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-3_000:]
    return Measured(**json.loads(done.stdout))


def _peak() -> int:
    """Return the most memory this process ever held, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # there `ru_maxrss` begins with what the parent held
        lines = status.read_text().splitlines()
        return 1024 * int(next(line for line in lines if line.startswith("VmHWM:")).split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main(name: str, loop: str, *arguments: str) -> None:
    """Call the function and print what was measured."""
    module, _, function = name.partition(":")
    call = getattr(importlib.import_module(module), function)
    use_chosen_parser()
    use_chosen_proxy()
    before, began = _peak(), time.process_time()
    result = anyio.run(call, *arguments, backend=loop)
    seconds, more = time.process_time() - began, _peak() - before
    print(json.dumps({"result": result, "cpu_seconds": seconds, "bytes_more": more}))


if __name__ == "__main__":
    main(*sys.argv[1:])
