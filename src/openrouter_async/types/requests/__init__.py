"""Checks of what is sent: kinds of fields, JSON Schemas, and the errors that name field and value."""
