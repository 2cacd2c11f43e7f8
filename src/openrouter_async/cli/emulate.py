"""`openrouter-async emulate`: the emulator, until it is interrupted."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from .._extras import needs_extra
from .streams import console, results

__all__ = ["emulate", "hint"]


def emulate(
    *,
    port: Annotated[int, Parameter(validator=Number(gte=0, lte=65535))] = 8080,
    key: str | None = None,
    seed: int = 0,
    credits: str = "10.00",
    recordings: Annotated[Path | None, Parameter(help="A folder of exchange files to replay.")] = None,
) -> int:
    """Emulate OpenRouter on this machine, for developing and testing without a key.

    Args:
        port: The port on 127.0.0.1; 0 chooses a free one.
        key: The inference key that it accepts. Default: a new one.
        seed: Answers are generated; the same seed generates the same ones.
        credits: US dollars in the account at the start.
    """
    with needs_extra("testing", "the emulator"):
        from ..testing import Emulator
    shown = console(results, highlight=False, soft_wrap=True)
    with Emulator(port=port, key=key, seed=seed, credits=credits, recordings=recordings) as emulator:
        settings = {
            "OPENROUTER_BASE_URL": emulator.base_url,
            "OPENROUTER_API_KEY": emulator.key,
            "OPENROUTER_MANAGEMENT_KEY": emulator.management_key,
        }
        try:
            shown.print(f"OpenRouter is emulated at {emulator.base_url}; Ctrl-C ends it. {hint(settings)}")
            while True:
                time.sleep(3600)  # which, unlike to wait for an event, Ctrl-C also ends on Windows
        except KeyboardInterrupt:
            shown.print(f"{len(emulator.requests)} requests were answered")
    return 0


def hint(settings: Mapping[str, str], *, system: str = os.name) -> str:
    """Return how other programs are given these settings, in the words of the system's shells."""
    if system != "nt":
        lines = [f"  export {name}={value}" for name, value in settings.items()]
        return "\n".join(["In another shell:", *lines])
    powershell = [f'  $env:{name} = "{value}"' for name, value in settings.items()]
    cmd = [f"  set {name}={value}" for name, value in settings.items()]
    return "\n".join(["In another PowerShell:", *powershell, "or in another cmd:", *cmd])
