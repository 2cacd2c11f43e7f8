"""Where settings, logs and caches are, by the standards of each system."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from openrouter_async.cli import places


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_without_settings_of_the_user_they_are_where_the_standard_says(home: Path) -> None:
    assert places.cache_dir().parent == home / ".cache"
    assert places.answers_file().parent == places.cache_dir()


@pytest.mark.parametrize("given", ["", "caches"])
def test_what_is_no_whole_path_is_ignored(home: Path, monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", given)
    assert places.cache_dir().parent == home / ".cache"


def test_windows_has_a_place_of_its_own(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert places.cache_dir().parent == home / "local"
