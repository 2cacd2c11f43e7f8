"""Validates the arguments of a request, and describes a mistake in one line.

The text of an error names the field, the value and the allowed ones, and never contains a prompt, a key or a data
URL: text is shown only if it is short and not part of a message. The pydantic error is not chained, since it contains
the input.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Annotated, TypeVar, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from typing_extensions import is_typeddict

from ..._checks import MAX_SHOWN, describe_value
from ...errors import ConfigurationError
from .fields import STRICT
from .prevalidated import Prevalidated

__all__ = ["check", "check_params", "join_problems"]

T = TypeVar("T")

MAX_PROBLEMS = 5
"""Problems told in one error; the rest is counted."""

_EXPECTED = {
    "bool_type": "True or False",
    "string_type": "text",
    "int_type": "a whole number",
    "dict_type": "a dict",
    "mapping_type": "a dict",
    "list_type": "a list",
    "sequence_str": "a list, not text",
    "string_too_short": "text that is not empty",
    "none_required": "None",
    "missing": "a value",
}
_KINDS = {"text": "text", "number": "a number", "object": "a dict", "list": "a list"}


WAY_OUT = "extra_body"
"""The argument that most methods have for what the types do not know."""


def check(adapter: TypeAdapter[T], value: object, name: str, *, private: bool = False) -> T:
    """Return `value` as the type of `adapter`.

    Raises:
        ConfigurationError: it is not; `name` begins the path of each field that is wrong. Text in it is not shown
            if `private`.
    """
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        problems = _problems(error, name, WAY_OUT, private=private)
    raise ConfigurationError(join_problems(problems))


def check_params(
    owner: type,
    params: Mapping[str, object],
    *,
    elsewhere: Mapping[str, str],
    where: str,
    way_out: str | None = WAY_OUT,
) -> dict[str, object]:
    """Return `params` validated as keys of the `TypedDict` `owner`, in the order in which that declares them.

    `elsewhere` says for names that are not offered what stands for them; `where` names the call, and
    `way_out` its argument for what the types do not know; None if it has none.

    Raises:
        ConfigurationError: a parameter is unknown, or its value is not allowed; several are told together.
    """
    hints = _hints(owner)
    problems: list[str] = []
    if not hints.keys() >= params.keys():
        problems = [_unknown(name, elsewhere, hints, where, way_out) for name in params if name not in hints]
    checked: dict[str, object] = {}
    for name in sorted(filter(hints.__contains__, params), key=_order(owner).__getitem__):
        value = params[name]
        if type(value) is Prevalidated:
            checked[name] = value
            continue
        try:
            checked[name] = _adapter(owner, name).validate_python(value)
        except ValidationError as error:
            problems += _problems(error, name, way_out, private=name in _PRIVATE)
    if problems:
        raise ConfigurationError(join_problems(problems))
    return checked


_HABITS = {
    "timeout": 'options={"timeouts": Timeouts(total=60)}',
    "max_retries": 'options={"retries": Retries(attempts=3)}',
    "extra_headers": 'options={"headers": {...}}',
    "extra_query": 'options={"query": {...}}',
}
"""Arguments of other clients, and how they are written here."""

_PRIVATE = frozenset({"prediction", "system"})
"""Parameters that contain prompts."""


@cache
def _hints(owner: type) -> dict[str, type[object]]:
    return get_type_hints(owner, include_extras=True)


@cache
def _order(owner: type) -> dict[str, int]:
    return {name: position for position, name in enumerate(_hints(owner))}


@cache
def _adapter(owner: type, name: str) -> TypeAdapter[object]:
    """Return the validator of one parameter, made when that is first used: making all of them takes 50 ms."""
    hint = _hints(owner)[name]
    bare = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    # A TypedDict brings its configuration, and pydantic refuses a second one.
    return TypeAdapter[object](hint, config=None if is_typeddict(bare) else STRICT)


def _unknown(
    name: str, elsewhere: Mapping[str, str], hints: Mapping[str, object], where: str, way_out: str | None
) -> str:
    if name in elsewhere:
        return f"{name!r} is not offered; {elsewhere[name]}"
    if name in _HABITS:
        return f"{where} has no parameter {name!r}; use {_HABITS[name]}"
    if name == way_out:
        return f"{name!r} cannot be changed here; give it where the conversation or the run begins"
    import difflib  # a mistake is rare

    near = difflib.get_close_matches(name, [*hints, *elsewhere], n=1)
    guess = f"did you mean {near[0]!r}?" if near else "see its parameters"
    besides = f" ({_for_more(way_out)})" if way_out else ""
    return f"{where} has no parameter {_short(name)!r}; {guess}{besides}"


def _for_more(way_out: str) -> str:
    return f"for parameters that these types lack, use {way_out}"


def join_problems(problems: Sequence[str]) -> str:
    """Return the text of one error for all of `problems`."""
    if len(problems) == 1:
        return problems[0]
    more = len(problems) - MAX_PROBLEMS
    told = "; ".join(f"({i}) {problem}" for i, problem in enumerate(problems[:MAX_PROBLEMS], 1))
    return f"{len(problems)} wrong arguments: {told}" + (f"; and {more} more" if more > 0 else "")


def _problems(error: ValidationError, name: str, way_out: str | None, *, private: bool) -> list[str]:
    """Return one line for each field that is wrong; what several arms of a union expect is joined."""
    fields: dict[str, tuple[object, list[str]]] = {}
    problems: list[str] = []
    for detail in error.errors(include_url=False):
        path = _path(name, detail["loc"])
        if detail["type"] == "extra_forbidden":
            problems.append(f"{path} is unknown" + (f"; {_for_more(way_out)}" if way_out else ""))
        elif detail["type"] == "missing":
            problems.append(f"{path} is missing")
        elif detail["type"] == "union_tag_invalid":
            problems.append(_wrong_arm(path, detail, private=private))
        else:
            expected = fields.setdefault(path, (detail["input"], []))[1]
            wanted = _wanted(detail)
            if wanted not in expected:
                expected.append(wanted)
    for path, (value, expected) in fields.items():
        hint = ", or leave it out" if value is None and path == name else ""
        problems.append(
            f"{path} is {describe_value(value, private=private)}; expected {_one_of(expected)}{hint}"
        )
    return problems


def _path(name: str, loc: Iterable[int | str]) -> str:
    path = name
    for step in loc:
        if isinstance(step, int):
            path += f"[{step}]"
        elif step != "[key]" and not (step.startswith("<") and step.endswith(">")):
            path += f".{_short(step)}"
    return path


def _wanted(detail: ErrorDetails) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind in _EXPECTED:
        return _EXPECTED[kind]
    if kind == "is_instance_of":
        return "a dict" if context.get("class") == "Mapping" else "a list"
    if kind in ("too_long", "too_short"):
        most = kind == "too_long"
        count = context["max_length" if most else "min_length"]
        return f"at {'most' if most else 'least'} {count} item{'' if count == 1 else 's'}"
    return detail["msg"].removeprefix("Input should be ")


def _wrong_arm(path: str, detail: ErrorDetails, *, private: bool) -> str:
    """Say that the value fits no arm of a union, by its kind (`<text>`) or by its key (`<type=text>`)."""
    context = detail.get("ctx", {})
    tag = str(context["tag"])[1:-1]
    arms = [arm[1:-1] for arm in str(context["expected_tags"]).replace("'", "").split(", ")]
    if "=" not in arms[0]:
        expected = _one_of([_KINDS[arm] for arm in arms])
        return f"{path} is {describe_value(detail['input'], private=private)}; expected {expected}"
    key = arms[0].partition("=")[0]
    expected = _one_of([repr(arm.partition("=")[2]) for arm in arms])
    if tag == key:
        return f"{path}.{key} is missing; expected {expected}"
    if "=" in tag:
        return f"{path}.{key} is {describe_value(tag.partition('=')[2])}; expected {expected}"
    return f"{path} is {describe_value(detail['input'], private=private)}; expected a dict whose {key!r} is {expected}"


def _one_of(choices: Sequence[str]) -> str:
    return ", ".join(choices[:-1]) + " or " * (len(choices) > 1) + choices[-1]


def _short(name: str) -> str:
    return name if len(name) <= MAX_SHOWN else name[:MAX_SHOWN] + "…"
