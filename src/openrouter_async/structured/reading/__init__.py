"""The value of a reply: where it may be, which one is meant, text that is almost JSON, and unfinished values."""
