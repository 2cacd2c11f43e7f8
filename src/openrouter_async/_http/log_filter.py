"""Keeps keys out of what httpx and httpcore, and httpx2 and httpcore2, log of our requests.

httpcore writes the headers of an answer to its own log at DEBUG as they came, and httpx its reason phrase at INFO: a
server, or a debugging proxy before it, that repeats the key would put it there.
"""

from __future__ import annotations

import logging
from weakref import WeakSet

from .._sansio.redaction import redact
from .._secret import Secret, Secrets

__all__ = ["keep_out_of_logs"]

_LOGGERS = [
    f"{library}{version}{part}"
    for version in ("", "2")
    for library, parts in {
        "httpx": [""],
        "httpcore": [".connection", ".http11", ".http2", ".proxy", ".socks"],
    }.items()
    for part in parts
]
_KEYS: WeakSet[Secret] = WeakSet()
"""Of all clients of the process, as long as these live."""


def keep_out_of_logs(key: Secret) -> None:
    """Take a key, in the spelling that was sent, out of the records of these logs from now on."""
    _KEYS.add(key)


def _redacted(record: logging.LogRecord) -> bool:
    """Change a record that repeats a key; none is dropped."""
    text = record.getMessage()
    safe = redact(text, Secrets(*_KEYS))
    if safe != text:
        record.msg, record.args = safe, ()
    return True


for _name in _LOGGERS:
    logging.getLogger(_name).addFilter(_redacted)
