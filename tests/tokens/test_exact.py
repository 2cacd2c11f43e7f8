"""Exact counts: only with a vocabulary that is there, and never by downloading one."""

from __future__ import annotations

from pathlib import Path

import pytest

from openrouter_async import ConfigurationError
from openrouter_async.tokens import exact
from openrouter_async.tokens.estimate import estimate_tokens

URL = "https://openaipublic.blob.core.windows.net/encodings/o200k_base.tiktoken"


@pytest.fixture(autouse=True)
def _forgets_encodings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    exact._encoding.cache_clear()
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))


def test_a_missing_vocabulary_is_not_downloaded() -> None:
    """The suite fails on any connection that leaves this machine."""
    pytest.importorskip("tiktoken")
    with pytest.raises(ConfigurationError, match=r"o200k_base is not in .* never downloaded"):
        estimate_tokens("Hello", "openai/gpt-4o", exact=True)


def test_a_damaged_vocabulary_is_left_alone(tmp_path: Path) -> None:
    """tiktoken would delete it and download another."""
    pytest.importorskip("tiktoken")
    path = exact._cached_file("o200k_base")
    assert path is not None
    path.write_bytes(b"damaged")
    with pytest.raises(ConfigurationError, match="o200k_base"):
        estimate_tokens("Hello", "openai/gpt-4o", exact=True)
    assert path.read_bytes() == b"damaged"


def test_a_vocabulary_that_is_there_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    tiktoken = pytest.importorskip("tiktoken")
    bytes_alone = tiktoken.Encoding(
        "bytes", pat_str=r"[\s\S]", mergeable_ranks={bytes([n]): n for n in range(256)}, special_tokens={}
    )
    path = exact._cached_file("o200k_base")
    assert path is not None
    path.write_bytes(b"whole")
    monkeypatch.setitem(exact._FILES, "o200k", ("o200k_base", exact.hashlib.sha256(b"whole").hexdigest()))
    monkeypatch.setattr(tiktoken, "get_encoding", lambda name: bytes_alone)
    estimate = estimate_tokens("Hello", "openai/gpt-4o", exact=True)
    assert (estimate.tokens, estimate.low, estimate.high, estimate.basis) == (5, 5, 5, "exact")


def test_the_facts_of_the_files_are_those_of_tiktoken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A vocabulary with another hash than tiktoken wants would be downloaded by it after all."""
    public = pytest.importorskip("tiktoken_ext.openai_public")
    asked: list[tuple[str, str]] = []

    def load(url: str, expected_hash: str) -> dict[bytes, int]:
        asked.append((url, expected_hash))
        return {}

    monkeypatch.setattr(public, "load_tiktoken_bpe", load)
    for name, sha256 in exact._FILES.values():
        getattr(public, name)()
        assert asked[-1] == (exact._URL.format(name), sha256)


@pytest.mark.parametrize("model", ["anthropic/claude-sonnet-4.5", None])
def test_only_gpt_models_can_be_counted(model: str | None) -> None:
    with pytest.raises(ConfigurationError, match="is not public"):
        estimate_tokens("Hello", model, exact=True)
