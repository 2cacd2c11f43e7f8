"""Answers that are kept in a file, and requests that equal calls share."""
