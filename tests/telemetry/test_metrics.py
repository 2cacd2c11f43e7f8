"""What is measured, with the buckets of the conventions."""

from __future__ import annotations

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from openrouter_async.testing import Emulator
from tests.support.emulated import MODEL
from tests.telemetry.seen import Seen

pytestmark = pytest.mark.loopback

BUCKETS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)


async def test_calls_are_measured(emulator: Emulator, seen: Seen) -> None:
    emulator.fail(503)
    emulator.reply("Hello", times=2)
    async with seen.client(emulator) as client:
        async with client.track(budget="1.00") as spend:
            reply = await client.chat.create("Hi", max_tokens=20)
            async with client.chat.stream("Hi", max_tokens=20) as events:
                streamed = await events.final()
        found = seen.metrics()
        assert found["openrouter.limiter.in_flight"][0].value == 0
        assert found["openrouter.connections.open"][0].value == 1
        assert found["openrouter.connections.idle"][0].value == 1
    assert reply.usage.is_reported
    assert streamed.usage.is_reported
    (duration,) = found["gen_ai.client.inference.duration"]
    assert (duration.count, duration.explicit_bounds) == (2, BUCKETS)
    assert duration.attributes["gen_ai.operation.name"] == "chat"
    assert duration.attributes["gen_ai.request.model"] == MODEL
    assert duration.attributes["gen_ai.response.model"]
    (first,) = found["gen_ai.client.inference.time_to_first_chunk"]
    assert first.count == 1
    (tokens,) = found["gen_ai.client.inference.usage.input_tokens"]
    assert tokens.value == (reply.usage.prompt_tokens or 0) + (streamed.usage.prompt_tokens or 0)
    assert tokens.attributes["gen_ai.token.modality"] == "unknown"
    assert sum(point.value for point in found["openrouter.client.cost"]) == pytest.approx(float(spend.cost))
    (retries,) = found["openrouter.client.retries"]
    assert (retries.value, retries.attributes["error.type"]) == (1, "Overloaded")
    assert sum(point.count for point in found["openrouter.limiter.wait"]) >= 3
    assert reply.cost is not None
    assert found["openrouter.budget.spent"][0].value == pytest.approx(float(reply.cost))  # before the stream
    assert found["openrouter.budget.held"][0].value == 0


async def test_the_rate_of_a_model_that_refused_is_observed(emulator: Emulator, seen: Seen) -> None:
    emulator.fail(429, retry_after=0.01, times=2)
    emulator.reply("Hello")
    async with seen.client(emulator) as client:
        await client.chat.create("Hi")
        found = seen.metrics()
    for point in found.get("openrouter.limiter.rate", []):
        assert point.value > 0
        assert point.attributes == {"gen_ai.request.model": MODEL}
    (duration,) = found["gen_ai.client.inference.duration"]
    assert "error.type" not in duration.attributes


async def test_failures_are_measured_by_their_class(emulator: Emulator, seen: Seen) -> None:
    emulator.fail(400)
    async with seen.client(emulator) as client:
        with pytest.raises(Exception, match="400"):
            await client.chat.create("Hi")
    found = seen.metrics()
    assert found["gen_ai.client.inference.duration"][0].attributes["error.type"] == "BadRequest"
    assert found["gen_ai.client.inference.usage.input_tokens"][0].value == 0


class Unhashable(MeterProvider):
    """As that of Logfire, a dataclass that can be compared."""

    __hash__ = None  # type: ignore[assignment]


async def test_a_provider_need_not_be_hashable_and_clients_share_its_instruments(
    emulator: Emulator, seen: Seen
) -> None:
    emulator.reply("Hello", times=2)
    reader = InMemoryMetricReader()
    seen.meter_provider = Unhashable([reader], shutdown_on_exit=False)
    for _ in range(2):
        async with seen.client(emulator) as client:
            await client.chat.create("Hi")
    data = reader.get_metrics_data()
    assert data is not None
    metrics = [each for scope in data.resource_metrics[0].scope_metrics for each in scope.metrics]
    (duration,) = [each for each in metrics if each.name == "gen_ai.client.inference.duration"]
    assert [point.count for point in duration.data.data_points] == [2]
