"""The chat API: the router, its limits, its access control, and its conversations."""
