"""Functions, methods and objects as tools; tools from plain schemas."""

from __future__ import annotations

import functools
import sys
from typing import Any

import anyio.lowlevel
import pytest
from pydantic import BaseModel

from openrouter_async import ConfigurationError, Tool, create_tool, tool
from openrouter_async.tools.arguments import InvalidArguments
from openrouter_async.tools.toolbox import open_toolbox
from openrouter_async.types.chat.request import check_chat_params
from tests.support.loopback import LoopbackServer, Reply, serve_responses

pytestmark = pytest.mark.loopback


class Adder:
    """Adds what it was made with."""

    def __init__(self, base: int) -> None:
        self.base = base

    def __call__(self, number: int) -> int:
        return self.base + number

    async def add(self, number: int) -> int:
        """Add a number."""
        return self.base + number

    def add_plainly(self, number: int) -> int:
        return self.base + number


async def ignore(_value: object) -> None: ...


async def result_of(each: Tool[..., Any], text: str = "{}") -> object:
    return await each.invoke(each.read_arguments(text), ignore)


def parameters_of(names: dict[str, str]) -> dict[str, object]:
    return {
        "type": "object",
        "properties": {name: {"type": kind} for name, kind in names.items()},
        "required": [*names],
        "additionalProperties": False,
    }


async def test_a_function_is_a_tool_and_stays_a_function() -> None:
    @tool
    def double(number: int) -> int:
        """Double a number."""
        return 2 * number

    assert double(4) == 8
    assert double.definition == {
        "type": "function",
        "function": {
            "name": "double",
            "description": "Double a number.",
            "parameters": parameters_of({"number": "integer"}),
        },
    }
    check_chat_params({"tools": [double.definition]}, stream=False)
    assert await result_of(double, '{"number": 4}') == 8
    assert (double.__name__, double.__doc__) == ("double", "Double a number.")


async def test_an_async_function_runs_where_it_is_called_and_a_plain_one_in_a_thread() -> None:
    import threading

    @tool
    async def here() -> bool:
        return threading.current_thread() is threading.main_thread()

    @tool
    def elsewhere() -> bool:
        return threading.current_thread() is threading.main_thread()

    assert await result_of(here) is True
    assert await result_of(elsewhere) is False


async def test_methods_are_tools_of_their_object() -> None:
    one, two = Adder(1), Adder(2)
    async with open_toolbox([one.add]) as toolbox:
        add = toolbox.by_name.get("add")
    assert add is not None
    assert await result_of(add, '{"number": 1}') == 2
    assert add.definition["function"].get("description") == "Add a number."
    assert add.parameters == parameters_of({"number": "integer"})
    plain = tool(two.add_plainly, name="plain_add", timeout=3, needs_approval=True)
    assert await result_of(plain, '{"number": 1}') == 3
    assert (plain.name, plain.timeout, plain.needs_approval) == ("plain_add", 3, True)
    assert await tool(two.add)(5) == 7
    assert await result_of(tool(one.__call__), '{"number": 1}') == 2


class Store:
    shelf = "top"

    @classmethod
    async def where(cls, item: str) -> str:
        """Say where something is."""
        return f"{item}: {cls.shelf}"

    @staticmethod
    @tool
    async def price(item: str) -> str:
        return f"{item}: 5"


async def test_methods_of_classes_are_tools_of_their_class() -> None:
    async with open_toolbox([Store.where, Store.price]) as toolbox:
        where, price = toolbox.by_name.get("where"), toolbox.by_name.get("price")
    assert where is not None
    assert where.parameters == parameters_of({"item": "string"})
    assert await result_of(where, '{"item": "tea"}') == "tea: top"
    assert price is not None
    assert await result_of(price, '{"item": "tea"}') == "tea: 5"


def test_a_decorated_method_is_refused_where_it_stands() -> None:
    """Its tool would ask the model for `self`."""
    with pytest.raises(ConfigurationError, match=r"leave the decorator out, and give tools=\[thing\.buy\]"):

        class Shop:
            @tool
            def buy(self, item: str) -> str:
                return item

    with pytest.raises(ConfigurationError, match=r"or tool\(thing\.find, \.\.\.\) with settings"):

        class Archive:
            @classmethod
            @tool(needs_approval=True)
            def find(cls, item: str) -> str:
                return item

    with pytest.raises(ConfigurationError, match="is on the method 'add'"):
        tool(Adder.add)


def test_a_tool_that_a_class_holds_stays_as_it_was() -> None:
    @tool
    async def find(query: str) -> str:
        return query

    class Holder:
        held = find

    assert Holder.held is Holder().held is find
    assert find.parameters == parameters_of({"query": "string"})


async def test_whatever_can_be_called_is_a_tool() -> None:
    adder = tool(Adder(3))
    assert (adder.name, adder.description) == ("Adder", "Adds what it was made with.")
    assert await result_of(adder, '{"number": 1}') == 4
    halved = tool(
        functools.partial(pow, exp=2),
    )
    assert halved.name == "pow"


async def test_what_is_wrapped_is_looked_through() -> None:
    def logged(function: Any) -> Any:
        @functools.wraps(function)
        async def wrapper(*args: Any, **kwargs: Any) -> Any:
            return await function(*args, **kwargs)

        return wrapper

    @tool
    @logged
    async def double(number: int) -> int:
        return 2 * number

    assert double.parameters == parameters_of({"number": "integer"})
    assert await result_of(double, '{"number": 2}') == 4


async def test_an_async_generator_tells_its_progress_and_its_last_is_the_result() -> None:
    @tool
    async def steps() -> Any:
        for number in range(3):
            yield number
            await anyio.lowlevel.checkpoint()

    told: list[object] = []

    async def tell(value: object) -> None:
        told.append(value)

    assert await steps.invoke({}, tell) == 2
    assert told == [0, 1, 2]


def test_types_of_a_function_are_found_where_annotations_are_no_text() -> None:
    class Local(BaseModel):
        number: int

    @tool
    async def use(value: Local) -> int:
        return value.number

    with pytest.raises(
        ConfigurationError, match="names 'Local', which its module does not have; put the type"
    ):
        _ = use.definition

    async def use_now(value: object) -> object: ...

    use_now.__annotations__["value"] = Local  # as without `from __future__ import annotations`
    assert tool(use_now).read_arguments('{"value": {"number": 1}}') == {"value": Local(number=1)}


def test_types_that_come_later_in_the_module_are_found() -> None:
    assert uses_later.read_arguments('{"value": {"text": "a"}}') == {"value": Later(text="a")}


@tool
async def uses_later(value: Later) -> None: ...


class Later(BaseModel):
    text: str


@pytest.mark.parametrize("name", ["", "a b", "ä", "x" * 65, "a.b"])
def test_names_that_the_service_refuses_are_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="expected 1 to 64 letters, digits, _ and -"):
        create_tool(name)


def test_a_function_without_a_name_must_be_given_one() -> None:
    with pytest.raises(ConfigurationError, match=r"a tool is named '<lambda>'.*name=\.\.\."):
        tool(lambda: 1)
    assert tool(name="one")(lambda: 1).name == "one"


def test_a_generator_that_is_not_async_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="expected 'async def' where a tool yields"):

        @tool
        def steps() -> Any:
            yield 1


@pytest.mark.parametrize("timeout", [0, -1, float("nan")])
def test_a_time_that_is_none_is_refused(timeout: float) -> None:
    with pytest.raises(ConfigurationError, match="expected seconds above 0"):
        create_tool("a", timeout=timeout)


async def test_a_condition_of_approval_is_asked_with_the_arguments() -> None:
    async def is_large(number: int) -> bool:
        return number > 10

    @tool(needs_approval=is_large)
    async def pay(number: int) -> None: ...

    @tool(needs_approval=lambda number: number > 10)
    async def give(number: int) -> None: ...

    for each in (pay, give):
        assert not await each.asks_approval({"number": 1})
        assert await each.asks_approval({"number": 11})


def test_strictness_and_cache_marks_are_sent() -> None:
    made = create_tool("a", strict=True, cache_control={"type": "ephemeral"})
    assert made.definition["function"].get("strict") is True
    assert made.definition.get("cache_control") == {"type": "ephemeral"}
    check_chat_params({"tools": [made.definition]}, stream=False)


PROPERTIES: dict[str, Any] = {"query": {"type": "string"}, "limit": {"type": "integer", "minimum": 1}}
SCHEMA: dict[str, Any] = {"type": "object", "properties": PROPERTIES, "required": ["query"]}


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(create_tool("find", "Find.", PROPERTIES, ["query"]), id="properties"),
        pytest.param(create_tool("find", "Find.", SCHEMA), id="schema"),
        pytest.param(
            create_tool("find", "Find.", {"properties": PROPERTIES, "required": ["query"]}), id="no type"
        ),
    ],
)
def test_a_plain_schema_makes_a_tool(made: Tool[..., object]) -> None:
    assert made.definition == {
        "type": "function",
        "function": {"name": "find", "description": "Find.", "parameters": SCHEMA},
    }
    assert made.function is None
    assert made.read_arguments('{"query": "a"}') == {"query": "a"}


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param({"$ref": "#/$defs/a", "$defs": {"a": {"type": "object"}}}, id="reference"),
        pytest.param({"anyOf": [{"required": ["a"]}, {"required": ["b"]}]}, id="alternatives"),
        pytest.param({"type": "object", "required": ["a"]}, id="required without properties"),
    ],
)
def test_a_schema_need_not_list_its_properties(schema: dict[str, Any]) -> None:
    assert create_tool("find", None, schema).parameters == {"type": "object", "properties": {}, **schema}


def test_a_property_may_be_called_properties() -> None:
    made = create_tool("find", None, {"properties": {"type": "string"}})
    assert made.parameters == {"type": "object", "properties": {"properties": {"type": "string"}}}


def test_a_property_may_be_called_type() -> None:
    made = create_tool("find", parameters={"type": {"type": "string"}}, required=["type"])
    assert made.parameters == {
        "type": "object",
        "properties": {"type": {"type": "string"}},
        "required": ["type"],
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param('{"limit": 1}', "query", id="missing"),
        pytest.param('{"query": 1}', "query", id="type"),
        pytest.param('{"query": "a", "limit": 0}', "limit", id="bound"),
        pytest.param('{"query"', "not valid JSON", id="cut"),
        pytest.param("[]", "must be a JSON object", id="list"),
    ],
)
def test_arguments_are_checked_against_a_plain_schema(arguments: str, said: str) -> None:
    pytest.importorskip("jsonschema_rs")
    with pytest.raises(InvalidArguments, match=said):
        create_tool("find", parameters=SCHEMA).read_arguments(arguments)


def test_null_for_a_property_that_may_be_left_out_is_left_out() -> None:
    pytest.importorskip("jsonschema_rs")
    made = create_tool("find", parameters=SCHEMA)
    assert made.read_arguments('{"query": "a", "limit": null}') == {"query": "a"}
    with pytest.raises(InvalidArguments, match="query"):
        made.read_arguments('{"query": null}')


def test_without_the_package_the_outermost_level_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jsonschema_rs", None)
    made = create_tool("find", parameters={**SCHEMA, "additionalProperties": False})
    with pytest.raises(InvalidArguments, match="query: is required; other: is not allowed"):
        made.read_arguments('{"other": 1}')
    assert made.read_arguments('{"query": 5}') == {"query": 5}


def test_a_schema_is_never_fetched() -> None:
    pytest.importorskip("jsonschema_rs")
    with LoopbackServer(serve_responses([Reply(json={})])) as server:
        made = create_tool("find", parameters={"a": {"$ref": f"{server.url}/a.json"}})
        assert made.read_arguments('{"a": 1}') == {"a": 1}
        assert server.connections == 0


@pytest.mark.parametrize(
    ("parameters", "required"),
    [
        pytest.param({"type": "array"}, None, id="array"),
        pytest.param({"a": object()}, None, id="no JSON"),
        pytest.param([], None, id="list"),
        pytest.param({"a": {}}, ["b"], id="required is unknown"),
        pytest.param({"a": "string"}, None, id="a property that is no schema"),
    ],
)
def test_what_is_no_schema_of_an_object_is_refused(parameters: Any, required: Any) -> None:
    with pytest.raises(ConfigurationError):
        create_tool("find", None, parameters, required)


async def test_a_tool_without_a_function_cannot_be_called() -> None:
    with pytest.raises(ConfigurationError, match="has no function to call"):
        create_tool("find")()


def test_a_tool_of_a_tool_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="is a tool already"):
        tool(tool(name="one")(lambda: 1))


@pytest.mark.parametrize(
    "wrong", [{"timeout": "3"}, {"needs_approval": "yes"}], ids=["timeout", "needs_approval"]
)
def test_a_setting_of_the_wrong_type_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="expected"):
        tool(name="one", **wrong)(lambda: 1)
