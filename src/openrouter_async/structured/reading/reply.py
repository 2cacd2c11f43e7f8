"""Reads the requested value from a reply, or reports why it has none; never guesses.

Theory of operation. If exactly one part of the reply fits the schema, it is the value, wherever it is and whatever
the prose says. If several different ones fit, a value in the place of an answer, under a final heading or separate
after the reasoning, wins over an example, a part, or a value in a sentence of the reasoning; if two remain, the reply
has no value. A similar value that does not fit is a rival too, unless prose separates them. Text that is almost JSON
is repaired only if nothing validates, and only without guesses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from contextlib import suppress
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from pydantic import BaseModel

from ..._sentinels import OMIT, Omit
from ...errors import Refused, ReplyNotParsed, ReplyTruncated, SchemaMismatch, StructuredOutputError
from ..schemas.json_text import are_equal, parsed
from ..schemas.optional import without_nulls
from ..schemas.violations import Path, SchemaViolation, Violation, part_at, with_parts
from ..strict.codecs import NotJSON
from .candidates import MARK, Candidate, Candidates, find_candidates
from .repair import MAX_LENGTH, repaired
from .standing import ENVELOPES, Rank, Standing, find_retraction, standing_of

if TYPE_CHECKING:
    from pydantic import JsonValue

    from ...types.chat.model_reply import ModelReply
    from ..schema import Schema

__all__ = ["Reading", "read_output"]

T = TypeVar("T")

EXACT_INTEGERS = 2**53
"""Below that a float without a fraction is the whole number that was written."""


_CUT = frozenset({"length", "content_filter"})
"""Why a reply may end before its value does."""

_HALVES = re.compile("[\ud800-\udfff]")
"""Of surrogate pairs; no parser takes them."""

_WORDS = re.compile(r"[^\W_]")
_FENCE_MARK = re.compile(r"[`~]{3,}\w*")


class Reading(NamedTuple, Generic[T]):
    """The value of a reply."""

    output: T | Omit
    """The value; OMIT where the reply calls tools instead."""
    received: JsonValue = None
    """The JSON from which the value was validated."""


def read_output(
    completion: ModelReply[object], schema: Schema[T], *, is_native: bool = False, repair: bool = True
) -> Reading[T]:
    """Return the value of a reply; with `is_native` it may have its strict form.

    Raises:
        Refused: the model declined, or its reply was filtered.
        ReplyTruncated: the reply ends before the value does, or was cut off by the token limit.
        SchemaMismatch: it contains a value, but not a fitting one.
        ReplyNotParsed: no value can be read from it, or several may be meant.
    """
    # Most replies are nothing but the JSON of their value; to look at one closely takes half as long again.
    text = completion.text
    is_as_meant = not schema.is_wrapped and (not is_native or schema.strict.is_original)
    if is_as_meant and text.startswith("{") and completion.finish_reason not in _CUT:
        plain = schema.read_plain(text)
        if plain is not OMIT:
            return Reading(*plain)
    try:
        return _Reader(schema, is_native, repair).read(completion)
    except StructuredOutputError as error:
        if completion.tool_calls:
            return Reading(OMIT)
        error.completion = completion
        error.generation_id = completion.generation_id
        error.may_have_been_billed = True
        raise


class _Contender(NamedTuple, Generic[T]):
    """A value that fits, or is similar to the requested one, and its position in the reply."""

    standing: Standing
    fit: Reading[T] | None
    candidate: Candidate
    is_guess: bool = False
    """It was mended, where something fits as it is."""


class _Reader(Generic[T]):
    """Holds what may be the value against one schema, and keeps what was wrong with the most likely one."""

    def __init__(self, schema: Schema[T], is_native: bool, repair: bool) -> None:
        self._schema = schema
        self._is_native = is_native
        self._is_translated = is_native and not schema.strict.is_original
        self._is_wrapped = schema.is_wrapped
        self._repair = repair
        self._most_likely = -1
        self._untranslatable = ""
        self._violations: tuple[Violation, ...] = ()

    def read(self, completion: ModelReply[object]) -> Reading[T]:
        """Return the value of a reply; raises as `read_output`."""
        text = completion.text
        if completion.finish_reason in _CUT:
            raise self._why_not(completion, text, None)  # a value before a cut may have been taken back
        text = _HALVES.sub("\ufffd", text)
        found = find_candidates(text)
        reading = None
        if found.is_whole:
            reading = next(filter(None, map(self._fit, found.found)), None)
        elif not found.is_cut:
            reading = self._the_one(found, raw=text)
        if reading is None:
            raise self._why_not(completion, text, found)
        return reading

    def _why_not(
        self, completion: ModelReply[object], text: str, found: Candidates | None
    ) -> StructuredOutputError:
        """Return the error that best explains why a reply has no value; `found` is None if the reader did not
        search."""
        if refusal := completion.refusal:
            return Refused(f"the model declined to answer: {refusal[:300]}", raw=refusal)
        if completion.finish_reason == "content_filter":
            return Refused("the reply was filtered by the provider", raw=text)
        if found is None:
            return ReplyTruncated(
                "the reply was cut off by the token limit before it was complete; raise max_tokens", raw=text
            )
        if found.is_cut:
            return ReplyTruncated("the reply ends before its value is complete", raw=text)
        if self._violations:
            listed = [str(violation) for violation in self._violations]
            more = f", and {len(listed) - 1} more" if len(listed) > 1 else ""
            return SchemaMismatch(f"the reply does not fit: {listed[0]}{more}", raw=text, violations=listed)
        problem = "no JSON value can be read from the reply"
        if not text.strip():
            problem = "the reply has no text"
        elif any(each.is_broken for each in found.found):
            problem += ", but something like it"
        return ReplyNotParsed(problem, raw=text)

    def _the_one(self, found: Candidates, *, raw: str) -> Reading[T] | None:
        """Return what a reply means; None if nothing in it fits.

        Raises:
            ReplyNotParsed: what fits is a part of something, or is not meant, or there are rivals.
        """
        contenders = self._contenders(found)
        fitting = [each for each in contenders if each.fit is not None and not each.is_guess]
        if not fitting:
            return None
        best = max(fitting, key=lambda each: (each.standing.rank, each.standing.start))
        problem = best.standing.reason
        is_meant = best.standing.rank > Rank.PART or (
            best.standing.rank is Rank.LABELLED and len(contenders) == 1
        )
        if best.fit is None or not is_meant:
            problem = f"the reply contains a value that fits, but {problem}"
        elif any(not self._beats(best, each, found.text) for each in contenders if each is not best):
            problem = "the reply contains a value that fits, and another one that may be meant"
        elif words := find_retraction(found.text, best.standing.end):
            problem = f"the reply contains a value that fits, but the words after it say {words!r}"
        else:
            return best.fit
        raise ReplyNotParsed(f"{problem}; expected one value and nothing else", raw=raw)

    def _contenders(self, found: Candidates) -> list[_Contender[T]]:
        """Return the values that fit, repaired if necessary, and similar ones that do not fit."""
        contenders: list[_Contender[T]] = []
        names = frozenset({self._schema.name.lower()})
        may_mend = sum(len(each.text) for each in found.found if each.is_broken) <= MAX_LENGTH
        has_fit = False
        for candidate in found.found:
            whole = _mended(candidate) if candidate.is_broken and may_mend else candidate
            fit = None if whole.is_broken else self._fit(whole)
            if fit is None and not self._claims_to_be_meant(whole):
                continue
            standing = standing_of(found.text, whole, names=names, properties=self._schema.property_names)
            contenders.append(_Contender(standing, fit, whole, is_guess=candidate.is_broken))
            has_fit = has_fit or (fit is not None and not candidate.is_broken)
        if self._repair and not has_fit:
            contenders = [each._replace(is_guess=False) for each in contenders]
        return contenders

    def _beats(self, best: _Contender[T], other: _Contender[T], text: str) -> bool:
        """Whether `other` leaves no doubt that `best` is meant."""
        if best.fit and other.fit and are_equal(best.fit.received, other.fit.received):
            return True
        rank, end = other.standing.rank, other.standing.end
        if rank <= Rank.LABELLED or _is_schema(other.candidate.value):
            return True
        if end > best.standing.start:
            return False
        between = text[end : best.standing.start]
        if rank < best.standing.rank >= Rank.SET_APART:
            return True
        if other.fit is None and isinstance(other.candidate.value, dict | None):
            return _WORDS.search(_FENCE_MARK.sub("", between)) is not None
        return best.candidate.fence is not other.candidate.fence is None and bool(find_retraction(between, 0))

    def _claims_to_be_meant(self, other: Candidate) -> bool:
        """Whether a candidate that does not fit looks like the wanted value all the same."""
        known = self._schema.root_keys
        if other.is_broken:
            return known is None or any(key in other.text for key in known)
        kinds = self._schema.root_kinds
        if isinstance(other.value, list):
            return (not kinds or "array" in kinds) and MARK.fullmatch(other.text) is None
        if not isinstance(other.value, dict) or not other.value:
            return False
        return known is None or bool(known & other.value.keys())

    def _fit(self, candidate: Candidate) -> Reading[T] | None:
        problem: SchemaViolation | None = None
        self._untranslatable = ""
        if self._is_echo(candidate.value):
            problem = SchemaViolation([Violation((), "is the schema, not a value of it")])
        elif candidate.problem:
            problem = candidate.problem
        else:
            for value in self._forms(candidate.value):
                try:
                    return self._validated(value)
                except SchemaViolation as error:
                    problem = problem or error
        if self._untranslatable:
            problem = SchemaViolation([Violation((), self._untranslatable)])
        if problem is not None and len(candidate.text) >= self._most_likely:
            self._most_likely = len(candidate.text)
            self._violations = problem.violations
        return None

    def _is_echo(self, value: JsonValue) -> bool:
        """Whether a value is the schema that was asked for."""
        if not _is_schema(value):
            return False
        assert isinstance(value, dict)
        properties, known = value.get("properties"), self._schema.root_keys
        return isinstance(properties, dict) and known is not None and properties.keys() == known

    def _forms(self, value: JsonValue) -> Iterator[JsonValue]:
        """Give the values that a candidate may stand for, the one that was asked for first."""
        given = value
        if self._is_translated:
            try:
                undone = self._schema.strict.undo(value)
            except ValueError as error:
                marks = {"key", "kind"} - self._schema.property_names
                if isinstance(error, NotJSON) or _has_marks(value, marks):
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
            holds_list = kinds == {"array"} and isinstance(inside, list) and dict in map(type, inside)
            if (is_envelope or holds_list) and (known is None or key not in known):
                yield inside

    def _validated(self, value: JsonValue) -> Reading[T]:
        try:
            output = self._schema.read_value(value)
        except SchemaViolation as problem:
            mended = _unfolded(value, problem.violations)
            paths = [each.path for each in problem.violations]
            if (
                less := without_nulls(value if mended is None else mended, paths, self._schema.document)
            ) is not None:
                mended = less
            if mended is None:
                raise
            try:
                output = self._schema.read_value(mended)
            except SchemaViolation:
                raise problem from None
            value = mended
        self._check_known_keys(value, output)
        return Reading(output, value)

    def _check_known_keys(self, value: JsonValue, output: object) -> None:
        """Raise if all keys are foreign, which a type of nothing but defaults would not notice."""
        known = self._schema.root_keys
        if not isinstance(value, dict) or not value or known is None or not known.isdisjoint(value):
            return
        if isinstance(output, BaseModel) and output.model_fields_set:
            return  # by their names in place of their aliases
        if isinstance(output, tuple):
            return  # by the names of its fields, which its schema does not tell
        names = ", ".join(map(repr, sorted(known)[:10]))
        expected = f"has none of the keys {names}, but" if names else "takes no keys, but has"
        raise SchemaViolation([Violation((), f"{expected} {next(iter(value))[:40]!r}")])


def _mended(candidate: Candidate) -> Candidate:
    """Return a candidate that is broken with its value, where that is sure."""
    with suppress(ValueError):
        return candidate._replace(value=repaired(candidate.text), is_broken=False)
    return candidate


def _is_schema(value: JsonValue) -> bool:
    """Whether a value is rather the schema of one, which models repeat."""
    if not isinstance(value, dict):
        return False
    return "$schema" in value or (isinstance(value.get("properties"), dict) and value.get("type") == "object")


def _has_marks(value: JsonValue, marks: Set[str]) -> bool:
    """Whether a value contains `{mark: ..., "value": ...}`, as maps and unions do in their strict form."""
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
    """Return a copy in which values of another type are replaced by the value inside them; None if nothing changes.

    A string may contain JSON, and a number without a fraction is an integer.
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
