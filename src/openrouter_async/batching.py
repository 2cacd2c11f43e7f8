"""`client.batch`: a batch of chat, or of another operation, with the type of its results."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, cast, overload

from .errors import ConfigurationError

if TYPE_CHECKING:
    from typing_extensions import TypeForm, Unpack

    from ._http.sender import HTTPSender
    from .batch.items import AnyItems, Items
    from .batch.kinds import BatchKind
    from .batch.run import Batch
    from .batch.settings import (
        BatchParams,
        DecisionsBatchParams,
        EmbeddingsBatchParams,
        RerankBatchParams,
    )
    from .catalogue.namespace import Models
    from .chat import Chat
    from .structured.output import Output, OutputLike
    from .structured.schema import Schema
    from .tables.table_batch import ArrowFrame, TableBatch
    from .types.common import OutputT
    from .types.embeddings.reply import Embeddings
    from .types.media.decisions import Decisions
    from .types.media.rerank import Ranking

__all__ = ["BatchMaker"]


class BatchMaker:
    """`client.batch`: called, it makes a batch of prompts; `table` makes one of the rows of a data frame."""

    def __init__(self, sender: HTTPSender, chat: Callable[[], Chat], models: Callable[[], Models]) -> None:
        """Use `client.batch`; the namespaces of chat and of models are loaded with the first batch."""
        self._sender = sender
        self._chat = chat
        self._models = models

    @overload
    def __call__(
        self, items: Items, *, output: None = None, kind: None = None, **params: Unpack[BatchParams]
    ) -> Batch[str]: ...
    @overload
    def __call__(
        self,
        items: AnyItems,
        *,
        kind: Literal["embeddings"],
        **params: Unpack[EmbeddingsBatchParams],
    ) -> Batch[Embeddings]: ...
    @overload
    def __call__(
        self, items: AnyItems, *, kind: Literal["rerank"], **params: Unpack[RerankBatchParams]
    ) -> Batch[Ranking[object]]: ...
    @overload
    def __call__(
        self, items: AnyItems, *, kind: Literal["decisions"], **params: Unpack[DecisionsBatchParams]
    ) -> Batch[Decisions]: ...
    @overload
    def __call__(
        self,
        items: Items,
        *,
        output: Output[OutputT] | Schema[OutputT],
        **params: Unpack[BatchParams],
    ) -> Batch[OutputT]: ...
    @overload
    def __call__(
        self, items: Items, *, output: Mapping[str, object], **params: Unpack[BatchParams]
    ) -> Batch[Any]: ...
    @overload
    def __call__(
        self, items: Items, *, output: TypeForm[OutputT], **params: Unpack[BatchParams]
    ) -> Batch[OutputT]: ...
    def __call__(
        self,
        items: AnyItems,
        *,
        output: OutputLike[object] | None = None,
        kind: BatchKind | None = None,
        **params: Any,
    ) -> Batch[object]:
        """Return a batch, which sends many prompts, a limited number concurrently; see `Batch`. Sends nothing yet.

        ```python
        results = await client.batch(["Name a colour.", "Name a fish."], model="openai/gpt-5-mini")
        ```

        Each item is a call of `chat.create`, with its retries and its billing; or, with `kind`, of `embeddings.create`,
        `rerank.create` or `decisions.create`, whose reply is the `output` of its result.

        ```python
        results = await client.batch(["red", "blue"], kind="embeddings", model="openai/text-embedding-3-small")
        ```

        Args:
            items: Strings, lists of messages, or `Item(key, messages, ...)`, from any iterable or async
                iterable, even an endless one. With `kind`: what `embeddings.create` takes as its input; dicts of
                `query` and `documents`; or dicts of `state` and `questions`, which may have parameters besides.
            output: As for `chat.create`, for every item.
            kind: The operation, if not chat. The journal, the budget and the limits are the same.
            params: The settings of the batch, and the arguments of every request; see `BatchParams`.

        Raises:
            ConfigurationError: an argument is wrong. Everything else is raised while reading.
        """
        from .batch.run import Batch

        params |= {
            "transport": self._sender.transport,
            "sender": self._sender,
            "prices": self._models().catalogue,
        }
        model = params.get("model")
        steps = None
        if not (model is None or isinstance(model, str)):
            from .cascade.completer import steps_of

            steps = steps_of(params.pop("model"))
        given = cast("Items", items)  # of another kind they are told apart when they are sent
        if kind is not None:
            from .batch.kinds import KindCompleter, kind_of

            if output is not None or steps is not None:
                given_too = "output is" if steps is None else "Steps are"
                raise ConfigurationError(f"{given_too} for chat; a batch of {kind} has none")
            of_kind = kind_of(kind)
            completer = KindCompleter(of_kind, self._sender)
            return Batch(given, completer=completer, kind=of_kind, **params)
        if "tools" in params:
            from .tools.toolbox import defined

            params["tools"] = defined(params["tools"])
        outputs = None
        if output is not None:
            from .structured.completion import KeptOutputs

            outputs = KeptOutputs.of(output)
        asked = self._chat()._completer(None if outputs is None else outputs.output)
        if steps is not None:
            from .cascade.completer import StepsCompleter

            asked = StepsCompleter(asked, steps)
        return Batch(given, completer=asked, outputs=outputs, **params)

    def table(
        self,
        frame: ArrowFrame,
        *,
        prompt: str,
        system: str | None = None,
        output: OutputLike[object] | None = None,
        key: str | None = None,
        value: str = "value",
        error: str = "error",
        cost: str = "cost",
        **params: Unpack[BatchParams],
    ) -> TableBatch:
        """Return a batch with a prompt for each row of a data frame; see `TableBatch`. Sends nothing yet.

        ```python
        table = await client.batch.table(frame, prompt="In which country is {city}?", output=Country)
        ```

        Needs the extra `arrow`. The result has three columns more than the frame, which are null where there is
        nothing to say: the value, the error as text, and the cost in US dollars. A failed row never stops the others.

        Text, numbers, booleans and lists become columns of these types, and a pydantic model or a dataclass becomes a
        struct. Everything else, such as a union or a dict with any keys, becomes its JSON as text.

        Args:
            frame: Of pyarrow, polars, pandas (from 2.2), or anything else with `__arrow_c_stream__`.
            prompt: Text with names of columns in braces, such as `{city}`; `{{` and `}}` are single braces. A row
                that is null in one of these columns is not asked, and its error says so.
            system: The system message, in the same form.
            output: As for `chat.create`, for every row.
            key: The column that names the rows in a journal, each differently. Default: they are named by their
                requests.
            value: The name of the column of values; of texts without `output`.
            error: The name of the column of errors.
            cost: The name of the column of costs.
            params: See `BatchParams`; all that a batch takes.

        Raises:
            ConfigurationError: an argument is wrong, the prompt names a column that is not there, or a column would be
                there twice. Everything else is raised while reading.
        """
        from ._extras import needs_extra

        with needs_extra("arrow", "a prompt for each row of a data frame"):
            from .tables.table_batch import ColumnNames, TableBatch, TablePrompt
            from .tables.value_column import value_column
        kept = None
        if output is not None:
            from .structured.completion import KeptOutputs

            kept = KeptOutputs.of(output).output
        names = ColumnNames(value=value, error=error, cost=cost, key=key)
        asked = TablePrompt(prompt, system, names, value_column(None if kept is None else kept.schema))

        def batch_of(items: Items) -> Batch[object]:
            return self(items, **params) if kept is None else self(items, output=kept, **params)

        return TableBatch(frame, asked, batch_of)
