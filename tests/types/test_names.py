"""Modules of chat by the names they had before they stood in a folder."""

from __future__ import annotations

import pytest

from openrouter_async import types
from openrouter_async.types import chat_messages, content_parts, server_tools
from openrouter_async.types.chat import content_parts as parts
from openrouter_async.types.chat import messages
from openrouter_async.types.chat import server_tools as tools


def test_modules_of_chat_have_their_earlier_names_too() -> None:
    assert (chat_messages, content_parts, server_tools) == (messages, parts, tools)


@pytest.mark.parametrize("name", ["nothing", "chat_nothing", "_base_of_all", "chat_", "chat_.messages"])
def test_other_names_are_unknown(name: str) -> None:
    with pytest.raises(AttributeError, match="has no attribute"):
        getattr(types, name)
