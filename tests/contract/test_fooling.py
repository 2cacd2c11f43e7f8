"""The contract tests are not fooled: each fault that is put into the package on purpose, one at a time, is found."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Fault:
    """A fault, and the finding it must lead to."""

    file: str
    old: str
    new: str
    room: str
    """The room of `calls/`, and"""
    call: str
    """the operation in which it shows."""
    found: str
    """A part of the finding."""


KEYS, GENERATIONS, BATCHES = "types/account/keys.py", "resources/account/generations.py", "types/batches.py"

FAULTS = {
    "feedback: a field of the body": Fault(
        GENERATIONS,
        '_named("generation_id", id)',
        '_named("gen_id", id)',
        "account",
        "generations.feedback",
        "body.gen_id",
    ),
    "sign-in: a field of the body": Fault(
        "resources/account/oauth.py",
        '"code_verifier": ',
        '"verifier": ',
        "account",
        "oauth.exchange",
        "body.verifier",
    ),
    "batches: a field of the body": Fault(
        "batches/resource.py",
        ',"requests":[',
        ',"request":[',
        "batches",
        "batches.create",
        "body.request",
    ),
    "keys: a name of the query": Fault(
        "resources/account/keys.py",
        '"include_disabled": ',
        '"with_disabled": ',
        "account",
        "keys.list",
        "query.with_disabled",
    ),
    "activity: a name of the query": Fault(
        "resources/account/activity.py",
        '"api_key_hash": ',
        '"key_hash": ',
        "account",
        "activity.list",
        "query.key_hash",
    ),
    "models: a name of the query": Fault(
        "resources/catalogue/models.py",
        '{"output_modalities": output_modalities}',
        '{"modalities": output_modalities}',
        "catalogue",
        "models.count",
        "modalities",
    ),
    "batches: a field of the reply": Fault(
        BATCHES, "    finalized_at: ", "    finalised_at: ", "batches", "batches.get", "reply.finalized_at"
    ),
    "batches: the type of a field": Fault(
        BATCHES,
        "    created_at: MaybeInt",
        "    created_at: MaybeStr",
        "batches",
        "batches.get",
        "reply.created_at",
    ),
    "newer than the document: a field of the reply": Fault(
        KEYS, "    resets_at: ", "    reset_at: ", "account", "key.get", "resets_at"
    ),
    "newer than the document: the type of a field": Fault(
        KEYS, "    limit_usd: MaybeDecimal", "    limit_usd: MaybeBool", "account", "key.get", "limit_usd"
    ),
    "newer than the document: the type of what is sent": Fault(
        "types/chat/plugins.py",
        "    max_retries: Annotated[int, Between(0, 3)]",
        "    max_retries: str",
        "chat",
        "chat.create",
        "max_retries",
    ),
    "keys: a second key may be made": Fault(
        "operations.py", '_act("keys.create", ', '_ask("keys.create", ', "account", "keys.create", "repeat"
    ),
    "credits: the kind of key": Fault(
        "operations.py",
        '"getCredits", "management"',
        '"getCredits", "any"',
        "account",
        "credits.get",
        "key: ",
    ),
    "keys: the route": Fault(
        "operations.py", '"/keys", "list"', '"/key", "list"', "account", "keys.list", "route: "
    ),
    "chat: the name of a header": Fault(
        "_settings.py",
        '"x-openrouter-metadata"',
        '"x-metadata"',
        "chat",
        "chat.create",
        "x-openrouter-metadata",
    ),
    "sign-in: a field of a form": Fault(
        "resources/account/oauth.py",
        '"federation_policy_id": ',
        '"policy_id": ',
        "account",
        "oauth.exchange_token",
        "body.policy_id",
    ),
    "images: a field of an event": Fault(
        "types/media/images.py",
        "    partial_image_index: ",
        "    partial_index: ",
        "media",
        "images.create",
        "partial_image_index",
    ),
    "chat: a value that is named": Fault(
        "types/chat/completion.py", '"content_filter", ', "", "chat", "chat.create", "content_filter"
    ),
    "keys: the bound of an amount": Fault(
        "types/account/key_request.py", "Between(0)", "Between(1)", "account", "keys.create", "range "
    ),
    "transcriptions: a field of a form with a file": Fault(
        "types/media/transcription.py",
        "    keyterms: ",
        "    key_terms: ",
        "media",
        "audio.transcribe",
        "key_terms",
    ),
    "directories: what the query must say": Fault(
        "resources/organization/scim.py",
        'query={"keep_members": ',
        'query={"keep": ',
        "organization",
        "scim.delete_mapping",
        "query.keep_members: required",
    ),
}


@pytest.fixture(scope="module")
def found() -> dict[str, list[str]]:
    """The findings for each fault."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.contract.fooling",
            json.dumps([asdict(each) for each in FAULTS.values()]),
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
        timeout=280,
    )
    return dict(zip(FAULTS, json.loads(done.stdout), strict=True))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the copies are checked in forks")
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_that_is_put_in_is_found(name: str, found: dict[str, list[str]]) -> None:
    assert [line for line in found[name] if FAULTS[name].found in line], found[name]
