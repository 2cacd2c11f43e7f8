"""Changes one value of a TOML file and leaves the rest, comments included, as it was written. Pure."""

from __future__ import annotations

import json
import re
import tomllib

__all__ = ["with_value"]

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_TABLE = re.compile(r"\s*\[")


def with_value(text: str, table: str | None, name: str, value: str | bool | None) -> str:
    """Return a TOML document with another value under a name, or without it where the value is None.

    Args:
        text: The document.
        table: The table that has the name; None: the document itself.
        name: The name, which may have any characters.
        value: The new value.

    Raises:
        ValueError: the document is not written so simply that this changes the one value and no other.
    """
    wanted = tomllib.loads(text)
    inside = wanted if table is None else wanted.setdefault(table, {})
    inside.pop(name, None)
    if value is not None:
        inside[name] = value
    key = name if _BARE.fullmatch(name) else _quoted(name)
    lines = text.rstrip("\n").split("\n") if text.strip() else []
    begin, end = _section(lines, table)
    if begin is None:
        lines += [*([""] if lines else []), f"[{table}]"]
        begin = end = len(lines)
    has_name = re.compile(rf"\s*{re.escape(key)}\s*=")
    at = next((number for number in range(begin, end) if has_name.match(lines[number])), None)
    new = [] if value is None else [f"{key} = {_quoted(value)}"]
    if at is not None:
        lines[at : at + 1] = new
    else:
        while end > begin and not lines[end - 1].strip():
            end -= 1
        lines[end:end] = new
    changed = "\n".join(lines) + "\n"
    try:
        is_right = tomllib.loads(changed) == wanted
    except tomllib.TOMLDecodeError:
        is_right = False
    if not is_right:
        raise ValueError(f"the value of {name!r} is written over several lines, or in another form")
    return changed


def _quoted(value: str | bool) -> str:
    """Return a value as TOML, whose strings are those of JSON but for one character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _section(lines: list[str], table: str | None) -> tuple[int | None, int]:
    """Return where the lines of a table begin and end; None where it is not there."""
    begin: int | None = 0
    if table is not None:
        headers = (
            number + 1 for number, line in enumerate(lines) if line.split("#")[0].strip() == f"[{table}]"
        )
        begin = next(headers, None)
        if begin is None:
            return None, len(lines)
    assert begin is not None
    return begin, next((n for n in range(begin, len(lines)) if _TABLE.match(lines[n])), len(lines))
