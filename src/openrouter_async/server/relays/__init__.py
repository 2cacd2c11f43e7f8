"""A stream of the client as a response: the relay, its formats, and its failures."""
