"""Tests of `openrouter_async.structured.strict`."""
