"""The distiller keeps the facts of a document, drops its words, and prints what has changed."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from ..support.shared import SHARED
from . import distil as script
from .distil import distil, distil_newest
from .drift import drift
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

    def test_the_newest_facts_are_completed_from_the_document_and_lack_what_is_gone(self) -> None:
        def row(id: str, status: str = "current", reply: str = "Pet") -> dict[str, str]:
            routes = {"auth": "any_key", "base": "", "method": "POST", "path": f"/{id}", "tag": "T"}
            return {"operation_id": id, "status": status, "response_schema": reply, **routes}

        cat = {"type": "object", "properties": {"type": {"enum": ["cat"], "type": "string", "x-open": True}}}
        facts = {
            "errors": {"404": {"$ref": "#/$defs/Fault"}, "500": "std"},
            "params": {},
            "status": 200,
            "body": {"$ref": "#/$defs/Cat"},
            "other_bodies": {"multipart/form-data": {"type": "object"}},
            "response": {"$ref": "#/$defs/Cat"},
            "stream": {"$ref": "#/$defs/Cat"},
        }
        schemas = {"$defs": {"Cat": cat, "Fault": {"type": "object"}}, "operations": {"createCat": facts}}
        rows = [row("createCat"), row("getNode"), row("dropNode", "gone: always 410")]
        table = distil_newest(rows, schemas, distil(DOCUMENT))
        assert sorted(table.operations) == ["createCat", "getNode"]
        cats = table.operations["createCat"]
        assert cats["body"] == {"application/json": "#Cat", "multipart/form-data": "object"}
        assert cats["replies"] == {"200": {"application/json": "#Cat", "text/event-stream": "#Cat"}}
        assert (cats["errors"], cats["error_bodies"]) == ([404, 500], {"404": "#Fault"})
        assert (cats["key"], table.operations["getNode"]["key"]) == ("any", "any")
        assert sorted(table.shapes) == ["Cat", "Dog", "Fault", "Node"]
        kind = {"type": "string", "enum": ["cat"], "open": True}
        assert table.shapes["Cat"] == {"type": "object", "fields": {"type?": kind}}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param(DOCUMENT, [], id="nothing"),
        pytest.param(
            changed(*ROUTE, "delete", to=None),
            ["operation removed: DELETE /nodes/{id} (dropNode)"],
            id="operation removed",
        ),
        pytest.param(
            changed(*ROUTE, "post", to={"operationId": "new", "tags": ["Nodes"], "responses": {"200": {}}}),
            ["operation added: POST /nodes/{id} (new)"],
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
            ["schema removed: Dog", 'Node.pet: type {"any":["#Cat","#Dog"],"by":"type"} -> #Cat'],
            id="union member",
        ),
    ],
)
def test_drift_is_a_to_do_list(document: dict[str, Any], expected: list[str]) -> None:
    assert sorted(drift(distil(DOCUMENT), distil(document))) == sorted(expected)


def test_drift_inside_a_tagged_union_member_names_the_member() -> None:
    def table(size: str) -> Table:
        members = [
            {"type": "object", "properties": {"type": {"const": tag}, "size": {"type": kind}}}
            for tag, kind in (("cat", size), ("dog", "string"))
        ]
        return distil(changed(*NODE, "properties", "pet", to={"anyOf": members}))

    assert drift(table("string"), table("integer")) == ["Node.pet<cat>.size: type string -> integer"]


class TestScript:
    @pytest.fixture
    def run(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
        pytest.importorskip("yaml", reason="the distiller reads documents with PyYAML")
        monkeypatch.setattr(script, "SPECIFICATION", tmp_path / "table.jsonl")

        def run(document: dict[str, Any], *options: str) -> int:
            path = tmp_path / "openapi.yaml"
            path.write_text(json.dumps(document), encoding="utf-8")  # JSON is YAML
            return script.main([str(path), *options])

        return run

    def test_it_prints_the_drift_then_overwrites(self, run: Any, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(DOCUMENT, "--date", "2026-08-22") == 0
        capsys.readouterr()
        assert run(changed(*NODE, "required", to=[])) == 0
        assert "- [ ] Node.name: now optional" in capsys.readouterr().out
        assert run(changed(*NODE, "required", to=[]), "--check") == 0

    def test_a_check_fails_on_drift_and_writes_nothing(
        self, run: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run(DOCUMENT, "--date", "2026-08-22")
        before = (tmp_path / "table.jsonl").read_bytes()
        assert run(changed(*NODE, "required", to=[]), "--check") == 1
        assert (tmp_path / "table.jsonl").read_bytes() == before
        assert "now optional" in capsys.readouterr().out

    def test_the_table_says_which_document_it_comes_from(self, run: Any, tmp_path: Path) -> None:
        run(DOCUMENT, "--date", "2026-08-22")
        source = Table.load(tmp_path / "table.jsonl").source
        assert source["date"] == "2026-08-22"
        assert len(source["sha256"]) == 64


def test_the_tables_are_what_the_distiller_makes_of_the_documents(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody has edited them by hand."""
    pytest.importorskip("yaml", reason="the distiller reads documents with PyYAML")
    folder = None if SHARED is None else SHARED / "api"
    if folder is None or not (folder / "openapi.yaml").is_file():
        pytest.skip("the service's documents are not beside the repository")
    newest = [str(folder / "newest_operations.csv"), str(folder / "newest_schemas.json")]
    status = script.main([str(folder / "openapi.yaml"), "--newest", *newest, "--check"])
    assert status == 0, capsys.readouterr().out
