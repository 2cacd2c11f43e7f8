"""Exchange files: one recorded request and its answer, as JSON. Written by `Recorder`, replayed by the emulator.

```json
{"recorded_at": "2026-03-14T09:26:53.000Z", "how": "raw",
 "request": {"method": "POST", "path": "/api/v1/chat/completions", "body": "{...}"},
 "response": {"status": 200, "headers": {"x-generation-id": "gen-..."}, "content_type": "...", "body": "..."}}
```

Bodies are text after content decoding, byte for byte; one that is not UTF-8 is in `body_base64`. Keys, cookies and
account ids are left out.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import JsonValue

from ..._files import replace_file
from ..._secret import LEAST_LENGTH
from ...errors import ConfigurationError

__all__ = ["ExchangeFile", "without_identity"]

_KEPT_HEADERS = re.compile(
    r"x-generation-id|x-openrouter-.*|x-ratelimit-.*|retry-after(-ms)?|cache-control|date|allow"
)
"""What of an answer's headers is kept: nothing that names an account, and nothing of the framing."""

_KEY = re.compile(r"sk-or-[\w-]+")
_ACCOUNT = re.compile(r"\b(user|org|workspace|ws)_([A-Za-z0-9]{8,})\b")
_SHOWN = "REDACTED"
_ENCODINGS = ("ascii", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
"""In which a body may repeat a key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeFile:
    """One exchange."""

    method: str
    path: str
    """With `/api/v1`, and the query if there is one."""
    request_body: bytes = b""
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str | None = None
    body: bytes = b""
    recorded_at: str = ""

    @classmethod
    def read(cls, path: Path) -> ExchangeFile:
        """Return the exchange in a file.

        Raises:
            ConfigurationError: it is not an exchange file.
        """
        try:
            held = json.loads(path.read_text("utf-8"))
            request, response = held["request"], held["response"]
            headers = {str(name).lower(): str(value) for name, value in response.get("headers", {}).items()}
            return cls(
                method=request["method"],
                path=request["path"],
                request_body=_bytes(request),
                status=int(response["status"]),
                headers=headers,
                content_type=response.get("content_type") or headers.get("content-type"),
                body=_bytes(response),
                recorded_at=str(held.get("recorded_at", "")),
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigurationError(
                f"{path.name!r} is not an exchange file ({type(error).__name__}: {error});"
                " expected JSON with request and response"
            ) from error

    def write(self, path: Path, *, key: str | None = None) -> None:
        """Write it, so the file is whole or absent; the file never contains `key`, whatever it looks like."""
        if key is not None and len(key) < LEAST_LENGTH:
            key = None  # a placeholder, such as `test`, whose letters stand in words
        request: dict[str, JsonValue] = {
            "method": self.method,
            "path": _without(key, self.path),
            **_body(self.request_body, key),
        }
        response: dict[str, JsonValue] = {
            "status": self.status,
            "headers": {
                name: without_identity(_without(key, value))
                for name, value in self.headers.items()
                if _KEPT_HEADERS.fullmatch(name)
            },
            "content_type": self.content_type,
            **_body(self.body, key),
        }
        held = {"recorded_at": self.recorded_at, "how": "raw", "request": request, "response": response}
        replace_file(path, [json.dumps(held, ensure_ascii=False, indent=1).encode(), b"\n"])


def without_identity(text: str) -> str:
    """Return text without keys and account ids; an account id keeps its kind and its length."""
    text = _KEY.sub(f"sk-or-v1-{_SHOWN}", text)
    return _ACCOUNT.sub(lambda found: f"{found[1]}_{_SHOWN:0<{len(found[2])}}"[: len(found[0])], text)


def _bytes(held: Mapping[str, str | None]) -> bytes:
    encoded = held.get("body_base64")
    if encoded is not None:
        return base64.b64decode(encoded)
    return (held.get("body") or "").encode()


def _body(data: bytes, key: str | None = None) -> dict[str, JsonValue]:
    if key:
        for encoding in _ENCODINGS:
            data = data.replace(key.encode(encoding), _SHOWN.encode(encoding))
    try:
        return {"body": without_identity(_without(key, data.decode())) if data else None}
    except UnicodeDecodeError:
        # Byte by byte, keys of the service are found in what is not UTF-8 as well.
        data = without_identity(data.decode("latin-1")).encode("latin-1")
        return {"body": None, "body_base64": base64.b64encode(data).decode()}


def _without(key: str | None, text: str) -> str:
    """Return text without a key, as it is or as a URL or a JSON text may spell it."""
    if not key:
        return text
    spelt = "".join(rf"(?:{re.escape(letter)}|%{ord(letter):02X}|\\+u{ord(letter):04X})" for letter in key)
    return re.sub(spelt, _SHOWN, re.sub(re.escape(key), _SHOWN, text), flags=re.IGNORECASE)
