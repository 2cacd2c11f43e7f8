"""`Failures`: the items of a batch that failed, and the file from which they can be asked again.

One JSON object per line: the key, the prompt or the messages, the item's own settings, and the error.
"""

from __future__ import annotations

import base64
import json
import os
import traceback
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast, overload

from pydantic import BaseModel

from .._files import replace_file
from ..errors import ConfigurationError
from ..types.chat.content_parts import Attachment
from .items import Item

if TYPE_CHECKING:
    from ..types.chat.content_parts import AttachmentKind
    from .results import Failed

__all__ = ["Failures", "read_items"]

ATTACHMENT = "openrouter_async attachment"
"""The key of an object in such a file that stands for an `image()`, `audio()`, `video()` or `file()`."""


class Failures(Sequence["Failed"]):
    """The items that failed, in order of arrival. They are kept, with what came in, as long as the batch is."""

    def __init__(self) -> None:
        self._failed: list[Failed] = []

    def add(self, failed: Failed) -> None:
        """Add an item."""
        # Of many thousands of failures the variables of all functions would stay in memory.
        traceback.clear_frames(failed.error.__traceback__)
        self._failed.append(failed)

    def write_jsonl(self, path: str | os.PathLike[str]) -> int:
        """Write the items to a file that `read_items` reads, and return how many; one that exists is replaced.

        An item that is not JSON could not be sent either; its line has only the key and the error, and is not read.

        Raises:
            OSError: the file cannot be written.
        """
        replace_file(Path(path), (_line_of(failed) for failed in self._failed))
        return len(self._failed)

    @overload
    def __getitem__(self, index: int) -> Failed: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Failed]: ...
    def __getitem__(self, index: int | slice) -> Failed | Sequence[Failed]:
        return self._failed[index]

    def __len__(self) -> int:
        return len(self._failed)

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
                    f"line {number} of {str(path)!r} is no JSON object; expected an item"
                )
            messages = record.pop("messages", None) or record.pop("prompt", None)
            record.pop("error", None)
            if messages is not None:
                yield Item(record.pop("key", None), messages, **record)


def _line_of(failed: Failed) -> bytes:
    source = failed.source
    own: Mapping[str, object] = {}
    messages: object = source
    if isinstance(source, Item):
        messages = source.messages
        given = {"model": source.model, "extra_body": source.extra_body, **source.params}
        own = {name: value for name, value in given.items() if value is not None}
    error = failed.error
    said = {"type": type(error).__name__, "message": error.message, "status": getattr(error, "status", None)}
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
