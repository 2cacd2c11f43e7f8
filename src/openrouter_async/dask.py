"""Prompts on Dask: `frame.map_partitions(prompt, meta=prompt.meta(frame))`."""

from __future__ import annotations

from typing import Protocol, TypeVar, cast

from . import prompt
from .client import AsyncOpenRouter

__all__ = ["DaskFrame", "Prompt"]

MetaT_co = TypeVar("MetaT_co", covariant=True)


class DaskFrame(Protocol[MetaT_co]):
    """A data frame of Dask, which knows its columns by an empty frame of pandas."""

    @property
    def _meta(self) -> MetaT_co: ...


class Prompt(prompt.Prompt):
    """A `Prompt` for the partitions of a data frame of Dask.

    ```python
    country = Prompt("In which country is {city}?", output=Country, ledger="run.db")
    answered = cities.map_partitions(country, meta=country.meta(cities))
    ```

    Give `meta` always: without it, Dask finds out the columns with a call for two rows of its own, which you pay.
    Threads of a worker share nothing but the ledger or journal, so each partition has `concurrency` requests in
    flight.
    """

    def meta(self, frame: DaskFrame[MetaT_co]) -> MetaT_co:
        """Return the columns of the answered partitions, as an empty frame. Sends nothing.

        Raises:
            ConfigurationError: the prompt does not fit the columns of the frame.
        """
        known = frame._meta
        schema = self.table(AsyncOpenRouter(), known).schema
        return cast("MetaT_co", self.extend(known, schema.empty_table()))
