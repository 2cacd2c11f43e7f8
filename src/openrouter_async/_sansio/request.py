"""Turns an operation and its arguments into `RequestData`: a whole request but the connection and the key.

The common parts of all requests to models are here too: `ModelCall`, and the order of a body, which starts with the
model and ends with the fields that the types do not know.
"""

from __future__ import annotations

import string
from abc import abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeVar
from urllib.parse import quote

from pydantic_core import PydanticCustomError, PydanticSerializationError, to_json

from .._checks import describe_value, is_unicode
from .._secret import Secret
from ..errors import ConfigurationError
from ..operations import Operation
from ..types.requests.prevalidated import Prevalidated, member

if TYPE_CHECKING:
    from typing import Self

    from ..types.common import JsonObject

__all__ = [
    "OWN_HEADER",
    "CallT",
    "DeferredRequest",
    "ModelCall",
    "RequestData",
    "Upload",
    "begin_body",
    "build_request",
    "finish_body",
    "flatten_query",
    "user_of",
]

CallT = TypeVar("CallT", bound="ModelCall")

QueryValue = str | int | float | bool | None | list[str] | tuple[str, ...]


OWN_HEADER = (("x-openrouter-async", "own"),)
"""The mark of the library's own requests, for people who look at traffic."""


class Upload(Protocol):
    """A body that is read while it is sent, each time from its beginning."""

    @property
    def length(self) -> int | None:
        """Its size in bytes; None where it is not known, and it is sent in chunks."""
        ...

    def __aiter__(self) -> AsyncIterator[bytes]: ...


@dataclass(slots=True)
class ModelCall:
    """One request of a model. Its arguments are as they were given; `body` validates them.

    The class of a dialect has the same fields, and is no dataclass itself, which saves making its methods anew.
    """

    # Not frozen, since that took three times as long to make; nobody changes one. The same goes for `RequestData`.

    messages: object
    """The messages so far, in a form of the dialect."""
    model: str | None = None
    params: Mapping[str, object] = field(default_factory=dict)
    """The parameters of the dialect."""
    extra_body: Mapping[str, object] | None = None
    """Sent besides; each key of it replaces the whole value of that key."""

    def with_defaults(self, model: str | None, params: Mapping[str, object]) -> Self:
        """Return the call with this model if it names none, and with those of `params` that it does not give."""
        named = model if self.model is None else self.model
        if not params:
            return (
                self
                if named is self.model
                else type(self)(self.messages, named, self.params, self.extra_body)
            )
        return type(self)(self.messages, named, {**self.known(params), **self.params}, self.extra_body)

    def with_params(self, params: Mapping[str, object]) -> Self:
        """Return the call with these parameters in place of its own."""
        return type(self)(self.messages, self.model, params, self.extra_body)

    @staticmethod
    def prevalidated(params: Mapping[str, object]) -> Mapping[str, object]:
        """Return parameters that many calls have, in a form that is not checked again for each."""
        return params

    @staticmethod
    def known(params: Mapping[str, object]) -> Mapping[str, object]:
        """Return those of a client's parameters, which are those of chat, that the dialect has too."""
        return params

    @property
    @abstractmethod
    def sent(self) -> dict[str, object]:
        """The fields of the request before they are validated, with `extra_body` laid over them."""

    @abstractmethod
    def body(self, *, stream: bool = False) -> bytes:
        """Return the JSON of the request; local attachments must have been encoded before.

        Raises:
            ConfigurationError: an argument is wrong; the message names the field, the value and the allowed ones.
        """

    # What runs, conversations and structured output ask for

    api: ClassVar[str]
    """The name of the dialect: `chat`, `responses` or `messages`."""

    @staticmethod
    @abstractmethod
    def wire(messages: object) -> list[JsonObject]:
        """Return messages, replies and results of tools in the dialect's form, as they are sent and kept.

        Raises:
            ConfigurationError: a message is wrong; its path is named, its text is not shown.
        """

    @staticmethod
    @abstractmethod
    def fit(messages: Sequence[JsonObject]) -> list[JsonObject]:
        """Return such messages with each call followed by its result, and each result behind its call."""

    @property
    @abstractmethod
    def names_a_form(self) -> str | None:
        """The parameter by which the call says itself what form its answer has; None where it does not."""

    @abstractmethod
    def in_form(self, form: Mapping[str, object]) -> dict[str, object]:
        """Return the parameters with those for an answer in a form, which is a `response_format` of chat, checked."""

    @property
    def listed(self) -> list[object]:
        """The messages one by one, each as it was given."""
        messages = self.messages
        if isinstance(messages, str):
            return [{"role": "user", "content": messages}]
        return [*messages] if isinstance(messages, list | tuple) else [messages]

    def followed_by(self, *messages: object) -> Self:
        """Return the call with messages, or replies, behind those it has."""
        return replace(self, messages=[*self.listed, *messages])

    def instructed(self, words: str) -> Self:
        """Return the call with words at the end of the system prompt: some models' templates refuse a second one."""
        listed = self.listed
        at = next((index for index, message in enumerate(listed) if not _instructs(message)), len(listed))
        own = listed[at - 1] if at else None
        content = own.get("content") if isinstance(own, Mapping) else None
        if isinstance(content, str):
            merged: object = f"{content}\n\n{words}"
        elif isinstance(content, Sequence):
            merged = [*content, {"type": "text", "text": f"\n\n{words}"}]
        else:  # there is none, or what is wrong with it is said when it is checked
            system = {"role": "system", "content": words}
            return replace(self, messages=[*listed[:at], system, *listed[at:]])
        assert isinstance(own, Mapping)  # it has content
        return replace(self, messages=[*listed[: at - 1], {**own, "content": merged}, *listed[at:]])


def _instructs(message: object) -> bool:
    return isinstance(message, Mapping) and message.get("role") in ("system", "developer")


@dataclass(slots=True, eq=False, repr=False)
class RequestData:
    """A request, ready to be sent with a key. It does not show itself: it contains prompts."""

    operation: Operation
    path: str
    """Below the base URL, quoted."""
    query: tuple[tuple[str, str], ...] = ()
    content: bytes | None = None
    upload: Upload | None = None
    """A body too large for memory, in place of `content`."""
    content_type: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    secrets: tuple[Secret, ...] = ()
    """The secrets of the body and the headers, which no error may contain."""
    model: str | None = None
    """The requested model; rate limits are kept by model."""
    named: str | None = None
    """The caller's name for that model: its id, or a short name of `MODELS`."""
    user: str | None = None
    """The end user that it names."""
    once: bool = False
    """Whether a repetition is answered from the service's cache, and so not billed."""
    url: str | None = None
    """Where it goes in place of the service: another host, which gets neither the key nor the client's own headers."""
    is_poll: bool = False
    """Whether it checks if something exists yet, so a 404 is an ordinary response."""
    is_own: bool = False
    """Whether the library makes it for purposes of its own: prices, abilities of models, the record of a charge."""

    @property
    def may_cost(self) -> bool:
        """Whether it may cost money."""
        return self.operation.method == "POST" and self.operation.key == "inference"


DeferredRequest = Callable[[], Awaitable[RequestData]]
"""Makes a request whose body takes waiting, such as reading a file."""


def build_request(
    operation: Operation,
    *,
    path: Mapping[str, str] | None = None,
    query: Mapping[str, QueryValue] | None = None,
    content: bytes | None = None,
    upload: Upload | None = None,
    content_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
    secrets: Iterable[Secret] = (),
    model: str | None = None,
    named: str | None = None,
    user: str | None = None,
    once: bool = False,
    is_poll: bool = False,
    is_own: bool = False,
) -> RequestData:
    """Return the request of `operation`, with path parameters quoted and the query flattened.

    One of the library's own has a header that says so.

    Raises:
        ConfigurationError: a path parameter is missing, empty, or would change the path (`.` and `..`).
    """
    return RequestData(
        operation=operation,
        path=_expand(operation.path, path or {}) if "{" in operation.path else operation.path,
        query=flatten_query(query or {}),
        content=content,
        upload=upload,
        content_type=None if content is None and upload is None else content_type,
        headers=(*(headers or {}).items(), *(OWN_HEADER if is_own else ())),
        secrets=tuple(secrets),
        model=model,
        named=named,
        user=user,
        once=once,
        is_poll=is_poll,
        is_own=is_own,
    )


def user_of(*fields: Mapping[str, object] | None) -> str | None:
    """Return the end user that the fields of a request name, later ones before earlier ones.

    That is `user`, or the `user_id` in the metadata of Messages.
    """
    given: dict[str, object] = {}
    for each in fields:
        given |= each or {}
    user = given.get("user")
    if not user and (metadata := given.get("metadata")) and isinstance(metadata, Mapping):
        user = metadata.get("user_id")
    return user if isinstance(user, str) else None


def flatten_query(query: Mapping[str, QueryValue]) -> tuple[tuple[str, str], ...]:
    """Return name and text pairs: None is left out, booleans are lower case, lists repeat their name.

    Raises:
        ConfigurationError: a text has half of a surrogate pair.
    """
    pairs: list[tuple[str, str]] = []
    for name, value in query.items():
        values = value if isinstance(value, list | tuple) else [value]
        for item in values:
            if isinstance(item, bool):
                pairs.append((name, "true" if item else "false"))
            elif item is not None:
                text = str(item)
                if not is_unicode(text):
                    raise ConfigurationError(f"{name} is {text!r}; expected text that UTF-8 can encode")
                pairs.append((name, text))
    return tuple(pairs)


def _expand(template: str, values: Mapping[str, str]) -> str:
    """Fill the `{name}` fields of a path template, each value quoted whole, slashes too."""
    parts: list[str] = []
    for literal, name, _spec, _conversion in string.Formatter().parse(template):
        parts.append(literal)
        if name is None:
            continue
        value = values.get(name)
        if not isinstance(value, str) or value in ("", ".", "..") or not is_unicode(value):
            raise ConfigurationError(f"{name} is {value!r}; expected text that can be part of a path")
        parts.append(quote(value, safe=":@~"))
    return "".join(parts)


def begin_body(model: object) -> dict[str, object]:
    """Return a body with only the model, or an empty one without a model.

    Raises:
        ConfigurationError: it is not a slug.
    """
    if model is None:
        return {}
    if not isinstance(model, str) or not model:
        raise ConfigurationError(
            f"model is {describe_value(model)}; expected a slug such as 'openai/gpt-5-mini', or None"
        )
    return {"model": model}


def finish_body(body: dict[str, object], extra_body: object) -> bytes:
    """Return the JSON of a validated body; each key of `extra_body` replaces the whole value of that key.

    Raises:
        ConfigurationError: `extra_body` is not a dict of JSON values, or a string is not valid Unicode.
    """
    if extra_body is not None:
        body = body | _checked_extra(extra_body)
    try:
        if Prevalidated in map(type, body.values()):
            return b"{%b}" % b",".join([member(name, value) for name, value in body.items()])
        return to_json(body)
    except PydanticSerializationError:
        path = _not_utf8(body, "")
    raise ConfigurationError(
        f"{path} contains half of a surrogate pair, which UTF-8 cannot encode; expected valid text"
    )


def _checked_extra(extra_body: object) -> dict[str, object]:
    if not isinstance(extra_body, Mapping):
        raise ConfigurationError(
            f"extra_body is {describe_value(extra_body)}; expected a dict of JSON values"
        )
    from ..types.requests.fields import check_json  # few calls have such fields

    checked: dict[str, object] = {}
    problem = ""
    for name, value in extra_body.items():
        if not isinstance(name, str):
            raise ConfigurationError(f"extra_body has the key {describe_value(name)}; expected text")
        try:
            checked[name] = check_json(value)
        except PydanticCustomError as error:
            problem = f"extra_body[{describe_value(name)}] cannot be sent; expected {error.message()}"
    if problem:
        raise ConfigurationError(problem)
    return checked


def _not_utf8(value: object, path: str) -> str:
    """Return the path of the first string that is not valid Unicode; empty if all are."""
    if isinstance(value, str):
        return "" if is_unicode(value) else path
    if isinstance(value, Mapping):
        for key, item in value.items():
            if found := _not_utf8(key, f"a key of {path}") or _not_utf8(item, f"{path}.{key}".lstrip(".")):
                return found
    if isinstance(value, list | tuple):
        for index, item in enumerate(value):
            if found := _not_utf8(item, f"{path}[{index}]"):
                return found
    return ""
