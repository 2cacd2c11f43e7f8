"""Streams as typed events: pure accumulators, and the asynchronous stream over them."""
