"""The items of a batch: `Item`, its key, and the hash that detects a changed request.

The hash covers the arguments and not the sent bytes, so a newer version of the library, which may serialise the same
request differently, can resume an older journal.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import AsyncIterable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from pydantic import BaseModel, JsonValue

from .._checks import is_unicode
from ..errors import ConfigurationError
from ..types.chat.content_parts import Attachment
from ..types.chat.messages import MessagesLike

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..types.chat.request import ChatParams

__all__ = ["AnyItems", "Item", "ItemLike", "Items", "Request", "hashed_settings", "key_hash", "request_hash"]


class Item:
    """One prompt of a batch, with its own key and parameters.

    ```python
    Item("oslo", "What is the capital of Norway?", temperature=0)
    ```
    """

    __slots__ = ("extra_body", "key", "messages", "model", "params")

    def __init__(
        self,
        key: str | None,
        messages: MessagesLike,
        *,
        model: str | None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        **params: Unpack[ChatParams],
    ) -> None:
        """Create an item; its parameters override those of the batch.

        Args:
            key: The name of its result and of its record in the journal, unique in the batch. None: derived from the
                request, as for items that are not an `Item`.
            messages: As for `client.chat.create`; in a batch of another kind, what its operation takes.
            model: Default: the model of the batch.
            extra_body: As for `client.chat.create`; replaces that of the batch.
            params: See `ChatParams`.

        Raises:
            ConfigurationError: the key is not text, or empty.
        """
        if key is not None and not (isinstance(key, str) and key and is_unicode(key)):
            raise ConfigurationError(f"the key of an item is {key!r}; expected text that is not empty")
        self.key = key
        self.messages = messages
        self.model = model
        self.extra_body = extra_body
        self.params: Mapping[str, object] = dict(params)

    def __repr__(self) -> str:
        return f"<Item {self.key!r}>"


ItemLike: TypeAlias = MessagesLike | Item
"""One prompt of a batch, in any form."""

AnyItems: TypeAlias = Iterable[object] | AsyncIterable[object]
"""Those of a batch that asks for something other than chat; each is what its operation takes, or an `Item` with it."""

Items: TypeAlias = Iterable[ItemLike] | AsyncIterable[ItemLike]
"""The prompts of a batch, as many as there are; they are taken one by one, when there is room for one."""


@dataclass(slots=True, kw_only=True)
class Request:
    """An item combined with the settings of the batch: the request to the model."""

    # Not frozen, since that took three times as long to make; nobody changes one.

    key: str
    index: int
    """Its place among the items, from 0."""
    hash: str
    """Of everything that decides the answer."""
    source: ItemLike
    """As it came."""
    messages: MessagesLike
    model: str | None
    extra_body: Mapping[str, JsonValue] | None
    params: Mapping[str, object]


def request_hash(messages: object, settings: str) -> str:
    """Return 32 hexadecimal digits that change with anything that decides the answer.

    Files among the attachments are known by their path, not by what is in them.

    Args:
        messages: Of one item.
        settings: The `hashed_settings` of it.

    Raises:
        ConfigurationError: something in the messages cannot be sent.
    """
    return hashlib.sha256(f"[{_canonical(messages)},{settings}]".encode()).hexdigest()[:32]


def hashed_settings(
    *,
    model: str | None,
    params: Mapping[str, object],
    extra_body: Mapping[str, object] | None,
    output: str,
) -> str:
    """Return what decides the answer besides the messages, as it goes into the hash: once for all items of a batch.

    Raises:
        ConfigurationError: something in it cannot be sent.
    """
    return _canonical([model, params, extra_body, output])[1:-1]


def _digest_of(key: str) -> int:
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "little")


# Not `hash`, which a class of texts may change.
key_hash: Callable[[str], int] = str.__hash__ if sys.hash_info.width >= 64 else _digest_of
"""Returns 64 bits for a key, so a dict of millions contains only numbers, about 100 bytes per key.

Two of a million keys collide once in 40 million runs; whoever follows one to a record compares the key there. Python's
own hash takes a seventh of the time; it is another one in each process.
"""


def _canonical(value: object) -> str:
    try:
        return _CANONICAL.encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise ConfigurationError(f"an item cannot be sent: {error}") from None


def _as_json(value: object) -> object:
    match value:
        case BaseModel():
            return value.model_dump(mode="json")
        case Attachment(source=bytes() as data):
            return [value.kind, hashlib.sha256(data).hexdigest(), value.media_type, value.options]
        case Attachment():
            return [value.kind, str(value.source), value.media_type, value.options]
        case Mapping():
            return dict(value)
        case Iterable():
            return list(value)
        case _:
            raise TypeError(f"a {type(value).__name__} is not a JSON value")


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=_as_json)
