"""A worker that is killed: its streams are lost to all others after the lease, and not before."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import anyio
import pytest

from openrouter_async import ConfigurationError
from openrouter_async.server import MemoryStreams, SQLiteStreams
from openrouter_async.server.relays.failures import WebError
from tests.server.relays.streams.conftest import Make


async def test_a_stream_without_a_beat_is_lost(make: Make) -> None:
    if make is MemoryStreams:
        return  # whose readers die with the writer
    store, other = make(lease=0.4), make(lease=0.4)
    await store.begin("7", "a", "events")
    await store.append("a", [b"1"])
    for _ in range(4):
        await store.beat("a", 0.2)
    part = await other.read("a", 0, 0)
    assert part is not None
    assert part.state == "running"
    with anyio.fail_after(15):
        while part.state == "running":
            part = await other.read("a", 0, 1)
            assert part is not None
            await anyio.sleep(0.05)
    assert (list(part.events), part.state) == ([b"1"], "lost")
    found = await other.find("7")
    assert found is not None
    assert found.state == "lost"
    assert not await other.stop("7")


async def test_a_lost_stream_takes_no_room(make: Make) -> None:
    if make is MemoryStreams:
        return
    store = make(lease=0.2, max_streams=1)
    await store.begin("7", "a", "events")
    await anyio.sleep(0.3)
    await store.begin("8", "b", "events")


BEGUN = """
import sys, anyio
from openrouter_async.server import SQLiteStreams
async def main():
    store = SQLiteStreams(sys.argv[1])
    for number in range(20):
        await store.begin(f"{sys.argv[2]}/{number}", f"{sys.argv[2]}-{number}", "events")
        await store.append(f"{sys.argv[2]}-{number}", [b"1", b"2"])
        await store.end(f"{sys.argv[2]}-{number}", "over")
anyio.run(main)
"""


@pytest.mark.slow
def test_processes_that_begin_at_once_share_one_file(tmp_path: Path) -> None:
    path = tmp_path / "streams.sqlite"
    workers = [
        subprocess.Popen([sys.executable, "-c", BEGUN, str(path), str(number)], stderr=subprocess.PIPE)
        for number in range(4)
    ]
    errors = [worker.communicate(timeout=60)[1].decode() for worker in workers]
    assert errors == [""] * 4
    store = SQLiteStreams(path)
    for number in range(4):
        part = anyio.run(store.read, f"{number}-19", 0, 0.0)
        assert part is not None
        assert (list(part.events), part.state) == ([b"1", b"2"], "over")
    assert path.stat().st_mode & 0o077 == 0


def test_a_file_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE mine (x)")
    connection.close()
    with pytest.raises(ConfigurationError, match="another program's"):
        SQLiteStreams(path)


@pytest.mark.parametrize("text", ["", "no database at all, but a text that is long enough for one" * 20])
def test_a_file_that_is_no_database_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "file"
    path.write_text(text)
    if not text:
        SQLiteStreams(path)  # an empty file is a new database
        return
    with pytest.raises(ConfigurationError, match="cannot be read"):
        SQLiteStreams(path)


async def test_a_file_that_breaks_is_a_503(tmp_path: Path) -> None:
    store = SQLiteStreams(tmp_path / "streams.sqlite")
    await store.begin("7", "a", "events")
    with closing(sqlite3.connect(tmp_path / "streams.sqlite")) as connection, connection:
        connection.execute("DROP TABLE events")
    connection.close()
    with pytest.raises(WebError, match="cannot be used") as failed:
        await store.append("a", [b"1"])
    assert failed.value.status == 503


def test_a_folder_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be opened: no such file"):
        SQLiteStreams(tmp_path / "none" / "streams.sqlite")
