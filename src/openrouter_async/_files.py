"""Files that the library writes: which ones it may write, and how.

They contain prompts and replies, so new files are readable only by their owner (mode 0600). An existing file is
written only if the library knows it as its own: `claim` refuses all others, before anything is paid for. Files are
replaced as a whole, so a crash leaves either the old file or the new one.
"""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from .errors import ConfigurationError

__all__ = ["Replacement", "claim", "private", "replace_file", "save_file"]


def private(path: str, flags: int) -> int:
    """Open a file as an `opener` of `open`; one that is made so is for its owner alone."""
    return os.open(path, flags, 0o600)


def claim(
    path: Path, *, is_ours: Callable[[Path], bool] = lambda path: False, inputs: Iterable[Path] = ()
) -> None:
    """Refuse a path that may not be written: another file of the caller's, or a place where no file can be.

    An empty file counts as ours. Nothing is written by this.

    Args:
        path: The file that is to be written.
        is_ours: Whether a file that is there, and not empty, was written by us for this purpose.
        inputs: Files that are read meanwhile, and may not be written, under whatever name.

    Raises:
        ConfigurationError: it is one of the inputs, no regular file, not ours, or cannot be written.
    """
    name = repr(str(path))
    try:
        if not path.exists():
            if not path.parent.is_dir():
                raise ConfigurationError(f"{name} cannot be written: there is no such directory")
            if not os.access(path.parent, os.W_OK):
                raise ConfigurationError(f"{name} cannot be written: permission denied")
            return
        if any(other.exists() and path.samefile(other) for other in inputs):
            raise ConfigurationError(f"{name} is the file that is read; name another file to be written")
        if path.is_dir():
            raise ConfigurationError(f"{name} cannot be written: is a directory")
        if not path.is_file():
            raise ConfigurationError(f"{name} is not a regular file")
        if path.stat().st_size and not is_ours(path):
            raise ConfigurationError(
                f"{name} is there already, and would be overwritten; name another file, or remove it"
            )
        with path.open("ab"):
            pass
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigurationError(f"{name} cannot be written: {reason}") from error


class Replacement:
    """A new file beside `path`, which takes its place once it is whole; its methods block.

    The mode, the owner and the links of a file that is there stay.
    """

    def __init__(self, path: Path) -> None:
        """Make the new file.

        Raises:
            OSError: it cannot be made, or would take the place of a device, a pipe or a folder.
        """
        self._target = Path(os.path.realpath(path))  # a link to itself is replaced
        if self._target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if self._target.exists() and not self._target.is_file():
            raise OSError(errno.EINVAL, "is not a regular file", str(path))
        descriptor, name = tempfile.mkstemp(prefix=f".{self._target.name}.", dir=self._target.parent)
        self._beside = Path(name)
        self._file = os.fdopen(descriptor, "wb")

    def write(self, pieces: Iterable[bytes]) -> None:
        """Append to it."""
        self._file.writelines(pieces)

    def commit(self, *, at_last: Callable[[], None] | None = None) -> None:
        """Put it in place; `at_last` is called just before, since Windows replaces no open file."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        if self._target.exists():
            _resemble(self._beside, self._target.stat())
        if at_last is not None:
            at_last()
        self._beside.replace(self._target)

    def keep(self) -> Path:
        """Put it beside the target under the target's name and `.part`, and return that path."""
        self._file.close()
        kept = self._target.with_name(f"{self._target.name}.part")
        self._beside.replace(kept)
        return kept

    def discard(self) -> None:
        """Remove it; an earlier file is unchanged."""
        self._file.close()
        self._beside.unlink(missing_ok=True)


def replace_file(path: Path, pieces: Iterable[bytes], *, at_last: Callable[[], None] | None = None) -> None:
    """Replace the content of a file, or create it; its mode, its owner and links to it stay.

    `at_last` is called when the new file is written and the old one still exists; Windows cannot replace an open
    file.

    Raises:
        OSError: it cannot be written; the old file is unchanged.
    """
    replacement = Replacement(path)
    try:
        replacement.write(pieces)
        replacement.commit(at_last=at_last)
    except BaseException:
        replacement.discard()
        raise


def _resemble(path: Path, other: os.stat_result) -> None:
    """Give a file the owner and the mode of another."""
    own = path.stat()
    if hasattr(os, "chown") and (own.st_uid, own.st_gid) != (other.st_uid, other.st_gid):
        os.chown(path, other.st_uid, other.st_gid)
    path.chmod(other.st_mode & 0o7777)


async def save_file(path: str | os.PathLike[str], data: bytes) -> Path:
    """Replace the content of a file, or create it, in a thread; return its path.

    Raises:
        ConfigurationError: it cannot be written; the old file is unchanged.
    """
    from anyio import to_thread  # what is imported first should load nothing

    target = Path(path)
    try:
        await to_thread.run_sync(replace_file, target, [data])
    except (OSError, ValueError) as error:  # the latter for a name with a zero in it
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise ConfigurationError(f"{str(path)!r} cannot be written: {reason}") from error
    return target
