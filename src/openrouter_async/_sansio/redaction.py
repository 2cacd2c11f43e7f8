"""Makes text safe for errors, logs and reprs: without keys, tokens, passwords of URLs, and file contents.

And lets go of the locals in a traceback, so nobody keeps or shows them.

A cut key is not recognised, so text is redacted before it is shortened. Every step takes time linear in the text.
"""

from __future__ import annotations

import gc
import re
import sys
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache, partial
from itertools import islice
from typing import TYPE_CHECKING

from .._secret import Secret

if TYPE_CHECKING:
    from types import FrameType, TracebackType

    from pydantic import JsonValue

__all__ = ["clear_ended", "redact", "redact_json"]


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return what is replaced, and by what; compiled for the first text, since most programs have none."""
    # The quantifiers are possessive, and no place where a pattern may begin lies inside of what another attempt
    # has read, so that hostile text is not read again and again.
    return (
        # A data URL (RFC 2397) keeps its media type, and loses its data. JSON may write `/` as `\/`.
        (
            re.compile(r"(data:(?!,)(?:[\w.+-]++\\?+/[\w.+-]++)?(?:; ?+[\w.=+-]*+)*,)[^\s\"'<>`]++", re.I),
            r"\1…",
        ),
        # Keys of OpenRouter, wherever they stand; and of the providers whose own keys an account can hold.
        (re.compile(r"sk-or-[\w-]++"), "sk-or-…"),
        (re.compile(r"\bsk-(?!or-)[\w-]{16,}+"), "sk-…"),
        # RFC 6750, 2.1. A word of letters is prose ("bearer authentication is required"), unless it is very long.
        (re.compile(r"\b(bearer\s++)(?![a-z]{1,19}(?![\w.~+/=-]))[\w.~+/=…-]++", re.I), r"\1…"),
        # User and password of a URL (RFC 3986, 3.2.1), as proxies have them.
        (re.compile(r"(?<=://)[^\s/@:]*+:[^\s/@]*+@"), "…@"),
        # Base64 without its data URL.
        (re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{200,}+=*+"), "…"),
    )


# Chosen: an error has some dozens of values; to look at 5,000 took 20 ms.
MOST_VALUES = 5_000
MOST_CHARACTERS = 256 * 1024
LONGEST_SECRET = 512


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Return `text` without `secrets`, and without what looks like a key, a token or a file's content.

    Of a secret its kind and its last four characters stay, as in the repr of a `Secret`.
    """
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, str(Secret(secret)))
    for pattern, replacement in _patterns():
        text = pattern.sub(replacement, text)
    return text


def redact_json(value: JsonValue, secrets: Iterable[str] = ()) -> JsonValue:
    """Return a copy of `value` with each text in it redacted, names too; nested as deep as it may be.

    Of more than 5,000 values the rest is left out, and of texts that have together more than 256 K characters too: an
    error has no use for them, and to look at them takes long.
    """
    secrets = tuple(secrets)
    left = MOST_CHARACTERS

    def redacted(text: str) -> str:
        nonlocal left
        shown = text[:left]
        left -= len(shown)
        safe = redact(shown, secrets)
        # Where it was cut, a secret may be cut that is recognised only as a whole.
        return safe if shown == text else safe[:-LONGEST_SECRET]

    whole: list[JsonValue] = []
    waiting: deque[tuple[Callable[[JsonValue], None], JsonValue]] = deque([(whole.append, value)])
    for _ in range(MOST_VALUES):
        if not waiting:
            break
        put, part = waiting.popleft()
        if isinstance(part, str):
            put(redacted(part))
        elif isinstance(part, list):
            items: list[JsonValue] = []
            put(items)
            waiting.extend((items.append, item) for item in part[:MOST_VALUES])
        elif isinstance(part, dict):
            members: dict[str, JsonValue] = {}
            put(members)
            waiting.extend(
                (partial(members.__setitem__, redacted(name)), member)
                for name, member in islice(part.items(), MOST_VALUES)
            )
        else:
            put(part)
    return whole[0]


def clear_ended(traceback: TracebackType | None) -> None:
    """Clear the frames of a traceback that have ended.

    `traceback.clear_frames` also closes coroutines that wait, before Python 3.13: of an error that was raised in
    several tasks, those of another task may.
    """
    while traceback is not None:
        if sys.version_info >= (3, 13) or _has_ended(traceback.tb_frame):
            with suppress(RuntimeError):  # it runs, or waits
                traceback.tb_frame.clear()
        traceback = traceback.tb_next


def _has_ended(frame: FrameType) -> bool:
    """Whether what a frame refers to is its own; that of a coroutine is the coroutine's until it ends."""
    return any(each is frame.f_code for each in gc.get_referents(frame))
