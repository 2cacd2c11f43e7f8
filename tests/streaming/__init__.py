"""Tests of streams: accumulators, and the stream over a source."""
