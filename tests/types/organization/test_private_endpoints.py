"""An answer to a creation is an endpoint, or an error with the draft that was kept."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from openrouter_async.types.organization.private_endpoints import PrivateEndpointReply

ERROR = {"code": 422, "message": "m"}


@pytest.mark.parametrize(
    ("reply", "status", "error"),
    [
        ({"data": {"id": "e", "status": "active"}}, "active", None),
        ({"data": {"endpoint": {"id": "e", "status": "draft"}, "validation": None}, "error": ERROR}, "draft", ERROR),
        ({"data": {"endpoint": {"id": "e", "status": "new"}}, "error": "x"}, "new", None),
    ],
)  # fmt: skip
def test_either_form_is_an_endpoint(reply: Any, status: str, error: Any) -> None:
    endpoint = PrivateEndpointReply.model_validate(reply).data
    assert (endpoint.id, endpoint.status, endpoint.error) == ("e", status, error)


@pytest.mark.parametrize("reply", [{"error": ERROR}, {"data": {"endpoint": None}, "error": ERROR}, [], None])
def test_an_error_without_a_draft_is_no_endpoint(reply: Any) -> None:
    with pytest.raises(ValidationError):
        PrivateEndpointReply.model_validate(reply)
