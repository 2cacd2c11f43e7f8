"""Token counts of requests: estimated by family of tokenizers, corrected by usage, or counted."""
