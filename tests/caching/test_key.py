"""Keys of answers: the same for requests that the service reads as the same, and another for any others."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrouter_async._sansio.once import METADATA_KEY
from openrouter_async.caching.key import answer_key, answer_scope

BODY: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "temperature": 0.5}
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text("ab\né"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab"), inner, max_size=3),
    max_leaves=8,
)


def key(body: Any, *, operation: str = "chat.create", url: str = "https://a/b", **more: Any) -> bytes:
    scope = answer_scope(url, more.get("variant", ""), more.get("sent", []))
    return answer_key(scope, operation, more.get("query", ()), json.dumps(body).encode())


@pytest.mark.parametrize(
    "body",
    [
        dict(reversed(BODY.items())),
        {**BODY, "stream": True, "stream_options": {"include_usage": True}},
        {**BODY, "session_id": "s", "trace": {"trace_id": "t"}},
        {**BODY, "metadata": {METADATA_KEY: "k"}},
    ],
)
def test_how_an_answer_is_sent_and_grouped_does_not_matter(body: Any) -> None:
    assert key(body) == key(BODY)


@pytest.mark.parametrize(
    "body",
    [
        {**BODY, "temperature": 0.6},
        {**BODY, "seed": 1},
        {**BODY, "user": "u"},
        {**BODY, "metadata": {METADATA_KEY: "k", "a": "b"}},
        {**BODY, "messages": [{"role": "user", "content": "Ho"}]},
        {"messages": BODY["messages"]},
    ],
)
def test_all_else_in_the_body_matters(body: Any) -> None:
    assert key(body) != key(BODY)


def test_operation_place_headers_and_variant_matter() -> None:
    keys = {
        key(BODY),
        key(BODY, operation="messages.create"),
        key(BODY, url="https://b/b"),
        key(BODY, sent=[["x-a", "b"]]),
        key(BODY, variant="2"),
        key(BODY, query=[("a", "b")]),
    }
    assert len(keys) == 6


def test_the_order_of_what_a_model_sees_matters() -> None:
    one, two = {"type": "string"}, {"type": "number"}
    assert key({"tools": {"a": one, "b": two}}) != key({"tools": {"b": two, "a": one}})


@given(JSON, JSON)
def test_two_bodies_have_one_key_only_where_they_are_one_json_value(one: Any, other: Any) -> None:
    same = json.dumps(one) == json.dumps(other)
    assert (key({"input": one}) == key({"input": other})) == same
