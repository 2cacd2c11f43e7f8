"""`client.scim`: a sync job is waited for, and deleting a mapping says what becomes of the members."""

from __future__ import annotations

from typing import Any

import pytest

from openrouter_async import ConfigurationError, JobFailed

from ..mocked import mocked


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openrouter_async.resources.jobs.FIRST_LOOK", 0.001)


def state(status: str, **more: Any) -> dict[str, Any]:
    return {"data": {"id": "job-1", "status": status, **more}}


async def test_a_sync_job_is_looked_at_until_it_is_over() -> None:
    looks = state("queued"), state("running"), state("succeeded", synced_groups=3, deleted_groups=1)
    async with mocked(*looks) as service:
        job = await service.client.scim.sync()
        assert not job.is_finished
        assert (await job.wait(timeout=10)).synced_groups == 3
        lines = [(request.method, request.url.path, request.content) for request in service.requests]
    path = "/api/v1/scim/sync-jobs"
    assert lines == [("POST", path, b""), *[("GET", f"{path}/job-1", b"")] * 2]


async def test_a_sync_job_that_failed_says_why() -> None:
    async with mocked(state("running"), state("failed", error_message="no such directory")) as service:
        job = await service.client.scim.sync_job("job-1")
        with pytest.raises(JobFailed, match="the sync job 'job-1' failed: no such directory"):
            await job.wait(timeout=10)


async def test_a_mapping_is_deleted_only_with_what_becomes_of_its_members() -> None:
    async with mocked({"deleted": True}) as service:
        scim: Any = service.client.scim
        with pytest.raises(TypeError, match="keep_members"):
            await scim.delete_mapping("m1")
        with pytest.raises(ConfigurationError, match="keep_members is None"):
            await scim.delete_mapping("m1", keep_members=None)
        assert service.requests == []
        await scim.delete_mapping("m1", keep_members=False)
        assert service.line == "DELETE /scim/group-mappings/m1?keep_members=false"


async def test_a_role_that_does_not_exist_is_refused() -> None:
    async with mocked({}) as service:
        scim: Any = service.client.scim
        for call in (scim.create_mapping("g", "w", "owner"), scim.update_mapping("m", role="owner")):
            with pytest.raises(ConfigurationError, match="role is 'owner'"):
                await call
        assert service.requests == []
