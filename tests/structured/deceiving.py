"""Replies that were made to deceive a reader: what is wanted, the text, what was meant (None: nothing), and the kind.

Rivals, drafts, examples, quoted schemas, thoughts, parts of something else, retractions, truncation, refusals.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

__all__ = ["DECEIVING", "Invoice", "Person"]


class Person(BaseModel):
    name: str
    age: int


class Line(BaseModel):
    text: str
    price: float


class Invoice(BaseModel):
    number: str
    total: float
    paid: bool = False
    lines: list[Line] = []


class Doc(BaseModel):
    """A type whose own schema fits it."""

    title: str = ""
    type: str = ""
    description: str = ""


BOB, AL = {"name": "Bob", "age": 30}, {"name": "Al", "age": 1}
GOOD, BAD = json.dumps(BOB), json.dumps(AL)
BILL, OTHER = Invoice(number="17", total=118.5), Invoice(number="16", total=20)

PAIRS: list[tuple[type[BaseModel], str, str, BaseModel, BaseModel]] = [
    (Person, GOOD, BAD, Person(**BOB), Person(**AL)),  # type: ignore[arg-type]  # the values are mixed
    (Invoice, BILL.model_dump_json(), OTHER.model_dump_json(), BILL, OTHER),
]

RIVALS = [
    "{a}\n{b}", "{a}\n\n{b}", "{a} or {b}", "Either {a} or {b}.", "First: {a}\nSecond: {b}", "{a},\n{b}", "{a}, {b}",
    "```json\n{a}\n```\n\n```json\n{b}\n```", "```json\n{a}\n{b}\n```", "```json\n{a}\n```\n{b}",
    "```json\n{a}\n```\nAlternatively: {b}", "{a}\n\nHere is another one:\n```json\n{b}\n```",
    "Option A:\n```json\n{a}\n```\nOption B:\n```json\n{b}\n```", "- {a}\n- {b}", "1. {a}\n2. {b}",
    "| {a} | {b} |", "{a}\n---\n{b}", "The first is {a}, the second is {b}.", "{a} (before), {b} (after)",
    "For the father:\n{a}\n\nFor the son:\n{b}", "<answer>{a}</answer>\n<answer>{b}</answer>",
    "Final answer:\n{a}\n\nFinal answer:\n{b}", "```json\n{a}\n```\nNo: {b}", "{a}\nThat was wrong:\n{b}",
    "{a}\n\nThe previous one was:\n{b}", "Answer: {a}\n\nUser: and the other?\n\nAnswer: {b}",
    "{a}<|im_end|>\n<|im_start|>user\nAnd another?<|im_end|>\n<|im_start|>assistant\n{b}<|im_end|>",
]  # fmt: skip
"""Two values that fit, of which none is more the answer than the other."""

OUTRANKED = [
    "<think>\n{b}\n</think>\n{a}", "<think>{b}? No.</think>\n```json\n{a}\n```", "Hm, {b}?\n</think>\n\n{a}",
    "For example, {b}\n\n```json\n{a}\n```", "Example:\n{b}\n\nAnswer:\n{a}",
    "The format is:\n```json\n{b}\n```\n\nFinal answer:\n```json\n{a}\n```",
    "Draft: {b}\n\nFinal: {a}", "My first idea was {b}, but that is not right.\n\n**Final answer**\n\n{a}",
    "### Reasoning\nPerhaps it is {b}, who knows.\n\n### Final\n{a}",
    "```json\n{b}\n```\n\nCorrected version:\n```json\n{a}\n```",
    "Maybe {b} at first sight.\n\n```json\n{a}\n```", "<draft>{b}</draft>\n<answer>{a}</answer>",
    "{b}\nWait, that is wrong.\n```json\n{a}\n```", "Do you mean {b}?\n\nThe final answer is {a}",
    "<reasoning>\n```json\n{b}\n```\n</reasoning>\n{a}", "[THINK]{b}[/THINK]{a}",
    "<|channel|>analysis<|message|>{b}<|end|><|start|>assistant<|channel|>final<|message|>{a}<|return|>",
    "```python\nperson = {b}\n```\n```json\n{a}\n```", "```bash\ncurl -d '{b}' x\n```\n\nAnswer:\n{a}",
    "<example>\n{b}\n</example>\n\n{a}", "<!-- {b} -->\n{a}", "{a}\n\nFor example, this would be another: e.g. {b}",
]  # fmt: skip
"""Two values that fit, of which one may be taken: the one that is meant."""

NONE = [
    # denied, taken back, not meant
    "{a}\n\nNo, that is wrong.", "{a}\nWait, that is wrong.", "{a}\nCorrection: the last field should be 31.",
    "```json\n{a}\n```\nActually, one field is 31.", "{a}\n\nHmm, this is not correct.", "{a}\nScratch that.",
    "{a}\n\nLet me check. All fine. Wait, one field is wrong.", "{a}\nOops, I made a mistake.",
    "{a}\n\nSorry, this is wrong.", "{a}\n\nThe answer is not right.", "{a}\n\nI was wrong about the last field.",
    "{a}\n\nLet me correct the last field.", "Perhaps this: {a}", "Hm, {a}", "A wrong answer: {a}",
    "{a}\n\n*Wait*, one field is not right.", "{a}\n(No, that is wrong.)", "{a}, no, wait: it is 31",
    "{a}\n\nEdit: it is 31.", "{a}\n\nThis is just an example.", "{a}\n\nThe last field is wrong.",
    "It isn't {a}.", "Your input {a} is not valid.",
    "### Reasoning\n{a}\n\n### Answer\nI can't tell.", "Dummy data:\n{a}",
    "Notes\n{a}\n\n## Answer\nI can't tell.",
    "{a}\n<think>Wait, that is wrong.</think>", "{a}\nPlease disregard the above.", "{a}\nOn second thought, no.",
    "{a}\n\nFinal answer: unknown", "{a}\n\n### Final answer\nI cannot tell.", "Such as:\n{a}",
    "An answer could look like this:\n```json\n{a}\n```", "Example 1, for the input: x\n{a}",
    "Expected format:\n{a}\n\nPlease send me the text.", "The answer is not {a}.", "Do you mean {a}?", "~~{a}~~",
    "I do not know it. It would be e.g. {a}", "I cannot help with that. Such data looks like {a}, for instance.",
    # thoughts
    "<think>\n{a}\n</think>", "<think>\n{a}\n", "<think>\n{a}\n</think>\nI do not know.", "{a}\n</think>",
    "<scratchpad>{a}</scratchpad>", "[THINK]{a}[/THINK]", "<|channel|>analysis<|message|>{a}", "<draft>\n{a}\n</draft>",
    # a part of something else
    "save({a})", "Person(name='Al', friend={a})", "name: Al\nfriend: {a}",
    "number: 3\ntotal: 4\nnext: {a}", "<friend>{a}</friend>", "<name>Al</name>\n<friend>\n{a}\n</friend>",
    "[Al, {a}]", "[\n{a},", "[{a}]", '{{"friend": {a}}}', '{{"friend": {a}, "name": "Al"}}', '"friend": {a}\n}}',
    "| name | friend |\n|---|---|\n| Al | {a} |", "{{1: {a}}}", "```python\nfriend = {a}\n```",
    "```sh\ncurl -d '{a}' x\n```",
    "{a})",
    '<tool_call>\n{{"name": "save", "arguments": {a}}}\n</tool_call>',
    # corrected by something that does not fit
    '{a}\n{{"name": "Bob", "age": "31?", "number": "17", "total": "?"}}', '{a}\n{{"name": Bob, "number": 17 or 18}}',
    '{{"name": "Bob", "number": "1"}}\n{a}',
    # labels
    "I read the text.\n\nReasoning:\n{a}\n\nSo I cannot tell.",
    "Example:\n{a}\n\nNo, that is wrong.", "Input: {a}\n\nFinal answer: unknown", "Such as: {a}",
    "Input: {a}\nOutput: {{\"name\": \"Bob\", \"age\": \"?\", \"number\": \"1\"}}",
    # truncation
    "{c}", "Here:\n```json\n{c}", "{a}\n{c}", '{{"result": {c}', "[{a}, {c}", "```json\n{a}\n```\nAnd:\n```json\n{c}",
    "<answer>{c}</answer>",
]  # fmt: skip
"""One value that fits, or half of one, which is not meant."""

LABELLED = [
    "Reasoning: {a}", "*Thinking...* {a}", "For example:\n{a}", "Example:\n```json\n{a}\n```", "Input: {a}", "{a},",
]  # fmt: skip
"""One value under a label that often stands before another one, or before a comma; there is no other one."""

ODD: list[tuple[Any, str, object, str]] = [
    (Person, f"**Name:** Al\n**Friend:** {GOOD}", None, "part"),
    (Person, "", None, "refusal"),
    (Person, "I'm sorry, but I can't help with that.", None, "refusal"),
    (Person, '{"error": "I cannot name people."}', None, "refusal"),
    (Person, '{"refusal": "I cannot", "name": null, "age": null}', None, "refusal"),
    (Person, '{"name": "Bob", "age": null}', None, "refusal"),
    (Person, '{"name": "...", "age": "..."}', None, "template"),
    (Person, '{"name": <name>, "age": <age>}', None, "template"),
    (Person, '{"name": string, "age": integer}', None, "schema"),
    (Person, json.dumps(Person.model_json_schema()), None, "schema"),
    (Doc, json.dumps(Doc.model_json_schema()), None, "schema"),
    (Doc, f"The schema:\n```json\n{json.dumps(Doc.model_json_schema())}\n```", None, "schema"),
    (Doc, json.dumps({"type": "object", **Doc.model_json_schema()}, indent=1), None, "schema"),
    (
        Doc,
        f'```json\n{json.dumps(Doc.model_json_schema())}\n```\n\n{{"title": "x"}}',
        Doc(title="x"),
        "schema",
    ),
    (
        dict[str, Any],
        f'The schema:\n{json.dumps(Person.model_json_schema())}\n\nThe answer:\n{{"x": 1}}',
        {"x": 1},
        "schema",
    ),
    (Person, f'Schema: {{"name": string, "age": integer}}\n\n{GOOD}', Person(**BOB), "schema"),  # type: ignore[arg-type]
    (Person, '{"name": "Al", "name": "Bob", "age": 30}', None, "a key twice"),
    (Person, '```json\n{"name": "Bob", "age": 30, "age": 31}\n```', None, "a key twice"),
    (Person, '{"name": "Al", "name": "Bob", "age": 30,}', None, "a key twice"),
    (dict[str, dict[str, int]], '{"a": {"b": 1, "b": 2}}', None, "a key twice"),
    (Person, '{"name": "Bob", "age": 30 years}', None, "made up"),
    (Person, '{"name": Bob, "age": 30}', None, "made up"),
    (Person, '{"name": "Bob", "age": }', None, "made up"),
    (Person, '{"name": "Bob" "age": 30}', None, "made up"),
    (Person, '"name": "Bob", "age": 30', None, "made up"),
    (Person, "name: Bob, age: 30", None, "made up"),
    (Person, '{"name": "Bob", "age": 3, 0}', None, "made up"),
    (Person, '{"name": "Bob", "age": 30', None, "made up"),
    (list[int], "[1, 2, ..., 9]", None, "made up"),
    (list[int], "[1 2]", None, "made up"),
    (list[int], "[1,,2]", None, "made up"),
    (list[float], "[1.5, NaN]", None, "made up"),
    (list[str], '["a" "b"]', None, "made up"),
    (list[int], "The primes are 2 and 3 [1].", None, "prose"),
    (list[int], "As shown in [1, 2], there are none.", None, "prose"),
    (list[int], "xs = [1, 2, 3][0:2]", None, "prose"),
    (list[int], "[1, 2] * 2", None, "prose"),
    (list[str], "- [ ] buy milk\n- [ ] eat", None, "prose"),
    (list[int], "The list is [1, 2].\nThe list is [1, 2, 3].", None, "rivals"),
    (list[int], 'The names:\n["a"]\nThe ages:\n[1]', None, "rivals"),
    (list[int], "The list: [2, 3]\n\nAnother list: [2, 3, 5]", None, "rivals"),
    (int, "It is 7.", None, "prose"),
    (str, "It is Oslo.", None, "prose"),
    (dict[str, Any], '{"a": 1} or {"a": true}', None, "rivals"),
    (Person, "{'name': 'Al', 'age': 1}\n{'name': 'Bob', 'age': 30}", None, "rivals"),
    (Person, f"{{'name': 'Al', 'age': 1}}\n{GOOD}", None, "rivals"),
    (Person, f"One is {{'name': 'Al', 'age': 1}}.\n\nThe other one:\n{GOOD}", None, "rivals"),
]


def _crossed() -> Iterator[tuple[Any, str, object, str]]:
    for wanted, good, bad, meant, _ in PAIRS:
        for kind, templates, right in (
            ("rivals", RIVALS, None),
            ("outranked", OUTRANKED, meant),
            ("none", NONE, None),
            ("labelled", LABELLED, meant),
        ):
            for template in templates:
                yield wanted, template.format(a=good, b=bad, c=good[:-7]), right, kind
        for template in RIVALS:
            yield wanted, template.format(a=bad, b=good), None, "rivals"


DECEIVING = [*_crossed(), *ODD]
