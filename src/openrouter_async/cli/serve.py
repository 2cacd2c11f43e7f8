"""`openrouter-async serve`: the chat page and its API, until it is interrupted."""

from __future__ import annotations

import socket
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Annotated

import anyio
import anyio.to_thread
from cyclopts import Parameter

from .._checks import is_this_machine
from .._extras import needs_extra
from ..batch.signals import received_signals
from ..errors import ConfigurationError
from .common import Emulated, ModelName, connect
from .exit_codes import DONE
from .files import read_text, reason_of
from .output import Output, dollars
from .serving import Served, run_server
from .settings import chosen_model
from .stored_keys import find_key
from .streams import results

__all__ = ["serve"]


def serve(
    *,
    port: int = 8000,
    host: str = "127.0.0.1",
    token: Annotated[
        str | None,
        Parameter(
            env_var="OPENROUTER_SERVE_TOKEN",
            help="The token that callers must send: text, or @FILE. Other users of this machine can see options.",
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None, Parameter(help="Another host name by which browsers may reach it; may be repeated.")
    ] = None,
    budget: Annotated[
        str | None, Parameter(help="The most US dollars that it may spend until it ends.")
    ] = None,
    database: Annotated[
        Path | None, Parameter(help="The file that keeps conversations. Default: they are lost when it ends.")
    ] = None,
    max_body: Annotated[int, Parameter(help="The largest request in MiB, attachments included.")] = 16,
    grace: Annotated[
        int,
        Parameter(
            help="Seconds that answers in progress get after Ctrl-C or SIGTERM, before they are ended."
        ),
    ] = 2,
    workers: Annotated[
        int,
        Parameter(
            help="Processes that answer. They share the budget, the conversations and the answers in progress; one"
            " that dies is replaced."
        ),
    ] = 1,
    open: Annotated[
        bool | None,
        Parameter(
            negative=["--no-open", "--no-browser"],
            help="Open the page in a browser. Default: if this is a terminal.",
        ),
    ] = None,
    model: ModelName = None,
    emulator: Emulated = False,
) -> int:
    """Serve a chat page, its API, and one for OpenAI's and Anthropic's clients, on this machine.

    Whoever can reach it spends your money. By default only this machine can; any other --host needs a --token.

    Args:
        port: The port; 0 chooses a free one.
        host: The address to listen on.
    """
    with needs_extra("server", "serving"):
        from ..server.chat.router import create_router  # noqa: F401 - only to say at once what is missing
        from ..server.protocol import TimedProtocol  # noqa: F401
    token = _checked_token(token, host)
    if not 0 <= port <= 65_535:
        raise ConfigurationError(f"--port is {port}; expected 0 to 65535")
    if grace < 0:
        raise ConfigurationError(f"--grace is {grace}; expected seconds, at least 0")
    if max_body < 1:
        raise ConfigurationError(f"--max-body is {max_body}; expected MiB, at least 1")
    if not emulator and not find_key("OPENROUTER_API_KEY"):
        raise ConfigurationError(
            "there is no key; set OPENROUTER_API_KEY (keys are made at https://openrouter.ai/keys), or give --emulator"
        )
    if workers < 1:
        raise ConfigurationError(f"--workers is {workers}; expected at least 1")
    served = Served(
        model=chosen_model(model),
        budget=budget,
        database=database,
        token=token,
        allowed_hosts=(*(allow_host or ()), *_names(host)),
        max_body=max_body,
        grace=grace,
        is_emulator=emulator,
    )
    listening = _listen(host, port)
    url = _url(host, listening.getsockname()[1])
    show = partial(_show, url, results.isatty() if open is None else open)
    with listening, suppress(KeyboardInterrupt):  # which is how it is ended
        if workers == 1:
            anyio.run(_serve, served, listening, show)
        else:
            from .workers import serve_by_workers

            anyio.run(serve_by_workers, served, workers, listening, show)
    return DONE


def _checked_token(token: str | None, host: str) -> str | None:
    """Return the token that callers must send; None if only this machine can call.

    Raises:
        ConfigurationError: the token is not suitable, or it is missing and others can call.
    """
    from ..server.chat.safety import check_token

    if token is not None:
        return check_token(read_text(token, "--token").strip())
    if not is_this_machine(host):
        raise ConfigurationError(
            f"--host {host!r} can be reached by others, who could spend your money; give --token as well, such as"
            " one from: openssl rand -hex 24"
        )
    return None


async def _serve(served: Served, listening: socket.socket, show: Callable[[Output], None]) -> None:
    output = Output()
    async with connect(output, emulated=served.is_emulator, model=served.model) as client:
        spend = client.track(served.budget)
        app = served.app(client, spend, database=served.database)
        try:
            with received_signals() as signals:
                await anyio.to_thread.run_sync(show, output)
                await run_server(app, served.grace, listening, signals)
        finally:
            output.write(f"Answers: {spend.calls}, which cost {dollars(spend.cost)}", end="\n")


def _show(url: str, in_browser: bool, output: Output) -> None:
    output.write(
        f"The chat is at {url} and its API for OpenAI's clients at {url}v1, for Anthropic's at {url[:-1]};"
        " Ctrl-C ends it.",
        end="\n",
    )
    if in_browser:
        webbrowser.open(url)


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens there."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=1024)
    except (OSError, OverflowError) as error:
        raise ConfigurationError(
            f"port {port} of {host!r} cannot be used: {reason_of(error)}; give another --port"
        ) from error


def _names(host: str) -> list[str]:
    """Return the names a server that listens there is called by, besides those of this machine alone."""
    if host in ("0.0.0.0", "::"):
        return [socket.gethostname()]
    return [f"[{host}]" if ":" in host else host]


def _url(host: str, port: int) -> str:
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{name}]:{port}/" if ":" in name else f"http://{name}:{port}/"
