"""What `checked` and `check_error` are there to find, they find."""

from __future__ import annotations

import asyncio
import logging
import socket
import time

import anyio
import pytest

from openrouter_async import errors
from tests.faults import evidence
from tests.faults.calls import KEY
from tests.faults.watchdog import unwatched


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "GOODBYE_S", 0.05)
    monkeypatch.setattr(evidence, "ROW_LIMIT_S", 0.5)


async def test_a_row_that_hangs_fails() -> None:
    with pytest.raises(TimeoutError):
        await evidence.checked(anyio.sleep_forever)()


async def test_a_row_that_blocks_the_loop_fails() -> None:
    async def row() -> None:
        end = time.thread_time() + 0.15
        while time.thread_time() < end:
            pass

    figures: list[tuple[str, object]] = []
    with pytest.raises(AssertionError, match="the loop was blocked for 0"):
        await evidence.checked(row, figures)()
    assert 150 <= float(str(dict(figures)["blocked_ms"])) < 1_000


async def test_what_the_suite_itself_does_does_not_count() -> None:
    async def row() -> None:
        with unwatched():
            end = time.thread_time() + 0.15
            while time.thread_time() < end:
                pass

    await evidence.checked(row)()


async def test_a_row_that_takes_much_memory_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "MEMORY_LIMIT", 8 * 1024 * 1024)

    async def row(size: int) -> None:
        assert len(b"x" * size) == size

    await evidence.checked(row)(size=1024)
    with pytest.raises(AssertionError, match="bytes of memory more"):
        await evidence.checked(row)(size=64 * 1024 * 1024)


async def test_a_socket_that_is_left_fails_its_row() -> None:
    left: list[socket.socket] = []

    async def row() -> None:
        left.append(socket.socket())

    with pytest.raises(AssertionError, match="sockets left"):
        await evidence.checked(row)()
    left[0].close()


async def test_a_task_that_is_left_fails_its_row() -> None:
    async def leave(group: anyio.abc.TaskGroup) -> None:
        group.start_soon(anyio.sleep_forever)

    async with anyio.create_task_group() as group:
        with pytest.raises(AssertionError, match="tasks left"):
            await evidence.checked(leave)(group=group)
        group.cancel_scope.cancel()


@pytest.mark.parametrize("logger", ["openrouter_async", "some.library", "anything"])
async def test_a_key_in_a_log_fails_its_row(logger: str) -> None:
    async def row() -> None:
        logging.getLogger(logger).debug("sent %s", [KEY])

    with pytest.raises(AssertionError, match="the key shows"):
        await evidence.checked(row)()


async def test_a_complaint_of_the_event_loop_fails_its_row() -> None:
    async def row() -> None:
        logging.getLogger(asyncio.__name__).error("exception was never retrieved")

    with pytest.raises(AssertionError, match="never retrieved"):
        await evidence.checked(row)()


def _with(**attributes: object) -> errors.OpenRouterError:
    error = errors.ConnectionLost("it broke")
    vars(error).update(attributes)
    return error


def _caused_by(cause: Exception) -> errors.OpenRouterError:
    error = errors.ConnectionLost("it broke")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(LookupError("no"), id="another's"),
        pytest.param(errors.ConnectionLost("two\nlines"), id="two lines"),
        pytest.param(errors.ConnectionLost(f"sent {KEY}"), id="key in the message"),
        pytest.param(_with(request_id=KEY), id="key in an attribute"),
        pytest.param(_caused_by(LookupError({"authorization": KEY})), id="key in the cause"),
        pytest.param(_with(retry_after=float("nan")), id="no number"),
    ],
)
def test_an_error_that_breaks_a_promise_is_found(error: Exception) -> None:
    with pytest.raises(AssertionError):
        evidence.check_error(error)


def test_an_error_that_keeps_them_passes() -> None:
    evidence.check_error(errors.ConnectionLost("it broke", retry_after=1.0, attempts=3))
