"""What a reply can be made of, and what is refused where it is made."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from openrouter_async.errors import ConfigurationError
from openrouter_async.testing import Answer, Failure, Reply, ToolCall, tool_call

ODD: Any = object()


def test_arguments_may_come_as_a_dict_by_name_or_as_text() -> None:
    wanted = ToolCall("stock", '{"item": "lamp"}')
    assert tool_call("stock", {"item": "lamp"}) == wanted
    assert tool_call("stock", item="lamp") == wanted
    assert tool_call("stock", '{"item": "lamp"}') == wanted
    assert tool_call("stock") == tool_call("stock", {}) == ToolCall("stock", "{}")


def test_a_failure_has_the_envelope_of_the_service() -> None:
    assert Failure(status=503, message="busy").body() == {"error": {"code": 503, "message": "busy"}}
    told = Failure(status=503, message="busy", error_type="overloaded", metadata={"raw": "x"}).body()
    assert told == {
        "error": {"code": 503, "message": "busy", "metadata": {"raw": "x", "error_type": "overloaded"}}
    }


REFUSED: dict[str, Any] = {
    "arguments that are neither text nor a dict": lambda: tool_call("stock", ODD),
    "an argument that JSON does not know": lambda: tool_call("stock", item=ODD),
    "arguments in two ways": lambda: tool_call("stock", {"item": "lamp"}, item="lamp"),
    "a call made by hand of a dict": lambda: ToolCall("stock", {"item": "lamp"}),  # type: ignore[arg-type]  # refused
    "a part that is neither text nor a call": lambda: Reply.of(ODD),
    "a usage with a Decimal": lambda: Reply.of("Hi", usage={"cost": Decimal(1)}),  # type: ignore[dict-item]  # refused
    "a body that is not JSON": lambda: Answer(body=ODD),
    "metadata that are not JSON": lambda: Failure(status=502, metadata={"provider": ODD}),
}


@pytest.mark.parametrize("make", REFUSED.values(), ids=REFUSED)
def test_what_could_not_be_sent_is_refused_where_it_is_made(make: Any) -> None:
    """Not when a request asks for it: that would be answered with 500, and retried."""
    with pytest.raises(ConfigurationError):
        make()
