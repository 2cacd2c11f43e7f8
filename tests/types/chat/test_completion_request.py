"""The older prompt form shares its parameters with chat, and points to chat for the rest."""

from __future__ import annotations

import pytest

from openrouter_async.errors import ConfigurationError
from openrouter_async.types.chat.completion_request import CompletionParams, check_completion_params
from openrouter_async.types.chat.request import ChatParams


def test_every_parameter_is_one_of_chat() -> None:
    assert CompletionParams.__annotations__.items() <= ChatParams.__annotations__.items()


def test_values_are_validated_as_in_chat() -> None:
    assert check_completion_params({"stop": "x", "temperature": 1}) == {"temperature": 1, "stop": "x"}
    with pytest.raises(ConfigurationError, match="temperature is 9; expected a number from 0 to 2"):
        check_completion_params({"temperature": 9})


@pytest.mark.parametrize(
    ("name", "successor"),
    [("tools", "client.chat.create"), ("stream", "client.completions.stream"), ("route", "partition")],
)
def test_what_is_not_offered_names_its_successor(name: str, successor: str) -> None:
    with pytest.raises(ConfigurationError, match=f"'{name}' is not offered; .*{successor}"):
        check_completion_params({name: 1})


def test_contradicting_efforts_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="reasoning_effort is 'low'"):
        check_completion_params({"reasoning_effort": "low", "reasoning": {"effort": "high"}})
