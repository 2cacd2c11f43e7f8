"""Each target on its corpus, and on inputs made up of it; `nox -s fuzz` does the same for longer."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from openrouter_async._sansio.sse import SSEDecoder, SSEItem
from tests.fuzz import targets
from tests.fuzz.inputs import inputs
from tests.fuzz.targets import CORPUS, TARGETS

MOST_BYTES = 300_000
"""Of the whole corpus: it is cloned with the sources."""


@pytest.mark.parametrize(
    ("name", "path"),
    [(name, path) for name in TARGETS for path in sorted((CORPUS / name).iterdir())],
    ids=lambda value: getattr(value, "name", value),
)
def test_the_corpus_holds(name: str, path: Path) -> None:
    TARGETS[name](path.read_bytes())


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_made_up_inputs_hold(name: str) -> None:
    @settings(suppress_health_check=[HealthCheck.too_slow])
    @given(inputs(name))
    def holds(data: bytes) -> None:
        TARGETS[name](data)

    holds()


def test_a_decoder_that_loses_something_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    class Losing(SSEDecoder):
        def feed(self, data: bytes) -> list[SSEItem]:
            return super().feed(data)[:1]

    monkeypatch.setattr(targets, "SSEDecoder", Losing)
    with pytest.raises(AssertionError):
        TARGETS["decoder"](b"data: 1\n\ndata: 2\n\n")


def test_a_reader_that_raises_something_else_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def reads_nothing(*_arguments: object, **_named: object) -> None:
        raise KeyError("choices")

    monkeypatch.setattr(targets, "read_reply", reads_nothing)
    with pytest.raises(KeyError):
        TARGETS["reply"](b"{}")


def test_the_corpus_is_small() -> None:
    assert sum(path.stat().st_size for path in CORPUS.rglob("*") if path.is_file()) < MOST_BYTES
