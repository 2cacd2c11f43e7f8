"""Which library the default client runs on here, and so which form of a tool sees it."""

from __future__ import annotations

from openrouter_async._http.library import httpx

__all__ = ["BASE"]

BASE = httpx.__name__
"""`httpx`, or `httpx2` where that takes its place."""
