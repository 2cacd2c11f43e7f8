"""Embeddings: the request and the reply."""
