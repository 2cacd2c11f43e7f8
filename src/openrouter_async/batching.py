"""`client.batch` and `client.gather`: the façade that joins batches with chat, structured output and prices."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, overload

from pydantic import JsonValue
from pydantic_core import to_json

from .batch.run import Batch
from .batch.settings import BatchSettings
from .types.chat.completion import OutputT

if TYPE_CHECKING:
    from typing_extensions import TypeForm, Unpack

    from .batch.items import Items
    from .batch.results import Result
    from .batch.settings import BatchParams
    from .chat import Chat
    from .options import RequestOptions
    from .protocols import Sender
    from .spending.forecast import PriceList
    from .structured.output import Output, OutputLike
    from .structured.schema import Schema

__all__ = ["Batching", "Gathering"]


class Batching:
    """Makes batches; `client.batch` is one of these, and is called like a method."""

    def __init__(
        self,
        chat: Chat,
        *,
        default_model: Callable[[RequestOptions | None], str | None],
        catalogue: Callable[[], Awaitable[PriceList]],
        transport: object,
        sender: Sender,
    ) -> None:
        self._chat = chat
        self._transport = transport
        self._sender = sender
        self._default_model = default_model
        self._prices = catalogue

    @overload
    def __call__(
        self,
        items: Items,
        *,
        model: str | None = None,
        output: None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[BatchParams],
    ) -> Batch[str]: ...
    @overload
    def __call__(
        self,
        items: Items,
        *,
        output: Output[OutputT] | Schema[OutputT],
        model: str | None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[BatchParams],
    ) -> Batch[OutputT]: ...
    @overload
    def __call__(
        self,
        items: Items,
        *,
        output: Mapping[str, object],
        model: str | None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[BatchParams],
    ) -> Batch[JsonValue]: ...
    @overload
    def __call__(
        self,
        items: Items,
        *,
        output: TypeForm[OutputT],
        model: str | None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[BatchParams],
    ) -> Batch[OutputT]: ...
    def __call__(
        self,
        items: Items,
        *,
        model: str | None = None,
        output: OutputLike[OutputT] | None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[BatchParams],
    ) -> Batch[Any]:
        """Return a batch, which asks many prompts, a bounded number at a time. Sends nothing yet.

        ```python
        async with client.batch(prompts, model="openai/gpt-5-mini", journal="run.jsonl", budget="2.50") as batch:
            async for item in batch:
                match item:
                    case Done(key=key, completion=completion):
                        print(key, completion.text)
                    case Failed(key=key, error=error):
                        print(key, error)
        ```

        Each item is a call of `chat.create`, with its retries and its billing.

        Args:
            items: Texts, lists of messages, or `Item(key, messages, ...)`, from anything that gives them one by one,
                also endlessly or asynchronously.
            model: As for `chat.create`.
            output: As for `chat.create`, for every item.
            extra_body: As for `chat.create`, with every item.
            options: See `RequestOptions`; a `Retry-After` of up to an hour is waited for unless they say otherwise.
            params: How the batch is run, and the parameters of every request; see `BatchParams`.

        Raises:
            ConfigurationError: an argument is wrong. Everything else is raised while reading, see `Batch`.
        """
        settings, rest = BatchSettings.split(params)
        outputs, name = None, ""
        if output is not None:
            from .structured.kept import KeptOutputs
            from .structured.output import as_output

            outputs = KeptOutputs(as_output(output))
            name = to_json(outputs.output.schema.json_schema).decode()
        return Batch(
            items,
            create=self._chat.create,
            transport=self._transport,
            sender=self._sender,
            prices=self._prices,
            settings=settings,
            params=rest,
            model=model or self._default_model(options),
            outputs=outputs,
            output_name=name,
            extra_body=extra_body,
            options=options,
        )


class Gathering:
    """Asks short lists; `client.gather` is one of these, and is called like a method."""

    def __init__(self, batching: Batching) -> None:
        self._batching = batching

    @overload
    async def __call__(
        self,
        items: Items,
        *,
        model: str | None = None,
        output: None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[BatchParams],
    ) -> list[Result[str]]: ...
    @overload
    async def __call__(
        self,
        items: Items,
        *,
        output: Output[OutputT] | Schema[OutputT],
        model: str | None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[BatchParams],
    ) -> list[Result[OutputT]]: ...
    @overload
    async def __call__(
        self,
        items: Items,
        *,
        output: Mapping[str, object],
        model: str | None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[BatchParams],
    ) -> list[Result[JsonValue]]: ...
    @overload
    async def __call__(
        self,
        items: Items,
        *,
        output: TypeForm[OutputT],
        model: str | None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[BatchParams],
    ) -> list[Result[OutputT]]: ...
    async def __call__(
        self,
        items: Items,
        *,
        model: str | None = None,
        output: OutputLike[OutputT] | None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[BatchParams],
    ) -> list[Any]:
        """Return the results of a short list of prompts, in its order, when all are there.

        ```python
        results = await client.gather(["Name a colour.", "Name a fish."], model="openai/gpt-5-mini")
        print([result.output for result in results])
        ```

        A result is `Done` or `Failed`; the `output` and the `completion` of one that failed raise its error.
        Arguments and errors: see `client.batch`.
        """
        batch: Batch[Any] = self._batching(
            items,
            model=model,
            output=output,
            extra_body=extra_body,
            options=options,
            **params,
        )
        async with batch:
            return [result async for result in batch.ordered()]
