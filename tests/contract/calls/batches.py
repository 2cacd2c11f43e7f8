"""The service's own batches."""

from __future__ import annotations

from ..call import Call

CALLS = [
    Call(
        "batches.create",
        lambda c: c.batches.submit(
            [{"custom_id": "a", "body": {"input": "x"}}],
            model="openai/text-embedding-3-small",
            endpoint="/v1/embeddings",
            callback_url="https://example.com/done",
            completion_window="24h",
            provider={"only": ["openai"], "allow_fallbacks": False},
        ),
    ),
    Call(
        "batches.get",
        lambda c: c.batches.get("batch_1"),
        answered={"results": lambda made_up: made_up if isinstance(made_up, list) else None},
    ),
    Call(
        "batches.list",
        lambda c: c.batches.list(
            status=["failed", "expired"], created_after=1, created_before=2, limit=3, after="batch_0"
        ),
        answered={"data[].results": None},
        minimal={"has_more": False},
    ),
    Call("batches.delete", lambda c: c.batches.delete("batch_1")),
]
