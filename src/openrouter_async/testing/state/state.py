"""Everything the emulator remembers: keys, credits, what it was told to answer, what it answered.

*Theory of operation.* The server reads and changes it from its own thread, the caller from any other, so each method
holds the lock for as long as it takes, and never while it waits. What is handed out is a copy, or an object of which
single fields change (`ReceivedRequest`).
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, TypeAlias

from pydantic import JsonValue

from ..exchange.service_errors import ServiceError, key_limit_reached, out_of_credits
from ..faults import Fault
from ..received import ReceivedRequest
from ..replies import Failure, Replying, Scripted
from .accounting import Usage
from .keys import EmulatedKey, iso_now
from .models import ListedModel

if TYPE_CHECKING:
    from ..account.management import OAuthCode

__all__ = ["Generation", "RateLimit", "State"]

_KEPT_REQUESTS = 10_000
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

InjectedFault: TypeAlias = Fault | Failure


@dataclass(frozen=True, slots=True)
class RateLimit:
    """So many requests in a window of so many seconds, which begins with the first of them."""

    requests: int
    per_s: float = 60.0
    tells_wait: bool = True
    """Whether a refusal says how long to wait, as a header and in its body."""


@dataclass(slots=True, kw_only=True)
class Generation:
    """The billed record of one reply."""

    id: str
    model: str
    provider: str
    usage: Usage
    cost: Decimal
    streamed: bool
    finish_reason: str | None
    cancelled: bool = False
    started_at: float = 0.0
    took_s: float = 0.0
    misses_left: int = 0
    """How often a lookup still fails."""
    created: str = ""
    key_digest: str = ""
    """Which key asked."""
    input: JsonValue = None
    byok_cost: Decimal | None = None
    """What the provider charged to a key of the account's own; None where its key was not used."""
    source_id: str | None = None
    """The generation whose answer the cache gave again."""
    output: JsonValue = None
    """What was asked and answered, as `/generation/content` gives it."""

    def to_json(self) -> dict[str, JsonValue]:
        """Return what `/generation` says of it."""
        cost = float(self.cost)
        took_ms = round(self.took_s * 1000)
        return {
            **dict.fromkeys(_UNSAID),
            "id": self.id,
            "request_id": f"req-{self.id.removeprefix('gen-')}",
            "api_type": "completions",
            "data_region": "global",
            "model": self.model,
            "provider_name": self.provider,
            "created_at": self.created,
            "streamed": self.streamed,
            "cancelled": self.cancelled,
            "finish_reason": self.finish_reason,
            "native_finish_reason": self.finish_reason,
            "tokens_prompt": self.usage.prompt,
            "tokens_completion": self.usage.completion,
            "native_tokens_prompt": self.usage.prompt,
            "native_tokens_completion": self.usage.completion,
            "native_tokens_reasoning": self.usage.reasoning,
            "native_tokens_cached": self.usage.cached,
            "total_cost": cost,
            "usage": cost,
            "upstream_inference_cost": cost if self.byok_cost is None else float(self.byok_cost),
            "is_byok": self.byok_cost is not None,
            "response_cache_source_id": self.source_id,
            "latency": took_ms,
            "generation_time": took_ms,
            "origin": "",
        }


_UNSAID = (
    "app_id", "cache_discount", "external_user", "http_referer", "moderation_latency",
    "native_tokens_completion_images", "num_fetches", "num_input_audio_prompt", "num_media_completion",
    "num_media_prompt", "num_search_results", "preset_id", "provider_responses", "router", "service_tier",
    "upstream_id", "user_agent", "web_search_engine", "workspace_id",
)  # fmt: skip
"""What the service says of a generation, and the emulator leaves null."""


class State:
    """What one emulator remembers."""

    def __init__(
        self,
        *,
        keys: Sequence[EmulatedKey],
        credits: Decimal,
        rate_limit: RateLimit | None,
        seed: int,
        misses: int,
    ) -> None:
        self._lock = threading.RLock()
        self._keys_at_start = tuple(keys)
        self._credits_at_start = credits
        self._rate_limit_at_start = rate_limit
        self._seed = seed
        self._misses = misses
        self.reset()

    def reset(self) -> None:
        """Forget everything, and begin again as at the start."""
        with self._lock:
            self.keys = {key.digest: replace(key) for key in self._keys_at_start}
            self.credits = self._credits_at_start
            self.usage = Decimal(0)
            self.rate_limit = self._rate_limit_at_start
            self._window: tuple[float, int] = (0.0, 0)
            self._requests: deque[ReceivedRequest] = deque(maxlen=_KEPT_REQUESTS)
            self._script: dict[str, deque[tuple[Scripted, int | None]]] = {}
            self._function: Replying | None = None
            self._injected: tuple[float, tuple[InjectedFault, ...]] = (0.0, ())
            self._chance = Random(self._seed)
            self._generations: dict[str, Generation] = {}
            self.codes: dict[str, OAuthCode] = {}
            self._numbers = itertools.count(1)
            self._cached_prompts: set[str] = set()
            self.problems: list[Exception] = []

    # what arrives

    def arrived(self, request: ReceivedRequest) -> None:
        with self._lock:
            self._requests.append(request)

    @property
    def requests(self) -> list[ReceivedRequest]:
        with self._lock:
            return list(self._requests)

    def record_problem(self, problem: Exception) -> None:
        """Keep an exception of the caller's own code, or of ours, for whoever ends the emulator."""
        with self._lock:
            self.problems.append(problem)

    # what was scripted

    def script(self, path: str, answer: Scripted, times: int | None) -> None:
        with self._lock:
            self._script.setdefault(path, deque()).append((answer, times))

    def reply_with(self, function: Replying | None) -> None:
        with self._lock:
            self._function = function

    @property
    def function(self) -> Replying | None:
        with self._lock:
            return self._function

    def next_scripted(self, path: str) -> Scripted | None:
        with self._lock:
            queue = self._script.get(path)
            if not queue:
                return None
            answer, times = queue[0]
            if times == 1:
                queue.popleft()
            elif times is not None:
                queue[0] = (answer, times - 1)
            return answer

    @property
    def unused(self) -> int:
        """How many entries of the script were not asked for; those that stand for ever do not count."""
        with self._lock:
            return sum(times or 0 for queue in self._script.values() for _, times in queue)

    def inject_faults(self, share: float, faults: Sequence[InjectedFault]) -> None:
        with self._lock:
            self._injected = (share, tuple(faults))

    def next_fault(self) -> InjectedFault | None:
        with self._lock:
            share, faults = self._injected
            if not faults or self._chance.random() >= share:
                return None
            return self._chance.choice(faults)

    # money and limits

    def add_key(self, key: EmulatedKey) -> None:
        with self._lock:
            self.keys[key.digest] = key

    def remove_key(self, key: EmulatedKey) -> None:
        with self._lock:
            self.keys.pop(key.digest, None)

    @property
    def remaining(self) -> Decimal:
        with self._lock:
            return self.credits - self.usage

    def check_credit(
        self, key: EmulatedKey, model: ListedModel, *, prompt: int, max_tokens: int | None
    ) -> None:
        """Raise the service's 402 or 403 where the account or the key cannot pay."""
        with self._lock:
            if key.is_spent:
                raise key_limit_reached()
            remaining = self.credits - self.usage
            if remaining < 0 or (remaining == 0 and not model.is_free):
                raise out_of_credits()
            price = model.price("completion")
            if price and max_tokens is not None:
                left = remaining - Usage(prompt=prompt, completion=0).input_cost(model)
                affordable = max(0, int(left / price))
                if max_tokens > affordable:
                    raise out_of_credits(wanted=max_tokens, affordable=affordable)

    def spend(self, key: EmulatedKey, cost: Decimal) -> None:
        with self._lock:
            self.usage += cost
            key.usage += cost

    def check_rate(self) -> None:
        """Count a request, and raise the service's 429 where it is one too many."""
        with self._lock:
            limit = self.rate_limit
            if limit is None:
                return
            now = time.time()
            begun, count = self._window
            if now >= begun + limit.per_s:
                begun, count = now, 0
            if count >= limit.requests:
                raise ServiceError(_too_many(limit, reset_at=begun + limit.per_s, now=now))
            self._window = (begun, count + 1)

    # what was answered

    def new_id(self, prefix: str) -> str:
        """Return an id like those of the service; the n-th is the same for the same seed."""
        with self._lock:
            random = Random(f"{self._seed} {prefix} {next(self._numbers)}")
        return f"{prefix}{''.join(random.choices(_ALPHABET, k=20))}"

    def call_ids(self) -> Iterator[str]:
        """Return ids for calls of tools, without end."""
        while True:
            yield self.new_id("call_")

    def generated(self, generation: Generation) -> None:
        generation.misses_left = self._misses
        generation.created = iso_now()
        with self._lock:
            self._generations[generation.id] = generation

    @property
    def generations(self) -> list[Generation]:
        """All of them, oldest first."""
        with self._lock:
            return list(self._generations.values())

    def look_up(self, id: str) -> Generation | None:
        """Return a generation; the first lookups fail, as they do with the service."""
        with self._lock:
            found = self._generations.get(id)
            if found is None:
                return None
            if found.misses_left > 0:
                found.misses_left -= 1
                return None
            return found

    def cached_before(self, prefix: str) -> bool:
        """Remember the prefix of a prompt, and return whether it was there."""
        with self._lock:
            known = prefix in self._cached_prompts
            self._cached_prompts.add(prefix)
            return known


def _too_many(limit: RateLimit, *, reset_at: float, now: float) -> Failure:
    headers = {
        "X-RateLimit-Limit": str(limit.requests),
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": str(int(reset_at * 1000)),
    }
    return Failure(
        status=429,
        message=(
            f"Rate limit exceeded: limited to {limit.requests} requests per {limit.per_s:g} seconds."
            " Please retry shortly."
        ),
        retry_after=max(0.001, round(reset_at - now, 3)) if limit.tells_wait else None,
        error_type="rate_limit_exceeded",
        metadata={"headers": dict(headers), "provider_name": None} if limit.tells_wait else None,
        headers=headers if limit.tells_wait else {},
    )
