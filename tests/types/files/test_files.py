"""Files: three forms are one type, and what is unknown or odd does not spoil it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from openrouter_async import ContainerFile, File

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
OWN: dict[str, Any] = {
    "_shape": "openrouter", "id": "file_1", "type": "file", "filename": "a.pdf", "mime_type": "application/pdf",
    "size_bytes": 5, "created_at": "2026-11-28T12:00:00Z", "downloadable": False,
}  # fmt: skip
ANTHROPIC = {**OWN, "_shape": "anthropic"}
OPENAI = {
    "_shape": "openai", "id": "file_1", "object": "file", "filename": "a.pdf", "bytes": 5, "status": "processed",
    "created_at": int(NOON.timestamp()), "purpose": "user_data",
}  # fmt: skip


@pytest.mark.parametrize("sent", [OWN, ANTHROPIC, OPENAI], ids=["service", "anthropic", "openai"])
def test_each_form_is_read_as_one_type(sent: dict[str, Any]) -> None:
    file = File.model_validate(sent)
    assert (file.id, file.filename, file.size, file.created_at) == ("file_1", "a.pdf", 5, NOON)
    assert (file.shape, file.mime_type, file.downloadable, file.purpose) == (
        sent["_shape"], sent.get("mime_type"), sent.get("downloadable"), sent.get("purpose"),
    )  # fmt: skip
    assert file.model_extra == {}
    assert File.model_validate_json(file.model_dump_json(by_alias=True)) == file


def test_an_odd_value_is_unknown_and_a_new_field_is_kept() -> None:
    odd: dict[str, Any] = {
        "id": "file_1",
        "size_bytes": "many",
        "created_at": [],
        "mime_type": None,
        "expires_at": 7,
    }
    file = File.model_validate(odd)
    assert (file.size, file.created_at, file.mime_type, file.shape) == (None, None, None, None)
    assert file.model_extra == {"expires_at": 7}


def test_a_file_of_a_container_has_its_moment_in_seconds() -> None:
    file = ContainerFile.model_validate(
        {"id": "c", "bytes": 3, "created_at": int(NOON.timestamp()), "path": "/a"}
    )
    assert (file.size, file.created_at, file.path, file.source) == (3, NOON, "/a", None)
