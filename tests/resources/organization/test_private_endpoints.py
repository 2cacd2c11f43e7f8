"""`client.private_endpoints`: creation may be repeated, and a draft that was kept is an answer."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import httpx
import pytest

from openrouter_async import (
    AsyncOpenRouter,
    ConfigurationError,
    NotFound,
    Retries,
    ServerError,
    UnprocessableRequest,
)

from ..mocked import mocked

NEW: dict[str, Any] = {
    "model_permaslug": "openai/gpt-4o",
    "provider_slug": "azure",
    "upstream_model_id": "mine",
}
DRAFT = {"id": "e1", "status": "draft", "model_permaslug": "openai/gpt-4o"}
CHECK = {"name": "connect", "passed": False, "reason": "no_byok_key", "upstream_status": 401}


@pytest.mark.parametrize("status", [404, 409, 422])
async def test_the_draft_of_a_creation_that_could_not_be_activated_is_returned_with_the_reason(
    status: int,
) -> None:
    answer = {
        "data": {"endpoint": DRAFT, "validation": {"passed": False, "checks": [CHECK]}},
        "error": {"code": status, "message": "the endpoint did not pass"},
    }
    async with mocked(answer, status=status) as service:
        endpoint = await service.client.private_endpoints.create(**NEW, activate={"workspace_id": "w"})
    assert (endpoint.id, endpoint.status) == ("e1", "draft")
    assert endpoint.error == {"code": status, "message": "the endpoint did not pass"}
    assert endpoint.validation is not None
    assert endpoint.validation.checks is not None
    assert endpoint.validation.passed is False
    assert endpoint.validation.checks[0].reason == "no_byok_key"


@pytest.mark.parametrize(("status", "kind"), [(404, NotFound), (422, UnprocessableRequest)])
async def test_an_error_without_a_draft_is_an_error(status: int, kind: type[Exception]) -> None:
    async with mocked({"error": {"code": status, "message": "no such model"}}, status=status) as service:
        with pytest.raises(kind, match="no such model"):
            await service.client.private_endpoints.create(**NEW)


async def test_a_creation_is_repeated_under_one_key_that_differs_from_call_to_call() -> None:
    keys: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["idempotency-key"])
        if len(keys) in (1, 3):
            raise httpx.ReadError("lost", request=request)
        if len(keys) == 2:
            return httpx.Response(500, json={"error": {"code": 500, "message": "oh"}})
        return httpx.Response(201, json={"data": DRAFT})

    async with AsyncOpenRouter(
        management_key="sk-or-v1-m", transport=httpx.MockTransport(answer), retries=Retries(base=0.001)
    ) as client:
        with pytest.raises(ServerError):
            await client.with_options(retries=Retries(attempts=2, base=0.001)).private_endpoints.create(**NEW)
        await client.private_endpoints.create(**NEW)
        await client.private_endpoints.create(**NEW, idempotency_key="mine")
    assert keys[0] == keys[1] != keys[2] == keys[3]
    assert keys[4:] == ["mine"]


async def test_prices_are_sent_as_text_and_read_as_decimals() -> None:
    read = {"data": {"id": "e1", "pricing": {"prompt": "0.000001", "completion": "0.000002"}}}
    async with mocked(read) as service:
        endpoint = await service.client.private_endpoints.set_pricing(
            "e1", {"prompt": Decimal("0.000001"), "completion": 0.000002}
        )
        assert service.line == "PUT /private-endpoints/e1/pricing"
        assert service.body == {"pricing": {"prompt": "0.000001", "completion": "0.000002"}}
    assert endpoint.pricing is not None
    assert endpoint.pricing.completion == Decimal("0.000002")


async def test_what_the_service_would_refuse_is_refused_before_it_is_sent() -> None:
    async with mocked({}) as service:
        endpoints: Any = service.client.private_endpoints
        for call, message in (
            (lambda: endpoints.set_pricing("e1", {"prompt": "1"}), "pricing.completion"),
            (lambda: endpoints.set_pricing("e1", {"prompt": "-1", "completion": "1"}), "pricing.prompt"),
            (lambda: endpoints.create(**{**NEW, "provider_slug": ""}), "provider_slug is ''"),
            (lambda: endpoints.create(**NEW, activate={}), "activate.workspace_id"),
            (lambda: endpoints.create(**NEW, regoin="eu"), "regoin"),
            (lambda: endpoints.delete("e1", draft_only="yes"), "draft_only"),
            (lambda: endpoints.validate("e1", ""), "workspace_id is ''"),
        ):
            with pytest.raises(ConfigurationError, match=message):
                await call()
        assert service.requests == []


async def test_null_takes_a_declaration_back_and_what_is_not_given_is_not_sent() -> None:
    async with mocked({"data": DRAFT}) as service:
        await service.client.private_endpoints.update("e1", upstream_model_id="mine", declared_zdr=None)
        assert service.body == {"upstream_model_id": "mine", "declared_zdr": None}
