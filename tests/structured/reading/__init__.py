"""Tests of `openrouter_async.structured.reading.reply`."""
