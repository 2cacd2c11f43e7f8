"""Tests of the types of chat."""
