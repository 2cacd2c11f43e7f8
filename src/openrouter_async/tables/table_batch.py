"""`TableBatch`: a prompt for each row of a data frame, and the frame with the answers as columns.

```
frame ── record batches ── chunks of rows ── items ──> Batch ──> results, in order ──> chunks with their columns
```

Theory of operation: rows are taken when the batch has room for one, and a chunk leaves when its last row has its
result; so the memory contains the frame and the chunks with rows in flight.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar, runtime_checkable

import pyarrow as pa
from anyio import to_thread

from ..batch.items import Item
from ..batch.results import Result
from ..errors import ConfigurationError, OpenRouterError
from ..types.chat.messages import system, user
from .cells import check_column, texts_of_rows
from .template import Template
from .value_column import ValueColumn

if TYPE_CHECKING:
    from typing import Self

    from ..batch.run import Batch
    from ..batch.stats import BatchProgress, BatchSummary

__all__ = ["ArrowFrame", "ColumnNames", "TableBatch", "TablePrompt"]

T = TypeVar("T")

NOT_ASKED = "not asked: the batch ended before"

CHUNK_ROWS = 1_000
"""Rows that leave together, at most; chosen: a thousand answers are some megabytes at most."""


@runtime_checkable
class ArrowFrame(Protocol):
    """A data frame with the Arrow stream interface: of pyarrow, polars, pandas from 2.2, DuckDB and others."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return the rows as a stream of Arrow."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnNames:
    """The names of the added columns, and the column of the frame that identifies its rows."""

    value: str
    error: str
    cost: str
    key: str | None

    def added(self, value_type: pa.DataType) -> list[pa.Field]:
        """Return the added columns."""
        types = [(self.value, value_type), (self.error, pa.string()), (self.cost, pa.float64())]
        return [pa.field(name, type_) for name, type_ in types]

    def extend(self, schema: pa.Schema, value_type: pa.DataType) -> pa.Schema:
        """Return the columns of a frame and the added ones.

        Raises:
            ConfigurationError: a name is not text, is there already, or is not there.
        """
        given = {"value": self.value, "error": self.error, "cost": self.cost}
        taken = list(schema.names)
        for argument, name in given.items():
            if not isinstance(name, str) or not name:
                raise ConfigurationError(f"{argument} is {name!r}; expected the name of a column")
            if name in taken:
                raise ConfigurationError(
                    f"the column {name!r} would be there twice; name the added one otherwise: {argument}='...'"
                )
            taken.append(name)
        if self.key is not None and schema.names.count(self.key) != 1:
            raise ConfigurationError(
                f"key is {self.key!r}; expected the name of one column, of {', '.join(map(repr, schema.names[:50]))}"
            )
        fields = [*(schema.field(index) for index in range(len(schema))), *self.added(value_type)]
        return pa.schema(fields, metadata=schema.metadata)


class TablePrompt:
    """The templates of a row's prompt, and the columns of its answer."""

    def __init__(
        self, prompt: str, system_prompt: str | None, names: ColumnNames, column: ValueColumn
    ) -> None:
        """Read the templates; raises `ConfigurationError`."""
        self._prompt = Template("prompt", prompt)
        self._system = None if system_prompt is None else Template("system", system_prompt)
        self.names = names
        self.column = column
        """The values."""
        named = (*self._prompt.columns, *(self._system.columns if self._system is not None else ()))
        key = () if names.key is None else (names.key,)
        self._columns = tuple(dict.fromkeys((*named, *key)))

    def extend(self, schema: pa.Schema) -> pa.Schema:
        """Return the columns of a frame with those of the answers; raises `ConfigurationError` if they do not fit."""
        self._prompt.check(schema.names)
        if self._system is not None:
            self._system.check(schema.names)
        extended = self.names.extend(schema, self.column.type)
        for name in self._columns:
            check_column(schema.field(name))
        return extended

    def items(self, rows: pa.RecordBatch) -> list[Item | str]:
        """Return the item of each row, or why it does not have one."""
        found: list[Item | str] = []
        for cells in texts_of_rows(rows, self._columns):
            if isinstance(cells, str):
                found.append(cells)
                continue
            asked = [] if self._system is None else [system(self._system.fill(cells))]
            key = None if self.names.key is None else cells[self.names.key]
            text = self._prompt.fill(cells)
            found.append(Item(key or None, [*asked, user(text)] if asked else text))
        return found


@dataclass(slots=True)
class _Chunk:
    """Some rows, and their results so far."""

    rows: pa.RecordBatch
    first: int
    """The number of its first item."""
    asked: list[int]
    """The rows with a prompt, in the order of their items."""
    errors: list[str | None]
    """Of each row: why it does not have a value yet; null if it has one."""
    costs: list[float | None]
    """US dollars; None where they are not known."""
    values: list[object]
    missing: int = field(init=False)
    """How many results it waits for."""

    def __post_init__(self) -> None:
        self.missing = len(self.asked)

    def take(self, result: Result[object]) -> None:
        """Note the result of one of its items."""
        row = self.asked[result.index - self.first]
        self.missing -= 1
        self.costs[row] = None if result.cost is None else float(result.cost)
        try:
            self.values[row] = result.output
            self.errors[row] = None
        except OpenRouterError as error:
            self.errors[row] = f"{type(error).__name__}: {error}"

    def finished(self, schema: pa.Schema, column: ValueColumn) -> pa.RecordBatch:
        """Return its rows with the added columns."""
        values = column.array(self.values, self.errors)
        added = [values, pa.array(self.errors, pa.string()), pa.array(self.costs, pa.float64())]
        return pa.RecordBatch.from_arrays([*self.rows.columns, *added], schema=schema)


class TableBatch:
    """A prompt for each row of a data frame, made by `client.batch.table`.

    ```python
    table = await client.batch.table(frame, prompt="In which country is {city}?", model="openai/gpt-5-mini")
    ```

    Awaiting it returns a `pyarrow.Table`: the columns of the frame and, after them, those of the answers, in the order
    of the rows. If the batch ends early (the budget, the account), the error's `done` is the table of the rows before.

    A frame that is larger than memory, such as a `pyarrow.RecordBatchReader`, is read while it is answered:

    ```python
    async with client.batch.table(reader, prompt="In which country is {city}?") as rows:
        async for record_batch in rows:
            writer.write_batch(record_batch)
    ```
    """

    def __init__(
        self,
        frame: ArrowFrame,
        prompt: TablePrompt,
        make_batch: Callable[[AsyncIterator[Item]], Batch[object]],
    ) -> None:
        """Use `client.batch.table`; `make_batch` returns the batch of the items.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
        """
        if not isinstance(frame, ArrowFrame):
            raise ConfigurationError(
                f"frame is a {type(frame).__name__}; expected a data frame with __arrow_c_stream__, such as one of"
                " pyarrow, polars or pandas (from 2.2)"
            )
        self._reader = pa.RecordBatchReader.from_stream(frame)
        self._prompt = prompt
        self.schema: pa.Schema = prompt.extend(self._reader.schema)
        """The columns of the result, as a `pyarrow.Schema`."""
        self._chunks: deque[_Chunk] = deque()
        self._reading: AsyncGenerator[pa.RecordBatch, None] | None = None
        self._batch = make_batch(self._items())

    @property
    def progress(self) -> BatchProgress:
        """The progress so far, in rows that were asked."""
        return self._batch.progress

    @property
    def summary(self) -> BatchSummary:
        """The results so far, with the cost by model."""
        return self._batch.summary

    def stop(self) -> None:
        """Take no further rows; those in flight are still answered, and then the loop ends."""
        self._batch.stop()

    def __await__(self) -> Generator[object, None, pa.Table]:
        """Return the whole table; errors are those of a batch."""
        return self._all().__await__()

    async def _all(self) -> pa.Table:
        found: list[pa.RecordBatch] = []
        try:
            async with self:
                async for rows in self:
                    found.append(rows)  # noqa: PERF401 - so that an error leaves those before
        except OpenRouterError as error:
            error.done = pa.Table.from_batches(found, self.schema)
            raise
        return pa.Table.from_batches(found, self.schema)

    async def __aenter__(self) -> Self:
        await self._batch.__aenter__()
        return self

    async def __aexit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        try:
            if self._reading is not None:  # a loop that was left
                await self._reading.aclose()
        finally:
            await self._batch.__aexit__(kind, error, traceback)

    def __aiter__(self) -> AsyncIterator[pa.RecordBatch]:
        """Yield the rows with their answers, at most 1,000 in a batch, as soon as the rows before have their answers.

        If the batch ends early, the rows that were taken come first, and then the error.
        """
        self._reading = self._read_results()
        return self._reading

    async def _read_results(self) -> AsyncGenerator[pa.RecordBatch, None]:
        ended: Exception | None = None
        try:
            async with aclosing(self._batch.ordered()) as results:
                async for result in results:
                    self._chunk_of(result.index).take(result)
                    while self._chunks and not self._chunks[0].missing:
                        yield self._leave()
        except Exception as error:  # noqa: BLE001 - raised behind the rows that were answered
            ended = error
        while self._chunks:
            yield self._leave()
        if ended is not None:
            raise ended

    def _chunk_of(self, index: int) -> _Chunk:
        return next(chunk for chunk in self._chunks if chunk.first <= index < chunk.first + len(chunk.asked))

    def _leave(self) -> pa.RecordBatch:
        return self._chunks.popleft().finished(self.schema, self._prompt.column)

    async def _items(self) -> AsyncGenerator[Item, None]:
        """Yield the prompts of the rows that have one, and note the chunks they belong to."""
        taken = 0
        while (rows := await to_thread.run_sync(self._read)) is not None:
            for start in range(0, rows.num_rows, CHUNK_ROWS):
                part = rows.slice(start, CHUNK_ROWS)
                items = self._prompt.items(part)
                self._chunks.append(_chunk(part, items, taken))
                for item in items:
                    if isinstance(item, Item):
                        taken += 1
                        yield item

    def _read(self) -> pa.RecordBatch | None:
        try:
            return self._reader.read_next_batch()
        except StopIteration:
            return None


def _chunk(rows: pa.RecordBatch, items: list[Item | str], first: int) -> _Chunk:
    asked = [row for row, item in enumerate(items) if isinstance(item, Item)]
    errors: list[str | None] = [item if isinstance(item, str) else NOT_ASKED for item in items]
    return _Chunk(rows, first, asked, errors, [0.0] * len(items), [None] * len(items))
