"""Which files may be written, and how they are replaced."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from openrouter_async import ConfigurationError
from openrouter_async._files import claim, private, replace_file, save_file


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.fixture(autouse=True)
def usual_umask() -> object:
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_a_path_where_nothing_is_may_be_written_and_is_not_made(tmp_path: Path) -> None:
    claim(tmp_path / "new")
    assert not list(tmp_path.iterdir())


def test_an_empty_file_is_ours(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    claim(tmp_path / "empty")


@pytest.mark.parametrize("is_link", [False, True])
def test_an_existing_file_is_refused_unless_it_is_known_to_be_ours(is_link: bool, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("precious")
    if is_link:
        path = tmp_path / "link"
        path.symlink_to(tmp_path / "notes.txt")
    with pytest.raises(ConfigurationError, match=r"is there already, and would be overwritten; name another"):
        claim(path)
    claim(path, is_ours=lambda path: path.read_text() == "precious")
    assert path.read_text() == "precious"


def test_the_input_is_refused_under_any_name(tmp_path: Path) -> None:
    path = tmp_path / "in"
    path.write_text("precious")
    (tmp_path / "soft").symlink_to(path)
    (tmp_path / "hard").hardlink_to(path)
    for name in ("in", "soft", "hard", f"../{tmp_path.name}/in"):
        with pytest.raises(ConfigurationError, match="is the file that is read"):
            claim(tmp_path / name, is_ours=lambda path: True, inputs=[path])


@pytest.mark.parametrize(
    ("name", "reason"),
    [(".", "is a directory"), ("none/out", "there is no such directory"), ("pipe", "not a regular file")],
)
def test_a_place_where_no_file_can_be_is_refused(name: str, reason: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigurationError, match=reason):
        claim(tmp_path / name)


def test_a_new_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    replace_file(tmp_path / "a", [b"one ", b"two"])
    with open(tmp_path / "b", "w", opener=private):
        pass
    assert (tmp_path / "a").read_bytes() == b"one two"
    assert mode(tmp_path / "a") == mode(tmp_path / "b") == 0o600


def test_a_replaced_file_keeps_its_mode_and_the_links_to_it(tmp_path: Path) -> None:
    path, link = tmp_path / "real", tmp_path / "link"
    path.write_text("old")
    path.chmod(0o640)
    link.symlink_to("real")
    replace_file(link, [b"new"])
    assert link.is_symlink()
    assert path.read_text() == "new"
    assert mode(path) == 0o640


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_a_replaced_file_keeps_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "real"
    path.write_text("old")
    os.chown(path, 12345, 12346)
    replace_file(path, [b"new"])
    assert (path.stat().st_uid, path.stat().st_gid) == (12345, 12346)


def test_what_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "real"
    path.write_text("old")

    def broken() -> object:
        yield b"new"
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        replace_file(path, broken())
    assert [each.name for each in tmp_path.iterdir()] == ["real"]
    assert path.read_text() == "old"


@pytest.mark.parametrize("is_link", [False, True])
def test_a_pipe_or_a_device_is_not_replaced(is_link: bool, tmp_path: Path) -> None:
    """Root could put a file in the place of /dev/null, which nothing on the machine survives for long."""
    pipe = path = tmp_path / "pipe"
    os.mkfifo(pipe)
    if is_link:
        path = tmp_path / "link"
        path.symlink_to(pipe)
    with pytest.raises(OSError, match="is not a regular file"):
        replace_file(path, [b"new"])
    assert pipe.is_fifo()
    with pytest.raises(IsADirectoryError):
        replace_file(tmp_path, [b"new"])


@pytest.mark.parametrize(("name", "reason"), [("pipe", "is not a regular file"), ("a\0b", "null")])
async def test_a_place_where_nothing_can_be_saved_is_a_mistake(
    name: str, reason: str, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigurationError, match=f"cannot be written: .*{reason}"):
        await save_file(tmp_path / name, b"new")


def test_a_link_to_itself_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "loop"
    path.symlink_to(path)
    replace_file(path, [b"new"])
    assert path.read_bytes() == b"new"
