"""`@tool` and `create_tool`: functions that a model may call.

A `Tool` is what the model is told of a function (name, description, schema of the arguments) together with the way to
run it. It can still be called as the function it was. A tool without a function is handed to the caller instead.
"""

from __future__ import annotations

import functools
import inspect
import itertools
import re
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping, Sequence
from types import MethodType
from typing import TYPE_CHECKING, Concatenate, Generic, ParamSpec, TypeAlias, TypeVar, cast, overload

import anyio.to_thread
from pydantic import JsonValue

from ..errors import ConfigurationError
from .schema import ArgumentSchema
from .signature import Documentation, Signature, read_docstring, read_hints

if TYPE_CHECKING:
    from ..types.chat.prompt_cache import CacheControl
    from ..types.chat.tools import Function, FunctionTool

__all__ = ["NeedsApproval", "Progress", "Tool", "create_tool", "free_name", "tool"]

P = ParamSpec("P")
Q = ParamSpec("Q")
R = TypeVar("R")
S = TypeVar("S")

NeedsApproval: TypeAlias = bool | Callable[..., bool | Awaitable[bool]]
"""Whether a call waits for a decision; a function is asked with all arguments of the call, as keywords."""

Progress: TypeAlias = Callable[[object], Awaitable[None]]
"""Takes what a tool gives on the way."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Tool(Generic[P, R]):
    """A function that a model may call; made by `tool` or `create_tool`."""

    def __init__(
        self,
        *,
        name: str,
        description: str | None,
        function: Callable[P, R] | None,
        schema: ArgumentSchema | None = None,
        needs_approval: NeedsApproval = False,
        timeout: float | None = None,
        strict: bool | None = None,
        cache_control: CacheControl | None = None,
        local_names: Mapping[str, object] | None = None,
    ) -> None:
        if timeout is not None and not (isinstance(timeout, int | float) and timeout > 0):
            raise ConfigurationError(f"the tool {name!r} has timeout={timeout!r}; expected seconds above 0")
        if not (isinstance(needs_approval, bool) or callable(needs_approval)):
            raise ConfigurationError(
                f"the tool {name!r} has needs_approval={needs_approval!r}; expected True, False or a function"
            )
        if function is not None and inspect.isgeneratorfunction(inspect.unwrap(_routine(function))):
            raise ConfigurationError(
                f"the tool {name!r} is a generator; expected 'async def' where a tool yields its progress"
            )
        self.name = _checked_name(name)
        self.description = description
        """What the model is told of it."""
        self.function = function
        """What is run; None where the caller of the run answers."""
        self.needs_approval = needs_approval
        self.timeout = timeout
        """Seconds; None: that of the run."""
        self.strict = strict
        self.cache_control = cache_control
        self._given_schema = schema
        self._is_method = False
        self._hints = None if function is None or schema is not None else _try_hints(function, local_names)
        if function is not None:
            functools.update_wrapper(self, _routine(function), updated=())

    @functools.cached_property
    def _schema(self) -> ArgumentSchema | Signature:
        """The schema, made when it is first needed, since annotations may name what comes later in the module."""
        if self._given_schema is not None:
            return self._given_schema
        function = self.function
        assert function is not None  # `create_tool` gives a schema wherever there is none
        if self._is_method:
            raise ConfigurationError(
                f"the tool {self.name!r} is a method; give it as an attribute of its object, which it needs"
            )
        try:
            hints = read_hints(_routine(function)) if self._hints is None else self._hints
        except NameError as error:
            raise ConfigurationError(
                f"an annotation of the tool {self.name!r} names {error.name!r}, which is not there; types made"
                " within a function are found if the tool is decorated with @tool in that function"
            ) from error
        return Signature(self.name, function, hints, _documentation(function).parameters)

    @property
    def parameters(self) -> Mapping[str, JsonValue]:
        """The JSON Schema of the arguments.

        Raises:
            ConfigurationError: the annotations of the function have none.
        """
        return self._schema.schema

    @property
    def definition(self) -> FunctionTool:
        """What is sent: a tool of the request, as `client.chat.create(tools=[...])` takes it."""
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

    def read_arguments(self, text: str) -> Mapping[str, object]:
        """Return the arguments a model wrote as Python values, by name.

        Raises:
            InvalidArguments: they do not fit the schema; or there are none at all, not even `{}`, and the tool has
                parameters.
        """
        return self._schema.read(text)

    async def asks_approval(self, arguments: Mapping[str, object]) -> bool:
        """Whether a call with these arguments waits for a decision."""
        if isinstance(self.needs_approval, bool):
            return self.needs_approval
        known = self._schema.bind(arguments).arguments if isinstance(self._schema, Signature) else arguments
        answer = self.needs_approval(**known)
        return bool(await answer if inspect.isawaitable(answer) else answer)

    async def invoke(self, arguments: Mapping[str, object], progress: Progress) -> object:
        """Return what the function gives for these arguments.

        What an async generator yields goes to `progress` too; its last is the result. A function that is not
        `async` runs in a worker thread: no thread can be stopped, so where the call is cancelled or its time is up,
        the function runs on to its end, and its result is dropped.
        """
        function = self.function
        assert function is not None  # a call of a tool without one is handed to the caller
        call: Callable[[], object]
        if isinstance(self._schema, Signature):
            bound = self._schema.bind(arguments)
            call = functools.partial(_untyped(function), *bound.args, **bound.kwargs)
        else:
            call = functools.partial(_untyped(function), **arguments)
        routine = inspect.unwrap(_routine(function))
        if inspect.isasyncgenfunction(routine):
            return await _exhaust(cast("AsyncGenerator[object, None]", call()), progress)
        if inspect.iscoroutinefunction(routine):
            return await cast("Awaitable[object]", call())
        result = await anyio.to_thread.run_sync(call, abandon_on_cancel=True)
        return await result if inspect.isawaitable(result) else result

    def renamed(self, name: str) -> Tool[P, R]:
        """Return the same tool under another name.

        Raises:
            ConfigurationError: the name is not allowed.
        """
        copy = Tool.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        copy.name = _checked_name(name)
        return copy

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the function itself."""
        if self.function is None:
            raise ConfigurationError(f"the tool {self.name!r} has no function to call")
        return self.function(*args, **kwargs)

    def __set_name__(self, owner: type, name: str) -> None:
        if inspect.isfunction(self.function):
            # A copy: where the same tool stands outside of the class, it is no method.
            method = self.renamed(self.name)
            method._is_method = True
            setattr(owner, name, method)

    @overload
    def __get__(self, instance: None, owner: type) -> Tool[P, R]: ...
    @overload
    def __get__(self: Tool[Concatenate[S, Q], R], instance: S, owner: type) -> Tool[Q, R]: ...
    def __get__(self, instance: object, owner: type) -> object:
        """Return the tool of a method, bound to its object, or to its class below `@classmethod`."""
        if instance is None or not (self._is_method or isinstance(instance, type)):
            return self
        bound: Tool[..., object] = Tool(
            name=self.name,
            description=self.description,
            function=MethodType(_untyped(self.function), instance),
            needs_approval=self.needs_approval,
            timeout=self.timeout,
            strict=self.strict,
            cache_control=self.cache_control,
        )
        bound._hints = self._hints
        return bound

    def __repr__(self) -> str:
        return f"<tool {self.name}>"


@overload
def tool(function: Callable[P, R], /) -> Tool[P, R]: ...
@overload
def tool(
    *,
    name: str | None = None,
    description: str | None = None,
    needs_approval: NeedsApproval = False,
    timeout: float | None = None,
    strict: bool | None = None,
    cache_control: CacheControl | None = None,
) -> Callable[[Callable[P, R]], Tool[P, R]]: ...
def tool(
    function: Callable[..., object] | None = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    needs_approval: NeedsApproval = False,
    timeout: float | None = None,
    strict: bool | None = None,
    cache_control: CacheControl | None = None,
) -> object:
    """Make a tool of a function, sync or async, a method, or any object that can be called.

    ```python
    @tool
    async def weather(city: str, *, unit: Literal["c", "f"] = "c") -> Weather:
        \"\"\"Current weather.

        Args:
            city: Name of the city, in English.
        \"\"\"
    ```

    The schema is made from annotations and defaults, the descriptions from the docstring. What the function returns
    becomes the result the model sees: text as it is, an `image(...)` or `file(...)`, or a list of such, as content;
    all else as JSON. An async generator tells its progress by what it yields; the last is the result.

    Args:
        function: The function; without it, a decorator is returned.
        name: Default: the function's own name.
        description: Default: what the docstring says before its sections.
        needs_approval: True: a run pauses before such a call, until someone has decided. A function decides by the
            call's arguments.
        timeout: Seconds a call may take; default: `tool_timeout` of the run.
        strict: True: the model's arguments follow the schema to the letter, where the provider can.
        cache_control: Marks the end of what the prompt cache keeps.

    Raises:
        ConfigurationError: the name is not allowed; the function yields without being async. That the annotations
            have no schema is raised when the tool is first used.
    """
    frame = sys._getframe(1)
    local_names = frame.f_locals if frame.f_locals is not frame.f_globals else None

    def make(function: Callable[..., object]) -> Tool[..., object]:
        if isinstance(function, MethodType) and isinstance(function.__func__, Tool):
            # What `@classmethod` over `@tool` gives from Python 3.13 on.
            return function.__func__.__get__(function.__self__, type(function.__self__))
        if isinstance(function, Tool):
            raise ConfigurationError(f"{function!r} is a tool already; expected a function")
        if not callable(function):
            raise ConfigurationError(
                f"tool() got a {type(function).__name__}; expected a function, or something that can be called"
            )
        return Tool(
            name=name or _name(function),
            description=_documentation(function).description if description is None else description,
            function=function,
            needs_approval=needs_approval,
            timeout=timeout,
            strict=strict,
            cache_control=cache_control,
            local_names=local_names,
        )

    return make if function is None else make(function)


def create_tool(
    name: str,
    description: str | None = None,
    parameters: Mapping[str, JsonValue] | None = None,
    required: Sequence[str] | None = None,
    *,
    function: Callable[..., object] | None = None,
    needs_approval: NeedsApproval = False,
    timeout: float | None = None,
    strict: bool | None = None,
    cache_control: CacheControl | None = None,
) -> Tool[..., object]:
    """Return a tool from a plain schema.

    ```python
    search = create_tool("search", "Search the archive", {"query": {"type": "string"}}, ["query"], function=find)
    ```

    Args:
        name: What the model calls it.
        description: What the model is told of it.
        parameters: A JSON Schema of an object, or only its properties: names with a schema each.
        required: Names of the properties that must be sent; default: what the schema says, else none.
        function: Called with the arguments as keywords, as the model sent them; without one, the run hands the calls
            to its caller.
        needs_approval: As for `tool`.
        timeout: As for `tool`.
        strict: As for `tool`.
        cache_control: As for `tool`.

    Arguments are checked against the schema with the package `jsonschema-rs` (extra `schema`); without it, only that
    they are an object with the required names and no forbidden ones.

    Raises:
        ConfigurationError: the name is not allowed, or the schema is none of an object.
    """
    return Tool(
        name=name,
        description=description,
        function=function,
        schema=ArgumentSchema(name, {} if parameters is None else parameters, required),
        needs_approval=needs_approval,
        timeout=timeout,
        strict=strict,
        cache_control=cache_control,
    )


def free_name(name: str, taken: Collection[str]) -> str:
    """Return the name, with a number behind it where it is taken."""
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


def _routine(function: Callable[..., object]) -> Callable[..., object]:
    """Return the function that runs when `function` is called: of an object its `__call__`."""
    function = _without_partial(function)
    if inspect.isroutine(function) or inspect.isclass(function):
        return function
    return cast("Callable[..., object]", type(function).__call__)


def _name(function: Callable[..., object]) -> str:
    function = _without_partial(function)
    return str(getattr(function, "__name__", type(function).__name__))


def _without_partial(function: Callable[..., object]) -> Callable[..., object]:
    while isinstance(function, functools.partial):
        function = function.func
    return function


def _documentation(function: Callable[..., object]) -> Documentation:
    """Return what the docstring says; of an object that can be called that of its `__call__`, else of its class."""
    routine = read_docstring(_routine(function))
    return (
        routine
        if routine.description or isinstance(function, functools.partial)
        else read_docstring(function)
    )


def _untyped(function: object) -> Callable[..., object]:
    return cast("Callable[..., object]", function)


def _try_hints(
    function: Callable[..., object], local_names: Mapping[str, object] | None
) -> Mapping[str, object] | None:
    """Return the annotations if all they name is there already; None: they are read later, without local names."""
    try:
        return read_hints(_routine(function), local_names)
    except NameError:
        return None


async def _exhaust(generator: AsyncGenerator[object, None], progress: Progress) -> object:
    result: object = None
    try:
        async for result in generator:
            await progress(result)
    finally:
        await generator.aclose()
    return result
