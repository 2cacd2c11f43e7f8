"""The requests that arrived at the emulator, and how far each answer got."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue

from .._sansio.request import OWN_HEADER
from .json_values import as_object, objects_in
from .prompts import text_of

__all__ = ["ReceivedRequest"]

_SECRET_HEADERS = {"authorization", "cookie", "proxy-authorization", "x-api-key"}


@dataclass(eq=False, kw_only=True)
class ReceivedRequest:
    """One request. The facts of its answer grow while another thread sends it."""

    method: str
    path: str
    """Below the base URL, without the query."""
    query: Mapping[str, str]
    """By name; the last value, if a name comes again."""
    headers: Mapping[str, str]
    """By lower-case name, without the key."""
    query_items: Sequence[tuple[str, str]] = ()
    """The query as it came, in its order."""
    body: JsonValue = None
    """Parsed, a form as its fields; None without a body, or if it is neither JSON nor a form."""
    content: bytes | None = None
    """The body as it came, if it is not JSON."""
    arrived_at: float = field(default_factory=time.monotonic)
    """`time.monotonic()`."""
    key_label: str | None = None
    """Which key it came with; None where that was not known."""
    status: int | None = None
    """The status sent; None until then."""
    generation_id: str | None = None
    events_sent: int = 0
    """Events of the stream that were sent, `[DONE]` included, comments not."""
    bytes_sent: int = 0
    """Bytes of the body that were sent, before the framing of HTTP."""
    finished: bool = False
    """Whether the whole answer was sent."""
    disconnected_at: float | None = None
    """`time.monotonic()` when the client went away before the answer was whole, else None."""
    fault: str | None = None
    """The name of the fault that the answer was given."""
    origin: str = "service"
    """Where the answer came from: `scripted`, `function`, `recorded`, `generated`, or `service` for all else."""
    _over: threading.Event = field(default_factory=threading.Event, repr=False)

    @property
    def json(self) -> dict[str, JsonValue]:
        """The body, which must be a JSON object."""
        if not isinstance(self.body, dict):
            raise TypeError(f"the body is {type(self.body).__name__}; expected a JSON object")
        return self.body

    @property
    def model(self) -> str | None:
        """The model that was asked for."""
        model = as_object(self.body).get("model")
        return model if isinstance(model, str) else None

    @property
    def models(self) -> list[str]:
        """The models that were asked for: the first, and those to fall back to."""
        others = as_object(self.body).get("models")
        named = [self.model, *(others if isinstance(others, list) else ())]
        return [name for name in named if isinstance(name, str)]

    @property
    def messages(self) -> list[dict[str, JsonValue]]:
        """The messages, or the input items of a Responses request, as JSON."""
        body = as_object(self.body)
        given = body.get("messages", body.get("input"))
        return [{"role": "user", "content": given}] if isinstance(given, str) else objects_in(given)

    @property
    def prompt(self) -> str:
        """The text of the last message of the user."""
        for message in reversed(self.messages):
            if message.get("role") == "user":
                return text_of(message.get("content"))
        return ""

    @property
    def is_own(self) -> bool:
        """Whether the client's library sent it for itself, such as for prices; not what the program asked for."""
        return all(self.headers.get(name) == value for name, value in OWN_HEADER)

    @property
    def is_stream(self) -> bool:
        """Whether a stream was asked for."""
        return as_object(self.body).get("stream") is True

    def wait_until_over(self, timeout: float = 5.0) -> bool:
        """Block until nothing more will be sent, and return whether that came within so many seconds."""
        return self._over.wait(timeout)

    def mark_over(self) -> None:
        """Wake those that wait for its end."""
        self._over.set()

    @staticmethod
    def shown_headers(headers: Mapping[str, str]) -> dict[str, str]:
        """Return the headers, without secrets."""
        return {name: value for name, value in headers.items() if name not in _SECRET_HEADERS}
