"""`Failures`: the items of a batch that failed, and the file from which they can be asked again.

One JSON object per line: the key, the prompt or the messages, the item's own settings, and the error.
"""

from __future__ import annotations

import base64
import json
import os
import tempfile
import weakref
from array import array
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast, overload

from pydantic import BaseModel

from .._files import replace_file
from .._sansio.redaction import clear_ended
from ..errors import ConfigurationError
from ..types.chat.content_parts import Attachment
from .items import Item
from .kept_failures import error_to_keep, kept_error
from .results import Failed

if TYPE_CHECKING:
    from ..types.chat.content_parts import AttachmentKind

__all__ = ["Failures", "read_items"]

IN_MEMORY = 10_000
"""Failures that stay in memory; chosen: some 100 MB of long prompts."""

ATTACHMENT = "openrouter_async attachment"
"""The key of an object in such a file that stands for an `image()`, `audio()`, `video()` or `file()`."""


class Failures(Sequence[Failed]):
    """The items that failed, in order of arrival.

    The first 10,000 stay in memory with what came in, the others in a temporary file: `source` of one of those is an
    equal `Item`, or "" if it is no JSON, and `error` has class, message and status.
    """

    def __init__(self) -> None:
        self._failed: list[Failed] = []
        self._file: IO[bytes] | None = None
        self._places = array("Q")
        """Where in the file each further one begins."""

    def add(self, failed: Failed) -> None:
        """Add an item."""
        # Of many thousands of failures the variables of all functions would stay in memory.
        clear_ended(failed.error.__traceback__)
        if len(self._failed) < IN_MEMORY:
            self._failed.append(failed)
            return
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the failures
            weakref.finalize(self, self._file.close)
        self._places.append(self._file.seek(0, os.SEEK_END))
        facts = [failed.index, str(failed.cost), failed.elapsed, failed.attempts, failed.is_resumed]
        self._file.write(json.dumps(facts).encode() + b"\n" + _line_of(failed))

    def _line_at(self, place: int) -> tuple[bytes, bytes]:
        assert self._file is not None
        self._file.seek(self._places[place])
        return self._file.readline(), self._file.readline()

    def _read(self, place: int) -> Failed:
        facts, line = self._line_at(place)
        index, cost, elapsed, attempts, is_resumed = json.loads(facts)
        record = json.loads(line, object_hook=_read_object)
        key, error = record["key"], kept_error(record.get("error"))  # before the item takes them
        return Failed(
            key=key,
            index=index,
            source=_item_of(record) or "",
            error=error,
            cost=None if cost == "None" else Decimal(cost),
            elapsed=elapsed,
            attempts=attempts,
            is_resumed=is_resumed,
        )

    def write_jsonl(self, path: str | os.PathLike[str]) -> int:
        """Write the items to a file that `read_items` reads, and return how many; one that exists is replaced.

        An item that is not JSON could not be sent either; its line has only the key and the error, and is not read.

        Raises:
            OSError: the file cannot be written.
        """
        spilled = (self._line_at(place)[1] for place in range(len(self._places)))
        replace_file(Path(path), chain(map(_line_of, self._failed), spilled))
        return len(self)

    @overload
    def __getitem__(self, index: int) -> Failed: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Failed]: ...
    def __getitem__(self, index: int | slice) -> Failed | Sequence[Failed]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        place = range(len(self))[index]
        return self._failed[place] if place < len(self._failed) else self._read(place - len(self._failed))

    def __len__(self) -> int:
        return len(self._failed) + len(self._places)

    def __repr__(self) -> str:
        return f"<Failures {len(self)}>"


def read_items(path: str | os.PathLike[str]) -> Iterator[Item]:
    """Yield the items of a file that `batch.failures.write_jsonl` wrote, or of one like it, line by line.

    ```python
    async with client.batch(read_items("failed.jsonl"), model="openai/gpt-5-mini") as batch:
        ...
    ```

    A line is an object with `prompt` or `messages`, and perhaps `key`, `model`, `extra_body` and parameters; `error` is
    ignored, and so is a line without messages.

    Raises:
        OSError: the file cannot be read.
        ConfigurationError: a line is not a JSON object.
    """
    with Path(path).open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if line.isspace():
                continue
            try:
                record = json.loads(line, object_hook=_read_object)
            except ValueError:
                record = None
            if not isinstance(record, dict):
                raise ConfigurationError(
                    f"line {number} of {str(path)!r} is not a JSON object; expected an item"
                )
            item = _item_of(record)
            if item is not None:
                yield item


def _item_of(record: dict[str, Any]) -> Item | None:
    """Return the item of a line; None without messages."""
    messages = record.pop("messages", None) or record.pop("prompt", None)
    record.pop("error", None)
    return None if messages is None else Item(record.pop("key", None), messages, **record)


def _line_of(failed: Failed) -> bytes:
    source = failed.source
    own: Mapping[str, object] = {}
    messages: object = source
    if isinstance(source, Item):
        messages = source.messages
        given = {"model": source.model, "extra_body": source.extra_body, **source.params}
        own = {name: value for name, value in given.items() if value is not None}
    said = error_to_keep(failed.error)
    asked = {"prompt" if isinstance(messages, str) else "messages": messages, **own}
    try:
        line = json.dumps({"key": failed.key, **asked, "error": said}, default=_as_json, ensure_ascii=False)
        return line.encode() + b"\n"
    except (TypeError, ValueError, RecursionError):
        return json.dumps({"key": failed.key, "error": said}).encode() + b"\n"


def _as_json(value: object) -> object:
    match value:
        case BaseModel():
            return value.model_dump(mode="json", exclude_unset=True)
        case Attachment(source=bytes() as data):
            return {ATTACHMENT: [value.kind, base64.b64encode(data).decode(), *_rest(value), "bytes"]}
        case Attachment():
            kind = "path" if isinstance(value.source, Path) else "url"
            return {ATTACHMENT: [value.kind, str(value.source), *_rest(value), kind]}
        case Mapping():
            return dict(value)
        case Sequence():
            return list(value)
        case _:
            raise TypeError(f"a {type(value).__name__} is not a JSON value")


def _rest(value: Attachment) -> list[object]:
    return [value.media_type, value.options]


def _read_object(value: dict[str, object]) -> object:
    if value.keys() != {ATTACHMENT}:
        return value
    written = cast("tuple[AttachmentKind, str, str | None, list[tuple[str, str]], str]", value[ATTACHMENT])
    kind, said, media_type, options, how = written
    source = base64.b64decode(said) if how == "bytes" else Path(said) if how == "path" else said
    return Attachment(
        kind=kind, source=source, media_type=media_type, options=tuple((name, text) for name, text in options)
    )
