"""Fragments find their call, whatever of index, id and name the provider sends."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrouter_async.types.chat.completion import ChatCompletion
from openrouter_async.types.chat.settled_arguments import argument_text, json_values, settled_arguments
from openrouter_async.types.chat.settled_calls import CallsBuilder

Fragment = tuple[int | None, str | None, str | None, object]


def feed(builder: CallsBuilder, index: int | None, id: str | None, name: str | None, arguments: object):
    return builder.feed(id or None, index, name or "", argument_text(arguments))


def build(*fragments: Fragment) -> list[tuple[str, str, str]]:
    builder = CallsBuilder(tools={"f", "g", "h", "get_weather"})
    for each in fragments:
        feed(builder, *each)
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
            [(0, "a", None, '{"x":'), (0, "a", "f", "{}")], [("a", "f", '{"x":{}')], id="a late name, cut"
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
            [(0, "a", "f", "{}"), (0, None, "f", '{"x":'), (0, None, "f", "1}"), (0, None, "f", "{}")],
            [("a", "f", '{"x":1}')],
            id="a placeholder under the id, the name repeated without it",
        ),
        pytest.param(
            [(0, "a", "f", '{"x":1}'), (0, None, "f", '{"x":2}')],
            [("a", "f", '{"x":1}'), ("call_1", "f", '{"x":2}')],
            id="two whole ones, the second without an id",
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
            [(0, "a", "f", ""), (0, "b", None, '{"x"'), (0, "c", "", ":1}")],
            [("a", "f", '{"x":1}')],
            id="ids that change",
        ),
        pytest.param(
            [(0, "a", "f", '{"x"'), (0, "b", "f", ":"), (0, "c", "f", "1}")],
            [("a", "f", '{"x":1}')],
            id="ids that change, name repeated",
        ),
        pytest.param(
            [(0, "a", "f", ""), (1, "b", "g", ""), (0, "c", None, '{"x":1}'), (1, "d", None, "{}")],
            [("a", "f", '{"x":1}'), ("b", "g", "{}")],
            id="ids that change, two calls side by side",
        ),
        pytest.param(
            [(0, "a", "f", '{"x":1}'), (0, "b", "f", '{"x":1}')],
            [("a", "f", '{"x":1}'), ("b", "f", '{"x":1}')],
            id="two equal calls with an id each",
        ),
        pytest.param(
            [(0, "a", "f", '{"x":1}'), (0, "a", "f", '{"x":2}')],
            [("a", "f", '{"x":1}'), ("call_1", "f", '{"x":2}')],
            id="two calls with one id at one index",
        ),
        pytest.param(
            [(0, "a", "f", ""), (0, "b", None, '{"x"'), (0, "b", None, ":1}"), (0, "b", "f", '{"x":1}')],
            [("a", "f", '{"x":1}')],
            id="an id that changed, and the whole again",
        ),
        pytest.param(
            [(0, "a", "f", '{"x"'), (0, "b", "f", ":1}"), (0, "c", "f", '{"x": 1}')],
            [("a", "f", '{"x":1}')],
            id="ids that change, and the whole again",
        ),
        pytest.param(
            [(0, "a", "f", ""), (0, "b", None, "{}"), (1, "b", "g", "{}")],
            [("a", "f", "{}"), ("b", "g", "{}")],
            id="an id that changed to that of the next call",
        ),
        pytest.param(
            [(0, None, "f", '{"x":1}'), (0, None, "f", '{"x":1}')],
            [("call_0", "f", '{"x":1}'), ("call_1", "f", '{"x":1}')],
            id="two equal calls without ids",
        ),
        pytest.param(
            [(None, "a", "f", ""), (None, "b", None, '{"x":1}')],
            [("a", "f", '{"x":1}')],
            id="another id, no index, no name",
        ),
        pytest.param(
            [(0, "a", "f", ""), (1, "a", None, "{}")], [("a", "f", "{}")], id="head and tail, one id"
        ),
        pytest.param(
            [(0, "a", "f", ""), (1, "a", "f", '{"x":1}')],
            [("a", "f", '{"x":1}')],
            id="head and tail, both named",
        ),
        pytest.param([(0, "a", "f", ""), (1, None, None, "{}")], [("a", "f", "{}")], id="a tail of no id"),
        pytest.param(
            [(0, "a", "f", '{"x"'), (1, "a", "f", ":1"), (2, "a", "f", "}")],
            [("a", "f", '{"x":1}')],
            id="an index for each fragment",
        ),
        pytest.param(
            [(0, "a", "f", '{"x": 1}'), (1, "a", "f", '{"x":1}')],
            [("a", "f", '{"x": 1}')],
            id="the same call at two indexes",
        ),
        pytest.param(
            [(0, "a", "f", "{}"), (1, "b", None, '{"x":1}')],
            [("a", "f", "{}"), ("b", "", '{"x":1}')],
            id="a call without a name stays one",
        ),
        pytest.param(
            [(0, "a", "get_", ""), (0, None, "wea", ""), (0, None, "ther", "{}")],
            [("a", "get_weather", "{}")],
            id="a name in pieces",
        ),
        pytest.param(
            [(0, "a", "get_", ""), (0, "a", "get_weather", "{}")],
            [("a", "get_weather", "{}")],
            id="the name so far",
        ),
        pytest.param(
            [(0, "a", "f", "{}"), (0, "a", "g", "{}")],
            [("a", "f", "{}"), ("call_1", "g", "{}")],
            id="two names",
        ),
        pytest.param(
            [(0, "a", "get_", "{}"), (0, "b", "time", "{}")],
            [("a", "get_", "{}"), ("b", "time", "{}")],
            id="no pieces",
        ),
        pytest.param(
            [(None, None, "f", "{}"), (None, "call_1", "g", "{}"), (None, None, "h", "{}")],
            [("call_0", "f", "{}"), ("call_1", "g", "{}"), ("call_2", "h", "{}")],
            id="a made-up id would clash",
        ),
    ],
)
def test_fragments_become_calls(fragments: list[Fragment], calls: list[tuple[str, str, str]]) -> None:
    assert build(*fragments) == calls


@pytest.mark.parametrize(
    ("pieces", "settled"),
    [
        pytest.param(['{"a"', ": 1}"], '{"a": 1}', id="as documented"),
        pytest.param(["{}", '{"a"', ": 1}"], '{"a": 1}', id="{} first"),
        pytest.param(["null", '{"a": 1}'], '{"a": 1}', id="null first"),
        pytest.param(['""', '{"a": 1}'], '{"a": 1}', id="an empty text first"),
        pytest.param(['{"a": 1}', "{}"], '{"a": 1}', id="{} last"),
        pytest.param(["{ }", '{"a"'], '{"a"', id="{} first, then cut"),
        pytest.param(['{"a"', ": 1}", '{"a":1}'], '{"a": 1}', id="again"),
        pytest.param(['{"a"', ": 1}", '{"a"', ":1}"], '{"a": 1}', id="again in pieces"),
        pytest.param(
            ['{"a": 1, "b": 2}', '{"b": 2, "a": 1}'], '{"a": 1, "b": 2}', id="again in another order"
        ),
        pytest.param(['{"a"', '{"a": 1', '{"a": 1}'], '{"a": 1}', id="all so far each time"),
        pytest.param(['{"a"', ": ", '{"a": 1}'], '{"a": 1}', id="the whole after a beginning"),
        pytest.param([json.dumps('{"a": 1}')], '{"a": 1}', id="encoded twice"),
        pytest.param([json.dumps(json.dumps('{"a": 1}'))], '{"a": 1}', id="encoded three times"),
        pytest.param(['{"a": 1}', json.dumps('{"a": 1}')], '{"a": 1}', id="again, encoded twice"),
        pytest.param(["{}", "{}"], "{}", id="{} twice"),
        pytest.param(["null"], "", id="null"),
        pytest.param(['""'], "", id="an empty text"),
        pytest.param([" "], " ", id="blank"),
        pytest.param(['{"a": 1}', '{"a": 2}'], '{"a": 1}{"a": 2}', id="two objects"),
        pytest.param(['{"a": true}', '{"a": 1}'], '{"a": true}{"a": 1}', id="true is not 1"),
        pytest.param(['{"a": 1}', " that is all"], '{"a": 1} that is all', id="and something else"),
        pytest.param(['{"a": 1}', "</tool_call>"], '{"a": 1}', id="and the end of a call"),
        pytest.param(['{"a": 1}\n</function>', "\n</tool_call><|im_end|>"], '{"a": 1}', id="and three marks"),
        pytest.param(['{"a": 1}<\uff5ctool\u2581call\u2581end\uff5c>'], '{"a": 1}', id="and a mark"),
        pytest.param(['{"a": "<|im_end|>"}'], '{"a": "<|im_end|>"}', id="a mark within"),
        pytest.param(['{"a": "x<|im_end|>'], '{"a": "x<|im_end|>', id="a mark within, then cut"),
        pytest.param(["{}</tool_call>"], "{}", id="a mark behind {}"),
        pytest.param(["</tool_call>"], "</tool_call>", id="a mark alone"),
        pytest.param(['{"a": 1}</b>'], '{"a": 1}</b>', id="and a tag"),
        pytest.param(["[1]"], "[1]", id="a list"),
        pytest.param(["a = 1"], "a = 1", id="no JSON"),
        pytest.param(['{"a":'], '{"a":', id="cut"),
        pytest.param(["[" * 10_000], "[" * 10_000, id="nested without end"),
    ],
)
def test_arguments_are_the_one_object_that_was_meant(pieces: list[str], settled: str) -> None:
    assert settled_arguments(pieces) == settled


def test_what_is_whole_and_said_again_is_no_news() -> None:
    builder = CallsBuilder()
    for text in ('{"a"', ": 1}"):
        assert feed(builder, 0, "x", "f", text)
    for text in ('{"a": 1}', '{"a":1}', json.dumps('{"a":1}'), {"a": 1}):
        assert feed(builder, 0, "x", "f", text) is None
        assert feed(builder, 0, None, None, text) is None
    assert feed(builder, 0, "x", None, '{"a": 2}') is not None


@pytest.mark.slow
def test_mischief_costs_no_more_than_its_length() -> None:
    """Fragments of which each would have to be held against all before it."""
    builder = CallsBuilder()
    for number in range(20_000):
        feed(builder, 0, f"id-{number}", "f", "{}" if number % 2 else "")
        feed(builder, 0, "x", "f", '{"a":1}')
    assert builder.as_fields()


# Any legal call, however it is sent, is that call.

ARGUMENTS = st.dictionaries(
    st.text(max_size=4),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=6),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=6,
    ),
    max_size=3,
)

MUTATIONS = (
    "head",
    "{} first",
    "ids change",
    "id repeated",
    "name repeated",
    "blank",
    "again",
    "encoded",
    "name in pieces",
)


def in_pieces(draw: st.DrawFn, text: str) -> list[str]:
    cuts = sorted(draw(st.sets(st.integers(1, len(text) - 1), max_size=4)))
    return [text[a:b] for a, b in itertools.pairwise([0, *cuts, len(text)])]


@st.composite
def sent_calls(draw: st.DrawFn) -> tuple[list[Fragment], list[tuple[str, dict[str, object]]]]:
    """Calls, and their fragments as some provider might send them."""
    names = draw(st.lists(st.sampled_from(["f", "g", "h", "get_weather"]), min_size=1, max_size=3))
    # The number keeps two calls apart that have the same id, and would be one if they were equal.
    calls = [(name, {**draw(ARGUMENTS), "number": number}) for number, name in enumerate(names)]
    # Something must tell the calls apart: an index for each, an id for each, or that they come whole in turn.
    indexes = draw(st.sampled_from(["own", "none", "each", "zero"]))
    ids = draw(st.sampled_from(["own", "none", "same"] if indexes == "own" else ["own"]))
    queues: list[list[Fragment]] = []
    for number, (name, arguments) in enumerate(calls):
        mutations = draw(st.sets(st.sampled_from(MUTATIONS)))
        id = {"own": f"id-{number}", "none": None, "same": "x"}[ids]
        text = json.dumps(arguments, ensure_ascii=draw(st.booleans()))
        written = json.dumps(text) if "encoded" in mutations else text
        fragments: list[Fragment] = []

        def add(id: str | None, name: str | None, text: object, into: list[Fragment] = fragments) -> None:
            index = {"own": number, "none": None, "each": 10 * number + len(into), "zero": 0}[indexes]  # noqa: B023
            into.append((index, id, name, text))

        if "name in pieces" in mutations and name == "get_weather" and indexes != "each":
            add(id, "get_", "")
            add(None, "weather", None)
        elif "head" in mutations:
            add(id, name, "")
        if "{} first" in mutations and indexes != "each":
            add(id, None if fragments else name, "{}")
        for piece in in_pieces(draw, written):
            repeats_id = not fragments or "id repeated" in mutations or indexes == "each"
            changes = "ids change" in mutations and indexes in ("own", "zero") and fragments and ids == "own"
            given = f"{id}-{len(fragments)}" if changes else id
            # A name beside an id that is new begins another call where `{}` stands already.
            named = not fragments or ("name repeated" in mutations and fragments[-1][3] != "{}")
            add(given if repeats_id or changes else None, name if named else None, piece)
        if "blank" in mutations and indexes != "each":
            add(None, None, draw(st.sampled_from(["", " ", None])))
        if "again" in mutations and ids != "same":
            for piece in in_pieces(draw, text) if indexes != "each" else [text]:
                # Without ids, a whole call with its name once more is another one, as Ollama sends two alike.
                is_named = piece == text and ids == "own" and draw(st.booleans())
                add(id, name if is_named else None, piece)
        queues.append(fragments)
    if indexes != "own" or draw(st.booleans()):
        return [each for queue in queues for each in queue], calls
    mixed: list[Fragment] = [queue.pop(0) for queue in queues]
    while waiting := [queue for queue in queues if queue]:
        mixed.append(draw(st.sampled_from(waiting)).pop(0))
    return mixed, calls


def test_a_call_whose_every_fragment_has_an_index_of_its_own_is_one() -> None:
    """Also where one of them is an object by itself."""
    pieces = ('{"a": [], "b":', ' {"c": 1}', ', "d": 2}')
    fragments = [(10 + number, "id-1", "f", piece) for number, piece in enumerate(pieces)]
    settled = build((0, "id-0", "f", '{"d": 0}'), *fragments)
    assert [arguments for _, _, arguments in settled] == ['{"d": 0}', "".join(pieces)]


@pytest.mark.slow
@given(sent_calls())
def test_a_call_is_itself_however_it_is_sent(sent) -> None:
    fragments, calls = sent
    settled = build(*fragments)
    assert [(name, json.loads(arguments)) for _, name, arguments in settled] == calls
    assert len({id for id, _, _ in settled}) == len(calls)
    # And once it is settled, it stays so, as it does in a reply that is sent back.
    parts = [{"id": id, "function": {"name": name, "arguments": text}} for id, name, text in settled]
    assert [
        (call.id, call.name, call.arguments)
        for call in ChatCompletion.model_validate(
            {"choices": [{"message": {"tool_calls": parts}}]}
        ).tool_calls
    ] == settled


def test_a_fragment_that_adds_nothing_is_no_news() -> None:
    builder = CallsBuilder()
    assert feed(builder, 0, "a", "f", "") is not None
    assert feed(builder, 0, "a", "f", "") is None
    assert feed(builder, 0, None, None, None) is None


CALLS = st.lists(
    st.tuples(
        st.text("abc", min_size=1, max_size=5), st.lists(st.text('{}":1', min_size=1, max_size=4), min_size=1)
    ),
    min_size=1,
    max_size=4,
)


def is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


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
    settled = build(*fragments)
    assert [(id, name) for id, name, _ in settled] == [(f"id-{n}", calls[n][0]) for n in order]
    for number, (_, _, arguments) in zip(order, settled, strict=True):
        meant = settled_arguments(calls[number][1])
        # What is no object may be told without a placeholder that came twice.
        assert arguments == meant or not (is_object(arguments) or is_object(meant))


def test_values_are_apart_by_any_space() -> None:
    values, rest = json_values(' {"a": 1}\n {"b": 2}{} ')
    assert ([value for _, value in values], rest) == ([{"a": 1}, {"b": 2}, {}], "")
