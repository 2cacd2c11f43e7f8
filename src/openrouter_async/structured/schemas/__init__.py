"""What a value must be like: types of Python and JSON schemas, what is wrong with a value, and schemas in words."""
