"""The list of models as an object that is kept: what each can do, and what it costs."""
