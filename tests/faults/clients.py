"""Clients that run in a process of their own, by `measured.measure`."""

from __future__ import annotations

import resource

import anyio

from openrouter_async import AsyncOpenRouter, ConnectError, OpenRouterError, Retries
from tests.support.pools import count_connections

__all__ = ["few_descriptors", "outcome"]

KEY = "sk-or-v1-c0ffee0123456789c0ffee0123456789"
"""As in `tests.faults.calls`, which these processes need not import."""


async def outcome(url: str, kind: str, total: str = "") -> str:
    """Make one call, and return the name of the error in which it ends; the total clock may be given."""
    from openrouter_async import Timeouts

    timeouts = Timeouts(total=float(total)) if total else None
    async with AsyncOpenRouter(KEY, base_url=url, timeouts=timeouts, retries=Retries(attempts=1)) as client:
        try:
            if kind == "plain":
                return (await client.chat.create("Hello")).text
            async with client.chat.stream("Hello") as stream:
                async for _ in stream:
                    pass
        except OpenRouterError as error:
            return type(error).__name__
    return "no error"


async def few_descriptors(url: str) -> str:
    """Make 200 calls at once with 64 descriptors, then 30 one after the other; return what is wrong, if anything."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    failed, good = [], 0
    async with AsyncOpenRouter(KEY, base_url=url, retries=Retries(attempts=1)) as client:

        async def call() -> None:
            nonlocal good
            try:
                await client.chat.create("Hello")
                good += 1
            except ConnectError as error:
                failed.append(str(error))

        async with anyio.create_task_group() as group:
            for _ in range(200):
                group.start_soon(call)
        if not (good and failed and good + len(failed) == 200):
            return f"{good} good, {len(failed)} failed"
        if unclear := [text for text in failed if "file descriptor" not in text]:
            return unclear[0]
        for _ in range(30):
            await client.chat.create("Hello")
        transport = client._sender.transport
        assert transport._own is not None
        stats = count_connections(transport._own)
        if stats.open != stats.idle or transport.limiter.in_use:
            return f"left: {stats}, {transport.limiter.in_use} in use"
    return ""
