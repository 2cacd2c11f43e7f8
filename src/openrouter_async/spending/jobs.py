"""What jobs cost, which begin with one request and are paid for at their end: videos, and batches of the service."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .. import operations
from .._http.observers import Attempt, Observer
from .._sansio.charges import Charge, read_charge
from .._sansio.request import build_request

if TYPE_CHECKING:
    from ..operations import Operation
    from ..protocols import Sender

__all__ = ["JobObserver", "look_at_job"]

_LOOKS: dict[str, tuple[Operation, str]] = {
    operations.CREATE_VIDEO.name: (operations.GET_VIDEO, "jobId"),
    operations.CREATE_BATCH.name: (operations.GET_BATCH, "id"),
}
"""What begins a job -> what shows how it is, and the name of its id in the path."""


class JobObserver(Observer):
    """Tells what a look at a job shows of its cost."""

    __slots__ = ("_saw_job",)

    reads = True

    def __init__(self, saw_job: Callable[[Charge], None]) -> None:
        self._saw_job = saw_job

    def ended(self, attempt: Attempt) -> None:
        """The look is over."""
        if attempt.charge.job_id is not None:
            self._saw_job(attempt.charge)


async def look_at_job(operation: str, job_id: str, sender: Sender) -> Charge | None:
    """Return what is known of the cost of a job that an operation began; None where it is none of these.

    Raises:
        OpenRouterError: the look failed.
    """
    if operation not in _LOOKS:
        return None
    row, name = _LOOKS[operation]
    request = build_request(row, path={name: job_id}, is_poll=True, is_own=True)
    return await sender.send(request, lambda reply: read_charge(reply.body))
