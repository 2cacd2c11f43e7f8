"""Recordings of real exchanges, and what a correct client reports of each.

A recording is a JSON file with `request` and `response`; `FACTS.json` beside them says, for each file, what is in it,
as an independent parser computed it. `assert_matches_facts` compares a completion with that.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from openrouter_async.types.chat.completion import ChatCompletion
from openrouter_async.types.chat.parts import UrlCitation
from tests.support.folders import EXCHANGES

__all__ = [
    "Recording",
    "assert_matches_facts",
    "each_recording",
    "expected_facts",
    "flattened",
    "load_recordings",
    "reported_facts",
]

Facts = dict[str, Any]


@dataclass(frozen=True)
class Recording:
    """One exchange."""

    name: str
    kind: str
    """`chat`, `stream`, `error`, `models`, ...; `modelled` for those written by hand."""
    status: int
    headers: dict[str, str]
    body: bytes
    facts: Facts
    """Empty for those written by hand."""
    request: dict[str, Any]

    @property
    def data_events(self) -> list[bytes]:
        """The data of the events of a streamed body, read line by line, `[DONE]` included."""
        lines = self.body.replace(b"\r\n", b"\n").split(b"\n")
        return [line[5:].removeprefix(b" ") for line in lines if line.startswith(b"data:")]


@cache
def load_recordings(*kinds: str) -> tuple[Recording, ...]:
    """Return the recordings of these kinds."""
    known = json.loads((EXCHANGES / "FACTS.json").read_text("utf-8"))
    names = [*known, *(f"modelled/{path.name}" for path in sorted((EXCHANGES / "modelled").glob("*.json")))]
    found = []
    for name in names:
        kind = known[name]["kind"] if name in known else "modelled"
        if kind not in kinds:
            continue
        exchange = json.loads((EXCHANGES / name).read_text("utf-8"))
        response = exchange["response"]
        found.append(
            Recording(
                name=name.removesuffix(".json"),
                kind=kind,
                status=response["status"],
                headers=response["headers"],
                body=response["body"].encode(),
                facts=known[name]["facts"] if name in known else {},
                request=exchange.get("request") or {},
            )
        )
    return tuple(found)


def each_recording(*kinds: str, only: Collection[str] | None = None) -> pytest.MarkDecorator:
    """Parametrize a test by `recording`, of all names or of some."""
    parameters = [
        pytest.param(recording, id=recording.name)
        for recording in load_recordings(*kinds)
        if only is None or recording.name in only
    ]
    assert parameters
    return pytest.mark.parametrize("recording", parameters)


def assert_matches_facts(completion: ChatCompletion[Any], facts: Facts) -> None:
    """Assert that a completion, of a plain call or of a stream, reports what the facts say."""
    assert reported_facts(completion) == expected_facts(facts)
    usage = {
        name.replace("server_tool_use_details", "server_tool_use"): v for name, v in facts["usage"].items()
    }
    assert completion.usage.is_reported
    reported = flattened(completion.usage.model_dump(exclude_unset=True))
    # The facts leave some details of the cost out.
    assert {name: reported.get(name) for name in usage} == usage
    assert reported.keys() - usage.keys() <= {
        "cost_details.upstream_inference_prompt_cost",
        "cost_details.upstream_inference_completions_cost",
    }


def reported_facts(completion: ChatCompletion[Any]) -> Facts:
    """Return what a completion says, in the form of `expected_facts`."""
    calls = [
        {
            "index": call.index,
            "id": call.id,
            "name": call.name,
            "args": call.args,
            "text": call.arguments if not call.args else json.loads(call.arguments),
            "complete": call.complete,
        }
        for call in completion.tool_calls
    ]
    urls = [a.url or "" for a in completion.annotations if isinstance(a, UrlCitation)]
    details = completion.reasoning_details
    return {
        "id": completion.id,
        "model": completion.model,
        "provider": completion.provider,
        "text": _digest(completion.text),
        "reasoning": _digest(completion.message.reasoning),
        "refusal": _digest(completion.refusal),
        "finish_reason": completion.finish_reason,
        "native_finish_reason": completion.native_finish_reason,
        "tool_calls": calls,
        "annotations": sorted(annotation.type or "" for annotation in completion.annotations),
        "urls": _hash("\n".join(urls)) if urls else None,
        "images": [
            {
                "url": _digest(image.url),
                "mime": image.media_type,
                "bytes": len(image.decode() or b""),
                "bytes_sha256": hashlib.sha256(image.decode() or b"").hexdigest(),
            }
            for image in completion.images
        ],
        "reasoning_details": {
            "types": {str(entry["type"]) for entry in details or ()},
            "formats": {entry["format"] for entry in details or () if entry.get("format")},
            "ids": {entry["id"] for entry in details or () if entry.get("id")},
            "signatures": sum(1 for entry in details or () if entry.get("signature")),
            "data": [_hash(str(entry["data"])) for entry in details or () if entry.get("data")],
            "joined": {
                name: _digest(
                    "".join(str(e[field]) for e in details or () if e["type"] == type_ and e.get(field))
                )
                for name, type_, field in _JOINED
                if any(e["type"] == type_ and e.get(field) for e in details or ())
            },
        },
    }


def expected_facts(facts: Facts) -> Facts:
    """Return what is known of a recorded reply, without its usage."""
    calls = []
    for call in facts["tool_calls"]:
        args, text = call["arguments"], call.get("arguments_raw")
        if text is None:  # the facts keep the text only of what is no JSON
            text = args or "{}"
        elif not text:
            args = {}
        names = {name: call[name] for name in ("index", "id", "name")}
        calls.append({**names, "args": args, "text": text, "complete": args is not None})
    details = facts["reasoning_details"]
    annotations = facts["annotations"]
    return {
        "id": facts["id"],
        "model": facts["model"],
        "provider": facts["provider"],
        "text": facts["text"],
        "reasoning": facts["reasoning"],
        "refusal": facts["refusal"],
        "finish_reason": facts["finish_reason"],
        "native_finish_reason": facts["native_finish_reason"],
        "tool_calls": calls,
        "annotations": sorted(type_ for type_, count in annotations["types"].items() for _ in range(count)),
        "urls": annotations.get("urls_sha256"),
        "images": facts.get("images", []),
        "reasoning_details": {
            "types": set(details.get("types", ())),
            "formats": set(details.get("formats", ())) - {"None"},
            "ids": set(details.get("ids", ())),
            "signatures": details.get("signatures", 0),
            "data": details.get("data_sha256", []),
            "joined": details.get("joined", {}),
        },
    }


_JOINED = (
    ("reasoning.text.text", "reasoning.text", "text"),
    ("reasoning.summary.summary", "reasoning.summary", "summary"),
)


def _digest(text: str | None) -> Facts | None:
    return None if text is None else {"len": len(text), "sha256": _hash(text)}


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def flattened(value: Facts, prefix: str = "") -> Facts:
    flat: Facts = {}
    for name, inner in value.items():
        if isinstance(inner, dict):
            flat.update(flattened(inner, f"{prefix}{name}."))
        else:
            flat[prefix + name] = float(inner) if isinstance(inner, Decimal) else inner
    return flat
