"""Answers every operation that has no handler of its own: by the facts of the service, with state for collections."""
