"""Tests of the part that does no I/O."""
