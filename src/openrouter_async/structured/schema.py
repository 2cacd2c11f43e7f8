"""`Schema`: the required structure of a value, from a Python type, a JSON schema or examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy, deepcopy
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from pydantic_core import PydanticCustomError

from .._checks import describe_json
from .._sentinels import Omit
from ..errors import ConfigurationError, OpenRouterError, ReplyNotParsed, SchemaMismatch
from ..types.requests.fields import check_json
from ..types.requests.prevalidated import Prevalidated
from .schemas.describe import describe
from .schemas.inference import infer
from .schemas.json_text import parsed
from .schemas.output_type import TypeValidator, schema_name, type_name, validator_of
from .schemas.raw_schema import RawValidator, checked_document
from .schemas.references import names_in, resolve, subschemas
from .schemas.violations import SchemaViolation, Violation
from .strict.codecs import UnsupportedSchema
from .strict.convert import convert
from .strict.result import StrictSchema

if TYPE_CHECKING:
    from pydantic import JsonValue
    from typing_extensions import TypeForm, TypeIs

    from ..types.chat.response_format import JSONSchemaFormat

__all__ = ["Schema"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
TypeT = TypeVar("TypeT")


class Schema(Generic[T_co]):
    """The requirements on a value; made by `from_type`, `from_json_schema` or `from_examples`.

    ```python
    schema = Schema.from_type(list[int])
    schema.validate([1, 2])
    print(schema.describe())
    ```

    Its methods send and fetch nothing.
    """

    def __init__(self, validator: TypeValidator | RawValidator, name: str) -> None:
        self._validator = validator
        self.name: str = schema_name(name)
        """Under which it is sent: letters, digits, `_` and `-`, at most 64."""

    @classmethod
    def from_type(cls, type_: TypeForm[TypeT]) -> Schema[TypeT]:
        """Return the schema of a Python type: whatever pydantic can validate.

        Raises:
            ConfigurationError: pydantic can make nothing of the type, or it has no JSON schema.
        """
        validator = validator_of(type_)
        return cast("Schema[TypeT]", _schema_of_type(validator, type_name(type_)))

    @classmethod
    def from_json_schema(cls, document: Mapping[str, object], *, name: str | None = None) -> Schema[Any]:
        """Return a JSON schema as a `Schema`; values are held against it by jsonschema-rs, of the extra `schema`.

        Raises:
            ConfigurationError: it is not JSON schema, is nested more than 100 deep, or refers to something outside of
                it, which is never fetched; or jsonschema-rs is not installed.
        """
        checked = checked_document(document)
        title = checked.get("title")
        return Schema(RawValidator(checked), name or (title if isinstance(title, str) else ""))

    @classmethod
    def from_examples(cls, examples: Sequence[object], *, name: str | None = None) -> Schema[Any]:
        """Return the schema that the examples share.

        An example is a JSON value, or a string that contains a JSON object or array. Keys that all objects have are
        required; a key that is null in one may be null. Strings become an enum if many examples use a few of them,
        and get a format, such as a date, if all clearly have it.

        Raises:
            ConfigurationError: the list is empty, an example is not JSON (the message names it), or jsonschema-rs is
                not installed.
        """
        if isinstance(examples, str | bytes | Mapping) or not isinstance(examples, Sequence):
            raise ConfigurationError(f"examples is {describe_json(examples)}; expected a list of them")
        if not examples:
            raise ConfigurationError("examples is empty; expected at least one")
        read = [_example(example, index) for index, example in enumerate(examples)]
        return cls.from_json_schema(infer(read), name=name)

    def with_context(self, context: object) -> Schema[T_co]:
        """Return the same schema, whose type's validators find `context` in their `info.context`.

        Raises:
            ConfigurationError: it is a JSON schema, which has no validators.
        """
        if not isinstance(self._validator, TypeValidator):
            raise ConfigurationError(
                f"context is given, but {self.name!r} is a JSON schema, which has no validators"
            )
        made = copy(self)
        made._validator = self._validator.with_context(context)
        return made

    @property
    def json_schema(self) -> dict[str, Any]:
        """The JSON schema, as a copy."""
        return deepcopy(self._validator.document)

    @property
    def dumped_schema(self) -> dict[str, Any]:
        """The JSON schema of what `dump` returns, as a copy."""
        return deepcopy(self._validator.dumped_document)

    def dump(self, value: object) -> JsonValue:
        """Return a value of the schema as JSON, with the names of a type's fields, as its serializers write it."""
        return self._validator.dump(value)

    @cached_property
    def strict(self) -> StrictSchema:
        """The schema in the subset that strict modes accept, with what was changed, and the way back for values.

        Raises:
            ConfigurationError: it cannot be said there; place and reason are named.
        """
        converted = self._converted
        if isinstance(converted, UnsupportedSchema):
            raise ConfigurationError(
                f"the schema {self.name!r} has no strict form: {converted}; use path='prompted', or strict=False"
            )
        return converted

    @cached_property
    def strict_problem(self) -> str | None:
        """Why the schema has no strict form; None if it has one."""
        return str(self._converted) if isinstance(self._converted, UnsupportedSchema) else None

    @cached_property
    def _converted(self) -> StrictSchema | UnsupportedSchema:
        validator = self._validator
        try:
            if isinstance(validator, RawValidator):
                return convert(validator.document, fits=validator.fits)
            return convert(validator.document, ignores_unknown_keys=True, fills_defaults=False)
        except UnsupportedSchema as problem:
            return UnsupportedSchema(
                problem.reason, problem.place
            )  # without the frames that the first one holds
        except RecursionError:
            return UnsupportedSchema("it is nested too deeply", "#")

    def response_format(self, name: str | None = None, *, strict: bool = True) -> JSONSchemaFormat:
        """Return the part of a request that asks for it: `response_format=schema.response_format()`.

        With `strict` it contains the strict form; translate the reply back with `schema.strict.undo`, which the
        parameter `output` of a call does automatically.

        Raises:
            ConfigurationError: the name is not allowed, or the schema does not have a strict form.
        """
        name = self.name if name is None else name
        if schema_name(name) != name:
            raise ConfigurationError(
                f"name is {name[:80]!r}; expected 1 to 64 letters, digits, '_' and '-', e.g. {schema_name(name)!r}"
            )
        document = dict(deepcopy(self.strict.schema)) if strict else self.json_schema
        return {"type": "json_schema", "json_schema": {"name": name, "strict": strict, "schema": document}}

    def asked_format(self, name: str) -> Prevalidated:
        """Return the strict `response_format`, validated, for requests, with the name of this schema.

        Built for every call, it was 11 % of the cost of a call for a value.
        """
        return self._asked_format if name == self.name else Prevalidated(self.response_format(name))

    @cached_property
    def _asked_format(self) -> Prevalidated:
        return Prevalidated(self.response_format())

    def validate(self, value: object) -> T_co:
        """Validate `value`, a Python object such as parsed JSON, and return it as the type of the schema.

        Plain JSON is validated as strictly as a reply: true is not a number.

        Raises:
            SchemaMismatch: it does not fit; `violations` has every reason, each with its path.
        """
        try:
            if _is_json(value):
                return self.read_value(value)
            return cast("T_co", self._validator.validate_python(value))
        except SchemaViolation as problem:
            found = problem.violations
        raise self._mismatch("value", found)

    def _mismatch(self, what: str, found: Sequence[Violation], raw: str | None = None) -> SchemaMismatch:
        violations = [str(violation) for violation in found]
        return SchemaMismatch(
            f"the {what} does not fit the schema {self.name!r} in {len(violations)} places: {violations[0]}",
            raw=raw,
            violations=violations,
            may_have_been_billed=False,
        )

    def read_json(self, text: str) -> T_co:
        """Return the value that `text` is: JSON and nothing else.

        Raises:
            ReplyNotParsed: it is not JSON; the message says why, and where.
            SchemaMismatch: it does not fit, or an object in it has a key twice, with different values; `violations`
                has the first hundred reasons, each with its path.
        """
        try:
            return self.read_value(parsed(text))
        except SchemaViolation as problem:
            failed: OpenRouterError = self._mismatch("text", problem.violations, raw=text)
        except ValueError as error:
            said = f"the text is not JSON: {str(error)[:200]}"
            failed = ReplyNotParsed(said, raw=text, may_have_been_billed=False)
        raise failed  # outside of the handlers: its context would hold the whole text

    def read_plain(self, text: str) -> tuple[T_co, JsonValue] | Omit:
        """Return the value, and it as JSON, where a text is that, key by key and type by type; OMIT where there is
        any doubt.
        """
        return self._validator.read_plain(text)  # type: ignore[return-value]  # of its type

    def read_value(self, value: JsonValue) -> T_co:
        """Return a JSON value as what the schema describes; raises `SchemaViolation`."""
        return cast("T_co", self._validator.read(value))

    @cached_property
    def _description(self) -> str:
        return describe(self._validator.document)

    def describe(self) -> str:
        """Return the schema as text that models follow."""
        return self._description

    @cached_property
    def _root_arms(self) -> list[dict[str, JsonValue]] | None:
        return _arms(self._validator.document, self._validator.document)

    @cached_property
    def root_kinds(self) -> frozenset[str]:
        """The JSON types that a value can have; empty where the schema does not say."""
        kinds = [_kinds(arm) for arm in self._root_arms or ()]
        return frozenset().union(*kinds) if all(kinds) else frozenset()

    @cached_property
    def is_wrapped(self) -> bool:
        """Whether the prompt asks for `{"value": ...}`: a value that is not an object or an array is hard to find in
        prose."""
        return self.root_kinds not in ({"object"}, {"array"})

    @cached_property
    def root_keys(self) -> frozenset[str] | None:
        """The keys that a value can have, if it is an object; None where there may be any."""
        arms = self._root_arms
        keys = [_keys(arm) for arm in arms or () if "object" in _kinds(arm) or not _kinds(arm)]
        if arms is None or None in keys:
            return None
        return frozenset().union(*filter(None, keys))

    @property
    def document(self) -> Mapping[str, JsonValue]:
        """The JSON schema itself, not to be changed."""
        return self._validator.document

    @cached_property
    def property_names(self) -> frozenset[str]:
        """The properties that are named anywhere in the schema."""
        every = subschemas(self._validator.document)
        return frozenset(name for _, schema in every for name in names_in(schema, "properties"))

    def __repr__(self) -> str:
        return f"<Schema {self.name}>"


@lru_cache(maxsize=256)
def _schema_of_type(validator: TypeValidator, name: str) -> Schema[object]:
    return Schema(validator, name)


def _is_json(value: object) -> TypeIs[JsonValue]:
    """Whether a value consists only of plain JSON."""
    try:
        check_json(value)
    except ValueError:  # PydanticCustomError is one
        return False
    return True


def _example(example: object, index: int) -> JsonValue:
    try:
        if isinstance(example, str) and example.lstrip()[:1] in ("{", "["):
            return parsed(example)
        return cast("JsonValue", check_json(example))
    except ValueError as problem:  # PydanticCustomError is one
        reason = problem.message() if isinstance(problem, PydanticCustomError) else f"JSON ({problem})"
        shown = f"examples[{index}] is {describe_json(example)}, which is not JSON; expected {reason}"
        raise ConfigurationError(shown) from None


def _arms(schema: JsonValue, document: Mapping[str, JsonValue]) -> list[dict[str, JsonValue]] | None:
    """Return the schemas of which a value must fit one, its references followed; None where one demands nothing."""
    while isinstance(schema, dict) and "$ref" in schema:
        schema = resolve(document, str(schema["$ref"]))
    if not isinstance(schema, dict):
        return None
    arms = schema.get("anyOf", schema.get("oneOf"))
    if not isinstance(arms, list) or "type" in schema:
        return [schema]
    inner = [_arms(arm, document) for arm in arms]
    return None if None in inner else [each for some in inner for each in some or ()]


def _kinds(schema: Mapping[str, JsonValue]) -> frozenset[str]:
    """Return the types that a schema names for the value itself; empty where it names none."""
    named = schema.get("type")
    if named is not None:
        return frozenset(map(str, named if isinstance(named, list) else [named]))
    return frozenset({"object"}) if "properties" in schema else frozenset()


def _keys(schema: Mapping[str, JsonValue]) -> frozenset[str] | None:
    """Return the keys that an object of a schema can have; None where there may be any."""
    properties = schema.get("properties")
    is_open = schema.get("additionalProperties") not in (None, False)
    if is_open or schema.keys() & {"patternProperties", "allOf"} or not isinstance(properties, dict):
        return None
    return frozenset(properties)
