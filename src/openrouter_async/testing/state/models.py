"""The models the emulator knows: the packaged list of facts, or those it was given."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.resources import files

from pydantic import JsonValue

from ...errors import ConfigurationError
from ..exchange.service_errors import no_endpoints, unknown_model
from ..json_values import JSON, as_list, as_object

__all__ = ["EMBEDDING_MODELS", "ListedModel", "ModelList"]

ROUTING_VARIANTS = frozenset({"nitro", "floor", "exacto", "online"})
"""Suffixes behind the colon of a slug that are not listings of their own."""

_EVERY_PARAMETER = (
    "frequency_penalty", "include_reasoning", "logit_bias", "logprobs", "max_tokens", "min_p", "parallel_tool_calls",
    "presence_penalty", "reasoning", "repetition_penalty", "response_format", "seed", "stop", "structured_outputs",
    "temperature", "tool_choice", "tools", "top_k", "top_logprobs", "top_p",
)  # fmt: skip

EMBEDDING_MODELS: Mapping[str, tuple[int, str]] = {
    "openai/text-embedding-3-small": (1536, "0.00000002"),
    "openai/text-embedding-3-large": (3072, "0.00000013"),
    "openai/text-embedding-ada-002": (1536, "0.0000001"),
}
"""Models of vectors, which the list of chat models lacks: the length of their vectors, and the price of a token."""

_EMBEDS: JSON = {
    "modality": "text->embeddings",
    "input_modalities": ["text"],
    "output_modalities": ["embeddings"],
    "tokenizer": "GPT",
    "instruct_type": None,
}


@dataclass(frozen=True, slots=True)
class ListedModel:
    """One model of the list."""

    facts: Mapping[str, JsonValue]
    """As `/models` returns it."""

    @property
    def id(self) -> str:
        return str(self.facts["id"])

    @property
    def author(self) -> str:
        return self.id.partition("/")[0]

    @property
    def created(self) -> int:
        """Seconds since 1970; 0 where the list does not say."""
        created = self.facts.get("created")
        return created if isinstance(created, int) else 0

    @property
    def context_length(self) -> int | None:
        length = self.facts.get("context_length")
        return length if isinstance(length, int) else None

    @property
    def provider(self) -> str:
        """The display name of the provider that serves it here: its maker, read off the name of the model."""
        name = str(self.facts.get("name", ""))
        return name.partition(": ")[0] if ": " in name else self.author.removeprefix("~").title()

    @property
    def pricing(self) -> JSON:
        return as_object(self.facts.get("pricing"))

    @property
    def architecture(self) -> JSON:
        return as_object(self.facts.get("architecture"))

    def price(self, unit: str) -> Decimal | None:
        """Return US dollars for one `prompt` token, `completion` token, `request`, ...; None where it is not said."""
        text = self.pricing.get(unit)
        try:
            price = Decimal(str(text)) if text is not None else None
        except InvalidOperation:
            return None
        return None if price is None or price < 0 else price

    @property
    def is_free(self) -> bool:
        return not self.price("prompt") and not self.price("completion")

    @property
    def is_router(self) -> bool:
        """Whether it chooses among other models, so its own price varies."""
        return str(self.pricing.get("prompt")) == "-1"

    @property
    def is_alias(self) -> bool:
        """Whether it only stands for the newest of a family."""
        return self.id.startswith("~")

    def takes(self, parameter: str) -> bool:
        return parameter in as_list(self.facts.get("supported_parameters"))

    def reads(self, modality: str) -> bool:
        return modality in as_list(self.architecture.get("input_modalities"))

    def gives(self, modality: str) -> bool:
        return modality in as_list(self.architecture.get("output_modalities"))

    @property
    def tokenizer(self) -> str:
        """The family of its tokenizer, such as `GPT`."""
        return str(self.architecture.get("tokenizer", ""))


class ModelList:
    """All models, by id and by the other names they have."""

    def __init__(self, models: Iterable[str | Mapping[str, JsonValue]] | None = None) -> None:
        facts = _packaged() if models is None else [_facts(model) for model in models]
        if not facts:
            raise ConfigurationError("models is empty; expected at least one, or None for the packaged list")
        self._by_id = {str(entry["id"]): ListedModel(entry) for entry in facts}
        self._by_name = {
            str(slug): model for model in self._by_id.values() if (slug := model.facts.get("canonical_slug"))
        }

    @property
    def embedding(self) -> list[ListedModel]:
        """The models of vectors, which are listed apart."""
        return [
            ListedModel({
                **_facts(id),
                "context_length": 8_192,
                "pricing": {"prompt": price, "completion": "0"},
                "architecture": _EMBEDS,
                "supported_parameters": [],
                "top_provider": {"context_length": 8_192, "max_completion_tokens": None, "is_moderated": False},
            })
            for id, (_, price) in EMBEDDING_MODELS.items()
        ]  # fmt: skip

    @property
    def all(self) -> list[ListedModel]:
        """Every model, in the order of the list."""
        return list(self._by_id.values())

    @property
    def default(self) -> ListedModel:
        """The model of requests that name none."""
        own = [model for model in self._by_id.values() if not model.is_router and not model.is_alias]
        return next((model for model in own if model.takes("tools")), own[0] if own else self.all[0])

    def find(self, slug: str) -> ListedModel | None:
        """Return the listing that a slug means, without its preset and its variant; None for an unknown one.

        `:free` and the like are listings of their own, so they are not taken off; `:nitro` and the like only say how to
        route.
        """
        if slug.startswith("@preset/"):
            return self.default
        name = slug.partition("@preset/")[0]
        while True:
            found = self._by_id.get(name) or self._by_name.get(name)
            if found is None and name.startswith("~"):
                found = self._newest(name)
            base, _, variant = name.rpartition(":")
            if found is not None or variant not in ROUTING_VARIANTS:
                return found
            name = base

    def resolve(self, slug: str) -> ListedModel:
        """Return the model that serves a slug: for an alias its newest model, for a router one that it could choose.

        Raises:
            ServiceError: 400, the model is unknown.
        """
        found = self.find(slug)
        if found is None:
            base = slug.rpartition(":")[0]
            if base and self.find(base) is not None:
                raise no_endpoints(f"No endpoints found for {slug}.", slug, code="no_endpoints")
            raise unknown_model(slug, near=difflib.get_close_matches(slug, self._by_id, n=3, cutoff=0.5))
        return self.default if found.is_router else self._meant(found)

    def listed(self, slug: str) -> ListedModel | None:
        """Return the model that is described under a slug, for an alias the one it stands for."""
        found = self.find(slug)
        return None if found is None else self._meant(found)

    def _meant(self, found: ListedModel) -> ListedModel:
        return (self._newest(found.id) or found) if found.is_alias else found

    def _newest(self, alias: str) -> ListedModel | None:
        family = alias.removeprefix("~").removesuffix("-latest")
        members = [
            model for name, model in self._by_id.items() if name.startswith(family) and ":" not in name
        ]
        return max(members, key=lambda model: model.created, default=None)


def _facts(model: str | Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    """Return the facts of a model given by its id alone, or by part of its facts: it takes everything."""
    given: Mapping[str, JsonValue] = {"id": model} if isinstance(model, str) else model
    name = given.get("id")
    if not isinstance(name, str) or "/" not in name:
        raise ConfigurationError(f"the id of a model is {name!r}; expected one such as 'author/slug'")
    inputs: list[JsonValue] = ["text", "image", "file", "audio", "video"]
    return {
        "canonical_slug": name,
        "name": name,
        "created": 1_700_000_000,
        "context_length": 128_000,
        "architecture": {
            "modality": "text->text",
            "input_modalities": inputs,
            "output_modalities": ["text"],
            "tokenizer": "Other",
            "instruct_type": None,
        },
        "pricing": {"prompt": "0.000001", "completion": "0.000002"},
        "top_provider": {
            "context_length": 128_000, "max_completion_tokens": None, "is_moderated": False
        },
        "per_request_limits": None,
        "supported_parameters": list(_EVERY_PARAMETER),
        **given,
    }  # fmt: skip


@cache
def _packaged() -> list[dict[str, JsonValue]]:
    """Return the entries of the packaged list."""
    snapshot = json.loads(files("openrouter_async.catalogue").joinpath("snapshot.json").read_bytes())
    models: list[dict[str, JsonValue]] = snapshot["models"]
    _date(models)
    return models


_DATE = re.compile(r"-(20\d\d-?\d\d-?\d\d)$")


def _date(models: list[dict[str, JsonValue]]) -> None:
    """Add a time to each model without one: the date in its permanent name, otherwise by its place.

    The list begins with the newest, so one without a date is a second newer than the one behind it.
    """
    newest = 0
    for model in reversed(models):
        dated = _DATE.search(str(model.get("canonical_slug")))
        told = newest + 1 if dated is None else _seconds(dated[1].replace("-", ""))
        created = model.setdefault("created", told)
        assert isinstance(created, int)
        newest = max(newest, created)


def _seconds(day: str) -> int:
    return int(datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC).timestamp())
