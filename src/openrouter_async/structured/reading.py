"""Reads the wanted value from a reply, or says why there is none; never guesses one.

Strict parsing comes first, and the value that validates wins. If several different ones do, or none, the reply is
refused. Only then is what is nearly JSON mended, where nothing has to be guessed, and only if the result validates.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, is_dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel
from pydantic_core import from_json, to_json

from ..errors import Refused, ReplyNotParsed, ReplyTruncated, SchemaMismatch, StructuredOutputError
from .candidates import NOT_JSON, Candidate, Candidates, find_candidates, strict_json
from .prompt import is_wrapped
from .repair import MAX_LENGTH, RepairNotInstalled, repaired
from .violations import DoesNotFit, Path, Violation

if TYPE_CHECKING:
    from pydantic import JsonValue

    from ..types.chat import ChatCompletion
    from .schema import Schema

__all__ = ["read_output", "read_text"]

T = TypeVar("T")

_ENVELOPES = frozenset({"answer", "data", "json", "output", "response", "result", "value"})
"""Keys under which models put a value that should stand alone."""


@dataclass(frozen=True, slots=True)
class _Fit:
    """A value that validates."""

    plain: JsonValue
    output: object


def read_output(
    completion: ChatCompletion[Any], schema: Schema[T], *, is_native: bool = False, repair: bool = True
) -> T:
    """Return the value that a reply gives; with `is_native` it may stand there in its strict form.

    Raises:
        Refused: the model declined, or its reply was filtered.
        ReplyTruncated: the reply ends before the value does.
        SchemaMismatch: it holds a value, but not a fitting one.
        ReplyNotParsed: no value can be read from it.
    """
    try:
        return read_text(
            completion.text,
            schema,
            is_native=is_native,
            repair=repair,
            finish_reason=completion.finish_reason,
            refusal=completion.refusal,
        )
    except StructuredOutputError as error:
        error.completion = completion
        error.generation_id = completion.generation_id
        error.may_have_been_billed = True
        raise


def read_text(
    text: str,
    schema: Schema[T],
    *,
    is_native: bool = False,
    repair: bool = True,
    finish_reason: str | None = None,
    refusal: str | None = None,
) -> T:
    """Return the value that a text gives; see `read_output`."""
    reader = _Reader(schema, is_native)
    text = re.sub("[\ud800-\udfff]", "\ufffd", text)  # halves of surrogate pairs, which no parser takes
    found = find_candidates(text)
    ends_early = finish_reason in ("length", "content_filter")
    is_cut = found.is_cut or ends_early
    if ends_early and found.is_whole and type(found.found[0].value) in (int, float):
        found = replace(found, is_cut=True)  # there may be more digits
    fits = reader.fits(found.parsed, is_whole=found.is_whole)
    can_mend = True
    if not fits and repair and not is_cut:
        fits, can_mend = reader.mended(found, text)
    if fits and not found.is_cut and (found.leads or not is_cut):
        return _the_one(fits, text)  # type: ignore[return-value]  # the schema made it
    raise _why_not(
        text, found, reader.violations, finish_reason=finish_reason, refusal=refusal, can_mend=can_mend
    )


def _the_one(fits: list[_Fit], text: str) -> object:
    if any(not _equal(fit.plain, fits[0].plain) for fit in fits[1:]):
        raise ReplyNotParsed(
            f"the reply holds {len(fits)} values that fit and differ; expected one value and nothing else",
            raw=text,
        )
    return fits[0].output


def _equal(a: JsonValue, b: JsonValue) -> bool:
    return json.dumps(a, sort_keys=True) == json.dumps(b, sort_keys=True)  # where true is not 1


def _why_not(
    text: str,
    found: Candidates,
    violations: Sequence[Violation],
    *,
    finish_reason: str | None,
    refusal: str | None,
    can_mend: bool,
) -> StructuredOutputError:
    """Return the error that says best why a reply gives no value."""
    if refusal:
        return Refused(f"the model declined to answer: {refusal[:300]}", raw=refusal)
    if finish_reason == "content_filter":
        return Refused("the reply was filtered by the provider", raw=text)
    if finish_reason == "length":
        return ReplyTruncated(
            "the reply was cut off by the token limit before its value was complete; raise max_tokens",
            raw=text,
        )
    if found.is_cut:
        return ReplyTruncated("the reply ends before its value is complete", raw=text)
    if violations:
        listed = [str(violation) for violation in violations]
        more = f", and {len(listed) - 1} more" if len(listed) > 1 else ""
        return SchemaMismatch(f"the reply does not fit: {listed[0]}{more}", raw=text, violations=listed)
    if not text.strip():
        return ReplyNotParsed("the reply has no text", raw=text)
    if not can_mend:
        return ReplyNotParsed(
            "the reply holds something like JSON, but json-repair, which may be able to mend it, is not installed;"
            " run: pip install 'openrouter-async[repair]'",
            raw=text,
        )
    nearly = ", but something like it" if found.broken else ""
    return ReplyNotParsed(f"no JSON value can be read from the reply{nearly}", raw=text)


class _Reader:
    """Holds what may be the value against one schema, and keeps what was wrong with the most likely one."""

    def __init__(self, schema: Schema[Any], is_native: bool) -> None:
        self._schema = schema
        self._is_native = is_native
        self._is_wrapped = is_wrapped(schema)
        self._most_likely = -1
        self._untranslatable = ""
        self.violations: tuple[Violation, ...] = ()

    def fits(self, candidates: Sequence[Candidate], *, is_whole: bool) -> list[_Fit]:
        """Return the values that validate; from the first in a fence labelled `json` on, if there is one."""
        fits: list[tuple[Candidate, _Fit]] = []
        for candidate in candidates:
            if not is_whole and not isinstance(candidate.value, dict | list):
                continue
            fit = self._fit(candidate)
            if fit is not None:
                fits.append((candidate, fit))
                if is_whole:
                    break  # what follows is only what it holds as text
        for index, (candidate, _) in enumerate(fits):
            if (candidate.label or "").lower() == "json":
                fits = fits[index:]
                break
        return [fit for _, fit in fits]

    def mended(self, found: Candidates, text: str) -> tuple[list[_Fit], bool]:
        """Return the values that validate once they are mended, and whether mending is possible at all."""
        fits: list[_Fit] = []
        budget = MAX_LENGTH
        for candidate in [*found.broken, *_widest(found, text)]:
            budget -= len(candidate.text)
            if budget < 0:
                break
            try:
                value = repaired(candidate.text)
            except RepairNotInstalled:
                return [], False
            except ValueError:
                if candidate in found.broken:
                    return [], True  # what comes after may be a part of it
                continue
            fit = self._fit(Candidate(to_json(value).decode(), value, label=candidate.label))
            if fit is not None:
                fits.append(fit)
        return fits, True

    def _fit(self, candidate: Candidate) -> _Fit | None:
        problem: DoesNotFit | None = None
        self._untranslatable = ""
        for value in self._forms(candidate.value):
            try:
                return self._validated(value, candidate)
            except DoesNotFit as error:
                problem = problem or error
            except ValueError:  # no JSON that the validator can read: too deep, or half of a surrogate pair
                problem = problem or DoesNotFit([Violation((), "is no JSON value that can be read")])
        if self._untranslatable:
            problem = DoesNotFit([Violation((), self._untranslatable)])
        if problem is not None and len(candidate.text) >= self._most_likely:
            self._most_likely = len(candidate.text)
            self.violations = problem.violations
        return None

    def _forms(self, value: JsonValue) -> Iterator[JsonValue]:
        """Give the values that a candidate may stand for, the one that was asked for first."""
        given = value
        if self._is_native:
            undone = self._undone(value)
            if undone is not _NONE:
                yield undone  # type: ignore[misc]  # it is a JSON value then
            elif _has_marks(value, {"key", "kind"} - self._schema.property_names):
                self._untranslatable = self._untranslatable or "is in the strict form, but not of its schema"
                return  # open objects take anything, but that form is not the value
        if self._is_wrapped and isinstance(value, dict) and value.keys() == {"value"}:
            yield value["value"]
        yield given
        if isinstance(given, dict) and len(given) == 1:
            (key, inside), *_ = given.items()
            known = self._schema.root_keys
            is_envelope = key.lower() in _ENVELOPES or key.lower() == self._schema.name.lower()
            if is_envelope and (known is None or key not in known):
                yield inside

    def _undone(self, value: JsonValue) -> JsonValue | object:
        try:
            return self._schema.strict.undo(value)
        except ValueError as error:
            self._untranslatable = str(error)
            return _NONE

    def _validated(self, value: JsonValue, candidate: Candidate) -> _Fit:
        is_as_written = value is candidate.value
        try:
            output = (
                self._schema.read_json(candidate.text) if is_as_written else self._schema.read_value(value)
            )
        except DoesNotFit as problem:
            unfolded = _unfolded(value, problem.violations)
            if unfolded is None:
                raise
            try:
                output = self._schema.read_value(unfolded)
            except ValueError:
                raise problem from None
            value = unfolded
        self._check_known_keys(value, output)
        if (place := _emptied(value, output)) is not None:
            raise DoesNotFit([Violation(place, "has none of the keys that are known there")])
        if is_as_written and (key := _key_twice(candidate.text)) is not None:
            raise DoesNotFit([Violation((), f"the key {key[:80]!r} stands twice, with different values")])
        return _Fit(value, output)

    def _check_known_keys(self, value: JsonValue, output: object) -> None:
        """Raise if all keys are foreign, which a type of nothing but defaults would not notice."""
        known = self._schema.root_keys
        if not isinstance(value, dict) or not value or known is None or known & value.keys():
            return
        if isinstance(output, BaseModel) and output.model_fields_set:
            return  # by their names in place of their aliases
        names = ", ".join(map(repr, sorted(known)[:10]))
        raise DoesNotFit([Violation((), f"has none of the keys {names}, but {next(iter(value))[:40]!r}")])


_NONE = object()


def _has_marks(value: JsonValue, marks: Set[str]) -> bool:
    """Whether a value holds `{mark: ..., "value": ...}`, as maps and unions do in their strict form."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case dict() as holder:
                if len(holder) == 2 and "value" in holder and holder.keys() & marks:
                    return True
                waiting += holder.values()
            case list() as items:
                waiting += items
    return False


def _emptied(value: JsonValue, output: object, path: Path = ()) -> Path | None:
    """Return where an object has lost all of its keys, since its type knows none of them; None if nowhere."""
    pairs: Iterable[tuple[str | int, JsonValue, object]] = ()
    if isinstance(value, dict):
        if isinstance(output, BaseModel):
            known = type(output).model_fields
            if value and known and not output.model_fields_set and path:
                return path
            names = {field.alias or name: name for name, field in known.items()} | {
                name: name for name in known
            }
            pairs = [
                (key, item, getattr(output, names[key], None)) for key, item in value.items() if key in names
            ]
        elif isinstance(output, dict):
            if value and not output:
                return path
            pairs = [(key, item, output[key]) for key, item in value.items() if key in output]
        elif is_dataclass(output):
            pairs = [(key, item, getattr(output, key, None)) for key, item in value.items()]
    elif isinstance(value, list) and isinstance(output, list | tuple) and len(value) == len(output):
        pairs = [(index, item, output[index]) for index, item in enumerate(value)]
    for step, item, made in pairs:
        if (place := _emptied(item, made, (*path, step))) is not None:
            return place
    return None


def _key_twice(text: str) -> str | None:
    """Return a key that an object in a text has twice with different values, of which parsers take the last."""
    found: list[str] = []

    def check(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
        holder = dict(pairs)
        if len(holder) < len(pairs):
            found.extend(key for key, item in pairs if not _equal(item, holder[key]))
        return holder

    json.loads(text, object_pairs_hook=check)
    return found[0] if found else None


def _unfolded(value: JsonValue, violations: Sequence[Violation]) -> JsonValue | None:
    """Return a copy in which text that should be an array or object, and holds one as JSON, is replaced by it."""
    copy: JsonValue = None
    for violation in violations:
        text = _at(value, violation.path)
        if not isinstance(text, str) or text.lstrip()[:1] not in ("{", "["):
            continue
        try:
            inside: JsonValue = from_json(text, allow_inf_nan=False)
        except ValueError:
            continue
        if copy is None:
            copy = from_json(to_json(value))
        _put(copy, violation.path, inside)
    return copy


def _put(value: JsonValue, path: Path, item: JsonValue) -> None:
    """Replace what stands at a path that is there."""
    match _at(value, path[:-1]), path[-1:]:
        case dict() as holder, (str() as key,):
            holder[key] = item
        case list() as items, (int() as index,):
            items[index] = item


def _at(value: JsonValue, path: Path) -> JsonValue:
    """Return what stands at a path, None where there is nothing; names of arms of unions are no steps."""
    for step in path:
        match value, step:
            case dict() as holder, str() as key if key in holder:
                value = holder[key]
            case list() as items, int() as index if 0 <= index < len(items):
                value = items[index]
            case _:
                return None
    return value


def _widest(found: Candidates, text: str) -> list[Candidate]:
    """Return all from the first bracket to the last, if that is another piece than those that were found."""
    starts = [position for position in map(text.find, "{[") if position >= 0]
    if found.parsed or not starts:
        return []
    end = max(text.rfind("}"), text.rfind("]")) + 1
    widest = text[min(starts) : end]
    is_known = strict_json(widest) is not NOT_JSON or any(each.text == widest for each in found.broken)
    if not widest or is_known:
        return []
    return [Candidate(widest, None, is_broken=True)]
