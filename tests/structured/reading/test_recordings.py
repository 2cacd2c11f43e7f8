"""Real replies to requests with a schema, and real refusals of such."""

from __future__ import annotations

import json
from typing import Any

import pytest

from openrouter_async.errors import Refused
from openrouter_async.structured.reading.reply import read_output
from openrouter_async.structured.schema import Schema
from openrouter_async.types.chat.completion import ChatCompletion
from tests.support.recordings import Recording, load_recordings


def asked_for(recording: Recording) -> dict[str, Any] | None:
    """Return the schema that the request held, if it held one."""
    asked = json.loads(recording.request.get("body") or "{}").get("response_format") or {}
    schema: dict[str, Any] | None = asked.get("json_schema", {}).get("schema")
    return schema


ASKED = [
    (recording, schema)
    for recording in load_recordings("chat")
    if recording.status == 200 and (schema := asked_for(recording))
]


@pytest.mark.parametrize(("recording", "document"), ASKED, ids=[recording.name for recording, _ in ASKED])
def test_a_recorded_reply_gives_its_value_or_is_a_refusal(
    recording: Recording, document: dict[str, Any]
) -> None:
    schema = Schema.from_json_schema(document)
    completion = ChatCompletion.model_validate_json(recording.body)
    if completion.refusal:
        with pytest.raises(Refused, match="sorry"):
            read_output(completion, schema)
    else:
        value = read_output(completion, schema).output
        assert isinstance(value, dict)
        assert value.keys() == document["properties"].keys()
    assert schema.strict.schema["properties"] == document["properties"]
