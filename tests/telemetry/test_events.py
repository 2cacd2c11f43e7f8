"""Events are log records of the span that they belong to."""

from __future__ import annotations

import pytest
from opentelemetry._logs import SeverityNumber

from openrouter_async import OpenRouterError, Telemetry
from openrouter_async.testing import Emulator
from tests.support.emulated import MODEL
from tests.telemetry.seen import Seen

pytestmark = pytest.mark.loopback


async def test_a_failure_is_told_once_with_its_class_and_not_its_words(
    emulator: Emulator, seen: Seen
) -> None:
    emulator.fail(503, "the Xylophone is busy", times=3)
    async with seen.client(emulator) as client:
        with pytest.raises(OpenRouterError):
            await client.chat.create("Hi")
    (event,) = seen.events
    record = event.log_record
    assert (record.event_name, record.severity_number) == (
        "gen_ai.client.operation.exception",
        SeverityNumber.WARN,
    )
    assert record.span_id == seen.one(f"chat {MODEL}").context.span_id
    assert (record.attributes or {})["exception.type"] == "openrouter_async.errors.status.Overloaded"
    assert "Xylophone" not in seen.everything


async def test_with_content_its_message_is_told(emulator: Emulator, seen: Seen) -> None:
    emulator.fail(400, "the Xylophone is wrong")
    async with seen.client(emulator, content=True) as client:
        with pytest.raises(OpenRouterError) as raised:
            await client.chat.create("Hi")
    assert (seen.events[0].log_record.attributes or {})["exception.message"] == str(raised.value)


async def test_details_are_told_in_place_of_the_content_of_spans(emulator: Emulator, seen: Seen) -> None:
    emulator.reply("Riddle")
    async with seen.client(emulator, content="events") as client:
        await client.chat.create("Xylophone")
    (event,) = seen.events
    assert event.log_record.severity_number is SeverityNumber.DEBUG
    told = dict(event.log_record.attributes or {})
    assert "Xylophone" in str(told["gen_ai.input.messages"])
    assert "Riddle" in str(told["gen_ai.output.messages"])
    span = seen.one(f"chat {MODEL}")
    assert dict(span.attributes or {}).items() <= told.items()
    assert "Xylophone" not in span.to_json()


async def test_without_a_provider_of_loggers_nothing_is_told(emulator: Emulator, seen: Seen) -> None:
    emulator.fail(400)
    seen.logger_provider = None
    async with seen.client(emulator, content="events") as client:
        with pytest.raises(OpenRouterError):
            await client.chat.create("Hi")
    assert seen.events == []


def test_content_is_yes_no_or_events() -> None:
    assert Telemetry(content="events").content == "events"
    with pytest.raises(OpenRouterError, match="content is 'spans'"):
        Telemetry(content="spans")  # type: ignore[arg-type]
