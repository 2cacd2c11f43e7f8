"""Videos: jobs that are created once, waited for, paid for at their end, and saved as they come."""

from __future__ import annotations

import base64
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import pytest

from openrouter_async import (
    AsyncOpenRouter,
    BudgetExceeded,
    ConfigurationError,
    Retries,
    audio,
    errors,
    video,
)
from tests.support.loopback import Connection, LoopbackServer, Reply, Request, serve_responses

pytestmark = pytest.mark.loopback

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"
MODEL = "x-ai/grok-imagine-video"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
WAV = b"RIFF\x00\x00\x00\x00WAVE" + bytes(20)
MP4 = b"\x00\x00\x00\x18ftypmp42" + bytes(range(256)) * 4_000
ID = "2kJAtC7mr3zCpeNnSZdf"
FILE = Reply(200, MP4, {"content-type": "video/mp4"})


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openrouter_async.resources.jobs.FIRST_LOOK", 0.001)


def client_of(server: LoopbackServer, **settings: Any) -> AsyncOpenRouter:
    headers = {"x-internal": "secret"}
    return AsyncOpenRouter(KEY, base_url=server.url, retries=Retries(base=0.001), headers=headers, **settings)


def state(status: str, **more: Any) -> dict[str, Any]:
    return {"id": ID, "polling_url": f"/api/v1/videos/{ID}", "status": status, **more}


BEGUN = Reply(202, json=state("pending"))
DONE = {"generation_id": "gen-vid-1", "usage": {"cost": 0.4, "is_byok": False}}


def service(*looks: dict[str, Any], content: Reply = FILE) -> Callable[[Connection], None]:
    """Return the handler of a service whose video is as these looks show, one after the other."""
    left = list(looks)

    def answer(connection: Connection, request: Request) -> None:
        if request.method == "POST":
            reply = BEGUN
        elif "/content" in request.path:
            reply = content
        else:
            reply = Reply(json=left.pop(0) if len(left) > 1 else left[0])
        connection.send(reply.encode())

    return serve_responses([answer])


async def test_a_video_is_waited_for_saved_and_paid_for(tmp_path: Path) -> None:
    params: dict[str, Any] = {
        "duration": 5, "resolution": "720p", "aspect_ratio": "16:9", "size": "1280x720", "generate_audio": True,
        "seed": 7, "creativity": 3, "upscale_factor": 1.5, "previous_job_id": "v", "session_id": "s", "user": "u",
        "callback_url": "https://example.com/done", "trace": {"trace_id": "t"},
        "provider": {"options": {"x": {"y": 1}}},
    }  # fmt: skip
    with LoopbackServer(
        service(state("pending"), state("in_progress"), state("completed", **DONE))
    ) as server:
        async with client_of(server) as client, client.track() as spend:
            job = await client.videos.create("A calm sea.", model=MODEL, **params)
            assert (job.id, job.status, job.is_finished, job.cost) == (ID, "pending", False, None)
            assert spend.cost == 0
            assert [call.operation for call in spend.unsettled] == ["videos.create"]
            finished = await job.wait(timeout=10)
            assert (job.status, job.cost, finished.generation_id) == (
                "completed",
                Decimal("0.4"),
                "gen-vid-1",
            )
            assert (spend.cost, spend.calls, spend.unsettled) == (Decimal("0.4"), 1, ())
            path = await job.save(tmp_path / "sea.mp4")
        requests = server.requests
    assert requests[0].json() == {"model": MODEL, "prompt": "A calm sea.", **params}
    assert [request.method for request in requests] == ["POST", *["GET"] * 4]
    assert requests[-1].path == f"/api/v1/videos/{ID}/content"
    assert path.read_bytes() == MP4
    assert spend.by_model == {MODEL: Decimal("0.4")}


async def test_frames_and_references_are_urls_bytes_and_paths(tmp_path: Path) -> None:
    path = tmp_path / "last.png"
    path.write_bytes(PNG)
    data_url = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    sound = f"data:audio/wav;base64,{base64.b64encode(WAV).decode()}"
    references = [PNG, audio(WAV), video("https://example.com/a.mp4")]
    with LoopbackServer(service(state("completed"))) as server:
        async with client_of(server) as client:
            await client.videos.create(
                model=MODEL,
                first_frame="https://example.com/a.png",
                last_frame=path,
                input_references=references,
            )
        body: Any = server.requests[0].json()
    assert body == {
        "model": MODEL,
        "frame_images": [
            {
                "type": "image_url",
                "image_url": {"url": "https://example.com/a.png"},
                "frame_type": "first_frame",
            },
            {"type": "image_url", "image_url": {"url": data_url}, "frame_type": "last_frame"},
        ],
        "input_references": [
            {"type": "image_url", "image_url": {"url": data_url}},
            {"type": "audio_url", "audio_url": {"url": sound}},
            {"type": "video_url", "video_url": {"url": "https://example.com/a.mp4"}},
        ],
    }


def closes(connection: Connection, request: Request) -> None:
    connection.close()


@pytest.mark.parametrize("answer", [closes, Reply(500, b"<html>"), Reply(504, b""), Reply(202, b"")])
async def test_a_video_that_may_be_made_is_not_created_again(answer: Any) -> None:
    with LoopbackServer(serve_responses([answer, BEGUN])) as server:
        async with client_of(server) as client:
            with pytest.raises(errors.OpenRouterError, match="it may have been carried out"):
                await client.videos.create("A calm sea.", model=MODEL)
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", ["failed", "cancelled", "expired"])
async def test_a_video_that_was_not_made_raises_why(status: str) -> None:
    with LoopbackServer(service(state(status, error="flagged", generation_id="gen-vid-1"))) as server:
        async with client_of(server) as client:
            job = await client.videos.create("A calm sea.", model=MODEL)
            with pytest.raises(errors.JobFailed, match=f"'{ID}' is {status}: flagged") as caught:
                await job.wait()
    assert caught.value.job is job.state
    assert caught.value.generation_id == "gen-vid-1"


async def test_a_job_is_found_again_by_its_id(tmp_path: Path) -> None:
    with LoopbackServer(service(state("completed", **DONE))) as server:
        async with client_of(server) as client:
            job = await client.videos.get(ID)
            assert job.is_finished
            await job.save(tmp_path / "a.mp4", index=1)
            assert await client.videos.content(ID).read() == MP4
        assert [request.path for request in server.requests] == [
            f"/api/v1/videos/{ID}", f"/api/v1/videos/{ID}/content?index=1", f"/api/v1/videos/{ID}/content",
        ]  # fmt: skip


async def test_the_key_goes_to_the_service_alone(tmp_path: Path) -> None:
    with LoopbackServer(serve_responses([FILE])) as other:
        own = f"/api/v1/videos/{ID}/content?index=0"
        urls = [f"{other.origin}/bucket/a.mp4?signature=x"]
        with LoopbackServer(service(state("completed", unsigned_urls=urls))) as server:
            async with client_of(server, query={"q": "1"}) as client:
                job = await client.videos.get(ID)
                assert (await job.save(tmp_path / "a.mp4")).read_bytes() == MP4
        (request,) = other.requests
        assert request.path == "/bucket/a.mp4?signature=x"
        assert request.headers.keys() <= {"host", "user-agent"}
        assert len(server.requests) == 1
        for absolute in (True, False, None):
            done = state("completed")
            with LoopbackServer(service(done)) as server:
                done["unsigned_urls"] = (
                    [] if absolute is None else [f"{server.origin if absolute else ''}{own}"]
                )
                async with client_of(server) as client:
                    await (await client.videos.get(ID)).save(tmp_path / "a.mp4")
                assert server.requests[-1].headers["authorization"] == f"Bearer {KEY}"
                assert len(other.requests) == 1


@pytest.mark.parametrize("url", ["http://example.com/a.mp4", "ftp://example.com/a.mp4", "https://[/a.mp4"])
async def test_a_file_of_another_host_comes_over_https(url: str) -> None:
    with LoopbackServer(service(state("completed", unsigned_urls=[url]))) as server:
        async with client_of(server) as client:
            job = await client.videos.get(ID)
            with pytest.raises(errors.InvalidResponseError, match=r"expected https|cannot be read"):
                await job.download().read()


@pytest.mark.parametrize(
    ("status", "expected"), [(409, errors.Conflict), (410, errors.BadRequest), (404, errors.NotFound)]
)
async def test_a_file_that_is_not_there(status: int, expected: type[Exception], tmp_path: Path) -> None:
    refusal = Reply(status, json={"error": {"code": status, "message": "not there"}})
    with LoopbackServer(service(state("pending"), content=refusal)) as server:
        async with client_of(server) as client:
            job = await client.videos.create("A calm sea.", model=MODEL)
            with pytest.raises(expected, match="not there"):
                await job.save(tmp_path / "a.mp4")
    assert not [*tmp_path.iterdir()]  # noqa: ASYNC240 - a test may wait


async def test_a_cancelled_wait_leaves_nothing_and_the_job_goes_on() -> None:
    def stalls(connection: Connection, request: Request) -> None:
        if request.method == "POST":
            connection.send(BEGUN.encode())
        else:
            connection.wait_closed()
            connection.close()

    with LoopbackServer(serve_responses([stalls])) as server:
        async with client_of(server) as client:
            job = await client.videos.create("A calm sea.", model=MODEL)
            with anyio.move_on_after(0.2):
                await job.wait()
            assert client._sender.transport.connections == (0, 0)
            with pytest.raises(errors.DeadlineExceeded, match="it continues"):
                await job.wait(timeout=0.1)
            assert client._sender.transport.connections == (0, 0)


async def test_leaving_the_block_looks_at_what_goes_on_once() -> None:
    with LoopbackServer(service(state("pending"))) as server:
        async with client_of(server) as client:
            async with client.track() as spend:
                await client.videos.create("A calm sea.", model=MODEL)
            assert [request.path for request in server.requests[1:]] == [f"/api/v1/videos/{ID}"]
    assert [call.operation for call in spend.unsettled] == ["videos.create"]
    assert spend.cost == 0


async def test_leaving_the_block_finds_what_a_video_cost_that_is_there() -> None:
    with LoopbackServer(service(state("completed", **DONE))) as server:
        async with client_of(server) as client, client.track() as spend:
            await client.videos.create("A calm sea.", model=MODEL)
    assert (spend.cost, spend.unsettled) == (Decimal("0.4"), ())


async def test_a_budget_has_videos_made_one_by_one_until_one_has_shown_its_cost() -> None:
    with LoopbackServer(service(state("completed", **DONE))) as server:
        async with client_of(server) as client:
            await client.models.catalogue(offline=True)
            async with client.track(budget="0.85") as spend:
                job = await client.videos.create("A calm sea.", model=MODEL)
                with pytest.raises(BudgetExceeded, match="unknown before another such call is over"):
                    await client.videos.create("A calm sea.", model=MODEL)
                await job.wait()
                with pytest.raises(BudgetExceeded, match=r"0\.4 are spent.*it may cost 0\.5"):
                    await client.videos.create("A calm sea.", model=MODEL)
    assert spend.cost == Decimal("0.4")
    assert [request.method for request in server.requests].count("POST") == 1


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"prompt": ""}, "prompt is "),
        ({"model": None}, "model is None"),
        ({"duration": 0}, "duration is 0"),
        ({"upscale_factor": 0}, "upscale_factor is 0; expected a number above 0"),
        ({"callback_url": "http://example.com"}, "callback_url is "),
        ({"frame_images": []}, "give first_frame and last_frame"),
        ({"first_frame": "a.png"}, "for a file a pathlib.Path"),
        ({"first_frame": WAV}, "holds audio/wav, no image"),
    ],
)
async def test_wrong_arguments_are_told_before_anything_is_sent(
    arguments: dict[str, Any], reason: str
) -> None:
    given = {"prompt": "A calm sea.", "model": MODEL, **arguments}
    with LoopbackServer(service(state("pending"))) as server:
        async with client_of(server) as client:
            with pytest.raises(ConfigurationError, match=reason):
                await client.videos.create(given.pop("prompt"), **given)
    assert server.requests == []


async def test_models_that_make_videos() -> None:
    row = {"id": MODEL, "supported_durations": [5, 10], "pricing_skus": {"second_720p": "0.08"}}
    with LoopbackServer(serve_responses([Reply(json={"data": [row]})])) as server:
        async with client_of(server) as client:
            (model,) = await client.videos.models().all()
    assert (model.supported_durations, model.pricing_skus) == ([5, 10], {"second_720p": "0.08"})
