"""The pydantic types of what is sent and received."""
