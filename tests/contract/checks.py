"""The faults of a call, by the facts: in its request, and in how answers, errors and events are read.

Each check makes the call, as often as there are answers to give, and returns one line for each fault.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import BaseModel

from openrouter_async import APIStatusError, operations, response_meta
from openrouter_async.operations import Operation
from openrouter_async.resources._pagination import Page
from openrouter_async.testing.facts.samples import choices, full_sample, minimal_sample
from openrouter_async.testing.facts.table import ServiceOperation, load_facts
from openrouter_async.types._base import WireType

from .call import Answer, Call, amended, carry_out, faults_of_arguments, faults_of_request
from .reading import differences, not_written_back

__all__ = ["CHECKS", "ROWS", "argument_faults", "facts_of", "part_of", "success"]

FACTS = load_facts()
MOST_SAMPLES = 100
"""A batch has 960, since its results are of four dialects; they are read as they come."""
ROWS = {row.name: row for row in vars(operations).values() if isinstance(row, Operation)}


def facts_of(call: Call) -> ServiceOperation:
    """Return what the facts say of the operation that is called."""
    spec_id = ROWS[call.name].spec_id
    assert spec_id is not None, f"{call.name} is in no table of facts, so that it cannot be judged"
    return FACTS.operations[spec_id]


async def request_faults(call: Call) -> list[str]:
    """The request is one that the service takes."""
    (seen,) = await carry_out(call, *success(call, most=1))
    return faults_of_request(facts_of(call), call, seen)


async def argument_faults(calls: list[Call]) -> list[str]:
    """One of an operation's calls sends each argument that the facts know."""
    all_seen = [seen for call in calls for seen in await carry_out(call, *success(call, most=1))]
    return faults_of_arguments(facts_of(calls[0]), calls, all_seen)


async def answer_faults(call: Call) -> list[str]:
    """A full answer is read with nothing left over, and each field as it came."""
    if call.ends:
        return []
    answers = success(call)
    all_seen = await carry_out(call, *answers)
    failed = [repr(seen.error) for seen in all_seen if seen.error is not None]
    if call.event is not None:
        tells_of_an_error = any("error" in each for each in events(call))
        if bool(failed) != tells_of_an_error:
            return failed or ["an event told of an error, and none was raised"]
        return _unread(
            call, [(call.event.model_validate_json(json.dumps(each)), each) for each in events(call)]
        )
    if failed:
        return failed
    operation = facts_of(call)
    if operation.reply is None:
        files = [getattr(seen.value, "bytes", seen.value) for seen in all_seen]
        expected = [answer.body if answer.content_type else None for answer in answers]
        return [] if files == expected else [f"reply: {expected} was read as {files}"]
    pairs = [(seen.value, json.loads(answer.body)) for seen, answer in zip(all_seen, answers, strict=True)]
    return _unread(call, pairs) + _lost(operation.status, [value for value, _ in pairs])


async def minimal_faults(call: Call) -> list[str]:
    """An answer with as little as the facts allow, and with nulls, is read."""
    operation = facts_of(call)
    changes = {**call.answered, **call.minimal}
    if call.ends:
        return []
    if call.event is not None:
        assert operation.event is not None
        answer = Answer.of_events([amended(_data(minimal_sample(operation.event, FACTS.shapes)), changes)])
    elif operation.reply is not None:
        answer = Answer.of(amended(minimal_sample(operation.reply, FACTS.shapes), changes), operation.status)
    else:
        return []
    (seen,) = await carry_out(call, answer)
    return [repr(seen.error)] if seen.error is not None else []


async def event_faults(call: Call) -> list[str]:
    """Each kind of event in a stream yields one of ours, or raises if it reports an error."""
    if not call.ends:
        return []
    kinds = {each["type"]: each for each in events(call)}
    answers = [
        Answer.of_events(call.ends),
        *(Answer.of_events([each, *call.ends]) for each in kinds.values()),
    ]
    alone, *with_each = await carry_out(call, *answers)
    if not isinstance(alone.value, list):
        return [f"the end of the stream is no end: {alone.error!r}"]
    faults = []
    for kind, seen in zip(kinds, with_each, strict=True):
        if isinstance(seen.value, list):
            said = [*map(repr, seen.value[:-1])]  # the last is `Finished`, which comes of the end
            became = "nothing" if said == [*map(repr, alone.value[:-1])] else "an event"
        else:
            became = "an error" if kind in call.failing else repr(seen.error)
        expected = "nothing" if kind in call.silent else "an error" if kind in call.failing else "an event"
        if became != expected:
            faults.append(f"{kind}: became {became}, expected {expected}")
    named = {*call.silent, *call.failing}
    return faults + [f"{kind}: there is no such event" for kind in named - kinds.keys()]


async def error_faults(call: Call) -> list[str]:
    """An error has its status and repeats the service's message; where the row allows it, it is an answer."""
    also_answers = ROWS[call.name].answers_with
    cases: list[tuple[int, Any]] = [
        (status, amended(body, call.answered) if status in also_answers else body)
        for status, shape in facts_of(call).errors.items()
        for body in (full_sample(shape, FACTS.shapes, choice=n) for n in range(choices(shape, FACTS.shapes)))
    ]
    all_seen = await carry_out(call, *(Answer.of(body, status) for status, body in cases))
    faults = []
    for (status, body), seen in zip(cases, all_seen, strict=True):
        if seen.error is None and status in also_answers:
            faults += _unread(call, [(seen.value, body)])
        elif not isinstance(seen.error, APIStatusError) or seen.error.status != status:
            faults.append(f"{status}: became {seen.error or seen.value!r}")
        elif _words(body) not in seen.error.message:
            faults.append(f"{status}: the words of the service are not in {seen.error.message!r}")
    return faults


def _lost(status: int, values: list[object]) -> list[str]:
    """Return metadata that values lack, and fields that are lost when a value is written and read again."""
    lost = {
        f"{type(value).__name__}: does not say how the answer came"
        for value in values
        if isinstance(value, WireType) and response_meta(value).status != status
    }
    items = [item for value in values for item in (value if isinstance(value, Page | list) else [value])]
    lost |= {line for item in items if isinstance(item, BaseModel) for line in not_written_back(item)}
    return sorted(lost)


def _words(body: Any) -> Any:
    """Return the service's message in an error; errors of OAuth are flat (RFC 6749, 5.2)."""
    if not isinstance(body, dict):
        return ""  # the facts do not know the errors of the operation
    error = body["error"]
    return error["message"] if isinstance(error, dict) else body["error_description"]


CHECKS: dict[str, Callable[[Call], Awaitable[list[str]]]] = {
    "request": request_faults,
    "full answer": answer_faults,
    "minimal answer": minimal_faults,
    "errors": error_faults,
    "events": event_faults,
}
"""The checks of each call, by name."""


def part_of(call: Call, value: object, sample: Any) -> Any:
    """Return which part of an answer the value of a call stands for."""
    if call.part is not None:
        return call.part(sample)
    has_data = isinstance(value, BaseModel) and "data" in type(value).model_fields
    return sample if has_data or "data" not in sample else sample["data"]


def success(call: Call, *, most: int = MOST_SAMPLES) -> list[Answer]:
    """Return answers of success: of every status, and as many full ones as it takes for every member of every union."""
    operation = facts_of(call)
    if call.event is not None:
        return [Answer.of_events(events(call))]
    if call.ends:
        return [Answer.of_events(call.ends)]
    if operation.content_type is None:
        return [Answer(status=status, content_type=None) for status in operation.replies][:most]
    if operation.reply is None:
        return [Answer(status=operation.status, body=b"bytes", content_type=operation.content_type)]
    numbers = range(min(most, choices(operation.reply, FACTS.shapes)))
    samples = (full_sample(operation.reply, FACTS.shapes, choice=n) for n in numbers)
    return [Answer.of(amended(sample, call.answered), operation.status) for sample in samples]


def events(call: Call) -> list[Any]:
    """Return events of a stream: each kind, each in full."""
    shape = facts_of(call).event
    assert shape is not None, f"the facts know no events of {call.name}"
    numbers = range(min(MOST_SAMPLES, choices(shape, FACTS.shapes)))
    samples = (full_sample(shape, FACTS.shapes, choice=n) for n in numbers)
    return [amended(_data(sample), call.answered) for sample in samples]


def _data(event: Any) -> Any:
    """Return what is sent of an event; the SDK's facts put it into an object, as the line of a stream does."""
    return event["data"] if event.keys() <= {"data", "event"} else event


def _unread(call: Call, pairs: list[tuple[object, Any]]) -> list[str]:
    """Return the fields of answers that were lost or read as other values, and reasons for such that do not apply."""
    faults: dict[str, str] = {}
    for read, sample in pairs:
        value = list(read) if isinstance(read, Page) else read
        if value is not None:
            faults |= {
                fault.partition(": ")[0]: fault for fault in differences(value, part_of(call, value, sample))
            }
    return [fault for place, fault in faults.items() if place not in call.unread] + [
        f"{place}: is in `unread`, and was read" for place in call.unread.keys() - faults.keys()
    ]
