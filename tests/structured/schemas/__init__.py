"""Tests of `openrouter_async.structured.schemas`."""
