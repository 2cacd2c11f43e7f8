"""Tests of the chat dialect."""
