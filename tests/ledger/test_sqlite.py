"""The file of a ledger: who may read it, and what is wrong with files that are none."""

from __future__ import annotations

import sqlite3
import stat
import sys
from contextlib import closing
from pathlib import Path

import pytest

from openrouter_async import ConfigurationError, LedgerError, open_ledger
from openrouter_async.ledger.sqlite import SqliteHolder
from openrouter_async.ledger.steps import Beat

pytestmark = pytest.mark.anyio


def modes_in(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


@pytest.mark.skipif(sys.platform == "win32", reason="files have no modes there")
async def test_its_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    async with open_ledger(tmp_path / "run.db"):
        modes = modes_in(tmp_path)
    assert modes.keys() >= {"run.db", "run.db-wal"}
    assert set(modes.values()) == {0o600}


async def test_a_damaged_file_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    path.write_bytes(b"no database" * 100)
    with pytest.raises(LedgerError, match="is damaged, or no ledger") as caught:
        async with open_ledger(path):
            pass
    assert caught.value.where == str(path)
    assert path.read_bytes() == b"no database" * 100


async def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("CREATE TABLE theirs (x)")
    other.close()
    with pytest.raises(LedgerError, match="is a database of another program"):
        async with open_ledger(path):
            pass


async def test_a_ledger_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    async with open_ledger(path):
        pass
    with closing(sqlite3.connect(path)) as later, later:
        later.execute("PRAGMA user_version = 7")
    later.close()
    with pytest.raises(LedgerError, match="is of version 7, and this library knows 2"):
        async with open_ledger(path):
            pass


async def test_a_folder_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="cannot be opened: No such file or directory"):
        async with open_ledger(tmp_path / "none" / "run.db"):
            pass


async def test_a_file_that_another_process_writes_for_long_is_an_error_and_can_be_used_again(
    tmp_path: Path,
) -> None:
    holder = SqliteHolder(tmp_path / "run.db", busy_s=0.05)
    await holder.open()
    other = sqlite3.connect(tmp_path / "run.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerError, match=r"is written by other processes for more than 0\.05 seconds"):
        await holder.apply([Beat(worker="ann")])
    other.execute("ROLLBACK")
    other.close()
    assert await holder.apply([Beat(worker="ann")])
    await holder.aclose()


async def test_a_ledger_is_used_inside_its_block(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path / "run.db")
    with pytest.raises(ConfigurationError, match="the ledger is not open"):
        await ledger.budget("user:42", "1").spent()
    async with ledger:
        with pytest.raises(ConfigurationError, match="is open already"):
            await ledger.__aenter__()


@pytest.mark.parametrize("where", ["mysql://somewhere/0", 7])
def test_other_places_are_refused(where: object) -> None:
    with pytest.raises(ConfigurationError, match="the ledger"):
        open_ledger(where)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["a\0b", "a" * 300])
async def test_a_name_that_no_file_can_have_is_said(name: str, tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="cannot be opened: "):
        async with open_ledger(tmp_path / name):
            pass
