"""Required structures: Python types and JSON schemas, the violations of a value, and schemas as prose."""
