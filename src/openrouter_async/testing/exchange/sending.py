"""Sends an answer part by part, applies its fault, and records how far it got."""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import TYPE_CHECKING

from pydantic import JsonValue

from ..faults import Fault
from .message_errors import MESSAGES_PATH, error_json
from .protocol import ClientGone, Wire
from .responses import COMMENT, PADDING, EmulatedResponse, HeadEnd, Part, encode, event, steps

if TYPE_CHECKING:
    from starlette.types import Send

    from ..received import ReceivedRequest

__all__ = ["send_answer"]


async def send_answer(response: EmulatedResponse, record: ReceivedRequest, wire: Wire, send: Send) -> None:
    """Send all of it, or what its fault and the client leave of it.

    It is billed once, for the tokens that were sent, before the client can know that the answer has ended: who has read
    an answer finds it billed.
    """
    sending = _Sending(response, record, wire, send)
    try:
        await sending.run()
    except ClientGone:
        if not record.finished:
            record.disconnected_at = time.monotonic()
    finally:
        sending.settle(is_whole=False)


class _Sending:
    def __init__(self, response: EmulatedResponse, record: ReceivedRequest, wire: Wire, send: Send) -> None:
        self._response = response
        self._record = record
        self._wire = wire
        self._send = send
        self._tokens = 0
        self._is_settled = False

    def settle(self, *, is_whole: bool) -> None:
        """Note how far the answer got; bytes sent after this are not counted."""
        if not self._is_settled:
            self._is_settled = True
            self._record.finished = is_whole
            self._response.on_sent(self._tokens)

    async def run(self) -> None:
        fault = self._response.fault
        if fault is not None and fault.name == "drip":
            self._record.fault = fault.name  # steps() makes the small parts
        following = steps(self._response)
        step = next(following, None)
        while step is not None:
            coming = next(following, None)
            if isinstance(step, Part):
                await self._part(step, is_last=coming is None)
            elif isinstance(step, HeadEnd):
                await self._head()
            else:
                self._record.fault = step.name
                if await self._fails(step):
                    return
            step = coming
        self.settle(is_whole=True)
        await self._end()

    async def _end(self) -> None:
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _head(self) -> None:
        response = self._response
        headers = {"date": formatdate(usegmt=True), **response.headers}
        if response.generation_id is not None:
            headers["x-generation-id"] = response.generation_id
        if len(response.parts) == 1 and response.fault is None:
            headers.setdefault("content-length", str(sum(len(part.data) for part in response.parts)))
        raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        self._record.status = response.status
        await self._send({"type": "http.response.start", "status": response.status, "headers": raw})

    async def _part(self, part: Part, *, is_last: bool = False) -> None:
        if part.wait_s:
            await self._wire.pause(part.wait_s)
        await self._wire.writable()
        self._tokens += part.tokens
        self._record.events_sent += part.is_event
        if is_last:
            self.settle(is_whole=True)
        await self._write(part.data)

    async def _write(self, data: bytes) -> None:
        await self._wire.writable()
        if data:
            self._record.bytes_sent += len(data)
            await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def _fails(self, fault: Fault) -> bool:
        """Carry out a fault, and return whether that ends the answer."""
        match fault.name:
            case "latency":
                await self._wire.pause(fault.seconds)
                return False
            case "keepalives":
                await self._keep_alive(fault)
                return False
            case "garbage" if self._response.is_stream and fault.after is not None:
                await self._part(Part(b"data: " + (fault.data or b'{"id": "gen-') + b"\n\n", is_event=True))
                return False
            case "error_event":
                await self._report(fault)
            case _:
                self.settle(is_whole=False)
                await self._break_off(fault)
        return True

    async def _break_off(self, fault: Fault) -> None:
        match fault.name:
            case "stall":
                await self._wire.pause(None)
            case "truncate":
                await self._end()
            case "disconnect":
                await self._wire.close()
            case "reset":
                await self._wire.reset()
            case "bad_framing":
                await self._wire.write(_TWO_LENGTHS if fault.after is None else b"no size\r\n")
                await self._wire.close()
            case "garbage" if fault.after is None:
                await self._wire.write(fault.data or b"HELLO\r\n\r\n")
                await self._wire.close()
            case "garbage":
                await self._write(fault.data or b"<html>\x00")
                await self._end()

    async def _keep_alive(self, fault: Fault) -> None:
        data = COMMENT if self._response.is_stream else PADDING
        sent = 0
        while fault.count is None or sent < fault.count:
            await self._write(data)
            sent += 1
            await self._wire.pause(fault.seconds)

    async def _report(self, fault: Fault) -> None:
        """Send an error in place of the rest."""
        error: dict[str, JsonValue] = {"code": fault.code, "message": fault.message}
        if fault.error_type is not None:
            error["metadata"] = {"error_type": fault.error_type}
        if not self._response.is_stream:
            self.settle(is_whole=False)
            await self._write(encode(self._error_body(fault, error)).encode())
            return await self._end()
        choice: JsonValue = {"index": 0, "delta": {"content": ""}, "finish_reason": "error"}
        chunk: JsonValue = {
            "id": self._response.generation_id,
            "object": "chat.completion.chunk",
            "created": int(time.time()),
            "model": self._response.model,
            "error": error,
            "choices": [choice],
        }
        self._record.events_sent += 1 + fault.done
        self.settle(is_whole=False)
        report = self._response.report
        names = (self._response.generation_id or "", self._response.model)
        await self._write(event(chunk).data if report is None else report(fault, *names))
        if fault.done:
            await self._write(event("[DONE]").data)
        return await self._end()

    def _error_body(self, fault: Fault, error: dict[str, JsonValue]) -> dict[str, JsonValue]:
        if self._record.path == MESSAGES_PATH:
            return error_json(fault.code, fault.message, error_type=fault.error_type)
        return {"error": error}


_TWO_LENGTHS = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nContent-Length: 40\r\n\r\n{}"
)
