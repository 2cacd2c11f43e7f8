"""Checks of requests: kinds of fields, JSON Schemas, and errors that name field and value."""
