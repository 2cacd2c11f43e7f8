"""The pydantic types of sent and received data."""
