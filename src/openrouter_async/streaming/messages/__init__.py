"""Streams of the Messages dialect."""
