"""The packaged table: which operations there are, and how they are found."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest

import openrouter_async.testing.facts as room
from openrouter_async.testing.facts.shapes import names_in
from openrouter_async.testing.facts.table import load_facts

FACTS = load_facts()


def test_every_operation_of_the_service_is_there() -> None:
    assert len(FACTS.operations) == 138
    assert {
        "createMessages",
        "createResponses",
        "listWorkspaces",
        "deleteVaultSecret",
    } <= FACTS.operations.keys()
    assert "listInterns" not in FACTS.operations, "it was withdrawn"


@pytest.mark.parametrize(
    ("method", "path", "id", "parts"),
    [
        ("GET", "/models", "getModels", {}),
        ("GET", "/models/count", "listModelsCount", {}),
        ("GET", "/models/openai/gpt-4o/endpoints", "listEndpoints", {"author": "openai", "slug": "gpt-4o"}),
        ("DELETE", "/vault/secrets/A%2FB", "deleteVaultSecret", {"name": "A/B"}),
        (
            "PUT",
            "/workspaces/w/budgets/daily",
            "upsertWorkspaceBudget",
            {"workspace_ref": "w", "interval": "daily"},
        ),
        ("POST", "/api/alpha/decisions", "createApiAlphaDecisions", {}),
    ],
)
def test_an_operation_is_found_by_method_and_path(
    method: str, path: str, id: str, parts: dict[str, str]
) -> None:
    found = FACTS.find(method, path)
    assert found is not None
    assert (found[0].id, found[1]) == (id, parts)


@pytest.mark.parametrize(("method", "path"), [("PUT", "/models"), ("GET", "/nothing"), ("GET", "/presets/")])
def test_what_there_is_not_is_not_found(method: str, path: str) -> None:
    assert FACTS.find(method, path) is None


def test_the_methods_of_a_path_are_known() -> None:
    assert FACTS.methods("/keys") == {"GET", "POST"}
    assert FACTS.methods("/nothing") == set()


def test_statuses_and_kinds_of_answers() -> None:
    by_id = FACTS.operations
    assert (by_id["deleteVaultSecret"].status, by_id["deleteVaultSecret"].content_type) == (204, None)
    assert (by_id["createBatches"].status, by_id["createBatches"].content_type) == (202, "application/json")
    assert (by_id["listVideosContent"].content_type, by_id["listVideosContent"].reply) == ("video/mp4", None)
    assert by_id["createImages"].event is not None
    assert by_id["createImages"].content_type == "application/json"
    assert by_id["listWorkspaces"].key == "management"
    assert set(by_id["createAudioTranscriptions"].bodies) == {"application/json", "multipart/form-data"}
    assert by_id["createPrivateEndpoint"].parameter("header")["idempotency-key"].is_required is False


def test_every_name_is_a_shape_of_the_table() -> None:
    used = {name for shape in FACTS.shapes.values() for name in names_in(shape)}
    assert used <= FACTS.shapes.keys()


def test_the_table_comes_with_the_package_and_is_small_in_a_wheel() -> None:
    data = Path(room.__file__).with_name("service.jsonl").read_bytes()
    assert len(zlib.compress(data, 6)) < 80_000
