"""The distiller keeps the facts of a document, drops its words, and prints what has changed."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from .distil import distil, distil_sdk
from .drift import Drift, drift
from .table import Table

DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "components": {
        "schemas": {
            "Node": {
                "type": "object",
                "description": "Prose about nodes",
                "properties": {
                    "name": {"type": "string", "example": "prose"},
                    "kind": {"type": "string", "enum": ["leaf", "branch"]},
                    "children": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
                    "pet": {
                        "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
                        "discriminator": {"propertyName": "type"},
                    },
                },
                "required": ["name"],
            },
            "Cat": {"type": "object", "properties": {"type": {"enum": ["cat"], "type": "string"}}},
            "Dog": {"type": "object", "properties": {"type": {"enum": ["dog"], "type": "string"}}},
            "Unused": {"type": "string"},
            "Fault": {"type": "object"},
        }
    },
    "paths": {
        "/nodes/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "get": {
                "operationId": "getNode",
                "tags": ["Nodes"],
                "summary": "Prose",
                "description": "[Management key](/docs) required.",
                "parameters": [{"name": "deep", "in": "query", "schema": {"type": "boolean"}}],
                "responses": {
                    "200": {
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Node"}}}
                    },
                    "401": {
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Fault"}}}
                    },
                },
            },
            "put": {
                "operationId": "putNode",
                "tags": ["Nodes"],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Node"}}},
                },
                "responses": {"204": {"description": "Prose"}, "401": {}},
            },
            "delete": {"operationId": "dropNode", "tags": ["Nodes"], "responses": {"204": {}}},
        }
    },
}


def changed(*path: str, to: Any) -> dict[str, Any]:
    """Return the document with one place set to another value, or removed where that is None."""
    document = copy.deepcopy(DOCUMENT)
    place = document
    for step in path[:-1]:
        place = place[step]
    if to is None:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return document


NODE = ("components", "schemas", "Node")
ROUTE = ("paths", "/nodes/{id}")


class TestDistil:
    def test_an_operation_has_its_route_parameters_bodies_and_statuses(self) -> None:
        operations = distil(DOCUMENT).operations
        assert operations["getNode"] == {
            "method": "GET",
            "path": "/nodes/{id}",
            "tag": "Nodes",
            "key": "management",
            "params": [
                {"name": "id", "in": "path", "required": True, "shape": "string"},
                {"name": "deep", "in": "query", "required": False, "shape": "boolean"},
            ],
            "body": {},
            "body_required": False,
            "replies": {"200": {"application/json": "#Node"}},
            "errors": [401],
        }
        assert operations["putNode"]["body"] == {"application/json": "#Node"}
        assert operations["putNode"]["body_required"] is True
        assert operations["putNode"]["replies"] == {"204": {}}

    def test_the_kind_of_key_is_told_by_prose_and_by_401(self) -> None:
        kinds = {name: facts["key"] for name, facts in distil(DOCUMENT).operations.items()}
        assert kinds == {"getNode": "management", "putNode": "bearer", "dropNode": "none"}

    def test_only_schemas_that_operations_lead_to_are_kept_and_cycles_end(self) -> None:
        assert list(distil(DOCUMENT).shapes) == ["Cat", "Dog", "Node"]

    def test_no_prose_is_kept(self, tmp_path: Path) -> None:
        distil(DOCUMENT).save(tmp_path / "table.jsonl")
        assert "rose" not in (tmp_path / "table.jsonl").read_text()

    def test_a_table_is_read_back_as_it_was_written(self, tmp_path: Path) -> None:
        table = distil(DOCUMENT)
        table.source = {"sha256": "00", "date": "2026-08-22"}
        table.save(tmp_path / "table.jsonl")
        assert Table.load(tmp_path / "table.jsonl") == table
        assert len((tmp_path / "table.jsonl").read_text().splitlines()) == 1 + 3 + 3

    def test_what_the_sdk_leaves_out_stays_as_it_was(self) -> None:
        cat = {"type": "object", "properties": {"lives": {"type": "integer"}, "name": {"type": "string"}}}
        facts = {
            "method": "POST",
            "path": "/cats",
            "tag": "Cats",
            "status": 201,
            "errors": {"404": {"$ref": "#/$defs/Fault"}, "500": None},
            "params": {"n": {"in": "query", "required": False, "schema": {"type": "integer"}}},
            "body": {"$ref": "#/$defs/Cat"},
            "content_type": "application/json",
            "other_bodies": {"multipart/form-data": {"type": "object"}},
            "response": {"$ref": "#/$defs/Cat"},
            "stream": {"$ref": "#/$defs/Cat"},
        }
        sdk = {"$defs": {"Cat": cat, "Fault": {"type": "object"}}, "operations": {"createCat": facts}}
        before = Table(
            operations={
                "createCat": {
                    "key": "optional",
                    "params": [{"name": "n", "in": "query", "shape": {"type": "integer", "min": 1}}],
                    "body": {},
                },
                "getNode": {"key": "any"},
            },
            shapes={
                "Cat": {
                    "type": "object",
                    "null": True,
                    "fields": {"lives": {"type": "integer", "max": 9}, "name": "integer"},
                }
            },
        )
        table = distil_sdk(sdk, before, distil(DOCUMENT))
        assert table.operations["createCat"] == {
            "method": "POST",
            "path": "/cats",
            "tag": "Cats",
            "key": "optional",
            "params": [
                {"name": "n", "in": "query", "required": False, "shape": {"type": "integer", "min": 1}}
            ],
            "body": {"application/json": "#Cat", "multipart/form-data": "object"},
            "body_required": False,
            "replies": {"201": {"application/json": "#Cat", "text/event-stream": "#Cat"}},
            "errors": [404, 500],
            "error_bodies": {"404": "#Fault"},
        }
        assert table.shapes["Cat"] == {
            "type": "object",
            "null": True,
            "fields": {"lives?": {"type": "integer", "max": 9}, "name?": "string"},
        }
        assert table.operations["getNode"]["key"] == "any", "the SDK hides it"
        assert sorted(table.operations) == ["createCat", "getNode"]
        assert sorted(table.shapes) == ["Cat", "Dog", "Fault", "Node"]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param(DOCUMENT, [], id="nothing"),
        pytest.param(
            changed(*ROUTE, "delete", to=None),
            Drift(new=[], gone=["dropNode"], operations={}, shapes={}),
            id="operation removed",
        ),
        pytest.param(
            changed(*ROUTE, "post", to={"operationId": "new", "tags": ["Nodes"], "responses": {"200": {}}}),
            Drift(new=["new"], gone=[], operations={}, shapes={}),
            id="operation added",
        ),
        pytest.param(
            changed(*ROUTE, "get", "parameters", to=[]),
            ["getNode.deep (query): property removed"],
            id="parameter removed",
        ),
        pytest.param(
            changed(*ROUTE, "put", "responses", "202", to={}),
            ["putNode: reply added: 202"],
            id="reply added",
        ),
        pytest.param(
            changed(*ROUTE, "put", "requestBody", "required", to=False),
            ["putNode: body_required true -> false"],
            id="fact of an operation",
        ),
        pytest.param(
            changed(*NODE, "properties", "size", to={"type": "integer", "minimum": 1}),
            ['Node.size: property added: {"min":1,"type":"integer"}, optional'],
            id="property added",
        ),
        pytest.param(
            changed(*NODE, "properties", "kind", to=None),
            ["Node.kind: property removed"],
            id="property removed",
        ),
        pytest.param(
            changed(*NODE, "properties", "kind", "enum", to=["leaf", "twig"]),
            ["Node.kind: enum value added: twig", "Node.kind: enum value removed: branch"],
            id="enum",
        ),
        pytest.param(changed(*NODE, "required", to=[]), ["Node.name: now optional"], id="required"),
        pytest.param(
            changed(*NODE, "properties", "name", "type", to=["string", "null"]),
            ["Node.name: now nullable"],
            id="nullable",
        ),
        pytest.param(
            changed(*NODE, "properties", "name", "type", to="integer"),
            ["Node.name: type string -> integer"],
            id="type",
        ),
        pytest.param(
            changed(*NODE, "additionalProperties", to=False), ["Node: closed null -> true"], id="closed"
        ),
        pytest.param(
            changed(*NODE, "properties", "pet", "oneOf", to=[{"$ref": "#/components/schemas/Cat"}]),
            ["Dog: gone", 'Node.pet: type {"any":["#Cat","#Dog"],"by":"type"} -> #Cat'],
            id="union member",
        ),
    ],
)
def test_drift_says_what_changed_and_where(document: dict[str, Any], expected: list[str] | Drift) -> None:
    found = drift(distil(DOCUMENT), distil(document))
    lines = [
        line for changed in (found.operations, found.shapes) for each in changed.values() for line in each
    ]
    assert expected == found if isinstance(expected, Drift) else sorted(lines) == sorted(expected)
    assert bool(found) is bool(expected)


def test_drift_inside_a_tagged_union_member_names_the_member() -> None:
    def table(size: str) -> Table:
        members = [
            {"type": "object", "properties": {"type": {"const": tag}, "size": {"type": kind}}}
            for tag, kind in (("cat", size), ("dog", "string"))
        ]
        return distil(changed(*NODE, "properties", "pet", to={"anyOf": members}))

    assert drift(table("string"), table("integer")).shapes == {
        "Node": ["Node.pet<cat>.size: type string -> integer"]
    }
