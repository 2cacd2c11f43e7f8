"""Conversations: both stores by the same tests, over the routes of the router, and the file by itself."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import anyio
import pytest

from openrouter_async import ConfigurationError
from openrouter_async.server import MemoryConversations, SQLiteConversations
from openrouter_async.server.chat.conversations_api import read_document
from openrouter_async.testing import Emulator
from tests.server.router_client import Browser, routed
from tests.support.full_disk import files_of_at_most


@pytest.fixture(params=["memory", "sqlite"])
def browser(request: pytest.FixtureRequest, emulator: Emulator, tmp_path: Path) -> Iterator[Browser]:
    store = MemoryConversations() if request.param == "memory" else tmp_path / "chats.db"
    with routed(emulator, store=store) as browser:
        yield browser


def document(
    id: str, *, title: str = "A talk", at: str = "2026-01-01T00:00:00Z", **more: Any
) -> dict[str, Any]:
    nodes = [
        {"id": "n1", "parent": None, "role": "user", "content": "Wie geht's in Ålesund?"},
        {
            "id": "n2",
            "parent": "n1",
            "role": "assistant",
            "content": [{"type": "text", "text": "It rains."}],
            "usage": {"cost": "0.01"},
            "tool_calls": [],
        },
    ]
    made = {
        "id": id,
        "title": title,
        "created_at": at,
        "updated_at": at,
        "settings": {"model": "openai/gpt-4o", "system": "", "preset": None, "params": {"temperature": 0.5}},
        "nodes": nodes,
        "leaf": "n2",
        "new_field": {"kept": [1, 2.5, None]},
    }
    return made | more


def put(browser: Browser, given: dict[str, Any]) -> int:
    return browser.put(f"api/conversations/{given['id']}", json=given).status_code


def ids(browser: Browser, **query: Any) -> list[str]:
    return [each["id"] for each in browser.get("api/conversations", params=query).json()["data"]]


def test_a_document_comes_back_as_it_was_written(browser: Browser) -> None:
    given = document("0a1b-2c")
    assert put(browser, given) == 204
    assert browser.get("api/conversations/0a1b-2c").json() == given
    changed = document("0a1b-2c", title="Another")
    assert put(browser, changed) == 204
    assert browser.get("api/conversations/0a1b-2c").json() == changed
    assert ids(browser) == ["0a1b-2c"]


def test_a_save_that_is_based_on_an_older_document_is_refused(browser: Browser) -> None:
    """Of two windows on one conversation, the second to save does not undo what the first said."""
    path = "api/conversations/one"
    put(browser, document("one"))
    version = browser.get(path).headers["etag"]
    first = browser.put(path, json=document("one", title="First"), headers={"if-match": version})
    assert first.status_code == 204
    second = browser.put(path, json=document("one", title="Second"), headers={"if-match": version})
    assert second.status_code == 412
    assert "changed meanwhile" in second.json()["error"]["message"]
    assert browser.get(path).json()["title"] == "First"
    assert browser.get(path).headers["etag"] == first.headers["etag"]
    for tag in (f"W/{first.headers['etag']}", f'"other", {first.headers["etag"]}', "*"):
        again = browser.put(path, json=document("one", title="First"), headers={"if-match": tag})
        assert again.status_code == 204, tag


def test_one_that_is_gone_may_be_saved_again(browser: Browser) -> None:
    """A server that keeps conversations in memory was started anew, say: the tab still has the text."""
    answer = browser.put("api/conversations/one", json=document("one"), headers={"if-match": '"older"'})
    assert answer.status_code == 204
    assert ids(browser) == ["one"]


def test_one_that_is_forgotten_is_gone(browser: Browser) -> None:
    put(browser, document("one"))
    assert browser.delete("api/conversations/one").status_code == 204
    assert browser.get("api/conversations/one").status_code == 404
    assert browser.delete("api/conversations/one").status_code == 404
    assert ids(browser) == []


def test_the_newest_come_first_whatever_their_zone(browser: Browser) -> None:
    put(browser, document("old", at="2026-01-01T12:00:00+00:00"))
    put(browser, document("new", at="2026-01-01T08:00:00-08:00"))
    put(browser, document("middle", at="2026-01-01T13:30:00.5+01:00"))
    listed = browser.get("api/conversations").json()
    assert [each["id"] for each in listed["data"]] == ["new", "middle", "old"]
    assert listed["total"] == 3
    assert listed["data"][0]["updated_at"] == "2026-01-01T16:00:00.000000+00:00"
    assert ids(browser, limit=1, offset=1) == ["middle"]
    assert browser.get("api/conversations", params={"limit": 0}).json() == {"data": [], "total": 3}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("rains", ["one"]),
        ("ÅLESUND", ["one"]),
        ("a TALK", ["one"]),
        ("100%", ["two"]),
        ("%", ["two"]),
        ("_", []),
        ("' OR 1=1 --", []),
        ("base64", []),
        ("", ["two", "one"]),
    ],
)
def test_title_and_text_are_searched_and_nothing_else(browser: Browser, query: str, found: list[str]) -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    put(browser, document("one"))
    nodes = [{"id": "n", "parent": None, "role": "user", "content": [picture]}]
    put(browser, document("two", title="100% sure", nodes=nodes, leaf="n", at="2026-01-02T00:00:00Z"))
    assert ids(browser, query=query) == found


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"id": "other"}, "its id"),
        ({"title": 1}, "title"),
        ({"title": "x" * 501}, "title"),
        ({"updated_at": "yesterday"}, "updated_at"),
        ({"updated_at": "2026-01-01T00:00:00"}, "updated_at"),
        ({"nodes": {}}, "nodes"),
        ({"nodes": [{"id": "a", "role": "nobody", "content": ""}]}, "role"),
        ({"nodes": [{"id": "a", "role": "user", "content": None}]}, "content"),
        ({"nodes": [{"id": "a", "role": "user", "content": ""}] * 2, "leaf": "a"}, "ids of nodes"),
        ({"leaf": "n9"}, "ids of nodes"),
    ],
)
def test_what_is_no_conversation_is_refused(browser: Browser, wrong: dict[str, Any], told: str) -> None:
    answer = browser.put("api/conversations/one", json=document("one") | wrong)
    assert answer.status_code == 422
    assert told in answer.json()["error"]["message"]
    assert ids(browser) == []


@pytest.mark.parametrize("id", ["..", "a/b", "a b", "x" * 65, "%00", "'"])
def test_an_id_is_plain(browser: Browser, id: str) -> None:
    answer = browser.put(f"api/conversations/{id}", json=document("one") | {"id": id})
    assert answer.status_code in (404, 405, 422)
    assert ids(browser) == []


def test_a_result_shows_where_the_query_was_found(browser: Browser) -> None:
    text = "before " * 100 + "the Needle itself\nand more" + " after" * 100
    said = {"id": "a", "parent": None, "role": "user", "content": text}
    browser.put("api/conversations/c", json=document("c", nodes=[said], leaf="a"))
    [found] = browser.get("api/conversations", params={"query": "NEEDLE"}).json()["data"]
    assert "before the needle itself and more after" in found["found"]
    assert found["found"][0] == found["found"][-1] == "…"
    assert len(found["found"]) < 150
    [listed] = browser.get("api/conversations").json()["data"]
    assert "found" not in listed


@pytest.mark.parametrize("query", [{"limit": "x"}, {"offset": "-1"}, {"limit": "9" * 30}, {"limit": "٣"}])
def test_a_number_that_is_none_is_refused(browser: Browser, query: dict[str, str]) -> None:
    assert browser.get("api/conversations", params=query).status_code == 400


# the file


def test_the_file_is_its_owners_and_outlives_the_router(emulator: Emulator, tmp_path: Path) -> None:
    path = tmp_path / "chats.db"
    with routed(emulator, store=path) as browser:
        put(browser, document("one"))
    assert path.stat().st_mode & 0o777 == 0o600
    with routed(emulator, store=path) as browser:
        assert ids(browser) == ["one"]


def test_many_write_at_once(tmp_path: Path) -> None:
    async def write() -> int:
        stores = [SQLiteConversations(tmp_path / "chats.db") for _ in range(2)]
        async with anyio.create_task_group() as group:
            for number in range(40):
                id = f"c{number}"
                raw = json.dumps(document(id)).encode()
                group.start_soon(stores[number % 2].put, read_document(id, raw))
        return (await stores[0].search("", limit=1, offset=0))[1]

    assert anyio.run(write) == 40


def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "chats.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 7")
    with pytest.raises(ConfigurationError, match="version 7; this library knows 1"):
        SQLiteConversations(path)


@pytest.mark.parametrize("kind", ["folder", "text", "device"])
def test_what_is_no_database_is_refused(tmp_path: Path, kind: str) -> None:
    path = {"folder": tmp_path, "text": tmp_path / "notes.txt", "device": Path("/dev/null")}[kind]
    if kind == "text":
        path.write_text("not a database " * 100)
    with pytest.raises(ConfigurationError, match="database"):
        SQLiteConversations(path)
    if kind == "text":
        assert path.read_text().startswith("not a database")


# what cannot be kept


NODE = {"id": "a", "parent": None, "role": "user", "content": ""}


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        pytest.param({"updated_at": "0001-01-01T00:00:00+14:00"}, "updated_at", id="before all time"),
        pytest.param({"created_at": "9999-12-31T23:59:59-14:00"}, "created_at", id="after all time"),
        pytest.param({"settings": {"x": float("nan")}}, "not valid JSON", id="NaN"),
        pytest.param({"settings": {"x": float("-inf")}}, "not valid JSON", id="infinite"),
        pytest.param({"nodes": [NODE | {"parent": "a"}], "leaf": "a"}, "follows itself", id="its own parent"),
        pytest.param(
            {"nodes": [NODE | {"parent": "b"}, NODE | {"id": "b", "parent": "a"}], "leaf": "a"},
            "follows itself",
            id="a circle",
        ),
    ],
)
def test_what_could_not_be_shown_again_is_refused(browser: Browser, raw: dict[str, Any], told: str) -> None:
    body = json.dumps(document("one") | raw)
    headers = {"content-type": "application/json"}
    answer = browser.put("api/conversations/one", content=body, headers=headers)
    assert answer.status_code == 422
    assert told in answer.json()["error"]["message"]
    assert ids(browser) == []


def test_the_latest_time_and_a_long_branch_are_kept(browser: Browser) -> None:
    nodes = [NODE | {"id": f"n{n}", "parent": f"n{n - 1}" if n else None} for n in range(3000)]
    assert put(browser, document("one", at="9999-12-31T23:59:59Z", nodes=nodes, leaf="n2999")) == 204


def test_memory_is_bounded(emulator: Emulator) -> None:
    with routed(emulator, store=MemoryConversations(max_bytes=3000)) as browser:
        assert put(browser, document("one")) == 204
        answer = browser.put("api/conversations/two", json=document("two", title="x" * 400, more="y" * 3000))
        assert answer.status_code == 503
        assert "take more than 3000 bytes; delete some" in answer.json()["error"]["message"]
        assert ids(browser) == ["one"]
        assert browser.delete("api/conversations/one").status_code == 204
        assert put(browser, document("three")) == 204


@pytest.mark.parametrize(
    ("broken", "told"), [("locked", "is locked"), ("gone", "unable to open"), ("spoilt", "not a database")]
)
def test_a_database_that_cannot_be_used_is_503_and_why(
    broken: str, told: str, emulator: Emulator, tmp_path: Path
) -> None:
    path = tmp_path / "chats.db"
    with routed(emulator, store=path) as browser, closing(sqlite3.connect(path)) as other:
        put(browser, document("one"))
        match broken:
            case "locked":
                other.execute("BEGIN EXCLUSIVE")
            case "gone":
                path.unlink()
            case "spoilt":
                path.write_bytes(b"no database at all " * 1000)
        answer = browser.put("api/conversations/two", json=document("two"))
        assert answer.status_code == 503
        assert answer.json()["error"]["type"] == "StoreUnavailable"
        assert told in answer.json()["error"]["message"]
    assert path.exists() == (broken != "gone")


def test_a_database_that_is_full_is_503_and_works_again(emulator: Emulator, tmp_path: Path) -> None:
    path = tmp_path / "chats.db"
    with routed(emulator, store=path) as browser:
        put(browser, document("one"))
        with files_of_at_most(path.stat().st_size + 8192):
            answer = browser.put("api/conversations/two", json=document("two", title="x", more="y" * 400_000))
        assert answer.status_code == 503
        assert put(browser, document("two")) == 204
        assert ids(browser) == ["two", "one"]


@pytest.mark.parametrize("unit", [b"[],", b'{"a":1},'])
def test_a_document_of_many_values_is_refused_before_it_is_parsed(browser: Browser, unit: bytes) -> None:
    many = b'{"id":"a","settings":{"x":[' + unit * (9_000_000 // len(unit)) + b"1]}}"
    answer = browser.put("api/conversations/a", content=many, headers={"content-type": "application/json"})
    assert answer.status_code == 413
    assert answer.json()["error"]["message"] == "the conversation contains too many values to be stored"


def test_a_document_with_much_code_is_stored(browser: Browser) -> None:
    code = 'return [{"key": a["b"], "c": {}}]\n' * 120_000
    assert put(browser, document("one", title="Code", more=code)) == 204
    assert code in browser.get("api/conversations/one").text.replace('\\"', '"').replace("\\n", "\n")
