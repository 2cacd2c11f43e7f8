"""The chat endpoint: the contents of a request, of a reply and of its chunks."""
