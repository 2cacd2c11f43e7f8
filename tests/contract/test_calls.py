"""Each operation, as it is called with every argument and answered in full, agrees with the facts.

The rows are in `calls/`; a failure names the operation and the place of the request or of the answer. Mend the
resource or the type; where the facts are wrong or the client does better on purpose, say so in the row.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest
from pydantic import BaseModel

from openrouter_async import APIStatusError, AsyncOpenRouter, operations
from openrouter_async.operations import Operation
from openrouter_async.resources._pagination import Page
from openrouter_async.testing.facts.samples import choices, full_sample, minimal_sample
from openrouter_async.testing.facts.table import ServiceOperation, load_facts

from .call import Answer, Call, amended, carry_out, faults_of_arguments, faults_of_request
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
async def test_the_request_is_one_that_the_service_takes(call: Call) -> None:
    (seen,) = await carry_out(call, success(call)[0])
    _none(faults_of_request(facts_of(call), call, seen))


@pytest.mark.parametrize("name", sorted({call.name for call in CALLS}))
async def test_every_argument_that_the_facts_know_is_given(name: str) -> None:
    calls = [call for call in CALLS if call.name == name]
    all_seen = [seen for call in calls for seen in await carry_out(call, success(call)[0])]
    _none(faults_of_arguments(facts_of(calls[0]), calls, all_seen))


@EACH
async def test_a_full_answer_is_read_with_nothing_left_over(call: Call) -> None:
    if call.event is not None:
        _all_read(call, [(call.event.model_validate_json(json.dumps(each)), each) for each in events(call)])
        return
    answers = success(call)
    all_seen = await carry_out(call, *answers)
    _none(repr(seen.error) for seen in all_seen if seen.error is not None)
    operation = facts_of(call)
    if operation.reply is None and operation.content_type is not None:
        files = [getattr(seen.value, "bytes", seen.value) for seen in all_seen]
        assert files == [answer.body for answer in answers]
        return
    _all_read(
        call,
        [
            (seen.value, json.loads(answer.body or b"null"))
            for seen, answer in zip(all_seen, answers, strict=True)
        ],
    )


@EACH
async def test_a_minimal_answer_with_nulls_is_read(call: Call) -> None:
    operation = facts_of(call)
    changes = {**call.answered, **call.minimal}
    if call.event is not None:
        assert operation.event is not None
        answer = Answer.of_events([amended(_data(minimal_sample(operation.event, FACTS.shapes)), changes)])
    elif operation.reply is not None:
        answer = Answer.of(amended(minimal_sample(operation.reply, FACTS.shapes), changes), operation.status)
    else:
        return
    (seen,) = await carry_out(call, answer)
    _none([repr(seen.error)] if seen.error is not None else [])


@EACH
async def test_an_error_is_the_one_of_its_status_and_says_what_the_service_said(call: Call) -> None:
    """Where a status may come with an answer all the same, that is read."""
    also_answers = ROWS[call.name].answers_with
    cases = [
        (status, amended(body, call.answered) if status in also_answers else body)
        for status, shape in facts_of(call).errors.items()
        for body in (full_sample(shape, FACTS.shapes, choice=n) for n in range(choices(shape, FACTS.shapes)))
    ]
    all_seen = await carry_out(call, *(Answer.of(body, status) for status, body in cases))
    faults = []
    for (status, body), seen in zip(cases, all_seen, strict=True):
        if seen.error is None and status in also_answers:
            _all_read(call, [(seen.value, body)])
        elif not isinstance(seen.error, APIStatusError) or seen.error.status != status:
            faults.append(f"{status}: became {seen.error or seen.value!r}")
        elif isinstance(body, dict) and _words(body) not in seen.error.message:
            faults.append(f"{status}: the words of the service are not in {seen.error.message!r}")
    _none(faults)


def _words(body: dict[str, Any]) -> Any:
    """Return what the service says of an error; that of OAuth is flat (RFC 6749, 5.2)."""
    error = body["error"]
    return error["message"] if isinstance(error, dict) else body["error_description"]


def success(call: Call) -> list[Answer]:
    """Return what a call is answered with where all went well, with every status and in every form that there is."""
    operation = facts_of(call)
    if call.event is not None:
        return [Answer.of_events(events(call))]
    if operation.content_type is None:
        return [Answer(status=status, content_type=None) for status in operation.replies]
    if operation.reply is None:
        return [Answer(status=operation.status, body=b"bytes", content_type=operation.content_type)]
    numbers = range(min(MOST_SAMPLES, choices(operation.reply, FACTS.shapes)))
    samples = (full_sample(operation.reply, FACTS.shapes, choice=n) for n in numbers)
    return [Answer.of(amended(sample, call.answered), operation.status) for sample in samples]


def events(call: Call) -> list[Any]:
    """Return events of a stream: each kind, each in full."""
    shape = facts_of(call).event
    assert shape is not None, f"the facts know no events of {call.name}"
    samples = (full_sample(shape, FACTS.shapes, choice=n) for n in range(choices(shape, FACTS.shapes)))
    return [amended(_data(sample), call.answered) for sample in samples]


def _data(event: Any) -> Any:
    """Return what is sent of an event; the facts put it into an object, as the line of a stream does."""
    return event["data"]


def _all_read(call: Call, pairs: list[tuple[object, Any]]) -> None:
    """Fail with all that was not read of answers, or as something else."""
    faults: dict[str, str] = {}
    for read, sample in pairs:
        value = list(read) if isinstance(read, Page) else read
        if value is not None:
            faults |= {
                fault.partition(": ")[0]: fault for fault in differences(value, part_of(call, value, sample))
            }
    _none(fault for place, fault in faults.items() if place not in call.unread)
    _none(f"{place}: is in `unread`, and was read" for place in call.unread.keys() - faults.keys())


def _none(faults: Iterable[str]) -> None:
    """Fail with every fault on a line of its own."""
    if found := sorted(faults):
        pytest.fail("\n".join(found), pytrace=False)
