"""What is read from replies as models write them: the value that was meant, or a refusal; never another value."""

from __future__ import annotations

import time
from contextlib import suppress
from enum import Enum
from typing import Any, Literal, TypeAlias

import pytest
from pydantic import BaseModel, Field, JsonValue

from openrouter_async.errors import (
    Refused,
    ReplyNotParsed,
    ReplyTruncated,
    SchemaMismatch,
    StructuredOutputError,
)
from openrouter_async.structured.reading.candidates import MAX_TOKENS, find_candidates
from openrouter_async.structured.reading.reply import _has_marks, read_output
from openrouter_async.structured.schema import Schema
from openrouter_async.types.chat.completion import ChatCompletion
from tests.structured.replies import BOB, GOOD, Person, check_reading, read_text


class Tagged(BaseModel):
    """All of it may be left out, so any object would do for pydantic."""

    tags: list[str] = []
    note: str | None = None


class Company(BaseModel):
    name: str
    owner: Person


class Chapter(BaseModel):
    title: str
    tags: Tagged


class Note(BaseModel):
    text: str
    code: str = ""


class Pair(BaseModel):
    key: str
    value: Any


class ByAlias(BaseModel, populate_by_name=True):
    full_name: str = Field("", alias="fullName")


class Mood(Enum):
    GOOD = "good"
    BAD = "bad"


Error: TypeAlias = type[StructuredOutputError]

FENCE_IN_TEXT = '{"text": "use ```json\\n{}\\n``` here", "code": "```py\\nx\\n```"}'

REPLIES: dict[str, tuple[object, str, object]] = {
    # plain
    "only the value": (Person, GOOD, BOB),
    "white space around": (Person, f"\n\n  {GOOD}\n ", BOB),
    "byte order mark": (Person, "\ufeff" + GOOD, BOB),
    "over several lines": (Person, '{\n  "name": "Bob",\n  "age": 30\n}', BOB),
    "unicode": (Person, '{"name": "Børge 🎈", "age": 1}', Person(name="Børge 🎈", age=1)),
    "escapes": (Note, '{"text": "a\\n\\"b\\"\\u00e9"}', Note(text='a\n"b"é')),
    "a number as text": (Person, '{"name": "Bob", "age": "30"}', BOB),
    "further keys": (Person, '{"name": "Bob", "age": 30, "mood": "fine"}', BOB),
    # fences
    "a fence": (Person, f"```json\n{GOOD}\n```", BOB),
    "a fence without label": (Person, f"```\n{GOOD}\n```", BOB),
    "a fence in capitals": (Person, f"```JSON\n{GOOD}\n```", BOB),
    "a fence of tildes": (Person, f"~~~json\n{GOOD}\n~~~", BOB),
    "a fence that does not close": (Person, f"```json\n{GOOD}", BOB),
    "a fence on one line": (Person, f"```json {GOOD} ```", BOB),
    "an indented fence": (Person, f"  ```json\n  {GOOD}\n  ```", BOB),
    "a fence and prose": (Person, f"Here you are:\n\n```json\n{GOOD}\n```\n\nAnything else?", BOB),
    "Windows line ends": (Person, f"```json\r\n{GOOD}\r\n```\r\n", BOB),
    "back ticks": (Person, f"`{GOOD}`", BOB),
    "a fence inside a string": (
        Note,
        FENCE_IN_TEXT,
        Note(text="use ```json\n{}\n``` here", code="```py\nx\n```"),
    ),
    "a fence inside a string, in a fence": (
        Note,
        f"Sure.\n```json\n{FENCE_IN_TEXT}\n```",
        Note(text="use ```json\n{}\n``` here", code="```py\nx\n```"),
    ),
    "a fence of another language before": (
        Person,
        f'```bash\ncurl -d \'{{"name": "Al", "age": 1}}\' x\n```\n```json\n{GOOD}\n```',
        BOB,
    ),
    "a fence of another language before an answer without one": (
        Person,
        f'```bash\ncurl -d \'{{"name": "Al", "age": 1}}\' x\n```\n{GOOD}',
        BOB,
    ),
    "only a fence of another language": (Person, f"```python\n{GOOD}\n```", BOB),
    "two fences of which one fits": (Person, f'```json\n{{"a": 1}}\n```\n```json\n{GOOD}\n```', BOB),
    "an example in prose, the answer in a fence": (
        Person,
        f'Like {{"name": "x", "age": 1}}:\n```json\n{GOOD}\n```',
        BOB,
    ),
    # prose
    "prose before": (Person, f"Of course! Here it is: {GOOD}", BOB),
    "prose after": (Person, f"{GOOD}\nI hope that helps.", BOB),
    "prose with brackets": (Person, f"Following [1] and the {{name}} slot: {GOOD}", BOB),
    "prose with an open bracket": (Person, f"A {{ opens it. {GOOD}", ReplyNotParsed),
    "prose with an apostrophe and a quote": (Person, f"It's the 5\" model: {GOOD}", BOB),
    "doubled braces": (Person, f"Sure: {{{GOOD}}}", BOB),
    "a smiley": (Person, f":-{{ {GOOD} :-}}", ReplyNotParsed),
    "a value that fits after one that does not": (
        Person,
        f'{{"nom": "Bob"}} or rather {GOOD}',
        BOB,
    ),
    "a value that fits before one that does not": (Person, f'{GOOD}\n\nSources:\n{{"source": "web"}}', BOB),
    "the same value twice": (Person, f'{GOOD}\nSo the answer is {{"age": 30, "name": "Bob"}}.', BOB),
    "two values that differ": (Person, f'{{"name": "Al", "age": 1}} or {GOOD}', ReplyNotParsed),
    "an example in a fence and another value": (
        Person,
        f'```\n{{"name": "Al", "age": 1}}\n```\n{GOOD}',
        ReplyNotParsed,
    ),
    "JSON lines for one": (Person, f'{GOOD}\n{{"name": "Al", "age": 1}}', ReplyNotParsed),
    "JSON lines for a list": (list[Person], f'{GOOD}\n{{"name": "Al", "age": 1}}', SchemaMismatch),
    # thoughts
    "thoughts": (Person, f"<think>Who? Maybe Al.</think>\n{GOOD}", BOB),
    "thoughts with a value": (Person, f'<think>{{"name": "Al", "age": 1}}?</think>{GOOD}', BOB),
    "thoughts with half a value": (Person, f'<think>{{"name": "Al", </think>{GOOD}', BOB),
    "thoughts without a beginning": (Person, f'Hm, {{"name": "Al", "age": 1}}?\n</think>\n{GOOD}', BOB),
    "half a value in thoughts without a beginning": (Person, f'Hm, {{"name": "Al\n</think>\n{GOOD}', BOB),
    "other words for thoughts": (Person, f'<reasoning>{{"name": "Al", "age": 1}}</reasoning>{GOOD}', BOB),
    "thoughts that do not end": (Person, f"<think>I would say {GOOD}", ReplyTruncated),
    "a tag inside a string": (
        Note,
        '{"text": "a <think>b</think> c"}',
        Note(text="a <think>b</think> c"),
    ),
    "a tag inside a string, in prose": (
        Note,
        'Here: {"text": "a <think>b</think> c"}.',
        Note(text="a <think>b</think> c"),
    ),
    "the end of a tag inside a string, in prose": (
        Note,
        'Here: {"text": "a </think> c"}.',
        Note(text="a </think> c"),
    ),
    # quoted, wrapped
    "JSON in a string": (Person, '"{\\"name\\": \\"Bob\\", \\"age\\": 30}"', BOB),
    "JSON in a string in a string": (
        Person,
        '"\\"{\\\\\\"name\\\\\\": \\\\\\"Bob\\\\\\", \\\\\\"age\\\\\\": 30}\\""',
        BOB,
    ),
    "escaped quotes": (Person, '{\\"name\\": \\"Bob\\", \\"age\\": 30}', BOB),
    "a part as JSON in a string": (
        Company,
        '{"name": "X", "owner": "{\\"name\\": \\"Bob\\", \\"age\\": 30}"}',
        Company(name="X", owner=BOB),
    ),
    "an envelope": (Person, f'{{"result": {GOOD}}}', BOB),
    "an envelope with the name of the type": (Person, f'{{"person": {GOOD}}}', BOB),
    "something else with such a value in it": (Person, f'{{"spouse": {GOOD}}}', SchemaMismatch),
    "a list of one": (Person, f"[{GOOD}]", SchemaMismatch),
    "a value in a broken value": (Person, f'{{"name": "Al", "friend": {GOOD}', ReplyTruncated),
    "a value in a broken value that ends": (
        Person,
        f'Like {{"name": Al, "friend": {GOOD}}}.',
        ReplyNotParsed,
    ),
    "a value in one that does not fit": (Person, f'{{"name": "Al", "friend": {GOOD}}}', SchemaMismatch),
    # nearly JSON
    "trailing comma": (Person, '{"name": "Bob", "age": 30,}', BOB),
    "trailing comma in a list": (list[int], "[1, 2, 3,]", [1, 2, 3]),
    "line comment": (Person, '{"name": "Bob", // the name\n "age": 30}', BOB),
    "hash comment": (Person, '{"name": "Bob", # the name\n "age": 30}', BOB),
    "block comment": (Person, '{"name": "Bob", /* the name */ "age": 30}', BOB),
    "single quotes": (Person, "{'name': 'Bob', 'age': 30}", BOB),
    "an apostrophe in double quotes": (Note, "{'text': \"it's\"}", Note(text="it's")),
    "an escaped apostrophe": (Note, "{'text': 'it\\'s'}", Note(text="it's")),
    "Python's literals": (
        dict[str, JsonValue],
        '{"a": True, "b": False, "c": None}',
        {"a": True, "b": False, "c": None},
    ),
    "a Python dict in a sentence": (Person, "The dict is {'name': 'Bob', 'age': 30}.", BOB),
    "a Python tuple": (dict[str, list[int]], "{'a': (1, 2)}", {"a": [1, 2]}),
    "smart quotes": (Person, "{“name”: “Bob”, “age”: 30}", BOB),
    "a smart apostrophe": (Note, "{“text”: “it’s”}", Note(text="it’s")),
    "keys without quotes": (Person, '{name: "Bob", age: 30}', BOB),
    "a line break in a string": (Note, '{"text": "a\nb"}', Note(text="a\nb")),
    "a tab in a string": (Note, '{"text": "a\tb"}', Note(text="a\tb")),
    "quotes in a string": (Note, '{"text": "he said "hi" to me"}', Note(text='he said "hi" to me')),
    "a comma forgotten at a line end": (Person, '{"name": "Bob"\n "age": 30}', BOB),
    "a backslash": (Note, '{"text": "C:\\dir"}', Note(text="C:\\dir")),
    "a URL beside a trailing comma": (Note, '{"text": "http://a.b//c",}', Note(text="http://a.b//c")),
    "a comment that looks like a value": (list[int], "[1, // 2,\n 3]", [1, 3]),
    # nearly JSON, but not clear
    "left out items": (list[int], "[1, 2, ..., 9]", ReplyNotParsed),
    "a unit": (Person, '{"name": "Bob", "age": 30 years}', ReplyNotParsed),
    "a word without quotes": (Person, '{"name": Bob, "age": 30}', ReplyNotParsed),
    "an apostrophe in single quotes": (Note, "{'text': 'don't'}", ReplyNotParsed),
    "a key twice": (Person, '{"name": "Al", "name": "Bob", "age": 30,}', ReplyNotParsed),
    "a value left out": (dict[str, str], '{"a": "x", "b": }', ReplyNotParsed),
    "a key without a value": (dict[str, str], '{"a": "x", "b"}', ReplyNotParsed),
    "brackets of the wrong kind": (dict[str, list[int]], '{"a": [1, 2}', ReplyTruncated),
    "brackets that cross": (dict[str, Any], '{"a": [1, {"b": 2]}}', ReplyNotParsed),
    "not a number": (list[float], "[1.5, NaN]", ReplyNotParsed),
    "a sum": (list[int], "[1 + 2]", ReplyNotParsed),
    "thousands": (list[int], "[1_000]", ReplyNotParsed),
    "a template": (Person, '{"name": <name>, "age": <age>}', ReplyNotParsed),
    # truncated
    "cut in a string": (Person, '{"name": "Bo', ReplyTruncated),
    "cut in a number": (list[int], "[1, 2, 3", ReplyTruncated),
    "cut before the last bracket": (Person, '{"name": "Bob", "age": 30', ReplyTruncated),
    "cut in a fence": (Person, 'Here:\n```json\n{"name": "Bob",', ReplyTruncated),
    "whole, then another one cut": (Person, f'{GOOD}\n{{"name": "A', ReplyTruncated),
    # none at all
    "nothing": (Person, "", ReplyNotParsed),
    "prose": (Person, "I cannot tell.", ReplyNotParsed),
    "an empty fence": (Person, "```json\n```", ReplyNotParsed),
    "Markdown": (Person, "- name: Bob\n- age: 30", ReplyNotParsed),
    "XML": (Person, "<name>Bob</name><age>30</age>", ReplyNotParsed),
    # values that do not fit
    "an empty object": (Person, "{}", SchemaMismatch),
    "null": (Person, "null", SchemaMismatch),
    "a wrong type": (Person, '{"name": "Bob", "age": "thirty"}', SchemaMismatch),
    "a missing key": (Person, '{"name": "Bob"}', SchemaMismatch),
    "foreign keys where all are optional": (Tagged, '{"labels": ["a"]}', SchemaMismatch),
    "an object where all keys are optional": (Tagged, "{}", Tagged()),
    "a key by its name in place of its alias": (ByAlias, '{"full_name": "Al"}', ByAlias(fullName="Al")),
    # scalars and unions stand in an object
    "a number, wrapped": (int, '{"value": 7}', 7),
    "a number, wrapped, in prose": (int, 'The answer is {"value": 7} [1].', 7),
    "a number alone": (int, "7", 7),
    "a number alone in a fence": (int, "```\n7\n```", 7),
    "a number in prose": (int, "It is 7.", ReplyNotParsed),
    "text, wrapped": (str, '{"value": "x"}', "x"),
    "text, quoted": (str, '"x"', "x"),
    "one of few": (Literal["yes", "no"], '{"value": "yes"}', "yes"),
    "one of few, alone": (Literal["yes", "no"], '"no"', "no"),
    "none of few": (Literal["yes", "no"], '{"value": "maybe"}', SchemaMismatch),
    "an enum": (Mood, '{"value": "bad"}', Mood.BAD),
    "a union": (Person | int, f'{{"value": {GOOD}}}', BOB),
    "null or a value": (Person | None, '{"value": null}', None),
    "a map with a key value": (dict[str, int], '{"value": 1}', {"value": 1}),
    "a list": (list[int], "The primes: [2, 3, 5].", [2, 3, 5]),
    "a footnote and a list": (list[int], "As [1] says, the primes are: [2, 3]", [2, 3]),
    "a list on a line of its own": (list[int], "Here:\n\n[2, 3]\n", [2, 3]),
    "a list in a sentence": (list[int], "The answer is **[2, 3]**.", [2, 3]),
    "a list after a heading": (list[int], "**Answer:** [2, 3]", [2, 3]),
    "a list in a tag": (list[int], "<answer>[2, 3]</answer>", [2, 3]),
    "a list in a box": (list[int], "$\\boxed{[2, 3]}$", [2, 3]),
    "an empty list that is announced": (list[str], "The list is [].", []),
    # marks of prose that are JSON by chance
    "a footnote": (list[int], "The primes are 2 and 3 [1].", ReplyNotParsed),
    "footnotes": (list[int], "As shown in [1, 2], there are none.", ReplyNotParsed),
    "a list of references": (list[int], "[1] Smith, 2020", ReplyNotParsed),
    "boxes to tick": (list[str], "- [ ] buy milk\n- [ ] eat", ReplyNotParsed),
    "an index": (list[int], "The value of xs[0] is 5.", ReplyNotParsed),
    "a placeholder": (dict[str, int], "Use {} as a placeholder.", ReplyNotParsed),
    "an empty block": (Tagged, "void main() {}", ReplyNotParsed),
    "a slice": (list[int], "The answer: [1, 2, 3][::-1]", ReplyNotParsed),
    "a product": (list[int], "[0] * 5", ReplyNotParsed),
    "a call on a list": (list[int], "[1, 2].map(x => x * 2)", ReplyNotParsed),
    # a value within brackets that are no JSON
    "in a dict with numbers as keys": (Person, f"{{1: {GOOD}}}", ReplyNotParsed),
    "beside a key of two words": (Person, f'{{first name: "Al", friend: {GOOD}}}', ReplyNotParsed),
    "beside a key in back ticks": (Person, f'{{`name`: "Al", `friend`: {GOOD}}}', ReplyNotParsed),
    "beside a word in a list": (Person, f"[Al, {GOOD}]", ReplyNotParsed),
    "in an object without its first brace": (
        Person,
        f'"name": "Al", "age": 1, "friend": {GOOD}}}',
        ReplyNotParsed,
    ),
    "after a quoted name": (Person, f'Here is the JSON for "Bob": {GOOD}', BOB),
    "a footnote after a fence that does not close": (list[Any], "```json\n[1, 'x']\nDone [2].", [1, "x"]),
    "brackets in single quotes": (dict[str, str], "{'a': '},{', 'b': 'x'}", ReplyNotParsed),
    # values that parsers would change without a word
    "a number beyond all": (float | None, '{"value": 1e999}', ReplyNotParsed),
    "a key twice, with two values": (Person, '{"name": "Al", "name": "Bob", "age": 30}', SchemaMismatch),
    "a key twice, with one value": (Person, '{"name": "Bob", "name": "Bob", "age": 30}', BOB),
    "values that only Python takes for the same": (dict[str, Any], '{"a": 1} or {"a": true}', ReplyNotParsed),
    "an object that would be emptied": (Chapter, '{"title": "x", "tags": {"labels": ["a"]}}', SchemaMismatch),
    "one in a list": (list[Tagged], '[{"labels": ["a"]}]', SchemaMismatch),
    "one in a map": (dict[str, Tagged], '{"a": {"labels": ["a"]}}', SchemaMismatch),
    "an object that is empty": (Chapter, '{"title": "x", "tags": {}}', Chapter(title="x", tags=Tagged())),
    "another value after a fence": (
        Person,
        f'```json\n{{"name": "Al", "age": 1}}\n```\nNo: {GOOD}',
        ReplyNotParsed,
    ),
    # nearly JSON that says something else in another language
    "an item left out": (list[int], "[1,,2]", ReplyNotParsed),
    "texts added up": (Note, '{"text": "a" + "b"}', ReplyNotParsed),
    "a line continued": (Note, '{"text": "a\\\nb",}', ReplyNotParsed),
    "a tuple": (tuple[int, str], '[1, "a"]', (1, "a")),
}


@pytest.mark.parametrize(("wanted", "text", "expected"), REPLIES.values(), ids=REPLIES)
def test_a_reply_gives_the_value_that_was_meant_or_none(wanted: Any, text: str, expected: object) -> None:
    check_reading(wanted, text, expected)


def test_there_are_at_least_eighty_such_replies() -> None:
    assert len(REPLIES) >= 80


@pytest.mark.parametrize(
    "text",
    [text for wanted, text, expected in REPLIES.values() if wanted is Person and expected == BOB],
)
def test_no_beginning_of_a_reply_gives_another_value(text: str) -> None:
    """Cut anywhere, it gives the same value or none, though the service does not say that it was."""
    schema = Schema.from_type(Person)
    for end in range(len(text)):
        with pytest.raises(ReplyTruncated):
            read_text(text[:end], schema, finish_reason="length")
        try:
            value = read_text(text[:end], schema)
        except StructuredOutputError:
            continue
        assert value == BOB


class TestNative:
    """Replies to a strict schema stand in its form, but models that ignore it write the plain one."""

    class Stock(BaseModel):
        items: dict[str, int]
        place: tuple[int, int] = (0, 0)

    schema = Schema.from_type(Stock)

    @pytest.mark.parametrize(
        "text",
        [
            '{"items": [{"key": "nut", "value": 3}], "place": null}',
            '{"items": [{"key": "nut", "value": 3}]}',
            '{"items": {"nut": 3}}',
            '```json\n{"items": [{"key": "nut", "value": 3}], "place": {"item_1": 0, "item_2": 0}}\n```',
        ],
        ids=["strict", "without what may be null", "plain", "in a fence"],
    )
    def test_both_forms_are_understood(self, text: str) -> None:
        assert read_text(text, self.schema, is_native=True) == self.Stock(items={"nut": 3})

    @pytest.mark.parametrize(
        ("wanted", "text"),
        [
            (dict[str, Any], '{"value": [{"key": "nut", "value": "no JSON"}]}'),
            (dict[str, list[Any]], '{"value": [{"key": "nut", "value": ["no JSON"]}]}'),
            (list[Any] | dict[str, Any], '{"value": {"kind": "array", "value": ["no JSON"]}}'),
            (list[dict[str, Any]], '{"value": [{"key": "nut", "value": "1"}]}'),
        ],
        ids=["a map", "a map of lists", "a union", "one map in place of several"],
    )
    def test_the_strict_form_is_never_the_value(self, wanted: Any, text: str) -> None:
        with pytest.raises(SchemaMismatch, match="is in the strict form"):
            read_text(text, Schema.from_type(wanted), is_native=True)

    def test_keys_and_values_of_the_type_itself_are_read(self) -> None:
        schema = Schema.from_type(list[Pair])
        assert read_text('[{"key": "a", "value": 1}]', schema, is_native=True) == [Pair(key="a", value=1)]

    def test_a_key_twice_is_refused(self) -> None:
        text = '{"items": [{"key": "nut", "value": 3}, {"key": "nut", "value": 4}], "place": null}'
        with pytest.raises(SchemaMismatch, match="the key 'nut' appears twice"):
            read_text(text, self.schema, is_native=True)

    def test_a_key_twice_with_the_same_value_says_the_same(self) -> None:
        text = '{"items": [{"key": "nut", "value": 3}, {"key": "nut", "value": 3}], "place": null}'
        assert read_text(text, self.schema, is_native=True) == self.Stock(items={"nut": 3})


class TestWhyThereIsNone:
    schema = Schema.from_type(Person)

    def reply(self, **fields: object) -> ChatCompletion:
        message = {
            "role": "assistant",
            "content": fields.pop("content", None),
            "refusal": fields.pop("refusal", None),
        }
        choice = {"index": 0, "message": message, "finish_reason": fields.pop("finish_reason", "stop")}
        return ChatCompletion.model_validate({"id": "gen-1", "choices": [choice]})

    def test_a_refusal_is_told_as_one(self) -> None:
        with pytest.raises(Refused, match="the model declined to answer: no way") as caught:
            read_output(self.reply(refusal="no way"), self.schema)
        error = caught.value
        assert (error.raw, error.generation_id, error.may_have_been_billed) == ("no way", "gen-1", True)
        assert error.completion is not None

    def test_a_long_refusal_is_told_in_part_and_kept_whole(self) -> None:
        refusal = "no" * 200
        with pytest.raises(Refused) as caught:
            read_output(self.reply(refusal=refusal), self.schema)
        assert caught.value.message == f"the model declined to answer: {'no' * 150}"
        assert caught.value.raw == refusal

    def test_an_empty_refusal_beside_a_value_is_none(self) -> None:
        assert read_output(self.reply(refusal="", content=GOOD), self.schema).output == BOB

    def test_a_filtered_reply_is_a_refusal(self) -> None:
        with pytest.raises(Refused, match="filtered"):
            read_output(self.reply(content='{"name": ', finish_reason="content_filter"), self.schema)

    @pytest.mark.parametrize("content", ['{"name": "Bo', "Let me think", "", '{"name": "Bob", "age": 30,'])
    def test_the_token_limit_is_named(self, content: str) -> None:
        with pytest.raises(ReplyTruncated, match="raise max_tokens"):
            read_output(self.reply(content=content, finish_reason="length"), self.schema)

    @pytest.mark.parametrize("text", ["7", "3.1", "```\n12\n```"])
    def test_of_a_number_at_the_limit_digits_may_be_missing(self, text: str) -> None:
        with pytest.raises(ReplyTruncated):
            read_text(text, Schema.from_type(float), finish_reason="length")

    @pytest.mark.parametrize("after", ["", "\n", "\nThis is"])
    def test_a_value_before_the_cut_might_have_been_taken_back(self, after: str) -> None:
        with pytest.raises(ReplyTruncated, match="raise max_tokens"):
            read_output(self.reply(content=GOOD + after, finish_reason="length"), self.schema)

    def test_every_violation_is_told_with_its_path(self) -> None:
        schema = Schema.from_type(list[Company])
        text = '[{"name": "X", "owner": {"name": 5, "age": "?"}}, {"owner": null}]'
        with pytest.raises(SchemaMismatch) as caught:
            read_text(text, schema)
        paths = [violation.partition(":")[0] for violation in caught.value.violations]
        assert paths == ["[0].owner.name", "[0].owner.age", "[1].name", "[1].owner"]

    def test_repair_can_be_declined(self) -> None:
        with pytest.raises(ReplyNotParsed):
            read_text("{'name': 'Bob', 'age': 30}", self.schema, repair=False)

    def test_deep_nesting_is_no_crash(self) -> None:
        for text in ("[" * 100_000 + "]" * 100_000, '{"a":' * 5_000 + "1" + "}" * 5_000, "[" * 100_000):
            with pytest.raises(StructuredOutputError):
                read_text(text, Schema.from_type(list[Any]))

    def test_the_error_message_stays_short(self) -> None:
        with pytest.raises(StructuredOutputError) as caught:
            read_text("x" * 100_000, self.schema)
        assert len(str(caught.value)) < 500


MEGABYTE = 1_000_000
HOSTILE = {
    "open braces": "{" * MEGABYTE,
    "open brackets": "[" * MEGABYTE,
    "braces in prose": "{ x " * (MEGABYTE // 4),
    "open braces and quotes": '{"' * (MEGABYTE // 2),
    "quotes": '"' * MEGABYTE,
    "footnotes": "[1] " * (MEGABYTE // 4),
    "words in brackets": "{ " + "a b " * (MEGABYTE // 4) + "}",
    "brackets around words": "[a b [1]] " * (MEGABYTE // 10),
    "a key very often": '{"a": 1' + ', "b": 2' * (MEGABYTE // 8) + "}",
    "small values": "{}" * (MEGABYTE // 2),
    "broken values": "{a:1,}" * (MEGABYTE // 6),
    "one long broken list": "[" + "'a'," * (MEGABYTE // 4) + "]",
    "balanced": "[" * (MEGABYTE // 2) + "]" * (MEGABYTE // 2),
    "thoughts": "<think>" * (MEGABYTE // 7),
    "ends of thoughts": "</think>{" * (MEGABYTE // 9),
    "half tags": "<think" * (MEGABYTE // 6),
    "fences": "```json\n" * (MEGABYTE // 8),
    "back ticks": "`" * MEGABYTE,
    "escapes": '{"a": "' + '\\"' * (MEGABYTE // 2),
    "escaped quotes": "{" + '\\"' * (MEGABYTE // 2) + "}",
    "comments": "[" + "/*" * (MEGABYTE // 2) + "]",
    "spaces": "{" + " " * MEGABYTE + "}",
    "smart quotes": "[“" * (MEGABYTE // 2) + "]",
    "one broken list that may be mended": "[" + "'a'," * 30_000 + "]",
    "one broken text that may be mended": "{'a': '" + "x'" * 60_000 + "'}",
    "broken lists": ("[" * 50 + "1," + "]" * 50) * 1_000,
    "words": "word " * (MEGABYTE // 5),
    "words after a value": '{"a": 1}\n' + "word in a " * (MEGABYTE // 10),
    "words before a value": "word in a " * (MEGABYTE // 10) + ':\n{"a": 1}',
    "spaces before a value": "a" + " " * MEGABYTE + '{"a": 1}',
    "spaces after a value": '{"a": 1}' + " " * MEGABYTE + "a",
    "tags around a value": "<answer>" * 50_000 + '{"a": 1}' + "</answer>" * 50_000,
    "tags that do not end": "<a " * (MEGABYTE // 3),
    "boxes": "\\boxed{" * (MEGABYTE // 7) + '{"a": 1}',
    "one bracket": "(" * MEGABYTE,
    "one brace": '{"a": 1}' + "{ " * (MEGABYTE // 2),
    "brackets of prose": "(" * (MEGABYTE // 2) + "]" * (MEGABYTE // 2),
    "comments in a fence": "```json\n" + "/*" * (MEGABYTE // 2) + '{"a": 1}\n```',
    "the same value often": '{"a": 1}\n' * 999 + "word " * (MEGABYTE // 6),
    "broken values that may be mended": ("[" + "'a'," * 7_500 + "]\n") * 30,
    "courtesies": '{"a": 1}\n' + "let me know " * (MEGABYTE // 12),
    "formats": '{"a": 1}\n' + "in a b c d " * (MEGABYTE // 11),
    "keys of prose": "a b c d: e\n" * (MEGABYTE // 11) + '{"a": 1}',
    "quotations after a value": '{"a": 1}\n' + "\n> " * (MEGABYTE // 3),
    "blanks and lines after a value": '{"a": 1}\nx' + "\n " * (MEGABYTE // 2),
    "headings after a value": '{"a": 1}\n' + "\n# " * (MEGABYTE // 3),
    "marks of a template": '{"a": 1}' + "<|x|>" * (MEGABYTE // 5),
    "values within words": ('{"a": 1}\n' + "x" * 1_990) * 499,
    "keys before values": ('"a": ' * 390 + '{"a": 1}\n') * 499,
    "tags of prose": "".join(f"a <t{number}> " for number in range(MEGABYTE // 10)) + '{"a": 1}',
    "one key very often, in a value": '{"value": {' + ", ".join(['"a": 1'] * (MEGABYTE // 8)) + "}}",
    "long numbers": "[" + ("1" * 4_000 + ".5,") * 240 + "1]",
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_megabyte_of_hostile_text_takes_no_more_than_two_seconds(text: str) -> None:
    began = time.process_time()
    with suppress(StructuredOutputError):
        read_text(text, Schema.from_type(dict[str, int]))
    assert time.process_time() - began < 2


def test_a_value_among_more_brackets_than_code_has_is_not_looked_for() -> None:
    """To pass a megabyte of them took more than a second, in which no other task ran."""
    value = '{"a": 1}'
    few, many = (find_candidates("<a>" * count + value) for count in (MAX_TOKENS - 1, MAX_TOKENS))
    assert [candidate.text for candidate in few.found] == [value]
    assert many.found == ()


class Inner(BaseModel):
    size: int = Field(5, alias="width")


class Outer(BaseModel):
    inner: Inner


def test_a_key_that_a_model_passes_over_is_not_taken_for_one_that_it_kept() -> None:
    with pytest.raises(SchemaMismatch, match="inner: has none of the keys that are known there"):
        read_text('{"inner": {"size": 3}}', Schema.from_type(Outer))


class Store(BaseModel):
    name: str = Field(max_length=4)
    stock: dict[str, int] = {}


@pytest.mark.parametrize("stock", ['{"key": "x", "value": "y"}', '{"key": "x", "value": 1}, 3'])
@pytest.mark.parametrize("turned", [False, True])
def test_what_is_wrong_with_the_likeliest_value_is_said_and_not_that_of_another(
    turned: bool, stock: str
) -> None:
    """One is in the strict form, but its stock is not of the schema; the other, longer, has a long name."""
    texts = [
        f'{{"name": "a", "stock": [{stock}]}}',
        '{"name": "much too long a name for that store of ours", "stock": []}',
    ]
    text = " or rather ".join(reversed(texts) if turned else texts)
    with pytest.raises(SchemaMismatch) as caught:
        read_text(text, Schema.from_type(Store), is_native=True)
    assert list(caught.value.violations) == ["name: string should have at most 4 characters"]


ANYTHING = {"type": "object", "properties": {"a": {}}, "required": ["a"]}
HELD = {
    "type": "object",
    "properties": {"held": {"type": "array", "items": ANYTHING}, "n": {"type": "integer"}},
    "required": ["held", "n"],
}


@pytest.mark.parametrize(
    ("schema", "text", "violation"),
    [
        pytest.param(
            Schema.from_type(int),
            '{"value": "x"}',
            "value: expected a valid integer, got 'x'",
            id="the value inside, and then that an object is no integer",
        ),
        pytest.param(
            Schema.from_json_schema(HELD),
            f'{{"held": [{{"a": "{"[" * 199}{"]" * 199}"}}], "n": "x"}}',
            "value: cannot be read as JSON: recursion limit exceeded at line 1 column 213",
            id="JSON in a text that is too deep, and then that n is no integer",
        ),
    ],
)
def test_of_a_value_that_may_be_read_in_two_ways_the_first_violation_is_told(
    schema: Schema[Any], text: str, violation: str
) -> None:
    with pytest.raises(SchemaMismatch) as caught:
        read_text(text, schema, is_native=True)
    assert list(caught.value.violations) == [violation]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"key": "x", "value": 1}, True),
        ({"a": {"b": {"key": "x", "value": 1}}}, True),
        ([{"a": [{"key": "x", "value": 1}]}], True),
        ({"key": "x", "value": 1, "more": 2}, False),
        ({"a": {"kind": "x", "value": 1}}, False),
        ("key", False),
    ],
)
def test_marks_of_the_strict_form_are_found_at_any_depth(value: JsonValue, expected: bool) -> None:
    assert _has_marks(value, {"key"}) is expected
