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

from .agreement import Comparison
from .differences import BOUNDS, DIFFERENCES
from .shapes import Shape, canonical
from .table import SPECIFICATION, Table

SENT = [
    (ChatParams, "ChatRequest"),
    (Message, "ChatMessages"),
    (ModelFilters, "getModels.query"),
    (EmbeddingParams, "createEmbeddings.body"),
    (EmbeddedParts, "createEmbeddings.parts"),
    (UserModelFilters, "listModelsUser.query"),
    (NewKey, "createKeys.body"),
    (KeyChanges, "updateKeys.body"),
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
]
"""The same of what is received."""


def shapes() -> dict[str, Shape]:
    """Return the named shapes, and those that only an operation has, by names such as `getCredits.reply`."""
    table = Table.load(SPECIFICATION)
    operations = table.operations
    embeddings = operations["createEmbeddings"]["body"]["application/json"]
    return {
        **table.shapes,
        **{f"{id}.query": query_shape(operations[id]["params"]) for id in ("getModels", "listModelsUser")},
        **{
            f"{id}.body": operations[id]["body"]["application/json"]
            for id in ("createEmbeddings", "createKeys", "updateKeys")
        },
        "createEmbeddings.parts": next(
            kind["items"]
            for kind in embeddings["fields"]["input"]["any"]
            if "fields" in kind["items"]  # the others are of text and numbers
        ),
        **{
            f"{id}.reply": reply["application/json"]
            for id, operation in operations.items()
            for status, reply in operation["replies"].items()
            if status in ("200", "201") and "application/json" in reply
        },
    }


def query_shape(params: list[dict[str, Any]]) -> Shape:
    """Return the shape of query parameters; what a query says by `true` and `false` is a boolean with us."""
    booleans: dict[str, Shape] = {
        canonical({"type": "string", "enum": ["false", "true"]}): "boolean",
        canonical({"type": "string", "enum": ["true"]}): {"type": "boolean", "enum": [True]},
    }
    fields = {
        f"{param['name']}?": booleans.get(canonical(param["shape"]), param["shape"]) for param in params
    }
    return {"type": "object", "fields": fields}


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
