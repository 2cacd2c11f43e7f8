"""Emulated videos: each look at one takes it a step further, and at the end it is billed and there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from ... import operations as ops
from ..exchange.responses import EmulatedResponse, Part, plain
from ..exchange.service_errors import refused
from ..facts.table import Facts
from ..json_values import JSON
from ..received import ReceivedRequest
from ..state.accounting import Usage
from ..state.generations import Generation
from ..state.keys import EmulatedKey
from ..state.models import ListedModel
from ..state.state import State
from .samples import video
from .service import judge

__all__ = ["Videos"]

VIDEO_PRICE = Decimal("0.10")
"""US dollars a second."""

_STEPS = ("pending", "in_progress", "completed")
"""The status at each look."""

_ASKED = ListedModel({"id": "", "pricing": {"prompt": "1", "completion": "1"}})


@dataclass
class _Video:
    id: str
    body: JSON
    key: EmulatedKey
    looks: int = 0
    generation_id: str | None = None

    @property
    def status(self) -> str:
        return _STEPS[min(self.looks, len(_STEPS) - 1)]

    @property
    def cost(self) -> Decimal:
        duration = self.body.get("duration")
        return VIDEO_PRICE * (duration if isinstance(duration, int) else 5)


class Videos:
    """The videos of one emulator; the n-th has the same id for the same seed."""

    def __init__(self, state: State, facts: Facts, seed: int) -> None:
        self._state = state
        self._facts = facts
        self._seed = seed
        self._videos: dict[str, _Video] = {}

    def create(self, request: ReceivedRequest, key: EmulatedKey) -> EmulatedResponse:
        """Begin a video."""
        body = judge(self._facts, ops.CREATE_VIDEO, request)
        self._state.ledger.check_credit(key, _ASKED, prompt=0, max_tokens=None)
        made = _Video(self._state.new_id("video-"), body, key)
        self._videos[made.id] = made
        return plain(self._as_json(made), status=202)

    def get(self, id: str) -> EmulatedResponse:
        """Return a video, one step further than before."""
        made = self._find(id)
        made.looks += 1
        if made.status == "completed" and made.generation_id is None:
            self._bill(made)
        return plain(self._as_json(made))

    def content(self, id: str, query: Mapping[str, str]) -> EmulatedResponse:
        """Return the file, once it is there."""
        made = self._find(id)
        if made.status != "completed":
            raise refused(409, f"Video generation is {made.status}; the content is not available yet")
        if query.get("index", "0") != "0":
            raise refused(404, f"There is no content with the index {query['index']}")
        parts = (Part(video(Random(f"{self._seed} video {made.body.get('prompt')}"))),)
        return EmulatedResponse(headers={"content-type": "video/mp4"}, parts=parts)

    def _find(self, id: str) -> _Video:
        if id not in self._videos:
            raise refused(404, f"Video generation {id} not found")
        return self._videos[id]

    def _bill(self, made: _Video) -> None:
        made.generation_id = self._state.new_id("gen-vid-")
        self._state.ledger.spend(made.key, made.cost)
        record = Generation(
            id=made.generation_id,
            model=str(made.body.get("model")),
            provider="Emulator",
            usage=Usage(prompt=0, completion=0),
            cost=made.cost,
            streamed=False,
            finish_reason="stop",
            key_digest=made.key.digest,
        )
        self._state.generations.add(record)

    def _as_json(self, made: _Video) -> JSON:
        path = f"/api/v1/videos/{made.id}"
        answer: JSON = {"id": made.id, "polling_url": path, "status": made.status}
        if made.generation_id is not None:
            answer |= {
                "generation_id": made.generation_id,
                "unsigned_urls": [f"{path}/content?index=0"],
                "usage": {"cost": float(made.cost), "is_byok": False},
            }
        return answer
