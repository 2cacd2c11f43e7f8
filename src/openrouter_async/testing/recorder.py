"""`Recorder`: writes what a client sends and gets as exchange files, which the emulator replays."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from .._http.recording import RecordedExchange, RecordingTransport
from .._sansio.error_body import load_json
from .._sansio.parse import ParseFailure
from ..errors import ConfigurationError
from .recordings.exchange_files import ExchangeFile
from .state.keys import iso_now

if TYPE_CHECKING:
    from .._http.library import AsyncTransport

__all__ = ["Recorder"]

_NUMBER = re.compile(r"(\d+)_.*\.json")


class Recorder(RecordingTransport):
    """A transport for a client, that writes every exchange to a folder.

    ```python
    async with Recorder("recordings") as recorder, AsyncOpenRouter(transport=recorder) as client:
        await client.chat.create("Name a colour.", model="openai/gpt-5-mini")
    ```

    Files are numbered in the order in which answers ended, behind those that are there, and none is written over.
    Keys, cookies and account ids are left out; prompts and replies are not. An answer of which the client read a part
    is recorded up to there.
    """

    def __init__(self, folder: Path | str, *, transport: AsyncTransport | None = None) -> None:
        """Make a recorder; the folder is made if it is not there.

        Raises:
            ConfigurationError: the folder cannot be made.
        """
        super().__init__(self._write, transport)
        self.folder = Path(folder)
        """Where the files are."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(
                f"the folder {str(folder)!r} cannot be made: {error.strerror}"
            ) from error
        self._lock = threading.Lock()
        names = (_NUMBER.fullmatch(path.name) for path in self.folder.iterdir())
        self._last = max((int(name[1]) for name in names if name is not None), default=0)

    def _write(self, seen: RecordedExchange) -> None:
        exchange = ExchangeFile(
            method=seen.method,
            path=seen.target,
            request_body=seen.request_body,
            status=seen.status,
            headers=seen.headers,
            content_type=seen.headers.get("content-type"),
            body=seen.body,
            recorded_at=iso_now(),
        )
        path = self._free_path(_described(seen))
        try:
            exchange.write(path, key=seen.key)
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def _free_path(self, described: str) -> Path:
        """Return the path of an empty file that is ours: another recorder may write to the same folder."""
        while True:
            with self._lock:
                self._last += 1
                path = self.folder / f"{self._last:04d}_{described}.json"
            try:
                path.touch(mode=0o600, exist_ok=False)
            except FileExistsError:
                continue
            return path


def _described(seen: RecordedExchange) -> str:
    """Return the parts of a file's name: operation, model, stream or not, and a status other than 200."""
    path = seen.target.partition("?")[0].removeprefix("/api/v1/")
    words = [path]
    try:
        body = load_json(seen.request_body) if seen.request_body else None
    except ParseFailure:
        body = None
    if isinstance(body, dict):
        words.append(str(body.get("model", "")))
        words.append("stream" if body.get("stream") is True else "")
    if seen.status != 200:
        words.append(str(seen.status))
    return "_".join(re.sub(r"[^a-z0-9]+", "_", word.lower()).strip("_") for word in words if word)[:120]
