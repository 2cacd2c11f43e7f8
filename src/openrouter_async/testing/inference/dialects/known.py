"""The two dialects besides chat."""

from __future__ import annotations

from .dialect import Dialect
from .messages_request import read_messages
from .messages_wire import message_body, message_parts, message_report
from .responses_request import read_responses
from .responses_wire import response_body, response_parts, response_report

__all__ = ["MESSAGES", "RESPONSES"]

MESSAGES = Dialect(read=read_messages, body=message_body, parts=message_parts, report=message_report)
RESPONSES = Dialect(read=read_responses, body=response_body, parts=response_parts, report=response_report)
