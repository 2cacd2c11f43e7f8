"""Responses: the requests behind `client.responses`."""

from __future__ import annotations

from .._sansio.response import Reply, is_event_stream
from .._sansio.response_body import ResponseCall
from .._sansio.response_reply import read_response
from ..operations import CREATE_RESPONSE
from ..streaming.responses.accumulator import ResponsesAccumulator
from ..streaming.stream import OnBadEvent, ResponseStream
from ..streaming.whole import read_events
from ..types.responses.response import Response
from .chat.model_resource import ModelResource

__all__ = ["ResponsesResource"]


class ResponsesResource(ModelResource[ResponseCall, Response]):
    """`POST /responses`."""

    operation = CREATE_RESPONSE
    kind = ResponseCall

    @staticmethod
    def read(reply: Reply) -> Response:
        """Return the reply in a whole answer, which may have come as an event stream nobody asked for."""
        if is_event_stream(reply.body):
            return read_events(ResponsesAccumulator, reply)
        return read_response(reply)

    def stream(self, call: ResponseCall, *, on_bad_event: OnBadEvent = "raise") -> ResponseStream:
        """Return the reply as a stream."""
        return ResponseStream(self.open(call), on_bad_event=on_bad_event)
