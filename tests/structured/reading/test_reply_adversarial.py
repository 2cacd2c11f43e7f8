"""Replies that were written to make the reader take a wrong value: it gives the one that was meant, or refuses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

import pytest
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, RootModel

from tests.structured.replies import BOB, GOOD, REFUSED, Person, check_reading


class Shape(BaseModel):
    label: str | None = None
    width: float = 1
    tags: list[str] = []


class Both(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    full_name: str = Field(alias="fullName")


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Colour(Enum):
    RED = "red"


class Place(NamedTuple):
    x: int
    y: int


@dataclass
class Prices:
    low: Decimal
    all: list[Decimal]


class Price(BaseModel):
    amount: Decimal


class Prices2(RootModel[dict[str, Decimal]]):
    pass


AL = '{"name": "Al", "age": 1}'

PART_OF_MORE: dict[str, tuple[object, str, object]] = {
    "a call with keywords": (Person, f'Person(name="Al", friend={GOOD})', REFUSED),
    "a call over several lines": (Person, f'Person(\n    name="Al",\n    friend=\n{GOOD}\n)', REFUSED),
    "a call with the value alone": (Person, f"save_person({GOOD})", REFUSED),
    "a call in a fence": (Person, f'```python\nPerson(name="Al", friend={GOOD})\n```', REFUSED),
    "a call in a fence for JSON": (Person, f'```json\nPerson(name="Al", friend={GOOD})\n```', REFUSED),
    "an assignment in a fence": (Person, f"```python\nfriend = {GOOD}\n```", REFUSED),
    "a shell command": (Person, f"```bash\ncurl -d '{GOOD}' example.com\n```", REFUSED),
    "XML": (Person, f"<person><name>Al</name><friend>{GOOD}</friend></person>", REFUSED),
    "XML over several lines": (
        Person,
        f"<person>\n  <name>Al</name>\n  <friend>\n{GOOD}\n  </friend>\n</person>",
        REFUSED,
    ),
    "XML that does not end": (Person, f"<person>\n<name>Al</name>\n<friend>\n{GOOD}", REFUSED),
    "a tag with attributes": (Person, f'<friend of="Al">{GOOD}</friend>', REFUSED),
    "a call of a tool in tags": (
        dict[str, Any],
        '<tool_call>\n{"name": "find", "arguments": {"q": 1}}\n</tool_call>',
        REFUSED,
    ),
    "a comment of HTML": (Person, f"<!--\n{GOOD}\n-->", REFUSED),
    "YAML": (Person, f"name: Al\nage: 1\nfriend: {GOOD}", REFUSED),
    "YAML with a line break": (Person, f"name: Al\nfriend:\n  {GOOD}", REFUSED),
    "YAML of one property": (Person, f"age: {GOOD}", REFUSED),
    "YAML with a list of one": (Person, f"age: 1\nfriends:\n- {GOOD}", REFUSED),
    "bullets of a record": (Person, f"- name: Al\n- friend: {GOOD}", REFUSED),
    "a call with a space": (Person, f"save ({GOOD}, 1)", REFUSED),
    "YAML with a list": (Person, f"name: Al\nfriends:\n  - {GOOD}", REFUSED),
    "a table": (Person, f"| name | friend |\n|---|---|\n| Al | {GOOD} |", REFUSED),
    "a table of one column": (Person, f"| friend |\n|---|\n| {GOOD} |", REFUSED),
    "keys with emphasis": (Person, f"**Name:** Al\n**Best friend:** {GOOD}", REFUSED),
    "TOML": (Person, f'name = "Al"\nfriend = {GOOD}', REFUSED),
    "Lua": (Person, f'{{name = "Al", friend = {GOOD}}}', REFUSED),
    "an object without its first brace": (Person, f'"name": "Al",\n"friend": {GOOD}\n}}', REFUSED),
    "an array without its first bracket": (Person, f"{GOOD}]", REFUSED),
    "an array without its brackets": (Person, f"{GOOD},\n{AL}", REFUSED),
    "an item with a comma in a list": (Person, f"[\n{GOOD},", REFUSED),
    "an array of words that does not end": (Person, f"[ Al,\n{GOOD}", REFUSED),
    "half of an outer object": (Person, f'{{"people": [{GOOD}, ', REFUSED),
    "half of an outer array": (Person, f"[{GOOD}, ", REFUSED),
    "an outer object of another type": (Person, f'{{"friend": {GOOD}, "name": "Al"}}', REFUSED),
    "an outer array": (Person, f"[{GOOD}]", REFUSED),
    "a set of Python": (list[int], "{[1, 2]}", REFUSED),
    "JSON text for a text": (str, '{"result": "x"}', REFUSED),
    "JSON text for a text, as was asked": (str, '{"value": "{\\"result\\": \\"x\\"}"}', '{"result": "x"}'),
    "an envelope that any value may be": (JsonValue, '{"result": {"a": 1}}', {"result": {"a": 1}}),
    "an envelope that is a part of more": (Person, f'{{"result": {GOOD}, "error": null}}', REFUSED),
    "a slice": (list[int], "xs = [1, 2, 3][0:2]", REFUSED),
    "a product": (list[int], "[1, 2] * 2", REFUSED),
}

DENIED: dict[str, tuple[object, str, object]] = {
    "denied before": (Person, f"The answer is not {GOOD}.", REFUSED),
    "denied after": (Person, f"{GOOD}\n\nNo, that is wrong.", REFUSED),
    "taken back after some prose": (Person, f"{GOOD}\n\nBob is a man. He is fine. Wait, he is 31.", REFUSED),
    "corrected by prose": (Person, f"{GOOD}\nCorrection: the age should be 31.", REFUSED),
    "corrected by prose after a fence": (Person, f"```json\n{GOOD}\n```\nActually, Bob is 31.", REFUSED),
    "corrected in thoughts": (Person, f"{GOOD}\n<think>Wait, he is 31.</think>", REFUSED),
    "corrected by a value that does not fit": (Person, f'{GOOD}\n{{"name": "Bob", "age": "31?"}}', REFUSED),
    "corrected by a broken value": (Person, f'{GOOD}\n{{"name": "Bob", "age": 31 or 32}}', REFUSED),
    "corrected by another value": (Person, f"{AL}\nThat was wrong:\n{GOOD}", REFUSED),
    "corrected in the same fence": (Person, f"```json\n{AL}\n{GOOD}\n```", REFUSED),
    "a correction in a fence": (Person, f"{AL}\nWait:\n```json\n{GOOD}\n```", BOB),
    "a correction in a second fence": (Person, f"```json\n{AL}\n```\nWait:\n```json\n{GOOD}\n```", REFUSED),
    "an example of others": (Person, f"It is like this one, for example:\n{GOOD}", REFUSED),
    "an example in a fence": (Person, f"An answer could look like this:\n```json\n{GOOD}\n```", REFUSED),
    "the format": (Person, f"The expected format:\n{GOOD}\nPlease name the person.", REFUSED),
    "the example of the prompt": (Person, f"Example 1, for the input: Bob\n{GOOD}", REFUSED),
    "a wrong answer": (Person, f"A wrong answer: {GOOD}", REFUSED),
    "a guess": (Person, f"Perhaps this: {GOOD}", REFUSED),
    "a question": (Person, f"Do you mean {GOOD}?", REFUSED),
    "quoted": (Person, f'The user wrote "{GOOD}" in the prompt.', REFUSED),
    "one of two in a sentence": (Person, f"Either {AL} or {GOOD}.", REFUSED),
    "struck out": (Person, f"~~{GOOD}~~", REFUSED),
    "a draft that does not fit": (Person, f'{{"name": "Bob"}}\n{GOOD}', REFUSED),
    "JSON lines of which one fits": (Person, f'{{"name": "Al", "age": "?"}}\n{GOOD}', REFUSED),
    "a list and a longer list": (list[int], "The list is [1, 2].\nThe list is [1, 2, 3].", REFUSED),
    "a list of another kind beside": (list[int], 'The names:\n["a"]\nThe ages:\n[1]', REFUSED),
}

WHEREVER_IT_STANDS: dict[str, tuple[object, str, object]] = {
    "an assignment": (Person, f"friend = {GOOD}", BOB),
    "an assignment with a semicolon": (Person, f"const person = {GOOD};", BOB),
    "a key of its own": (Person, f"friend: {GOOD}", BOB),
    "a key of its own, on its line": (Person, f"friend:\n  {GOOD}", BOB),
    "a bullet": (Person, f"- {GOOD}", BOB),
    "a bullet under a label": (Person, f"**The person:**\n- {GOOD}\n\nThat is all.", BOB),
    "a number": (Person, f"1. {GOOD}", BOB),
    "a quotation": (Person, f"> {GOOD}", BOB),
    "a fence in a quotation": (Person, f"> ```json\n> {GOOD}\n> ```", BOB),
    "brackets": (Person, f"({GOOD})", BOB),
    "brackets over several lines": (Person, f"(\n{GOOD}\n)", BOB),
    "brackets in a sentence": (Person, f"The person ({GOOD}) is in the text.", BOB),
    "a bullet, and the answer by itself": (Person, f"- {AL}\n\n{GOOD}", BOB),
    "two bullets": (Person, f"- {AL}\n- {GOOD}", REFUSED),
    "a bullet with a list": (list[int], "- [1, 2]", REFUSED),
    "a list of objects under a key": (list[Person], f'{{"people": [{GOOD}]}}', [BOB]),
    "a list of texts under a key": (list[str], '{"errors": ["none found"]}', REFUSED),
    "a list under one of two keys": (list[Person], f'{{"people": [{GOOD}], "more": []}}', REFUSED),
}

PROSE_DECIDES_NOTHING: dict[str, tuple[object, str, object]] = {
    "nothing but a label": (Person, f"For example:\n{GOOD}", BOB),
    "a last comma": (Person, f"{GOOD},", BOB),
    "denied in the same line": (Person, f"{GOOD} is what I would say, but no.", BOB),
    "denied before, on a line of its own": (Person, f"I would never say this:\n{GOOD}", BOB),
    "denied in German": (Person, f"Das ist nicht die Antwort:\n{GOOD}", BOB),
    "taken back in French": (Person, f"{GOOD}\nPardon, c'est faux.", BOB),
    "taken back in Chinese": (Person, f"{GOOD}\n抱歉，年龄错了。", BOB),
    "cut in a sentence": (Person, f"{GOOD} is what I would say, but no: the ans", BOB),
}
"""One thing fits; only lists of words, in every language, could tell that it is not meant."""

THOUGHTS: dict[str, tuple[object, str, object]] = {
    "thoughts that do not end, with a decoy": (Person, f"<think>\n{GOOD}\n", REFUSED),
    "thoughts within thoughts": (Person, f"<think>a<think>b</think>\n{AL}\n</think>\n{GOOD}", BOB),
    "a decoy and an answer that does not fit": (
        Person,
        f'<think>\n{AL}\n</think>\n{{"name": "Bob"}}',
        REFUSED,
    ),
    "a decoy and no answer": (Person, f"<think>\n{AL}\n</think>\nI do not know.", REFUSED),
    "thoughts of Mistral": (Person, f"[THINK]\n{AL}\n[/THINK]\n{GOOD}", BOB),
    "thoughts of Mistral that do not end": (Person, f"[THINK]\n{AL}\n", REFUSED),
    "thoughts of Kimi": (Person, f"◁think▷\n{AL}\n◁/think▷\n{GOOD}", BOB),
    "channels": (
        Person,
        f"<|channel|>analysis<|message|>{AL}<|end|><|start|>assistant<|channel|>final<|message|>{GOOD}",
        BOB,
    ),
    "a channel that does not end": (Person, f"<|channel|>analysis<|message|>\n{AL}\n", REFUSED),
    "a scratchpad": (Person, f"<scratchpad>\n{AL}\n</scratchpad>\n{GOOD}", BOB),
    "a draft in a tag": (Person, f"<draft>\n{GOOD}\n</draft>", REFUSED),
    "an answer before the end of thoughts": (Person, f"{GOOD}\n</think>", REFUSED),
    "a fence that thoughts leave open": (Person, f"<think>\n```json\n{AL}\n</think>\n{GOOD}", BOB),
}

TYPES: dict[str, tuple[object, str, object]] = {
    "true for a whole number": (Person, '{"name": "Bob", "age": true}', REFUSED),
    "a fraction for a whole number": (Person, '{"name": "Bob", "age": 30.5}', REFUSED),
    "a whole number with a point": (Person, '{"name": "Bob", "age": 30.0}', BOB),
    "a whole number with many digits and a point": (int, '{"value": 12345678901234567890.0}', REFUSED),
    "a whole number as text": (Person, '{"name": "Bob", "age": "30"}', BOB),
    "a whole number as text, with space for thousands": (int, '{"value": "1 000"}', REFUSED),
    "a whole number as text, with an underscore": (int, '{"value": "1_000"}', REFUSED),
    "a whole number as text, with a comma": (int, '{"value": "1,000"}', REFUSED),
    "a whole number as text, with zeros": (int, '{"value": "007"}', REFUSED),
    "a number for text": (Person, '{"name": 5, "age": 30}', REFUSED),
    "1 for true": (bool, '{"value": 1}', REFUSED),
    "yes for true": (bool, '{"value": "yes"}', REFUSED),
    "true as text": (bool, '{"value": "true"}', True),
    "null as text": (int | None, '{"value": "null"}', REFUSED),
    "null as text where text may be": (str | None, '{"value": "null"}', "null"),
    "NaN as text": (float, '{"value": "NaN"}', REFUSED),
    "infinity as text": (float, '{"value": "Infinity"}', REFUSED),
    "a number as text where text may be": (int | str, '{"value": "42"}', "42"),
    "a whole number that no float can be": (float, '{"value": ' + "1" * 400 + "}", REFUSED),
    "a huge whole number": (int, '{"value": ' + "1" * 400 + "}", int("1" * 400)),
    "a whole number beyond reading": (int, '{"value": ' + "1" * 5_000 + "}", REFUSED),
    "true for the literal 1": (Literal[1, 2], '{"value": true}', REFUSED),
    "1 for the literal true": (Literal[True], '{"value": 1}', REFUSED),
    "true for an enum of numbers": (Level, '{"value": true}', REFUSED),
    "an enum of numbers": (Level, '{"value": 2}', Level.HIGH),
    "the name of a member": (Colour, '{"value": "RED"}', REFUSED),
    "another case": (Literal["yes", "no"], '{"value": "Yes"}', REFUSED),
    "true in a set": (set[Literal[1]], "[true]", REFUSED),
    "true in a tuple": (tuple[Literal[1], int], "[true, 2]", REFUSED),
    "true in a named tuple": (Place, "[true, 2]", REFUSED),
    "a named tuple": (Place, "[1, 2]", Place(1, 2)),
    "a named tuple by its names": (Place, '{"x": 1, "y": 2}', Place(1, 2)),
    "a named tuple by its names, in an envelope": (Place, '{"value": {"x": 1, "y": 2}}', Place(1, 2)),
    "a named tuple by other names": (Place, '{"a": 1, "b": 2}', REFUSED),
    "a list by names": (list[int], '{"x": 1}', REFUSED),
    "a number for a time": (datetime, '{"value": 1700000000}', REFUSED),
    "a number as text for a time": (datetime, '{"value": "1700000000"}', REFUSED),
    "a number for a span of time": (timedelta, '{"value": 60}', REFUSED),
    "a day for a time": (datetime, '{"value": "2024-01-01"}', REFUSED),
    "a time": (datetime, '{"value": "2024-01-02T03:04:05Z"}', datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
    "a day": (date, '{"value": "2024-01-02"}', date(2024, 1, 2)),
    "a number for a day": (date, '{"value": 19724}', REFUSED),
    "a time of the day": (time, '{"value": "10:30"}', time(10, 30)),
    "a UUID": (
        UUID,
        '{"value": "3f2504e0-4f89-41d3-9a0c-0305e82c3301"}',
        UUID("3f2504e0-4f89-41d3-9a0c-0305e82c3301"),
    ),
    "a decimal of 25 digits": (
        Price,
        '{"amount": 1.234567890123456789012345}',
        Price(amount=Decimal("1.234567890123456789012345")),
    ),
    "decimals in a dataclass": (
        Prices,
        '{"low": 0.12345678901234567890, "all": [1.5, 12345678901234567.25]}',
        Prices(Decimal("0.12345678901234567890"), [Decimal("1.5"), Decimal("12345678901234567.25")]),
    ),
    "decimals in a map": (
        Prices2,
        '{"a": 0.12345678901234567890}',
        Prices2({"a": Decimal("0.12345678901234567890")}),
    ),
    "a decimal alone": (Decimal, '{"value": 3.14159265358979323846}', Decimal("3.14159265358979323846")),
    "decimals in a set": (set[Decimal], "[3.14159265358979323846]", REFUSED),
    "a decimal as text": (Price, '{"amount": "12.10"}', Price(amount=Decimal("12.10"))),
    "a decimal that is none": (Price, '{"amount": "NaN"}', REFUSED),
    "many digits for a float": (float, '{"value": 3.14159265358979323846}', 3.141592653589793),
    "numbers of which a validator makes their sum": (
        dict[str, Annotated[list[int], AfterValidator(sum)]],
        '{"a": [1, 2], "b": [4]}',
        {"a": 3, "b": 4},
    ),
    "a key twice": (Person, '{"name": "Bob", "age": 30, "age": 31}', REFUSED),
    "a key twice, within": (dict[str, dict[str, int]], '{"a": {"b": 1, "b": 2}}', REFUSED),
    "a key twice, wrapped": (dict[str, int] | None, '{"value": {"a": 1, "a": 2}}', REFUSED),
    "a key twice, escaped": (dict[str, int], '{"a": 1, "\\u0061": 2}', REFUSED),
    "a key twice, in JSON as text": (dict[str, dict[str, int]], '{"a": "{\\"b\\": 1, \\"b\\": 2}"}', REFUSED),
    "a key by its name and by its alias": (Both, '{"full_name": "Al", "fullName": "Bob"}', REFUSED),
    "keys that mean the same": (dict[int, str], '{"1": "a", "01": "b"}', REFUSED),
    "half of a surrogate pair": (str, '{"value": "\\ud83d"}', REFUSED),
    "a surrogate pair": (str, '{"value": "\\ud83c\\udf88"}', "🎈"),
    "a null character": (str, '{"value": "a\\u0000b"}', "a\x00b"),
    "foreign keys": (Shape, '{"colour": "red"}', REFUSED),
}

NEARLY: dict[str, tuple[object, str, object]] = {
    "a space for thousands": (list[int], "[1 500, 2 500]", REFUSED),
    "commas left out": (list[int], "[1 2]", REFUSED),
    "commas left out between lines": (list[int], "[1\n2]", REFUSED),
    "texts side by side": (list[str], '["a" "b"]', REFUSED),
    "texts one below the other": (list[str], '["a"\n"b"]', REFUSED),
    "a quote left out": (list[str], '["he said "x", "y"]', REFUSED),
    "inches": (list[str], '["5" wide", "6" high",]', REFUSED),
    "a quote of inches": (dict[str, str], '{"text": "the 5" model",}', REFUSED),
    "a Windows path and an escape elsewhere": (list[str], '["C:\\dir", "a\\nb"]', REFUSED),
    "brackets of arithmetic": (list[Any], "[(1), 2,]", REFUSED),
    "a tuple of one": (list[Any], "[(1,), 2,]", REFUSED),
    "escapes of Python": (list[str], "['\\x41']", REFUSED),
    "one kind of backslash and another": (list[str], '["C:\\dir\\new"]', REFUSED),
    "hexadecimal": (list[int], "[0x10,]", REFUSED),
    "octal": (list[int], "[010,]", REFUSED),
    "a fraction": (list[float], "[1/2,]", REFUSED),
    "a negation": (list[int], "[-(1),]", REFUSED),
    "a colour": (dict[str, Any], '{"colour": #fff,\n "b": 1}', REFUSED),
    "a choice": (dict[str, Any], '{"a": 1 | 2}', REFUSED),
    "an object with a word before it": (list[Any], "[datetime(2024, 1, 1),]", REFUSED),
    "a constructor": (list[Any], "[Decimal('1.5'),]", REFUSED),
    "bytes": (list[Any], "[b'a',]", REFUSED),
    "a text with an interpolation": (list[Any], "[f'{x}',]", REFUSED),
    "a draft that is broken": (Person, f"{{'name': 'Al', 'age': 1}}\n{GOOD}", REFUSED),
    "two that are broken": (Person, "{'name': 'Al', 'age': 1}\n{'name': 'Bob', 'age': 30}", REFUSED),
    "broken, and taken back": (Person, "{'name': 'Bob', 'age': 30}\nNo, that is wrong.", REFUSED),
    "broken, within a call": (Person, "Person(friend={'name': 'Bob', 'age': 30})", REFUSED),
}

PLAIN: dict[str, tuple[object, str, object]] = {
    "an introduction": (Person, f"Certainly! Here's the person you asked for:\n\n{GOOD}", BOB),
    "an introduction that speaks of the format": (
        Person,
        f"Here is the data in the requested format:\n{GOOD}",
        BOB,
    ),
    "a sentence before": (Person, f"Bob is thirty years old.\n\n{GOOD}", BOB),
    "reasons and an answer": (Person, f"Reasoning: Bob said that he is thirty.\nAnswer: {GOOD}", BOB),
    "a heading": (Person, f"### Answer\n\n{GOOD}", BOB),
    "the name of the type": (Person, f"Person: {GOOD}", BOB),
    "courtesy after": (Person, f"{GOOD}\n\nLet me know if you need anything else!", BOB),
    "an offer after": (Person, f"{GOOD}\n\nWould you like me to add more people?", BOB),
    "an explanation after": (Person, f"{GOOD}\n\nThe age is taken from the second sentence.", BOB),
    "an explanation after a fence": (
        Person,
        f"```json\n{GOOD}\n```\n\n**Explanation:** the age is taken from the text; the name as well.",
        BOB,
    ),
    "no more than was asked": (Person, f"Here is the JSON, without any additional text:\n{GOOD}", BOB),
    "in a tag for answers": (Person, f"<answer>\n{GOOD}\n</answer>", BOB),
    "in a tag, in a fence": (Person, f"<output>\n```json\n{GOOD}\n```\n</output>", BOB),
    "a summary and a fence": (Person, f"- **Name:** Bob\n- **Age:** 30\n\n```json\n{GOOD}\n```", BOB),
    "in French": (Person, f"Voici la réponse :\n{GOOD}", BOB),
    "in German": (Person, f"Hier ist das gewünschte JSON:\n{GOOD}", BOB),
    "in Chinese": (Person, f"以下是结果：\n{GOOD}", BOB),
    "the same twice": (Person, f"{GOOD}\n\nFinal answer:\n```json\n{GOOD}\n```", BOB),
    "single quotes around": (Person, f"'{GOOD}'", BOB),
}

TABLES = {
    f"{group}: {name}": row
    for group, table in (
        ("part", PART_OF_MORE), ("denied", DENIED), ("around", WHEREVER_IT_STANDS),
        ("prose", PROSE_DECIDES_NOTHING), ("thoughts", THOUGHTS),
        ("types", TYPES), ("nearly", NEARLY),
        ("plain", PLAIN),
    )
    for name, row in table.items()
}  # fmt: skip


@pytest.mark.parametrize(("wanted", "text", "expected"), TABLES.values(), ids=TABLES)
def test_no_wrong_value_is_taken(wanted: Any, text: str, expected: object) -> None:
    check_reading(wanted, text, expected)
