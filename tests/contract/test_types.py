"""Our types agree with the service's schemas, field by field, or `differences.py` says why not.

A failure names what differs by kind, schema and field (see `agreement`). Mend the type; where the type is right,
add the key to `DIFFERENCES` with its reason.
"""

from __future__ import annotations

from typing import Any

import pytest

from openrouter_async.types.account.activity import ActivityItem
from openrouter_async.types.account.generations import FeedbackResult, Generation, GenerationContent
from openrouter_async.types.account.key_request import KeyChanges, NewKey
from openrouter_async.types.account.keys import APIKey, AuthorizedKey, CreatedKey, Credits, CurrentKey
from openrouter_async.types.batches import BatchJob, DeletedJob, JobPage
from openrouter_async.types.catalogue.endpoints import Endpoint, ModelEndpoints
from openrouter_async.types.catalogue.model_query import ModelFilters, UserModelFilters
from openrouter_async.types.catalogue.models import Model, ModelCount, ModelPage
from openrouter_async.types.catalogue.providers import ProviderInfo
from openrouter_async.types.chat.chunk import ChatChunk
from openrouter_async.types.chat.completion import ChatCompletion
from openrouter_async.types.chat.messages import Message
from openrouter_async.types.chat.request import ChatParams
from openrouter_async.types.common import Envelope, Listing
from openrouter_async.types.embeddings.reply import Embeddings
from openrouter_async.types.embeddings.request import EmbeddedParts, EmbeddingParams
from openrouter_async.types.media.image_request import ImageParams
from openrouter_async.types.media.images import GeneratedImages, ImageEndpoints, ImageModel
from openrouter_async.types.media.speech import SpeechParams, SpeechTurn
from openrouter_async.types.media.transcription import Transcription, TranscriptionParams

from .agreement import Comparison
from .differences import BOUNDS, DIFFERENCES
from .shapes import Shape
from .table import Table

JSON = "application/json"

SENT = [
    (ChatParams, "ChatRequest"),
    (Message, "ChatMessages"),
    (ModelFilters, "getModels.query"),
    (EmbeddingParams, "createEmbeddings.body"),
    (EmbeddedParts, "Input"),
    (UserModelFilters, "listModelsUser.query"),
    (NewKey, "createKeys.body"),
    (KeyChanges, "updateKeys.body"),
    (ImageParams, "ImageGenerationRequest"),
    (SpeechParams, "SpeechRequest"),
    (SpeechTurn, "SpeechTurn"),
    (TranscriptionParams, "STTRequest"),
]
"""Types of what is sent, with the schema they stand for; what they are made of is compared with them."""

RECEIVED = [
    (ChatCompletion, "ChatResult"),
    (ChatChunk, "ChatStreamChunk"),
    (ModelPage, "ModelsListResponse"),
    (Envelope[Model], "ModelResponse"),
    (Envelope[Credits], "getCredits.reply"),
    (Envelope[CurrentKey], "getCurrentKey.reply"),
    (Embeddings, "createEmbeddings.reply"),
    (Envelope[ModelCount], "ModelsCountResponse"),
    (Envelope[ModelEndpoints], "listEndpoints.reply"),
    (Listing[Endpoint], "listEndpointsZdr.reply"),
    (Listing[ProviderInfo], "listProviders.reply"),
    (Listing[ActivityItem], "ActivityResponse"),
    (Listing[APIKey], "list.reply"),
    (Envelope[APIKey], "getKey.reply"),
    (Envelope[APIKey], "updateKeys.reply"),
    (CreatedKey, "createKeys.reply"),
    (Envelope[Generation], "GenerationResponse"),
    (Envelope[GenerationContent], "GenerationContentResponse"),
    (Envelope[FeedbackResult], "SubmitGenerationFeedbackResponse"),
    (AuthorizedKey, "exchangeAuthCodeForAPIKey.reply"),
    (BatchJob, "createBatches.reply"),
    (BatchJob, "getBatches.reply"),
    (JobPage, "listBatches.reply"),
    (DeletedJob, "deleteBatch.reply"),
    (Transcription, "STTResponse"),
    (GeneratedImages, "ImageGenerationResponse"),
    (Listing[ImageModel], "ImageModelsListResponse"),
    (ImageEndpoints, "ImageModelEndpointsResponse"),
]
"""The same of what is received."""


def shapes() -> dict[str, Shape]:
    """Return the named shapes, and those that only an operation has, by names such as `getCredits.reply`."""
    table = Table.known()
    named = dict(table.shapes)
    for id, facts in table.operations.items():
        named[f"{id}.query"] = query_shape([p for p in facts["params"] if p["in"] == "query"])
        named |= {f"{id}.body": shape for kind, shape in facts["body"].items() if kind == JSON}
        named |= {f"{id}.reply": reply[JSON] for reply in facts["replies"].values() if JSON in reply}
    return named


def query_shape(params: list[dict[str, Any]]) -> Shape:
    """Return the shape of query parameters; what a query says by `true` and `false` is a boolean with us."""
    fields = {f"{param['name']}?": _as_given(param["shape"]) for param in params}
    return {"type": "object", "fields": fields}


def _as_given(shape: Shape) -> Shape:
    words = shape.get("enum") if isinstance(shape, dict) else None
    if words == ["false", "true"]:
        return "boolean"
    return {"type": "boolean", "enum": [True]} if words == ["true"] else shape


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    comparison = Comparison(shapes(), BOUNDS)
    for ours, schema in SENT:
        comparison.compare(ours, schema, sent=True)
    for ours, schema in RECEIVED:
        comparison.compare(ours, schema, sent=False)
    return comparison


def test_types_and_schemas_agree_but_for_known_differences(comparison: Comparison) -> None:
    unknown = {key: detail for key, detail in comparison.found.items() if key not in DIFFERENCES}
    assert unknown == {}


def test_no_known_difference_is_stale(comparison: Comparison) -> None:
    assert DIFFERENCES.keys() - comparison.found.keys() == set()


def test_bounds_taken_from_the_documentation_are_still_needed(comparison: Comparison) -> None:
    assert BOUNDS.keys() - comparison.used == set()
