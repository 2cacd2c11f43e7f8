"""Responses: their requests, and their replies, which are lists of items."""
