"""Recorded lists of models and embeddings, read by the client, equal to facts that an independent parser computed."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from openrouter_async import AsyncOpenRouter, Embeddings, Model, Retries
from tests.support.loopback import LoopbackServer, Reply, serve_responses
from tests.support.recordings import Recording, each_recording

pytestmark = pytest.mark.loopback

UPSTREAM_COST = "cost_details.upstream_inference_cost"
KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"


def server_of(recording: Recording) -> LoopbackServer:
    # The recordings hold bodies as they were before compression and framing.
    return LoopbackServer(serve_responses([Reply(recording.status, recording.body)]))


def client_of(server: LoopbackServer) -> AsyncOpenRouter:
    return AsyncOpenRouter(KEY, base_url=server.url, retries=Retries(attempts=1))


@each_recording("models")
async def test_lists_of_models(recording: Recording) -> None:
    with server_of(recording) as server:
        async with client_of(server) as client:
            models = [model async for model in client.models.list()]
    facts = recording.facts
    assert reported(models) == {name: facts[name] for name in reported(models)}
    assert set(facts["output_modalities"]) == {
        modality for model in models for modality in model.architecture.output_modalities or ()
    }


def reported(models: list[Model]) -> dict[str, Any]:
    return {
        "count": len(models),
        "ids_sha256": hashlib.sha256("\n".join(model.id for model in models).encode()).hexdigest(),
        "first_id": models[0].id,
        "last_id": models[-1].id,
        "negative_price": sum(model.pricing.is_variable for model in models),
        "free": sum(model.id.endswith(":free") for model in models),
        "context_length_null": sum(model.context_length is None for model in models),
        "top_provider_max_completion_null": sum(
            model.top_provider.max_completion_tokens is None for model in models
        ),
        "supported_parameters_total": sum(len(model.supported_parameters or ()) for model in models),
    }


@each_recording("models")
async def test_a_catalogue_of_them_finds_each(recording: Recording) -> None:
    with server_of(recording) as server:
        async with client_of(server) as client:
            catalogue = await client.models.catalogue(offline=False)
    assert len(catalogue) == recording.facts["count"]
    sent = json.loads(recording.body)["data"]
    listings = Counter(model.get("canonical_slug") for model in sent)
    for model in sent:
        found = catalogue.get(model["id"])
        assert found is not None
        assert found.id == model["id"]
        if listings[model.get("canonical_slug")] == 1:
            assert catalogue.get(model["canonical_slug"]) is found


@each_recording("embeddings")
async def test_embeddings(recording: Recording) -> None:
    recorded = recording.request.get("body")  # some recordings have the answer only
    request = json.loads(recorded or '{"model": "openai/text-embedding-3-small", "input": "?"}')
    with server_of(recording) as server:
        async with client_of(server) as client:
            reply = await client.embeddings.create(
                request["input"],
                model=request["model"],
                **{name: value for name, value in request.items() if name not in ("input", "model")},
            )
        assert server.requests[0].json() == request
    assert_embeddings(reply, recording.facts)


def assert_embeddings(reply: Embeddings, facts: dict[str, Any]) -> None:
    assert (reply.id, reply.model, reply.provider) == (facts["id"], facts["model"], facts["provider"])
    assert [len(vector) for vector in reply.vectors] == facts["dimensions"]
    assert [vector[0] for vector in reply.vectors] == facts["first"]
    usage = reply.usage
    assert usage is not None
    assert usage.prompt_tokens == facts["usage"]["prompt_tokens"]
    assert usage.total_tokens == facts["usage"]["total_tokens"]
    assert usage.cost == Decimal(str(facts["usage"]["cost"]))
    assert usage.is_byok == facts["usage"].get("is_byok")
    details = usage.cost_details.upstream_inference_cost if usage.cost_details else None
    assert details == (None if (cost := facts["usage"].get(UPSTREAM_COST)) is None else Decimal(str(cost)))
