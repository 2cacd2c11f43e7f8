"""Answers that are kept in a file."""
