"""A missing extra says what to install."""

from __future__ import annotations

import subprocess
import sys

import pytest

from openrouter_async import ConfigurationError
from openrouter_async._extras import needs_extra


def test_a_missing_package_names_the_extra() -> None:
    message = r"drawing needs the package no_such_package; pip install 'openrouter-async\[cli\]'"
    with pytest.raises(ConfigurationError, match=message), needs_extra("cli", "drawing"):
        import no_such_package.part  # noqa: F401


def test_other_failures_pass() -> None:
    with pytest.raises(LookupError), needs_extra("cli", "drawing"):
        raise LookupError


@pytest.mark.slow
@pytest.mark.parametrize(
    ("missing", "code", "extra"),
    [
        ("starlette", "from openrouter_async.server import relay", "server"),
        ("fastapi", "from openrouter_async.server.fastapi import Client", "fastapi"),
        ("starlette", "from openrouter_async.server.fastapi import Client", "fastapi"),
    ],
)
def test_the_server_says_what_it_needs(missing: str, code: str, extra: str) -> None:
    script = f"import sys; sys.modules[{missing!r}] = None; {code}"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60
    )
    assert f"needs the package {missing}; pip install 'openrouter-async[{extra}]'" in done.stderr
