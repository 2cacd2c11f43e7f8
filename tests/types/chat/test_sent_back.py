"""What goes back of a reply: accepted by strict providers whatever the model wrote, and untouched where it was fit."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrouter_async import ConfigurationError
from openrouter_async._sansio.chat_body import ChatCall, chat_body
from openrouter_async.streaming.chat.accumulator import ChatAccumulator
from openrouter_async.types.chat.completion import ChatCompletion
from openrouter_async.types.chat.messages import tool_result, user
from openrouter_async.types.chat.sent_back import fit_history
from tests.support.recordings import Recording, each_recording
from tests.support.strict_requests import faults


def call(id: Any = "a", name: Any = "look", arguments: Any = "{}", **more: Any) -> dict[str, Any]:
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}, **more}


def reply(**message: Any) -> ChatCompletion[str]:
    return ChatCompletion.model_validate(
        {"choices": [{"index": 0, "message": {"role": "assistant", **message}}]}
    )


def sent(*messages: Any) -> list[dict[str, Any]]:
    """Return the messages of a request; what is given is sent once more from JSON, as from a file."""
    body = json.loads(chat_body(ChatCall([*messages], model="a/b")))["messages"]
    again = json.loads(chat_body(ChatCall(body, model="a/b")))["messages"]
    assert again == body, "what is fit stays as it is"
    assert isinstance(body, list)
    return body


def answered(reply: ChatCompletion[str]) -> list[dict[str, Any]]:
    """Return the request after `reply`, whose calls have their results."""
    results = [tool_result(each, "done") for each in reply.tool_calls]
    return sent(user("go"), reply, *results, user("and now?"))


@pytest.mark.parametrize(
    "arguments",
    ["", " ", '{"a":', "a=1", "[1]", "1", '"text"', '{"a":1} and</b>', '{"a":NaN}', "{" * 500],
)
def test_arguments_that_are_no_object_go_back_as_one(arguments: str) -> None:
    came = reply(tool_calls=[call(arguments=arguments)])
    assert faults(answered(came)) == []
    assert came.tool_calls[0].arguments == arguments, "the caller sees what the model wrote"


def test_arguments_that_are_an_object_are_not_touched() -> None:
    text = '{ "b" : 1,\n"a": 1.0, "a": 2 }'
    assert answered(reply(tool_calls=[call(arguments=text)]))[1]["tool_calls"][0]["function"] == {
        "name": "look",
        "arguments": text,
    }


@pytest.mark.parametrize("name", ["functions.look", "look up", "schau:an", "x" * 90, " look"])
def test_a_name_that_is_refused_is_made_fit(name: str) -> None:
    assert faults(answered(reply(tool_calls=[call(name=name)]))) == []


@pytest.mark.parametrize("name", [None, "", " "])
def test_a_call_without_a_name_leaves_with_its_result(name: Any) -> None:
    came = reply(tool_calls=[call("a", name), call("b")])
    messages = answered(came)
    assert [each["id"] for each in messages[1]["tool_calls"]] == ["b"]
    assert [m["tool_call_id"] for m in messages if m["role"] == "tool"] == ["b"]
    assert answered(reply(tool_calls=[call("a", name)])) == [
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": "(no text)"},
        {"role": "user", "content": "and now?"},
    ]


@pytest.mark.parametrize("blank", [None, "", " \n", [{"type": "text", "text": " "}]])
def test_blank_text_is_null_beside_calls_and_words_alone(blank: Any) -> None:
    beside = answered(reply(content=blank, tool_calls=[call()]))
    assert (beside[1]["content"], faults(beside)) == (None, [])
    alone = answered(reply(content=blank, reasoning="hm"))
    assert (alone[1], faults(alone)) == (
        {"role": "assistant", "content": "(no text)", "reasoning": "hm"},
        [],
    )
    refused = answered(reply(content=blank, refusal="I will not."))
    assert (refused[1]["content"], faults(refused)) == ("I will not.", [])


@pytest.mark.parametrize("content", ["", "\n", [], [{"type": "text", "text": ""}]])
def test_an_empty_result_says_so(content: Any) -> None:
    result = {"role": "tool", "tool_call_id": "a", "content": content}
    messages = sent(user("go"), reply(tool_calls=[call()]), result)
    assert (messages[-1]["content"], faults(messages)) == ("(no output)", [])


def test_calls_and_results_are_brought_together() -> None:
    first = reply(tool_calls=[call("a"), call("b")])
    messages = sent(
        tool_result("z", "of no call"),
        user("go"),
        first,
        tool_result("b", "B"),
        user("in between"),
        tool_result("a", "A"),
        tool_result("a", "A again"),
        reply(content="so", tool_calls=[call("c")]),
        user("and now?"),
    )
    assert faults(messages) == []
    assert [m.get("tool_call_id") or m["role"] for m in messages] == [
        "user",
        "assistant",
        "a",
        "b",
        "user",
        "assistant",
        "c",
        "user",
    ]
    assert [m["content"] for m in messages if m["role"] == "tool"] == [
        "A",
        "B",
        "error: there is no result of this call",
    ]


def test_results_alone_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="only results of unknown calls"):
        sent(tool_result("a", "4"))


def test_an_id_that_comes_again_gets_a_new_one_wherever_it_stands() -> None:
    details = [{"type": "reasoning.encrypted", "data": "x", "id": "a", "format": "google-gemini-v1"}]
    turn = [reply(tool_calls=[call()], reasoning_details=details), tool_result("a", "1")]
    messages = sent(user("go"), *turn, *turn, *turn, user("and now?"))
    assert faults(messages) == []
    for field in ("tool_calls", "reasoning_details"):
        assert [m[field][0]["id"] for m in messages if field in m] == ["a", "a-2", "a-3"]
    assert messages[:3] == sent(user("go"), *turn), "what stands before stays, and with it the prompt cache"


def test_the_work_grows_with_the_messages_only() -> None:
    """Counted by comparisons of ids: 2,000 calls, each of which has one id, and as many results."""

    class Id(str):
        compared = 0
        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            Id.compared += 1
            return str.__eq__(self, other)

    calls = [call(Id(f"call_{number % 2 or number}")) for number in range(2_000)]
    results = [{"role": "tool", "tool_call_id": Id(each["id"]), "content": "x"} for each in calls]
    history = fit_history([{"role": "assistant", "tool_calls": calls}, *results])
    assert (len(history), faults([*history, user("on")])) == (2_001, [])
    assert Id.compared < 20_000


def test_unknown_fields_of_messages_and_calls_go_back() -> None:
    signature = {"extra_content": {"google": {"thought_signature": "c2ln"}}}
    message = answered(reply(content="x", tool_calls=[call(**signature)], thoughtSignature="c2ln"))[1]
    assert message["thoughtSignature"] == "c2ln"
    assert message["tool_calls"] == [call(**signature)]


def test_unknown_fields_of_a_streamed_message_go_back_too() -> None:
    chat = ChatAccumulator()
    signature = {"extra_content": {"google": {"thought_signature": "c2ln"}}}
    deltas: list[Any] = [
        {"content": "a", **signature},
        {"content": "b", "thoughtSignature": "c2ln"},
        {"x": None},
    ]
    for delta in deltas:
        chat.feed(chat.parse(json.dumps({"id": "gen-1", "choices": [{"index": 0, "delta": delta}]}).encode()))
    _, came = chat.finish("done")
    assert sent(user("go"), came, user("on"))[1] == {
        "role": "assistant",
        "content": "ab",
        **signature,
        "thoughtSignature": "c2ln",
    }


def test_a_chat_without_tools_is_left_alone() -> None:
    messages = [user("go"), {"role": "assistant", "content": " x "}, user(" ")]
    assert sent(*messages) == messages


MUTATIONS: dict[str, Callable[[dict[str, Any]], object]] = {
    "as it came": lambda message: None,
    "blank text": lambda message: message.update(content="\n\n"),
    "no text": lambda message: message.update(content=None),
    "no content": lambda message: message.pop("content", None),
    "parts": lambda message: message.update(content=[{"type": "text", "text": ""}]),
    "no calls": lambda message: message.update(tool_calls=[]),
    "reasoning alone": lambda message: message.update(content="", tool_calls=None, refusal=None),
    "unknown fields": lambda message: message.update(of_tomorrow={"a": [1]}),
    **{
        f"{field} {value!r}": lambda message, field=field, value=value: [
            (each if field == "id" else each.setdefault("function", {})).update({field: value})
            for each in message.get("tool_calls") or ()
        ]
        for field, values in {
            "id": ["", None, "x"],
            "name": ["", None, " ", "functions.look", "x" * 80],
            "arguments": ["", " ", None, "null", "[]", '{"a":', '{"a":1}{"a":1}', {"a": 1}, 7],
        }.items()
        for value in values
    },
    "one call twice": lambda message: message.update(tool_calls=(message.get("tool_calls") or []) * 2),
    "cut": lambda message: [
        each["function"].update(arguments=(each["function"].get("arguments") or "")[:-1])
        for each in message.get("tool_calls") or ()
        if each.get("function")
    ],
}


def recorded_reply(recording: Recording) -> ChatCompletion[str] | None:
    """Return the reply in a recording; None where it is an error."""
    if recording.kind == "chat":
        return ChatCompletion.model_validate_json(recording.body)
    chat = ChatAccumulator()
    for data in recording.data_events:
        if data != b"[DONE]":
            chat.feed(chat.parse(data))
    return chat.snapshot()


@each_recording("chat", "stream")
def test_the_second_request_of_every_recorded_exchange_is_accepted_however_it_is_damaged(
    recording: Recording,
) -> None:
    fields = recorded_reply(recording).model_dump(mode="json", exclude_unset=True)  # type: ignore[union-attr]
    refused = {}
    for label, mutate in MUTATIONS.items():
        damaged = json.loads(json.dumps(fields))
        for choice in damaged.get("choices") or ():
            mutate(choice["message"])
        came = ChatCompletion.model_validate(damaged)
        calls = came.tool_calls
        for results in (calls, calls[:-1], [*reversed(calls)], [*calls, *calls]):
            turn = [came, *(tool_result(each, "" if each is calls[-1] else "done") for each in results)]
            found = faults(sent(user("go"), *turn, user("on"), *turn, user("and now?")))
            if found:
                refused[label] = found
    assert refused == {}


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.lists(
        st.builds(
            call,
            st.none() | st.sampled_from(["", "a", "b"]),
            st.none() | st.sampled_from(["", "look", "a b"]) | st.text(max_size=5),
            st.text(max_size=12) | anything.map(json.dumps) | anything,
        ),
        max_size=4,
    ),
    st.none() | st.text(max_size=4),
    st.lists(st.sampled_from(["a", "b", "call_0"]), max_size=4),
)
def test_whatever_was_called_is_accepted(calls: list[Any], content: str | None, results: list[str]) -> None:
    came = reply(content=content, tool_calls=calls)
    turn = [came, *(tool_result(id, "") for id in results)]
    assert faults(sent(user("go"), *turn, user("on"), *turn, user("and now?"))) == []
