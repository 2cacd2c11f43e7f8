"""`Output`: the requested type of a reply, and the settings of the request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, TypedDict, TypeVar, cast, overload

from pydantic_core import PydanticCustomError, to_jsonable_python

from .._checks import describe_json, one_of, whole
from .._sansio.money import parse_usd
from ..errors import ConfigurationError
from ..types.requests.fields import check_json
from .schema import Schema
from .schemas.output_type import schema_name

if TYPE_CHECKING:
    from pydantic import JsonValue
    from typing_extensions import TypeForm, Unpack

    from .._sansio.request import ModelCall

__all__ = ["KEPT", "Example", "Mode", "Output", "OutputSettings", "as_output", "as_schema", "example_json"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

KEPT = 256
"""Classes of which an `Output` is kept; the least used goes first."""

Mode: TypeAlias = Literal["native", "prompted"]
"""How a value is requested: by a schema that the provider enforces, or in the prompt."""

if TYPE_CHECKING:
    OutputLike: TypeAlias = TypeForm[T] | Schema[T] | "Output[T]" | Mapping[str, object]
    """The values of the parameter `output` of a call: a type, a `Schema`, an `Output`, or a JSON schema as a dict."""


@dataclass(frozen=True, slots=True)
class Example:
    """An example for the prompt: the input, if that helps, and the expected output."""

    output: JsonValue
    input: str | None = None


class OutputSettings(TypedDict, total=False):
    """The settings of an `Output` besides the type."""

    path: Mode | Literal["auto"]
    """`native`: the provider enforces the schema; `prompted`: words ask for it; `auto` (default): native where the
    model list says that the model follows schemas, and by words where it turns out that it does not."""
    attempts: int
    """The most requests on one path; after each reply that does not fit, the model receives its violations. Default
    2."""
    max_cost: Decimal | float | str | None
    """US dollars for all requests together, those on your own provider key included: after the first, another one is
    made only if what it may cost stays below. Default: no limit."""
    repair: bool
    """Mend what is nearly JSON where nothing has to be guessed. Default True."""
    healing: bool
    """Also let the service's response-healing plugin mend it, on the native path of `create`. Default False."""
    name: str | None
    """Under which the schema is sent. Default: after its type."""
    examples: Sequence[Example | JsonValue]
    """Shown to the model: values, or each an `Example` with its input."""
    context: object
    """The context that validators of the type find in `info.context`. Default: None."""


class Output(Generic[T_co]):
    """The wanted value, where more is to be said than its type.

    ```python
    await client.chat.create("Two colours.", output=Output(list[str], attempts=3))
    ```
    """

    @overload
    def __init__(self, wanted: Schema[T_co], **settings: Unpack[OutputSettings]) -> None: ...
    @overload
    def __init__(
        self: Output[Any], wanted: Mapping[str, object], **settings: Unpack[OutputSettings]
    ) -> None: ...
    @overload
    def __init__(self, wanted: TypeForm[T_co], **settings: Unpack[OutputSettings]) -> None: ...
    def __init__(
        self, wanted: Schema[T_co] | Mapping[str, object] | TypeForm[T_co], **settings: Unpack[OutputSettings]
    ) -> None:
        """Take the requested type: a Python type, a `Schema`, or a JSON schema as a dict; for the rest see
        `OutputSettings`.

        Raises:
            ConfigurationError: the type does not have a schema, or a setting is wrong.
        """
        unknown = settings.keys() - OutputSettings.__annotations__.keys()
        if unknown:
            raise ConfigurationError(
                f"Output has no setting {min(unknown)!r}; expected {', '.join(OutputSettings.__annotations__)}"
            )
        self.schema: Schema[T_co] = as_schema(wanted)
        """The schema of the wanted value; kept, where it comes of a type."""
        context = settings.get("context")
        if context is not None:
            self.schema = self.schema.with_context(context)
        self.path: Mode | Literal["auto"] = settings.get("path", "auto")
        self.attempts: int = settings.get("attempts", 2)
        max_cost = settings.get("max_cost")
        self.max_cost: Decimal | None = None if max_cost is None else parse_usd("Output.max_cost", max_cost)
        self.repair: bool = settings.get("repair", True)
        self.healing: bool = settings.get("healing", False)
        self.name: str = settings.get("name") or self.schema.name
        self.examples: tuple[Example | JsonValue, ...] = tuple(settings.get("examples", ()))
        for index, example in enumerate(self.examples):
            example_json(example, index)
        self.asked: dict[tuple[type[ModelCall], str, bool], Mapping[str, object]] = {}
        """What asks for it natively, where a call has no parameters of its own: by its dialect, the name, and whether
        the service mends the answer."""
        self.words: dict[Mode, str] = {}
        """What asks for it in words, by the mode."""
        one_of("Output.path", self.path, ("auto", "native", "prompted"))
        whole("Output.attempts", self.attempts)
        if schema_name(self.name) != self.name:
            raise ConfigurationError(
                f"Output.name is {self.name[:80]!r}; expected 1 to 64 letters, digits, '_' and '-'"
            )

    def __repr__(self) -> str:
        return f"<Output {self.schema.name} path={self.path!r} attempts={self.attempts}>"


def example_json(example: Example | JsonValue, index: int) -> JsonValue:
    """Return the value of an example as JSON; instances of models and the like become it.

    Raises:
        ConfigurationError: it cannot be JSON.
    """
    output = example.output if isinstance(example, Example) else example
    try:
        return cast("JsonValue", check_json(to_jsonable_python(output)))
    except ValueError as error:  # as those of pydantic are
        reason = error.message() if isinstance(error, PydanticCustomError) else str(error)[:200]
        shown = f"examples[{index}] is {describe_json(output)}, which is not JSON: {reason}"
        raise ConfigurationError(shown) from None


def as_schema(wanted: Schema[T] | Mapping[str, object] | TypeForm[T]) -> Schema[T]:
    """Return the schema of the requested type.

    Raises:
        ConfigurationError: it does not have one.
    """
    if isinstance(wanted, Schema):
        return wanted
    if isinstance(wanted, Mapping):
        return cast("Schema[T]", Schema.from_json_schema(wanted))
    return Schema.from_type(wanted)


def as_output(output: OutputLike[T]) -> Output[T]:
    """Return what a call was given as an `Output`; raises as `as_schema`."""
    if isinstance(output, Output):
        return output
    if isinstance(output, type):
        return cast("Output[T]", _output_of_class(output))  # type: ignore[arg-type]  # classes are hashable
    return Output(as_schema(output))


@lru_cache(maxsize=KEPT)
def _output_of_class(wanted: type) -> Output[object]:
    """Return the `Output` of a class, which, unlike a union, equals nothing that is spelled otherwise."""
    return Output(wanted)
