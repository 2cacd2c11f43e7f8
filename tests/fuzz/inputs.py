"""Inputs for hypothesis: those of the corpus, changed here and there, and bytes of nobody."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.fuzz.targets import seeds

__all__ = ["TOKENS", "inputs"]

_TEXTS = r"""
: , " { } [ ] \ 0 -1 1e400 NaN sNaN Infinity null true "" {} [] \ud83d \u0000 é 😀 [DONE] retry-after:
data:  event: error id: {"error": "code": "message": "id": "choices": "delta": "content": "index": "finish_reason":
"usage": "tool_calls": "function": "arguments": "name": "reasoning": "reasoning_details": "metadata": "availability":
"retryable": "retry_after": "key": "completion": "cost": "images":
"type": "content_block": "partial_json": "text": "thinking": "signature": "input": "output": "item": "item_id":
"output_index": "message_start" "message_delta" "message_stop" "content_block_delta" "response.completed" "ping"
"""

TOKENS: tuple[bytes, ...] = (
    *(text.encode() for text in _TEXTS.split()),
    *(
        b"\n",
        b"\r\n",
        b"\r",
        b"\n\n",
        b" ",
        b"\0",
        b"\xff",
        b"\xc3",
        b"\xef\xbb\xbf",
        b"\xe2\x80\xa8",
        b"\x1f\x8b",
    ),
    *(
        b"HTTP/1.1 200 OK\r\n",
        b"Content-Length: 5\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"5\r\nhello\r\n0\r\n\r\n",
    ),
    *(b": OPENROUTER PROCESSING\n\n", b"data: [DONE]\n\n", b"9" * 400, b"[" * 250, b'{"a":' * 250),
)
"""What the readers look for, and what has broken others."""


@st.composite
def inputs(draw: st.DrawFn, name: str) -> bytes:
    """Return an input for a target."""
    data = draw(st.sampled_from(seeds(name)) | st.binary(max_size=200))
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 12)))
        token = draw(st.sampled_from(TOKENS) | st.binary(max_size=3))
        data = data[:start] + token + data[end:]
    return data
