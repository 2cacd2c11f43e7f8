"""The chat API: the router, what it allows, who may ask, and its conversations."""
