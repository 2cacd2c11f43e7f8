"""The cost of a request by its reply: what the body says, without reading it."""

from __future__ import annotations

import json

import pytest

from openrouter_async._sansio.charges import Charge, read_charge
from openrouter_async.spending.replies import charge_of_reply
from openrouter_async.types.chat.completion import ChatCompletion

USAGE = {"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14, "cost": 0.00123}
BYOK = {"is_byok": True, "cost_details": {"upstream_inference_cost": 0.02}}


@pytest.mark.parametrize(
    "usage",
    [
        USAGE,
        {**USAGE, **BYOK},
        {**USAGE, **BYOK, "is_byok": False},
        {**USAGE, "is_byok": True},
        {**USAGE, "cost": 0},
        {**USAGE, "cost": "0.1", "prompt_tokens": 0},
        {**USAGE, "completion_tokens": None},
        {**USAGE, "prompt_tokens": -1},
        {**USAGE, "prompt_tokens": 10**12},
        {**USAGE, "prompt_tokens": "many", "completion_tokens": []},
    ],
    ids=repr,
)
@pytest.mark.parametrize("names", [{"id": "gen-1", "model": "a/b"}, {"id": "", "model": None}, {}], ids=repr)
def test_a_reply_says_what_its_body_says(names: dict[str, object], usage: dict[str, object]) -> None:
    body = json.dumps({**names, "choices": [], "usage": usage, "citations": ["a"]}).encode()
    charge = read_charge(body)
    assert charge is not None
    assert charge_of_reply(ChatCompletion.model_validate_json(body)) == charge.merged_over(Charge())


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"usage": {**USAGE, "cost": None}},
        {"usage": {**USAGE, "cost": -1}},
        {"usage": USAGE, "response": {"usage": {"cost": 1}}},
        {"usage": USAGE, "message": {"id": "gen-2"}},
        {"usage": USAGE, "polling_url": "https://a.example"},
    ],
    ids=repr,
)
def test_where_a_reply_may_say_less_its_body_is_asked(fields: dict[str, object]) -> None:
    assert charge_of_reply(ChatCompletion.model_validate({"choices": [], **fields})) is None
