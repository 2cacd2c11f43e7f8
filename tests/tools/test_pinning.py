"""Which provider has to serve a request that sends encrypted reasoning back."""

from __future__ import annotations

import pytest

from openrouter_async import BadRequest, ChatCompletion, NotFound, OpenRouterError
from openrouter_async.tools.pinning import ProviderPin

BEDROCK = "Amazon Bedrock"


def pin(
    params: dict[str, object] | None = None, *, default: object = None, is_on: bool = True
) -> ProviderPin:
    return ProviderPin(params or {}, earlier=BEDROCK, default=default, is_on=is_on)


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        pytest.param({}, {"only": [BEDROCK]}, id="nothing said"),
        pytest.param(
            {"provider": {"zdr": True}}, {"zdr": True, "only": [BEDROCK]}, id="other preferences stay"
        ),
        pytest.param(
            {"provider": {"only": ["openai", "amazon-bedrock/us-east-1"]}},
            {"only": ["amazon-bedrock/us-east-1"]},
            id="narrowed as it is allowed",
        ),
    ],
)
def test_the_provider_is_added_within_what_is_allowed(given: dict[str, object], sent: object) -> None:
    params = dict(given)
    pin(given).add_to(params, [])
    assert params == {"provider": sent}


def test_the_preferences_of_the_client_count_where_the_run_has_none() -> None:
    params: dict[str, object] = {}
    pin(default={"zdr": True}).add_to(params, [])
    assert params == {"provider": {"zdr": True, "only": [BEDROCK]}}


def test_where_only_others_are_allowed_the_request_stays_as_it_is() -> None:
    given: dict[str, object] = {"provider": {"only": ["openai"]}}
    params = dict(given)
    pinned = pin(given)
    pinned.add_to(params, [])
    assert params == given
    assert pinned.removed_after(NotFound("no endpoint"), params) is None


def test_it_can_be_switched_off() -> None:
    params: dict[str, object] = {}
    pin(is_on=False).add_to(params, [])
    assert params == {}


def test_the_latest_encrypted_reply_decides() -> None:
    reply = ChatCompletion.model_validate(
        {
            "provider": "OpenAI",
            "choices": [
                {
                    "message": {
                        "role": "assistant",
                        "reasoning_details": [{"type": "reasoning.encrypted", "data": "x"}],
                    }
                }
            ],
        }
    )
    params: dict[str, object] = {}
    pin().add_to(params, [reply])
    assert params == {"provider": {"only": ["OpenAI"]}}


@pytest.mark.parametrize("error", [NotFound("no endpoints"), BadRequest("no such provider")])
def test_a_provider_that_is_gone_is_asked_for_no_more(error: OpenRouterError) -> None:
    given: dict[str, object] = {"provider": {"zdr": True}}
    params: dict[str, object] = {**given, "tools": []}
    pinned = pin(given)
    pinned.add_to(params, [])
    assert pinned.removed_after(error, params) == {**given, "tools": []}
    again = dict(given)
    pinned.add_to(again, [])
    assert again == given


def test_another_failure_is_no_reason_to_leave_the_provider() -> None:
    params: dict[str, object] = {}
    pinned = pin()
    pinned.add_to(params, [])
    assert pinned.removed_after(BadRequest("the prompt is empty"), params) is None
