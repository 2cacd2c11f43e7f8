"""Replays exchange files: finds, for a request, the recorded one it equals or comes closest to.

An equal request has the same method, path, query and JSON body. Without one, the closest of the same method, path,
model and streaming mode is used: the one with most leading messages and other fields in common. Answers of a request
recorded several times come in the order of the files; the last one then repeats.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qsl

from pydantic import JsonValue

from ...errors import ConfigurationError
from ..exchange.responses import EmulatedResponse, literal
from ..received import ReceivedRequest
from ..replies import Answer
from .exchange_files import ExchangeFile

__all__ = ["Recordings"]

_BASE = re.compile(r"^/api/v1(?=/)")
_FRAMING = frozenset({
    "connection", "content-encoding", "content-length", "date", "keep-alive", "server", "transfer-encoding"
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Entry:
    exchange: ExchangeFile
    path: str
    query: dict[str, str]
    body: JsonValue

    def identity(self) -> str:
        """Return what equal requests have in common."""
        body = json.dumps(self.body, sort_keys=True) if self.body is not None else ""
        return json.dumps([self.exchange.method, self.path, sorted(self.query.items()), body])


class Recordings:
    """A folder of exchange files."""

    def __init__(self, exchanges: Iterable[ExchangeFile]) -> None:
        self._entries = [_entry(exchange) for exchange in exchanges]
        self._used: defaultdict[str, int] = defaultdict(int)

    @classmethod
    def load(cls, folder: Path) -> Recordings:
        """Return the exchanges of a folder, in the order of their files' names.

        Subfolders are skipped, and so are files whose names are in capitals: those describe the others.

        Raises:
            ConfigurationError: the folder has no exchanges, or a file is not an exchange file.
        """
        if not folder.is_dir():
            raise ConfigurationError(f"recordings is {str(folder)!r}; expected a folder of exchange files")
        found = [path for path in sorted(folder.glob("*.json")) if not path.stem.isupper()]
        if not found:
            raise ConfigurationError(f"{str(folder)!r} holds no exchange file; record some with Recorder")
        return cls(ExchangeFile.read(path) for path in found)

    def __len__(self) -> int:
        return len(self._entries)

    def reset(self) -> None:
        """Begin again with the first answer of each request."""
        self._used.clear()

    def find(self, request: ReceivedRequest) -> EmulatedResponse | None:
        """Return the recorded answer to a request, or None where none was recorded."""
        same_path = [
            entry
            for entry in self._entries
            if entry.exchange.method == request.method and entry.path == request.path
        ]
        exact = [entry for entry in same_path if entry.query == request.query and entry.body == request.body]
        if not exact:
            scored = [(score, entry) for entry in same_path if (score := _closeness(entry, request))]
            if not scored:
                return None
            identity = max(scored, key=lambda pair: pair[0])[1].identity()
            exact = [entry for entry in same_path if entry.identity() == identity]
        identity = exact[0].identity()
        number = self._used[identity]
        self._used[identity] += 1
        return _response(exact[min(number, len(exact) - 1)].exchange)


def _entry(exchange: ExchangeFile) -> _Entry:
    path, _, query = exchange.path.partition("?")
    try:
        body: JsonValue = json.loads(exchange.request_body) if exchange.request_body else None
    except ValueError:
        body = None
    return _Entry(exchange, _BASE.sub("", path), dict(parse_qsl(query, keep_blank_values=True)), body)


def _closeness(entry: _Entry, request: ReceivedRequest) -> tuple[int, int] | None:
    """Return how much a recorded request has in common with this one; None where it is about something else."""
    recorded, given = entry.body, request.body
    if not isinstance(recorded, dict) or not isinstance(given, dict):
        return (0, 0) if recorded is None and entry.query == request.query else None
    if recorded.get("model") != given.get("model") or bool(recorded.get("stream")) != bool(
        given.get("stream")
    ):
        return None
    fields = sum(recorded.get(name) == value for name, value in given.items())
    return max(_leading(recorded.get(name), given.get(name)) for name in ("messages", "input")), fields


def _leading(recorded: JsonValue, given: JsonValue) -> int:
    """Return how many messages two conversations begin with in common."""
    if not isinstance(recorded, list) or not isinstance(given, list):
        return 0
    pairs = list(zip(recorded, given, strict=False))
    return next((number for number, (one, other) in enumerate(pairs) if one != other), len(pairs))


def _response(exchange: ExchangeFile) -> EmulatedResponse:
    headers = {name: value for name, value in exchange.headers.items() if name not in _FRAMING}
    if exchange.content_type is not None:
        headers["content-type"] = exchange.content_type
    content_type = exchange.content_type or ""
    answer = Answer(body=exchange.body, status=exchange.status, content_type=content_type)
    return replace(literal(answer), headers=headers)
