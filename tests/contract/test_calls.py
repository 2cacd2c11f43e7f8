"""Each operation, as it is called with every argument and answered in full, agrees with the facts.

The rows are in `calls/`; a failure names the operation and the place of the request or of the answer. Mend the
resource or the type; where the facts are wrong or the client does better on purpose, say so in the row.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from pydantic import BaseModel

from openrouter_async import AsyncOpenRouter, operations
from openrouter_async.operations import Operation
from openrouter_async.resources._pagination import Page
from openrouter_async.testing.facts.samples import choices, full_sample, minimal_sample
from openrouter_async.testing.facts.table import ServiceOperation, load_facts

from .call import Answer, Call, Seen, amended, carry_out, faults_of_request
from .calls import CALLS
from .reading import differences

FACTS = load_facts()
MOST_SAMPLES = 100
"""A batch has 960, since its results are of four dialects; they are read as they come."""
ROWS = {row.name: row for row in vars(operations).values() if isinstance(row, Operation)}
EACH = pytest.mark.parametrize("call", [pytest.param(call, id=call.name) for call in CALLS])


def facts_of(call: Call) -> ServiceOperation:
    spec_id = ROWS[call.name].spec_id
    assert spec_id is not None, f"{call.name} is in no table of facts, so that it cannot be judged"
    return FACTS.operations[spec_id]


def answers(call: Call) -> list[Any]:
    """Return full answers: as many as it takes until every member of every union has come up."""
    reply = facts_of(call).reply
    if reply is None:
        return []
    numbers = range(min(MOST_SAMPLES, choices(reply, FACTS.shapes)))
    samples = (full_sample(reply, FACTS.shapes, choice=n) for n in numbers)
    return [amended(sample, call.answered) for sample in samples]


def part_of(call: Call, value: object, sample: Any) -> Any:
    """Return which part of an answer the value of a call stands for."""
    if call.part is not None:
        return call.part(sample)
    has_data = isinstance(value, BaseModel) and "data" in type(value).model_fields
    return sample if has_data or "data" not in sample else sample["data"]


def test_every_operation_of_the_facts_has_an_example_call() -> None:
    """A row whose method is still to come has none."""
    wrapped = {row.name for row in ROWS.values() if row.spec_id is not None and _is_there(row.name)}
    assert wrapped - {call.name for call in CALLS} == set()


def _is_there(name: str) -> bool:
    namespace, _, method = name.partition(".")
    client = AsyncOpenRouter("sk-or-v1-x")
    return hasattr(getattr(client, namespace, None), method)


@EACH
async def test_the_request_is_one_that_the_service_takes_with_every_argument(call: Call) -> None:
    operation = facts_of(call)
    sample = answers(call)
    seen = await carry_out(call, Answer.of(sample[0] if sample else None, operation.status))
    _none(faults_of_request(operation, call, seen))


@EACH
async def test_a_full_answer_is_read_with_nothing_left_over(call: Call) -> None:
    operation = facts_of(call)
    faults: dict[str, str] = {}
    for sample in answers(call):
        seen = await carry_out(call, Answer.of(sample, operation.status))
        _read(seen)
        value = list(seen.value) if isinstance(seen.value, Page) else seen.value
        if value is not None:
            faults |= {
                fault.partition(": ")[0]: fault for fault in differences(value, part_of(call, value, sample))
            }
    _none(fault for place, fault in faults.items() if place not in call.unread)
    _none(f"{place}: is in `unread`, and was read" for place in call.unread.keys() - faults.keys())


@EACH
async def test_a_minimal_answer_with_nulls_is_read(call: Call) -> None:
    operation = facts_of(call)
    if operation.reply is not None:
        sample = amended(minimal_sample(operation.reply, FACTS.shapes), {**call.answered, **call.minimal})
        seen = await carry_out(call, Answer.of(sample, operation.status))
        _read(seen)


def _none(faults: Iterable[str]) -> None:
    """Fail with every fault on a line of its own."""
    if found := sorted(faults):
        pytest.fail("\n".join(found), pytrace=False)


def _read(seen: Seen) -> None:
    """Fail where the answer could not be read."""
    if seen.error is not None:
        pytest.fail(repr(seen.error), pytrace=False)
