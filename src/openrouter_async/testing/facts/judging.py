"""The mistakes in a request or an answer, by the facts: a list of complaints, each with its field and value."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

from .shapes import Member, Shape, Shapes, fields_of, members, tags_of
from .table import Facts, Parameter, ServiceOperation

__all__ = ["Complaint", "complaints", "judge_reply", "judge_request", "query_value"]

Kind = Literal["unknown", "missing", "type", "value"]

_FORMATS = {
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "date-time": re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:?\d\d)?"),
    "uuid": re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
    "uri": re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:\S+"),
}


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong."""

    kind: Kind
    where: str
    """The place: `query.limit`, `body.messages[0].role`, `headers.idempotency-key`."""
    problem: str
    """Such as `expected integer`."""
    value: JsonValue = None
    """The value found; None for a missing one."""

    @property
    def detail(self) -> str:
        """All but the place."""
        shown = json.dumps(self.value, ensure_ascii=False)
        received = "" if self.kind == "missing" else f", received {shown[:64]}{'...' * (len(shown) > 64)}"
        return f"{self.problem}{received}"

    def __str__(self) -> str:
        return f"{self.where}: {self.detail}"


def judge_request(
    facts: Facts,
    operation: ServiceOperation,
    *,
    path: Mapping[str, str],
    query: Iterable[tuple[str, str]] = (),
    headers: Mapping[str, str] | None = None,
    body: JsonValue = None,
    content_type: str | None = "application/json",
) -> list[Complaint]:
    """Return the mistakes in a request.

    Args:
        facts: Of the service.
        operation: From `Facts.find`.
        path: The parts of the path that vary, from `Facts.find`.
        query: Names and values, in order; a name may come again.
        headers: Of the request. Only those that the operation names are judged.
        body: The JSON, or the fields of a form as texts, with files as `exchange.forms` reads them; None: no body.
        content_type: Of the body, without parameters.
    """
    given: dict[str, list[str]] = {}
    for name, value in query:
        given.setdefault(name, []).append(value)
    lower = {name.lower(): [value] for name, value in (headers or {}).items()}
    declared = {name.lower(): each for name, each in operation.parameter("header").items()}
    return [
        *_parameters("path", operation.parameter("path"), {k: [v] for k, v in path.items()}, facts.shapes),
        *_parameters("query", operation.parameter("query"), given, facts.shapes),
        *_parameters("headers", declared, {k: v for k, v in lower.items() if k in declared}, facts.shapes),
        *_body(facts, operation, body, content_type),
    ]


def judge_reply(
    facts: Facts, operation: ServiceOperation, status: int, body: JsonValue = None
) -> list[Complaint]:
    """Return the mistakes in an answer in JSON, or without a body (None); files are not judged."""
    if status in operation.errors:
        return complaints(body, operation.errors[status], facts.shapes, "body")
    if status not in operation.replies:
        known = ", ".join(map(str, (*operation.replies, *operation.errors)))
        return [Complaint("value", "status", f"expected one of {known}", status)]
    content = operation.replies[status]
    if "application/json" in content:
        return complaints(body, content["application/json"], facts.shapes, "body")
    return [] if body is None or content else [Complaint("unknown", "body", "expected none", body)]


def complaints(
    value: JsonValue, shape: Shape, shapes: Shapes, where: str, *, is_sent: bool = False
) -> list[Complaint]:
    """Return the mistakes in a value of a shape. For a union, the nearest member counts.

    With `is_sent`, an open enum takes its listed values only: clients must accept new ones, the service does not.
    """
    possible, null = members(shape, shapes)
    if any(member["type"] == "any" for member in possible) or (value is None and null):
        return []
    fitting = [member for member in possible if _is_of_type(value, member["type"])]
    if not fitting:
        expected = " or ".join(dict.fromkeys([*(m["type"] for m in possible), *(["null"] if null else [])]))
        return [Complaint("type", where, f"expected {expected or 'nothing'}", value)]
    if isinstance(value, dict):
        fitting = _of_tags(value, fitting)
    found = (list(_of_member(value, member, shapes, where, is_sent)) for member in fitting)
    return min(found, key=len)


def query_value(parameter: Parameter, texts: list[str], shapes: Shapes) -> JsonValue:
    """Return the value of a parameter that came as text, as far as it can be read as what is expected."""
    possible, _ = members(parameter.shape, shapes)
    for member in possible:
        if member["type"] == "array":
            inner, _ = members(member.get("items", "any"), shapes)
            return [_read(text, inner) for text in texts]
    return _read(texts[0], possible) if len(texts) == 1 else list[JsonValue](texts)


def _parameters(
    where: str, declared: Mapping[str, Parameter], given: Mapping[str, list[str]], shapes: Shapes
) -> Iterator[Complaint]:
    for name, texts in given.items():
        if name not in declared:
            yield Complaint("unknown", f"{where}.{name}", "no such parameter", texts[0])
        else:
            value = query_value(declared[name], texts, shapes)
            yield from complaints(value, declared[name].shape, shapes, f"{where}.{name}", is_sent=True)
    for name, parameter in declared.items():
        if parameter.is_required and name not in given:
            yield Complaint("missing", f"{where}.{name}", "required")


def _body(
    facts: Facts, operation: ServiceOperation, body: JsonValue, content_type: str | None
) -> list[Complaint]:
    if body is None:
        return [Complaint("missing", "body", "required")] if operation.needs_body else []
    if not operation.bodies:
        return [Complaint("unknown", "body", "expected none", body)]
    shape = operation.bodies.get(content_type or "")
    if shape is None:
        expected = " or ".join(operation.bodies)
        return [Complaint("value", "headers.content-type", f"expected {expected}", content_type)]
    if content_type != "application/json" and isinstance(body, dict):
        body = _form_values(body, shape, facts.shapes)
    return complaints(body, shape, facts.shapes, "body", is_sent=True)


def _form_values(body: dict[str, JsonValue], shape: Shape, shapes: Shapes) -> dict[str, JsonValue]:
    """Return the fields of a form with the types that their shapes have."""
    fields = {name: f.shape for member in members(shape, shapes)[0] for name, f in fields_of(member).items()}
    values = {}
    for name, value in body.items():
        possible, _ = members(fields.get(name, "any"), shapes)
        if any(member["type"] == "array" for member in possible) and not isinstance(value, list):
            value = [value]
        values[name] = _read(value, possible) if isinstance(value, str) else value
    return values


def _of_tags(value: dict[str, JsonValue], fitting: list[Member]) -> list[Member]:
    """Return the members whose tags the value has, or all members if it matches none."""
    tagged = [(member, tags) for member in fitting if (tags := tags_of(member))]
    matching = [m for m, tags in tagged if all(value.get(k, v) == v for k, v in tags.items())]
    named = [m for m in matching if any(k in value for k in tags_of(m))]
    return named or fitting


def _of_member(
    value: JsonValue, member: Member, shapes: Shapes, where: str, is_sent: bool
) -> Iterator[Complaint]:
    """Yield the mistakes in a value that has the type of a member."""
    if "enum" in member and value not in member["enum"] and (is_sent or not member.get("open")):
        known = ", ".join(json.dumps(each) for each in member["enum"])
        yield Complaint("value", where, f"expected one of {known}", value)
    elif isinstance(value, str):
        yield from _text(value, member, where)
    elif isinstance(value, list):
        yield from _size(len(value), member.get("min_items"), member.get("max_items"), "items", where)
        for number, item in enumerate(value):
            inner = f"{where}[{number}]"
            yield from complaints(item, member.get("items", "any"), shapes, inner, is_sent=is_sent)
    elif isinstance(value, dict):
        yield from _object(value, member, shapes, where, is_sent)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _size(value, member.get("min"), member.get("max"), "", where)
        if (above := member.get("above")) is not None and value <= above:
            yield Complaint("value", where, f"expected more than {above}", value)
        if (below := member.get("below")) is not None and value >= below:
            yield Complaint("value", where, f"expected less than {below}", value)


def _object(
    value: dict[str, JsonValue], member: Member, shapes: Shapes, where: str, is_sent: bool
) -> Iterator[Complaint]:
    fields = fields_of(member)
    takes_others = not member.get("closed") and (not fields or member.get("open") or "map" in member)
    for name, inner in value.items():
        if name in fields:
            yield from complaints(inner, fields[name].shape, shapes, f"{where}.{name}", is_sent=is_sent)
        elif takes_others:
            yield from complaints(inner, member.get("map", "any"), shapes, f"{where}.{name}", is_sent=is_sent)
        else:
            yield Complaint("unknown", f"{where}.{name}", "no such field", inner)
    for name, field in fields.items():
        if field.is_required and name not in value:
            yield Complaint("missing", f"{where}.{name}", "required")


def _text(value: str, member: Member, where: str) -> Iterator[Complaint]:
    yield from _size(len(value), member.get("min_length"), member.get("max_length"), "characters", where)
    pattern, form = member.get("pattern"), member.get("format", "")
    if pattern is not None and re.search(pattern, value) is None:
        yield Complaint("value", where, f"expected text like {pattern}", value)
    if form in _FORMATS and _FORMATS[form].fullmatch(value) is None:
        yield Complaint("value", where, f"expected a {form}", value)


def _size(size: float, least: float | None, most: float | None, unit: str, where: str) -> Iterator[Complaint]:
    if least is not None and size < least:
        yield Complaint("value", where, f"expected at least {least} {unit}".rstrip(), size)
    if most is not None and size > most:
        yield Complaint("value", where, f"expected at most {most} {unit}".rstrip(), size)


def _is_of_type(value: JsonValue, name: str) -> bool:
    match value:
        case bool():
            return name == "boolean"
        case int():
            return name in ("integer", "number")
        case float():
            return name == "number" or (name == "integer" and value.is_integer())
        case str():
            return name == "string"
        case list():
            return name == "array"
        case dict():
            return name == "object"
        case None:
            return False


def _read(text: str, possible: list[Member]) -> JsonValue:
    """Return the value that a text of a query stands for."""
    types = {member["type"] for member in possible}
    if "boolean" in types and text in ("true", "false"):
        return text == "true"
    if "integer" in types and re.fullmatch(r"-?\d+", text):
        return int(text)
    if "number" in types and re.fullmatch(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", text):
        return float(text)
    return text
