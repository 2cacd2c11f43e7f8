"""Reads the wanted value from a reply, or says why there is none; never guesses one.

Strict parsing comes first, and the value that validates wins. Other values in the reply must say the same, or speak of
something else; and the prose around must not leave open whether it is meant. Only where nothing validates is what is
nearly JSON mended, where nothing has to be guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from pydantic import BaseModel

from .._sentinels import OMIT, Omit
from ..errors import Refused, ReplyNotParsed, ReplyTruncated, SchemaMismatch, StructuredOutputError
from .candidates import Candidate, Candidates, find_candidates
from .doubt import taken_back
from .json_text import are_equal, parsed
from .prose import ENVELOPES, objection
from .repair import MAX_LENGTH, RepairNotInstalled, repaired
from .strict.codec import NoJSON
from .violations import DoesNotFit, Path, Violation, part_at, with_parts

if TYPE_CHECKING:
    from pydantic import JsonValue

    from ..types.chat import ChatCompletion
    from .schema import Schema

__all__ = ["Reading", "read_output", "read_text"]

T = TypeVar("T")

EXACT_INTEGERS = 2**53
"""Below that a float without a fraction is the whole number that was written."""


_HALVES = re.compile("[\ud800-\udfff]")
"""Of surrogate pairs; no parser takes them."""

MAX_AFTER = 50_000
"""Characters of prose after a value in which it may be explained, or taken back."""


class _Fit(NamedTuple):
    """A value that validates."""

    candidate: Candidate
    plain: JsonValue
    output: object


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """What a reply gives."""

    output: T | Omit
    """The value; OMIT where the reply calls tools instead."""
    received: JsonValue = None
    """The JSON that the value was made of."""


def read_output(
    completion: ChatCompletion[Any], schema: Schema[T], *, is_native: bool = False, repair: bool = True
) -> Reading[T]:
    """Return the value that a reply gives; with `is_native` it may stand there in its strict form.

    Raises:
        Refused: the model declined, or its reply was filtered.
        ReplyTruncated: the reply ends before the value does, or was cut off by the token limit.
        SchemaMismatch: it holds a value, but not a fitting one.
        ReplyNotParsed: no value can be read from it, or it is not sure which one is meant.
    """
    try:
        return _read(
            completion.text,
            schema,
            is_native=is_native,
            repair=repair,
            finish_reason=completion.finish_reason,
            refusal=completion.refusal,
        )
    except StructuredOutputError as error:
        if completion.tool_calls:
            return Reading(OMIT)
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
    reading = _read(
        text, schema, is_native=is_native, repair=repair, finish_reason=finish_reason, refusal=refusal
    )
    return reading.output  # type: ignore[return-value]  # a text calls no tools


def _read(
    text: str,
    schema: Schema[T],
    *,
    is_native: bool,
    repair: bool,
    finish_reason: str | None,
    refusal: str | None,
) -> Reading[T]:
    reader = _Reader(schema, is_native)
    found: Candidates | None = None
    can_mend = True
    if finish_reason not in ("length", "content_filter"):  # a value before the end might have been taken back
        reading = reader.plain(text)
        if reading is not None:
            return reading
        text = _HALVES.sub("\ufffd", text)
        found = find_candidates(text)
        fits, others = ([], []) if found.is_cut else reader.held(found)
        if not fits and repair:
            fits, others, can_mend = reader.mended(others)
        if fits:
            fit = reader.the_one(fits, others, found, raw=text)
            return Reading(fit.output, fit.plain)  # type: ignore[arg-type]  # the schema made it
    raise _why_not(
        text, found, reader.violations, finish_reason=finish_reason, refusal=refusal, can_mend=can_mend
    )


def _why_not(
    text: str,
    found: Candidates | None,
    violations: Sequence[Violation],
    *,
    finish_reason: str | None,
    refusal: str | None,
    can_mend: bool,
) -> StructuredOutputError:
    """Return the error that says best why a reply gives no value; `found` is None where none was looked for."""
    if refusal:
        return Refused(f"the model declined to answer: {refusal[:300]}", raw=refusal)
    if finish_reason == "content_filter":
        return Refused("the reply was filtered by the provider", raw=text)
    if found is None:
        return ReplyTruncated(
            "the reply was cut off by the token limit before it was complete; raise max_tokens", raw=text
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
    nearly = ", but something like it" if any(each.is_broken for each in found.found) else ""
    return ReplyNotParsed(f"no JSON value can be read from the reply{nearly}", raw=text)


class _Reader:
    """Holds what may be the value against one schema, and keeps what was wrong with the most likely one."""

    def __init__(self, schema: Schema[Any], is_native: bool) -> None:
        self._schema = schema
        self._is_native = is_native
        self._is_translated = is_native and not schema.strict.is_original
        self._is_wrapped = schema.is_wrapped
        self._most_likely = -1
        self._untranslatable = ""
        self.violations: tuple[Violation, ...] = ()

    def plain(self, text: str) -> Reading[Any] | None:
        """Return what a reply gives that is nothing but the JSON of its value; None for all others.

        The others are looked at closely, which would say the same of this one, and take half as long again.
        """
        if self._is_translated or self._is_wrapped or not text.startswith("{"):
            return None
        read = self._schema.read_plain(text)
        return None if read is OMIT else Reading(*read)

    def held(self, found: Candidates) -> tuple[list[_Fit], list[Candidate]]:
        """Return the values that validate, and the candidates that do not, from the first `json` fence on."""
        if found.is_whole:
            for candidate in found.found:
                if fit := self._fit(candidate):
                    return [fit], []  # what follows is only what it holds as text
            return [], []
        fits: list[_Fit] = []
        others: list[Candidate] = []
        is_in_fence = False
        for candidate in found.meant:
            fit = None if candidate.is_broken else self._fit(candidate)
            if fit is None:
                others.append(candidate)
                continue
            if not is_in_fence and candidate.label == "json":
                is_in_fence = True  # what stands before is draft
                fits.clear()
                others = [other for other in others if other.label == "json"]
            fits.append(fit)
        return fits, others

    def mended(self, others: Sequence[Candidate]) -> tuple[list[_Fit], list[Candidate], bool]:
        """Return the same of those that are broken once they are mended, and whether mending is possible at all."""
        fits: list[_Fit] = []
        rest: list[Candidate] = []
        if sum(len(each.text) for each in others if each.is_broken) > MAX_LENGTH:
            return [], list(others), True
        for candidate in others:
            whole = candidate
            try:
                if candidate.is_broken:
                    whole = candidate._replace(value=repaired(candidate.text), is_broken=False)
            except RepairNotInstalled:
                return [], [], False
            except ValueError:
                whole = candidate  # it stays among the others
            fit = self._fit(whole) if whole is not candidate else None
            if fit is None:
                rest.append(whole)
            else:
                fits.append(fit)
        return fits, rest, True

    def the_one(
        self, fits: Sequence[_Fit], others: Sequence[Candidate], found: Candidates, *, raw: str
    ) -> _Fit:
        """Return the one that all of `fits` agree on.

        Raises:
            ReplyNotParsed: they differ, one of `others` may be meant, or the prose leaves open whether they are.
        """
        if found.is_whole:
            return fits[0]
        text, last = found.text, fits[-1].candidate
        problem = ""
        if any(not are_equal(fit.plain, fits[0].plain) for fit in fits[1:]):
            problem = f"the reply holds {len(fits)} values that fit and differ"
        elif any(self._claims_to_be_meant(other) for other in others):
            problem = "the reply holds a value that fits, and another one that may be meant but does not fit"
        else:
            names = frozenset({self._schema.name.lower()})
            objections = [
                objection(text, fit.candidate, names=names, properties=self._schema.property_names)
                for fit in fits
            ]
            after = text[last.end if last.fence is None else last.fence.end or last.end :]
            if all(objections):
                problem = f"the reply holds a value that fits, but {objections[-1]}"
            elif len(after) > MAX_AFTER:
                problem = f"the reply holds a value that fits, but goes on for {len(after):,} characters"
            elif word := taken_back(after):
                problem = f"the reply holds a value that fits, but the words after it say {word!r}"
        if problem:
            raise ReplyNotParsed(f"{problem}; expected one value and nothing else", raw=raw)
        return fits[0]

    def _claims_to_be_meant(self, other: Candidate) -> bool:
        """Whether a candidate that does not fit looks like the wanted value all the same."""
        if other.is_broken:
            return True
        kinds = self._schema.root_kinds
        if isinstance(other.value, list):
            return not kinds or "array" in kinds
        if not isinstance(other.value, dict) or not other.value:
            return False
        known = self._schema.root_keys
        if (self._is_wrapped or self._is_native) and (known is not None or "object" not in kinds):
            known = frozenset({"value", *(known or ())})
        return known is None or bool(known & other.value.keys())

    def _fit(self, candidate: Candidate) -> _Fit | None:
        problem: DoesNotFit | None = None
        self._untranslatable = ""
        if candidate.problem:
            problem = DoesNotFit([candidate.problem])
        else:
            for value in self._forms(candidate.value):
                try:
                    return self._validated(value, candidate)
                except DoesNotFit as error:
                    problem = problem or error
                except ValueError:  # no JSON that the validator can read, such as a number of 5,000 digits
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
        if self._is_translated:
            try:
                undone = self._schema.strict.undo(value)
            except ValueError as error:
                marks = {"key", "kind"} - self._schema.property_names
                if isinstance(error, NoJSON) or _has_marks(value, marks):
                    reason = f": {error}" if str(error) else ""
                    self._untranslatable = f"is in the strict form, but not of its schema{reason}"
                    return  # what may be anything takes that form too, but it is not the value
                self._untranslatable = str(error)
            else:
                yield undone
        if self._is_wrapped and isinstance(value, dict) and value.keys() == {"value"}:
            yield value["value"]
        yield given
        kinds = self._schema.root_kinds
        if isinstance(given, dict) and len(given) == 1 and kinds and "string" not in kinds:
            (key, inside), *_ = given.items()
            known = self._schema.root_keys
            is_envelope = key.lower() in ENVELOPES or key.lower() == self._schema.name.lower()
            if is_envelope and (known is None or key not in known):
                yield inside

    def _validated(self, value: JsonValue, candidate: Candidate) -> _Fit:
        try:
            output = self._schema.read_value(value)
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
        return _Fit(candidate, value, output)

    def _check_known_keys(self, value: JsonValue, output: object) -> None:
        """Raise if all keys are foreign, which a type of nothing but defaults would not notice."""
        known = self._schema.root_keys
        if not isinstance(value, dict) or not value or known is None or not known.isdisjoint(value):
            return
        if isinstance(output, BaseModel) and output.model_fields_set:
            return  # by their names in place of their aliases
        names = ", ".join(map(repr, sorted(known)[:10]))
        raise DoesNotFit([Violation((), f"has none of the keys {names}, but {next(iter(value))[:40]!r}")])


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


def _unfolded(value: JsonValue, violations: Sequence[Violation]) -> JsonValue | None:
    """Return a copy in which what should be of another type is replaced by what it holds; None if nothing is.

    A text may hold JSON, and a number without a fraction a whole number.
    """
    held: list[tuple[Path, JsonValue]] = []
    for violation in violations:
        if not violation.is_of_type:
            continue
        match part_at(value, violation.path):
            case str() as text:
                with suppress(ValueError):
                    held.append((violation.path, parsed(text)))
            case float() as number if number.is_integer() and abs(number) < EXACT_INTEGERS:
                held.append((violation.path, int(number)))
    return with_parts(value, held) if held else None
