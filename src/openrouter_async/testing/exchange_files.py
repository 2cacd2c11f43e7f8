"""Exchange files: one recorded request and its answer, as JSON. Written by `Recorder`, replayed by the emulator.

```json
{"recorded_at": "2026-03-14T09:26:53.000Z", "how": "raw",
 "request": {"method": "POST", "path": "/api/v1/chat/completions", "body": "{...}"},
 "response": {"status": 200, "headers": {"x-generation-id": "gen-..."}, "content_type": "...", "body": "..."}}
```

Bodies are text after content decoding, byte for byte; one that is no UTF-8 stands as `body_base64`. Keys, cookies and
account ids are not in them.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import JsonValue

from ..errors import ConfigurationError

__all__ = ["ExchangeFile", "without_identity"]

_KEPT_HEADERS = re.compile(
    r"x-generation-id|x-openrouter-.*|x-ratelimit-.*|retry-after(-ms)?|cache-control|date|allow"
)
"""What of an answer's headers is kept: nothing that names an account, and nothing of the framing."""

_KEY = re.compile(r"sk-or-[\w-]+")
_ACCOUNT = re.compile(r"\b(user|org|workspace|ws)_([A-Za-z0-9]{8,})\b")
_SHOWN = "REDACTED"


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
        """Return what a file holds.

        Raises:
            ConfigurationError: it is no exchange file.
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
                f"{path.name!r} is no exchange file ({type(error).__name__}: {error});"
                " expected JSON with request and response"
            ) from error

    def write(self, path: Path) -> None:
        """Write it, so that the file is either whole or not there."""
        request: dict[str, JsonValue] = {"method": self.method, "path": self.path, **_body(self.request_body)}
        response: dict[str, JsonValue] = {
            "status": self.status,
            "headers": {
                name: without_identity(value)
                for name, value in self.headers.items()
                if _KEPT_HEADERS.fullmatch(name)
            },
            "content_type": self.content_type,
            **_body(self.body),
        }
        held = {"recorded_at": self.recorded_at, "how": "raw", "request": request, "response": response}
        unfinished = path.with_suffix(".part")
        unfinished.write_text(json.dumps(held, ensure_ascii=False, indent=1) + "\n", "utf-8")
        unfinished.replace(path)


def without_identity(text: str) -> str:
    """Return text without keys and account ids; an account id keeps its kind and its length."""
    text = _KEY.sub(f"sk-or-v1-{_SHOWN}", text)
    return _ACCOUNT.sub(lambda found: f"{found[1]}_{_SHOWN:0<{len(found[2])}}"[: len(found[0])], text)


def _bytes(held: Mapping[str, str | None]) -> bytes:
    encoded = held.get("body_base64")
    if encoded is not None:
        return base64.b64decode(encoded)
    return (held.get("body") or "").encode()


def _body(data: bytes) -> dict[str, JsonValue]:
    try:
        return {"body": without_identity(data.decode()) if data else None}
    except UnicodeDecodeError:
        return {"body": None, "body_base64": base64.b64encode(data).decode()}
