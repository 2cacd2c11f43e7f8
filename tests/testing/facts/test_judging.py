"""What is wrong with a request or an answer is named, with its field and value."""

from __future__ import annotations

from typing import Any

import pytest

from openrouter_async.testing.facts.judging import complaints, judge_reply, judge_request
from openrouter_async.testing.facts.samples import full_sample, minimal_sample
from openrouter_async.testing.facts.table import ServiceOperation, load_facts

FACTS = load_facts()
OPERATIONS = [pytest.param(each, id=each.id) for each in FACTS.operations.values()]
KEY = "0" * 64
A_NUMBER = {"type": "object", "fields": {"a": "integer"}}
A_TEXT = {"type": "object", "fields": {"b": "string"}}


def judge(method: str, target: str, body: Any = None, **options: Any) -> list[str]:
    path, _, query = target.partition("?")
    found = FACTS.find(method, path)
    assert found is not None
    pairs = [tuple(pair.split("=")) for pair in query.split("&") if pair]
    return [
        str(each) for each in judge_request(FACTS, found[0], path=found[1], query=pairs, body=body, **options)
    ]  # type: ignore[arg-type]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_request_made_of_samples_is_in_order(operation: ServiceOperation) -> None:
    def text(value: Any) -> str:
        return str(value).lower() if isinstance(value, bool) else str(value)

    def values(place: Any) -> list[tuple[str, str]]:
        found = []
        for name, parameter in operation.parameter(place).items():
            value = full_sample(parameter.shape, FACTS.shapes, where=name)
            found += [(name, text(item)) for item in (value if isinstance(value, list) else [value])]
        return found

    for kind, shape in operation.bodies.items() or [("application/json", None)]:
        for sample in (full_sample, minimal_sample):
            body = None if shape is None else sample(shape, FACTS.shapes)
            found = judge_request(
                FACTS, operation, path=dict(values("path")), query=values("query"), headers=dict(values("header")),
                body=body, content_type=kind,
            )  # fmt: skip
            assert found == []


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_is_not_known_is_refused_everywhere(operation: ServiceOperation) -> None:
    path = {
        name: full_sample(p.shape, FACTS.shapes, where=name)
        for name, p in operation.parameter("path").items()
    }
    found = judge_request(
        FACTS,
        operation,
        path=path,
        query=[("ofset", "1")],
        body={"invented": 1},
        content_type="text/plain",  # type: ignore[arg-type]
    )
    assert any(str(each).startswith("query.ofset: no such parameter") for each in found)
    assert any(each.where in ("body", "headers.content-type") for each in found)


@pytest.mark.parametrize(
    ("method", "target", "body", "expected"),
    [
        ("GET", "/workspaces?ofset=1", None, ['query.ofset: no such parameter, received "1"']),
        ("GET", "/workspaces?limit=many", None, ['query.limit: expected integer, received "many"']),
        ("GET", "/workspaces?limit=0", None, ["query.limit: expected at least 1, received 0"]),
        ("GET", "/workspaces?limit=1&limit=2", None, ['query.limit: expected integer, received ["1", "2"]']),
        ("GET", "/keys?include_disabled=yes", None, ["query.include_disabled"]),
        ("GET", "/batches?status=failed&status=expired", None, []),
        ("GET", "/generation", None, ["query.id: required"]),
        ("GET", "/guardrails/x", None, ['path.id: expected a uuid, received "x"']),
        ("POST", "/workspaces", {"name": 1, "slug": "a"}, ["body.name: expected string, received 1"]),
        ("POST", "/workspaces", {"slug": "a"}, ["body.name: required"]),
        ("POST", "/workspaces", {"name": "A", "slug": "A B"}, ["body.slug: expected text like"]),
        (
            "POST",
            "/workspaces",
            {"name": "A", "slug": "a", "nmae": 1},
            ["body.nmae: no such field, received 1"],
        ),
        ("POST", "/workspaces", None, ["body: required"]),
        ("PATCH", f"/keys/{KEY}", {"limit_reset": "hourly"}, ["body.limit_reset: expected one of"]),
        ("PATCH", f"/keys/{KEY}", {"limit": None, "name": "n"}, []),
        ("PATCH", f"/keys/{KEY}", {"name": None}, ["body.name: expected string, received null"]),
        ("DELETE", f"/keys/{KEY}", {"a": 1}, ["body: expected none"]),
    ],
)
def test_a_request_that_is_wrong(method: str, target: str, body: Any, expected: list[str]) -> None:
    found = judge(method, target, body)
    assert len(found) == len(expected)
    for line, start in zip(found, expected, strict=True):
        assert line.startswith(start)


def test_a_union_is_judged_by_the_member_that_is_meant() -> None:
    message = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": 1}}]}
    assert judge("POST", "/chat/completions", {"model": "a/b", "messages": [message]}) == [
        "body.messages[0].content[0].image_url.url: expected string, received 1"
    ]
    message = {"role": "user", "content": [{"type": "text", "image_url": {"url": "https://a.b/c.png"}}]}
    assert judge("POST", "/chat/completions", {"model": "a/b", "messages": [message]}) == [
        'body.messages[0].content[0].image_url: no such field, received {"url": "https://a.b/c.png"}',
        "body.messages[0].content[0].text: required",
    ]


def test_headers_that_the_operation_names_are_judged_whatever_their_case() -> None:
    body = full_sample(FACTS.operations["sendChatCompletionRequest"].bodies["application/json"], FACTS.shapes)
    assert (
        judge(
            "POST", "/chat/completions", body, headers={"x-openrouter-METADATA": "enabled", "User-Agent": "x"}
        )
        == []
    )
    found = judge("POST", "/chat/completions", body, headers={"x-openrouter-metadata": "loud"})
    assert len(found) == 1
    assert found[0].startswith("headers.x-openrouter-metadata: expected one of")


def test_another_content_type_is_refused() -> None:
    assert judge("POST", "/keys", {"name": "n"}, content_type="text/plain") == [
        'headers.content-type: expected application/json, received "text/plain"'
    ]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_answer_made_of_a_sample_is_in_order(operation: ServiceOperation) -> None:
    reply = operation.reply
    body = None if reply is None else full_sample(reply, FACTS.shapes)
    assert judge_reply(FACTS, operation, operation.status, body) == []
    for status, shape in operation.errors.items():
        assert judge_reply(FACTS, operation, status, full_sample(shape, FACTS.shapes)) == []


@pytest.mark.parametrize(
    ("id", "status", "body", "expected"),
    [
        ("deleteVaultSecret", 204, {"deleted": True}, 'body: expected none, received {"deleted": true}'),
        ("deleteVaultSecret", 200, None, "status: expected one of 204, 400"),
        ("getCredits", 200, {"data": {"total_credits": 1}}, "body.data.total_usage: required"),
        ("getCredits", 401, {"message": "no"}, "body.error: required"),
        ("listModelsCount", 200, {"data": {"count": "7"}}, 'body.data.count: expected integer, received "7"'),
    ],
)
def test_an_answer_that_is_wrong(id: str, status: int, body: Any, expected: str) -> None:
    found = [str(each) for each in judge_reply(FACTS, FACTS.operations[id], status, body)]
    assert any(line.startswith(expected) for line in found), found


@pytest.mark.parametrize(
    ("value", "shape", "count"),
    [
        ("new", {"type": "string", "enum": ["old"], "open": True}, 0),
        ("new", {"type": "string", "enum": ["old"]}, 1),
        ({"a": 1, "b": 2}, {"type": "object", "fields": {"a": "integer"}, "open": True}, 0),
        ({"a": 1, "b": 2}, {"type": "object", "fields": {"a": "integer"}}, 1),
        ({"b": "x"}, {"type": "object", "map": "integer"}, 1),
        (1.0, "integer", 0),
        (1.5, "integer", 1),
        (True, "integer", 1),
        (None, "integer|null", 0),
        (None, "integer", 1),
        (0, {"type": "number", "above": 0}, 1),
        ("2026-13", {"type": "string", "format": "date"}, 1),
        ("2026-11-28T12:00:00.5Z", {"type": "string", "format": "date-time"}, 0),
        (["a", 1], {"type": "array", "items": "string", "max_items": 1}, 2),
        ({"a": 1, "b": "x"}, {"all": [A_NUMBER, A_TEXT]}, 0),
        ({"a": "x", "b": 1}, {"all": [A_NUMBER, A_TEXT]}, 2),
    ],
)  # fmt: skip
def test_a_value_of_a_shape(value: Any, shape: Any, count: int) -> None:
    assert len(complaints(value, shape, {}, "value")) == count
