"""Files, and the containers of tools."""

from __future__ import annotations

from ..call import Call

WORKSPACE = "0b3a6f0e-3e4c-4c39-9d43-2f6b7f4c9a10"
FORWARD = {
    "query.before_id": "lists are read forwards, and the service's own storage refuses it",
    "query.order": "the service has one order",
}


def _moment(made_up: object) -> object:
    """Return a moment for a made-up text; OpenAI's form has seconds."""
    return "2026-11-28T12:00:00Z" if isinstance(made_up, str) else made_up


CALLS = [
    Call(
        "files.list",
        lambda c: c.files.list(after="file_1", limit=1_000, workspace_id=WORKSPACE),
        answered={"data[].created_at": _moment},
        omits=FORWARD,
    ),
    Call(
        "files.list",
        lambda c: c.files.list(after="file_1", provider="openai"),
        answered={"data[].created_at": _moment},
    ),
    Call(
        "files.list",
        lambda c: c.files.list(after="file_1", provider="anthropic"),
        answered={"data[].created_at": _moment},
    ),
    Call(
        "files.upload",
        lambda c: c.files.upload(b"%PDF-", workspace_id=WORKSPACE, provider="openai"),
        answered={"created_at": _moment},
    ),
    Call(
        "files.get",
        lambda c: c.files.get("file_1", workspace_id=WORKSPACE, provider="openai"),
        answered={"created_at": _moment},
    ),
    Call("files.delete", lambda c: c.files.delete("file_1", workspace_id=WORKSPACE, provider="openai")),
    Call(
        "files.content", lambda c: c.files.content("file_1", workspace_id=WORKSPACE, provider="openai").read()
    ),
    Call("containers.files", lambda c: c.containers.files("cntr_1", after="cfile_1", limit=50)),
    Call("containers.file", lambda c: c.containers.file("cntr_1", "cfile_1")),
    Call("containers.content", lambda c: c.containers.content("cntr_1", "cfile_1").read()),
    Call(
        "containers.promote",
        lambda c: c.containers.promote("cntr_1", "cfile_1"),
        answered={"created_at": _moment},
    ),
]
