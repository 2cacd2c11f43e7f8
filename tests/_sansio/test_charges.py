"""What answers of all dialects say of their cost."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrouter_async._sansio.charges import Charge, read_charge
from openrouter_async._sansio.money import parse_usd
from openrouter_async.errors import ConfigurationError


@pytest.mark.parametrize(
    ("data", "charge"),
    [
        pytest.param(
            b'{"id":"gen-1","model":"a/b","usage":{"cost":0.00123,"completion_tokens":5}}',
            Charge(generation_id="gen-1", model="a/b", cost=Decimal("0.00123"), completion_tokens=5),
            id="chat",
        ),
        pytest.param(
            b'{"id":"gen-1","model":"a/b","choices":[]}',
            Charge(generation_id="gen-1", model="a/b"),
            id="a chunk before the last",
        ),
        pytest.param(
            b'{"type":"response.completed","response":{"id":"gen-2","model":"a/b","usage":{"cost":1,"output_tokens":2}}}',
            Charge(generation_id="gen-2", model="a/b", cost=Decimal(1), completion_tokens=2),
            id="responses",
        ),
        pytest.param(
            b'{"type":"message_start","message":{"id":"gen-3","model":"a/b","usage":{"output_tokens":1}}}',
            Charge(generation_id="gen-3", model="a/b", completion_tokens=1),
            id="messages, first",
        ),
        pytest.param(
            b'{"type":"message_delta","delta":{},"usage":{"output_tokens":9,"cost":0.5}}',
            Charge(cost=Decimal("0.5"), completion_tokens=9),
            id="messages, last",
        ),
        pytest.param(
            b'{"id":"gen-4","usage":{"input_tokens":3,"cache_creation_input_tokens":5,"cache_read_input_tokens":7}}',
            Charge(generation_id="gen-4", prompt_tokens=15),
            id="messages, with a cache",
        ),
        pytest.param(b'{"usage":{"cost":[1]},"id":3,"model":null}', Charge(), id="other types"),
        pytest.param(b'{"usage":{"cost":"0.10"}}', Charge(cost=Decimal("0.10")), id="a number as text"),
        pytest.param(b'{"usage":{"cost":"much"}}', Charge(), id="a text"),
        pytest.param(b'{"usage":{"cost":-1,"prompt_tokens":-5}}', Charge(), id="below zero"),
        pytest.param(
            b'{"usage":{"cost":"0.5","prompt_tokens":"15","completion_tokens":7.0}}',
            Charge(cost=Decimal("0.5"), prompt_tokens=15, completion_tokens=7),
            id="texts and floats",
        ),
        pytest.param(
            b'{"usage":{"prompt_tokens":true,"completion_tokens":7.5,"input_tokens":"many"}}',
            Charge(),
            id="no counts",
        ),
        pytest.param(
            b'{"usage":{"cost":0,"is_byok":true,"cost_details":{"upstream_inference_cost":0.6}}}',
            Charge(cost=Decimal(0), byok_cost=Decimal("0.6")),
            id="a key of the account's own",
        ),
        pytest.param(
            b'{"usage":{"cost":1,"is_byok":false,"cost_details":{"upstream_inference_cost":0.9}}}',
            Charge(cost=Decimal(1)),
            id="what the provider charged the service",
        ),
        pytest.param(b'{"usage":{"cost":true}}', Charge(), id="a boolean"),
        pytest.param(b'{"usage":{"cost":1e999}}', Charge(), id="infinite"),
        pytest.param(b'{"usage":[1]}', Charge(), id="usage of another type"),
        pytest.param(b"[1]", None, id="a list"),
        pytest.param(b"[DONE]", None, id="the end"),
        pytest.param(b"", None, id="nothing"),
    ],
)
def test_each_dialect(data: bytes, charge: Charge | None) -> None:
    assert read_charge(data) == charge


@given(st.binary(max_size=200))
def test_no_bytes_raise(data: bytes) -> None:
    read_charge(data)


def test_a_later_charge_completes_an_earlier_one() -> None:
    first = Charge(generation_id="gen-1", job_id="v", model="a/b")
    last = Charge(cost=Decimal(0), completion_tokens=3)
    assert last.merged_over(first) == Charge(
        generation_id="gen-1", job_id="v", model="a/b", cost=Decimal(0), completion_tokens=3
    )
    assert first.merged_over(last).cost == Decimal(0)
    assert Charge(cost=Decimal(0)).merged_over(Charge(cost=Decimal(1))).cost == Decimal(1), (
        "a placeholder takes nothing away"
    )


@pytest.mark.parametrize(
    ("given", "amount"),
    [
        ("1.50", "1.50"),
        (0.1, "0.1"),
        (2, "2"),
        (Decimal("0.3"), "0.3"),
        ("0", "0"),
        ("0e-99999", "0"),
        ("9e11", "9e11"),
    ],
)
def test_an_amount_is_exact(given: object, amount: str) -> None:
    found = parse_usd("budget", given)
    assert found == Decimal(amount)
    assert len(f"{found:f}") < 20


@pytest.mark.parametrize(
    "given", ["", "x", -1, "NaN", float("inf"), None, True, "1e999", "1e12", 1e300, "1e-999", "-1e999"]
)
def test_an_amount_that_is_none_is_refused(given: object) -> None:
    with pytest.raises(ConfigurationError, match=r"budget is .*; expected US dollars"):
        parse_usd("budget", given)


@pytest.mark.parametrize(
    ("body", "job_id", "generation_id", "is_over", "cost"),
    [
        ({"id": "v", "polling_url": "/v", "status": "pending"}, "v", None, False, None),
        ({"id": "v", "polling_url": "/v", "status": "new"}, "v", None, False, None),
        (
            {"id": "v", "polling_url": "/v", "status": "completed", "generation_id": "g", "usage": {"cost": 2}},
            "v", "g", True, Decimal(2),
        ),
        ({"id": "b", "object": "batch", "status": "expired", "usage": {"cost": 2}}, "b", None, True, Decimal(2)),
        ({"id": "gen-1", "usage": {"cost": 2}}, None, "gen-1", True, Decimal(2)),
    ],
)  # fmt: skip
def test_a_job_costs_what_its_end_says(
    body: object, job_id: str | None, generation_id: str | None, is_over: bool, cost: Decimal | None
) -> None:
    charge = read_charge(json.dumps(body).encode())
    assert charge is not None
    assert (charge.job_id, charge.generation_id, charge.is_over) == (job_id, generation_id, is_over)
    assert charge.cost == cost
