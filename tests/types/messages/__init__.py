"""Tests of the types of the Messages dialect."""
