"""Sends an answer part by part, carries out its fault, and keeps the record of how far it went."""

from __future__ import annotations

import time
from collections.abc import Callable
from email.utils import formatdate
from typing import TYPE_CHECKING

from .faults import Fault
from .outgoing import COMMENT, PADDING, HeadEnd, Outgoing, Part, event, plain, steps
from .protocol import ClientGone, Wire

if TYPE_CHECKING:
    from starlette.types import Send

    from .received import ReceivedRequest

__all__ = ["send_answer"]


async def send_answer(
    outgoing: Outgoing,
    record: ReceivedRequest,
    wire: Wire,
    send: Send,
    *,
    on_over: Callable[[int], None] = lambda _tokens: None,
) -> None:
    """Send all of it, or what its fault and the client leave of it; `on_over` gets the tokens that were sent."""
    sending = _Sending(outgoing, record, wire, send)
    if outgoing.fault is not None and outgoing.fault.name == "drip":
        record.fault = "drip"  # which steps() carries out
    try:
        await sending.run()
        record.finished = sending.is_whole
    except ClientGone:
        record.disconnected_at = time.monotonic()
    finally:
        on_over(sending.tokens)


class _Sending:
    def __init__(self, outgoing: Outgoing, record: ReceivedRequest, wire: Wire, send: Send) -> None:
        self._outgoing = outgoing
        self._record = record
        self._wire = wire
        self._send = send
        self.tokens = 0
        self.is_whole = True

    async def run(self) -> None:
        for step in steps(self._outgoing):
            if isinstance(step, Part):
                await self._part(step)
            elif isinstance(step, HeadEnd):
                await self._head()
            else:
                self._record.fault = step.name
                if await self._fails(step):
                    self.is_whole = False
                    return
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _head(self) -> None:
        outgoing = self._outgoing
        headers = {"date": formatdate(usegmt=True), **outgoing.headers}
        if outgoing.generation_id is not None:
            headers["x-generation-id"] = outgoing.generation_id
        if not outgoing.is_stream and outgoing.fault is None:
            headers.setdefault("content-length", str(sum(len(part.data) for part in outgoing.parts)))
        raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        self._record.status = outgoing.status
        await self._send({"type": "http.response.start", "status": outgoing.status, "headers": raw})

    async def _part(self, part: Part) -> None:
        if part.wait_s:
            await self._wire.pause(part.wait_s)
        await self._write(part.data)
        self.tokens += part.tokens
        self._record.events_sent += part.is_event

    async def _write(self, data: bytes) -> None:
        self._wire.check()
        if data:
            await self._send({"type": "http.response.body", "body": data, "more_body": True})
            self._record.bytes_sent += len(data)

    async def _fails(self, fault: Fault) -> bool:
        """Carry out a fault, and return whether that ends the answer."""
        match fault.name:
            case "latency":
                await self._wire.pause(fault.seconds)
                return False
            case "stall":
                await self._wire.pause(None)
            case "keepalives":
                await self._keep_alive(fault)
                return False
            case "error_event":
                await self._report(fault)
            case "truncate":
                await self._send({"type": "http.response.body", "body": b"", "more_body": False})
            case "disconnect":
                await self._wire.close()
            case "reset":
                await self._wire.reset()
            case "bad_framing":
                await self._wire.write(_TWO_LENGTHS if fault.after is None else b"no size\r\n")
                await self._wire.close()
            case "garbage":
                return await self._babble(fault)
        return True

    async def _keep_alive(self, fault: Fault) -> None:
        data = COMMENT if self._outgoing.is_stream else PADDING
        sent = 0
        while fault.count is None or sent < fault.count:
            await self._write(data)
            sent += 1
            await self._wire.pause(fault.seconds)

    async def _report(self, fault: Fault) -> None:
        error: dict[str, object] = {"code": fault.code, "message": fault.message}
        if fault.error_type is not None:
            error["metadata"] = {"error_type": fault.error_type}
        if not self._outgoing.is_stream:
            await self._write(plain({"error": error}).parts[0].data)  # type: ignore[dict-item]  # it is JSON
        else:
            choice = {"index": 0, "delta": {"content": ""}, "finish_reason": "error"}
            chunk = {
                "id": self._outgoing.generation_id,
                "object": "chat.completion.chunk",
                "created": int(time.time()),
                "model": self._outgoing.model,
                "error": error,
                "choices": [choice],
            }
            await self._part(event(chunk))  # type: ignore[arg-type]  # it is JSON
            if fault.done:
                await self._part(event("[DONE]"))
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _babble(self, fault: Fault) -> bool:
        """Send bytes that are not what they should be, and return whether that ends the answer."""
        if fault.after is None:
            await self._wire.write(fault.data or b"HELLO\r\n\r\n")
            await self._wire.close()
            return True
        if self._outgoing.is_stream:
            await self._write(b"data: " + (fault.data or b'{"id": "gen-') + b"\n\n")
            self._record.events_sent += 1
            return False
        await self._write(fault.data or b"<html>\x00")
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        return True


_TWO_LENGTHS = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nContent-Length: 40\r\n\r\n{}"
)
