"""`llm` of a terminal, with the emulator as a model of its own configuration."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from . import play

CONFIGURATION = """\
- model_id: ours
  model_name: {model}
  api_base: {base_url}
  api_key_name: ours
  supports_tools: true
  supports_schema: true
"""


def checks(base_url: str, key: str) -> dict[str, Callable[[], object]]:
    """Return what to do by its name."""
    home = Path(tempfile.mkdtemp())
    (home / "extra-openai-models.yaml").write_text(CONFIGURATION.format(model=play.MODEL, base_url=base_url))
    program = Path(sys.executable).with_name("llm")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [program, *arguments, "--key", key],
            env={**os.environ, "LLM_USER_PATH": str(home), "LLM_LOAD_PLUGINS": ""},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            stdin=subprocess.DEVNULL,
        )

    def said(*arguments: str) -> str:
        done = run(*arguments)
        assert done.returncode == 0, done.stderr[-300:]
        return done.stdout

    def text(*options: str) -> None:
        assert play.TEXT in said("-m", "ours", *options, "hi")

    def value() -> None:
        found = json.loads(said("-m", "ours", "--schema", "name, population int", play.FACTS))
        assert isinstance(found["population"], int)

    def tools() -> None:
        assert "It says" in said("-m", "ours", "-T", "llm_version", play.USE_THE_TOOL)

    def error() -> None:
        done = run("-m", "ours", play.failing(429))
        assert done.returncode != 0
        assert "429" in done.stderr

    return {
        "streamed": text,
        "plain": lambda: text("--no-stream"),
        "continued": lambda: said("-c", "and now?"),
        "a value": value,
        "tools": tools,
        "error": error,
    }
