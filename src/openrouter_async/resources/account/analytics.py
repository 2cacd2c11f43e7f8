"""Queries of an account's usage."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pydantic import JsonValue

from ... import operations
from ..._checks import names
from ..._sansio.request import finish_body
from ...errors import ConfigurationError
from ...options import RequestOptions
from ...types.account.analytics import AnalyticsMeta, AnalyticsParams, AnalyticsTable, AnalyticsTime
from ...types.common import Envelope
from ...types.requests.check import check_params
from .._base import Resource

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["AnalyticsResource"]


class AnalyticsResource(Resource):
    """`/analytics`; needs a management key, and costs nothing.

    ```python
    table = await client.analytics.query(["request_count"], dimensions=["model"], granularity="day")
    for row in table.data:
        print(row)
    ```

    `meta()` lists the metrics and dimensions. For a list by day, model and provider, see `client.activity`.
    """

    async def meta(self, *, options: RequestOptions | None = None) -> AnalyticsMeta:
        """Return the metrics, dimensions, steps of time and operators that a query may use.

        Raises:
            OpenRouterError: any failure of a call.
        """
        return await self._send_data(
            operations.GET_ANALYTICS_META, into=Envelope[AnalyticsMeta], options=options
        )

    async def query(
        self,
        metrics: Sequence[str],
        *,
        start: datetime.datetime | str | None = None,
        end: datetime.datetime | str | None = None,
        extra_body: Mapping[str, JsonValue] | None = None,
        options: RequestOptions | None = None,
        **params: Unpack[AnalyticsParams],
    ) -> AnalyticsTable:
        """Return rows of metrics, by dimensions and time.

        Args:
            metrics: At least one name from `meta()`.
            start: The first moment; as text in ISO 8601. Default: chosen by the service.
            end: The last moment; required with `start`.
            extra_body: Further fields of the body; each replaces the field of its name.
            options: See `RequestOptions`.
            params: See `AnalyticsParams`.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            BadRequest: the service does not know a metric or dimension.
            OpenRouterError: any other failure of a call.
        """
        wanted = names("metrics", metrics)
        if not wanted or "" in wanted:
            raise ConfigurationError(
                f"metrics is {metrics!r}; expected at least one name, none of them empty"
            )
        body: dict[str, object] = {"metrics": list(wanted)}
        if start is not None or end is not None:
            if start is None or end is None:
                raise ConfigurationError(f"start is {start!r} and end is {end!r}; give both, or neither")
            time = {"start": start, "end": end}
            body["time_range"] = check_params(AnalyticsTime, time, elsewhere={}, where="a time")
        body |= check_params(AnalyticsParams, params, elsewhere={}, where="a query of analytics")
        return await self._send_data(
            operations.QUERY_ANALYTICS,
            into=Envelope[AnalyticsTable],
            body=finish_body(body, extra_body),
            options=options,
        )
