"""The faults of a value that was read from an answer: fields that are left over, lost or changed."""

from __future__ import annotations

import dataclasses
import datetime
import warnings
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from pydantic import AliasChoices, BaseModel, SecretStr

__all__ = ["differences", "not_written_back"]


def differences(value: Any, sample: Any, where: str = "reply") -> Iterator[str]:
    """Yield the differences between a value and the answer it was read from, as `place: problem`."""
    match value:
        case BaseModel():
            yield from _model(value, sample, where)
        case Mapping():
            if not isinstance(sample, Mapping) or value.keys() != sample.keys():
                yield f"{where}: {_brief(sample)} was read as {_brief(value)}"
            else:
                for name in value:
                    yield from differences(value[name], sample[name], f"{where}.{name}")
        case SecretStr():
            yield from differences(value.get_secret_value(), sample, where)
        case str() | bool() | None:
            if type(value) is not type(sample) or value != sample:
                yield f"{where}: {_brief(sample)} was read as {_brief(value)}"
        case datetime.datetime():
            if _moment(sample) != value:
                yield f"{where}: {_brief(sample)} was read as {value}"
        case datetime.date():
            if not isinstance(sample, str) or datetime.date.fromisoformat(sample) != value:
                yield f"{where}: {_brief(sample)} was read as {value}"
        case Decimal() if isinstance(sample, str):
            if Decimal(sample) != value:
                yield f"{where}: {_brief(sample)} was read as {value}"
        case int() | float() | Decimal():
            if (
                not isinstance(sample, int | float)
                or isinstance(sample, bool)
                or Decimal(str(sample)) != Decimal(str(value))
            ):
                yield f"{where}: {_brief(sample)} was read as {value}"
        case Sequence():
            if not isinstance(sample, list) or len(value) != len(sample):
                yield f"{where}: {_brief(sample)} was read as {_brief(value)}"
            else:
                for item, came in zip(value, sample, strict=True):
                    yield from differences(item, came, f"{where}[]")
        case _:
            yield f"{where}: {_brief(sample)} was read as {_brief(value)}"


def not_written_back(value: BaseModel) -> Iterator[str]:
    """Yield the fields that are lost when a value is written as JSON and read again; secrets are not written."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            text = value.model_dump_json(by_alias=True, exclude_unset=True)
            again = type(value).model_validate_json(text)
        except (UserWarning, ValueError) as error:
            yield f"{type(value).__name__}: cannot be written and read: {error}"
            return
    for name in type(value).model_fields:
        if (before := getattr(value, name)) != getattr(again, name) and not isinstance(before, SecretStr):
            yield f"{type(value).__name__}.{name}: {_brief(before)} became {_brief(getattr(again, name))}"
    if value.model_extra != again.model_extra:
        yield f"{type(value).__name__}: other fields are left over where it is read again: {again.model_extra}"


def _model(value: BaseModel, sample: Any, where: str) -> Iterator[str]:
    if not isinstance(sample, Mapping):
        yield f"{where}: {_brief(sample)} was read as {_brief(value)}"
        return
    kind, extra = type(value), value.model_extra or {}
    fields = {came: name for name in kind.model_fields for came in _names(kind, name) if came in sample}
    for came, inner in sample.items():
        place = f"{where}.{came}"
        if came in fields:
            yield from differences(getattr(value, fields[came]), inner, place)
        elif came in extra:
            yield f"{place}: {kind.__name__} has no such field"
        else:
            yield f"{place}: is lost"
    for name in value.model_fields_set - set(fields.values()) - extra.keys():
        yield f"{where}.{name}: nothing came, and it was read as {_brief(getattr(value, name))}"


def _moment(sample: Any) -> datetime.datetime | None:
    """Return the moment that a text, or a number of seconds since 1970, stands for."""
    if isinstance(sample, bool) or not isinstance(sample, str | int):
        return None
    if isinstance(sample, str):
        return datetime.datetime.fromisoformat(sample)
    return datetime.datetime.fromtimestamp(sample, datetime.UTC)


def _names(kind: type[BaseModel], name: str) -> list[str]:
    """Return what a field may be called in an answer."""
    field = kind.model_fields[name]
    match field.validation_alias or field.alias:
        case str(alias):
            return [alias]
        case AliasChoices(choices=choices):
            return [each for each in choices if isinstance(each, str)]
    return [name]


def _brief(value: Any) -> str:
    text = (
        repr(dataclasses.asdict(value))
        if dataclasses.is_dataclass(value) and not isinstance(value, type)
        else repr(value)
    )
    return text if len(text) <= 80 else f"{text[:77]}..."
