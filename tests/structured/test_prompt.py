"""The words that ask for a value: the description of a schema, the prompt around it, and asking again."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, JsonValue

from openrouter_async._sansio.chat_body import ChatCall
from openrouter_async.errors import ConfigurationError, ReplyNotParsed, SchemaMismatch, StructuredOutputError
from openrouter_async.structured.output import Example, Mode, Output
from openrouter_async.structured.prompt import schema_prompt, with_feedback, with_output
from openrouter_async.structured.schema import Schema
from tests.structured.fakes import reply


class Size(Enum):
    SMALL = "s"
    LARGE = "l"


class Part(BaseModel):
    name: str = Field(description="What people\n call it")
    parts: list[Part] = []


@dataclass
class Machine:
    part: Part
    price: Annotated[float, Field(gt=0)]
    size: Size
    codes: dict[str, int] = field(default_factory=dict)
    place: tuple[int, int] | None = None


DESCRIPTIONS: dict[str, tuple[Any, str]] = {
    "scalar": (int, "whole number"),
    "bounded": (Annotated[int, Field(ge=1, le=6)], "whole number  // at most 6; at least 1"),
    "choices": (Literal["a", 1], '"a" or 1'),
    "union": (int | list[str], "whole number or [text, ...]"),
    "tuple": (tuple[int, str], "[whole number, text]"),
    "open tuple": (tuple[bool, ...], "[true or false, ...]"),
    "map": (dict[str, float], "{\n  (any key): number\n}"),
    "anything": (Any, "any JSON"),
    "model": (
        Machine,
        '{\n  "part": Part,\n  "price": number,  // more than 0\n  "size": Size,\n  "codes": {\n    (any key): whole'
        ' number\n  },  // optional\n  "place": [whole number, whole number] or null,  // default null\n}\n'
        'where Part is {\n  "name": text,  // What people call it\n  "parts": [Part, ...],  // default []\n}\n'
        'where Size is "s" or "l"',
    ),
}  # fmt: skip


@pytest.mark.parametrize(("wanted", "text"), DESCRIPTIONS.values(), ids=DESCRIPTIONS)
def test_a_schema_is_described_as_it_looks(wanted: Any, text: str) -> None:
    assert Schema.from_type(wanted).describe() == text


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ({"not": {"type": "null"}}, 'any JSON  // not of the schema {"type": "null"}'),
        ({"allOf": [{"type": "integer"}, {"minimum": 3}]}, "whole number that is also any JSON"),
        ({"type": ["string", "null"]}, "text or null"),
        ({"const": {"a": 1}}, '{"a": 1}'),
        (
            {"type": "object", "if": {"required": ["a"]}, "then": {"required": ["b"]}},
            '{\n  (any key): any JSON\n}  // if {"required": ["a"]}; then {"required": ["b"]}',
        ),
        (
            {
                "type": "object",
                "patternProperties": {"^x": {"type": "string"}},
                "additionalProperties": False,
            },
            "{\n  (any key matching ^x): text\n}",
        ),
        (
            {"type": "object", "patternProperties": {"^x": {"type": "string"}}},
            "{\n  (any key matching ^x): text\n}",
        ),
        ({"type": "object", "properties": {}, "additionalProperties": False}, "{}"),
    ],
    ids=["not", "allOf", "types", "const", "if", "patterns", "patterns alone", "empty"],
)
def test_what_only_json_schemas_say_is_said_too(document: dict[str, JsonValue], text: str) -> None:
    assert Schema.from_json_schema(document).describe() == text


def test_a_schema_that_would_be_too_long_is_given_as_it_is() -> None:
    properties = {f"name_{number}": {"type": "string", "description": "x" * 100} for number in range(2_000)}
    described = Schema.from_json_schema({"type": "object", "properties": properties}).describe()
    assert described.startswith('{"type": "object"')


class TestUniversalPrompt:
    def test_the_system_prompt_stays_first_and_unchanged(self) -> None:
        assert schema_prompt(list[int], system="You are\n\nterse. ").startswith(
            "You are\n\nterse. \n\nAnswer with one"
        )

    def test_what_is_hard_to_find_in_prose_is_asked_for_in_an_object(self) -> None:
        assert '{\n  "value": whole number\n}' in schema_prompt(int)
        assert '"value"' not in schema_prompt(list[int])
        assert '"value"' not in schema_prompt(dict[str, int])

    def test_definitions_stay_outside_of_it(self) -> None:
        assert '{\n  "value": Part or whole number\n}\nwhere Part is {' in schema_prompt(Part | int)

    def test_examples_are_shown_in_the_form_that_is_asked_for(self) -> None:
        text = schema_prompt(int, examples=[7, Example(9, input="Three squared")])
        assert text.endswith(
            'Example 1:\n{"value": 7}\n\nExample 2, for the input: Three squared\n{"value": 9}'
        )

    def test_a_json_schema_will_do(self) -> None:
        assert '"a": text' in schema_prompt({"type": "object", "properties": {"a": {"type": "string"}}})

    def test_an_example_that_does_not_fit_is_told(self) -> None:
        with pytest.raises(
            ConfigurationError, match=r"examples\[1\] does not fit .*value: expected a valid integer"
        ):
            schema_prompt(int, examples=[1, "x"])


def told(error: StructuredOutputError) -> str:
    """Return the last message of a call that is asked again."""
    messages: Any = with_feedback(ChatCall("Hi"), reply(""), error).messages
    return str(messages[-1]["content"])


def test_many_violations_are_told_in_part() -> None:
    missing = [f"[{number}]: is missing" for number in range(30)]
    text = told(SchemaMismatch("it does not fit", violations=missing))
    assert text.count("is missing") == 20
    assert "- and 10 more" in text


def test_a_reply_without_a_value_is_told_why() -> None:
    text = told(ReplyNotParsed("the reply has no text"))
    assert text.startswith("Your reply cannot be used: the reply has no text.")


class TestWhatIsMadeOnce:
    call = ChatCall("Hi", "a/b")

    def test_a_call_without_parameters_asks_as_one_with_them(self) -> None:
        """Its parameters are kept, and sent as if they were checked anew."""
        output = Output(Part)
        kept = [with_output(output, self.call, "native", streaming=False) for _ in range(2)]
        given = with_output(output, ChatCall("Hi", "a/b", {"seed": 7}), "native", streaming=False)
        assert kept[0].params is kept[1].params
        bodies = [json.loads(call.body()) for call in (*kept, given)]
        assert bodies.pop() == {**bodies[0], "seed": 7}
        assert bodies[0] == bodies[1]
        assert bodies[0]["response_format"] == output.schema.response_format()
        assert bodies[0]["provider"] == {"require_parameters": True}

    def test_the_service_mends_only_whole_replies(self) -> None:
        output = Output(Part, healing=True)
        whole, streamed = (
            with_output(output, self.call, "native", streaming=streaming).sent for streaming in (False, True)
        )
        assert whole["plugins"] == [{"id": "response-healing"}]
        assert "plugins" not in streamed

    @pytest.mark.parametrize("mode", ["native", "prompted"])
    def test_the_words_are_the_same_for_every_call(self, mode: Mode) -> None:
        output = Output(Part, examples=[{"name": "bolt"}])
        words = [
            with_output(output, ChatCall(prompt), mode, streaming=False).listed for prompt in ("Hi", "Ho")
        ]
        assert words[0][0] == words[1][0]
        assert "bolt" in str(words[0][0])
        assert [said[-1] for said in words] == [
            {"role": "user", "content": "Hi"},
            {"role": "user", "content": "Ho"},
        ]

    def test_an_example_that_does_not_fit_is_told_each_time(self) -> None:
        output = Output(Part, examples=[{"name": 5}])
        for _ in range(2):
            with pytest.raises(ConfigurationError, match=r"examples\[0\] does not fit"):
                with_output(output, self.call, "prompted", streaming=False)
