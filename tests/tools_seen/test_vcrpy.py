"""vcrpy: what it records of the service it plays when there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools_seen.needed import tool
from tests.tools_seen.service import KEY, Parser, both_parsers, client, plain, service, streamed

vcr = tool("vcr")


@pytest.mark.loopback
@both_parsers
async def test_records_and_plays_plain_and_streamed_calls(
    tmp_path: Path, parser: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    cassette = tmp_path / "paris.yaml"
    matching = {"match_on": ["method", "uri", "body"], "filter_headers": ["authorization"]}
    with service(monkeypatch) as server:
        with vcr.use_cassette(cassette, **matching):
            assert (await plain(parser), await streamed(parser)) == ("Paris", "Paris")
        assert len(server.requests) == 2
        assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    with vcr.use_cassette(cassette, record_mode="none", **matching) as played:  # the server is gone
        assert (await plain(parser), await streamed(parser)) == ("Paris", "Paris")
    assert played.play_count == 2
    assert len(server.requests) == 2


@pytest.mark.loopback
@both_parsers
async def test_a_key_is_in_the_cassette_unless_it_is_filtered(
    tmp_path: Path, parser: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    with service(monkeypatch):
        with vcr.use_cassette(tmp_path / "open.yaml"):
            await plain(parser)
        with vcr.use_cassette(tmp_path / "filtered.yaml", filter_headers=["authorization"]):
            await plain(parser)
    assert KEY in (tmp_path / "open.yaml").read_text("utf-8")
    assert KEY not in (tmp_path / "filtered.yaml").read_text("utf-8")


@both_parsers
async def test_what_is_not_in_the_cassette_reaches_nobody(tmp_path: Path, parser: Parser) -> None:
    with vcr.use_cassette(tmp_path / "empty.yaml", record_mode="none"):
        for call in plain, streamed:
            with pytest.raises(vcr.errors.CannotOverwriteExistingCassetteException):
                await call(parser)


@pytest.mark.loopback
@both_parsers
async def test_a_connection_is_reused_while_it_records(
    tmp_path: Path, parser: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    with service(monkeypatch) as server, vcr.use_cassette(tmp_path / "three.yaml", record_mode="all"):
        async with client(parser) as openrouter:
            for _ in range(3):
                assert (await openrouter.chat.create("Hi", model="acme/model")).text == "Paris"
        assert (len(server.requests), server.connections) == (3, 1)
