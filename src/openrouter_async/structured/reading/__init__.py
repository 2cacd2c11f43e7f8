"""The value of a reply: where it may stand, which one is meant, what is nearly JSON, and what is written so far."""
