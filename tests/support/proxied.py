"""Lets the suite run through a proxy of its own: `pytest --proxy http`, or `socks5`.

Every client that is told nothing of proxies is given it. It runs in a process of its own, which ends with its input.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from openrouter_async._http.transport import Transport
from tests.support.folders import ROOT
from tests.support.loopback import WAIT_S, LoopbackServer
from tests.support.proxies import HTTPProxy, SocksProxy

__all__ = ["PROXIES", "proxy_process", "use_chosen_proxy", "use_proxy"]

PROXIES = {"http": HTTPProxy, "socks5": SocksProxy}

_CHOSEN = "OPENROUTER_ASYNC_TEST_PROXY"
"""Tells processes that tests start; a URL."""


@contextmanager
def proxy_process(kind: str) -> Iterator[str]:
    """Run a proxy in a process of its own, and give its URL."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.proxied", kind],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield f"{kind}://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.stdin.close()
        process.wait(WAIT_S)
        process.stdout.close()


def use_proxy(url: str) -> None:
    """Make a proxy the default, here and in processes that tests start."""
    os.environ[_CHOSEN] = url
    use_chosen_proxy()


def use_chosen_proxy() -> None:
    """Make what the environment names the default."""
    url = os.environ.get(_CHOSEN)
    if url is None:
        return
    make = Transport.__init__

    def make_with_proxy(self: Transport, **arguments: Any) -> None:
        if not (arguments["transport"] or arguments["http_client"] or arguments["proxy"]):
            arguments["proxy"] = url
        make(self, **arguments)

    Transport.__init__ = make_with_proxy  # type: ignore[method-assign]


def main() -> None:
    """Serve until the input ends."""
    with LoopbackServer(PROXIES[sys.argv[1]]()) as server:
        print(server.port, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
