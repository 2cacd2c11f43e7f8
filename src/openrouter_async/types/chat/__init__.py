"""The chat endpoint: what a request may hold, and what a reply and its chunks hold."""
