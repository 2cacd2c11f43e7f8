"""Files of prompts as people have them: each item that can be used is given as written, each other one is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from openrouter_async import ConfigurationError, Item
from openrouter_async.cli.prompt_files import PromptFile

LONG = "word " * 60_000


def read(
    folder: Path, name: str, content: str | bytes, encoding: str = "utf-8"
) -> tuple[list[Any], list[str], bytes]:
    """Return the prompts of a file, what was told, and what was kept of lines that are none."""
    path, rejected = folder / name, folder / "rejected"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    told: list[str] = []
    file = PromptFile(path, rejected=rejected, warn=told.append)
    items = [item.messages if isinstance(item, Item) else item for item in file]
    assert file.bad == len(told)
    assert len(file) == len(items) + len(told)
    return items, [line.removeprefix(f"{path}:") for line in told], rejected.read_bytes() if told else b""


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("name", ["in.csv", "in.CSV", "in.tsv"])
def test_the_header_says_what_separates_the_columns(separator: str, name: str, tmp_path: Path) -> None:
    rows = [["Key", " prompt ", "note"], ["a", "one", "x"], ["b", f'"two{separator} ""three""\nfour"', ""]]
    content = "".join(separator.join(row) + "\r\n" for row in rows)
    items, told, _ = read(tmp_path, name, content)
    assert (items, told) == (["one", f'two{separator} "three"\nfour'], [])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("in.csv", 'prompt;key\r\n"größe\n日本";a\r\n'),
        ("in.csv", 'sep=;\r\nprompt;key\r\n"größe\n日本";a\r\n'),
        ("in.csv", 'question\r\n"größe\n日本"\r\n'),
        ("in.csv", 'Frage\r\n"größe\n日本"\r\n'),
        ("in.jsonl", '{"prompt": "größe\\n日本"}\r\n'),
    ],
)
def test_files_of_spreadsheets_and_older_shells_are_read(
    encoding: str, name: str, content: str, tmp_path: Path
) -> None:
    assert read(tmp_path, name, content, encoding)[:2] == (["größe\n日本"], [])


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_an_array_has_an_item_for_each_of_its_own(indent: int | None, encoding: str, tmp_path: Path) -> None:
    array = ["größe", {"prompt": "two", "key": "b"}, 3, "four"]
    content = "\n " + json.dumps(array, indent=indent, ensure_ascii=False) + "\n"
    items, told, rejected = read(tmp_path, "in.json", content, encoding)
    assert (items[0], items[1], items[-1]) == ("größe", "two", "four")
    assert told == ["3: a int; expected text or an object with a prompt"]
    assert rejected == b"3\n"


def test_lines_that_begin_with_a_list_are_no_array(tmp_path: Path) -> None:
    items, told, _ = read(tmp_path, "in.json", '["a"]\n{"prompt": "b"}\n')
    assert (items, told) == (["b"], ["1: a list; expected text or an object with a prompt"])
    items, told, _ = read(tmp_path, "in.jsonl", '["a", {"prompt": "b"}\n')
    assert (items, [line.partition(":")[2].split(":")[0].strip() for line in told]) == (
        [],
        ["not valid JSON"],
    )


def test_an_item_of_an_array_may_be_nested_too_deep(tmp_path: Path) -> None:
    content = '["a", {"prompt": ' + "[" * 150 + "]" * 150 + "}]"
    items, told, _ = read(tmp_path, "in.json", content)
    assert (items, told) == (["a"], ["2: it is nested more than 100 deep"])


def test_a_separator_within_another_header_is_none(tmp_path: Path) -> None:
    items, told, _ = read(tmp_path, "in.csv", 'key,prompt,"a;prompt;b"\nx,one;two,y\n')
    assert (items, told) == (["one;two"], [])


@pytest.mark.parametrize("header", ["id,query", "id;query", "id\tquery", "sep=;\nid;query"])
def test_without_a_column_of_prompts_nothing_is_asked(header: str, tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError, match="the columns id, query; expected one of them to be messages, prompt"
    ):
        read(tmp_path, "in.csv", f"{header}\n1,2\n")


def test_a_field_may_be_of_any_length(tmp_path: Path) -> None:
    items, told, _ = read(tmp_path, "in.csv", f'key,prompt\na,"{LONG}"\nb,y\n')
    assert (items, told) == ([LONG, "y"], [])


def test_parameters_may_have_decimal_commas_where_these_separate_nothing(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("prompt;temperature;seed\none;0,5;7\n")
    (item,) = PromptFile(path, rejected=None, warn=pytest.fail)
    assert isinstance(item, Item)
    assert item.params == {"temperature": 0.5, "seed": 7}


def test_rows_that_cannot_be_used_are_named_and_kept_as_they_are(tmp_path: Path) -> None:
    bad = ['a;"two\nlines";x;y\r\n', "b\r\n", 'c;"has no end\nd;lost\n']
    content = f'key;prompt\r\n{bad[0]}{bad[1]}e;good\r\nf;trailing;;;\r\n5;a 5" pipe\r\n{bad[2]}'
    items, told, kept = read(tmp_path, "in.csv", content)
    assert items == ["good", "trailing", 'a 5" pipe']
    assert [line.partition(":")[0] for line in told] == ["3", "4", "9"]
    assert "4 cells; expected 2" in told[0]
    assert "a quotation mark opens a text that has no end" in told[2]
    assert kept.decode().replace("\r\n", "\n").splitlines() == [
        line for row in bad for line in row.replace("\r\n", "\n").splitlines()
    ]


@pytest.mark.parametrize("depth", [101, 500, 900, 5_000, 200_000])
@pytest.mark.parametrize("is_whole", [True, False])
@pytest.mark.parametrize("form", ['{{"prompt": {}}}', '{{"prompt": "x", "metadata": {}}}', "{}"])
def test_a_line_nested_absurdly_deep_is_named(form: str, depth: int, is_whole: bool, tmp_path: Path) -> None:
    for opened, closed in ("[]", ('{"a":', "}")):
        deep = form.format(opened * depth + ("1" + closed * depth if is_whole else ""))
        items, told, kept = read(tmp_path, "in.jsonl", f'{deep}\n"y"\n')
        assert items == ["y"]
        assert told[0].startswith("1: ")
        assert kept.decode() == deep + "\n"


def test_brackets_within_a_text_nest_nothing(tmp_path: Path) -> None:
    text = "[" * 5_000
    parts = [{"type": "text", "text": "[{"}] * 300
    lines = [{"prompt": text}, {"prompt": [{"role": "user", "content": parts}]}]
    items, told, _ = read(tmp_path, "in.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    assert told == []
    assert items[0] == text
