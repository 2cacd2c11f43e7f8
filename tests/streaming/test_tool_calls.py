"""Fragments find their call, whatever of index, id and name the provider sends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrouter_async.streaming.tool_calls import ToolCallBuilder
from openrouter_async.types.chat_chunk import ToolCallFragment

Fragment = tuple[int | None, str | None, str | None, object]


def fragment(index: int | None, id: str | None, name: str | None, arguments: object) -> ToolCallFragment:
    return ToolCallFragment.model_validate(
        {"index": index, "id": id, "function": {"name": name, "arguments": arguments}}
    )


def build(*fragments: Fragment) -> list[tuple[str, str, str]]:
    builder = ToolCallBuilder()
    for each in fragments:
        builder.feed(fragment(*each))
    return [
        (call["id"], call["function"]["name"], call["function"]["arguments"]) for call in builder.as_fields()
    ]


@pytest.mark.parametrize(
    ("fragments", "calls"),
    [
        pytest.param(
            [(0, "a", "f", ""), (0, None, None, '{"x"'), (0, None, None, ":1}")],
            [("a", "f", '{"x":1}')],
            id="as documented",
        ),
        pytest.param(
            [
                (0, "a", "f", ""),
                (1, "b", "g", ""),
                (0, None, None, "{}"),
                (1, None, None, "[]"),
                (0, None, None, " "),
            ],
            [("a", "f", "{} "), ("b", "g", "[]")],
            id="interleaved",
        ),
        pytest.param(
            [(None, "a", "f", '{"x":'), (None, None, None, "1}"), (None, "b", "g", "{}")],
            [("a", "f", '{"x":1}'), ("b", "g", "{}")],
            id="no index",
        ),
        pytest.param(
            [(None, "a", "f", "{"), (None, "b", "g", "{"), (None, "a", None, "}"), (None, "b", None, "}")],
            [("a", "f", "{}"), ("b", "g", "{}")],
            id="no index, interleaved by id",
        ),
        pytest.param(
            [(0, "a", "f", "{"), (0, "a", "f", '"x":'), (0, "a", "f", "1}")],
            [("a", "f", '{"x":1}')],
            id="id and name repeated in every fragment",
        ),
        pytest.param(
            [(0, "", "f", '{"x":{}'), (0, "", "f", "}"), (0, "", "f", " ")],
            [("call_0", "f", '{"x":{}} ')],
            id="empty id, name repeated",
        ),
        pytest.param(
            [(0, "a", "f", '{"x":1}'), (0, "b", "g", "{}")],
            [("a", "f", '{"x":1}'), ("b", "g", "{}")],
            id="a new id at a used index",
        ),
        pytest.param(
            [(0, "a", "f", "{}"), (1, "a", "g", "{"), (1, "a", None, "}")],
            [("a", "f", "{}"), ("call_1", "g", "{}")],
            id="the same id for two calls",
        ),
        pytest.param(
            [(0, "a", "f", "{"), (7, "a", None, "}")],
            [("a", "f", "{}")],
            id="a known id wins over a wrong index",
        ),
        pytest.param(
            [(0, None, "f", "{}"), (0, None, "g", "{}")],
            [("call_0", "f", "{}"), ("call_1", "g", "{}")],
            id="whole calls, all at index 0, without ids",
        ),
        pytest.param(
            [(None, None, "f", "{}"), (None, None, "f", '{"x":1}')],
            [("call_0", "f", "{}"), ("call_1", "f", '{"x":1}')],
            id="whole calls of one function, with nothing but its name",
        ),
        pytest.param(
            [(0, None, "f", "{"), (0, "a", None, "}")],
            [("a", "f", "{}")],
            id="a late id",
        ),
        pytest.param(
            [(0, "a", None, None), (0, None, "f", None), (0, None, None, "{}")],
            [("a", "f", "{}")],
            id="null arguments, late name",
        ),
        pytest.param([(0, "a", "f", {"x": [1]})], [("a", "f", '{"x":[1]}')], id="arguments as an object"),
        pytest.param([(None, None, None, "{}")], [("call_0", "", "{}")], id="nothing but arguments"),
        pytest.param(
            [(None, None, "f", "{}"), (None, "call_1", "g", "{}"), (None, None, "h", "{}")],
            [("call_0", "f", "{}"), ("call_1", "g", "{}"), ("call_2", "h", "{}")],
            id="a made-up id would clash",
        ),
    ],
)
def test_fragments_become_calls(fragments: list[Fragment], calls: list[tuple[str, str, str]]) -> None:
    assert build(*fragments) == calls


def test_a_fragment_without_a_function_continues_its_call() -> None:
    builder = ToolCallBuilder()
    builder.feed(fragment(0, "a", "f", "{}"))
    assert builder.feed(ToolCallFragment(index=0)) is None
    assert len(builder.calls) == 1


def test_a_fragment_that_adds_nothing_is_no_news() -> None:
    builder = ToolCallBuilder()
    assert builder.feed(fragment(0, "a", "f", "")) is not None
    assert builder.feed(fragment(0, "a", "f", "")) is None
    assert builder.feed(fragment(0, None, None, None)) is None


CALLS = st.lists(
    st.tuples(
        st.text("abc", min_size=1, max_size=5), st.lists(st.text('{}":1', min_size=1, max_size=4), min_size=1)
    ),
    min_size=1,
    max_size=4,
)


@given(CALLS, st.randoms(use_true_random=False), st.booleans(), st.booleans())
def test_any_interleaving_gives_the_same_calls(calls, random, with_index: bool, repeated: bool) -> None:
    """Indexes and ids that are as documented lead each fragment to its call, in any order."""
    if not with_index and not repeated:
        repeated = True  # then nothing but the id tells the calls apart
    queues = []
    for number, (name, pieces) in enumerate(calls):
        index = number if with_index else None
        id = f"id-{number}"
        first: Fragment = (index, id, name, pieces[0])
        rest: list[Fragment] = [(index, id if repeated else None, None, piece) for piece in pieces[1:]]
        queues.append([first, *rest])
    fragments = []
    order: list[int] = []
    while queues_left := [number for number, queue in enumerate(queues) if queue]:
        number = random.choice(queues_left)
        order += [number] if number not in order else []
        fragments.append(queues[number].pop(0))
    expected = [(f"id-{n}", calls[n][0], "".join(calls[n][1])) for n in order]
    assert build(*fragments) == expected
