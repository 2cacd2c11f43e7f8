"""Real replies to requests with a schema, and real refusals of such."""

from __future__ import annotations

from typing import Any

import pytest

from openrouter_async.errors import Refused
from openrouter_async.structured.reading import read_output
from openrouter_async.structured.schema import Schema
from openrouter_async.types.chat import ChatCompletion
from tests.recordings import Recording, load_recordings

ASKED = [
    recording
    for recording in load_recordings("chat")
    if recording.status == 200
    and (recording.request.get("response_format") or {}).get("type") == "json_schema"
]


@pytest.mark.skipif(not ASKED, reason="there are no recordings")
@pytest.mark.parametrize("recording", ASKED, ids=lambda recording: recording.name)
def test_a_recorded_reply_gives_its_value_or_is_a_refusal(recording: Recording) -> None:
    document: dict[str, Any] = recording.request["response_format"]["json_schema"]["schema"]
    schema = Schema.from_json_schema(document)
    completion = ChatCompletion.model_validate_json(recording.body)
    if completion.refusal:
        with pytest.raises(Refused, match="sorry"):
            read_output(completion, schema)
    else:
        value = read_output(completion, schema)
        assert isinstance(value, dict)
        assert value.keys() == document["properties"].keys()
    assert schema.strict.schema["properties"] == document["properties"]
