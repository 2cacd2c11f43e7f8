"""Presets."""

from __future__ import annotations

from typing import cast

from pydantic import JsonValue

from openrouter_async.testing.facts.samples import full_sample
from openrouter_async.testing.facts.table import load_facts

from ..call import Call


def _body(operation: str) -> dict[str, JsonValue]:
    """Return the body of a request of another dialect, in full."""
    facts = load_facts()
    shape = facts.operations[operation].bodies["application/json"]
    return cast("dict[str, JsonValue]", full_sample(shape, facts.shapes))


CALLS = [
    Call("presets.list", lambda c: c.presets.list(offset=2, limit=50)),
    Call("presets.get", lambda c: c.presets.get("brief")),
    Call("presets.versions", lambda c: c.presets.versions("brief", offset=2, limit=50)),
    Call("presets.version", lambda c: c.presets.version("brief", 3)),
    # That each parameter becomes what the facts want is judged by `chat.create` and its like, which check the same.
    Call(
        "presets.save",
        lambda c: c.presets.save("brief", extra_body=_body("createPresetsChatCompletions")),
    ),
    Call(
        "presets.save_responses",
        lambda c: c.presets.save_responses("brief", extra_body=_body("createPresetsResponses")),
    ),
    Call(
        "presets.save_messages",
        lambda c: c.presets.save_messages("brief", model="a/b", extra_body=_body("createPresetsMessages")),
    ),
]
