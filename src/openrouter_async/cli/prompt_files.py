"""Prompts in files for the command `batch`: JSON lines, a JSON array, CSV, or one prompt per line.

A line that cannot be used is reported with its number, written unchanged to a file beside the answers, and skipped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, TextIO, TypeAlias

from .._files import private
from ..batch.items import Item, ItemLike
from ..errors import ConfigurationError
from ..types.chat.messages import Message, MessagesLike, user
from ..types.chat.messages import system as system_message
from ..types.chat.request import check_chat_params
from .csv_rows import KEYS, PROMPTS, rows, utf8
from .files import encoding_of, reason_of

__all__ = ["PromptFile", "PromptFormat"]

PromptFormat: TypeAlias = Literal["jsonl", "csv", "text"]

FORMATS: dict[str, PromptFormat] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".tsv": "csv",
}

MAX_DEPTH = 100
"""Levels of a line of JSON; no request has a tenth of that."""


class PromptFile:
    """The items in a file; it can be read several times, and keeps one line in memory, but an array whole."""

    def __init__(
        self,
        path: Path,
        *,
        rejected: Path | None,
        warn: Callable[[str], None],
        format: PromptFormat | None = None,
        system: str | None = None,
    ) -> None:
        self.path = path
        self._rejected = rejected
        self._warn = warn
        self._format = format or FORMATS.get(path.suffix.lower(), "text")
        self._system = system
        self.bad = 0
        """Lines that could not be used, as of the last reading."""

    def __len__(self) -> int:
        """Return how many items there are, unusable ones included; reads the file for it."""
        with self._open() as file:
            return sum(1 for _ in self._lines(file))

    def contains(self, other: Path) -> bool:
        """Whether each line of another file is also in this one, so nothing would be lost with it."""
        with other.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
            lines = {line.rstrip("\r\n") for line in file}
        with self._open() as file:
            for _, raw, _ in self._lines(file):
                lines.difference_update(raw.rstrip("\r\n").split("\n"))
        return not lines

    def __iter__(self) -> Iterator[ItemLike]:
        """Yield the items, and write the unusable lines to their file, if there is one, which is recreated."""
        self.bad = 0
        if self._rejected is not None:
            self._rejected.unlink(missing_ok=True)
        with self._open() as file:
            for number, raw, read in self._lines(file):
                try:
                    yield self._item(read())
                except (ValueError, ConfigurationError, RecursionError) as error:
                    self.bad += 1
                    self._warn(f"{self.path}:{number}: {_reason(error)}")
                    self._reject(raw)

    def _reject(self, raw: str) -> None:
        if self._rejected is not None:
            with open(  # has no opener there
                self._rejected, "a", encoding="utf-8", errors="surrogateescape", newline="", opener=private
            ) as kept:
                kept.write(raw.rstrip("\r\n") + "\n")

    def _open(self) -> TextIO:
        try:
            with self.path.open("rb") as file:
                encoding = encoding_of(file.read(2))
            # A byte order mark is dropped; what is no UTF-8 makes its own line bad, and no other.
            return self.path.open(encoding=encoding, errors="surrogateescape", newline="")
        except OSError as error:
            raise ConfigurationError(f"{str(self.path)!r} cannot be read: {reason_of(error)}") from error

    def _lines(self, file: TextIO) -> Iterator[tuple[int, str, Callable[[], object]]]:
        """Yield number, text and reader of each line that is not blank, or of each item of an array."""
        if self._format == "csv":
            yield from rows(file)
            return
        if self._format == "jsonl" and (array := _array(file)) is not None:
            for number, item in enumerate(array, 1):
                yield number, json.dumps(item), lambda item=item: _shallow(item)  # type: ignore[misc]  # likewise
            return
        for number, line in enumerate(_split_at_lf(file), 1):
            if not line.strip():
                continue
            if self._format == "jsonl":
                yield number, line, lambda line=line: _json(line)  # type: ignore[misc]  # bound now
            else:
                yield number, line, lambda line=line: utf8(line).strip()  # type: ignore[misc]  # bound now

    def _item(self, value: object) -> ItemLike:
        if isinstance(value, str):
            return self._with_system(value)
        if not isinstance(value, dict):
            raise ValueError(f"a {type(value).__name__}; expected text or an object with a prompt")
        fields: dict[str, Any] = {name: item for name, item in value.items() if item is not None}
        body = fields.pop("body", None)
        if isinstance(body, dict):
            fields |= body
        key = next((fields.pop(name) for name in KEYS if name in fields), None)
        prompt = next((fields.pop(name) for name in PROMPTS if name in fields), None)
        if not isinstance(prompt, str | list) or not prompt:
            raise ValueError(f"no prompt; expected one of the fields {', '.join(PROMPTS)}")
        system, model = fields.pop("system", None), fields.pop("model", None)
        # The first two are of files made for batches of other services, the last of `batch.failures.write_jsonl`.
        for name in ("method", "url", "error"):
            fields.pop(name, None)
        extra_body = fields.pop("extra_body", None)
        if not (extra_body is None or isinstance(extra_body, dict)):
            raise ValueError(f"extra_body is a {type(extra_body).__name__}; expected an object")
        checked: dict[str, Any] = check_chat_params(fields, stream=False) if fields else {}
        messages: MessagesLike = self._with_system(prompt, system)
        if key is None and not checked and model is None and extra_body is None:
            return messages
        return Item(
            None if key is None else str(key), messages, model=model, extra_body=extra_body, **checked
        )

    def _with_system(self, prompt: str | list[Message], system: str | None = None) -> MessagesLike:
        system = system or self._system
        if system is None:
            return prompt
        rest = [user(prompt)] if isinstance(prompt, str) else prompt
        return [system_message(system), *rest]


def _split_at_lf(file: TextIO) -> Iterator[str]:
    """Yield the lines of a file opened without translation of line ends, which splits them at CR too."""
    held = ""
    for piece in file:
        held += piece
        if held.endswith("\n"):
            yield held
            held = ""
    if held:
        yield held


def _array(file: TextIO) -> list[object] | None:
    """Return the array that is the whole content of a file; None where it is not one, and the file at its start."""
    begin = " "
    while begin.isspace():
        begin = file.read(1)
    if begin == "[":
        try:
            value = json.loads(utf8(begin + file.read()))
        except (ValueError, RecursionError):
            value = None  # lines, of which the first alone may be bad
        if isinstance(value, list):
            return value
    file.seek(0)
    return None


def _json(line: str) -> object:
    value = json.loads(utf8(line))
    return _shallow(value) if line.count("[") + line.count("{") > MAX_DEPTH else value


def _shallow(value: object) -> object:
    """Return the value; raises `ValueError` if it is nested deeper than any request."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [part for each in level for part in _parts(each)]
    if level:
        raise ValueError(f"it is nested more than {MAX_DEPTH} deep")
    return value


def _parts(value: object) -> Iterable[object]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return f"it is nested more than {MAX_DEPTH} deep"
    if isinstance(error, json.JSONDecodeError):
        return f"not valid JSON: {error.msg.lower()} at character {error.pos + 1}"
    return str(error)
