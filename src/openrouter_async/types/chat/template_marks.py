"""The marks of chat templates, such as `<|im_end|>`, which end what a model writes and are not meant to be seen."""

from __future__ import annotations

import re

__all__ = ["behind_call", "without_marks"]

_MARK = re.compile(
    r"(?:<\|[^<>|]{1,40}\|>|<\uff5c[^<>\uff5c]{1,40}\uff5c>|</s>|<eos>|<end_of_turn>|\[/INST\])\Z",
    re.IGNORECASE,
)
_END_OF_CALL = re.compile(
    r"</(?:tool_?calls?|function(?:_?calls?)?|invoke|parameters?|arguments)>\Z", re.IGNORECASE
)
# Chosen: above the longest mark and tag that were seen, and above what stands in a row.
_LONGEST = 60
_MOST = 8


def without_marks(text: str) -> str:
    """Return a text without the marks at its end, eight at most."""
    for _ in range(_MOST):
        mark = _MARK.search(text, max(0, len(text) - _LONGEST))
        if mark is None:
            break
        text = text[: mark.start()].rstrip()
    return text


def behind_call(text: str) -> bool:
    """Whether a text is nothing but what may end a call: marks, and the closing tags of calls."""
    text = text.strip()
    for _ in range(_MOST):
        text = without_marks(text)
        tag = _END_OF_CALL.search(text, max(0, len(text) - _LONGEST))
        if tag is None:
            break
        text = text[: tag.start()].rstrip()
    return not text
