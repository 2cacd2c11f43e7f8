"""`convert`: turns a JSON Schema into a `StrictSchema`, with the way back, or says why that is impossible.

Theory of operation. The schema is walked from its root; each construct becomes a codec, which knows its strict form
and the translation of values. References are followed: a definition that is recursive, or used more than once, stays
a definition; others are inlined, since strict modes allow no siblings of `$ref`. Each change is recorded with its
place and its effect on the accepted values. Nothing is dropped that would make a wrong value look right: the original
schema validates the reply after it was translated back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from ..schemas.describe import CONSTRAINTS
from ..schemas.json_text import are_equal
from ..schemas.output_type import schema_name
from ..schemas.references import leads_back, list_in, names_in, pointer, references_in, resolve
from .codecs import (
    ABSENT,
    Absent,
    ArrayCodec,
    Codec,
    JSONTextCodec,
    Kind,
    RefCodec,
    ScalarCodec,
    UnsupportedSchema,
    kind_of,
)  # fmt: skip
from .keywords import ANNOTATIONS, EVERYWHERE, KEYWORDS_OF, UNSUPPORTED, description_of, merged, with_prefix
from .objects import FieldCodec, MapCodec, ObjectCodec, TupleCodec
from .result import Change, Effect, StrictSchema
from .unions import UnionCodec

if TYPE_CHECKING:
    from pydantic import JsonValue

__all__ = ["convert"]

MAX_CONSTRUCTS = 5_000
"""Constructs of a strict schema; providers take no more properties than that."""

Place: TypeAlias = "tuple[str | int, ...]"
Schema: TypeAlias = "Mapping[str, JsonValue]"


def convert(
    document: Schema,
    *,
    ignores_unknown_keys: bool = False,
    fills_defaults: bool = True,
    fits: Callable[[Schema, JsonValue], bool] = lambda _schema, _value: True,
) -> StrictSchema:
    """Return the strict form of a schema whose references have been checked.

    Args:
        document: The schema.
        ignores_unknown_keys: Its validator drops keys that an object does not name, as pydantic does, so closing an
            object without `additionalProperties` loses nothing.
        fills_defaults: Put defaults into translated values; not needed for a validator that does so itself.
        fits: Whether a default fits its schema, as far as its form does not show it; others are ignored.

    Raises:
        UnsupportedSchema: no strict schema can express it; the message names place and reason.
    """
    converter = _Converter(document, ignores_unknown_keys, fills_defaults, fits)
    root = converter.codec(document, ())
    converter.finish()
    return StrictSchema.of(root, converter.table, tuple(converter.changes))


class _Converter:
    def __init__(
        self,
        document: Schema,
        ignores_unknown_keys: bool,
        fills_defaults: bool,
        fits: Callable[[Schema, JsonValue], bool],
    ) -> None:
        self._fits = fits
        self.table: dict[str, Codec] = {}
        self.changes: list[Change] = []
        self._document = document
        self._ignores_unknown_keys = ignores_unknown_keys
        self._fills_defaults = fills_defaults
        self._names: dict[str, str] = {}
        self._open: list[str] = []
        """What `allOf` refers to, while it is put in place."""
        self._uses = references_in(document)
        inside = {ref: references_in(resolve(document, ref)) for ref in self._uses}
        self._recursive = frozenset(ref for ref in inside if leads_back(ref, inside))
        self._constructs = 0
        self._unions: list[tuple[Place, UnionCodec]] = []

    def _note(self, place: Place, what: str, effect: Effect) -> None:
        self.changes.append(Change(pointer(place), what, effect))

    def codec(self, schema: JsonValue | Schema, place: Place) -> Codec:
        """Return the codec of the schema at `place`."""
        try:
            return self._construct(schema, place)
        except UnsupportedSchema as problem:
            problem.place = problem.place or pointer(place)
            raise

    def _construct(self, schema: JsonValue | Schema, place: Place) -> Codec:
        self._constructs += 1
        if self._constructs > MAX_CONSTRUCTS:
            raise UnsupportedSchema(f"it has more than {MAX_CONSTRUCTS:,} constructs", "#")
        if schema is True:
            schema = {}
        if not isinstance(schema, Mapping):
            raise UnsupportedSchema("nothing fits it")
        for keyword in schema:
            if keyword in UNSUPPORTED:
                raise UnsupportedSchema(f"{keyword!r} has no strict form")
        if "$ref" in schema:
            return self._reference(schema, place)
        if "allOf" in schema:
            return self._all_of(schema, place)
        if "anyOf" in schema or "oneOf" in schema:
            return self._any_of(schema, place)
        if "const" in schema or "enum" in schema:
            return self._choices(schema, place)
        kinds = self._types(schema, place)
        if not kinds:
            self._note(place, "any JSON is written as text", "same")
            self._say_bounds(schema, place)
            return JSONTextCodec(description_of(schema))
        if len(kinds) == 1:
            return self._of_kind(kinds[0], schema, place)
        common = {keyword: value for keyword, value in schema.items() if keyword in EVERYWHERE - {"type"}}
        note = str(common.pop("description", ""))
        arms = []
        for kind in kinds:
            own = {keyword: value for keyword, value in schema.items() if keyword in KEYWORDS_OF[kind]}
            arms.append(self._of_kind(kind, {**common, **own}, place))
        return self._union(arms, kinds, place, note)

    # Combinations

    def _reference(self, schema: Schema, place: Place) -> Codec:
        ref = str(schema["$ref"])
        target = resolve(self._document, ref)
        # Since draft 2019-09 what stands beside `$ref` counts as well (JSON Schema 2020-12, core, 8.2.3.1).
        beside = {keyword: value for keyword, value in schema.items() if keyword != "$ref"}
        demands = beside.keys() - ANNOTATIONS
        if ref in self._recursive or (self._uses[ref] > 1 and not beside and not _is_small(target)):
            if demands - CONSTRAINTS:
                raise UnsupportedSchema("'$ref' to a recursive schema has constraints beside it")
            if demands:
                self._note(place, "constraints beside '$ref' are left out", "more")
            return self._definition(ref, target)
        return self.codec(merged([beside, target]) if isinstance(target, dict) else target, place)

    def _definition(self, ref: str, target: JsonValue) -> RefCodec:
        name = self._names.get(ref)
        if name is None:
            name = schema_name(ref.rpartition("/")[2].lstrip("#") or "root")
            while name in self._names.values():
                name += "_"
            self._names[ref] = name
            self.table[name] = self.codec(target, tuple(ref.removeprefix("#").strip("/").split("/")))
        return RefCodec(name, self.table)

    def _all_of(self, schema: Schema, place: Place) -> Codec:
        parts: list[Schema] = [{key: value for key, value in schema.items() if key != "allOf"}]
        opened = len(self._open)
        for part in list_in(schema, "allOf"):
            while isinstance(part, dict) and "$ref" in part:
                ref = str(part["$ref"])
                if ref in self._open:
                    raise UnsupportedSchema(f"'allOf' holds {ref}, which is recursive")
                self._open.append(ref)
                parts.append({key: value for key, value in part.items() if key != "$ref"})
                part = resolve(self._document, ref)
            if part is False:
                raise UnsupportedSchema("nothing fits it")
            if isinstance(part, dict):
                parts.append(part)
        if sum("anyOf" in part or "oneOf" in part for part in parts) > 1:
            raise UnsupportedSchema("'allOf' holds several choices")
        codec = self.codec(merged(parts), place)
        del self._open[opened:]
        return codec

    def _any_of(self, schema: Schema, place: Place) -> Codec:
        keyword = "anyOf" if "anyOf" in schema else "oneOf"
        if "anyOf" in schema and "oneOf" in schema:
            raise UnsupportedSchema("'anyOf' and 'oneOf' stand side by side")
        common = {key: value for key, value in schema.items() if key not in ANNOTATIONS | {keyword}}
        arms: list[Codec] = []
        names: list[str] = []
        for index, arm in enumerate(list_in(schema, keyword)):
            if arm is False:
                continue
            names.append(_arm_name(arm, index))
            if common and isinstance(arm, dict):
                target = resolve(self._document, str(arm["$ref"])) if "$ref" in arm else {}
                rest = {key: value for key, value in arm.items() if key != "$ref"}
                arm = merged([common, rest, target if isinstance(target, dict) else {}])
            arms.append(self.codec(common if common and arm is True else arm, (*place, keyword, index)))
        if not arms:
            raise UnsupportedSchema("nothing fits it")
        if keyword == "oneOf":
            # Arms of which one alone may fit (JSON Schema 2020-12, core, 10.2.1.3) exclude each other by their tags.
            self._note(place, "'oneOf' becomes 'anyOf'", "same" if "discriminator" in schema else "more")
        return self._union(arms, names, place, description_of(schema))

    def _union(self, arms: list[Codec], names: list[str] | list[Kind], place: Place, note: str) -> Codec:
        flat: list[Codec] = []
        labels: list[str] = []
        for arm, name in zip(arms, names, strict=True):
            inner = arm.arms if isinstance(arm, UnionCodec) and not arm.note else (arm,)
            for number, codec in enumerate(inner, 1):
                label = name if len(inner) == 1 else f"{name}_{number}"
                labels.append(label if label not in labels else f"{label}_{len(labels) + 1}")
                flat.append(codec)
        if len(flat) == 1 and not note:
            return flat[0]
        union = UnionCodec(tuple(flat), tuple(labels), note)
        self._unions.append((place, union))
        return union

    def finish(self) -> None:
        """Note what can be known only when all definitions are."""
        for place, union in self._unions:
            if union.is_named:
                self._note(place, "arms that look alike carry their name", "same")

    # Scalars

    def _choices(self, schema: Schema, place: Place) -> Codec:
        listed = list_in(schema, "enum") if "enum" in schema else [schema["const"]]
        choices = [choice for choice in listed if "const" not in schema or are_equal(choice, schema["const"])]
        kinds = self._types({"type": schema["type"]}, place) if "type" in schema else []
        by_kind: dict[Kind, list[JsonValue]] = {}
        for choice in choices:
            kind = kind_of(choice)
            if kinds and kind not in kinds and not (kind == "integer" and "number" in kinds):
                continue
            if kind in ("array", "object"):
                raise UnsupportedSchema("'enum' holds an array or an object")
            kind = "number" if kind == "integer" and "number" in by_kind else kind
            if choice not in by_kind.setdefault(kind, []):
                by_kind[kind].append(choice)
        if not by_kind:
            raise UnsupportedSchema("nothing fits it")
        self._say_bounds(schema, place)
        note = description_of(schema)
        if len(by_kind) == 1:
            (kind, few), *_ = by_kind.items()
            return ScalarCodec(kind, None if kind == "null" else tuple(few), note)
        arms = [ScalarCodec(kind, None if kind == "null" else tuple(few)) for kind, few in by_kind.items()]
        return UnionCodec(tuple(arms), tuple(by_kind), note)

    def _types(self, schema: Schema, place: Place) -> list[Kind]:
        """Return the types a schema names, or those its keywords speak of."""
        given = schema.get("type")
        if given is None:
            for kind in ("object", "array"):
                if schema.keys() & KEYWORDS_OF[kind]:
                    self._note(place, f"taken as the {kind} that its keywords speak of", "fewer")
                    return [kind]
            return []
        named = given if isinstance(given, list) else [given]
        kinds: list[Kind] = [kind for kind in KEYWORDS_OF if kind in named]
        if "number" in kinds and "integer" in kinds:
            kinds.remove("integer")
        if not kinds:
            raise UnsupportedSchema(f"its type is {given!r}")
        return kinds

    def _say_bounds(self, schema: Schema, place: Place, *, also: bool = False) -> None:
        """Note that constraints become words, and that keywords that nobody knows are left out."""
        for keyword in schema:
            if keyword not in EVERYWHERE and not any(keyword in names for names in KEYWORDS_OF.values()):
                self._note(place, f"the unknown keyword {keyword!r} is left out", "same")
        if also or schema.keys() & CONSTRAINTS:
            self._note(place, "bounds are put into words", "more")

    def _of_kind(self, kind: Kind, schema: Schema, place: Place) -> Codec:
        foreign = [key for key in schema if key in CONSTRAINTS - KEYWORDS_OF[kind] - EVERYWHERE]
        schema = {key: value for key, value in schema.items() if key not in foreign}
        if kind == "object":
            return self._object(schema, place)
        if kind == "array":
            return self._array(schema, place)
        self._say_bounds(schema, place)
        return ScalarCodec(kind, None, description_of(schema))

    # Containers

    def _array(self, schema: Schema, place: Place) -> Codec:
        said = with_prefix(schema)
        prefix, items = said.get("prefixItems"), said.get("items", True)
        if isinstance(prefix, list) and prefix:
            return self._tuple(said, prefix, items, place)
        self._say_bounds(said, place)
        if items is False:
            items = {"type": "null"}
            self._note(place, "an array that must be empty has items", "more")
        return ArrayCodec(self.codec(items, (*place, "items")), description_of(said))

    def _tuple(
        self, schema: dict[str, JsonValue], prefix: list[JsonValue], items: JsonValue, place: Place
    ) -> Codec:
        least, most = _whole(schema.pop("minItems", 0)) or 0, _whole(schema.pop("maxItems", None))
        if most is not None and least > most:
            raise UnsupportedSchema("nothing fits it")
        codecs = tuple(self.codec(item, (*place, "prefixItems", index)) for index, item in enumerate(prefix))
        rest = None
        if items is not False and (most is None or most > len(prefix)):
            rest = self.codec(items, (*place, "items"))
        bounds: dict[str, JsonValue] = {"minItems": least} if least > len(prefix) else {}
        bounds |= {"maxItems": most} if rest is not None and most is not None else {}
        self._say_bounds(schema, place, also=bool(bounds))
        schema |= bounds
        if most is not None and most < len(prefix):
            codecs = codecs[:most]
        self._note(place, "a tuple becomes an object of numbered items", "same")
        return TupleCodec(codecs, min(least, len(codecs)), rest, description_of(schema))

    def _object(self, schema: Schema, place: Place) -> Codec:
        properties, required = names_in(schema, "properties"), list_in(schema, "required")
        others = self._others(schema, place)
        unlisted = [name for name in required if name not in properties]
        if unlisted and others is None:
            raise UnsupportedSchema(f"{unlisted[0]!r} is required, but no property")
        self._say_bounds(schema, place, also=bool(unlisted))
        note = description_of(schema)
        if unlisted:
            note = f"{note} Must have the keys {', '.join(map(str, unlisted))}.".strip()
        rest = None if others is None else MapCodec(others)
        if not properties and rest is not None:
            self._note(place, "a map becomes a list of pairs", "same")
            return MapCodec(rest.values, note)
        fields = tuple(
            self._field(name, item, name in required, (*place, "properties", name))
            for name, item in properties.items()
        )
        rest_name = "other_properties"
        while rest_name in properties:
            rest_name += "_"
        if rest is not None:
            self._note(place, f"further properties become a list of pairs, {rest_name!r}", "same")
        return ObjectCodec(fields, rest, rest_name if rest else "", note)

    def _others(self, schema: Schema, place: Place) -> Codec | None:
        """Return the codec of properties that are not named, None if there can be none."""
        patterns = names_in(schema, "patternProperties")
        more = schema.get("additionalProperties")
        if patterns:
            if len(patterns) > 1 or more not in (None, False):
                raise UnsupportedSchema("'patternProperties' has no strict form")
            (pattern, item), *_ = patterns.items()
            self._note((*place, "patternProperties", pattern), "the pattern of keys is left out", "more")
            if more is None:
                self._note(place, "keys that do not match the pattern are held to its schema", "fewer")
            return self.codec(item, (*place, "patternProperties", pattern))
        if more is None:
            if schema.get("properties"):
                lost: Effect = "same" if self._ignores_unknown_keys else "fewer"
                self._note(place, "an open object is closed", lost)
                return None
            more = True
        return None if more is False else self.codec(more, (*place, "additionalProperties"))

    def _field(self, name: str, schema: JsonValue, is_required: bool, place: Place) -> FieldCodec:
        codec = self.codec(schema, place)
        default = schema.get("default", ABSENT) if isinstance(schema, dict) else ABSENT
        if is_required:
            return FieldCodec(name, codec)
        if self._fills_defaults and not isinstance(default, Absent) and isinstance(schema, dict):
            default = default if self._fits(schema, default) else ABSENT
        has_default = not isinstance(default, Absent)
        self._note(place, "null means its default" if has_default else "null means that it is absent", "same")
        return FieldCodec(name, codec, True, default, self._fills_defaults)


def _is_small(target: JsonValue) -> bool:
    """Whether a definition is as well put in place each time: an enum of few, a scalar."""
    if not isinstance(target, dict) or target.keys() & {"properties", "items", "anyOf", "oneOf", "allOf"}:
        return False
    choices = target.get("enum")
    return not isinstance(choices, list) or len(choices) <= 5


def _whole(value: JsonValue) -> int | None:
    """Return a number of items, which may be written as `2.0`."""
    return int(value) if isinstance(value, int | float) else None


def _arm_name(arm: JsonValue, index: int) -> str:
    if isinstance(arm, dict):
        title = arm.get("title") or str(arm.get("$ref", "")).rpartition("/")[2] or arm.get("type")
        if isinstance(title, str) and title:
            return schema_name(title)
    return f"option_{index + 1}"
