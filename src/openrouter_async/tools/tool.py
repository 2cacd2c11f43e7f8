"""`@tool` and `create_tool`: functions that a model may call.

A `Tool` combines the model's view of a function (name, description, schema of the arguments) with the way to run it.
Its arguments are validated by the function's own signature, or by a given schema. You can still call a tool like the
function. Calls of a tool without a function are returned to the caller.
"""

from __future__ import annotations

import copy
import functools
import inspect
import itertools
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Protocol, TypeAlias, TypedDict, TypeVar, overload

import anyio.to_thread
from pydantic import JsonValue

from .._checks import seconds
from ..errors import ConfigurationError
from ..types.chat.tools import PlainFunction
from .schema import ArgumentSchema
from .signature import Signature, documentation_of, is_unbound_method, name_of, routine_of

if TYPE_CHECKING:
    from typing import Self

    from typing_extensions import Unpack

    from ..types.chat.prompt_cache import CacheControl
    from ..types.chat.tools import Function, FunctionTool

__all__ = [
    "NeedsApproval",
    "Progress",
    "Tool",
    "ToolOf",
    "ToolParams",
    "ToolSettings",
    "create_tool",
    "free_name",
    "tool",
]

P = ParamSpec("P")
R = TypeVar("R")
FunctionT = TypeVar("FunctionT", covariant=True)

NeedsApproval: TypeAlias = bool | Callable[..., bool | Awaitable[bool]]
"""Whether a call waits for a decision; a function receives all arguments of the call, as keywords."""

Progress: TypeAlias = Callable[[object], Awaitable[None]]
"""Receives the progress of a tool."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


class ToolSettings(TypedDict, total=False):
    """How a tool is run and sent; keyword arguments of `tool` and `create_tool`."""

    needs_approval: NeedsApproval
    """True: a run pauses before such a call, until someone has decided. A function decides by the call's arguments."""
    timeout: float | None
    """Seconds a call may take; default: `tool_timeout` of the run."""
    strict: bool | None
    """True: the model's arguments follow the schema to the letter, where the provider can."""
    cache_control: CacheControl | None
    """Marks the end of the cached prefix of the prompt."""


class ToolParams(ToolSettings, total=False):
    """Keyword arguments of `tool`."""

    name: str | None
    """Default: the function's own name."""
    description: str | None
    """Default: the docstring before its sections."""


class Tool(Generic[P, R]):
    """A function that a model may call; made by `tool` or `create_tool`."""

    def __init__(
        self,
        name: str,
        description: str | None,
        function: Callable[P, R] | None,
        arguments: Callable[[], Signature | ArgumentSchema],
        **settings: Unpack[ToolSettings],
    ) -> None:
        """Use `tool` or `create_tool`; `arguments` is called once, when the schema is first needed."""
        self.name = _checked_name(name)
        self.description = description
        """The model's view of it."""
        self.function = function
        """The function; None if the caller of the run answers."""
        self._read_arguments = arguments
        self.needs_approval = settings.get("needs_approval", False)
        self.timeout = settings.get("timeout")
        """Seconds; None: that of the run."""
        self.strict = settings.get("strict")
        self.cache_control = settings.get("cache_control")
        if self.timeout is not None:
            seconds(f"timeout of the tool {name!r}", self.timeout)
        if not (isinstance(self.needs_approval, bool) or callable(self.needs_approval)):
            raise ConfigurationError(
                f"needs_approval of the tool {name!r} is {self.needs_approval!r}; expected True, False or a function"
            )
        if function is not None:
            routine = routine_of(function)
            if inspect.isgeneratorfunction(inspect.unwrap(routine)):
                raise ConfigurationError(
                    f"the tool {name!r} is a generator; expected 'async def' where a tool yields its progress"
                )
            functools.update_wrapper(self, routine, updated=())

    @functools.cached_property
    def _arguments(self) -> Signature | ArgumentSchema:
        return self._read_arguments()

    @property
    def parameters(self) -> Mapping[str, JsonValue]:
        """The JSON Schema of the arguments.

        Raises:
            ConfigurationError: an annotation of the function does not have a schema.
        """
        return self._arguments.schema

    def read_arguments(self, text: str) -> Mapping[str, object]:
        """Return the model's arguments as Python values, by name.

        Raises:
            InvalidArguments: they do not fit the schema; or they are missing, without even a `{}`, and the tool has
                parameters.
        """
        return self._arguments.read(text)

    @property
    def definition(self) -> FunctionTool:
        """The tool in a request, as `client.chat.create(tools=[...])` takes it."""
        function: Function = {"name": self.name}
        if self.description:
            function["description"] = self.description
        function["parameters"] = self.parameters
        if self.strict is not None:
            function["strict"] = self.strict
        definition: FunctionTool = {"type": "function", "function": function}
        if self.cache_control is not None:
            definition["cache_control"] = self.cache_control
        return definition

    async def asks_approval(self, arguments: Mapping[str, object]) -> bool:
        """Whether a call with these arguments waits for a decision."""
        if isinstance(self.needs_approval, bool):
            return self.needs_approval
        answer = self.needs_approval(**self._arguments.completed(arguments))
        return bool(await answer if inspect.isawaitable(answer) else answer)

    async def invoke(self, arguments: Mapping[str, object], progress: Progress) -> object:
        """Return the function's result for these arguments.

        The values of an async generator also go to `progress`; the last one is the result. A synchronous function
        runs in a worker thread, which cannot be stopped: if the call is cancelled or times out, the function keeps
        running, and its result is discarded.
        """
        assert self.function is not None  # a call of a tool without one is handed to the caller
        call = functools.partial(self._arguments.call, self.function, arguments)
        routine = inspect.unwrap(routine_of(self.function))
        if inspect.iscoroutinefunction(routine) or inspect.isasyncgenfunction(routine):
            result = call()
        else:
            result = await anyio.to_thread.run_sync(call, abandon_on_cancel=True)
        if isinstance(result, AsyncGenerator):
            return await _exhaust(result, progress)
        return await result if inspect.isawaitable(result) else result

    def renamed(self, name: str) -> Self:
        """Return the same tool under another name.

        Raises:
            ConfigurationError: the name is not allowed.
        """
        renamed = copy.copy(self)
        renamed.name = _checked_name(name)
        return renamed

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the function itself."""
        if self.function is None:
            raise ConfigurationError(f"the tool {self.name!r} has no function to call")
        return self.function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<tool {self.name}>"


class ToolOf(Tool[..., Any], PlainFunction, Generic[FunctionT]):
    """A tool made by `tool`, with the type of its function.

    Its parameter is covariant, so checkers join tools of different signatures in one list: `[weather, delete]` is a
    list of tools, also in a variable without an annotation.
    """

    if TYPE_CHECKING:
        __name__: str
        __qualname__: str

        def __call__(self: ToolOf[Callable[P, R]], *args: P.args, **kwargs: P.kwargs) -> R: ...


class _Decorator(Protocol):
    def __call__(self, function: Callable[P, R], /) -> ToolOf[Callable[P, R]]: ...


@overload
def tool(function: Callable[P, R], /, **params: Unpack[ToolParams]) -> ToolOf[Callable[P, R]]: ...
@overload
def tool(**params: Unpack[ToolParams]) -> _Decorator: ...
def tool(
    function: Callable[..., object] | None = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    **settings: Unpack[ToolSettings],
) -> object:
    """Make a tool of a function, sync or async, a bound method, or any callable object.

    ```python
    @tool
    async def weather(city: str, *, unit: Literal["c", "f"] = "c") -> Weather:
        \"\"\"Current weather.

        Args:
            city: Name of the city, in English.
        \"\"\"
    ```

    Annotations and defaults become the schema, the docstring the descriptions. The model sees the function's return
    value: text unchanged, an `image(...)` or `file(...)`, or a list of such, as content; everything else as JSON. An
    async generator reports progress by yielding; the last value is the result.

    A method needs its object: give `tools=[shop.buy]`, or `tool(shop.buy, needs_approval=True)`.

    Args:
        function: The function; without it, a decorator is returned.
        name: Default: the function's own name.
        description: Default: the docstring before its sections.
        settings: See `ToolSettings`.

    Raises:
        ConfigurationError: the name is not allowed; the function yields without being async, or is defined in a
            class. An annotation without a schema raises when the tool is first used.
    """

    def make(function: Callable[..., object]) -> ToolOf[Callable[..., object]]:
        if isinstance(function, Tool):
            raise ConfigurationError(f"{function!r} is a tool already; expected a function")
        if not callable(function):
            raise ConfigurationError(
                f"tool() got a {type(function).__name__}; expected a function, or something that can be called"
            )
        own_name = name_of(function)
        if is_unbound_method(function):
            raise ConfigurationError(
                f"@tool is on the method {own_name!r}, which needs its object; leave the decorator out, and give"
                f" tools=[thing.{own_name}], or tool(thing.{own_name}, ...) with settings"
            )
        said = documentation_of(function).description if description is None else description
        return ToolOf(
            name or own_name, said, function, lambda: Signature(name or own_name, function), **settings
        )

    return make if function is None else make(function)


def create_tool(
    name: str,
    description: str | None = None,
    parameters: Mapping[str, object] | None = None,
    required: Sequence[str] | None = None,
    *,
    function: Callable[..., object] | None = None,
    **settings: Unpack[ToolSettings],
) -> Tool[..., object]:
    """Return a tool from a plain schema.

    ```python
    search = create_tool("search", "Search the archive", {"query": {"type": "string"}}, ["query"], function=find)
    ```

    Args:
        name: The tool's name for the model.
        description: The tool's description for the model.
        parameters: A JSON schema of an object, or only its properties: names with a schema each.
        required: Names of the required properties; default: those of the schema, or else none.
        function: Called with the arguments as keywords, as the model sent them; without one, the run returns the
            calls to its caller.
        settings: See `ToolSettings`.

    With the package `jsonschema-rs` (extra `schema`) arguments are validated against the schema; without it, they
    must be an object with the required names and no forbidden ones.

    Raises:
        ConfigurationError: the name is not allowed, or the schema is not that of an object.
    """
    schema = ArgumentSchema(name, {} if parameters is None else parameters, required)
    return Tool(name, description, function, lambda: schema, **settings)


def free_name(name: str, taken: Collection[str]) -> str:
    """Return the name; if it is in use, with a number appended."""
    if name not in taken:
        return name
    suffixes = (f"_{number}" for number in itertools.count(2))
    return next(free for suffix in suffixes if (free := name[: 64 - len(suffix)] + suffix) not in taken)


def _checked_name(name: str) -> str:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ConfigurationError(
            f"a tool is named {name!r}; expected 1 to 64 letters, digits, _ and - (name=... sets one)"
        )
    return name


async def _exhaust(generator: AsyncGenerator[object, None], progress: Progress) -> object:
    result: object = None
    try:
        async for result in generator:
            await progress(result)
    finally:
        await generator.aclose()
    return result
